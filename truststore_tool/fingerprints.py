"""Certificate fingerprints: the digest of a certificate in DER, in every spelling that people paste."""

import re
from collections.abc import Iterable
from typing import Final

from truststore_tool import digests
from truststore_tool.encoding import in_der
from truststore_tool.errors import EXPECT_FILE, UsageError, require_type
from truststore_tool.nouns import noun

# What a pasted fingerprint may be, told apart by its length; MD5 is not among them: it identifies nothing any more.
_ALGORITHM_BY_LENGTH: Final = {20: "sha1", 32: "sha256", 48: "sha384", 64: "sha512"}
ALGORITHMS: Final = ("sha256", "sha1", "sha384", "sha512")

# "SHA256 Fingerprint=AA:BB", "sha256:aabb", "SHA-1: AA BB", "SHA1 aabb", "Certificate fingerprint (SHA-256): AA"
_LABEL: Final = (
    r"(?:certificate\s+)?(?:fingerprint\s*)?\(?(?:sha-?(?P<bits>1|256|384|512))\)?"
    r"(?:\s*fingerprint)?(?:\s*[:=]\s*|\s+)"
)
_SEPARATORS: Final = r"[\s:\-.]+"
_HEX: Final = r"(?:[0-9a-fA-F]{2})+"


@noun(eq=False)
class Fingerprint:
    """A digest of a certificate in DER.

    Attributes:
        algorithm: hashlib's name of the digest, e.g. ``"sha256"``.
        digest: the raw digest.

    ``str()`` gives upper-case hex pairs joined by colons, as keytool and openssl print them. Equality is
    decided in constant time.
    """

    algorithm: str
    digest: bytes

    @classmethod
    def of(cls, der: bytes, algorithm: str = "sha256") -> "Fingerprint":
        """The fingerprint of the certificate with this encoding under `algorithm` (any hashlib name).

        It is that of the certificate in DER, as OpenSSL prints it, where the encoding is another (BER). Raises
        UsageError for an unknown algorithm.
        """
        require_type("the certificate", der, bytes)
        require_type("the algorithm", algorithm, str)
        try:
            return cls(algorithm, digests.digest(algorithm, in_der(der)))
        except (ValueError, TypeError) as exc:
            raise UsageError(
                f"unknown fingerprint algorithm {algorithm!r}", hint=f"use one of {', '.join(ALGORITHMS)}"
            ) from exc

    @classmethod
    def parse(cls, text: str) -> "Fingerprint":
        """Read a pasted fingerprint: hex of either case, with or without colons, blanks, dashes or dots
        between bytes, and with or without the label that keytool, openssl or a web page puts before it.

        The digest is told from the number of bytes; a label that says otherwise is refused.
        Raises UsageError when it is no SHA-1, SHA-256, SHA-384 or SHA-512 fingerprint.
        """
        require_type("the fingerprint", text, str)
        stripped = text.strip().strip("'\"").strip()
        label = re.match(_LABEL, stripped, re.IGNORECASE)
        body = re.sub(_SEPARATORS, "", stripped[label.end() :] if label else stripped)
        algorithm = _ALGORITHM_BY_LENGTH.get(len(body) // 2) if re.fullmatch(_HEX, body) else None
        if algorithm is None:
            raise UsageError(
                f"not a fingerprint: {text.strip()[:80]!r}",
                hint="a SHA-1 fingerprint has 40 hex digits, a SHA-256 fingerprint 64",
                remedy=EXPECT_FILE if re.search(r"[/\\]|\.\w+$", stripped) else None,
            )
        if label and f"sha{label['bits']}" != algorithm:
            raise UsageError(
                f"the fingerprint says it is SHA-{label['bits']} but has the length of {algorithm.upper()}",
                hint="copy it again from its source",
            )
        return cls(algorithm, bytes.fromhex(body))

    @property
    def hex(self) -> str:
        """Lower-case hex digits without separators."""
        return self.digest.hex()

    def matches(self, der: bytes) -> bool:
        """Whether this is the fingerprint of the certificate with this encoding."""
        return self == Fingerprint.of(der, self.algorithm)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Fingerprint):
            return NotImplemented
        return self.algorithm == other.algorithm and digests.same(self.digest, other.digest)

    def __hash__(self) -> int:
        return hash((self.algorithm, self.digest))

    def __str__(self) -> str:
        return self.digest.hex(":").upper()


class FingerprintSet:
    """Fingerprints to look certificates up by, of one algorithm or several."""

    def __init__(self, fingerprints: Iterable[Fingerprint]) -> None:
        self._all = frozenset(fingerprints)
        self._algorithms = {item.algorithm for item in self._all}

    def of_certificate(self, der: bytes) -> frozenset[Fingerprint]:
        """Which of them the certificate with this encoding has."""
        return self._all.intersection([Fingerprint.of(der, algorithm) for algorithm in self._algorithms])
