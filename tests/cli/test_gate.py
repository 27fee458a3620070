"""The gate before a write: what real Javas could not open, or would trust less than before, is not written."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cli.harness import Tool
from tests.realtools import Jdk, Request, run
from tests.samples import amazon, certificates, own
from truststore_tool import formats
from truststore_tool.model import Certificate, TrustedEntry, TrustStore
from truststore_tool.stores import open_store

RDS = amazon("rds-ca-2019-root.pem")
G1 = amazon("rds-ca-rsa2048-g1-us-east-1.pem")
GOOD = certificates(RDS)[0]
STORES = ("ts.jks", "ts.p12", "ts.jceks")
TYPES = {".jks": "JKS", ".p12": "PKCS12", ".jceks": "JCEKS"}
# What openssl is asked for to make a key whose certificate OpenSSL reads and no Java does.
KEYS = {
    "sm2": ("ecparam", "-name", "SM2", "-genkey", "-noout"),
    "explicit-curve": ("ecparam", "-name", "prime256v1", "-param_enc", "explicit", "-genkey", "-noout"),
}


def unusable(kind: str, folder: Path) -> Path:
    """A certificate that no Java reads."""
    key, made = folder / f"{kind}.key", folder / f"{kind}.pem"
    if kind == "no-issuer":
        return without_issuer(made)
    key.write_bytes(run("openssl", *KEYS[kind]))
    digest = ("-sm3",) if kind == "sm2" else ()
    run("openssl", "req", "-new", "-x509", *digest, "-key", key, "-subj", f"/CN={kind}", "-days", "9", "-out", made)
    return made


def without_issuer(made: Path) -> Path:
    key = made.with_suffix(".key")
    run("openssl", "genpkey", "-algorithm", "ED25519", "-out", key)
    run("openssl", "req", "-new", "-x509", "-key", key, "-subj", "/", "-days", "9", "-out", made)
    return made


def raw(name: str, entries: Sequence[tuple[str, Certificate]]) -> bytes:
    """A store as the codec alone makes it."""
    made = TrustStore(tuple(TrustedEntry(alias, certificate) for alias, certificate in entries), name)
    dumps = formats.get(name).dumps
    assert dumps is not None
    data = dumps(made, "changeit")
    assert isinstance(data, bytes)
    return data


def opened(jdks: list[Jdk], path: Path) -> list[int | None]:
    """How many entries each JDK finds in a store, None where it does not open it."""
    views = [jdk.read(Request(TYPES[path.suffix], path, "changeit"))[0] for jdk in jdks]
    return [None if view.error else len(view.entries) for view in views]


@pytest.mark.parametrize("name", STORES)
@pytest.mark.parametrize("kind", [*KEYS, "no-issuer"])
def test_a_certificate_that_java_refuses_is_refused(
    tool: Tool, jdks: list[Jdk], kind: str, name: str, tmp_path: Path
) -> None:
    bad = unusable(kind, tmp_path)
    form = formats.by_suffix(Path(name).suffix)
    assert form is not None
    ruined = tmp_path / f"ruined{Path(name).suffix}"
    ruined.write_bytes(raw(form.name, [("good", GOOD), ("bad", certificates(bad)[0])]))
    assert opened(jdks, ruined) == [None] * len(jdks)

    done = tool("import", name, bad, "--yes")
    assert done.code == 3
    assert str(certificates(bad)[0].sha256) in done.err
    assert "java17" in done.err
    assert "--skip-unusable" in done.err
    assert not Path(name).exists()

    assert tool("import", name, RDS, "--yes").code == 0
    before = Path(name).read_bytes()
    for command in [
        ("import", name, str(bad), "--yes"),
        ("import", name, str(bad), "--yes", "--dry-run"),
        ("convert", str(bad), "-o", name, "--force"),
    ]:
        assert tool(*command).code == 3, command
        assert Path(name).read_bytes() == before
    done = tool("convert", bad, "-o", "-", "--to", form.name)
    assert (done.code, done.out) == (3, "")


@pytest.mark.parametrize("name", STORES)
def test_a_store_that_nobody_opens_can_be_repaired(tool: Tool, jdks: list[Jdk], name: str, tmp_path: Path) -> None:
    bad = certificates(unusable("sm2", tmp_path))[0]
    path = tmp_path / name
    form = formats.by_suffix(path.suffix)
    assert form is not None
    path.write_bytes(raw(form.name, [("good", GOOD), ("bad", bad), ("other", certificates(G1)[0])]))
    assert opened(jdks, path) == [None] * len(jdks)
    assert tool("remove", name, "--alias", "other").code == 0  # it is no worse for that
    assert tool("remove", name, "--alias", "bad").code == 0
    assert opened(jdks, path) == [1] * len(jdks)


@pytest.mark.parametrize("name", STORES)
def test_unusable_ones_are_left_out_named_and_counted(tool: Tool, jdks: list[Jdk], name: str, tmp_path: Path) -> None:
    bad = [unusable(kind, tmp_path) for kind in KEYS]
    mixed = tmp_path / "mixed.pem"
    mixed.write_bytes(b"".join(path.read_bytes() for path in (bad[0], RDS, bad[1], G1)))
    done = tool("import", name, mixed, "--yes", "--skip-unusable", "--json")
    assert done.code == 0
    for kind, item in zip(KEYS, done.json["left_out"], strict=True):
        assert item["what"].startswith(f"CN={kind} "), item
    assert "left out as unusable: 2" in done.err
    assert opened(jdks, tmp_path / name) == [2] * len(jdks)
    assert tool("convert", mixed, "-o", f"new-{name}", "--skip-unusable").code == 0
    assert opened(jdks, tmp_path / f"new-{name}") == [2] * len(jdks)
    done = tool("import", f"none-{name}", bad[0], "--yes", "--skip-unusable")
    assert done.code == 3
    assert not Path(f"none-{name}").exists()


class TestFor:
    """Readers that were asked for."""

    def test_a_reader_that_cannot_open_the_new_store(self, tool: Tool) -> None:
        done = tool("import", "ts.p12", RDS, "--yes", "--for", "java8u252")
        assert done.code == 3
        assert "java8u252 could not open the store" in done.err
        assert not Path("ts.p12").exists()
        assert tool("import", "ts.p12", RDS, "--yes", "--for", "java8u301").code == 0
        assert tool("import", "ts.jks", RDS, "--yes", "--for", "java8u252").code == 0

    def test_it_counts_for_a_store_that_is_there_as_well(self, tool: Tool) -> None:
        assert tool("import", "ts.p12", RDS, "--yes").code == 0
        before = Path("ts.p12").read_bytes()
        assert tool("import", "ts.p12", G1, "--yes", "--for", "java8u252").code == 3
        assert Path("ts.p12").read_bytes() == before
        assert tool("import", "ts.p12", G1, "--yes").code == 0

    def test_an_unknown_name_is_a_usage_error(self, tool: Tool) -> None:
        assert tool("import", "ts.p12", RDS, "--yes", "--for", "java99").code == 2
        assert not Path("ts.p12").exists()


def test_what_an_old_java_could_open_it_still_can(tool: Tool, jdk: Jdk) -> None:
    make = ["-importcert", "-noprompt", "-alias", "one", "-file", str(RDS), "-keystore", "old.p12"]
    old = ["-storetype", "PKCS12", "-storepass", "changeit", "-J-Dkeystore.pkcs12.legacy"]
    subprocess.run([jdk.keytool, *make, *old], check=True, capture_output=True)
    assert tool("import", "old.p12", G1, "--yes", "--for", "java8u252").code == 0
    assert {entry.alias for entry in open_store("old.p12", "changeit").entries} == {"one", "rds-root"}


def test_certificates_come_into_a_file_of_keys_as_whoever_opens_it_can_read_them(tool: Tool, jdks: list[Jdk]) -> None:
    ways = ("-nocerts", "-keypbe", "PBE-SHA1-3DES", "-macalg", "sha1", "-passout", "pass:changeit", "-out", "k.p12")
    pair = ("-in", own("old-server.pem"), "-inkey", own("old-server.key"))
    run("openssl", "pkcs12", "-export", *pair, *ways)
    before = tool("doctor", "k.p12", "--for", "java8u252", "--json").json["stores"][0]["readers"][0]
    assert before["loads"] is True
    assert tool("import", "k.p12", G1, "--yes").code == 0
    after = tool("doctor", "k.p12", "--for", "java8u252", "--json").json["stores"][0]["readers"][0]
    assert (after["loads"], after["anchors"]) == (True, 1)
    assert opened(jdks, Path("k.p12").absolute()) != [None] * len(jdks)
