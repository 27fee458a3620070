"""The sample certificates are what their README says, and the generator still makes them."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.realtools import find, run

SAMPLES = Path(__file__).resolve().parent.parent / "sample_certs"
OWN = SAMPLES / "own"
AMAZON = SAMPLES / "amazon"


def described() -> dict[str, dict[str, str]]:
    """The README's facts: file name -> label -> value."""
    facts: dict[str, dict[str, str]] = {}
    for section in re.split(r"^### ", (SAMPLES / "README.md").read_text(), flags=re.MULTILINE)[1:]:
        name, _, text = section.partition("\n")
        facts[name] = dict(re.findall(r"^- ([\w -]+): `?(.+?)`?$", text, flags=re.MULTILINE))
    return facts


DESCRIBED = described()
SINGLE = sorted(name for name, facts in DESCRIBED.items() if "Subject" in facts)


def path_of(name: str) -> Path:
    return next(folder / name for folder in (AMAZON, OWN) if (folder / name).exists())


def test_every_certificate_is_described() -> None:
    chains = {"old-chain.pem", "new-chain.pem"}
    assert {path.name for path in SAMPLES.glob("*/*.pem")} - chains == set(DESCRIBED)


def test_the_root_of_2019_is_the_one_that_amazon_documents() -> None:
    # The fingerprint that the RDS documentation and its users have quoted since 2019.
    documented = "D4:0D:DB:29:E3:75:0D:FF:A6:71:C3:14:0B:BF:5F:47:8D:1C:80:96"
    assert DESCRIBED["rds-ca-2019-root.pem"]["SHA-1"] == documented


@pytest.mark.parametrize("name", SINGLE)
def test_openssl_reads_what_the_readme_says(name: str) -> None:
    asked = ["-subject", "-nameopt", "RFC2253,-esc_msb", "-startdate", "-enddate", "-dateopt", "iso_8601", "-noout"]
    printed = run(find("openssl"), "x509", "-in", path_of(name), *asked).decode()
    lines = dict(line.split("=", 1) for line in printed.splitlines())
    facts = DESCRIBED[name]
    assert facts["Subject"] == lines["subject"]
    assert facts["Valid"] == f"{lines['notBefore'][:10]} to {lines['notAfter'][:10]}"
    for label, option in (("SHA-256", "-sha256"), ("SHA-1", "-sha1")):
        fingerprint = run("openssl", "x509", "-in", path_of(name), "-fingerprint", option, "-noout").decode()
        assert facts[label] == fingerprint.strip().partition("=")[2]


def test_the_global_bundle_is_unchanged() -> None:
    data = (AMAZON / "rds-global-bundle.pem").read_bytes()
    assert hashlib.sha256(data).hexdigest() == DESCRIBED["rds-global-bundle.pem"]["SHA-256 of the file"]
    assert data.count(b"-----BEGIN CERTIFICATE-----") == 120


def test_the_generator_makes_the_same_bytes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, SAMPLES / "generate.py", tmp_path], check=True)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_bytes() for path in OWN.glob("*.pem")}


@pytest.mark.parametrize("side", ["old", "new"])
@pytest.mark.parametrize("peer", ["-verify_hostname localhost", "-verify_ip 127.0.0.1", "-verify_ip ::1"])
def test_openssl_accepts_each_server_under_its_root(side: str, peer: str) -> None:
    options: list[str | Path] = ["-purpose", "sslserver", *peer.split(), "-CAfile", OWN / f"{side}-root.pem"]
    done = run(find("openssl"), "verify", *options, "-untrusted", OWN / f"{side}-chain.pem", OWN / f"{side}-server.pem")
    assert done.decode().endswith(": OK\n")


@pytest.mark.parametrize("root", ["new-root", "same-subject-root", "expired-root", "future-root", "zero-serial-root"])
def test_openssl_refuses_the_old_server_under_any_other_root(root: str) -> None:
    options: list[str | Path] = ["-CAfile", OWN / f"{root}.pem", "-untrusted", OWN / "old-chain.pem"]
    done = subprocess.run([find("openssl"), "verify", *options, OWN / "old-server.pem"], capture_output=True)
    assert done.returncode == 2
    assert b"unable to get local issuer certificate" in done.stderr


@pytest.mark.parametrize(
    ("root", "answer"),
    [
        ("old-root", "OK"),
        ("zero-serial-root", "OK"),
        ("expired-root", "certificate has expired"),
        ("future-root", "certificate is not yet valid"),
    ],
)
def test_openssl_judges_the_roots_themselves(root: str, answer: str) -> None:
    pem = OWN / f"{root}.pem"
    done = subprocess.run([find("openssl"), "verify", "-CAfile", pem, pem], capture_output=True, text=True)
    assert answer in done.stdout + done.stderr


def test_each_key_belongs_to_its_certificate() -> None:
    keys = list(OWN.glob("*.key"))
    assert len(keys) == 10
    for key in keys:
        public = run(find("openssl"), "pkey", "-in", key, "-pubout")
        assert run("openssl", "x509", "-in", key.with_suffix(".pem"), "-pubkey", "-noout") == public, key.name


def test_same_subject_other_key() -> None:
    fields = [run(find("openssl"), "x509", "-in", OWN / f"{name}-root.pem", "-noout", "-subject", "-serial", "-pubkey")
              for name in ("old", "same-subject")]  # fmt: skip
    old, other = (field.decode().split("-----BEGIN") for field in fields)
    assert old[0] == other[0]
    assert old[1] != other[1]
