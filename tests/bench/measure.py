"""Timing pairs of commands in turns."""

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

PASSWORD: Final = "changeit"
STORE_PASSWORD: Final = ("-storepass:env", "TRUSTSTORE_PASSWORD")
OURS: Final = str(Path(sys.executable).with_name("truststore-tool"))


@dataclass(frozen=True)
class Command:
    """What a script would start, in the scratch folder.

    Attributes:
        words: the program and its arguments.
        fresh: what is put in place before each run, outside the time: file -> the file it is a copy of, or None to
            remove it.
        codes: exit codes that mean the work was done.
        environment: further variables.
        user: the number of the user to run as, or None for whoever runs the benchmarks.
    """

    words: tuple[str, ...]
    fresh: Mapping[str, str | None] = field(default_factory=dict)
    codes: tuple[int, ...] = (0,)
    environment: Mapping[str, str] = field(default_factory=dict)
    user: int | None = None

    @property
    def is_there(self) -> bool:
        """Whether the program is installed."""
        return shutil.which(self.words[0]) is not None


@dataclass(frozen=True)
class Case:
    """Our command and the one it is held against, with the most that ours may take in terms of theirs."""

    name: str
    ours: Command
    theirs: Command
    peer: str
    limit: float | None


@dataclass(frozen=True)
class Usage:
    """What a process took: seconds by the clock, and bytes of memory at its peak."""

    seconds: float
    peak: int


@dataclass(frozen=True)
class Figure:
    """One result.

    Attributes:
        group, name: what was measured.
        ours, theirs: medians in seconds, or None where there is nothing to time or the program is missing.
        peer: what `theirs` is.
        value: what is judged: the median of the pairs' ratios, an exponent, a multiple of a file's size.
        limit: the most that `value` may be, or None where it is only shown.
    """

    group: str
    name: str
    ours: float | None
    theirs: float | None
    peer: str
    value: float | None
    limit: float | None

    @property
    def met(self) -> bool | None:
        """Whether the limit is kept; None where nothing can be said."""
        return None if self.value is None or self.limit is None else self.value <= self.limit


def compare(group: str, case: Case, runs: int, folder: Path) -> Figure:
    """Time both commands in turns, so that what else the machine does hits both; the first pair does not count."""
    pairs = [
        (run(case.ours, folder).seconds, run(case.theirs, folder).seconds if case.theirs.is_there else None)
        for _ in range(runs + 1)
    ][1:]
    theirs = [their for _, their in pairs if their is not None]
    return Figure(
        group,
        case.name,
        statistics.median(ours for ours, _ in pairs),
        statistics.median(theirs) if theirs else None,
        case.peer,
        statistics.median(ours / their for ours, their in pairs if their is not None) if theirs else None,
        case.limit,
    )


def run(command: Command, folder: Path) -> Usage:
    """Run once and wait. Ends the benchmarks when the command fails: its time would mean nothing."""
    for name, origin in command.fresh.items():
        (folder / name).unlink(missing_ok=True)
        if origin is not None:
            shutil.copyfile(folder / origin, folder / name)
    environment = {**os.environ, "TRUSTSTORE_PASSWORD": PASSWORD, "LC_ALL": "C.UTF-8", **command.environment}
    # An installed package has its bytecode; a shell that forbids writing it would have us compile at every run.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with (folder / "errors").open("w+b") as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            command.words,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            user=command.user,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in command.codes:
            errors.seek(0)
            sys.exit(f"{' '.join(command.words)}\nexited {process.returncode}: {errors.read().decode()}")
    return Usage(seconds, usage.ru_maxrss * 1024)
