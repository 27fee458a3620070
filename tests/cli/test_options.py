"""The options of all commands: the same things have the same names, wherever they make sense."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from tests.cli.harness import Tool
from tests.samples import amazon, own
from truststore_tool import files
from truststore_tool.cli.app import build

STORE = {"--password-env", "--password-file", "--password-fd", "--default-password"}
# Command: what it does. A new one must be put here.
OPENS, WRITES, REPORTS = "opens a store", "writes a file", "reports"
COMMANDS = {
    "import": {OPENS, WRITES, REPORTS},
    "list": {OPENS, REPORTS},
    "fingerprint": {OPENS, REPORTS},
    "verify": {OPENS, REPORTS},
    "convert": {OPENS, WRITES, REPORTS},
    "bundle": {OPENS, WRITES, REPORTS},
    "diff": {OPENS, REPORTS},
    "doctor": {OPENS, WRITES, REPORTS},
    "export": {OPENS, WRITES, REPORTS},
    "remove": {OPENS, WRITES, REPORTS},
    "rename": {OPENS, WRITES, REPORTS},
    "passwd": {OPENS, WRITES, REPORTS},
    "postgres probe": {OPENS, WRITES, REPORTS},
    "postgres rotation": {OPENS, REPORTS},
    "postgres sessions": {REPORTS},
    "postgres explain": {REPORTS},
    "postgres snippet": {OPENS, REPORTS},
    "shims install": {WRITES, REPORTS},
    "scan": {OPENS, WRITES, REPORTS},
    "schema": set(),  # what it prints is JSON
}
# Of what is not there, why.
EXCEPTIONS = {
    **{("scan", name): "it tries the passwords of --passwords-from on whatever it comes upon" for name in STORE},
    ("scan", "--dry-run"): "it changes no store; what it writes are its reports",
    ("scan", "--backup"): "it changes no store; what it writes are its reports",
    ("postgres probe", "--dry-run"): "its one file is what a server shows now, and replaces nothing",
    ("postgres probe", "--backup"): "its one file replaces nothing",
    ("shims install", "--backup"): "it replaces nothing but its own programs, which it can make again",
}
# Command: the options for a password that is not the one of the (first) store.
SECOND = {
    "import": {"--source-password-env", "--source-password-file", "--source-password-fd", "--password-for"},
    "verify": {"--source-password-env", "--source-password-file", "--source-password-fd", "--password-for"},
    "postgres rotation": {"--source-password-env", "--source-password-file", "--source-password-fd", "--password-for"},
    "diff": {"--other-password-env", "--other-password-file", "--other-password-fd"},
    "convert": {
        *("--new-password-env", "--new-password-file", "--new-password-fd"),
        *("--key-password-env", "--key-password-file", "--key-password-fd"),
        *("--new-key-password-env", "--new-key-password-file", "--new-key-password-fd"),
    },
    "passwd": {
        *("--new-password-env", "--new-password-file", "--new-password-fd"),
        *("--key-password-env", "--key-password-file", "--key-password-fd"),
    },
    "scan": {"--passwords-from", "--no-default-passwords"},
    "bundle": {"--password-for"},
    "fingerprint": {"--password-for"},
    "doctor": {"--password-for"},
    "postgres probe": {"--password-for", "--key-password-env", "--key-password-file", "--key-password-fd"},
}


def parameters() -> dict[str, list[Any]]:
    """The options of every command, as the program has them."""
    root: Any = typer.main.get_command(build([]))
    found: dict[str, list[Any]] = {}
    others = ("keytool", "openssl")  # their options are those of other programs
    for name, command in ((name, each) for name, each in root.commands.items() if name not in others):
        for inner, each in getattr(command, "commands", {"": command}).items():
            found[f"{name} {inner}".strip()] = [p for p in each.params if p.param_type_name == "option"]
    return found


PARAMETERS = parameters()
OPTIONS = {name: {word for each in found for word in each.opts} for name, found in PARAMETERS.items()}


def test_every_command_is_in_the_table() -> None:
    assert set(OPTIONS) == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_has_what_makes_sense(command: str) -> None:
    does, has = COMMANDS[command], OPTIONS[command]
    wanted: set[str] = set()
    wanted |= STORE if OPENS in does else set()
    wanted |= {"--dry-run", "--backup", "--quiet"} if WRITES in does else set()
    wanted |= {"--json", "--quiet"} if REPORTS in does else set()
    assert {name for name in wanted - has if (command, name) not in EXCEPTIONS} == set()
    assert not [name for where, name in EXCEPTIONS if where == command and name in has], "no exception any more"
    passwords = {name for name in has if "password" in name} - {"--no-password"}
    asked = {name for name in STORE if OPENS in does and (command, name) not in EXCEPTIONS}
    assert passwords == asked | SECOND.get(command, set())


def test_one_name_has_one_meaning() -> None:
    """The same words everywhere, but where the thing itself is another one."""
    texts: dict[str, set[str]] = {}
    for found in PARAMETERS.values():
        for each in found:
            for name in each.opts:
                texts.setdefault(name, set()).add(each.help)
    shared = {*STORE, "--password-for", "--dry-run", "--backup", "--json", "--quiet", "--format", "--for", "--profile"}
    shared |= {"--expect", "--yes", "--skip-unreadable", "--skip-unusable", "--include-chains", "--force"}
    shared |= {name for names in SECOND.values() for name in names}
    assert {name: texts[name] for name in shared if len(texts[name]) != 1} == {}


def test_what_format_means() -> None:
    """What is read, in --format; what is written, in --to."""
    assert {name for name in OPTIONS if "--format" in OPTIONS[name]} == {"list", "verify", "convert", "export"}
    assert {name for name in OPTIONS if "--to" in OPTIONS[name]} == {"import", "convert", "export"}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_shows_every_option_whole_at_80_columns(command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "truststore_tool", *command.split(), "--help"],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1"},
        timeout=300,
    )
    assert done.returncode == 0
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "\N{HORIZONTAL ELLIPSIS}" not in done.stdout
    shown = set(re.findall(r"(?<!\S)--[a-z0-9-]+(?!\S)", done.stdout))
    assert {name for each in PARAMETERS[command] for name in each.opts if name.startswith("--")} - shown == set()


class TestOldSpellings:
    def test_the_format_of_a_new_store(self, tool: Tool) -> None:
        for number, words in enumerate((["--format", "pkcs12"], ["--format=pkcs12"], ["--to", "pkcs12"])):
            assert tool("import", f"{number}.jks", own("old-root.pem"), "--yes", *words).code == 0
            assert tool("list", f"{number}.jks", "--json").json["format"] == "pkcs12"

    def test_the_password_of_a_source(self, tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("P", "password-1")
        assert tool("import", "a.p12", own("old-root.pem"), "--yes", "--password-env", "P").code == 0
        assert tool("bundle", "a.p12", "-o", "a.pem", "--source-password-for", "a.p12=P").code == 0
        assert tool("import", "b.jks", "a.p12", "--yes", "--source-password-for=a.p12=P").code == 0


class TestTwoPasswords:
    """Two stores under passwords of their own, of each of the commands that open two."""

    @pytest.fixture(autouse=True)
    def _stores(self, tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("P1", "password-1")
        monkeypatch.setenv("P2", "password-2")
        for number, name in enumerate(("old-root", "old-root"), 1):
            assert (
                tool("import", f"{number}.p12", own(f"{name}.pem"), "--yes", "--password-env", f"P{number}").code == 0
            )

    def test_verify(self, tool: Tool) -> None:
        words = ("verify", "1.p12", "--against", "2.p12", "--password-env", "P1")
        assert tool(*words).code == 4
        assert tool(*words, "--source-password-env", "P2").code == 0
        assert tool(*words, "--password-for", "2.p12=P2").code == 0
        assert tool(*words, "--password-for", "2.p12=P1").code == 4
        done = tool(*words, "--password-for", "3.p12=P2")
        assert (done.code, "3.p12" in done.err) == (2, True)

    def test_diff(self, tool: Tool) -> None:
        words = ("diff", "1.p12", "2.p12", "--password-env", "P1")
        assert tool(*words).code == 4
        assert tool(*words, "--other-password-env", "P2").code == 0
        Path("p2").write_text("password-2\n")
        Path("p2").chmod(0o600)
        assert tool(*words, "--other-password-file", "p2").code == 0

    def test_convert(self, tool: Tool) -> None:
        assert tool("convert", "1.p12", "-o", "3.jks", "--password-env", "P1", "--new-password-env", "P2").code == 0
        assert tool("verify", "3.jks", "--against", "1.p12", "--password-env", "P2").code == 4
        words = ("--require-integrity", "--source-password-env", "P1")
        assert tool("verify", "3.jks", "--against", "1.p12", "--password-env", "P2", *words).code == 0

    def test_doctor(self, tool: Tool) -> None:
        words = ("doctor", "1.p12", "2.p12", "--password-env", "P1", "--json")
        assert tool(*words).code != 0
        done = tool(*words, "--password-for", "2.p12=P2")
        assert done.code == 0
        assert [each["format"] for each in done.json["stores"]] == ["pkcs12", "pkcs12"]

    def test_rotation(self, tool: Tool) -> None:
        root = ("--next", own("new-root.pem"), "--bundle", own("old-root.pem"))
        words = ("postgres", "rotation", "--current", "1.p12", "--store", "2.p12", *root, "--password-env", "P1")
        assert tool(*words).code == 4
        assert tool(*words, "--password-for", "2.p12=P2").code in (0, 1)

    def test_a_store_that_is_written_may_be_named_as_well(self, tool: Tool) -> None:
        words = ("import", "1.p12", "2.p12", amazon("rds-ca-2019-root.pem"), "--yes")
        assert tool(*words, "--password-for", "1.p12=P1", "--password-for", "2.p12=P2").code == 0


class TestReads:
    """How many times a command reads the store that it changes."""

    @pytest.fixture
    def reads(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        found: list[str] = []
        real = files.read

        def counted(path: Path) -> bytes:
            found.append(Path(path).name)
            return real(path)

        monkeypatch.setattr(files, "read", counted)
        return found

    @pytest.mark.parametrize("locked", [False, True])
    def test_import_reads_once_before_and_once_under_the_lock(
        self, tool: Tool, reads: list[str], monkeypatch: pytest.MonkeyPatch, locked: bool
    ) -> None:
        assert tool("import", "a.jks", own("old-root.pem"), "--yes").code == 0
        reads.clear()
        orders: list[str] = []
        real = files.locked

        def noted(path: Path, *manner: files.Manner) -> Any:
            orders.append(f"locked after {reads.count('a.jks')}")
            return real(path, *manner)

        monkeypatch.setattr(files, "locked", noted)
        if locked:  # a password is asked for only when the store has been looked at
            monkeypatch.delenv("TRUSTSTORE_PASSWORD")
            monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
            monkeypatch.setattr("getpass.getpass", lambda _: "changeit")
            monkeypatch.setattr("truststore_tool.passwords._require_terminal", lambda _: None)
        assert tool("import", "a.jks", own("new-root.pem"), "--yes").code == 0
        assert (reads.count("a.jks"), orders) == (2, ["locked after 1"])

    def test_a_question_does_not_read_again(
        self, tool: Tool, reads: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert tool("import", "a.jks", own("old-root.pem"), "--yes").code == 0
        reads.clear()
        seen: list[int] = []
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)

        def yes(*_: object, **__: object) -> bool:
            seen.append(reads.count("a.jks"))
            return True

        monkeypatch.setattr("typer.confirm", yes)
        assert tool("import", "a.jks", own("new-root.pem")).code == 0
        assert (seen, reads.count("a.jks")) == ([1], 2)

    @pytest.mark.parametrize(
        "words",
        [
            ("remove", "a.jks", "--alias", "b"),
            ("rename", "a.jks", "b", "c"),
            ("passwd", "a.jks", "--new-password-env", "TRUSTSTORE_PASSWORD"),
        ],
    )
    def test_the_others_read_as_often(self, tool: Tool, reads: list[str], words: tuple[str, ...]) -> None:
        assert tool("import", "a.jks", own("old-root.pem"), "--yes", "--alias", "b").code == 0
        reads.clear()
        assert tool(*words).code == 0
        assert reads.count("a.jks") == 2
