"""A sign of life on a terminal while something takes long."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic
from types import FrameType
from typing import Final, Self

from truststore_tool.safe import printable

_PATIENCE: Final = 0.7  # seconds; most work is done by then, and loading the spinner alone would take a tenth of it
_TICK: Final = 0.2  # seconds


@contextmanager
def working(what: str, *, quiet: bool = False) -> Iterator[None]:
    """Show `what` with a spinner on standard error once the body has run for a while; nothing when that is no terminal.

    The body must not prompt.
    """
    if quiet or not sys.stderr.isatty():
        yield
        return
    done = Event()
    watcher = Thread(target=_spin, args=(printable(what), done), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _spin(what: str, done: Event) -> None:
    if done.wait(_PATIENCE):
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status(Text(what)):
        done.wait()


class Tally:
    """A line on standard error that tells how far a scan is, and nothing where that is no terminal.

    A timer draws it, so that it goes on while a single file takes long. No thread does: with one, processes could not
    be forked.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._silent = quiet or not sys.stderr.isatty()
        self._begun = monotonic()
        self._files = self._stores = 0

    def __call__(self, files: int, stores: int) -> None:
        """So many files were looked at, and so many stores found."""
        self._files, self._stores = files, stores

    def __enter__(self) -> Self:
        if not self._silent:
            self._before = signal.signal(signal.SIGALRM, self._draw)
            signal.setitimer(signal.ITIMER_REAL, _TICK, _TICK)
        return self

    def __exit__(self, *_: object) -> None:
        if not self._silent:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._before)
            self._write("")

    def _draw(self, _: int, __: FrameType | None) -> None:
        seconds = monotonic() - self._begun
        rate = f"{self._files:,} files, {self._files / seconds:,.0f} a second"
        self._write(f"{rate}, {self._stores:,} stores, {seconds:.0f} s")

    def _write(self, line: str) -> None:
        # Not through the stream: a signal may come while something is written to it.
        os.write(sys.stderr.fileno(), f"\r\033[K{line}".encode())
