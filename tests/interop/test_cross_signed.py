"""Keys whose chain could go more than one way, as below cross-signed authorities: found, written, and read by Java."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.cli.conftest import tool as tool
from tests.cli.harness import Tool
from tests.realtools import JavaView, Jdk, Request, find, run

PASSWORD: Final = "changeit"
KEYS: Final = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("A", "B", "I", "L", "M")}
# Each certificate: subject and issuer. The intermediate I is signed by the roots A and B, and these by each other.
CERTIFICATES: Final = {
    "L": "LI",
    "M": "MI",
    "Ia": "IA",
    "Ib": "IB",
    "A": "AA",
    "B": "BB",
    "Ab": "AB",
    "Ba": "BA",
}
# The certificates of a PEM in its order, and the key's chain: the shortest that ends in a root, the first of these.
CHAINS: Final = {
    "L Ia A": "L Ia A",
    "A Ia L": "L Ia A",
    "L Ia Ib A B": "L Ia A",
    "L Ib Ia A B": "L Ib B",
    "A B Ib Ia L": "L Ib B",
    "Ib A Ia L B": "L Ib B",
    "L Ia Ib B": "L Ib B",
    "L Ib Ia A": "L Ia A",
    "L Ib Ba A": "L Ib Ba A",
    "L Ib Ba B A": "L Ib B",
    "L Ib Ba Ab": "L Ib Ba Ab",
    "L Ib Ab Ba A": "L Ib Ba A",
    "Ab Ba Ia L Ib A B": "L Ia A",
    "Ia Ib L": "L Ia",
}


def name_of(letter: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"Cross {letter}")])


@cache
def certificate(name: str, identified: bool) -> x509.Certificate:
    """A certificate, with key identifiers if told."""
    subject, issuer = tuple(CERTIFICATES[name])
    builder = x509.CertificateBuilder(name_of(issuer), name_of(subject), KEYS[subject].public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(datetime(2025, 1, 1)).not_valid_after(datetime(2040, 1, 1))
    builder = builder.add_extension(x509.BasicConstraints(subject not in "LM", None), critical=True)
    if identified:
        own, above = KEYS[subject].public_key(), KEYS[issuer].public_key()
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(own), critical=False)
        builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above), critical=False)
    return builder.sign(KEYS[issuer], SHA256())


def pem(names: str, keys: str, *, identified: bool) -> bytes:
    parts = [certificate(name, identified).public_bytes(Encoding.PEM) for name in names.split()]
    parts += [KEYS[key].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) for key in keys]
    return b"".join(parts)


def shown(views: Iterable[JavaView], names: str, *, identified: bool) -> list[list[str]]:
    """The chains of the keys that each JVM sees, in our names."""
    called = {certificate(name, identified).fingerprint(SHA256()).hex(): name for name in names.split()}
    found = []
    for view in views:
        assert view.error is None
        chains = [entry.certificates for entry in view.entries if entry.kind == "private-key"]
        found.append(sorted(" ".join(called[digest] for digest in chain) for chain in chains))
    return found


@pytest.mark.parametrize("identified", [True, False], ids=["with key identifiers", "without"])
def test_the_shortest_chain_to_a_root_is_found_and_read(tool: Tool, jdks: list[Jdk], identified: bool) -> None:
    requests, expected, names_of = [], [], []
    for number, (names, chain) in enumerate(CHAINS.items()):
        Path(f"{number}.pem").write_bytes(pem(names, "L", identified=identified))
        for ending, kind in (("p12", "PKCS12"), ("jks", "JKS")):
            out = Path(f"{number}.{ending}").absolute()
            assert tool("convert", f"{number}.pem", "-o", out).code == 0, names
            requests.append(Request(kind, out, PASSWORD, (PASSWORD,)))
            expected.append([[chain]])
            names_of.append(names)
    for jdk in jdks:
        views = jdk.read(*requests)
        assert [shown([v], n, identified=identified) for v, n in zip(views, names_of, strict=True)] == expected
    for number, chain in enumerate(CHAINS.values()):  # OpenSSL finds the leaf of the key
        text = run(
            find("openssl"), "pkcs12", "-in", f"{number}.p12", "-passin", f"pass:{PASSWORD}", "-nodes", "-clcerts"
        )
        assert f"subject=CN = Cross {chain[0]}".encode() in text or f"subject=CN=Cross {chain[0]}".encode() in text


def test_chains_that_java_would_mix_up_are_refused(tool: Tool) -> None:
    """Two keys below one intermediate, one to each root, as a JKS holds them: in a PKCS#12 both would go one way."""
    Path("one.pem").write_bytes(pem("L Ia A", "L", identified=True))
    Path("other.pem").write_bytes(pem("M Ib B", "M", identified=True))
    assert tool("convert", "one.pem", "-o", "one.jks", "--alias", "l").code == 0
    assert tool("convert", "other.pem", "-o", "two.jks", "--alias", "m").code == 0
    keytool = str(find("keytool"))
    words = (
        "-srckeystore",
        "one.jks",
        "-destkeystore",
        "two.jks",
        "-srcstorepass",
        PASSWORD,
        "-deststorepass",
        PASSWORD,
    )
    run(keytool, "-importkeystore", *words, "-deststoretype", "JKS")
    done = tool("convert", "two.jks", "-o", "two.p12")
    assert done.code == 3
    assert "cross-signed" in done.err
    assert not Path("two.p12").exists()
