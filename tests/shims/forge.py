"""Certificates made by hand, octet by octet: any extension, any name, any date, whether it makes sense or not.

Nothing signs them; the JDK prints a certificate without asking whether its signature is right.
"""

import base64
from collections.abc import Sequence

# A modulus of 2048 bits that nobody has factors of; keys are printed by size only.
_MODULUS = b"\x00\xc5" + bytes((7 * i + 3) % 256 for i in range(254)) + b"\x01"
RSA_SHA256 = "1.2.840.113549.1.1.11"


def tlv(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    if len(content) < 0x80:
        return bytes((tag, len(content))) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def seq(*parts: bytes) -> bytes:
    return tlv(0x30, *parts)


def oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    content = bytearray()
    for arc in (40 * first + second, *rest):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.insert(0, arc & 0x7F | 0x80)
        content += bytes(septets)
    return tlv(0x06, bytes(content))


def number(value: int) -> bytes:
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def name(*rdns: Sequence[tuple[str, bytes]]) -> bytes:
    """A Name; each RDN a list of (type, encoded value)."""
    return seq(*(tlv(0x31, *(seq(oid(kind), value) for kind, value in rdn)) for rdn in rdns))


def common_name(text: str, tag: int = 0x0C) -> bytes:
    """A Name of one CN, a UTF8String unless told."""
    return name([("2.5.4.3", tlv(tag, text.encode()))])


RSA_KEY = seq(seq(oid("1.2.840.113549.1.1.1"), tlv(5)), tlv(3, b"\0", seq(tlv(2, _MODULUS), number(65537))))
VALIDITY = seq(tlv(0x17, b"200102030405Z"), tlv(0x17, b"401112131415Z"))


def certificate(
    *extensions: tuple[str, bool, bytes],
    subject: bytes = common_name("made"),
    issuer: bytes | None = None,
    validity: bytes = VALIDITY,
    serial: bytes = number(5),
    key: bytes = RSA_KEY,
    signed: str = RSA_SHA256,
    parameters: bytes = tlv(5),
    version: int = 3,
) -> bytes:
    """DER of a certificate; `extensions` as (OID, critical, value)."""
    algorithm = seq(oid(signed), parameters)
    listed = [
        seq(oid(kind), tlv(1, b"\xff") if critical else b"", tlv(4, value)) for kind, critical, value in extensions
    ]
    tail = tlv(0xA3, seq(*listed)) if listed else b""
    head = tlv(0xA0, number(version - 1)) if version > 1 else b""
    signed_part = seq(head, serial, algorithm, issuer or subject, validity, subject, key, tail)
    return seq(signed_part, algorithm, tlv(3, b"\0", b"signature" * 4))


def pem(der: bytes) -> bytes:
    """The PEM block of a certificate."""
    return b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der) + b"-----END CERTIFICATE-----\n"
