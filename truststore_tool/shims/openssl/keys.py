"""Public keys and signatures as `openssl x509 -text`, `-modulus` and `-pubkey` show them."""

from typing import Final

from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError
from truststore_tool.nouns import noun
from truststore_tool.shims.openssl import is_newer, objects
from truststore_tool.shims.openssl.certificate import Algorithm, Certificate

# Keys that are just octets, and how many (RFC 8410).
_OCTET_KEYS: Final = {oids.X25519: 32, oids.X448: 56, oids.ED25519: 32, oids.ED448: 57}
# The same since 3.5: ML-DSA (FIPS 204, table 2) and SLH-DSA (FIPS 205, table 2).
_NEWER_OCTET_KEYS: Final = {
    f"2.16.840.1.101.3.4.3.{arc}": size
    for size, arcs in ((1312, (17,)), (1952, (18,)), (2592, (19,)), (32, (20, 21, 26, 27)), (48, (22, 23, 28, 29)),
                       (64, (24, 25, 30, 31)))
    for arc in arcs
}  # fmt: skip
_DSA_SIGNATURES: Final = (
    oids.DSA_SHA1,
    oids.DSA_SHA224,
    oids.DSA_SHA256,
    oids.DSA_SHA384,
    oids.DSA_SHA512,
)
_OCTETS_A_LINE: Final = 15
_OCTETS_A_SIGNATURE_LINE: Final = 18
_WORD: Final = 8


@noun
class Curve:
    """Bits of the group's order, octets of a field element, and the name NIST gave the curve, if any."""

    bits: int
    octets: int
    nist: str | None = None


# Short name, bits, octets and perhaps NIST's name of each curve that OpenSSL knows.
_CURVES: Final = """
    secp112r1 112 14; secp112r2 110 14; secp128r1 128 16; secp128r2 126 16; secp160k1 161 20; secp160r1 161 20;
    secp160r2 161 20; secp192k1 192 24; secp224k1 225 28; secp224r1 224 28 P-224; secp256k1 256 32; secp384r1 384 48
    P-384; secp521r1 521 66 P-521; prime192v1 192 24 P-192; prime192v2 192 24; prime192v3 192 24; prime239v1 239 30;
    prime239v2 239 30; prime239v3 239 30; prime256v1 256 32 P-256; sect113r1 113 15; sect113r2 113 15; sect131r1 131
    17; sect131r2 131 17; sect163k1 163 21 K-163; sect163r1 162 21; sect163r2 163 21 B-163; sect193r1 193 25;
    sect193r2 193 25; sect233k1 232 30 K-233; sect233r1 233 30 B-233; sect239k1 238 30; sect283k1 281 36 K-283;
    sect283r1 282 36 B-283; sect409k1 407 52 K-409; sect409r1 409 52 B-409; sect571k1 570 72 K-571; sect571r1 570 72
    B-571; c2pnb163v1 163 21; c2pnb163v2 162 21; c2pnb163v3 162 21; c2pnb176v1 161 22; c2tnb191v1 191 24; c2tnb191v2
    190 24; c2tnb191v3 189 24; c2pnb208w1 193 26; c2tnb239v1 238 30; c2tnb239v2 237 30; c2tnb239v3 236 30;
    c2pnb272w1 257 34; c2pnb304w1 289 38; c2tnb359v1 353 45; c2pnb368w1 353 46; c2tnb431r1 418 54; brainpoolP160r1
    160 20; brainpoolP160t1 160 20; brainpoolP192r1 192 24; brainpoolP192t1 192 24; brainpoolP224r1 224 28;
    brainpoolP224t1 224 28; brainpoolP256r1 256 32; brainpoolP256t1 256 32; brainpoolP320r1 320 40; brainpoolP320t1
    320 40; brainpoolP384r1 384 48; brainpoolP384t1 384 48; brainpoolP512r1 512 64; brainpoolP512t1 512 64; SM2 256
    32
"""


def _curve(name: str) -> Curve | None:
    for line in _CURVES.split(";"):
        known, bits, octets, *nist = line.split()
        if known == name:
            return Curve(int(bits), int(octets), *nist)
    return None


def modulus(certificate: Certificate) -> bytes:
    """The line of `-modulus`. Raises FormatError when the key cannot be read."""
    describe(certificate)
    match certificate.key_algorithm.oid:
        case oid if oid in (oids.RSA, oids.RSA_PSS):
            number = _integers(asn1.read(certificate.key), 2)[0]
        case oid if oid == oids.DSA:
            number = asn1.read(certificate.key).integer()
        case _:
            return b"Modulus=No modulus for this public key type\n"
    return b"Modulus=%X\n" % number


