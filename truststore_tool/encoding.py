"""A certificate in DER as programs hash and compare it, however its file encodes it (ITU-T X.690, 8.1.3 and 10.1).

What was signed stays as it is, octet for octet. Only the shell around it is written anew, as OpenSSL's d2i_X509 and
i2d_X509 do: the outer header, the algorithm of the signature and the signature. Java writes anew the outer header only,
or, where that has an indefinite length, all such within it; a certificate that nobody made by hand is the same to both.
"""

from functools import lru_cache
from typing import Final

from truststore_tool import asn1
from truststore_tool.errors import FormatError

_DEEPEST_STRING: Final = 5  # ASN1_MAX_STRING_NEST


@lru_cache(maxsize=1024)
def in_der(certificate: bytes) -> bytes:
    """What OpenSSL makes of the encoding of one certificate.

    What has not the shape of a certificate comes back as it is.
    """
    if _has_usual_shell(certificate):
        return certificate
    try:
        outer = asn1.read_exactly(certificate).expect(asn1.SEQUENCE)
        signed, algorithm, signature = outer.fields(3, 3)
        if signed.tag != asn1.SEQUENCE or signature.tag & ~asn1.CONSTRUCTED != asn1.BIT_STRING:
            return certificate
        made = asn1.sequence(signed.raw, _algorithm(algorithm), asn1.tlv(asn1.BIT_STRING, _bits(signature)))
    except FormatError:
        return certificate
    return certificate if made == certificate else made


def _has_usual_shell(certificate: bytes) -> bool:
    """Whether the shell is in DER already, in the form that nearly all certificates have. A quick look."""
    size = len(certificate)
    if size < 0x104 or not certificate[:2] == certificate[4:6] == b"\x30\x82":
        return False
    algorithm = 8 + (certificate[6] << 8 | certificate[7])
    if size != 4 + (certificate[2] << 8 | certificate[3]) or algorithm + 2 > size:
        return False
    signature = algorithm + 2 + certificate[algorithm + 1]
    opening = _opening_of_bits(size - signature)
    return certificate.startswith(opening, signature) and _is_usual(certificate[algorithm:signature])


@lru_cache(maxsize=64)
def _is_usual(algorithm: bytes) -> bool:
    try:
        return _algorithm(asn1.read_exactly(algorithm)) == algorithm
    except FormatError:
        return False


@lru_cache(maxsize=64)
def _opening_of_bits(size: int) -> bytes:
    """What a BIT STRING of `size` octets begins with, of whose bits none is unused."""
    length = size - (2 if size < 0x83 else 3 if size < 0x104 else 4)
    return asn1.tlv(asn1.BIT_STRING, bytes(max(length, 1)))[: size - length + 1]


def _algorithm(element: asn1.Element) -> bytes:
    """An AlgorithmIdentifier. Parameters that are a structure are to OpenSSL octets like others, which it keeps."""
    parts = element.expect(asn1.SEQUENCE).fields(1, 2)
    kept = (part.raw if part.tag & asn1.CONSTRUCTED else asn1.tlv(part.tag, part.value) for part in parts)
    return asn1.sequence(*kept)


def _bits(element: asn1.Element) -> bytes:
    """The content of a BIT STRING, with those bits as zeros that are not used."""
    content = collected(element)
    bits = asn1.read(asn1.tlv(asn1.BIT_STRING, content)).bits()
    return content[:1] + bits


def collected(element: asn1.Element, depth: int = 0) -> bytes:
    """The content of a string, also of one in segments, whatever these are (asn1_collect). Raises FormatError."""
    if not element.tag & asn1.CONSTRUCTED:
        return element.value
    if depth == _DEEPEST_STRING:
        raise FormatError("a string that is nested too deeply")
    return b"".join([collected(part, depth + 1) for part in element.items()])
