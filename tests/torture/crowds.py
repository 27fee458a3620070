"""Many processes at one store: every certificate arrives, nobody waits for ever, readers see whole stores only."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests import samples
from tests.torture.crashes import PASSWORD, SUFFIXES
from truststore_tool import formats
from truststore_tool.errors import TrustStoreError
from truststore_tool.formats import pem
from truststore_tool.model import Certificate, TrustedEntry, TrustStore
from truststore_tool.stores import open_store, save_store

ROOT: Final = samples.certificates(samples.own("new-root.pem"))[0]
MANY: Final = samples.certificates(samples.amazon("rds-global-bundle.pem"))


@dataclass
class Figures:
    """What came of one crowd.

    Attributes:
        processes: writers at work at the same time.
        seconds: until the last of them was done.
        reads: how often the store was opened meanwhile, each time whole.
        findings: what must not be.
    """

    processes: int
    seconds: float = 0.0
    reads: int = 0
    findings: list[str] = field(default_factory=list)


def gather(name: str, processes: int, shims: int = 0) -> Figures:
    """Let `processes` writers, `shims` of them by way of keytool, import a certificate each into one store.

    Beside them, a thread reads the store without pause. A lock file that a dead process left lies there before.
    """
    figures = Figures(processes)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        path = folder / f"store{SUFFIXES[name]}"
        entry = TrustedEntry("first" if formats.get(name).has_aliases else "", ROOT)
        save_store(TrustStore((entry,), format=name), path, PASSWORD)
        (folder / f".{path.name}.lock").touch()
        wanted = list(dict.fromkeys(MANY))[:processes]
        for number, certificate in enumerate(wanted):
            (folder / f"{number}.crt").write_text(pem.encode(certificate))
        reader = _Reader(path)
        reader.start()
        start = time.monotonic()
        writers = [_start(path, number, by_keytool=number < shims) for number in range(len(wanted))]
        _wait(writers, figures)
        figures.seconds = time.monotonic() - start
        reader.stop()
        figures.reads = reader.reads
        figures.findings += reader.findings
        _judge(path, wanted, figures)
        figures.findings += [f"left over: {left.name}" for left in folder.iterdir() if left.name.startswith(".")]
    return figures


def _start(path: Path, number: int, *, by_keytool: bool) -> subprocess.Popen[bytes]:
    source = str(path.with_name(f"{number}.crt"))
    if by_keytool:
        options = ["-alias", f"alias {number}", "-file", source, "-keystore", str(path), "-storepass", PASSWORD]
        words = ["keytool", "-importcert", "-noprompt", *options]
    else:
        words = ["import", str(path), source, "--yes", "--quiet"]
    return subprocess.Popen(
        [sys.executable, "-m", "truststore_tool", *words],
        env={**os.environ, "TRUSTSTORE_PASSWORD": PASSWORD},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def _wait(writers: Sequence[subprocess.Popen[bytes]], figures: Figures) -> None:
    for number, writer in enumerate(writers):
        _, said = writer.communicate(timeout=300)
        if writer.returncode:
            figures.findings.append(f"writer {number} ended with {writer.returncode}: {said.decode()[-300:]}")


def _judge(path: Path, wanted: Sequence[Certificate], figures: Figures) -> None:
    found = [entry.certificate for entry in open_store(path, PASSWORD).trusted()]
    if len(found) != len(set(found)):
        figures.findings.append("a certificate is there twice")
    if set(found) != {ROOT, *wanted}:
        figures.findings.append(f"{len({ROOT, *wanted} - set(found))} certificates are lost")


class _Reader(threading.Thread):
    """Opens the store again and again; it may only grow."""

    def __init__(self, path: Path) -> None:
        super().__init__(daemon=True)
        self.path = path
        self.reads = 0
        self.findings: list[str] = []
        self._stopping = threading.Event()

    def run(self) -> None:
        most = 0
        while not self._stopping.wait(0.002):
            try:
                number = len(open_store(self.path, PASSWORD).entries)
            except TrustStoreError as exc:
                self.findings.append(f"a reader saw: {exc.message}")
                continue
            self.reads += 1
            if number < most:
                self.findings.append(f"a reader saw {number} entries after {most}")
            most = number

    def stop(self) -> None:
        """Let it end after the read at hand."""
        self._stopping.set()
        self.join()
