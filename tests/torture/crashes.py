"""kill -9 at every file-system call of a command, and at random moments of a process: old or new, and nothing stray."""

import contextlib
import io
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from tests import faults, samples
from tests.faults import Outcome, Scenario
from truststore_tool import cli, formats
from truststore_tool.errors import TrustStoreError
from truststore_tool.formats import pem
from truststore_tool.model import Certificate, TrustedEntry, TrustStore
from truststore_tool.stores import open_store, save_store

PASSWORD: Final = "changeit"
SUFFIXES: Final = {"jks": ".jks", "jceks": ".jceks", "pkcs12": ".p12", "pem": ".pem"}
OLD: Final = tuple(samples.certificates(samples.amazon("rds-ca-2019-root.pem")))
NEW: Final = tuple(samples.certificates(samples.own("new-root.pem")))
MANY: Final = tuple(samples.certificates(samples.amazon("rds-global-bundle.pem")))


class ExitError(TrustStoreError):
    """A command that ended with another exit code than 0: the code, and what it said on standard error."""


class Case(NamedTuple):
    """A command that changes a store, and what the store holds before and after it.

    Attributes:
        format: of the store.
        before: its certificates; None when there is no store yet.
        added: those that the command adds.
        options: of the command.
    """

    format: str
    before: tuple[Certificate, ...] | None
    added: tuple[Certificate, ...]
    options: tuple[str, ...] = ()

    @property
    def store(self) -> str:
        """The name of the store's file."""
        return f"store{SUFFIXES[self.format]}"

    def words(self, folder: Path) -> list[str]:
        """The command line."""
        source = folder / "source.pem"
        return ["import", str(folder / self.store), str(source), "--yes", "--quiet", *self.options]

    def prepare(self, folder: Path) -> None:
        """Make what is there before."""
        (folder / "source.pem").write_text("".join(map(pem.encode, self.added)))
        if self.before is not None:
            has_aliases = formats.get(self.format).has_aliases
            entries = (TrustedEntry(f"old{i}" if has_aliases else "", c) for i, c in enumerate(self.before))
            save_store(TrustStore(tuple(entries), format=self.format), folder / self.store, PASSWORD)

    def act(self, folder: Path) -> None:
        """Run the command in this process. Raises ExitError."""
        os.environ["TRUSTSTORE_PASSWORD"] = PASSWORD
        said = io.StringIO()
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            code = cli.run(self.words(folder))
        if code:
            raise ExitError(f"{code}\n{said.getvalue()}")


def cases() -> dict[str, Case]:
    """What is struck, by name."""
    found = {}
    for name in SUFFIXES:
        found[f"{name} create"] = Case(name, None, NEW)
        found[f"{name} import"] = Case(name, OLD, NEW)
        found[f"{name} import many"] = Case(name, OLD, MANY)
        found[f"{name} backup"] = Case(name, OLD, NEW, ("--backup",))
    return found


@dataclass
class Figures:
    """What came of the crashes.

    Attributes:
        kills: processes that were killed.
        errors: calls that were made to fail.
        left: kills by what the store held afterwards: ``"old"`` or ``"new"``.
        strays: temporaries and lock files that kills left, all of which the next run removed.
        findings: what must not be.
    """

    kills: int = 0
    errors: int = 0
    left: Counter[str] = field(default_factory=Counter)
    strays: int = 0
    findings: list[str] = field(default_factory=list)


def strike(name: str, scratch: Path, figures: Figures) -> None:
    """Go through one case with a fault at every call, and judge what each leaves."""
    case = cases()[name]
    _, *struck = faults.outcomes(name, scratch, "tests.torture.crashes")
    for outcome in struck:
        killed = outcome.status == "killed"
        figures.kills += killed
        figures.errors += not killed
        _judge(case, f"{name}: {outcome.fault} at {outcome.call}", outcome.files, outcome.again, figures, killed=killed)
        if not killed and (problem := _wrong_answer(case, outcome)):
            figures.findings.append(f"{name}: {outcome.fault} at {outcome.call}: {problem}")


