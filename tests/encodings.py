"""Other encodings of a certificate than DER, made by hand after X.690 (8.1.3), and blocks of PEM around them."""

import base64

from truststore_tool import asn1


def indefinite(element: bytes) -> bytes:
    """The element with an indefinite length."""
    read = asn1.read_exactly(element)
    return bytes([read.tag, 0x80]) + read.value + b"\0\0"


def long(element: bytes) -> bytes:
    """The element with its length in four octets."""
    read = asn1.read_exactly(element)
    return bytes([read.tag, 0x84]) + len(read.value).to_bytes(4, "big") + read.value


def the_same(der: bytes) -> dict[str, bytes]:
    """Encodings in which what was signed is as it was: OpenSSL takes all of them for the same certificate."""
    signed, algorithm, signature = (part.raw for part in asn1.read_exactly(der).children())
    bits = asn1.read_exactly(signature).value
    kind, *parameters = _inside(algorithm)
    return {
        "DER": der,
        "an indefinite length": indefinite(der),
        "a long length": long(der),
        "an algorithm of indefinite length": asn1.sequence(signed, indefinite(algorithm), signature),
        "a long length of the algorithm": asn1.sequence(signed, long(algorithm), signature),
        "a long length in the algorithm": asn1.sequence(signed, asn1.sequence(long(kind), *parameters), signature),
        "a long length of the signature": asn1.sequence(signed, algorithm, long(signature)),
        "a signature of one segment": asn1.sequence(signed, algorithm, asn1.tlv(0x23, asn1.tlv(3, bits))),
        "several of these": indefinite(asn1.sequence(signed, indefinite(algorithm), long(signature))),
    }


def others(der: bytes) -> dict[str, bytes]:
    """Encodings in which what was signed is another, or the signature: OpenSSL takes none of them for the same."""
    signed, algorithm, signature = (part.raw for part in asn1.read_exactly(der).children())
    bits = asn1.read_exactly(signature).value
    halves = asn1.tlv(3, b"\0" + bits[1:11]) + asn1.tlv(3, b"\0" + bits[11:])
    return {
        "another indefinite length": asn1.sequence(indefinite(signed), algorithm, signature),
        "another long length": asn1.sequence(long(signed), algorithm, signature),
        "two indefinite lengths": indefinite(asn1.sequence(indefinite(signed), algorithm, signature)),
        "indefinite lengths within": asn1.sequence(
            asn1.sequence(*(deep(part) for part in _inside(signed))), algorithm, signature
        ),
        "indefinite lengths all over": deep(der),
        "a signature of two segments": asn1.sequence(signed, algorithm, asn1.tlv(0x23, halves)),
        "unused bits": asn1.sequence(signed, algorithm, asn1.tlv(3, b"\1" + bits[1:])),
    }


def _inside(element: bytes) -> list[bytes]:
    return [part.raw for part in asn1.read_exactly(element).children()]


def deep(element: bytes) -> bytes:
    """The element with indefinite lengths wherever there are elements inside."""
    if not element[0] & asn1.CONSTRUCTED:
        return element
    return bytes([element[0], 0x80]) + b"".join(map(deep, _inside(element))) + b"\0\0"


def block(data: bytes, label: bytes = b"CERTIFICATE") -> bytes:
    """A block of PEM."""
    return b"-----BEGIN %b-----\n%b-----END %b-----\n" % (label, base64.encodebytes(data), label)
