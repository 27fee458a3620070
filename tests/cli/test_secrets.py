"""A password goes nowhere: not into output, errors, tracebacks, logs, objects, files, arguments or other processes."""

import gc
import logging
import os
import re
import subprocess
import sys
import time
import traceback
from contextlib import suppress
from pathlib import Path

import pytest

from tests import samples
from tests.cli.harness import at_terminal
from tests.realtools import missing
from truststore_tool import cli, files, stores
from truststore_tool.cli.app import COMMANDS
from truststore_tool.cli.boundary import FINDING
from truststore_tool.errors import TrustStoreError
from truststore_tool.formats import FILE_NAMES
from truststore_tool.formats import get as get_format
from truststore_tool.passwords import Password
from truststore_tool.stores import changing

# Without a letter in common, so that no half of one is taken for the other; no word of any message.
SECRET = "xyzzyQ7plugh"
OTHER = "0KfrobnicateW1"
MARKS = [mark.encode(code) for mark in (SECRET, OTHER) for code in ("utf-8", "utf-16-be", "utf-16-le")]
ROOT, NEW = samples.own("old-root.pem"), samples.own("new-root.pem")

# Every command, where it succeeds and where it fails. PW stands for how the password is given.
LINES = {
    "import": ["import s.jks NEW --yes PW", "import s.p12 NEW --yes --json PW", "import s.jks NEW --expect 00 PW",
               "import s.jks missing.pem --yes PW", "import no/such/s.jks NEW --yes PW"],
    "list": ["list s.jks PW", "list -v s.p12 PW", "list --json s.jceks PW", "list missing PW"],
    "fingerprint": ["fingerprint s.p12 PW"],
    "verify": ["verify s.jks --against NEW PW", "verify s.p12 --against NEW --json --require-integrity PW"],
    "convert": ["convert s.jks -o c.p12 PW", "convert s.p12 -o c.pem PW", "convert s.jks -o no/such/c.p12 PW"],
    "bundle": ["bundle s.p12 -o chain.pem --comments PW"],
    "diff": ["diff s.jks s.p12 PW", "diff s.jks s.p12 --json PW"],
    "doctor": ["doctor s.jks PW", "doctor s.p12 --for all --json PW"],
    "export": ["export s.p12 --all -o out.pem PW"],
    "rename": ["rename s.jks rds-root other PW", "rename s.jks no such PW"],
    "passwd": ["passwd s.jks --new-password-file new PW", "passwd s.p12 --new-password-file new PW"],
    "remove": ["remove s.jceks --alias rds-root PW", "remove s.p12 --alias no PW"],
    "scan": ["scan . --passwords-from pw", "scan . --json --need NEW --passwords-from pw"],
    "schema": ["schema list"],
    "shims": ["shims install bin"],
}  # fmt: skip
EVERY = [line for lines in LINES.values() for line in lines]


def clean(what: bytes, where: str) -> None:
    found = [mark for mark in MARKS if mark in what]
    assert not found, f"a password is in {where}: {what[:2000]!r}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, with a store of each kind under the password, which is in a file beside them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TRUSTSTORE_PASSWORD", raising=False)
    for name in ("pw", "new", "wrong"):
        (tmp_path / name).write_text({"pw": SECRET, "new": OTHER, "wrong": f"{OTHER}2"}[name] + "\n")
    monkeypatch.setenv("SETUP", SECRET)
    for store in ("s.jks", "s.jceks", "s.p12"):
        assert cli.run(["import", store, str(ROOT), "--yes", "--quiet", "--password-env", "SETUP"]) == 0
    monkeypatch.delenv("SETUP")
    return tmp_path


def words(line: str, password: str) -> list[str]:
    options = [] if line.startswith("shims") else password.split()
    found = []
    for word in line.split():
        found += options if word == "PW" else [str(NEW) if word == "NEW" else word]
    return found


def test_every_command_is_among_them() -> None:
    assert set(LINES) == set(COMMANDS) | {"shims"}