def _judge(
    case: Case, where: str, left: dict[str, bytes], again: dict[str, bytes], figures: Figures, *, killed: bool
) -> None:
    held = _held(case, left.get(case.store))
    if held is None:
        figures.findings.append(f"{where}: the store is neither the old nor the new one")
    elif killed:
        figures.left[held] += 1
        figures.strays += len(_strays(left))
    if _held(case, again.get(case.store)) != "new" or _strays(again):
        figures.findings.append(f"{where}: the next run left {sorted(again)}")


def _held(case: Case, data: bytes | None) -> str | None:
    """Whether a store is the old or the new one; None when it is neither, or does not open."""
    if data is None:
        return "old" if case.before is None else None
    try:
        found = {entry.certificate for entry in open_store(data, PASSWORD).trusted()}
    except TrustStoreError:
        return None
    old = set(case.before or ())
    return "old" if case.before is not None and found == old else "new" if found == old | set(case.added) else None


def _strays(files: dict[str, bytes]) -> list[str]:
    return [name for name in files if name.startswith(".")]


def _wrong_answer(case: Case, outcome: Outcome) -> str | None:
    """What is wrong with how a command answered a failed call; None when nothing is."""
    held = _held(case, outcome.files.get(case.store))
    if outcome.status == "done":
        return None if held == "new" else f"exit 0, but the store is {held}"
    if outcome.status != "ExitError":
        return outcome.status
    code, *lines = outcome.message.splitlines()
    if code not in ("3", "5") or not lines or not lines[0].startswith("error: "):
        return outcome.message
    if len(lines) > 2 or any(not line.startswith("hint: ") for line in lines[1:]):
        return f"more than a line and a hint: {outcome.message}"
    if held == "new" and "is written" not in lines[0]:
        return f"exit {code}, but the store is the new one: {outcome.message}"
    if any(name.endswith(".tmp") for name in outcome.files):
        return f"a temporary is left: {sorted(outcome.files)}"
    return None


def kill_processes(number: int, figures: Figures, seed: int = 1) -> None:
    """Start the command as a process of its own so many times, and kill each at a random moment."""
    rng = random.Random(seed)  # noqa: S311 -- no secret
    every = [case for name, case in cases().items() if not name.endswith("backup")]
    with tempfile.TemporaryDirectory() as scratch:
        durations = {case: _duration(case, Path(scratch)) for case in every}
        for turn in range(number):
            case = every[turn % len(every)]
            # The first half of a run goes into importing Python's modules: most kills are to meet the second.
            moment = durations[case] * rng.choice((rng.random(), rng.uniform(0.5, 1.1)))
            folder = Path(scratch, str(turn))
            folder.mkdir()
            case.prepare(folder)
            process = _start(case, folder)
            time.sleep(moment)
            process.kill()
            killed = process.wait() == -signal.SIGKILL
            left = _files(folder)
            if _start(case, folder).wait() != 0:
                figures.findings.append(f"process {turn}: the next run failed")
            figures.kills += killed
            _judge(case, f"process {turn} after {moment:.3f} s", left, _files(folder), figures, killed=killed)


def _duration(case: Case, scratch: Path) -> float:
    folder = Path(tempfile.mkdtemp(dir=scratch))
    case.prepare(folder)
    start = time.monotonic()
    _start(case, folder).wait()
    return time.monotonic() - start


def _start(case: Case, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "truststore_tool", *case.words(folder)],
        env={**os.environ, "TRUSTSTORE_PASSWORD": PASSWORD},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def run(names: Sequence[str], processes: int) -> Figures:
    """Strike these cases call by call, and kill so many processes; gives the figures."""
    figures = Figures()
    with tempfile.TemporaryDirectory() as scratch:
        for name in names:
            strike(name, Path(scratch), figures)
    kill_processes(processes, figures)
    return figures


def _scenario(name: str) -> Scenario:
    case = cases()[name]
    return Scenario(partial(Case.prepare, case), partial(Case.act, case))


if __name__ == "__main__":
    faults.main(_scenario(sys.argv[1]), Path(sys.argv[2]))
