"""RSA signatures checked with nothing but integers (RSASSA-PKCS1-v1_5, RFC 8017, 8.2.2).

Trust stores hold old roots: MD5, SHA-1 and keys of 512 bits, which current libraries refuse to look at. Who signed
whom is a question about the past that must still be answered; whether such a signature is worth anything is said
elsewhere.
"""

import hashlib
from typing import Final

from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError

# Signature algorithm: the digest's name in hashlib and its OID.
_DIGESTS: Final = {
    "MD5withRSA": ("md5", oids.MD5),
    "SHA1withRSA": ("sha1", oids.SHA1),
    "SHA224withRSA": ("sha224", oids.SHA224),
    "SHA256withRSA": ("sha256", oids.SHA256),
    "SHA384withRSA": ("sha384", oids.SHA384),
    "SHA512withRSA": ("sha512", oids.SHA512),
}


def handles(algorithm: str) -> bool:
    """Whether signatures of that algorithm (as Java names it) can be checked here."""
    return algorithm in _DIGESTS


def verifies(algorithm: str, public_key_info: bytes, signed: bytes, signature: bytes) -> bool:
    """Whether `signature` over the bytes `signed` was made with the RSA key of that SubjectPublicKeyInfo."""
    name, identifier = _DIGESTS[algorithm]
    try:
        bits = asn1.read_exactly(public_key_info).children()[1].expect(asn1.BIT_STRING).bits()
        modulus, exponent = (field.integer() for field in asn1.read_exactly(bits).children()[:2])
    except (FormatError, IndexError, ValueError):
        return False
    size = (modulus.bit_length() + 7) // 8
    if modulus <= 0 or exponent <= 0 or exponent.bit_length() > 64 or size > 2048 or len(signature) != size:
        return False
    found = pow(int.from_bytes(signature, "big"), exponent, modulus).to_bytes(size, "big")
    digest = asn1.octet_string(hashlib.new(name, signed, usedforsecurity=False).digest())
    # Parameters are NULL, and some signers leave them out.
    infos = [asn1.sequence(asn1.sequence(asn1.oid(identifier), rest), digest) for rest in (asn1.null(), b"")]
    return any(found == b"\0\1" + b"\xff" * (size - len(info) - 3) + b"\0" + info for info in infos)
