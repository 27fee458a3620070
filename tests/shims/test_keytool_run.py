"""keytool's commands without a JDK: what must hold wherever they run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shims.forge import certificate, common_name, pem
from truststore_tool import stores
from truststore_tool.model import Certificate, LooseCertificate, TrustStore

ONE = certificate(subject=common_name("one"))
TWO = certificate(subject=common_name("two"))
SECRET = "changeit"


def keytool(*words: str, stdin: str = "", cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "truststore_tool", "keytool", *words],
        input=stdin, capture_output=True, text=True, cwd=cwd, timeout=300,
        env={**os.environ, "LC_ALL": "C", "TZ": "UTC", **environment},
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two certificates."""
    (tmp_path / "one.pem").write_bytes(pem(ONE))
    (tmp_path / "two.pem").write_bytes(pem(TWO))
    return tmp_path


@pytest.mark.parametrize("kind", ["JKS", "PKCS12", "JCEKS"])
def test_import_at_the_prompts_then_list(folder: Path, kind: str) -> None:
    done = keytool("-import", "-alias", "rds-root", "-keystore", "ks", "-storetype", kind, "-file", "one.pem",
                   stdin=f"{SECRET}\n{SECRET}\nyes\n", cwd=folder)  # fmt: skip
    assert done.returncode == 0
    assert done.stdout.startswith("Owner: CN=one\nIssuer: CN=one\nSerial number: 5\n")
    assert done.stderr == (
        "Enter keystore password:  Re-enter new password: "
        "Trust this certificate? [no]:  Certificate was added to keystore\n"
    )
    listed = keytool("-list", "-keystore", "ks", "-storepass", SECRET, cwd=folder)
    assert listed.stdout.startswith(f"Keystore type: {kind}\n")
    assert "Your keystore contains 1 entry\n" in listed.stdout
    assert f"Certificate fingerprint (SHA-256): {Certificate(ONE).sha256}\n" in listed.stdout
    assert stores.open_store(folder / "ks", SECRET).all_certificates() == (Certificate(ONE),)


def test_what_is_outside_the_subset_says_so_and_changes_nothing(folder: Path) -> None:
    before = sorted(folder.iterdir())
    done = keytool("-genkeypair", "-alias", "x", "-keystore", "ks", "-storepass", SECRET, cwd=folder)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "-genkeypair is outside the trust-store subset" in done.stderr
    assert sorted(folder.iterdir()) == before


def test_certificates_that_java_does_not_see_are_kept(folder: Path) -> None:
    loose = TrustStore(format="pkcs12", loose=(LooseCertificate(Certificate(TWO), "openssl's"),))
    stores.save_store(loose, folder / "ks", SECRET)
    done = keytool("-importcert", "-noprompt", "-alias", "one", "-file", "one.pem", "-keystore", "ks",
                   "-storepass", SECRET, cwd=folder)  # fmt: skip
    assert done.returncode == 0
    after = stores.open_store(folder / "ks", SECRET)
    assert {c.der for c in after.all_certificates()} == {ONE, TWO}
    assert (
        "Your keystore contains 1 entry" in keytool("-list", "-keystore", "ks", "-storepass", SECRET, cwd=folder).stdout
    )


def test_a_refused_change_leaves_the_file_as_it_was(folder: Path) -> None:
    keytool("-importcert", "-noprompt", "-file", "one.pem", "-keystore", "ks", "-storepass", SECRET, cwd=folder)
    before = (folder / "ks").read_bytes()
    for words in (["-delete", "-alias", "nobody"], ["-importcert", "-file", "two.pem", "-alias", "mykey", "-noprompt"]):
        done = keytool(*words, "-keystore", "ks", "-storepass", SECRET, cwd=folder)
        assert done.returncode == 1
        assert done.stdout.startswith("keytool error: java.lang.Exception: ")
    refused = keytool("-importcert", "-alias", "two", "-file", "two.pem", "-keystore", "ks", "-storepass", SECRET,
                      stdin="no\n", cwd=folder)  # fmt: skip
    assert refused.returncode == 0
    assert refused.stderr.endswith("Certificate was not added to keystore\n")
    assert (folder / "ks").read_bytes() == before


def test_passwords_are_never_shown(folder: Path) -> None:
    for words in (["-list", "-v"], ["-storepasswd", "-new", "hunter2-new"], ["-delete", "-alias", "x", "-bogus"]):
        done = keytool(*words, "-keystore", "ks", "-storepass", "hunter2", cwd=folder)
        assert "hunter2" not in done.stdout + done.stderr


def test_output_beyond_the_charset_becomes_question_marks(folder: Path) -> None:
    (folder / "u.pem").write_bytes(pem(certificate(subject=common_name("Zürich \U0001f600"))))
    assert keytool("-printcert", "-file", "u.pem", cwd=folder).stdout.startswith("Owner: CN=Z?rich ??\n")
    unicode = keytool("-printcert", "-file", "u.pem", cwd=folder, LC_ALL="C.UTF-8", PYTHONUTF8="1")
    assert unicode.stdout.startswith("Owner: CN=Zürich \U0001f600\n")


def test_listing_a_jks_imports_nothing_heavy(folder: Path) -> None:
    keytool("-importcert", "-noprompt", "-file", "one.pem", "-keystore", "ks", "-storetype", "JKS",
            "-storepass", SECRET, cwd=folder)  # fmt: skip
    script = (
        "import sys; from truststore_tool.shims import keytool\n"
        f"keytool.run(['-list', '-keystore', 'ks', '-storepass', {SECRET!r}])\n"
        "print(sorted(set(sys.modules) & {'typer', 'rich', 'cryptography', 'click', 'ssl', 'subprocess', 'certifi'}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=folder, timeout=300)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_reader_that_goes_away_is_no_error_of_ours(folder: Path) -> None:
    command = f"{sys.executable} -m truststore_tool keytool -printcert -file one.pem | head -c 1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, cwd=folder, timeout=300)
    assert done.stdout == "O"
    assert "Traceback" not in done.stderr


def test_in_place_migration_keeps_the_old_file(folder: Path) -> None:
    keytool("-importcert", "-noprompt", "-alias", "one", "-file", "one.pem", "-keystore", "ks", "-storetype", "JKS",
            "-storepass", SECRET, cwd=folder)  # fmt: skip
    before = (folder / "ks").read_bytes()
    done = keytool("-importkeystore", "-srckeystore", "ks", "-destkeystore", "ks", "-deststoretype", "pkcs12",
                   "-srcstorepass", SECRET, cwd=folder)  # fmt: skip
    assert done.returncode == 0
    assert 'Migrated "ks" to PKCS12. The JKS keystore is backed up as "ks.old".\n' in done.stderr
    assert (folder / "ks.old").read_bytes() == before
    assert stores.open_store(folder / "ks", SECRET).format == "pkcs12"


@pytest.mark.parametrize(
    "words",
    [
        ["-list", "-keystore", "{long}"],
        ["-printcert", "-file", "{long}"],
        ["-importcert", "-noprompt", "-file", "one.pem", "-keystore", "{long}"],
    ],
    ids=lambda words: words[0],
)
def test_a_path_that_no_system_takes_is_one_line(folder: Path, words: list[str]) -> None:
    long = "a" * 300
    done = keytool(*(word.format(long=long) for word in words), "-storepass", SECRET, cwd=folder)
    message = f"keytool error: java.io.FileNotFoundException: {long} (File name too long)\n"
    assert (done.returncode, done.stdout) == (1, message)