def encoded(certificate: Certificate) -> bytes:
    """The SubjectPublicKeyInfo as OpenSSL writes it: RSA's algorithm always has its NULL (RFC 3279, 2.3.1)."""
    if certificate.key_algorithm.oid != oids.RSA:
        return certificate.public_key.raw
    key = asn1.tlv(asn1.BIT_STRING, b"\0", certificate.key)
    return asn1.sequence(asn1.sequence(asn1.oid(oids.RSA), asn1.null()), key)


def describe(certificate: Certificate) -> list[bytes]:
    """The lines that say what the key is. Raises FormatError for a key that OpenSSL would not load."""
    algorithm, key = certificate.key_algorithm, certificate.key
    if algorithm.oid in (oids.RSA, oids.RSA_PSS):
        return _rsa(algorithm, key)
    if algorithm.oid == oids.EC:
        return _ec(algorithm, key)
    if algorithm.oid == oids.DSA:
        return _dsa(algorithm, key)
    if algorithm.oid == oids.X942_DH:
        return _diffie_hellman(algorithm, key)
    sizes = {**_OCTET_KEYS, **_NEWER_OCTET_KEYS} if is_newer() else _OCTET_KEYS
    if sizes.get(algorithm.oid) == len(key) and algorithm.parameters is None:
        return [objects.long_name(algorithm.oid).encode() + b" Public-Key:", b"pub:", *_key_dump(key)]
    raise FormatError("a public key of an unknown kind")


def _integers(sequence: asn1.Element, count: int) -> list[int]:
    """The first `count` integers of a SEQUENCE."""
    parts = sequence.expect(asn1.SEQUENCE).children()[:count]
    if len(parts) < count:
        raise FormatError("numbers are missing")
    return [part.integer() for part in parts]


def _rsa(algorithm: Algorithm, key: bytes) -> list[bytes]:
    n, e = _integers(asn1.read(key), 2)
    shown = [_size(n.bit_length()), *_number("Modulus:", n), *_number("Exponent:", e)]
    if algorithm.oid == oids.RSA:
        return shown
    if algorithm.parameters is None:
        return [*shown, b"No PSS parameter restrictions"]
    pss = _pss(algorithm)
    restrictions = (
        "PSS parameter restrictions:",
        f"  Hash Algorithm: {_digest_name(pss.digest)}{_default(pss.digest is None)}",
        f"  Mask Algorithm: MGF1 with {_digest_name(pss.mask_digest)}{_default(pss.mask is None)}",
        f"  Minimum Salt Length: {20 if pss.salt is None else pss.salt}{_default(pss.salt in (None, 20))}",
        f"  Trailer Field: 0x{1 if pss.trailer is None else pss.trailer:x}{_default(pss.trailer in (None, 1))}",
    )
    return [*shown, *(line.encode() for line in restrictions)]


def _size(bits: int) -> bytes:
    return b"Public-Key: (%d bit)" % bits


def _digest_name(oid: str | None) -> str:
    """OpenSSL's provider name of a digest: ``SHA2-256`` for sha256."""
    name = objects.long_name(oid).upper() if oid else "SHA1"
    return name.replace("SHA", "SHA2-", 1) if name in ("SHA224", "SHA256", "SHA384", "SHA512") else name


def _default(is_default: bool) -> str:
    return " (default)" if is_default else ""


def _ec(algorithm: Algorithm, key: bytes) -> list[bytes]:
    parameters = algorithm.parameters
    if parameters is None or parameters.tag != asn1.OBJECT_IDENTIFIER:
        raise FormatError("an elliptic curve without a name")
    known = objects.name_of(parameters.oid())
    curve = _curve(known.short) if known else None
    form = key[0] if key else 0
    if known is None or curve is None or len(key) != {2: 1, 3: 1, 4: 2, 6: 2, 7: 2}.get(form, 0) * curve.octets + 1:
        raise FormatError("not a point of a known elliptic curve")
    shown = [_size(curve.bits), b"pub:", *_key_dump(key), b"ASN1 OID: " + known.short.encode()]
    return [*shown, b"NIST CURVE: " + curve.nist.encode()] if curve.nist else shown


def _dsa(algorithm: Algorithm, key: bytes) -> list[bytes]:
    if algorithm.parameters is None:
        raise FormatError("a DSA key without parameters")
    p, q, g = _integers(algorithm.parameters, 3)
    public = _number("pub: ", asn1.read(key).integer())
    return [_size(p.bit_length()), *public, *_number("P:   ", p), *_number("Q:   ", q), *_number("G:   ", g)]


