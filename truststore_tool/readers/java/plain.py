"""Certificates that every Java takes, told by their bytes: nearly all are so plain that none of them need be parsed.

The answer is yes or nothing: what is not understood here is left to the parsers (`parsing`). What is called plain all
of them take (measured with 8u504, 11.0.5, 11.0.10, 11.0.13, 17.0.2, 17.0.9, 17.0.15, 21.0.2, 21.0.8, 25.0.2 and 25.0.3
over real certificates and thousands of their neighbours). What is passed over is what Java forgives: the value of an
extension that is not critical (CertificateExtensions.parseExtension keeps it as it is), and the signature.

DER throughout, with lengths in their shortest form, of which no release makes anything else than another.
"""

from functools import lru_cache
from typing import Final

from truststore_tool import asn1

_VERSION_3: Final = b"\xa0\x03\x02\x01\x02"
_EXTENSIONS: Final = asn1.context(3)
_CRITICAL: Final = b"\x01\x01\xff"
# AlgorithmIdentifiers as they stand in certificates: RSA with a digest and NULL, ECDSA with a digest and nothing.
_RSA_WITH: Final = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01"
_WEAK_SIGNATURES: Final = tuple(_RSA_WITH + bytes((arc, 5, 0)) for arc in (4, 5))  # with MD5 and SHA-1
_SIGNATURES: Final = frozenset(
    (
        *_WEAK_SIGNATURES,
        *(_RSA_WITH + bytes((arc, 5, 0)) for arc in (11, 12, 13)),
        *(b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03" + bytes((arc,)) for arc in (2, 3, 4)),
    )
)
# How the SubjectPublicKeyInfo of a key on P-256, P-384 or P-521 begins: all but the coordinates of the point.
_POINTS: Final = (
    b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04",
    b"\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00\x04",
    b"\x30\x81\x9b\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x23\x03\x81\x86\x00\x04",
)
_RSA: Final = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00"
# 3, 17 and 65537.
_EXPONENTS: Final = (b"\x02\x01\x03", b"\x02\x01\x11", b"\x02\x03\x01\x00\x01")
# Octets of a modulus of 512, 2048 and 16384 bits, with the zero before it.
_SMALLEST_MODULUS: Final = 65
_STRONG_MODULUS: Final = 257
_LARGEST_MODULUS: Final = 2049
_STRINGS: Final = (asn1.UTF8_STRING, asn1.PRINTABLE_STRING, asn1.IA5_STRING, asn1.TELETEX_STRING)
# Octets of the two kinds of time with seconds and Z, and the first year of each that is meant.
_TIMES: Final = {asn1.UTC_TIME: (13, b"00"), asn1.GENERALIZED_TIME: (15, b"1900")}
_BASIC_CONSTRAINTS: Final = b"\x55\x1d\x13"
_KEY_USAGE: Final = b"\x55\x1d\x0f"
# No more than that: a certificate has some ten.
_MOST_EXTENSIONS: Final = 64


class _UnclearError(Exception):
    """Something that is not understood here."""


# What is made of a certificate.
_UNCLEAR: Final = 0
_PLAIN: Final = 1
_STRONG: Final = 2


def is_plain(der: bytes) -> bool:
    """Whether these bytes are a certificate that every release of Java takes; False where that is not known here."""
    return _judged(der) >= _PLAIN


def is_strong(der: bytes) -> bool:
    """Whether it is plain, and no JDK calls the size of its key or the digest of its signature weak."""
    return _judged(der) == _STRONG


@lru_cache(maxsize=1 << 14)
def _judged(der: bytes) -> int:
    try:
        return _judgement(der)
    except (_UnclearError, IndexError):
        return _UNCLEAR


def _judgement(der: bytes) -> int:
    at, end = _inside(der, 0, asn1.SEQUENCE, len(der))
    at, stop = _inside(der, at, asn1.SEQUENCE, end)
    signed = _next(der, stop, asn1.SEQUENCE, end)
    signature, last = _inside(der, signed, asn1.BIT_STRING, end)
    newer = der.startswith(_VERSION_3, at)
    serial, at = _inside(der, at + len(_VERSION_3) if newer else at, asn1.INTEGER, stop)
    algorithm = der[stop:signed]
    if (
        end != len(der)
        or last != end
        or signature == end
        or der[signature]
        or not _is_shortest(der[serial:at])
        or algorithm not in _SIGNATURES
        or not der.startswith(algorithm, at)
    ):
        return _UNCLEAR
    issuer = at + len(algorithm)
    validity = _next(der, issuer, asn1.SEQUENCE, stop)
    subject = _next(der, validity, asn1.SEQUENCE, stop)
    key = _next(der, subject, asn1.SEQUENCE, stop)
    at = _next(der, key, asn1.SEQUENCE, stop)
    if not (
        _is_name(der[issuer:validity])
        and _is_validity(der[validity:subject])
        and _is_name(der[subject:key])
        and (at == stop or (newer and _are_extensions(der, at, stop)))
    ):
        return _UNCLEAR
    strength = _key_strength(der[key:at])
    return min(strength, _PLAIN) if algorithm in _WEAK_SIGNATURES else strength


def _inside(data: bytes, at: int, tag: int, limit: int) -> tuple[int, int]:
    """Where the content of the element with that tag begins, and where it ends."""
    if data[at] != tag:
        raise _UnclearError
    size = data[at + 1]
    at += 2
    if size >= 0x80:
        count = size - 0x80
        size = data[at] if count == 1 else data[at] << 8 | data[at + 1]
        at += count
        if count not in (1, 2) or size < (0x80 if count == 1 else 0x100):
            raise _UnclearError
    stop = at + size
    if stop > limit:
        raise _UnclearError
    return at, stop


def _next(data: bytes, at: int, tag: int, limit: int) -> int:
    """Where the element with that tag ends, and what follows it begins."""
    return _inside(data, at, tag, limit)[1]


def _is_shortest(number: bytes) -> bool:
    """Whether an INTEGER has content, and no octet that could be left out."""
    return len(number) == 1 or (len(number) > 1 and number[0] != (number[1] >> 7) * 0xFF)


def _is_oid(content: bytes) -> bool:
    """Whether it is an OBJECT IDENTIFIER; where one of its numbers has seven bits that are zero, it is left open."""
    return content[-1] < 0x80 and 0x80 not in content


@lru_cache(maxsize=1 << 12)
def _is_name(data: bytes) -> bool:
    """Whether it is a Name with at least one attribute, all of them text."""
    at, end = _inside(data, 0, asn1.SEQUENCE, len(data))
    if at == end:
        return False
    while at < end:
        pair, at = _inside(data, at, asn1.SET, end)
        if pair == at:
            return False
        while pair < at:
            kind, pair = _inside(data, pair, asn1.SEQUENCE, at)
            kind, value = _inside(data, kind, asn1.OBJECT_IDENTIFIER, pair)
            if not _is_oid(data[kind:value]) or data[value] not in _STRINGS:
                return False
            if _next(data, value, data[value], pair) != pair:
                return False
    return True


def _is_validity(data: bytes) -> bool:
    at, end = _inside(data, 0, asn1.SEQUENCE, len(data))
    for _ in range(2):
        tag = data[at]
        start, at = _inside(data, at, tag, end)
        if tag not in _TIMES or not _is_time(data[start:at], *_TIMES[tag]):
            return False
    return at == end


def _is_time(text: bytes, size: int, first: bytes) -> bool:
    return (
        len(text) == size
        and text[-1:] == b"Z"
        and text[:-1].isdigit()
        and first <= text[: len(first)]
        and b"01" <= text[-11:-9] <= b"12"
        and b"01" <= text[-9:-7] <= b"31"
        and text[-7:-5] < b"24"
        and text[-5:-3] < b"60"
        and text[-3:-1] < b"60"
    )


def _key_strength(data: bytes) -> int:
    """Whether it is a key of a kind that is known here, and one that is long enough."""
    if data.startswith(_POINTS):
        return _STRONG  # what they begin with fixes all lengths
    at, end = _inside(data, 0, asn1.SEQUENCE, len(data))
    if not data.startswith(_RSA, at):
        return _UNCLEAR
    bits, stop = _inside(data, at + len(_RSA), asn1.BIT_STRING, end)
    at, last = _inside(data, bits + 1, asn1.SEQUENCE, stop)
    modulus, exponent = _inside(data, at, asn1.INTEGER, last)
    size = exponent - modulus
    if (
        stop == last == end
        and not data[bits]
        and _SMALLEST_MODULUS <= size <= _LARGEST_MODULUS
        and not data[modulus]
        and data[modulus + 1] >= 0x80
        and data[exponent:last] in _EXPONENTS
    ):
        return _STRONG if size >= _STRONG_MODULUS else _PLAIN
    return _UNCLEAR


def _are_extensions(data: bytes, at: int, stop: int) -> bool:
    """Whether extensions and nothing else fill the rest, each of another kind, and the critical ones are known."""
    at, end = _inside(data, at, _EXTENSIONS, stop)
    at, last = _inside(data, at, asn1.SEQUENCE, end)
    seen: set[bytes] = set()
    while at < last and len(seen) < _MOST_EXTENSIONS:
        kind, at = _inside(data, at, asn1.SEQUENCE, last)
        kind, value = _inside(data, kind, asn1.OBJECT_IDENTIFIER, at)
        oid = data[kind:value]
        critical = data.startswith(_CRITICAL, value)
        value, ended = _inside(data, value + len(_CRITICAL) if critical else value, asn1.OCTET_STRING, at)
        if ended != at or not _is_oid(oid) or oid in seen or (critical and not _is_understood(oid, data[value:at])):
            return False
        seen.add(oid)
    return bool(seen) and at == last == end == stop


def _is_understood(oid: bytes, value: bytes) -> bool:
    """Whether it is a value of basicConstraints, or of keyUsage, as every program writes them."""
    if oid == _BASIC_CONSTRAINTS:
        return value in (b"\x30\x00", b"\x30\x03\x01\x01\xff") or (
            value[:-1] == b"\x30\x06\x01\x01\xff\x02\x01" and value[-1] < 0x80
        )
    return oid == _KEY_USAGE and value[:2] in (b"\x03\x02", b"\x03\x03") and len(value) == 2 + value[1] and value[2] < 8
