"""Hostile input for everything that reads: how much was tried, and what was found.

Each target works in a process of its own. An input is a finding when it raises anything but a TrustStoreError, takes
more than two seconds of processor time, or more memory than ten times its size and 100 MB.
"""

import hashlib
import json
import os
import re
import resource
import signal
import socket
import sys
import tempfile
import time
import traceback
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from types import FrameType
from typing import Final, NoReturn

from tests.torture import bulk, targets
from truststore_tool.errors import TrustStoreError

MOST_SECONDS: Final = 2.0
MOST_MEMORY: Final = 100 * 1024 * 1024
_HANG: Final = 20.0
# Inputs that an earlier one has not led to join the seeds, up to this many of them.
_POOL: Final = 400
_NUMBER: Final = re.compile(r"0x[0-9a-f]+|\d+|'[^']*'|\"[^\"]*\"")


@dataclass
class Figures:
    """What came of one target.

    Attributes:
        executions: inputs tried.
        accepted: those that were read without an error.
        seconds: processor time of all of them.
        slowest: processor time of the slowest.
        growth: by how much the memory of the process grew at most.
        findings: what must not be, by what it is: one example each, in hex where it is short, else in the folder.
    """

    target: str
    executions: int = 0
    accepted: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    growth: int = 0
    findings: dict[str, str] = field(default_factory=dict)


class HangError(Exception):
    """An input that does not come to an end."""


def attack(name: str, seconds: float, seed: int, findings: Path, *, with_bulk: bool = True) -> Figures:
    """Feed a target for so many seconds, in a process of its own, and large inputs at the end; gives the figures."""
    findings = findings.resolve()  # the process works in another directory
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        answer = Path(folder, "answer.json")
        child = os.fork()
        if child == 0:
            _child(name, seconds, seed, findings, Path(folder), answer, with_bulk=with_bulk)
        _, status = os.waitpid(child, 0)
        if not answer.exists():
            return Figures(name, findings={f"the process died: {os.waitstatus_to_exitcode(status)}": ""})
        return Figures(**json.loads(answer.read_text()))


def _memory() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 -- tempfile makes a directory in it


def _child(
    name: str, seconds: float, seed: int, findings: Path, folder: Path, answer: Path, *, with_bulk: bool
) -> NoReturn:
    try:
        isolate(folder / "work")
        figures = Figures(name)
        session = Session(figures, findings)
        session.mutants(seconds, Random(seed))  # noqa: S311 -- no secret
        if with_bulk:
            for label, data in bulk.inputs(name):
                session.one(data, label, reading=True)
        temporary = answer.with_suffix(".tmp")
        temporary.write_text(json.dumps(asdict(figures)))
        temporary.rename(answer)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)


def isolate(folder: Path) -> None:
    """Make a process fit for mutants: in a new folder, without a terminal or a network."""
    os.setsid()  # without a terminal nothing asks for a password
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    vars(socket)["socket"] = _no_network  # no mutant talks to anybody
    folder.mkdir()
    targets.prepare(folder)


def _no_network(*_: object, **__: object) -> NoReturn:
    raise OSError("no network here")


def _hang(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise HangError("does not end")


class Session:
    """One target at work."""

    def __init__(self, figures: Figures, findings: Path) -> None:
        self.figures = figures
        self.findings = findings
        self.target = targets.targets()[figures.target]
        signal.signal(signal.SIGPROF, _hang)

    def mutants(self, seconds: float, rng: Random) -> None:
        """Mutate and try. What ends in a way not seen before becomes a seed."""
        pool = self.target.seeds()
        seen = set()
        for data in pool:
            self.one(data)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            data = self.target.mutate(rng, pool)
            ending = self.one(data)
            if ending not in seen and len(pool) < _POOL:
                seen.add(ending)
                pool.append(data)
            if self.figures.executions % 1000 == 0:
                targets.restore()

    def one(self, data: bytes, label: str = "", *, reading: bool = False) -> str:
        """Try one input (with `reading`, only read it); gives how it ended, numbers and names aside."""
        act = self.target.read if reading and self.target.read else self.target.run
        figures = self.figures
        peak = _peak()
        ending = "read"
        finding = None
        signal.setitimer(signal.ITIMER_PROF, _HANG)
        start = time.process_time()
        try:
            act(data)
            figures.accepted += 1
        except TrustStoreError as exc:
            ending = f"{type(exc).__name__}: {_NUMBER.sub('#', exc.message)[:80]}"
        except (Exception, SystemExit) as exc:
            ending = finding = _where(exc)
        finally:
            spent = time.process_time() - start
            signal.setitimer(signal.ITIMER_PROF, 0)
        grown = _peak() - peak
        figures.executions += 1
        figures.seconds += spent
        figures.slowest = max(figures.slowest, spent)
        figures.growth = max(figures.growth, grown)
        if spent > MOST_SECONDS:
            finding = f"slow: {spent:.1f} s for {len(data)} bytes {label}".rstrip()
        elif grown > MOST_MEMORY + 10 * len(data):
            finding = f"large: {grown >> 20} MB for {len(data)} bytes {label}".rstrip()
        if finding and finding not in figures.findings and len(figures.findings) < 100:
            self._keep(finding, data)
        return ending

    def _keep(self, finding: str, data: bytes) -> None:
        name = f"{self.figures.target}-{hashlib.sha256(data).hexdigest()[:12]}"
        self.findings.mkdir(parents=True, exist_ok=True)
        (self.findings / name).write_bytes(data)
        self.figures.findings[finding] = data.hex() if len(data) <= 64 else str(self.findings / name)


def _peak() -> int:
    """The most memory that this process ever had, in bytes."""
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size if sys.platform == "darwin" else size * 1024


def _where(exc: BaseException) -> str:
    """Class and place of an exception: the last line of ours in its traceback."""
    frames = [frame for frame in traceback.extract_tb(exc.__traceback__) if "truststore_tool" in frame.filename]
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "elsewhere"
    return f"{type(exc).__name__} at {place}: {_NUMBER.sub('#', str(exc))[:80]}"