def _diffie_hellman(algorithm: Algorithm, key: bytes) -> list[bytes]:
    """A key of X9.42 (RFC 3279, 2.3.3), whose parameters stand in the order p, g, q, j."""
    if algorithm.parameters is None:
        raise FormatError("a Diffie-Hellman key without parameters")
    p, g, q = _integers(algorithm.parameters, 3)
    rest = algorithm.parameters.children()[3:]
    shown = [b"DH " + _size(p.bit_length()), *_number("public-key:", asn1.read(key).integer())]
    shown += [*_number("P:   ", p), *_number("Q:   ", q), *_number("G:   ", g)]
    return [*shown, *_number("J:   ", rest[0].integer())] if rest and rest[0].tag == asn1.INTEGER else shown


def _hex(number: int) -> str:
    """Whole octets in hex, none for zero."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big").hex()


def _number(label: str, number: int) -> list[bytes]:
    """A labelled number: in decimal while it fits a machine word, else octets of hex below the label."""
    sign, size = ("-" if number < 0 else ""), abs(number)
    if size.bit_length() <= 8 * _WORD:
        return [f"{label} {sign}{size} ({sign}0x{size:x})".encode() if size else f"{label} 0".encode()]
    octets = size.to_bytes(size.bit_length() // 8 + 1, "big")
    return [f"{label}{' (Negative)' if sign else ''}".encode(), *_key_dump(octets)]


def _key_dump(octets: bytes) -> list[bytes]:
    """Octets as they stand below the label of a part of a key."""
    return [b"    " + line for line in dump(octets, _OCTETS_A_LINE)]


def dump(octets: bytes, width: int = _OCTETS_A_SIGNATURE_LINE) -> list[bytes]:
    """Octets in hex with colons between them, `width` a line."""
    lines = [octets[at : at + width].hex(":") for at in range(0, len(octets), width)]
    return [f"{line}:".encode() for line in lines[:-1]] + [line.encode() for line in lines[-1:]]


def signature(algorithm: Algorithm, octets: bytes) -> list[bytes]:
    """The lines of a signature's value: of DSA its two numbers, else the octets."""
    if algorithm.oid in _DSA_SIGNATURES:
        try:
            r, s = _integers(asn1.read(octets), 2)
        except FormatError:
            return dump(octets)
        return [*_number("r:   ", r), *_number("s:   ", s)]
    return dump(octets)


@noun
class _Pss:
    """RSASSA-PSS-params (RFC 4055, 3.1); None stands for what is left to its default."""

    digest: str | None
    mask: str | None
    mask_digest: str | None
    salt: int | None
    trailer: int | None


def _pss(algorithm: Algorithm) -> _Pss:
    if algorithm.parameters is None:
        raise FormatError("RSA-PSS without parameters")
    fields = {part.tag: part.inner() for part in algorithm.parameters.expect(asn1.SEQUENCE).children()}
    digest, mask = fields.get(asn1.context(0)), fields.get(asn1.context(1))
    salt, trailer = fields.get(asn1.context(2)), fields.get(asn1.context(3))
    mask_parts = mask.children() if mask else []
    return _Pss(
        digest=digest.inner().oid() if digest else None,
        mask=mask_parts[0].oid() if mask_parts else None,
        mask_digest=mask_parts[1].inner().oid() if len(mask_parts) > 1 else None,
        salt=salt.integer() if salt else None,
        trailer=trailer.integer() if trailer else None,
    )


def pss_parameters(algorithm: Algorithm) -> list[bytes]:
    """The lines of the parameters of a signature of RSA-PSS, the first of which goes behind the algorithm's name."""
    try:
        pss = _pss(algorithm)
    except FormatError:
        return [b"(INVALID PSS PARAMETERS)"]
    digest = objects.long_name(pss.digest) if pss.digest else "sha1 (default)"
    mask = "mgf1 with sha1 (default)"
    if pss.mask:
        mask = (
            f"{objects.long_name(pss.mask)} with {objects.long_name(pss.mask_digest) if pss.mask_digest else 'INVALID'}"
        )
    salt = "14 (default)" if pss.salt is None else hex_integer(pss.salt)
    trailer = "01 (default)" if pss.trailer is None else hex_integer(pss.trailer)
    lines = (
        "",
        f"Hash Algorithm: {digest}",
        f"Mask Algorithm: {mask}",
        f" Salt Length: 0x{salt}",
        f"Trailer Field: 0x{trailer}",
    )
    return [line.encode() for line in lines]


def hex_integer(number: int) -> str:
    """Whole octets in upper-case hex, ``00`` for zero, a minus before negative ones."""
    return ("-" if number < 0 else "") + (_hex(abs(number)).upper() or "00")
