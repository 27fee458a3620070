"""``--dry-run`` writes nothing at all, and says, warns and fails as the run without it does."""

import os
import re
import shutil
from pathlib import Path

import pytest

from tests.cli.harness import Done, Tool
from tests.realtools import find, run
from tests.samples import amazon, own

RDS = str(amazon("rds-ca-2019-root.pem"))  # it has expired: there is something to warn of
CHAIN, KEY = str(own("new-chain.pem")), str(own("new-server.key"))
ROOT = str(own("old-root.pem"))

RUNS = {
    "import": ("import", "a.jks", RDS, "--yes"),
    "import into nothing": ("import", "new.p12", RDS, ROOT, "--yes"),
    "import into a directory": ("import", "newdir/", RDS, "--yes"),
    "import what is there": ("import", "a.jks", ROOT, "--yes"),
    "import in the place of another": ("import", "a.jks", RDS, "--alias", "b", "--replace", "--yes"),
    "import, protected anew": ("import", "c.p12", RDS, "--profile", "compat", "--yes"),
    "import the unexpected": ("import", "a.jks", RDS, "--expect", "00" * 32),
    "bundle": ("bundle", RDS, ROOT, "-o", "new.pem", "--drop-expired"),
    "bundle to more": ("bundle", RDS, "-o", "b.pem"),
    "bundle into a keystore": ("bundle", RDS, "-o", "a.jks"),
    "convert": ("convert", "a.jks", "-o", "new.p12"),
    "convert with a key": ("convert", CHAIN, "--key", KEY, "-o", "new.jks", "--alias", "server"),
    "convert to the same": ("convert", "a.jks", "-o", "c.p12"),
    "convert over another": ("convert", RDS, "-o", "c.p12"),
    "convert over another, by force": ("convert", RDS, "-o", "c.p12", "--force"),
    "convert with a copy of what was there": ("convert", RDS, "-o", "c.p12", "--backup"),
    "convert, protected in another way": ("convert", "a.jks", "-o", "new.p12", "--profile", "compat"),
    "convert for a Java that cannot": ("convert", "a.jks", "-o", "new.p12", "--for", "java8u202"),
    "export": ("export", "a.jks", "--all", "-o", "new.pem"),
    "export over another": ("export", "a.jks", "--all", "-o", "b.pem", "--backup"),
    "export of what is not there": ("export", "a.jks", "--alias", "nosuch", "-o", "new.pem"),
    "remove": ("remove", "a.jks", "--alias", "b"),
    "remove what is partly there": ("remove", "a.jks", "--alias", "b", "--alias", "nosuch"),
    "remove, with a copy": ("remove", "a.jks", "--alias", "b", "--backup"),
    "rename": ("rename", "a.jks", "b", "c"),
    "rename what is not there": ("rename", "a.jks", "nosuch", "c"),
    "passwd": ("passwd", "a.jks", "--new-password-env", "NEW"),
    "passwd, too short": ("passwd", "a.jks", "--new-password-env", "SHORT"),
    "passwd, none": ("passwd", "c.p12", "--no-password"),
    "passwd, another way": ("passwd", "c.p12", "--profile", "compat"),
    "doctor": ("doctor", "d.p12", "--fix", "--yes"),
    "shims": ("shims", "install", "bin"),
    "a missing directory": ("import", "nosuch/a.jks", RDS, "--yes"),
    "a missing store": ("remove", "nosuch.jks", "--alias", "a"),
    "a wrong password": ("import", "a.jks", RDS, "--yes", "--password-env", "NEW"),
    "what is no store": ("import", "junk", RDS, "--yes"),
}