@pytest.mark.parametrize("password", ["--password-file pw", "--password-file wrong"])
@pytest.mark.parametrize("line", EVERY)
def test_what_a_command_says_and_writes(
    folder: Path,
    line: str,
    password: str,
    capfdbinary: pytest.CaptureFixture[bytes],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRUSTSTORE_TOOL_DEBUG", "1")
    caplog.set_level(logging.DEBUG)
    code = cli.run(words(line, password))
    assert code in (0, 1, 2, 3, 4, 5)
    if password.endswith(" pw") and any(line == lines[0] for lines in LINES.values()):
        assert code in (0, FINDING)
    out, err = capfdbinary.readouterr()
    clean(out, "standard output")
    clean(err, "standard error")
    clean(caplog.text.encode(), "a log")
    for path in folder.rglob("*"):
        if path.is_file() and path.name not in ("pw", "new", "wrong"):
            clean(path.read_bytes(), path.name)


def look(place: Path, *, with_environment: bool) -> set[str]:
    """Look at a process by its folder in /proc; returns the ids of its children."""
    clean((place / "cmdline").read_bytes(), "the arguments")
    clean((place / "comm").read_bytes(), "the name")
    if with_environment:
        clean((place / "environ").read_bytes(), "the environment")
    time.sleep(0.002)
    return set((place / "task" / place.name / "children").read_text().split())


def waits(place: Path) -> int:
    """How often a process has waited for something; one that asks for a lock does so again and again."""
    found = re.search(r"^voluntary_ctxt_switches:\s*(\d+)", (place / "status").read_text(), re.MULTILINE)
    assert found
    return int(found[1])


@pytest.mark.parametrize("source", ["--password-file pw", "--password-fd FD", "--password-env SECRET_VARIABLE", "env"])
@pytest.mark.parametrize("line", ["import s.p12 NEW --yes PW", "passwd s.jks --new-password-file new PW"])
def test_what_other_users_and_other_processes_see(folder: Path, line: str, source: str) -> None:
    """Arguments may be read by all; the environment is inherited: neither has what was not put there by the caller."""
    if not Path("/proc/self/environ").exists():
        missing("/proc")
    descriptor = os.open(folder / "pw", os.O_RDONLY)
    given = {"SECRET_VARIABLE": SECRET} if "ENV" in source.upper() else {}
    if source == "env":
        given = {"TRUSTSTORE_PASSWORD": SECRET}
    option = "" if source == "env" else source.replace("FD", str(descriptor))
    children: set[str] = set()
    with files.locked(folder / line.split()[1]):  # so that it stays until it was looked at
        process = subprocess.Popen(
            [sys.executable, "-m", "truststore_tool", *words(line, option)],
            env={**os.environ, **given},
            pass_fds=[descriptor],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        os.close(descriptor)
        place = Path(f"/proc/{process.pid}")
        while process.poll() is None and waits(place) < 20:
            children |= look(place, with_environment=not given)
    with suppress(FileNotFoundError, ProcessLookupError, PermissionError):  # what has ended is nobody's
        while process.poll() is None:
            children |= look(place, with_environment=not given)
    out, err = process.communicate()
    assert process.returncode == 0, err.decode()
    assert not children  # to nobody could anything be handed on
    clean(out + err, "the output")


def test_a_prompt_shows_nothing_of_what_is_typed(tmp_path: Path) -> None:
    words = ["import", "new.jks", str(NEW), "--yes"]
    prompts = [("New password for new.jks", SECRET), ("gain", SECRET)]
    done = at_terminal(words, prompts, tmp_path)
    assert done.code == 0, done.out
    clean(done.out.encode(), "the terminal")


def is_ours(kind: type) -> bool:
    """Whether a class is of this package. Classes made by hand may have anything for a module's name."""
    return str(getattr(kind, "__module__", "")).startswith("truststore_tool")


@pytest.mark.parametrize("name", FILE_NAMES)
def test_what_objects_say_of_themselves(folder: Path, name: str) -> None:
    codec = get_format(name)
    if codec.dumps is None:
        return
    source = stores.open_store(folder / "s.p12", SECRET)
    with_keys = source if codec.has_password else stores.open_store(ROOT)
    stores.save_store(with_keys, folder / f"again.{name}", SECRET, format=name)
    store = stores.open_store(folder / f"again.{name}", SECRET)
    password = Password(SECRET)
    ours = [thing for thing in gc.get_objects() if str(type(thing).__module__).startswith("truststore_tool")]
    assert any(thing is store for thing in ours)
    for thing in (*ours, store.facts, *(entry.origin for entry in store.entries), password):
        text = f"{thing!r} {thing} {getattr(thing, '__dict__', '')}" if thing is not password else f"{thing!r} {thing}"
        clean(text.encode("utf-8", "backslashreplace"), type(thing).__name__)


@pytest.mark.parametrize("name", ["s.jks", "s.jceks", "s.p12"])
def test_what_errors_say(folder: Path, name: str) -> None:
    with pytest.raises(TrustStoreError) as caught:
        stores.open_store(folder / name, OTHER)
    clean("".join(traceback.format_exception(caught.value)).encode(), "a traceback")
    clean(repr(caught.value).encode(), "an error")


def test_the_traceback_of_a_bug(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setenv("TRUSTSTORE_TOOL_DEBUG", "1")
    monkeypatch.setattr(changing, "write", fail)
    with pytest.raises(RuntimeError, match="a bug") as caught:
        cli.run(["import", str(folder / "s.jks"), str(NEW), "--yes", "--password-file", "pw"])
    clean("".join(traceback.format_exception(caught.value)).encode(), "a traceback")
