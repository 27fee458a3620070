"""What all who judge a chain have in common: what they say of it, and who issued whom.

How OpenSSL and Java come to it is theirs: `readers.openssl.verify`, `readers.java.pkix`.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError
from truststore_tool.model import Certificate
from truststore_tool.nouns import field, noun
from truststore_tool.readers.hostnames import TlsReader

Chain = tuple[Certificate, ...]

# A server may send hundreds of certificates that have all issued each other: more ways up than anybody can walk.
_MOST_SIGNATURES: Final = 500
_MOST_STEPS: Final = 2000
_LONGEST: Final = 12


@noun
class Flaw:
    """One thing that makes a client refuse a chain: a code, the certificate it is about, and what of it.

    Codes: ``expired``, ``not-yet-valid``, ``not-a-ca``, ``path-too-long``, ``not-for-servers``, ``malformed``,
    ``bad-signature``, ``critical-extension``, ``weak-key``, ``weak-signature``, ``name-constraints``, ``too-long``,
    ``blocked``, ``distrusted``; and ``not-judged`` for what is not understood.
    """

    code: str
    certificate: Certificate
    detail: str = ""


@noun
class Judgement:
    """What a client makes of what a server sends.

    Attributes:
        chain: as far as it comes, the server's certificate first.
        anchored: whether that ends in an anchor.
        flaws: what it refuses the chain for.
        doubts: what was met that is not understood; then nothing is cleared.
    """

    chain: Chain
    anchored: bool
    flaws: tuple[Flaw, ...] = ()
    doubts: tuple[Flaw, ...] = ()

    @classmethod
    def of(cls, chain: Chain, found: Sequence[Flaw]) -> "Judgement":
        """That of a chain to an anchor, in which these flaws and doubts were found."""
        doubts = tuple(flaw for flaw in found if flaw.code == "not-judged")
        return cls(chain, True, tuple(flaw for flaw in found if flaw.code != "not-judged"), doubts)

    @property
    def accepted(self) -> bool | None:
        """Whether the client takes it; None where that is not known."""
        if self.flaws or (not self.anchored and not self.doubts):
            return False
        return None if self.doubts else True


# From refusal over doubt to acceptance.
RANKS: Final = {False: 0, None: 1, True: 2}


@noun(frozen=False)
class Search:
    """Who issued whom, by name and signature, byte for byte; each signature is checked once.

    Attributes:
        anchors: the certificates that a client trusts.
        sent: the certificates that stand between: what the server sent.
    """

    anchors: Sequence[Certificate]
    sent: Sequence[Certificate]
    _checked: dict[tuple[bytes, bytes], bool] = field(default_factory=dict)
    _steps: int = 0

    def chains(self, leaf: Certificate) -> Iterator[Chain]:
        """The chains from `leaf` to an anchor, those through anchors first."""
        yield from self._extend((leaf,))

    def furthest(self, leaf: Certificate) -> Certificate:
        """The last certificate that can be reached from `leaf` without any anchor."""
        chain = [leaf]
        while len(chain) < _LONGEST:
            above = next((c for c in self.sent if c not in chain and self._issued(c, chain[-1])), None)
            if above is None:
                break
            chain.append(above)
        return chain[-1]

    def issuers(self, certificate: Certificate, among: Sequence[Certificate]) -> list[Certificate]:
        """Those `among` certificates that issued `certificate`."""
        return [c for c in among if self._issued(c, certificate)]

    def _extend(self, chain: Chain) -> Iterator[Chain]:
        last = chain[-1]
        if last in self.anchors:
            yield chain
            return
        self._steps += 1
        if len(chain) == _LONGEST or self._steps > _MOST_STEPS:
            return
        for above in self.issuers(last, [*self.anchors, *self.sent]):
            if above not in chain:
                yield from self._extend((*chain, above))

    def _issued(self, issuer: Certificate, child: Certificate) -> bool:
        if subject_der(issuer) != issuer_der(child):
            return False
        key = (issuer.der, child.der)
        if key not in self._checked:
            if len(self._checked) >= _MOST_SIGNATURES:
                return False
            self._checked[key] = child.is_signed_by(issuer) is True
        return self._checked[key]


def is_self_issued(certificate: Certificate) -> bool:
    """Whether subject and issuer are the same; False when they cannot be read."""
    return bool(issuer := issuer_der(certificate)) and issuer == subject_der(certificate)


def is_authority(certificate: Certificate) -> bool:
    """Whether it may issue certificates, by its basic constraints; False when they cannot be read."""
    try:
        return certificate.is_ca
    except FormatError:
        return False


def subject_der(certificate: Certificate) -> bytes:
    """The encoded subject; empty when it cannot be read."""
    try:
        return certificate.subject_der
    except FormatError:
        return b""


def issuer_der(certificate: Certificate) -> bytes:
    """The encoded issuer; empty when it cannot be read."""
    try:
        return certificate.issuer_der
    except FormatError:
        return b""


def key_identifier(certificate: Certificate) -> bytes | None:
    """The identifier of its key (RFC 5280, 4.2.1.2), if it has one."""
    found = certificate.extension(oids.SUBJECT_KEY_IDENTIFIER)
    return None if found is None else asn1.read_exactly(found.value).value


def issuer_key_identifier(certificate: Certificate) -> bytes | None:
    """The identifier of its issuer's key (RFC 5280, 4.2.1.1), if it has one."""
    found = certificate.extension(oids.AUTHORITY_KEY_IDENTIFIER)
    parts = () if found is None else asn1.read_exactly(found.value).items()
    return next((part.value for part in parts if part.tag == asn1.context(0, constructed=False)), None)


def seems_issuer(issuer: Certificate, child: Certificate) -> bool:
    """Whether names fit, and key identifiers where there are any; signatures are not looked at."""
    if subject_der(issuer) != issuer_der(child):
        return False
    try:
        wanted, found = issuer_key_identifier(child), key_identifier(issuer)
    except FormatError:
        return False
    return wanted is None or found is None or wanted == found


def until(chain: Chain, reader: TlsReader) -> datetime | None:
    """The moment from which `reader` refuses the chain for its dates; None when it never does.

    Java does not look at those of the anchor.
    """
    dated = chain[:-1] if reader == "java" else chain
    return min((certificate.not_after for certificate in dated), default=None)