@pytest.fixture(autouse=True)
def _around(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEW", "another-one")
    monkeypatch.setenv("SHORT", "abc")
    assert tool("import", "a.jks", ROOT, "--alias", "b", "--yes").code == 0
    assert tool("convert", "a.jks", "-o", "c.p12").code == 0
    assert tool("bundle", ROOT, "-o", "b.pem").code == 0
    # Certificates without the attribute by which Java takes them for trusted.
    words = ("pkcs12", "-export", "-nokeys", "-in", ROOT, "-passout", "pass:changeit", "-out", "d.p12")
    run(find("openssl"), *words)
    Path("junk").write_bytes(b"\x00\x01junk")


def snapshot(folder: Path = Path()) -> dict[str, tuple[object, ...]]:
    """All that shows of the files below a folder, the folder itself among them: content, times, mode, links."""
    found: dict[str, tuple[object, ...]] = {}
    for path in [folder, *folder.rglob("*")]:
        at = path.lstat()
        content = path.read_bytes() if path.is_file() else None
        found[str(path)] = (content, at.st_mtime_ns, at.st_ctime_ns, at.st_mode, at.st_ino, at.st_nlink, at.st_uid)
    return found


def as_done(text: str) -> str:
    """What a dry run says, in the words of the run itself."""
    text = re.sub(r"^nothing was written\n", "", text, flags=re.MULTILINE)
    for would, done in (
        (r"would (add|remove|replace|rename|install): ", r"\1: "),
        (r"would (?:add|remove|replace) (\d+)", r"\1"),
        (r"would (remain|drop)", r"\1"),
        ("would be mended", "mended"),
        ("would be written to", "written to"),
        ("would be protected", "is protected"),
        ("would be in", "in"),
        ("would have", "has"),
    ):
        text = re.sub(would, done, text)
    return text


def in_short(text: str) -> str:
    """What a run says, without the words that tell of it as done, and without what it read back."""
    text = re.sub(r"(?ms)^Read back from .*|^\d+ read back from [^\n]*\n", "", text)
    for done, short in (
        (r"^(add|remove|replace|rename|install)e?d: ", r"\1: "),
        (r"(\d+) (?:added|removed|replaced)(?=,|$)", r"\1"),
        (r"^dropped: ", "drop: "),
    ):
        text = re.sub(done, short, text, flags=re.MULTILINE)
    return text


@pytest.mark.parametrize("name", RUNS)
def test_it_writes_nothing_and_says_the_same(tool: Tool, name: str) -> None:
    words = RUNS[name]
    before = snapshot()
    dry, dry_json = tool(*words, "--dry-run"), tool(*words, "--dry-run", "--json")
    assert snapshot() == before
    fresh = Path("real")
    fresh.mkdir()
    for path in before:
        if Path(path).is_file():
            shutil.copy2(path, fresh / path)
    real = tool(*words)
    for made in set(snapshot()) - set(before):
        if made != "real" and not made.startswith("real/") and Path(made).exists():
            shutil.rmtree(made) if Path(made).is_dir() else Path(made).unlink()
    for kept in fresh.iterdir():
        shutil.copy2(kept, kept.name)
    real_json = tool(*words, "--json")
    assert (dry.code, dry.err, dry_json.err) == (real.code, real.err, real_json.err)
    assert in_short(as_done(dry.out)) == in_short(real.out)
    assert said(dry_json) == said(real_json)
    if dry_json.json["report"] != "error":
        assert (dry_json.json["dry_run"], real_json.json["dry_run"]) == (True, False)
        assert "nothing was written" in dry.out


def said(done: Done) -> dict[str, object]:
    """A report without whether it is of a dry run, and without what was read back from a file."""
    return {name: value for name, value in done.json.items() if name not in ("dry_run", "read_back")}


@pytest.mark.parametrize(
    "words",
    [
        ("convert", "a.jks", "-o", "-", "--to", "pem"),
        ("bundle", RDS, "-o", "-"),
        ("export", "a.jks", "--all"),
    ],
)
def test_nothing_goes_to_standard_output_either(tool: Tool, words: tuple[str, ...]) -> None:
    assert "BEGIN CERTIFICATE" in tool(*words).out
    dry = tool(*words, "--dry-run")
    assert (dry.code, dry.out) == (0, "")
    assert "nothing was written" in dry.err


def test_without_the_password_that_the_run_itself_would_ask_for(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRUSTSTORE_PASSWORD")
    for words in (("import", "a.jks", RDS, "--yes"), ("import", "new.jks", RDS, "--yes"), RUNS["remove"]):
        dry, real = tool(*words, "--dry-run"), tool(*words)
        assert (dry.code, dry.err) == (real.code, real.err)
        assert dry.code == 4


def test_where_nothing_can_be_written(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system is asked, which lets root do what it likes: so here it says no."""
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda *words, **more: not words[1] & os.W_OK and allowed(*words, **more))
    for name in (
        "import",
        "import into nothing",
        "convert",
        "export",
        "bundle",
        "remove",
        "rename",
        "passwd",
        "doctor",
    ):
        dry = tool(*RUNS[name], "--dry-run")
        assert (dry.code, "could not write" in dry.err) == (5, True), name
