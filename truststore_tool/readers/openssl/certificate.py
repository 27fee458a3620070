"""A certificate as OpenSSL's d2i_X509 takes it apart, and refuses it: crypto/x509/x_x509.c and the templates below it.

It is more lenient than Java: neither keys nor the values of extensions are looked at, and lengths need not be the
shortest. What bears on trust, and what X509_V_FLAG_X509_STRICT demands of a root, is in `trust`.
"""

from functools import lru_cache
from typing import Final, NamedTuple

from truststore_tool import asn1
from truststore_tool.asn1 import Element
from truststore_tool.encoding import collected
from truststore_tool.errors import FormatError
from truststore_tool.extensions import Extension
from truststore_tool.names import openssl_canonical

_VERSION: Final = asn1.context(0)
_UNIQUE_IDS: Final = (asn1.context(1, constructed=False), asn1.context(2, constructed=False))
_EXTENSIONS: Final = asn1.context(3)
_ENUMERATED: Final = 0x0A
_PRIMITIVE: Final = (asn1.BOOLEAN, asn1.INTEGER, asn1.NULL, asn1.OBJECT_IDENTIFIER, _ENUMERATED)
_TIMES: Final = (asn1.UTC_TIME, asn1.GENERALIZED_TIME)
# Of a certificate or name longer than that OpenSSL reads nothing (X509_NAME_MAX).
_LONGEST_NAME: Final = 1 << 20
# No extension that bears on trust has one that is longer.
_LONGEST_OID: Final = 100


class Fields(NamedTuple):
    """What was found in a certificate (RFC 5280, 4.1).

    Attributes:
        raw: the certificate alone, without what follows it.
        version: as encoded: 2 stands for version 3.
        serial: of the serial number the INTEGER.
        issuer, subject: their canonical forms; empty for no name at all.
        inner_algorithm, outer_algorithm: the two AlgorithmIdentifiers of the signature, encoded.
        public_key: the SubjectPublicKeyInfo.
        extensions: all extensions.
    """

    raw: bytes
    version: int
    serial: int
    issuer: bytes
    subject: bytes
    inner_algorithm: bytes
    outer_algorithm: bytes
    public_key: Element
    extensions: tuple[Extension, ...]


@lru_cache(maxsize=1024)
def read(data: bytes) -> Fields:
    """The certificate that `data` begins with; octets behind it are passed over. FormatError as OpenSSL's errors go."""
    outer = asn1.read(data).expect(asn1.SEQUENCE)
    body, outer_algorithm, signature = _fields(outer, 3, 3)
    fields = body.expect(asn1.SEQUENCE).children()
    version = _integer(_only(fields.pop(0))) if fields and fields[0].tag == _VERSION else 0
    if len(fields) < 6:
        raise FormatError("fields are missing in the certificate")
    serial, algorithm, issuer, validity, subject, public_key = fields[:6]
    if any(time.tag not in _TIMES for time in _fields(validity.expect(asn1.SEQUENCE), 2, 2)):
        raise FormatError("a validity that is no time")
    _check_algorithm(algorithm)
    _check_algorithm(outer_algorithm)
    key_algorithm, key = _fields(public_key.expect(asn1.SEQUENCE), 2, 2)
    _check_algorithm(key_algorithm)
    _check_bits(key.expect(asn1.BIT_STRING))
    _check_bits(signature.expect(asn1.BIT_STRING))
    return Fields(
        outer.raw,
        version,
        _integer(serial),
        _name(issuer),
        _name(subject),
        algorithm.raw,
        outer_algorithm.raw,
        public_key,
        _optional(fields[6:]),
    )


def why_refused(der: bytes) -> str | None:
    """What is wrong with a certificate that d2i_X509 refuses, in our words; None where it takes it."""
    try:
        read(der)
    except FormatError as exc:
        return exc.message
    return None


def _only(wrapper: Element) -> Element:
    """What an EXPLICIT tag wraps, with nothing behind it."""
    return _fields(wrapper, 1, 1)[0]


def _fields(element: Element, least: int, most: int) -> list[Element]:
    """As `Element.fields`, but for a length that OpenSSL does not read at their end."""
    found = element.fields(least, most)
    _check_end(element, found)
    return found


def items_of(element: Element, tag: int) -> list[Element]:
    """What is in a SEQUENCE OF or SET OF, which need not be marked as constructed (asn1_template_noexp_d2i)."""
    if element.tag | asn1.CONSTRUCTED != tag:
        element.expect(tag)
    found = element.inside()
    _check_end(element, found)
    return found


