"""A real JVM as a judge of certificates and stores: one long-lived process, asked over its standard input."""

import struct
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from tests.realtools import jdk_homes, missing, run

SOURCE: Final = Path(__file__).with_name("JavaJudge.java")
_BATCH: Final = 200  # what is asked at once, so that both sides' pipes are never full together


@dataclass(frozen=True)
class StoreView:
    """A store as the JVM sees it: SHA-256 (hex) of its trusted entries, of whom a trust manager made from it trusts,
    and of the anchors of PKIXParameters; or the exception, where there was one."""

    error: str | None
    trusted: tuple[str, ...] = ()
    manager: tuple[str, ...] = ()
    manager_error: str | None = None
    anchors: tuple[str, ...] = ()
    anchor_error: str | None = None


class Judge:
    """One running JVM."""

    def __init__(self, home: Path, classes: Path) -> None:
        quick = ("-Xshare:auto", "-XX:TieredStopAtLevel=1")
        self._process = subprocess.Popen(
            [str(home / "bin" / "java"), *quick, "-cp", str(classes), "JavaJudge"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.release = _release(home)

    def close(self) -> None:
        """Ends the JVM."""
        stdin, stdout = self._pipes()
        stdin.close()
        self._process.wait(timeout=300)
        stdout.close()

    def why_refused(self, certificates: Iterable[bytes]) -> list[str | None]:
        """For each certificate the exception of CertificateFactory (class and message), or None."""
        ders = list(certificates)
        answers: list[str | None] = []
        for first in range(0, len(ders), _BATCH):
            batch = ders[first : first + _BATCH]
            self._send(b"".join(b"C" + _bytes(der) for der in batch))
            answers += [self._answer() or None for _ in batch]
        return answers

    def store(self, kind: str, data: bytes, password: str | None) -> StoreView:
        """What KeyStore.getInstance(kind) and its users see in `data`."""
        secret = None if password is None else password.encode()
        self._send(b"S" + _bytes(kind.encode()) + _bytes(secret) + _bytes(data))
        lines = [line.partition(" ")[::2] for line in self._answer().splitlines()]

        def of(word: str) -> tuple[str, ...]:
            return tuple(rest for first, rest in lines if first == word)

        def one(word: str) -> str | None:
            return next(iter(of(word)), None)

        return StoreView(
            one("error"), of("trusted"), of("manager"), one("manager-error"), of("anchor"), one("anchor-error")
        )

    def _send(self, request: bytes) -> None:
        stdin, _ = self._pipes()
        stdin.write(request)
        stdin.flush()

    def _answer(self) -> str:
        _, stdout = self._pipes()
        (length,) = struct.unpack(">i", stdout.read(4))
        return stdout.read(length).decode()

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        return stdin, stdout


def _bytes(octets: bytes | None) -> bytes:
    return struct.pack(">i", -1) if octets is None else struct.pack(">i", len(octets)) + octets


def _release(home: Path) -> int:
    """The feature release, from the file `release` of the JDK."""
    text = (home / "release").read_text()
    version = text.partition('JAVA_VERSION="')[2].partition('"')[0].removeprefix("1.")
    return int(version.partition(".")[0])


def compiled_judge(classes: Path) -> Path:
    """The folder `classes`, made by compiling the judge into it for every JDK from 8 on; or a skip."""
    compiler = next((home / "bin" / "javac" for home in jdk_homes() if (home / "bin" / "javac").exists()), None)
    if compiler is None:
        missing("javac")
    run(compiler, "-Xlint:-options", "--release", "8", "-d", classes, SOURCE)
    return classes
