"""Which kind of key signed: what OpenSSL needs to call a certificate self-signed (check_sig_alg_match in v3_purp.c)."""

from typing import Final

from truststore_tool import asn1
from truststore_tool.asn1 import Element
from truststore_tool.errors import FormatError

_RSA: Final = "1.2.840.113549.1.1.1"
_PSS: Final = "1.2.840.113549.1.1.10"
_EC: Final = "1.2.840.10045.2.1"
_DSA: Final = "1.2.840.10040.4.1"
_SM2_SIGNATURE: Final = "1.2.156.10197.1.501"
_EDWARDS: Final = ("1.3.101.112", "1.3.101.113")
# The signature algorithms that OpenSSL has a name for (obj_xref.txt), by the kind of key that makes them.
_SIGNATURES: Final = {
    _RSA: (
        *(f"1.2.840.113549.1.1.{number}" for number in (2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 16)),
        *(f"2.16.840.1.101.3.4.3.{number}" for number in (13, 14, 15, 16)),
        *("1.3.14.3.2.3", "1.3.14.3.2.15", "1.3.14.3.2.29", "1.3.36.3.3.1.2"),
    ),
    _PSS: (_PSS,),
    _EC: (
        *("1.2.840.10045.4.1", "1.2.840.10045.4.2"),
        *(f"1.2.840.10045.4.3.{number}" for number in (1, 2, 3, 4)),
        *(f"2.16.840.1.101.3.4.3.{number}" for number in (9, 10, 11, 12)),
    ),
    _DSA: (
        *("1.2.840.10040.4.3", "1.3.14.3.2.13", "1.3.14.3.2.27"),
        *(f"2.16.840.1.101.3.4.3.{number}" for number in (1, 2, 3, 4, 5, 6, 7, 8)),
    ),
}


def signs_as(public_key: Element, algorithm: bytes) -> bool:
    """Whether the key of a SubjectPublicKeyInfo makes signatures of that AlgorithmIdentifier.

    False as well for keys that OpenSSL does not read. Points on curves are not looked at.
    """
    try:
        identifier, content = public_key.fields(2, 2)
        parts = identifier.fields(1, 2)
        kind, signature = parts[0].oid(), asn1.read(algorithm).inner().oid()
        octets = content.bits()
        if kind in (_RSA, _PSS):
            modulus, exponent = asn1.read(octets).expect(asn1.SEQUENCE).fields(2, 2)
            readable = modulus.integer() is not None and exponent.integer() is not None
        elif kind == _EC:
            readable = len(parts) == 2 and len(octets) > 1
            curve = parts[1].oid() if readable and parts[1].tag == asn1.OBJECT_IDENTIFIER else ""
            if signature == _SM2_SIGNATURE:  # the curve makes it a key of its own kind
                return curve == "1.2.156.10197.1.301"
            readable = readable and curve != "1.2.156.10197.1.301"
        elif kind == _DSA:
            readable = asn1.read(octets).integer() is not None
        else:
            return kind in _EDWARDS and kind == signature
    except FormatError:
        return False
    return readable and signature in _SIGNATURES[kind]
