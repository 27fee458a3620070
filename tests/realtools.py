"""The real programs that tests hold our work against, and how a test asks for them.

A program that is missing skips the test on a developer's machine and fails it under CI, where nothing may be missing.
"""

import base64
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

HERE = Path(__file__).resolve().parent
# What is fetched or made once for all runs.
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "truststore-tool-tests"
ABSENT = "absent reader: "
ABSENT_READERS = pytest.StashKey[list[str]]()


def missing(what: str) -> NoReturn:
    """Skip, or fail where CI=true, because a real program is not there."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing, and CI must have it")
    pytest.skip(f"{what} is missing")


def absent(what: str) -> NoReturn:
    """Skip, also under CI, as a machine need not have that; the end of the run tells of it."""
    pytest.skip(f"{ABSENT}{what}")


def find(program: str) -> str:
    """Path of a program on PATH, or a skip."""
    return shutil.which(program) or missing(program)


def need_terminals() -> None:
    """Skip where no terminal can be made, as in a container without /dev/pts."""
    try:
        ends = os.openpty()
    except OSError:
        missing("/dev/pts")
    for end in ends:
        os.close(end)


def need_proc() -> None:
    """Skip where /dev/stdin and /dev/fd lead nowhere."""
    if not Path("/proc/self/fd").is_dir():
        missing("/proc")


def node_package(name: str) -> Path:
    """The folder of a package of npm: in TRUSTSTORE_TOOL_NODE_MODULES, or made by npm beside the tests; or a skip."""
    named = os.environ.get("TRUSTSTORE_TOOL_NODE_MODULES")
    place = (Path(named) if named else HERE.parent / ".node" / "node_modules") / name
    return place if place.is_dir() else missing(f"{name} (npm install --prefix .node {name})")


def run(*command: str | Path, stdin: bytes = b"", check: bool = True, cwd: Path | None = None) -> bytes:
    """Standard output of a real program in the C locale; a non-zero exit fails the test with what it printed."""
    done = subprocess.run(
        [str(word) for word in command],
        input=stdin,
        capture_output=True,
        cwd=cwd,
        timeout=300,
        env={**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
    )
    if check and done.returncode:
        pytest.fail(f"{command[0]} exited {done.returncode}:\n{done.stdout.decode()}{done.stderr.decode()}")
    return done.stdout


@dataclass(frozen=True)
class JavaEntry:
    """An entry as KeyStore shows it; `created` in milliseconds, `key` the SHA-256 of the opened key or None."""

    alias: str
    kind: str
    created: int
    key: str | None
    certificates: tuple[str, ...]


@dataclass(frozen=True)
class JavaView:
    """A store as a JVM sees it: its entries, and what a TrustManagerFactory made from it trusts (SHA-256 hex)."""

    error: str | None
    entries: tuple[JavaEntry, ...] = ()
    trusted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Request:
    """A store for a JVM to open: its type, path and password, and further passwords to try on its keys."""

    type: str
    path: Path
    password: str | None
    key_passwords: tuple[str, ...] = ()


@dataclass(frozen=True)
class Jdk:
    """One installed JDK."""

    home: Path
    classes: Path

    @property
    def keytool(self) -> Path:
        """Its keytool."""
        return self.home / "bin" / "keytool"

    def read(self, *requests: Request) -> list[JavaView]:
        """What this JVM sees in each store; one JVM serves all requests."""
        lines = []
        for r in requests:
            words = [r.type, str(r.path), r.password, *r.key_passwords]
            lines.append("\t".join("-" if w is None else base64.b64encode(w.encode()).decode() for w in words))
        java = self.home / "bin" / "java"
        answer = run(java, "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", self.classes, "StoreReader",
                     stdin="".join(f"{line}\n" for line in lines).encode())  # fmt: skip
        return [_view(json.loads(line)) for line in answer.decode().splitlines()]


def _view(answer: dict[str, object]) -> JavaView:
    if "error" in answer:
        return JavaView(str(answer["error"]))
    entries, trusted = answer["entries"], answer["trusted"]
    assert isinstance(entries, list)
    assert isinstance(trusted, list)
    return JavaView(
        None,
        tuple(JavaEntry(e["alias"], e["kind"], e["created"], e["key"], tuple(e["certificates"])) for e in entries),
        tuple(trusted),
    )


def jdk_homes() -> list[Path]:
    """Homes of the JDKs to test against: TRUSTSTORE_TOOL_JDKS (separated like PATH), else the one on PATH."""
    named = os.environ.get("TRUSTSTORE_TOOL_JDKS", "")
    if named:
        return [Path(home) for home in named.split(os.pathsep)]
    keytool = shutil.which("keytool")
    return [Path(keytool).resolve().parent.parent] if keytool else []


def compiled_reader(classes: Path, homes: list[Path]) -> Path:
    """The folder `classes`, made by compiling the store reader into it for every JDK from 17 on; or a skip."""
    compiler = next((home / "bin" / "javac" for home in homes if (home / "bin" / "javac").exists()), None)
    if compiler is None:
        missing("javac")
    run(compiler, "--release", "17", "-d", classes, HERE / "interop" / "StoreReader.java")
    return classes
