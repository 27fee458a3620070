"""Stores that hide trust from readers who are stricter than Java, through every command."""

from pathlib import Path

import pytest

from tests.cli.harness import process
from tests.interop.keytool_pair import Case, compare
from tests.readers import oddities
from tests.realtools import Jdk
from tests.samples import own
from truststore_tool import asn1

READ = {
    "sdsi.p12": "certId of an sdsiCertificate, sealed",
    "crl.p12": "certId of a CRL",
    "more.p12": "SafeBag one field more, sealed",
    "length.p12": "keyLength of key length 1, sealed",
    "pem.p12": "certificate DER in PEM, sealed",
    "kind.jks": "type 'x.509'",
    "pem.jks": "certificate in PEM",
    "behind.jks": "certificate octets behind",
}
REFUSED = {
    "malformed.p12": "SafeContents of another tag, sealed",
    "unknown.p12": "content type of another tag",
    "nothing.p12": "certificate of another tag, sealed",
}
S = "-storepass changeit"
EXPECTED = str(oddities.CERTIFICATE.sha256)
NONE_OF_THEM = "00" * 32
PASSWORD = {"TRUSTSTORE_PASSWORD": oddities.PASSWORD}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("smuggled")
    known = {(store.storetype, store.what): store.data for store in (*oddities.pkcs12s(), *oddities.java_stores())}
    for name, what in {**READ, **REFUSED}.items():
        (made / name).write_bytes(known["PKCS12" if name.endswith("p12") else "JKS", what])
    (made / "gost.p12").write_bytes(_of_unknown_type())
    (made / "other.pem").write_bytes(own("old-root.pem").read_bytes())
    (made / "plain.p12").write_bytes(known["PKCS12", "whole"])
    return made


def _of_unknown_type() -> bytes:
    """A sealed store whose part is of a content type that Java does not know."""
    gost = asn1.oid("1.2.643.2.2.21")
    return oddities.pkcs12("content type", lambda _data: gost, sealed=True)[0]


def commands(name: str) -> list[Case]:
    return [
        Case(f"-list -keystore {name} {S}"),
        Case(f"-list -rfc -alias alias -keystore {name} {S}"),
        Case(f"-exportcert -rfc -alias alias -keystore {name} {S}"),
        Case(f"-importcert -noprompt -alias other -file other.pem -keystore {name} {S}"),
        Case(f"-delete -alias alias -keystore {name} {S}"),
        Case(f"-importkeystore -srckeystore {name} -destkeystore new.p12 -srcstorepass changeit"
             " -deststorepass changeit"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "name", ["sdsi.p12", "length.p12", "pem.p12", "kind.jks", "pem.jks", "malformed.p12", "gost.p12", "nothing.p12"]
)
def test_the_shim_does_as_the_jdks_keytool_does(jdks: list[Jdk], folder: Path, tmp_path: Path, name: str) -> None:
    for number, jdk in enumerate(jdks):
        scratch = tmp_path / str(number)
        scratch.mkdir()
        asked = commands(name) if number == 0 else commands(name)[:1]
        assert compare(jdk, folder, scratch, asked) == []


@pytest.mark.parametrize("name", READ)
def test_what_java_trusts_is_extra(folder: Path, name: str) -> None:
    done = process("verify", folder / name, "--expect", EXPECTED, "--exact", "--json", env=PASSWORD)
    assert done.code == 0, done.err
    done = process("verify", folder / name, "--against", folder / "other.pem", "--exact", "--json", env=PASSWORD)
    assert done.code == 1
    assert len(done.json["extra"]) == 1
    assert process("diff", folder / name, folder / "plain.p12", env=PASSWORD).code == 0


@pytest.mark.parametrize("name", [*REFUSED, "gost.p12"])
def test_what_is_not_understood_does_not_pass(folder: Path, tmp_path: Path, name: str) -> None:
    store = tmp_path / name
    store.write_bytes((folder / name).read_bytes())
    for words in (
        ("verify", store, "--expect", EXPECTED, "--exact"),
        ("verify", store, "--expect", EXPECTED, "--require-integrity"),
        ("diff", store, store),
        ("bundle", store, "--out", tmp_path / "bundle.pem"),
        ("keytool", "-list", "-keystore", store, "-storepass", oddities.PASSWORD),
    ):
        done = process(*words, env=PASSWORD)
        assert done.code in (1, 3), (words, done)
        assert done.err + done.out
        assert "the password does not open it" not in done.err
    for command in ("list", "fingerprint"):
        done = process(command, store, env=PASSWORD)
        assert done.code or "not read" in done.err or "is not known" in done.err or "unknown" in done.out, (
            command,
            done,
        )
    assert store.read_bytes() == (folder / name).read_bytes()
