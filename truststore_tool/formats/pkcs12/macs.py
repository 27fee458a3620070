"""The MacData that proves a PKCS#12 file: RFC 7292 (section 4, appendix B.4) and PBMAC1 (RFC 9579)."""

import hmac
import os
from typing import Final, Self

from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError
from truststore_tool.formats.crypto import kdf
from truststore_tool.formats.crypto.kdf import Passphrase, UnknownAlgorithmError
from truststore_tool.nouns import noun, replace

# Digests of RFC 7292's MAC; Java calls them HmacPBE<digest>.
_DIGESTS: Final = {
    oids.SHA1: "sha1",
    oids.SHA224: "sha224",
    oids.SHA256: "sha256",
    oids.SHA384: "sha384",
    oids.SHA512: "sha512",
    oids.SHA512_224: "sha512_224",
    oids.SHA512_256: "sha512_256",
}
# RFC 9579 wants the key length to be there; a key shorter than any of the digests would only ease forging the MAC.
_MIN_KEY_LENGTH: Final = 20
# RFC 9579: salt and iterations outside PBMAC1's own parameters mean nothing, but MacData must have a salt.
_UNUSED: Final = asn1.octet_string(b"NOT USED") + asn1.integer(1)


@noun
class Mac:
    """The MAC of RFC 7292.

    Attributes:
        digest: OID of the digest.
        salt: the salt.
        count: the iteration count.
        value: the MAC as it stands in the file; empty for one that is yet to be made.
    """

    digest: str
    salt: bytes
    count: int
    value: bytes = b""

    def matches(self, content: asn1.Octets, passphrase: Passphrase) -> bool:
        """Whether this is the MAC of `content` (the octets of the authenticated safe) under the password."""
        return hmac.compare_digest(self.value, self._compute(content, passphrase))

    def _compute(self, content: asn1.Octets, passphrase: Passphrase) -> bytes:
        digest = _DIGESTS[self.digest]
        size = hmac.new(b"", digestmod=digest).digest_size
        key = kdf.pkcs12_kdf(digest, kdf.MAC, passphrase.bmp, self.salt, self.count, size)
        return hmac.digest(key, content, digest)

    def renewed(self) -> Self:
        """The same algorithm and work with a fresh salt."""
        return replace(self, salt=kdf.new_salt(self.salt), value=b"")

    def encoded(self, content: asn1.Octets, passphrase: Passphrase) -> bytes:
        """MacData over `content`."""
        digest = asn1.sequence(asn1.oid(self.digest), asn1.null())
        value = asn1.octet_string(self._compute(content, passphrase))
        return asn1.sequence(asn1.sequence(digest, value), asn1.octet_string(self.salt), asn1.integer(self.count))


@noun
class Pbmac1:
    """PBMAC1 as RFC 9579 puts it into MacData.

    Attributes:
        kdf: the derivation of the key; its key length is always given.
        hmac: OID of the HMAC.
        value: the MAC as it stands in the file; empty for one that is yet to be made.
    """

    kdf: kdf.Pbkdf2
    hmac: str
    value: bytes = b""

    @classmethod
    def parse(cls, parameters: asn1.Element, value: bytes) -> Self:
        """Read PBMAC1-params (RFC 8018, A.5). Raises FormatError for a key length that RFC 9579 forbids."""
        derivation, scheme = parameters.expect(asn1.SEQUENCE).fields(2, 2)
        oid = kdf.identifier(scheme)[0]
        if oid not in kdf.HMACS:
            raise UnknownAlgorithmError(f"message authentication scheme {oid} is not known")
        found = cls(kdf.Pbkdf2.parse(derivation), oid, value)
        if (found.kdf.key_length or 0) < _MIN_KEY_LENGTH:
            raise FormatError("PBMAC1 names no key length, or one that is too short to protect the store")
        found.kdf.size(_MIN_KEY_LENGTH, 0)
        return found

    @property
    def count(self) -> int:
        """The iteration count."""
        return self.kdf.count

    def matches(self, content: asn1.Octets, passphrase: Passphrase) -> bool:
        """Whether this is the MAC of `content` (the octets of the authenticated safe) under the password."""
        return hmac.compare_digest(self.value, self._compute(content, passphrase))

    def _compute(self, content: asn1.Octets, passphrase: Passphrase) -> bytes:
        key = self.kdf.derive(passphrase, self.kdf.key_length or _MIN_KEY_LENGTH)
        return hmac.digest(key, content, kdf.HMACS[self.hmac])

    def renewed(self) -> Self:
        """The same algorithms and work with a fresh salt."""
        return replace(self, kdf=self.kdf.renewed(), value=b"")

    def encoded(self, content: asn1.Octets, passphrase: Passphrase) -> bytes:
        """MacData over `content`."""
        scheme = asn1.sequence(asn1.oid(self.hmac), asn1.null())
        algorithm = asn1.sequence(asn1.oid(oids.PBMAC1), asn1.sequence(self.kdf.encoded(), scheme))
        value = asn1.octet_string(self._compute(content, passphrase))
        return asn1.sequence(asn1.sequence(algorithm, value), _UNUSED)


AnyMac = Mac | Pbmac1


def parse(element: asn1.Element) -> AnyMac:
    """Read MacData. Raises UnknownAlgorithmError for an algorithm not known here, FormatError for a malformed one."""
    info, salt, *count = element.expect(asn1.SEQUENCE).fields(2, 3)
    algorithm, value = info.expect(asn1.SEQUENCE).fields(2, 2)
    oid, parameters = kdf.identifier(algorithm)
    if oid == oids.PBMAC1 and parameters is not None:
        return Pbmac1.parse(parameters, value.octets())
    if oid in kdf.HMACS:  # keytool 25 writes it where macAlgorithm is one of PBES2, as PBEWithHmacSHA256
        raise UnknownAlgorithmError(
            f"the MAC is a bare HMAC ({oid}), which no program reads, not even the JDK that writes it",
            hint="make the store again with another keystore.pkcs12.macAlgorithm, as HmacPBESHA256",
        )
    if oid not in _DIGESTS:
        raise UnknownAlgorithmError(f"MAC algorithm {oid} is not known")
    return Mac(oid, salt.octets(), kdf.iterations(count[0]) if count else 1, value.octets())


def modern() -> Mac:
    """What JDK 17 writes: HmacPBESHA256, 10,000 iterations, a salt of 20 bytes."""
    return new(oids.SHA256, 10_000)


def new(digest: str, count: int) -> Mac:
    """A MAC that is yet to be made, with a fresh salt of 20 bytes; `digest` is the OID of one of SHA-1 to SHA-512."""
    return Mac(digest, os.urandom(20), count)
