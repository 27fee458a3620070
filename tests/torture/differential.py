"""A differential fuzzer: what a JVM trusts in damaged stores, and what our codecs show of them.

    python -m tests.torture.differential NUMBER [SEED]

One long-lived JVM is asked about one mutant after the other. A finding is whatever Java trusts and we do not show,
what both read and see differently, and anything but a TrustStoreError. Where we refuse a store, or say that a part of
it was not read, nobody is told that it is safe: such clusters are in harmless.toml with the reason for each; one that
is not in there is a finding, too.
"""

import hashlib
import math
import re
import struct
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from tests.readers.jvms import homes
from tests.realtools import jdk_homes
from tests.torture import builders, seeds
from tests.torture.builders import Mutant
from truststore_tool import formats
from truststore_tool.errors import TrustStoreError
from truststore_tool.formats.java_block import certificate_der
from truststore_tool.model import TrustedEntry, fold_alias

HERE: Final = Path(__file__).resolve().parent
_BATCH: Final = 48  # what is asked at once: fits into the pipes of both sides, so that neither waits for the other
_NUMBERS: Final = re.compile(r"0x[0-9a-f]+|\d+(?:\.\d+)*|'[^']*'|\"[^\"]*\"")
_REFUSED: Final = -1

# Alias and SHA-256 of each trusted certificate.
Trusted = tuple[tuple[str, bytes], ...]


class Shown(NamedTuple):
    """What we make of a mutant: what it trusts, or why it is not read; and the parts that were not read."""

    trusted: Trusted = ()
    refusal: str = ""
    unread: tuple[str, ...] = ()


@dataclass
class Figures:
    """What came of it.

    Attributes:
        mutants, read, shared: how many were tried, how many Java reads, how many of these we read, too.
        harmless: clusters in the list, by how many are in each.
        findings: clusters that are not, each with an example in hex.
    """

    mutants: int = 0
    read: int = 0
    shared: int = 0
    harmless: Counter[str] = field(default_factory=Counter)
    findings: dict[str, tuple[int, str]] = field(default_factory=dict)

    def find(self, what: str, mutant: Mutant) -> None:
        """Counts a finding, and keeps the shortest example."""
        number, example = self.findings.get(what, (0, ""))
        fresh = mutant.data.hex()
        self.findings[what] = number + 1, fresh if not example or len(fresh) < len(example) else example


@cache
def harmless() -> tuple[re.Pattern[str], ...]:
    """Patterns of the clusters that need no mending, each of which has its reason in the file."""
    listed = tomllib.loads(HERE.joinpath("harmless.toml").read_text(encoding="utf-8"))["cluster"]
    assert all(item["reason"] for item in listed)
    return tuple(re.compile(item["pattern"]) for item in listed)


class Judge(NamedTuple):
    """A JVM that says what it trusts."""

    process: subprocess.Popen[bytes]

    def ask(self, mutants: Sequence[Mutant]) -> None:
        """Send some, of which it reads the first while the last are still on their way."""
        kinds = [mutant.storetype.encode() for mutant in mutants]
        parts = (
            bytes((len(kind),)) + kind + struct.pack(">I", len(mutant.data)) + mutant.data
            for kind, mutant in zip(kinds, mutants, strict=True)
        )
        pipe = self.process.stdin
        assert pipe
        pipe.write(b"".join(parts))
        pipe.flush()

    def answer(self) -> Trusted | None:
        """The next answer; None where it refuses."""
        number = self._number()
        if number == _REFUSED:
            return None
        return tuple((self._take(self._number()).decode(), self._take(32)) for _ in range(number))

    def _number(self) -> int:
        number: int = struct.unpack(">i", self._take(4))[0]
        return number

    def _take(self, size: int) -> bytes:
        assert self.process.stdout
        return self.process.stdout.read(size)


