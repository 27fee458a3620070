"""Which kind of key signed: what OpenSSL needs to call a certificate self-signed (check_sig_alg_match in v3_purp.c)."""

from typing import Final

from truststore_tool import asn1, oids
from truststore_tool.asn1 import Element
from truststore_tool.errors import FormatError

_SM2_SIGNATURE: Final = "1.2.156.10197.1.501"
_EDWARDS: Final = (oids.ED25519, oids.ED448)
# The signature algorithms whose digest and key OpenSSL 3.0 knows (OBJ_find_sigid_algs), by the kind of that key.
_SIGNATURES: Final = {
    oids.RSA: (
        *(f"1.2.840.113549.1.1.{number}" for number in (2, 3, 4, 5, 10, 11, 12, 13, 14)),
        *(f"2.16.840.1.101.3.4.3.{number}" for number in (13, 14, 15, 16)),
        *("1.3.14.3.2.3", "1.3.14.3.2.15", "1.3.14.3.2.29", "1.3.36.3.3.1.2"),
    ),
    oids.RSA_PSS: (oids.RSA_PSS,),
    oids.EC: (
        *("1.2.840.10045.4.1", "1.2.840.10045.4.2"),
        *(f"1.2.840.10045.4.3.{number}" for number in (1, 2, 3, 4)),
    ),
    oids.DSA: (
        *("1.2.840.10040.4.3", "1.3.14.3.2.13", "1.3.14.3.2.27"),
        *(f"2.16.840.1.101.3.4.3.{number}" for number in (1, 2)),
    ),
}
# The curves that OpenSSL knows by name: of SEC, X9.62, WAP, Brainpool, and China's.
NAMED: Final = frozenset(
    (
        *(f"1.3.132.0.{number}" for number in (*range(1, 11), 15, 16, 17, *range(22, 40))),
        *(f"1.2.840.10045.3.0.{number}" for number in (*range(1, 8), 10, 11, 12, 13, *range(16, 21))),
        *(f"1.2.840.10045.3.1.{number}" for number in range(1, 8)),
        *(f"2.23.43.1.4.{number}" for number in (1, *range(3, 13))),
        *(f"1.3.36.3.3.2.8.1.1.{number}" for number in range(1, 15)),
        "1.2.156.10197.1.301",
    )
)
# Curves of the shape y^2 = x^3 + ax + b: the prime, a and b (SEC 2).
_P384: Final = 2**384 - 2**128 - 2**96 + 2**32 - 1
_P256: Final = 2**256 - 2**224 + 2**192 + 2**96 - 1
_P521: Final = 2**521 - 1
_CURVES: Final = {
    "1.2.840.10045.3.1.7": (_P256, -3, 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B),
    "1.3.132.0.34": (
        _P384,
        -3,
        0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
    ),
    "1.3.132.0.35": (
        _P521,
        -3,
        0x51953EB9618E1C9A1F929A21A0B68540EEA2DA725B99B315F3B8B489918EF109E156193951EC7E937B1652C0BD3BB1BF073573DF883D2C34F1EF451FD46B503F00,
    ),
    "1.3.132.0.10": (2**256 - 2**32 - 977, 0, 7),
}


# How many bits a field has, of curves that are only looked at for that: 1.3.132.0.1 and so on, and those of X9.62.
_BITS_OF_SEC: Final = {
    163: (1, 2, 15), 239: (3,), 113: (4, 5), 112: (6, 7), 160: (8, 9, 30), 283: (16, 17), 131: (22, 23), 193: (24, 25),
    233: (26, 27), 128: (28, 29), 192: (31,), 224: (32, 33), 409: (36, 37), 571: (38, 39),
}  # fmt: skip
_BITS: Final = {
    **{f"1.3.132.0.{number}": bits for bits, numbers in _BITS_OF_SEC.items() for number in numbers},
    **{f"1.2.840.10045.3.1.{number}": 192 if number < 4 else 239 for number in range(1, 7)},
}


def signs_as(public_key: Element, algorithm: bytes) -> bool:
    """Whether the key of a SubjectPublicKeyInfo makes signatures of that AlgorithmIdentifier.

    False as well for keys that OpenSSL does not read; points on curves that are rare are not looked at.
    """
    try:
        identifier, content = public_key.fields(2, 2)
        parts = identifier.fields(1, 2)
        kind, signature = parts[0].oid(), asn1.read(algorithm).inner().oid()
        octets = content.bits()
        if kind in (oids.RSA, oids.RSA_PSS):
            modulus, exponent = asn1.read(octets).expect(asn1.SEQUENCE).fields(2, 2)
            readable = modulus.integer() is not None and exponent.integer() is not None
        elif kind == oids.EC:
            readable = len(parts) == 2 and len(octets) > 1
            named = readable and parts[1].tag == asn1.OBJECT_IDENTIFIER
            curve = parts[1].oid() if named else ""
            readable = readable and (curve in NAMED if named else _is_explicit(parts[1]))
            if signature == _SM2_SIGNATURE:  # the curve makes it a key of its own kind
                return curve == "1.2.156.10197.1.301"
            readable = readable and curve != "1.2.156.10197.1.301" and is_on(curve, octets)
        elif kind == oids.DSA:
            readable = asn1.read(octets).integer() is not None
        else:
            return kind in _EDWARDS and kind == signature
    except FormatError:
        return False
    return readable and signature in _SIGNATURES[kind]


def _is_explicit(parameters: Element) -> bool:
    """Whether they are ECParameters (RFC 3279, 2.3.5) by their kinds. Raises FormatError for no SEQUENCE."""
    kinds = [part.tag for part in parameters.expect(asn1.SEQUENCE).fields(5, 6)]
    return kinds[:5] == [asn1.INTEGER, asn1.SEQUENCE, asn1.SEQUENCE, asn1.OCTET_STRING, asn1.INTEGER]


def is_on(curve: str, point: bytes) -> bool:
    """Whether an encoded point (SEC 1, 2.3.3) is on a curve; of rare curves only whether it is as long as theirs."""
    if curve not in _CURVES:
        octets = (_BITS.get(curve, 0) + 7) // 8
        return not octets or len(point) == (octets + 1 if point[0] in (2, 3) else 2 * octets + 1)
    prime, a, b = _CURVES[curve]
    size = (prime.bit_length() + 7) // 8
    kind, x = point[0], int.from_bytes(point[1 : size + 1], "big")
    square = (x * x * x + a * x + b) % prime
    if kind in (2, 3):
        return len(point) == size + 1 and x < prime and (not square or pow(square, (prime - 1) // 2, prime) == 1)
    y = int.from_bytes(point[size + 1 :], "big")
    fits = len(point) == 2 * size + 1 and max(x, y) < prime and y * y % prime == square
    return fits and (kind == 4 or kind == 6 + y % 2)
