"""From a server's certificate up to an anchor: which chains there are, and what is wrong with one.

Two clients look, and they differ (checked against the real ones by the tests):

- libpq asks OpenSSL (openssl-verification-options(1), "Certification Path Building"): an issuer is chosen by name and
  key identifier, from the file first; a wrong choice is not taken back. The chain must end in a self-signed certificate
  of the file, and every certificate in it must be within its dates, the root too.
- Java's PKIX tries every issuer. It ends at any certificate of the store, an intermediate or the server's own as well,
  and never looks at that one's dates (sun.security.validator.PKIXValidator; RFC 5280, 6.1.1 (d): the anchor is no part
  of the path).

Revocation, policies and name constraints are not looked at.
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

_KEY_CERT_SIGN: Final = 5  # bit number (RFC 5280, 4.2.1.3)


@noun(frozen=False)
class Search:
    """The chains from one certificate up; each signature is checked once.

    Attributes:
        anchors: the certificates that the client trusts.
        sent: the certificates that stand between: what the server sent.
        reader: whose rules say which issuers are tried and where a chain may end.
        at: the moment (aware); OpenSSL prefers an issuer that is valid then.
    """

    anchors: Sequence[Certificate]
    sent: Sequence[Certificate]
    reader: TlsReader
    at: datetime
    _checked: dict[tuple[bytes, bytes], bool] = field(default_factory=dict)
    _steps: int = 0

    def chains(self, leaf: Certificate) -> Iterator[Chain]:
        """The chains from `leaf` to an anchor that the reader finds, those through anchors first."""
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
        if last in self.anchors and (self.reader == "java" or is_self_issued(last)):
            yield chain
            return
        self._steps += 1
        if len(chain) == _LONGEST or self._steps > _MOST_STEPS:
            return
        for above in self._above(last):
            if above not in chain:
                yield from self._extend((*chain, above))

    def _above(self, child: Certificate) -> list[Certificate]:
        """The issuers that the reader would try for `child`."""
        if self.reader == "java":
            return self.issuers(child, [*self.anchors, *self.sent])
        for pool in (self.anchors, self.sent):
            fitting = [c for c in pool if seems_issuer(c, child)]
            if fitting:
                chosen = next((c for c in fitting if _is_current(c, self.at)), fitting[0])
                return self.issuers(child, [chosen])
        return []

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
    found = _extension(certificate, oids.SUBJECT_KEY_IDENTIFIER)
    return None if found is None else found.value


def issuer_key_identifier(certificate: Certificate) -> bytes | None:
    """The identifier of its issuer's key (RFC 5280, 4.2.1.1), if it has one."""
    found = _extension(certificate, oids.AUTHORITY_KEY_IDENTIFIER)
    parts = () if found is None else found.items()
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


def _is_current(certificate: Certificate, at: datetime) -> bool:
    try:
        return certificate.not_before <= at <= certificate.not_after
    except FormatError:
        return False


@noun
class Flaw:
    """One thing that makes a client refuse a chain: a code, and the certificate it is about."""

    code: str
    certificate: Certificate


def flaws(chain: Chain, reader: TlsReader, at: datetime) -> Iterator[Flaw]:
    """What makes `reader` refuse a chain that ends in an anchor, at the moment `at` (aware).

    Codes: ``expired``, ``not-yet-valid``, ``not-a-ca``, ``path-too-long``, ``not-for-servers``, ``malformed``.
    """
    for position, certificate in enumerate(chain):
        try:
            yield from _flaws(chain, position, reader, at)
        except FormatError:
            yield Flaw("malformed", certificate)


def until(chain: Chain, reader: TlsReader) -> datetime | None:
    """The moment from which `reader` refuses the chain for its dates; None when it never does."""
    ends = [certificate.not_after for certificate in _dated(chain, reader)]
    return min(ends, default=None)


def _dated(chain: Chain, reader: TlsReader) -> Chain:
    return chain[:-1] if reader == "java" else chain


def _flaws(chain: Chain, position: int, reader: TlsReader, at: datetime) -> Iterator[Flaw]:
    certificate = chain[position]
    if position < len(_dated(chain, reader)):
        if certificate.not_after < at:
            yield Flaw("expired", certificate)
        if certificate.not_before > at:
            yield Flaw("not-yet-valid", certificate)
    if position == 0:
        # Java takes a server's certificate that is itself in the store as it is.
        if (reader == "libpq" or len(chain) > 1) and not _serves(certificate):
            yield Flaw("not-for-servers", certificate)
    elif not certificate.is_ca or not _signs(certificate):
        yield Flaw("not-a-ca", certificate)
    elif _too_many_below(chain, position):
        yield Flaw("path-too-long", certificate)


def _extension(certificate: Certificate, oid: str) -> asn1.Element | None:
    found = certificate.extension(oid)
    return None if found is None else asn1.read_exactly(found.value)


def _serves(certificate: Certificate) -> bool:
    """Whether it may stand for a TLS server: extendedKeyUsage serverAuth or any, if there is one (4.2.1.12)."""
    usages = _extension(certificate, oids.EXTENDED_KEY_USAGE)
    return usages is None or any(
        usage.oid() in {oids.SERVER_AUTH, oids.ANY_EXTENDED_KEY_USAGE} for usage in usages.items()
    )


def _signs(certificate: Certificate) -> bool:
    """Whether its key may sign certificates: keyUsage keyCertSign, if there is one (4.2.1.3)."""
    usage = _extension(certificate, oids.KEY_USAGE)
    return usage is None or usage.expect(asn1.BIT_STRING).bit(_KEY_CERT_SIGN)


def _too_many_below(chain: Chain, position: int) -> bool:
    """Whether more authorities, self-issued ones not counted, stand below than pathLenConstraint allows (4.2.1.9)."""
    constraints = _extension(chain[position], oids.BASIC_CONSTRAINTS)
    length = (
        next((part.integer() for part in constraints.items() if part.tag == asn1.INTEGER), None)
        if constraints
        else None
    )
    return length is not None and sum(not is_self_issued(below) for below in chain[1:position]) > length