@contextmanager
def judge(name: str = "") -> Iterator[Judge]:
    """A JVM: the newest of this machine's, or the newest whose name begins so."""
    found = [home for runtime, home in homes()[0].items() if runtime.startswith(name)]
    compiler = next(home / "bin" / "javac" for home in jdk_homes() if (home / "bin" / "javac").exists())
    with tempfile.TemporaryDirectory() as classes:
        command: list[str | Path] = [compiler, "--release", "8", "-Xlint:-options", "-d", classes]
        subprocess.run([*command, HERE / "FuzzJudge.java"], check=True)
        java: list[str | Path] = [found[-1] / "bin" / "java", "-Xmx256m", "-XX:+UseSerialGC", "-cp", classes]
        with subprocess.Popen([*java, "FuzzJudge"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            yield Judge(process)
            assert process.stdin
            process.stdin.close()


def run(jvm: Judge, number: int, seed: int, seconds: float = math.inf) -> Figures:
    """Compare that many mutants, or as many as there is time for."""
    figures = Figures()
    source = islice(builders.mutants(seed), number)
    start = time.monotonic()
    while (batch := list(islice(source, _BATCH))) and time.monotonic() - start < seconds:
        jvm.ask(batch)
        for mutant in batch:
            compare(figures, mutant, jvm.answer())
    return figures


def compare(figures: Figures, mutant: Mutant, java: Trusted | None) -> None:
    """Put a mutant down, and Java's answer to it."""
    figures.mutants += 1
    figures.read += java is not None
    try:
        shown = ours(mutant)
    except Exception as exc:  # a crash is what is looked for
        figures.find(f"{mutant.storetype}: {type(exc).__name__}", mutant)
        return
    if java is None:
        return
    figures.shared += not shown.refusal
    what = cluster(mutant, java, shown)
    if what is None:
        return
    if any(pattern.search(what) for pattern in harmless()):
        figures.harmless[what] += 1
    else:
        figures.find(what, mutant)


def main(arguments: Sequence[str]) -> int:
    """The command line; the exit code is 1 when anything was found."""
    number, seed, name = (*arguments, *("1", "")[len(arguments) - 1 :])
    with judge(name) as jvm:
        figures = run(jvm, int(number), int(seed))
    sys.stdout.write(report(figures) + "\n")
    return int(bool(figures.findings))


def report(figures: Figures) -> str:
    """The figures, then what was found, one line each."""
    lines = [
        f"differential: {figures.mutants:,} mutants, of which Java reads {figures.read:,} and we {figures.shared:,} of"
        f" these; {sum(figures.harmless.values()):,} in {len(figures.harmless)} harmless clusters;"
        f" {len(figures.findings)} findings"
    ]
    lines += [f"harmless {number:,} x {what}" for what, number in figures.harmless.most_common()]
    lines += [f"finding {number:,} x {what}: {example}" for what, (number, example) in figures.findings.items()]
    return "\n".join(lines)


def ours(mutant: Mutant) -> Shown:
    """What we show of it. Raises what must not be raised."""
    if mutant.storetype == builders.CERTIFICATE:
        return Shown((("", hashlib.sha256(certificate_der(mutant.data)).digest()),))
    try:
        store = formats.get(mutant.storetype.lower()).loads(mutant.data, seeds.PASSWORD)
    except TrustStoreError as exc:
        return Shown(refusal=f"{type(exc).__name__}: {exc.message}")
    trusted = tuple(
        (fold_alias(entry.alias), hashlib.sha256(entry.certificate.der).digest())
        for entry in store.entries
        if isinstance(entry, TrustedEntry)
        # Java lists aliases of JKS that are not in lower case, and finds nothing under them. We show them with a note.
        and (mutant.storetype == "PKCS12" or entry.alias == fold_alias(entry.alias))
    )
    return Shown(trusted, unread=store.unread)


def cluster(mutant: Mutant, java: Trusted, shown: Shown) -> str | None:
    """What differs, in words that are the same for all that differ so; None where nothing does."""
    kind = mutant.storetype
    if shown.refusal:
        return f"{kind}: Java reads what we refuse: {_NUMBERS.sub('#', shown.refusal)}"
    hidden = {digest for _, digest in java} - {digest for _, digest in shown.trusted}
    if hidden and shown.unread:
        return f"{kind}: Java trusts what we say was not read: {_NUMBERS.sub('#', '; '.join(shown.unread))}"
    if hidden:
        return f"{kind}: Java trusts what we do not show"
    if len(java) != len(shown.trusted):
        return f"{kind}: we show as trusted what Java does not trust"
    mine, theirs = ([(_as_java_prints(alias), digest) for alias, digest in each] for each in (shown.trusted, java))
    if sorted(mine) != sorted(theirs) and shown.unread:
        return f"{kind}: aliases differ beside what we say was not read"
    if sorted(mine) != sorted(theirs):
        return f"{kind}: both read and differ in aliases"
    if kind == "PKCS12" and mine != theirs:
        return f"{kind}: both read and differ in order"
    return None


def _as_java_prints(alias: str) -> str:
    """Java has one question mark for each half of a character that is not whole."""
    return alias.encode("utf-8", "replace").decode()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
