"""`openssl x509` of ours in this process, and a real one of a release: this machine's, or that of the tests' Debian."""

import io
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests import debian
from tests.realtools import absent, find, run
from truststore_tool.shims.openssl import VERSION_VARIABLE, x509

RELEASES: Final = ("3.0", "3.5")
# Lines of OpenSSL's error stack hold a thread's number and lines of its source.
_STACK: Final = re.compile(rb"(?m)^[0-9A-F]{12,16}:error:.*\n")
Answer = tuple[int, bytes, bytes]


@dataclass(frozen=True)
class OpenSSL:
    """A real openssl.

    Attributes:
        release: such as 3.0.
        command: how to start it.
        root: what it takes for the root of the file system.
        folder: a folder for what it is to read and write.
    """

    release: str
    command: tuple[str, ...]
    root: Path
    folder: Path

    def inside(self, word: str | Path) -> str:
        """An argument with paths as that program has them."""
        return str(word) if self.root == Path("/") else str(word).replace(str(self.root), "")

    def sample(self, path: Path) -> Path:
        """A copy of a file where that program can read it."""
        return Path(shutil.copy(path, self.folder / path.name))

    def run(self, *words: str | Path, stdin: bytes = b"") -> bytes:
        """Standard output of any of its commands; a non-zero exit fails the test."""
        return run(*self.command, *map(self.inside, words), stdin=stdin)

    def x509(self, *words: str | Path, stdin: bytes = b"") -> Answer:
        """What its x509 says. It has no terminal, so that it asks for passwords on standard input."""
        command = [*self.command, "x509", *map(self.inside, words)]
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=120, start_new_session=True)
        return done.returncode, done.stdout, _STACK.sub(b"", done.stderr)


@contextmanager
def installed(release: str) -> Iterator[OpenSSL]:
    """The real openssl of a release; a skip, which the run's end tells of, where there is none."""
    program = find("openssl")
    if run(program, "version").startswith(f"OpenSSL {release}.".encode()):
        with tempfile.TemporaryDirectory() as name:
            yield OpenSSL(release, (program,), Path("/"), Path(name))
        return
    there = debian.there()
    if not there.run("openssl", "version").startswith(f"OpenSSL {release}.".encode()):
        absent(f"OpenSSL {release}")
    with there.shared() as (outside, _):
        yield OpenSSL(release, tuple(there.command("openssl")), there.root, outside)


@dataclass(frozen=True)
class Pair:
    """Ours, which speaks the release of the real one, and that."""

    real: OpenSSL
    monkeypatch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[bytes]

    def ours(self, *arguments: str | Path, stdin: bytes = b"") -> Answer:
        """Our x509 in this process: exit code, standard output, standard error."""
        self.monkeypatch.setenv(VERSION_VARIABLE, self.real.release)
        self.monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        self.capture.readouterr()
        code = x509.run([str(word) for word in arguments])
        out, err = self.capture.readouterr()
        return (
            code,
            out,
            self.real.inside(_STACK.sub(b"", err).decode("utf-8", "surrogateescape")).encode(
                "utf-8", "surrogateescape"
            ),
        )

    def alike(self, *arguments: str | Path, stdin: bytes = b"") -> None:
        """Assert that both say the same."""
        assert self.ours(*arguments, stdin=stdin) == self.real.x509(*arguments, stdin=stdin), arguments
