"""Certificates made for one test, each right but for what the test is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from truststore_tool.model import Certificate

CLIENT_ONLY = (ExtendedKeyUsageOID.CLIENT_AUTH,)
SERVER = (ExtendedKeyUsageOID.SERVER_AUTH,)


Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey


@dataclass(frozen=True)
class Issued:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def model(self) -> Certificate:
        """As the project's own type."""
        return Certificate(self.certificate.public_bytes(serialization.Encoding.DER))

    def write(self, folder: Path, *above: "Issued") -> tuple[Path, Path]:
        """Write the chain that begins with this one, and the key; returns both paths."""
        chain, key = folder / "server-chain.pem", folder / "server.key"
        write_pem(chain, self, *above)
        pkcs8, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        key.write_bytes(self.key.private_bytes(serialization.Encoding.PEM, pkcs8, plain))
        return chain, key


def write_pem(path: Path, *issued: Issued) -> Path:
    """Write certificates as PEM; returns the path."""
    pems = [item.certificate.public_bytes(serialization.Encoding.PEM) for item in issued]
    path.write_bytes(b"".join(pems))
    return path


def issue(
    name: str,
    issuer: Issued | None = None,
    *,
    ca: bool = True,
    years: tuple[int, int] = (2020, 2045),
    path_length: int | None = None,
    sign: bool = True,
    sign_lists: bool = False,
    names: Sequence[str] | None = None,
    usages: Sequence[x509.ObjectIdentifier] | None = None,
    like: Issued | None = None,
    common_names: Sequence[str] | None = None,
    identifiers: bool = True,
    names_key_of: Issued | None = None,
    more: x509.ExtensionType | None = None,
    own_key: Key | None = None,
) -> Issued:
    """A certificate for `name`, by `issuer` or by itself.

    Args:
        ca: whether basicConstraints makes it an authority.
        years: its validity, from January to January.
        sign, sign_lists: whether keyUsage lets it sign certificates, and revocation lists.
        names: its subject alternative names, dNSName and iPAddress; None for no such extension.
        usages: its extendedKeyUsage.
        like: another certificate whose key it shares.
        common_names: several, in place of `name`.
        identifiers: whether it names its key and its issuer's.
        names_key_of: whose key it names as its issuer's, in place of the one that signed it.
        more: one more extension.
        own_key: its key; None makes one on P-256.
    """
    key = like.key if like else own_key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn) for cn in common_names or [name] if cn])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(years[0], 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(years[1], 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=path_length if ca else None), critical=True)
        .add_extension(_usage(sign=ca and sign, sign_lists=sign_lists), critical=True)
    )
    signer = issuer.key if issuer else key
    if identifiers:
        own, above = key.public_key(), (names_key_of.key if names_key_of else signer).public_key()
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(own), critical=False)
        builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above), critical=False)
    if names is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName(list(map(_general, names))), critical=False)
    if usages is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage(list(usages)), critical=False)
    if more is not None:
        builder = builder.add_extension(more, critical=True)
    edwards = isinstance(signer, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey)
    return Issued(builder.sign(signer, None if edwards else hashes.SHA256()), key)


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage(*, sign: bool, sign_lists: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign,
        crl_sign=sign_lists,
        encipher_only=False,
        decipher_only=False,
    )
