"""What Java puts into a secret bag of PKCS#12 (RFC 7292, 4.2.5): a secret key in the shape of a PrivateKeyInfo.

Its algorithm is the OID of the algorithm that the key is for, and its OCTET STRING is the key itself. All of it is
encrypted, and has the bag type of a shrouded key.
Sources: sun.security.pkcs12.PKCS12KeyStore (engineSetKeyEntry, engineGetKey) and sun.security.util.KnownOIDs.
"""

import re
from typing import Final

from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError
from truststore_tool.formats.base import SecretKey

# What JDK 25 has OIDs for; JDK 17 knows neither RC2 nor Blowfish, and reads a key under their OIDs as just that.
_NAMES: Final = {
    "1.2.840.113549.1.5.3": "PBEWithMD5AndDES",
    oids.PBE_SHA1_RC4_128: "PBEWithSHA1AndRC4_128",
    oids.PBE_SHA1_RC4_40: "PBEWithSHA1AndRC4_40",
    oids.PBE_SHA1_3DES: "PBEWithSHA1AndDESede",
    oids.PBE_SHA1_RC2_128: "PBEWithSHA1AndRC2_128",
    oids.PBE_SHA1_RC2_40: "PBEWithSHA1AndRC2_40",
    oids.HMAC_SHA1: "HmacSHA1",
    oids.HMAC_SHA224: "HmacSHA224",
    oids.HMAC_SHA256: "HmacSHA256",
    oids.HMAC_SHA384: "HmacSHA384",
    oids.HMAC_SHA512: "HmacSHA512",
    "1.2.840.113549.2.12": "HmacSHA512/224",
    "1.2.840.113549.2.13": "HmacSHA512/256",
    oids.RC2_CBC: "RC2",
    "1.2.840.113549.3.4": "ARCFOUR",
    "1.3.6.1.4.1.3029.1.1.2": "Blowfish",
    "1.3.14.3.2.7": "DES",
    "1.3.14.3.2.17": "DESede",
    "2.16.840.1.101.3.4.1": "AES",
    "2.16.840.1.101.3.4.2.13": "HmacSHA3-224",
    "2.16.840.1.101.3.4.2.14": "HmacSHA3-256",
    "2.16.840.1.101.3.4.2.15": "HmacSHA3-384",
    oids.HMAC_SHA3_512: "HmacSHA3-512",
}
_OIDS: Final = {name.lower(): oid for oid, name in _NAMES.items()} | {"rc4": "1.2.840.113549.3.4"}
_DOTTED: Final = re.compile(
    r"(?:[01]\.[1-3]?[0-9]|2\.(?:0|[1-9][0-9]{0,8}))(?:\.(?:0|[1-9][0-9]{0,8})){1,20}", re.ASCII
)


def encode(secret: SecretKey) -> bytes:
    """DER of a key, as JDK 17 writes it, to be encrypted. Raises FormatError when its algorithm has no OID."""
    name = secret.algorithm
    oid = _OIDS.get(name.lower()) or (name if _DOTTED.fullmatch(name) else None)
    if oid is None:
        raise FormatError(f"PKCS#12 cannot hold a secret key for {name[:80]!a}, which has no OID")
    algorithm = asn1.sequence(asn1.oid(oid), asn1.null())
    return asn1.sequence(asn1.integer(0), algorithm, asn1.octet_string(secret.key))


def decode(info: bytes) -> SecretKey:
    """The key in what was decrypted; its algorithm is a dotted OID where that has no name here.

    Raises FormatError when the bytes are malformed.
    """
    _version, algorithm, key = asn1.read_exactly(info).expect(asn1.SEQUENCE).fields(3, 4)[:3]
    oid = algorithm.expect(asn1.SEQUENCE).inner().oid()
    return SecretKey(_NAMES.get(oid, oid), key.octets())
