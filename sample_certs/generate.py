"""Make the certificates of `sample_certs/own` again: ``python sample_certs/generate.py [FOLDER]``.

Keys are read from `sample_certs/own/*.key`, serial numbers and dates are fixed and PKCS#1 v1.5 signatures have no
random part, so that every run writes the same bytes. A key that is missing is made; its certificates then change.
"""

import base64
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Final, Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from truststore_tool import asn1

OWN: Final = Path(__file__).resolve().parent / "own"
ORGANIZATION: Final = "Truststore Tool Samples"


@dataclass(frozen=True, slots=True)
class Spec:
    """What a certificate says.

    Attributes:
        name: stem of its files, `name`.pem and `name`.key.
        common_name: the CN of its subject, and of its issuer when it signs itself.
        issuer: stem of the certificate that signs it; itself for a root.
        serial: the serial number.
        years: first of January of these two years, 00:00 UTC, are the ends of its validity.
        role: a root and an intermediate may sign certificates, a server is for localhost and the loopback addresses.
    """

    name: str
    common_name: str
    issuer: str
    serial: int
    years: tuple[int, int] = (2020, 2045)
    role: Literal["root", "intermediate", "server"] = "root"


SPECS: Final = (
    Spec("old-root", "Sample Root 2020", "old-root", 0x2001),
    Spec("old-intermediate", "Sample Intermediate 2020", "old-root", 0x2002, role="intermediate"),
    Spec("old-server", "localhost", "old-intermediate", 0x2003, role="server"),
    Spec("new-root", "Sample Root G2", "new-root", 0x2101),
    Spec("new-intermediate", "Sample Intermediate G2", "new-root", 0x2102, role="intermediate"),
    Spec("new-server", "localhost", "new-intermediate", 0x2103, role="server"),
    Spec("expired-root", "Sample Root 2010", "expired-root", 0x1001, (2010, 2020)),
    # Its end lies beyond 2049, where UTCTime gives way to GeneralizedTime (RFC 5280, 4.1.2.5).
    Spec("future-root", "Sample Root 2044", "future-root", 0x4401, (2044, 2064)),
    Spec("zero-serial-root", "Sample Root Zero Serial", "zero-serial-root", 0),
    Spec("same-subject-root", "Sample Root 2020", "same-subject-root", 0x2001),
)
# What a server sends: its own certificate first, then the intermediate (RFC 8446, 4.4.2); the root is left out.
CHAINS: Final = {"old-chain": ("old-server", "old-intermediate"), "new-chain": ("new-server", "new-intermediate")}


def main(folder: Path) -> None:
    """Write every certificate and chain into `folder`, as PEM."""
    keys = {spec.name: _key(OWN / f"{spec.name}.key") for spec in SPECS}
    specs = {spec.name: spec for spec in SPECS}
    pems = {spec.name: _pem(_certificate(spec, specs[spec.issuer], keys)) for spec in SPECS}
    pems |= {name: b"".join(pems[link] for link in links) for name, links in CHAINS.items()}
    folder.mkdir(parents=True, exist_ok=True)
    for name, pem in pems.items():
        (folder / f"{name}.pem").write_bytes(pem)


def _key(path: Path) -> rsa.RSAPrivateKey:
    """The key in `path` (PKCS#8 PEM, not encrypted), made first if the file is missing."""
    if not path.exists():
        made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem, pkcs8, plain = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        path.write_bytes(made.private_bytes(pem, pkcs8, plain))
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise SystemExit(f"{path} does not hold an RSA key")
    return key


def _certificate(spec: Spec, issuer: Spec, keys: dict[str, rsa.RSAPrivateKey]) -> bytes:
    """The DER of the certificate that `spec` describes, signed by `issuer`."""
    public, signer = keys[spec.name].public_key(), keys[issuer.name]
    issuer_id = x509.SubjectKeyIdentifier.from_public_key(signer.public_key())
    start, end = (datetime(year, 1, 1, tzinfo=UTC) for year in spec.years)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(spec.common_name))
        .issuer_name(_name(issuer.common_name))
        .public_key(public)
        .serial_number(spec.serial or 1)
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_id), critical=False)
    )
    builder = _for_server(builder) if spec.role == "server" else _for_authority(builder, spec)
    der = builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    return der if spec.serial else _with_zero_serial(der, signer)


def _for_authority(builder: x509.CertificateBuilder, spec: Spec) -> x509.CertificateBuilder:
    """An authority's extensions; an intermediate has no further authority below it."""
    path_length = 0 if spec.role == "intermediate" else None
    return builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True).add_extension(
        _key_usage(key_cert_sign=True, crl_sign=True), critical=True
    )


def _for_server(builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
    """A TLS server's extensions."""
    names: list[x509.GeneralName] = [x509.DNSName("localhost")]
    names += [x509.IPAddress(ip_address(text)) for text in ("127.0.0.1", "::1")]
    return (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(digital_signature=True, key_encipherment=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
    )


def _key_usage(**allowed: bool) -> x509.KeyUsage:
    """A KeyUsage with just the `allowed` bits set (RFC 5280, 4.2.1.3)."""
    bits = {
        "digital_signature": False,
        "content_commitment": False,
        "key_encipherment": False,
        "data_encipherment": False,
        "key_agreement": False,
        "key_cert_sign": False,
        "crl_sign": False,
        "encipher_only": False,
        "decipher_only": False,
    }
    return x509.KeyUsage(**(bits | allowed))


def _with_zero_serial(der: bytes, key: rsa.RSAPrivateKey) -> bytes:
    """The same certificate with serial number 0, which the builder refuses, signed anew (RFC 5280, 4.1)."""
    body, algorithm, _ = asn1.read_exactly(der).children()
    version, _, *rest = body.children()
    fields = asn1.sequence(version.raw, asn1.integer(0), *(field.raw for field in rest))
    signature = key.sign(fields, padding.PKCS1v15(), hashes.SHA256())
    unused_bits = b"\0"
    return asn1.sequence(fields, algorithm.raw, asn1.tlv(asn1.BIT_STRING, unused_bits, signature))


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _pem(der: bytes) -> bytes:
    """PEM (RFC 7468). Encoded here, for a library that parses may refuse the zero serial number."""
    text = base64.b64encode(der)
    lines = [text[i : i + 64] for i in range(0, len(text), 64)]
    return b"\n".join([b"-----BEGIN CERTIFICATE-----", *lines, b"-----END CERTIFICATE-----", b""])


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else OWN)
