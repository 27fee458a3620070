"""Certificates as they are drafted for tests of chains: extensions as bytes, so that they may be wrong."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.x509.oid import NameOID, ObjectIdentifier

from truststore_tool import asn1
from truststore_tool.model import Certificate

Key = Any
NOW: Final = datetime.now(UTC).replace(microsecond=0)
SUBJECT_KEY, AUTHORITY_KEY, USAGE, NAMES = "2.5.29.14", "2.5.29.35", "2.5.29.15", "2.5.29.17"
BASIC, CONSTRAINTS, PURPOSES = "2.5.29.19", "2.5.29.30", "2.5.29.37"


@dataclass(frozen=True)
class Draft:
    """A certificate before it is signed: extensions by OID, as their content and whether they are critical.

    `scheme` names one of SCHEMES in which to sign it, if the issuer's key can; else the key's own kind with `digest`.
    """

    name: str
    subject: x509.Name
    key: Key
    extensions: dict[str, tuple[bytes, bool]]
    days: tuple[int, int] = (-1000, 1000)
    issuer_name: x509.Name | None = None
    digest: str = "sha256"
    more: tuple[tuple[str, bytes], ...] = field(default=())
    scheme: str = ""

    def having(self, oid: str, content: bytes, *, critical: bool = False) -> "Draft":
        """With an extension in place of the one of that OID."""
        return replace(self, extensions={**self.extensions, oid: (content, critical)})

    def lacking(self, oid: str) -> "Draft":
        """Without an extension."""
        return replace(self, extensions={k: v for k, v in self.extensions.items() if k != oid})


def name_of(*attributes: tuple[ObjectIdentifier, str], kind: Any = None) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, text, *([kind] if kind else [])) for oid, text in attributes])


def common(text: str) -> x509.Name:
    return name_of((NameOID.ORGANIZATION_NAME, "Neighbours"), (NameOID.COMMON_NAME, text))


@cache
def key_of(kind: str) -> Key:
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, int(kind.removeprefix("rsa").partition("-")[0]))
    if kind.startswith("dsa"):
        return dsa.generate_private_key(int(kind.removeprefix("dsa").partition("-")[0]))
    if kind.startswith("ed448"):
        return ed448.Ed448PrivateKey.generate()
    if kind.startswith("ed"):
        return ed25519.Ed25519PrivateKey.generate()
    curves: dict[str, ec.EllipticCurve] = {
        "p192": ec.SECP192R1(),
        "p224": ec.SECP224R1(),
        "p384": ec.SECP384R1(),
        "p521": ec.SECP521R1(),
        "k256": ec.SECP256K1(),
        "bp": ec.BrainpoolP256R1(),
    }
    return ec.generate_private_key(curves.get(kind.partition("-")[0], ec.SECP256R1()))


def usage(*bits: int) -> bytes:
    content = bytearray(1)
    for bit in bits:
        content[0] |= 0x80 >> bit
    return asn1.tlv(asn1.BIT_STRING, b"\0" + bytes(content))


def purposes(*oids: str) -> bytes:
    return asn1.sequence(*map(asn1.oid, oids))


def general(kind: int, content: bytes) -> bytes:
    return asn1.tlv(asn1.context(kind, constructed=kind in (0, 4)), content)


def dns(text: str) -> bytes:
    """A dNSName."""
    return general(2, text.encode())


def address(*octets: int) -> bytes:
    """An iPAddress."""
    return general(7, bytes(octets))


def directory(name: x509.Name) -> bytes:
    """A directoryName."""
    return general(4, name.public_bytes())


def constraints(permitted: Sequence[bytes] = (), excluded: Sequence[bytes] = ()) -> bytes:
    """Name constraints."""
    trees = ((0, permitted), (1, excluded))
    return asn1.sequence(*(asn1.explicit(n, *(asn1.sequence(base) for base in bases)) for n, bases in trees if bases))


def _key_identifier(name: str) -> bytes:
    return asn1.octet_string(b"k" + name.encode())


def draft_of(name: str, issuer: str, *, authority: bool) -> Draft:
    extensions = {
        BASIC: (asn1.sequence(*([b"\1\1\xff"] if authority else [])), True),
        USAGE: (usage(5, 6) if authority else usage(0), True),
        SUBJECT_KEY: (_key_identifier(name), False),
        AUTHORITY_KEY: (asn1.sequence(asn1.tlv(0x80, b"k" + issuer.encode())), False),
    }
    if not authority:
        extensions[NAMES] = (asn1.sequence(dns("db.example.com")), False)
    return Draft(name, common(name), key_of(f"ec-{name}"), extensions)


def sign(draft: Draft, issuer: Draft) -> Certificate:
    """The certificate of a draft by an issuer."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(draft.subject)
        .issuer_name(draft.issuer_name or issuer.subject)
        .public_key(draft.key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + timedelta(days=draft.days[0]))
        .not_valid_after(NOW + timedelta(days=draft.days[1]))
    )
    for oid, (content, critical) in draft.extensions.items():
        builder = builder.add_extension(x509.UnrecognizedExtension(ObjectIdentifier(oid), content), critical)
    for _, content in draft.more:  # the builder takes no extension twice: this one is told its name afterwards
        builder = builder.add_extension(x509.UnrecognizedExtension(ObjectIdentifier(_STAND_IN), content), False)
    edwards = isinstance(issuer.key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey)
    body = builder.sign(issuer.key, None if edwards else hashes.SHA256()).tbs_certificate_bytes
    for oid, _ in draft.more:
        body = body.replace(asn1.oid(_STAND_IN), asn1.oid(oid))
    return _signed(body, _scheme(draft, issuer.key), issuer.key)


