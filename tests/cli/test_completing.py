"""What bash, zsh and fish complete, asked of these shells themselves."""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.harness import Tool, process
from tests.realtools import absent, need_terminals
from tests.samples import amazon, own
from truststore_tool.cli import completing
from truststore_tool.formats.pkcs12.profiles import NAMES as PROFILES

ENV = {"TRUSTSTORE_PASSWORD": "changeit"}
SHELLS = ("bash", "zsh", "fish")


def shell(name: str) -> str:
    """The path of a shell; skips the test where there is none."""
    return shutil.which(name) or absent(name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with stores, and one with the program under its name."""
    place = tmp_path_factory.mktemp("completing")
    (place / "bin").mkdir()
    program = place / "bin" / "truststore-tool"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m truststore_tool "$@"\n')
    program.chmod(0o755)
    (place / "work").mkdir()
    for alias, source in (("first-root", amazon("rds-ca-2019-root.pem")), ("second-root", own("new-root.pem"))):
        for store in ("a.jks", "locked.p12"):
            words = ("import", store, source, "--yes", "--alias", alias)
            assert process(*words, env=ENV, cwd=place / "work").code == 0
    hostile = ("import", "hostile.jks", own("old-root.pem"), "--yes", "--alias", "first$(touch${IFS}pwned)")
    assert process(*hostile, env=ENV, cwd=place / "work").code == 0
    for name in SHELLS:
        done = process("--show-completion", name)
        assert done.code == 0
        (place / f"completion.{name}").write_text(done.out)
    return place


def surroundings(folder: Path) -> dict[str, str]:
    env = {key: value for key, value in os.environ.items() if key not in ("TRUSTSTORE_PASSWORD", "ZDOTDIR", "COLUMNS")}
    return env | {"PATH": f"{folder / 'bin'}:{env['PATH']}", "HOME": str(folder), "TERM": "dumb"}


def completed(name: str, folder: Path, line: str, **more: str) -> set[str]:
    """What the shell offers behind `line`."""
    program = shell(name)
    env = surroundings(folder) | more
    script = folder / f"completion.{name}"
    if name == "zsh":
        return set(re.findall(r"[\w.:-]+", at_its_prompt(name, folder, line, env)))
    if name == "bash":
        words = line.split(" ")
        code = f'. {script}; COMP_WORDS=({line} ""); COMP_CWORD={len(words) - 1}; '
        code = code if line.endswith(" ") else code.replace(' "")', ")")
        code += '_truststore_tool_completion truststore-tool; printf "%s\\n" "${COMPREPLY[@]}"'
        command = [program, "--norc", "--noprofile", "-c", code]
    else:
        command = [program, "--no-config", "-c", f"source {script}; complete --do-complete '{line}'"]
    done = subprocess.run(command, env=env, cwd=folder / "work", capture_output=True, text=True, timeout=120)
    return {row.partition("\t")[0] for row in done.stdout.splitlines() if row}


# What an interactive shell without settings of its own is told, for it to read the script of completion.
SETUP = {
    "bash": "bind 'set bell-style none'; PS1='> '; source {}",
    "zsh": "PS1='> '; LISTMAX=0; autoload -Uz compinit; compinit -u -D; source {}; unsetopt AUTO_MENU MENU_COMPLETE;"
    " setopt LIST_PACKED",
}
BARE = {"bash": ("--norc", "--noprofile", "-i"), "zsh": ("-f", "-i")}


def at_its_prompt(name: str, folder: Path, line: str, env: dict[str, str], mark: str | None = None) -> str:
    """What a shell shows at its prompt for the line and a tab, until the mark or for as long as it shows something."""
    program = shell(name)
    need_terminals()
    pid, master = pty.fork()
    if pid == 0:
        os.chdir(folder / "work")
        os.execve(program, [program, *BARE[name]], env)  # noqa: S606
    os.write(master, f"{SETUP[name].format(folder / f'completion.{name}')}; echo rea''dy\n".encode())
    _until(master, "ready")
    os.write(master, f"{line}\t".encode())
    shown = _until(master, mark)
    os.write(master, b"\x03\nexit\n")
    _until(master, None)
    os.close(master)
    os.waitpid(pid, 0)
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", " ", shown)


def _until(master: int, mark: str | None) -> str:
    """What the terminal shows until the mark, or until it has been quiet for long."""
    shown, deadline = "", time.monotonic() + 60
    while time.monotonic() < deadline:
        if select.select([master], [], [], 4.0 if mark is None else 0.5)[0]:
            try:
                shown += os.read(master, 65536).decode("utf-8", "replace")
            except OSError:
                break
        elif mark is None and shown:
            break
        if mark and mark in shown:
            break
    return shown


CASES = {
    "truststore-tool ver": ({"verify"}, {"list"}),
    "truststore-tool list a.jks --format j": ({"jks", "jceks"}, {"pem"}),
    "truststore-tool convert a.jks --to p": ({"pem", "pkcs12", "pkcs7"}, {"jks"}),
    "truststore-tool list a.jks --alias ": ({"first-root", "second-root"}, set()),
    "truststore-tool list a.jks --alias f": ({"first-root"}, {"second-root"}),
    "truststore-tool rename a.jks f": ({"first-root"}, {"second-root"}),
    "truststore-tool passwd a.jks --profile ": ({"compat", "modern", "passwordless"}, set()),
    "truststore-tool doctor a.jks --for java1": ({"java11", "java17"}, {"go"}),
    "truststore-tool postgres snippet p": ({"psql", "psycopg", "pgbouncer"}, {"jdbc"}),
    "truststore-tool postgres explain --client n": ({"node-postgres", "npgsql"}, {"jdbc"}),
    "truststore-tool fingerprint --algorithm sha": ({"sha1", "sha256"}, set()),
    "truststore-tool schema post": ({"postgres-probe", "postgres-sessions"}, {"list"}),
    "truststore-tool doctor a.jks --fail-on ex": ({"expired", "expires-soon"}, {"error"}),
    "truststore-tool scan . --fail-on ": ({"error", "warning", "note", "expired"}, set()),
    "truststore-tool scan . --report j": ({"json", "junit"}, {"csv"}),
}


# Zsh has to be watched at a terminal until it is quiet, so it is asked for less.
ASKED = [
    (name, line) for line in CASES for name in SHELLS if name != "zsh" or line.endswith(("--format j", "--alias f"))
]


@pytest.mark.parametrize(("name", "line"), ASKED)
def test_a_shell_completes_values(folder: Path, name: str, line: str) -> None:
    wanted, unwanted = CASES[line]
    offered = completed(name, folder, line)
    assert wanted <= offered, offered
    assert not unwanted & offered


@pytest.mark.parametrize("name", ["bash", "fish"])
def test_a_locked_store_is_left_alone_without_a_word(folder: Path, name: str) -> None:
    line = "truststore-tool list locked.p12 --alias "
    assert "first-root" not in completed(name, folder, line)
    assert {"first-root", "second-root"} <= completed(name, folder, line, **ENV)
    assert "first-root" not in completed(name, folder, line, TRUSTSTORE_PASSWORD="wrong-one")
    assert "first-root" not in completed(name, folder, "truststore-tool list nosuch --alias ")


@pytest.mark.parametrize("name", SHELLS)
def test_an_alias_that_a_shell_would_run_is_not_offered(folder: Path, name: str) -> None:
    offered = completed(name, folder, "truststore-tool list hostile.jks --alias ")
    assert not any("touch" in each for each in offered)
    assert not (folder / "work" / "pwned").exists()


@pytest.mark.parametrize("name", ["bash", "zsh"])
@pytest.mark.parametrize("store", ["~/my\\ store.jks", '"$HOME/my store.jks"', "it\\'s.jks"])
def test_a_path_is_read_as_the_shell_will_read_it(folder: Path, name: str, store: str) -> None:
    for place in (folder / "my store.jks", folder / "work" / "it's.jks"):
        place.write_bytes((folder / "work" / "a.jks").read_bytes())
    shown = at_its_prompt(name, folder, f"truststore-tool list {store} --alias f", surroundings(folder), "first-root")
    assert "--alias first-root" in shown


@pytest.mark.parametrize("name", ["bash", "fish"])
def test_a_bundle_is_completed_where_no_file_is_called_so(folder: Path, name: str) -> None:
    assert "certifi" in completed(name, folder, "truststore-tool import b.jks certi")
    (folder / "work" / "certificates").touch()
    assert "certifi" not in completed(name, folder, "truststore-tool import b.jks certi")
    (folder / "work" / "certificates").unlink()


@pytest.mark.parametrize("name", [*SHELLS, "powershell", "pwsh"])
def test_the_shell_that_is_named_counts(name: str) -> None:
    """Not the one that it runs in, nor whether that can be known."""
    done = process("--show-completion", name, env={"SHELL": "/bin/tcsh"})
    marks = {"bash": "complete -o default", "zsh": "#compdef", "fish": "complete --command"}
    assert (done.code, done.err) == (0, "")
    assert marks.get(name, "Register-ArgumentCompleter") in done.out


def test_another_shell_is_refused(tool: Tool) -> None:
    for words in (("--show-completion", "tcsh"), ("--install-completion", "tcsh"), ("--show-completion",)):
        assert tool(*words).code == 2
    assert "zsh" in tool("--show-completion", "tcsh").err


def test_it_is_put_where_the_shell_reads_it(tmp_path: Path) -> None:
    assert process("--install-completion", "fish", env={"HOME": str(tmp_path)}).code == 0
    written = tmp_path / ".config" / "fish" / "completions" / "truststore-tool.fish"
    assert written.read_text().strip() == process("--show-completion", "fish").out.strip()


def test_the_profiles_are_those_of_the_format() -> None:
    assert set(completing.PROFILES) == set(PROFILES)


def test_the_other_programs_are_in_the_help(tool: Tool) -> None:
    shown = tool("--help").out
    assert re.search(r"^\W*keytool\s+The command line of keytool", shown, re.MULTILINE)
    assert re.search(r"^\W*openssl\s+", shown, re.MULTILINE)
    asked = tool("help", "keytool")
    assert "-importcert" in asked.out + asked.err