def _check_end(element: Element, found: list[Element]) -> None:
    if found and asn1.ends_with_length(found[-1], element.next):
        raise FormatError("a length in long form with nothing behind it")


def _integer(element: Element) -> int:
    """An INTEGER in its shortest form (X.690, 8.3.2), which OpenSSL insists on."""
    _check_integer(element.expect(asn1.INTEGER).value)
    return element.integer()


def _check_integer(value: bytes) -> None:
    if not value or (len(value) > 1 and value[0] in (0, 0xFF) and value[0] >> 7 == value[1] >> 7):
        raise FormatError("an INTEGER that is empty or padded")


def check_oid(element: Element) -> None:
    """As ossl_c2i_ASN1_OBJECT: no part may be padded, nor the last one cut off."""
    value = element.expect(asn1.OBJECT_IDENTIFIER).value
    if not value or value[-1] & 0x80:
        raise FormatError("a malformed OBJECT IDENTIFIER")
    if asn1.is_padded_oid(value):
        raise FormatError("an OBJECT IDENTIFIER that is padded")


def _check_algorithm(element: Element) -> None:
    kind, *parameters = _fields(element.expect(asn1.SEQUENCE), 1, 2)
    check_oid(kind)
    for parameter in parameters:
        _check_any(parameter)


def _check_any(element: Element) -> None:
    """The content of a value of any type, where its type has rules for it (asn1_ex_c2i)."""
    value, kind = element.value, element.tag
    if kind & ~asn1.CONSTRUCTED in _PRIMITIVE and kind & asn1.CONSTRUCTED:
        raise FormatError("a constructed encoding of a primitive type")
    if kind == 0 and not value:
        raise FormatError("an end of contents where none is due")
    if (kind == asn1.NULL and value) or (kind == asn1.BOOLEAN and len(value) != 1):
        raise FormatError("a NULL or BOOLEAN of wrong length")
    if kind in (asn1.BMP_STRING, asn1.UNIVERSAL_STRING) and len(value) % (2 if kind == asn1.BMP_STRING else 4):
        raise FormatError("a string of wrong length")
    if kind in (asn1.INTEGER, _ENUMERATED):
        _check_integer(value)
    elif kind == asn1.OBJECT_IDENTIFIER:
        check_oid(element)
    elif kind == asn1.BIT_STRING:
        _check_bits(element)


def _check_bits(element: Element) -> None:
    value = element.value
    if not value or value[0] > 7:
        raise FormatError("a malformed BIT STRING")


def _name(element: Element) -> bytes:
    return _canonical(element.raw)


@lru_cache(maxsize=1024)
def _canonical(raw: bytes) -> bytes:
    """A distinguished name as OpenSSL compares it. A root has the same twice."""
    element = asn1.read(raw)
    sets = [_canonical_set(rdn.raw) for rdn in items_of(element, asn1.SEQUENCE)]
    if element.next - element.start > _LONGEST_NAME:
        raise FormatError("a distinguished name that is too long")
    return b"".join(sets)


@lru_cache(maxsize=1024)
def _canonical_set(raw: bytes) -> bytes:
    """A part of a name, as countries and organisations have in common."""
    pairs = items_of(asn1.read(raw), asn1.SET)
    for pair in pairs:
        kind, value = _fields(pair.expect(asn1.SEQUENCE), 2, 2)
        check_oid(kind)
        _check_any(value)
    return openssl_canonical(asn1.sequence(asn1.tlv(asn1.SET, *(pair.raw for pair in pairs))))


def _optional(fields: list[Element]) -> tuple[Extension, ...]:
    """The unique identifiers, which are passed over, and the extensions, in this order."""
    for tag in _UNIQUE_IDS:
        if fields and fields[0].tag == tag:
            _check_bits(fields.pop(0))
    found: list[Extension] = []
    if fields and fields[0].tag == _EXTENSIONS:
        for item in items_of(_only(fields.pop(0)), asn1.SEQUENCE):
            kind, *critical, value = _fields(item.expect(asn1.SEQUENCE), 2, 3)
            check_oid(kind)
            if critical and (critical[0].tag != asn1.BOOLEAN or len(critical[0].value) != 1):
                raise FormatError("a malformed extension")
            if value.tag & ~asn1.CONSTRUCTED != asn1.OCTET_STRING:
                raise FormatError("a malformed extension")
            oid = kind.oid() if len(kind.value) < _LONGEST_OID else kind.value.hex()
            found.append(Extension(oid, bool(critical) and critical[0].boolean(), collected(value)))
    if fields:
        raise FormatError("unknown fields in the certificate")
    return tuple(found)