_HASHES: Final[dict[str, Any]] = {
    "md5": hashes.MD5,
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
_STAND_IN: Final = "2.5.29.99"
_PSS: Final = "1.2.840.113549.1.1.10"
_NULL: Final = b"\5\0"
_DIGEST_OIDS: Final = {"sha1": "1.3.14.3.2.26", "sha256": "2.16.840.1.101.3.4.2.1", "sha384": "2.16.840.1.101.3.4.2.2",
                       "sha512": "2.16.840.1.101.3.4.2.3", "sha224": "2.16.840.1.101.3.4.2.4"}  # fmt: skip


def _pss(digest: str, salt: int) -> bytes:
    """RSASSA-PSS-params (RFC 4055, 3.1)."""
    hashed = asn1.sequence(asn1.oid(_DIGEST_OIDS[digest]), _NULL)
    masked = asn1.sequence(asn1.oid("1.2.840.113549.1.1.8"), hashed)
    fields = [asn1.explicit(0, hashed), asn1.explicit(1, masked)] if digest != "sha1" else []
    fields += [asn1.explicit(2, asn1.integer(salt))] if salt != 20 else []
    return asn1.sequence(asn1.oid(_PSS), asn1.sequence(*fields))


# Of each way to sign the digest, and the AlgorithmIdentifier.
SCHEMES: Final[dict[str, tuple[str, bytes]]] = {
    **{
        f"RSA {digest}": (digest, asn1.sequence(asn1.oid(f"1.2.840.113549.1.1.{arc}"), _NULL))
        for digest, arc in (("md5", 4), ("sha1", 5), ("sha256", 11), ("sha384", 12), ("sha512", 13), ("sha224", 14))
    },
    **{
        f"EC {digest}": (digest, asn1.sequence(asn1.oid(f"1.2.840.10045.4.{arc}")))
        for digest, arc in (("sha1", "1"), ("sha224", "3.1"), ("sha256", "3.2"), ("sha384", "3.3"), ("sha512", "3.4"))
    },
    **{
        f"DSA {digest}": (digest, asn1.sequence(asn1.oid(oid)))
        for digest, oid in (
            ("sha1", "1.2.840.10040.4.3"), ("sha224", "2.16.840.1.101.3.4.3.1"), ("sha256", "2.16.840.1.101.3.4.3.2"),
            ("sha384", "2.16.840.1.101.3.4.3.3"), ("sha512", "2.16.840.1.101.3.4.3.4"),
        )
    },
    **{
        f"PSS {digest} {salt}": (digest, _pss(digest, salt))
        for digest, salt in (
            ("sha1", 20), ("sha224", 28), ("sha256", 20), ("sha256", 32), ("sha384", 48), ("sha512", 64),
        )
    },
    "Ed25519": ("", asn1.sequence(asn1.oid("1.3.101.112"))),
    "Ed448": ("", asn1.sequence(asn1.oid("1.3.101.113"))),
}  # fmt: skip


def _scheme(draft: Draft, key: Key) -> str:
    """How that key signs the draft."""
    kinds = {
        rsa.RSAPrivateKey: "RSA",
        ec.EllipticCurvePrivateKey: "EC",
        dsa.DSAPrivateKey: "DSA",
        ed25519.Ed25519PrivateKey: "Ed25519",
        ed448.Ed448PrivateKey: "Ed448",
    }
    name = next(name for kind, name in kinds.items() if isinstance(key, kind))
    if draft.scheme.startswith("PSS") and isinstance(key, rsa.RSAPrivateKey) and key.key_size < 2048:
        return "RSA sha256"  # there is no room for the salt
    if draft.scheme and draft.scheme.partition(" ")[0] in (name, *["PSS"] * (name == "RSA")):
        return draft.scheme
    return name if name.startswith("Ed") else f"{name} {draft.digest}"


def _signed(body: bytes, scheme: str, key: Key) -> Certificate:
    """A certificate of this TBSCertificate, its algorithm replaced, signed as a scheme says."""
    digest, algorithm = SCHEMES[scheme]
    version, serial, _, *rest = asn1.read_exactly(body).children()
    signed = asn1.sequence(version.raw, serial.raw, algorithm, *(field.raw for field in rest))
    kind, _, salt = scheme.partition(" ")
    # The digest is made here: not every build of cryptography signs certificates with SHA-1.
    made = hashlib.new(digest, signed).digest() if digest else signed
    match kind:
        case "RSA":
            value = key.sign(made, padding.PKCS1v15(), Prehashed(_HASHES[digest]()))
        case "PSS":
            length = int(salt.partition(" ")[2])
            pss = padding.PSS(padding.MGF1(_HASHES[digest]()), length)
            value = key.sign(made, pss, Prehashed(_HASHES[digest]()))
        case "EC":
            value = key.sign(made, ec.ECDSA(Prehashed(_HASHES[digest]())))
        case "DSA":
            value = key.sign(made, Prehashed(_HASHES[digest]()))
        case _:
            value = key.sign(signed)
    return Certificate(asn1.sequence(signed, algorithm, asn1.tlv(asn1.BIT_STRING, b"\0" + value)))
