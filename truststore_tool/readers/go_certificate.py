"""A certificate as Go's crypto/x509 parses it (parser.go), and refuses it: strict DER, known curves, no odd strings."""

import re
from typing import Final

from truststore_tool import asn1, oids
from truststore_tool.asn1 import Element
from truststore_tool.errors import FormatError
from truststore_tool.readers.openssl.keys import is_on

_TIMES: Final = {
    asn1.UTC_TIME: re.compile(rb"\d{10}(?:\d\d)?Z"),
    asn1.GENERALIZED_TIME: re.compile(rb"\d{14}Z"),
}
_PRINTABLE: Final = re.compile(rb"[A-Za-z0-9'()+,\-./ :=?*&]*")
_NUMERIC: Final = re.compile(rb"[0-9 ]*")
# Kinds of keys that Go parses and nobody has looked at here: DSA, X25519, ML-DSA.
_OTHER_KEYS: Final = ("1.2.840.10040.4.1", "1.3.101.110", *(f"2.16.840.1.101.3.4.3.{n}" for n in (17, 18, 19)))
_P224: Final = "1.3.132.0.33"
_CURVES: Final = (_P224, "1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35")
_NEVER_CRITICAL: Final = {
    oids.AUTHORITY_KEY_IDENTIFIER: "x509: authority key identifier incorrectly marked critical",
    oids.SUBJECT_KEY_IDENTIFIER: "x509: subject key identifier incorrectly marked critical",
    oids.AUTHORITY_INFO_ACCESS: "x509: authority info access incorrectly marked critical",
}
# What their values must be; what is further inside is looked at for none of them but here.
_SHAPES: Final = {
    oids.KEY_USAGE: asn1.BIT_STRING,
    oids.SUBJECT_KEY_IDENTIFIER: asn1.OCTET_STRING,
    oids.INHIBIT_ANY_POLICY: asn1.INTEGER,
    **dict.fromkeys(
        (
            oids.BASIC_CONSTRAINTS,
            oids.SUBJECT_ALTERNATIVE_NAME,
            oids.NAME_CONSTRAINTS,
            oids.CRL_DISTRIBUTION_POINTS,
            oids.AUTHORITY_KEY_IDENTIFIER,
            oids.POLICY_CONSTRAINTS,
            oids.EXTENDED_KEY_USAGE,
            oids.CERTIFICATE_POLICIES,
            oids.POLICY_MAPPINGS,
            oids.AUTHORITY_INFO_ACCESS,
        ),
        asn1.SEQUENCE,
    ),
}
_TEXTS: Final = (asn1.context(1, constructed=False), asn1.context(2, constructed=False))
_URI: Final = asn1.context(6, constructed=False)


class UnknownError(Exception):
    """Nobody knows what Go makes of it; the argument says of what."""


def why_refused(der: bytes) -> str | None:
    """The error of x509.ParseCertificate, None where it parses. Raises UnknownError."""
    try:
        _check(der)
    except FormatError as exc:
        return exc.message if exc.message.startswith("x509: ") else f"x509: malformed certificate ({exc.message})"
    return None


def _check(der: bytes) -> None:
    outer = _strict(asn1.read(der), asn1.SEQUENCE)
    body, algorithm, signature = _parts(outer, 3)
    fields = list(_strict(body, asn1.SEQUENCE).items())
    version = 1
    if fields and fields[0].tag == asn1.context(0):
        version = _number(_strict(fields.pop(0), asn1.context(0)).inner()) + 1
    if not 1 <= version <= 3:
        raise FormatError("x509: invalid version")
    if len(fields) < 6:
        raise FormatError("x509: malformed tbs certificate")
    serial, inner, issuer, validity, subject, key = fields[:6]
    if _number(serial) < 0:
        raise FormatError("x509: negative serial number")
    if _strict(inner, asn1.SEQUENCE).value != _strict(algorithm, asn1.SEQUENCE).value:
        raise FormatError("x509: inner and outer signature algorithm identifiers don't match")
    inner.inner().oid()
    _check_name(issuer)
    for time in _parts(_strict(validity, asn1.SEQUENCE), 2):
        if time.tag not in _TIMES or not _TIMES[time.tag].fullmatch(time.value):
            raise FormatError("x509: unsupported time format")
        time.time()
    _check_name(subject)
    _check_key(_strict(key, asn1.SEQUENCE))
    if version == 3:
        for field in fields[6:]:
            if field.tag == asn1.context(3):
                _check_extensions(_strict(field.inner(), asn1.SEQUENCE))
    _strict(signature, asn1.BIT_STRING).bits()
    if outer.next != len(der):
        raise FormatError("x509: trailing data")


def _strict(element: Element, tag: int) -> Element:
    """The element, if it is in DER and bears the tag."""
    element.expect(tag)
    size = element.stop - element.content
    octets = 2 if size < 0x80 else 2 + (size.bit_length() + 7) // 8
    if element.content - element.start != octets or element.next != element.stop:
        raise FormatError("a length that is not as in DER")
    return element


def _parts(element: Element, count: int) -> list[Element]:
    """The first elements inside; what follows them Go does not look at."""
    found = list(element.items())
    if len(found) < count:
        raise FormatError("x509: malformed certificate")
    return found[:count]


def _number(element: Element) -> int:
    value = _strict(element, asn1.INTEGER).value
    if not value or (len(value) > 1 and value[0] in (0, 0xFF) and value[0] >> 7 == value[1] >> 7):
        raise FormatError("x509: malformed serial number")
    return element.integer()


