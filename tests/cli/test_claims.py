"""What commands say is so: formats by name, passwords, dry runs, reasons."""

import subprocess
from base64 import encodebytes
from pathlib import Path

import pytest

from tests.cli.harness import Tool
from tests.realtools import Jdk, find
from tests.samples import RDS_2019_SHA256, amazon, certificates, own
from truststore_tool.errors import FormatError, UsageError
from truststore_tool.model import OpaqueEntry, TrustedEntry, TrustStore
from truststore_tool.nouns import replace
from truststore_tool.stores import open_store, save_store

RDS = amazon("rds-ca-2019-root.pem")
G1 = amazon("rds-ca-rsa2048-g1-us-east-1.pem")
BY_SUFFIX = {
    "jks": ("", ".jks", ".ks", ".keystore", ".truststore", ".ts", ".JKS"),
    "jceks": (".jceks",),
    "pkcs12": (".p12", ".pfx", ".pkcs12", ".P12"),
    "pem": (".pem", ".crt", ".ca-bundle"),
    "der": (".der", ".cer"),
    "pkcs7": (".p7b", ".p7c", ".p7"),
}
NO_SUCH = (".bks", ".uber", ".bcfks", ".txt", ".conf", ".jks.new", ".zip")


@pytest.mark.parametrize(("name", "suffix"), [(name, each) for name, many in BY_SUFFIX.items() for each in many])
def test_a_name_gets_the_format_that_it_promises(tool: Tool, name: str, suffix: str) -> None:
    assert tool("convert", RDS, "-o", f"new{suffix}").code == 0
    assert open_store(f"new{suffix}", "changeit").format == name
    if name != "pkcs7":
        assert tool("import", f"made{suffix}", RDS, "--yes").code == 0
        assert open_store(f"made{suffix}", "changeit").format == name


@pytest.mark.parametrize("suffix", NO_SUCH)
def test_a_name_that_promises_something_else_is_refused(tool: Tool, suffix: str) -> None:
    out = f"new{suffix}"
    for command in [
        ("convert", str(RDS), "-o", out),
        ("import", out, str(RDS), "--yes"),
        ("bundle", str(RDS), "-o", out),
        ("export", str(RDS), "--all", "-o", out),
    ]:
        done = tool(*command)
        assert done.code == 2, command
        assert out in done.err
    with pytest.raises(UsageError):
        save_store(open_store(RDS), out, "changeit")
    assert not Path(out).exists()
    assert tool("convert", RDS, "-o", out, "--to", "pem").code == 0
    assert tool("import", f"made{suffix}", RDS, "--yes", "--format", "jks").code == 0
    assert tool("import", f"made{suffix}", G1, "--yes").code == 0  # it is there: its content says what it is


@pytest.mark.parametrize("out", ["a.p12", "a.jks", "a.der", "a.p7b"])
def test_a_bundle_is_pem_or_is_refused(tool: Tool, out: str) -> None:
    done = tool("bundle", RDS, "-o", out)
    assert done.code == 2
    assert "import" in done.err
    assert not Path(out).exists()


def test_a_store_without_a_suffix_does_not_become_a_bundle(tool: Tool) -> None:
    assert tool("import", "ks", RDS, "--yes").code == 0
    subprocess.run([find("openssl"), "pkcs12", "-export", "-nokeys", "-in", RDS, "-nomac", "-certpbe", "NONE",
                    "-passout", "pass:", "-out", "plain"], check=True)  # fmt: skip
    for name in ("ks", "plain"):
        before = Path(name).read_bytes()
        assert tool("bundle", G1, "-o", name).code in (2, 4)
        assert Path(name).read_bytes() == before


def test_a_store_is_saved_in_the_format_its_name_promises(tmp_path: Path) -> None:
    store = open_store(RDS)
    aliased = TrustStore((TrustedEntry("root", store.all_certificates()[0]),), "jks")
    save_store(aliased, tmp_path / "x.p12", "changeit")
    assert open_store(tmp_path / "x.p12", "changeit").format == "pkcs12"
    save_store(aliased, tmp_path / "plain", "changeit")
    assert open_store(tmp_path / "plain", "changeit").format == "jks"


class TestDryRun:
    def test_remove(self, tool: Tool) -> None:
        tool("import", "ks", RDS, "--yes")
        done = tool("remove", "ks", "--alias", "rds-root", "--dry-run")
        assert done.out.splitlines()[0].startswith("would remove: rds-root")
        assert done.out.splitlines()[1:] == ["would remove 1, 0 would remain", "nothing was written"]
        assert len(open_store("ks", "changeit").entries) == 1

    def test_bundle(self, tool: Tool) -> None:
        done = tool("bundle", RDS, "-o", "new.pem", "--dry-run", "--drop-expired")
        assert "would drop: " in done.out
        assert done.out.splitlines()[-1] == "nothing was written"
        assert not Path("new.pem").exists()

    def test_replace(self, tool: Tool) -> None:
        tool("import", "ks", RDS, "--yes")
        done = tool("import", "ks", G1, "--alias", "rds-root", "--replace", "--dry-run")
        assert done.out.startswith("would replace: rds-root")
        assert done.out.splitlines()[-2:] == ["would add 0, 0 already there, would replace 1", "nothing was written"]


