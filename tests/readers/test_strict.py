"""Python 3.13, strict as it is, asked itself by which roots it trusts a server; an older one takes them all."""

import sys
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests import debian
from tests.readers import strict_judge
from tests.readers.strict_judge import Met
from truststore_tool import readers
from truststore_tool.readers.base import Reading

AUTHORITY = x509.BasicConstraints(ca=True, path_length=None)
LIMITED = x509.BasicConstraints(ca=True, path_length=0)
KEY = ec.generate_private_key(ec.SECP256R1())
IDENTIFIER = x509.SubjectKeyIdentifier.from_public_key(KEY.public_key())


def usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(not signs, False, False, False, False, signs, True, False, False)


# Extensions of roots, each with whether it is critical.
ROOTS: dict[str, list[tuple[x509.ExtensionType, bool]]] = {
    "as it should be": [(AUTHORITY, True), (usage(signs=True), True), (IDENTIFIER, False)],
    "constraints not critical": [(AUTHORITY, False), (usage(signs=True), True), (IDENTIFIER, False)],
    "usage not critical": [(AUTHORITY, True), (usage(signs=True), False), (IDENTIFIER, False)],
    "no usage": [(AUTHORITY, True), (IDENTIFIER, False)],
    "no usage and a limit": [(LIMITED, True), (IDENTIFIER, False)],
    "a limit": [(LIMITED, True), (usage(signs=True), True), (IDENTIFIER, False)],
    "no key identifier": [(AUTHORITY, True), (usage(signs=True), True)],
    "no names": [
        (AUTHORITY, True),
        (usage(signs=True), True),
        (IDENTIFIER, False),
        (x509.SubjectAlternativeName([]), False),
    ],
    "names": [
        (AUTHORITY, True),
        (usage(signs=True), True),
        (IDENTIFIER, False),
        (x509.SubjectAlternativeName([x509.DNSName("ca.example")]), False),
    ],
}


def signed(
    subject: str, issuer: str, key: ec.EllipticCurvePrivateKey, extensions: list[tuple[x509.ExtensionType, bool]]
) -> str:
    """A certificate by `KEY`, in PEM."""

    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer))
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=30))
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def met() -> list[Met]:
    """Each of the roots, and a server below it of which nobody complains."""
    key = ec.generate_private_key(ec.SECP256R1())
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    leaf = signed(
        "db.example",
        "root",
        key,
        [
            (x509.SubjectAlternativeName([x509.DNSName("db.example")]), False),
            (x509.AuthorityKeyIdentifier(IDENTIFIER.digest, None, None), False),
            (x509.BasicConstraints(ca=False, path_length=None), True),
        ],
    )
    return [Met(signed("root", "root", KEY, extensions), leaf + secret) for extensions in ROOTS.values()]


def complaint(reading: Reading) -> str | None:
    """Why the one certificate is no anchor."""
    return next((left.reason for left in reading.left_out), None)


def test_python_3_13_trusts_a_server_by_the_roots_that_it_is_said_to() -> None:
    cases = met()
    said = strict_judge.said(debian.there().command("python3.13"), cases)
    reader = readers.named("python3.13")
    predicted = {
        name: complaint(reader.read(case.root.encode(), None)) for name, case in zip(ROOTS, cases, strict=True)
    }
    assert dict(zip(ROOTS, said, strict=True)) == predicted
    assert predicted["as it should be"] is predicted["a limit"] is predicted["names"] is None
    assert len(set(predicted.values())) > 4


def test_an_older_python_trusts_it_by_all_of_them() -> None:
    cases = met()
    if sys.version_info < (3, 13):
        assert strict_judge.said([sys.executable], cases) == [None] * len(cases)
    reader = readers.named("python3")
    assert [complaint(reader.read(case.root.encode(), None)) for case in cases] == [None] * len(cases)
