"""A certificate as OpenSSL takes it apart: every field that `openssl x509` shows, and refused where OpenSSL refuses.

Not `truststore_tool.model.Certificate`, which carries what no library accepts and reads a field only when asked.
"""

from typing import Final

from truststore_tool import asn1, extensions
from truststore_tool.encoding import in_der
from truststore_tool.errors import FormatError
from truststore_tool.extensions import Extension
from truststore_tool.nouns import noun
from truststore_tool.shims.openssl import is_newer, names

_ISSUER_ID: Final = asn1.context(1, constructed=False)
_SUBJECT_ID: Final = asn1.context(2, constructed=False)
_REJECT: Final = asn1.context(0)
_SHORTEST_TIMES: Final = {asn1.UTC_TIME: 13, asn1.GENERALIZED_TIME: 15}  # octets, to OpenSSL 3.5


@noun
class Algorithm:
    """An AlgorithmIdentifier (RFC 5280, 4.1.1.2)."""

    oid: str
    parameters: asn1.Element | None


@noun
class Certificate:
    """The fields of an X.509 certificate (RFC 5280, 4.1) in their order; `version` counts from 0 as encoded.

    `public_key` is the whole SubjectPublicKeyInfo; `key` and `signature` are the octets inside their bit strings.
    """

    der: bytes
    version: int
    serial: int
    inner_algorithm: Algorithm
    issuer: names.DistinguishedName
    not_before: asn1.Element
    not_after: asn1.Element
    subject: names.DistinguishedName
    public_key: asn1.Element
    key_algorithm: Algorithm
    key: bytes
    issuer_id: bytes | None
    subject_id: bytes | None
    extensions: tuple[Extension, ...]
    signature_algorithm: Algorithm
    signature: bytes

    def extension(self, oid: str) -> Extension | None:
        """The first extension with that OID, or None."""
        return extensions.find(self.extensions, oid)


@noun
class Trust:
    """What a TRUSTED CERTIFICATE says beside the certificate (X509_CERT_AUX): OIDs of uses, alias, key id."""

    trusted: tuple[str, ...] | None = None
    rejected: tuple[str, ...] | None = None
    alias: bytes | None = None
    key_id: bytes | None = None

    def encode(self) -> bytes:
        """Its DER."""
        parts = []
        if self.trusted is not None:
            parts.append(asn1.sequence(*map(asn1.oid, self.trusted)))
        if self.rejected is not None:
            parts.append(asn1.tlv(_REJECT, *map(asn1.oid, self.rejected)))
        if self.alias is not None:
            parts.append(asn1.tlv(asn1.UTF8_STRING, self.alias))
        if self.key_id is not None:
            parts.append(asn1.octet_string(self.key_id))
        return asn1.sequence(*parts)


def parse(data: bytes) -> tuple[Certificate, Trust | None]:
    """The certificate that `data` starts with, and the trust settings that may follow it; all else is ignored.

    Raises FormatError when it is none, or one that OpenSSL would not read.
    """
    outer = asn1.read(data).expect(asn1.SEQUENCE)
    certificate = _certificate(asn1.read(in_der(outer.raw)).expect(asn1.SEQUENCE))
    try:
        return certificate, _trust(asn1.read(data, outer.next)) if outer.next < len(data) else None
    except FormatError:
        return certificate, None


def _certificate(outer: asn1.Element) -> Certificate:
    body, algorithm, signature = _exactly(3, outer.children())
    fields = body.expect(asn1.SEQUENCE).children()
    version = _integer(fields.pop(0).inner()) if fields and fields[0].tag == asn1.context(0) else 0
    serial, inner, issuer, validity, subject, public_key = _exactly(6, fields[:6])
    start, end = _exactly(2, validity.expect(asn1.SEQUENCE).children())
    key_algorithm, key = _exactly(2, public_key.expect(asn1.SEQUENCE).children())
    if {start.tag, end.tag} - {asn1.UTC_TIME, asn1.GENERALIZED_TIME}:
        raise FormatError("a validity that is no time")
    if is_newer() and any(len(time.value) < _SHORTEST_TIMES[time.tag] for time in (start, end)):
        raise FormatError("a time that is too short")
    tail = {field.tag: field for field in fields[6:]}
    if list(tail) != sorted(tail, key=lambda tag: tag & 0x1F) or len(tail) != len(fields[6:]):
        raise FormatError("certificate fields out of order")
    issuer_id, subject_id = tail.pop(_ISSUER_ID, None), tail.pop(_SUBJECT_ID, None)
    extensions = tail.pop(asn1.context(3), None)
    if tail:
        raise FormatError("unknown fields in a certificate")
    return Certificate(
        der=outer.raw,
        version=version,
        serial=_integer(serial),
        inner_algorithm=_algorithm(inner),
        issuer=names.parse(issuer),
        not_before=start,
        not_after=end,
        subject=names.parse(subject),
        public_key=public_key,
        key_algorithm=_algorithm(key_algorithm),
        key=key.expect(asn1.BIT_STRING).bits(),
        issuer_id=issuer_id.bits() if issuer_id else None,
        subject_id=subject_id.bits() if subject_id else None,
        extensions=_extensions(extensions) if extensions else (),
        signature_algorithm=_algorithm(algorithm),
        signature=signature.expect(asn1.BIT_STRING).bits(),
    )


def _exactly(count: int, elements: list[asn1.Element]) -> list[asn1.Element]:
    if len(elements) != count:
        raise FormatError("not an X.509 certificate")
    return elements


def _integer(element: asn1.Element) -> int:
    """An INTEGER in its shortest form (X.690, 8.3.2), which OpenSSL insists on."""
    value = element.expect(asn1.INTEGER).value
    if not value or (len(value) > 1 and value[0] in (0, 0xFF) and value[0] >> 7 == value[1] >> 7):
        raise FormatError("malformed INTEGER in a certificate")
    return element.integer()


def _algorithm(element: asn1.Element) -> Algorithm:
    parts = element.expect(asn1.SEQUENCE).children()
    if not 1 <= len(parts) <= 2:
        raise FormatError("malformed algorithm in a certificate")
    return Algorithm(parts[0].oid(), parts[1] if len(parts) == 2 else None)


def _extensions(wrapper: asn1.Element) -> tuple[Extension, ...]:
    found = []
    for item in wrapper.inner().expect(asn1.SEQUENCE).children():
        parts = item.expect(asn1.SEQUENCE).children()
        if not 2 <= len(parts) <= 3 or (len(parts) == 3 and len(parts[1].value) != 1):
            raise FormatError("malformed extension in a certificate")
        critical = len(parts) == 3 and parts[1].boolean()
        found.append(Extension(parts[0].oid(), critical, parts[-1].expect(asn1.OCTET_STRING).value))
    return tuple(found)


def _trust(element: asn1.Element) -> Trust:
    parts = {part.tag: part for part in element.expect(asn1.SEQUENCE).children()}
    trusted, rejected = parts.get(asn1.SEQUENCE), parts.get(_REJECT)
    alias, key_id = parts.get(asn1.UTF8_STRING), parts.get(asn1.OCTET_STRING)
    return Trust(
        trusted=tuple(use.oid() for use in trusted.children()) if trusted else None,
        rejected=tuple(use.oid() for use in rejected.children()) if rejected else None,
        alias=alias.value if alias else None,
        key_id=key_id.value if key_id else None,
    )
