"""How strong OpenSSL finds keys and signatures (X509_get_signature_info, EVP_PKEY_get_security_bits)."""

from math import log
from typing import Final, NamedTuple

from truststore_tool import asn1, oids
from truststore_tool.model import Certificate

# Bits of the order of a curve.
_CURVES: Final = {
    "1.2.840.10045.3.1.1": 192,  # P-192
    "1.3.132.0.33": 224,  # P-224
    "1.2.840.10045.3.1.7": 256,  # P-256
    "1.3.132.0.34": 384,  # P-384
    "1.3.132.0.35": 521,  # P-521
    "1.3.132.0.10": 256,  # secp256k1
    **{f"1.3.36.3.3.2.8.1.1.{number}": 256 for number in (7, 8)},  # brainpoolP256r1 and t1
    **{f"1.3.36.3.3.2.8.1.1.{number}": 320 for number in (9, 10)},
    **{f"1.3.36.3.3.2.8.1.1.{number}": 384 for number in (11, 12)},
    **{f"1.3.36.3.3.2.8.1.1.{number}": 512 for number in (13, 14)},
}
# Security bits of an elliptic curve's key (ec_pkey_ctrl, ecdsa_security_bits) and of a number of RSA or DSA
# (ossl_ifc_ffc_compute_security_bits, BN_security_bits): the least size for each.
_CURVE_BITS: Final = ((512, 256), (384, 192), (256, 128), (224, 112), (160, 80))
_RSA_BITS: Final = {2048: 112, 3072: 128, 4096: 152, 6144: 176, 7680: 192, 8192: 200, 15360: 256}
_DSA_BITS: Final = ((15360, 256), (7680, 192), (3072, 128), (2048, 112), (1024, 80))
_EDWARDS: Final = {oids.ED25519: ("ED25519", 128), oids.ED448: ("ED448", 224)}

# The kind of key that makes a signature, and its security bits: half the digest's; SHA-1 and MD5 count for less
# (x509_sig_info_init).
_SIGNATURES: Final = {
    "1.2.840.113549.1.1.4": ("RSA", 39),
    "1.2.840.113549.1.1.5": ("RSA", 63),
    "1.2.840.113549.1.1.11": ("RSA", 128),
    "1.2.840.113549.1.1.12": ("RSA", 192),
    "1.2.840.113549.1.1.13": ("RSA", 256),
    "1.2.840.113549.1.1.14": ("RSA", 112),
    "1.2.840.10045.4.1": ("EC", 63),
    "1.2.840.10045.4.3.1": ("EC", 112),
    "1.2.840.10045.4.3.2": ("EC", 128),
    "1.2.840.10045.4.3.3": ("EC", 192),
    "1.2.840.10045.4.3.4": ("EC", 256),
    oids.DSA_SHA1: ("DSA", 63),
    oids.DSA_SHA224: ("DSA", 112),
    oids.DSA_SHA256: ("DSA", 128),
    **_EDWARDS,
}


class Key(NamedTuple):
    """A public key: its kind, security bits, and whether its curve is spelt out instead of named."""

    kind: str
    security: int
    explicit: bool = False


class Signature(NamedTuple):
    """Who can make a signature, and its security bits."""

    kind: str
    security: int


def public_key(certificate: Certificate) -> Key | None:
    """The key in a certificate; None where it is not known here. Raises FormatError when it cannot be read."""
    algorithm, content = asn1.read_exactly(certificate.public_key_der).fields(2, 2)
    parts = algorithm.expect(asn1.SEQUENCE).fields(1, 2)
    kind = parts[0].oid()
    match kind:
        case oids.RSA | oids.RSA_PSS:
            modulus = asn1.read_exactly(content.bits()).fields(2, 2)[0].integer()
            return Key("RSA" if kind == oids.RSA else "RSA-PSS", _rsa_security(modulus.bit_length()))
        case oids.EC if len(parts) == 2 and parts[1].tag == asn1.OBJECT_IDENTIFIER:
            order = _CURVES.get(parts[1].oid())
            return Key("EC", _least(order, _CURVE_BITS)) if order else None
        case oids.EC if len(parts) == 2 and parts[1].tag == asn1.SEQUENCE:
            return Key("EC", 0, explicit=True)
        case oids.DSA if len(parts) == 2:
            prime, order_of_group, _ = (part.integer() for part in parts[1].fields(3, 3))
            half = order_of_group.bit_length() // 2
            return Key("DSA", min(_least(prime.bit_length(), _DSA_BITS), half) if half >= 80 else 0)
    return Key(*_EDWARDS[kind]) if kind in _EDWARDS else None


def signature(certificate: Certificate) -> Signature | None:
    """How a certificate is signed; None where that is not known here. Raises FormatError when it cannot be read."""
    oid = certificate.signature_algorithm_oid
    if oid != oids.RSA_PSS:
        return Signature(*_SIGNATURES[oid]) if oid in _SIGNATURES else None
    hashed = certificate.x509.signature_hash_algorithm
    if hashed is None:
        return None
    security = {"sha1": 64}.get(hashed.name, hashed.digest_size * 4)
    return Signature("RSA-PSS", security)


def _least(size: int, table: tuple[tuple[int, int], ...]) -> int:
    return next((security for least, security in table if size >= least), 0)


def _rsa_security(size: int) -> int:
    if size in _RSA_BITS:
        return _RSA_BITS[size]
    if size < 8:
        return 0
    natural = size * log(2)
    estimate = int((1.923 * (natural * log(natural) ** 2) ** (1 / 3) - 4.69) / log(2))
    return min((estimate + 4) & ~7, 192 if size <= 7680 else 256)