class TestPasswd:
    def test_a_passwordless_store_gets_one(self, tool: Tool, jdk: Jdk, monkeypatch: pytest.MonkeyPatch) -> None:
        make = ["-importcert", "-noprompt", "-alias", "rds-root", "-file", str(RDS), "-keystore", "plain.p12"]
        plain = ["-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE", "-J-Dkeystore.pkcs12.macAlgorithm=NONE"]
        subprocess.run([jdk.keytool, *make, "-storepass", "changeit", *plain], check=True, capture_output=True)
        assert tool("list", "plain.p12").out.endswith(": 1 trusted certificate; 1 expired\n")
        before = Path("plain.p12").read_bytes()
        monkeypatch.delenv("TRUSTSTORE_PASSWORD")
        monkeypatch.setenv("NEW", "another one")
        done = tool("passwd", "plain.p12", "--new-password-env", "NEW")
        assert (done.code, done.out) == (0, "plain.p12 has a new password\n")
        assert Path("plain.p12").read_bytes() != before
        for password, shown in (("another one", True), ("changeit", False)):
            listing = subprocess.run(
                [jdk.keytool, "-list", "-keystore", "plain.p12", "-storepass", password], capture_output=True
            )
            assert (RDS_2019_SHA256.encode() in listing.stdout) == shown
        encrypted = subprocess.run(
            [find("openssl"), "pkcs12", "-in", "plain.p12", "-info", "-nokeys", "-passin", "pass:another one"],
            capture_output=True,
        )
        assert b"PBES2" in encrypted.stderr

    def test_what_is_no_ascii_is_refused_for_pkcs12(self, tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("NEW", "pässwörter")
        tool("import", "a.p12", RDS, "--yes")
        before = Path("a.p12").read_bytes()
        done = tool("passwd", "a.p12", "--new-password-env", "NEW")
        assert done.code == 2
        assert "ASCII" in done.err
        assert Path("a.p12").read_bytes() == before
        assert tool("import", "b.p12", RDS, "--yes", "--password-env", "NEW").code == 2
        assert tool("convert", "a.p12", "-o", "c.p12", "--password-env", "NEW").code == 4
        assert not Path("b.p12").exists()
        assert tool("import", "b.jks", RDS, "--yes", "--password-env", "NEW").code == 0

    def test_a_store_that_has_such_a_password_is_warned_of(
        self, tool: Tool, jdk: Jdk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TRUSTSTORE_PASSWORD", "pässwörter")
        make = ("pkcs12", "-export", "-nokeys", "-in", RDS, "-passout", "env:TRUSTSTORE_PASSWORD", "-out", "a.p12")
        subprocess.run([find("openssl"), *make], check=True)
        done = tool("list", "a.p12")
        assert done.code == 0
        assert "not ASCII, so Java 17 and earlier cannot open it" in done.err
        listing: list[str | Path] = [
            jdk.keytool,
            "-list",
            "-keystore",
            "a.p12",
            "-storepass:env",
            "TRUSTSTORE_PASSWORD",
        ]
        real = subprocess.run(listing, capture_output=True, text=True)
        assert real.returncode == 1


class TestReasons:
    @pytest.mark.parametrize("other", ["root", "ROOT"])
    def test_aliases_that_differ_only_in_case_or_not_at_all(self, tmp_path: Path, other: str) -> None:
        one, two = certificates(RDS)[0], certificates(G1)[0]
        mixed = TrustStore((TrustedEntry("root", one), TrustedEntry(other, two)), "pem")
        with pytest.raises(FormatError, match=f"'root' and '{other}' are the same in a PKCS#12 store"):
            save_store(mixed, tmp_path / "x.p12", "changeit")

    def test_the_format_that_was_named_is_another(self, tool: Tool) -> None:
        tool("import", "ks", RDS, "--yes")
        done = tool("list", "ks", "--format", "pkcs12")
        assert done.code == 3
        assert "ks: this is a JKS file, and no PKCS#12" in done.err

    def test_input_that_no_der_can_hold(self, tool: Tool) -> None:
        body = encodebytes(bytes.fromhex("3004300202013000")[:6]).decode()
        Path("odd.pem").write_text(f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n")
        done = tool("convert", "odd.pem", "-o", "odd.der")
        assert done.code == 3
        assert not Path("odd.der").exists()

    def test_a_chain_of_strangers(self, tool: Tool) -> None:
        key, leaf = own("new-server.key"), own("new-server.pem")
        make = ("pkcs12", "-export", "-inkey", key, "-in", leaf, "-passout", "pass:changeit", "-out", "key.p12")
        subprocess.run([find("openssl"), *make], check=True)
        assert tool("convert", "key.p12", "-o", "key.jks").code == 0
        store = open_store("key.jks", "changeit")
        (entry,) = store.entries
        assert isinstance(entry, OpaqueEntry)
        stranger = replace(entry, certificates=(entry.certificates[0], certificates(RDS)[0]))
        save_store(store.with_entries((stranger,)), "strange.jks", "changeit")
        done = tool("convert", "strange.jks", "-o", "strange.p12")
        assert done.code == 3
        assert "certificate 2 behind the key '1' did not issue the one before it" in done.err
        assert not Path("strange.p12").exists()