def _oid(element: Element) -> str:
    """An OBJECT IDENTIFIER whose numbers all fit into 31 bits."""
    found = element.oid()
    if any(int(number) >= 1 << 31 for number in found.split(".")):
        raise FormatError("x509: malformed extension OID field")
    return found


def _check_name(name: Element) -> None:
    for rdn in _strict(name, asn1.SEQUENCE).items():
        for pair in _strict(rdn, asn1.SET).items():
            kind, value = _parts(_strict(pair, asn1.SEQUENCE), 2)
            kind.oid()
            if not _is_text(value):
                raise FormatError("x509: invalid RDNSequence: invalid attribute value")


def _is_text(element: Element) -> bool:
    """Whether a value of a name is what its type allows. Raises UnknownError for types that are no strings."""
    value = element.value
    match element.tag:
        case asn1.PRINTABLE_STRING:
            return _PRINTABLE.fullmatch(value) is not None
        case asn1.UTF8_STRING:
            try:
                value.decode()
            except UnicodeDecodeError:
                return False
            return True
        case asn1.IA5_STRING:
            return value.isascii()
        case asn1.NUMERIC_STRING:
            return _NUMERIC.fullmatch(value) is not None
        case asn1.TELETEX_STRING:
            return True
        case asn1.BMP_STRING:
            units = [int.from_bytes(value[i : i + 2], "big") for i in range(0, len(value), 2)]
            odd = any(u in (0xFFFE, 0xFFFF) or 0xFDD0 <= u <= 0xFDEF or 0xD800 <= u <= 0xDFFF for u in units)
            return len(value) % 2 == 0 and not odd
        case _:
            raise UnknownError(f"a name with a value of type {element.tag:#04x}")


def _check_key(key: Element) -> None:
    identifier, content = _parts(key, 2)
    kind, *parameters = _strict(identifier, asn1.SEQUENCE).items()
    octets = _strict(content, asn1.BIT_STRING).bits()
    match kind.oid():
        case "1.2.840.113549.1.1.1":
            if not parameters or parameters[0].raw != asn1.null():
                raise FormatError("x509: RSA key missing NULL parameters")
            modulus, exponent = (_number(part) for part in _parts(_strict(asn1.read(octets), asn1.SEQUENCE), 2))
            if modulus <= 0 or not 0 < exponent < 1 << 63:
                raise FormatError("x509: RSA modulus is not a positive number")
        case "1.2.840.10045.2.1":
            if not parameters or parameters[0].tag != asn1.OBJECT_IDENTIFIER:
                raise FormatError("x509: invalid ECDSA parameters")
            if parameters[0].oid() not in _CURVES:
                raise FormatError("x509: unsupported elliptic curve")
            if octets[:1] != b"\x04" or not is_on(parameters[0].oid(), octets):
                raise FormatError("x509: failed to unmarshal elliptic curve point")
        case "1.3.101.112":
            if parameters or len(octets) != 32:
                raise FormatError("x509: wrong Ed25519 public key size")
        case other if other in _OTHER_KEYS:
            raise UnknownError(f"a key of kind {other}")


def _check_extensions(extensions: Element) -> None:
    seen: set[str] = set()
    for item in extensions.items():
        parts = list(_strict(item, asn1.SEQUENCE).items())[:3]
        if len(parts) < 2:
            raise FormatError("x509: malformed extension")
        kind, *critical, value = parts
        oid = _oid(kind)
        if oid in seen:
            raise FormatError(f'x509: certificate contains duplicate extension with OID "{oid}"')
        seen.add(oid)
        if critical and _strict(critical[0], asn1.BOOLEAN).value not in (b"\0", b"\xff"):
            raise FormatError("x509: malformed extension critical field")
        if critical and critical[0].boolean() and oid in _NEVER_CRITICAL:
            raise FormatError(_NEVER_CRITICAL[oid])
        if oid in _SHAPES:
            content = asn1.read(_strict(value, asn1.OCTET_STRING).value)
            _check_value(oid, _strict(content, _SHAPES[oid]))


def _check_value(oid: str, value: Element) -> None:
    if oid == oids.NAME_CONSTRAINTS:
        raise UnknownError("name constraints")
    if oid == oids.KEY_USAGE:
        value.bits()
    elif oid == oids.SUBJECT_ALTERNATIVE_NAME:
        for name in value.items():
            if name.tag == _URI:
                raise UnknownError("a URI as subjectAltName")
            if name.tag == asn1.context(7, constructed=False) and len(name.value) not in (4, 16):
                raise FormatError(f"x509: cannot parse IP address of length {len(name.value)}")
            if name.tag in _TEXTS and not name.value.isascii():
                raise FormatError("x509: SAN dNSName is malformed")
    elif oid == oids.CRL_DISTRIBUTION_POINTS:
        for point in value.items():
            for part in list(_strict(point, asn1.SEQUENCE).items())[:1]:
                if part.tag == asn1.context(0) and part.inner().tag != asn1.context(0):
                    raise FormatError("x509: invalid CRL distribution point")
    elif oid == oids.EXTENDED_KEY_USAGE:
        for purpose in value.items():
            purpose.oid()
    elif oid == oids.CERTIFICATE_POLICIES:
        policies = [_strict(policy, asn1.SEQUENCE).inner().oid() for policy in value.items()]
        if len({*policies}) < len(policies):
            raise FormatError("x509: invalid certificate policies")
    elif oid == oids.BASIC_CONSTRAINTS:
        for part in value.items():
            if part.tag == asn1.BOOLEAN and part.value not in (b"\0", b"\xff"):
                raise FormatError("x509: invalid basic constraints")
            if part.tag == asn1.INTEGER and _number(part) < 0:
                raise FormatError("x509: invalid basic constraints")
