"""Certificates as they are drafted for tests of chains: extensions as bytes, so that they may be wrong."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID, ObjectIdentifier

from truststore_tool import asn1
from truststore_tool.model import Certificate

Key = Any
NOW: Final = datetime.now(UTC).replace(microsecond=0)
SUBJECT_KEY, AUTHORITY_KEY, USAGE, NAMES = "2.5.29.14", "2.5.29.35", "2.5.29.15", "2.5.29.17"
BASIC, CONSTRAINTS, PURPOSES = "2.5.29.19", "2.5.29.30", "2.5.29.37"


@dataclass(frozen=True)
class Draft:
    """A certificate before it is signed: extensions by OID, as their content and whether they are critical."""

    name: str
    subject: x509.Name
    key: Key
    extensions: dict[str, tuple[bytes, bool]]
    days: tuple[int, int] = (-1000, 1000)
    issuer_name: x509.Name | None = None
    digest: Any = field(default_factory=hashes.SHA256)
    more: tuple[tuple[str, bytes], ...] = field(default=())

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
    if kind.startswith("ed"):
        return ed25519.Ed25519PrivateKey.generate()
    curves: dict[str, ec.EllipticCurve] = {
        "p192": ec.SECP192R1(),
        "p384": ec.SECP384R1(),
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
    digest = None if isinstance(issuer.key, ed25519.Ed25519PrivateKey) else draft.digest
    der = builder.sign(issuer.key, digest).public_bytes(Encoding.DER)
    if not draft.more:
        return Certificate(der)
    oid, content = draft.more[0]  # the builder takes no extension twice: this one is told its name afterwards
    return Certificate(_renamed(builder, oid, content, issuer, digest))


def _renamed(builder: x509.CertificateBuilder, oid: str, content: bytes, issuer: Draft, digest: Any) -> bytes:
    """DER with an extension of an OID that is there already, signed anew."""
    other = "2.5.29.99"
    der = builder.add_extension(x509.UnrecognizedExtension(ObjectIdentifier(other), content), False)
    body, algorithm, _ = asn1.read_exactly(der.sign(issuer.key, digest).public_bytes(Encoding.DER)).fields(3, 3)
    signed = body.raw.replace(asn1.oid(other), asn1.oid(oid))
    if isinstance(issuer.key, rsa.RSAPrivateKey):
        made = issuer.key.sign(signed, padding.PKCS1v15(), digest)
    elif isinstance(issuer.key, ed25519.Ed25519PrivateKey):
        made = issuer.key.sign(signed)
    else:
        made = issuer.key.sign(signed, ec.ECDSA(digest))
    return asn1.sequence(signed, algorithm.raw, asn1.tlv(asn1.BIT_STRING, b"\0" + made))
