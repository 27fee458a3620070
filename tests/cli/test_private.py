"""What was private stays so: the modes of new files."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests import samples
from tests.cli.harness import Tool, process
from tests.realtools import find, jdk_homes, missing, run
from truststore_tool.shims import keytool
from truststore_tool.stores import open_store

ROOT = samples.own("new-root.pem")
OTHER = samples.own("old-root.pem")

pytestmark = pytest.mark.usefixtures("umask")


def mode(path: str | Path) -> int:
    return stat.S_IMODE(Path(path).stat().st_mode)


def key_store(name: str, bits: int) -> None:
    """A PKCS#12 with a private key, made by openssl."""
    names = ("-in", samples.own("new-server.pem"), "-inkey", samples.own("new-server.key"), "-name", "server")
    run(find("openssl"), "pkcs12", "-export", *names, "-out", name, "-passout", "pass:changeit")
    Path(name).chmod(bits)


@pytest.mark.parametrize("bits", [0o600, 0o644])
@pytest.mark.parametrize("out", ["new.jks", "new.jceks", "new.p12"])
def test_a_new_store_with_a_key_is_its_owners_alone(tool: Tool, out: str, bits: int) -> None:
    key_store("key.p12", bits)
    assert tool("convert", "key.p12", "-o", out).code == 0
    assert [entry.kind for entry in open_store(out, "changeit").entries] == ["private-key"]
    assert mode(out) == 0o600


PRIVATE = {
    "convert": ("convert", "private", "-o", "new.p12"),
    "convert by force": ("convert", "private", "-o", "new.der", "--force"),
    "convert into a directory": ("convert", "private", "-o", "new/"),
    "export": ("export", "private", "--all", "-o", "new.pem"),
    "bundle": ("bundle", "public", "private", "-o", "new.pem"),
    "import": ("import", "new.jks", "public", "private", "--yes"),
    "import into a new directory": ("import", "new/", "public", "private", "--yes"),
}


@pytest.mark.parametrize("name", PRIVATE)
@pytest.mark.parametrize("bits", [0o600, 0o640, 0o644])
def test_what_is_made_from_a_private_file_is_no_more_open(tool: Tool, name: str, bits: int) -> None:
    words = PRIVATE[name]
    new = Path(next(word for word in words if word.startswith("new")))
    shutil.copy(ROOT, "private")
    shutil.copy(OTHER, "public")
    Path("public").chmod(0o644)
    Path("private").chmod(bits)
    assert tool(*words).code == 0
    for path in new.iterdir() if new.is_dir() else [new]:
        assert mode(path) == bits


def test_so_is_what_comes_by_standard_input(tmp_path: Path) -> None:
    (tmp_path / "private").write_bytes(ROOT.read_bytes())
    (tmp_path / "private").chmod(0o600)
    words = [sys.executable, "-m", "truststore_tool", "convert", "-", "-o", "new.pem"]
    with (tmp_path / "private").open() as source:
        subprocess.run(words, stdin=source, cwd=tmp_path, check=True, capture_output=True)
    assert mode(tmp_path / "new.pem") == 0o600
    # A pipe is 0600 whatever comes through it.
    assert process("convert", "-", "-o", "piped.pem", stdin=ROOT.read_bytes(), cwd=tmp_path).code == 0
    assert mode(tmp_path / "piped.pem") == 0o644


@pytest.mark.parametrize(("bits", "warned"), [(0o600, False), (0o640, False), (0o644, True)])
def test_a_key_that_goes_into_an_open_file_is_warned_of(tool: Tool, bits: int, warned: bool) -> None:
    key_store("key.p12", 0o600)
    Path("there.jks").touch(bits)
    done = tool("convert", "key.p12", "-o", "there.jks", "--force")
    assert (done.code, mode("there.jks")) == (0, bits)
    assert ("every user may read it, and it holds a key" in done.err) is warned
    assert "holds a key" not in tool("convert", "key.p12", "-o", "certificates.jks", "--certificates-only").err
    assert "holds a key" not in tool("convert", "key.p12", "-o", "new.p12").err


@pytest.mark.parametrize("bits", [0o600, 0o640, 0o644, 0o664])
def test_what_is_there_keeps_its_mode(tool: Tool, bits: int) -> None:
    shutil.copy(ROOT, "private")
    Path("private").chmod(0o600)
    shutil.copy(OTHER, "there.pem")
    Path("there.pem").chmod(bits)
    assert tool("import", "there.pem", "private", "--yes", "--backup").code == 0
    assert (mode("there.pem"), mode("there.pem.bak")) == (bits, bits)
    assert tool("import", "certs/", OTHER, "--yes").code == 0
    assert tool("import", "certs", "private", "--yes").code == 0
    assert [mode(path) for path in Path("certs").iterdir()] == [0o644, 0o644]  # one that others could not read is none


def modes_by(tool: Path | None, folder: Path) -> dict[str, int]:
    """The modes of what keytool writes, the real one or ours, with keys and private files."""
    folder.mkdir()
    os.chdir(folder)
    key_store("ks", 0o600)
    key_store("source", 0o600)
    store = ["-storepass", "changeit", "-keystore"]
    copy = ["-importkeystore", "-noprompt", "-srckeystore", "source", "-srcstorepass", "changeit"]
    shutil.copy(ROOT, "private.pem")
    Path("private.pem").chmod(0o600)
    for words in (
        ["-importkeystore", "-srckeystore", "ks", "-destkeystore", "ks", "-srcstorepass", "changeit"],
        ["-importkeystore", "-srckeystore", "ks", "-destkeystore", "ks", "-srcstorepass", "changeit"],
        ["-exportcert", "-alias", "server", "-file", "server.crt", *store, "ks"],
        ["-importcert", "-noprompt", "-alias", "a", "-file", "private.pem", *store, "trust"],
        [*copy, "-destkeystore", "new", "-deststorepass", "changeit"],
    ):
        if tool is None:
            assert keytool.run(words) == 0
        else:
            run(tool, *words)
    return {path.name: mode(path) for path in folder.iterdir()}


def test_keytool_writes_as_the_real_one_unless_a_key_would_be_exposed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    ours = modes_by(None, tmp_path / "ours")
    capfd.readouterr()
    assert (ours["ks.old"], ours["ks.old2"], ours["new"]) == (0o600, 0o600, 0o600)
    for number, home in enumerate(jdk_homes() or [missing("keytool")]):
        real = modes_by(home / "bin" / "keytool", tmp_path / str(number))
        assert real.pop("new") == 0o644
        assert real == {name: bits for name, bits in ours.items() if name != "new"}
