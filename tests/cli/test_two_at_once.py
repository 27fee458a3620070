"""Two that make the same file at once: the check is made under the lock, so one wins and the other says so."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import samples
from tests.cli.harness import Tool
from truststore_tool import files
from truststore_tool.errors import ExistsError
from truststore_tool.model import TrustStore
from truststore_tool.shims import keytool
from truststore_tool.stores import open_store, save_store

ROOT = samples.own("new-root.pem")
OTHER = samples.own("old-root.pem")
THIRD = samples.own("same-subject-root.pem")
PASSWORD = "changeit"


def held(path: str | Path) -> set[bytes]:
    return {certificate.der for certificate in open_store(path, PASSWORD).all_certificates()}


def der(*paths: Path) -> set[bytes]:
    return {certificate.der for path in paths for certificate in samples.certificates(path)}


@pytest.fixture
def rival(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process writes `rival` to where a command is about to, just before the command has the lock."""
    real = files.locked

    def late(path: Path, *manner: files.Manner) -> object:
        if Path("rival").exists():
            shutil.move("rival", path)
        return real(path, *manner)

    monkeypatch.setattr(files, "locked", late)


def make_rival(tool: Tool, source: Path, out: str) -> None:
    """What the other process writes there: the certificate in the same format."""
    name = "rival/" if out.endswith("/") else f"rival{Path(out).suffix}"
    assert tool("convert", source, "-o", name).code == 0
    Path(name).rename("rival")


CREATING = {
    "convert": ("convert", str(ROOT), "-o", "new.p12"),
    "convert into a directory": ("convert", str(ROOT), "-o", "new/"),
    "export": ("export", str(ROOT), "--all", "-o", "new.pem"),
}


@pytest.mark.parametrize("name", CREATING)
@pytest.mark.usefixtures("rival")
def test_who_comes_second_says_so_and_replaces_nothing(tool: Tool, name: str) -> None:
    out = CREATING[name][-1]
    make_rival(tool, OTHER, out)
    done = tool(*CREATING[name])
    assert done.code == 2
    assert done.err.startswith(f"error: {out.rstrip('/')} exists and holds something else\nhint: --force replaces it")
    assert held(out) == der(OTHER)
    assert [path.name for path in Path().iterdir()] == [out.rstrip("/")]


@pytest.mark.parametrize("name", CREATING)
@pytest.mark.usefixtures("rival")
def test_where_both_would_write_the_same_it_is_done(tool: Tool, name: str) -> None:
    out = CREATING[name][-1]
    make_rival(tool, ROOT, out)
    assert tool(*CREATING[name]).code == 0
    assert held(out) == der(ROOT)


@pytest.mark.parametrize(
    "words",
    [("import", "new.jks", ROOT, "--yes"), ("import", "new/", ROOT, "--yes"), ("bundle", ROOT, "-o", "new.pem")],
    ids=str,
)
@pytest.mark.usefixtures("rival")
def test_what_adds_adds_to_what_the_other_made(tool: Tool, words: tuple[str | Path, ...]) -> None:
    out = next(str(word) for word in words if str(word).startswith("new"))
    make_rival(tool, OTHER, out)
    assert tool(*words).code == 0
    assert held(out) == der(ROOT, OTHER)


@pytest.mark.usefixtures("rival")
def test_keytool_puts_no_empty_store_over_what_the_other_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The real one writes a new store even if it put nothing in."""
    monkeypatch.chdir(tmp_path)
    save_store(TrustStore(format="jks"), "source.jks", PASSWORD)
    save_store(open_store(OTHER), "rival", format="pem")
    words = ["-srckeystore", "source.jks", "-srcstorepass", PASSWORD, "-destkeystore", "new"]
    keytool.run(["-importkeystore", "-noprompt", *words, "-deststorepass", PASSWORD, "-deststoretype", "jks"])
    assert held("new") == der(OTHER)
    capfd.readouterr()


def test_an_exclusive_save_replaces_nothing(tmp_path: Path) -> None:
    for name, make in (("file", Path.touch), ("link", lambda path: path.symlink_to("nowhere")), ("folder", Path.mkdir)):
        make(tmp_path / name)
        with pytest.raises(ExistsError, match="exists already"):
            save_store(TrustStore(format="pem"), tmp_path / name, format="pem", exclusive=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder", "link"]
    save_store(TrustStore(format="pem"), tmp_path / "new.pem", exclusive=True)


def test_one_of_many_wins_and_nothing_is_lost(tmp_path: Path) -> None:
    """Real processes: of each source there are several."""
    sources = [ROOT, OTHER, THIRD] * 3
    for out in ("new.p12", "new/"):
        running = [
            subprocess.Popen(
                [sys.executable, "-m", "truststore_tool", "convert", str(source), "-o", out],
                cwd=tmp_path,
                env={"TRUSTSTORE_PASSWORD": PASSWORD},
                stderr=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            for source in sources
        ]
        said = [process.communicate(timeout=300)[1].decode() for process in running]
        won = [source for source, process in zip(sources, running, strict=True) if process.returncode == 0]
        assert len(won) == 3
        assert held(tmp_path / out) == der(won[0]) == der(*won)
        assert all(process.returncode in (0, 2) for process in running)
        assert sum("exists and holds something else" in text for text in said) == 6
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "new.p12"]
