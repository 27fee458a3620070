"""Looking at many files with all processors: batches for processes, or all in this one where there is little to do."""

import os
import signal
import sys
import threading
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from truststore_tool.inventory.bounds import Bounds
from truststore_tool.inventory.haul import NOTHING, Haul
from truststore_tool.inventory.looking import Looker
from truststore_tool.inventory.nouns import Place
from truststore_tool.inventory.opening import Candidates
from truststore_tool.inventory.walk import Found
from truststore_tool.nouns import noun

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkContext, SpawnContext

# Below these one process is done before others have started.
_FEW: Final = 400
_LITTLE: Final = 24 << 20
# A batch is as many files or octets, whichever is reached first.
_BATCH: Final = 400
_BATCH_SIZE: Final = 32 << 20
# A process has so many batches: the next one before it is done with one. At the end that is one without files.
_AHEAD: Final = 2
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

Batch = list[Found]
Looked = tuple[Found, Haul]
# What is sent of a batch: of each file its path, its size, and whether it is a layout; and what comes back: by its
# place in the batch what was found in it, where that is anything.
_Sent = list[tuple[str, int, bool]]
_Brought = dict[int, Haul]


@noun
class Orders:
    """How files are looked at; see `Looker`.

    Attributes:
        layers: what a cache knows of layers of images, by their digests; None where there is no cache.
    """

    bounds: Bounds
    candidates: Candidates
    now: datetime
    all_layers: bool = False
    layers: Mapping[str, str] | None = None

    def looker(self) -> Looker:
        """One who looks so."""
        return Looker(self.bounds, self.candidates, self.now, all_layers=self.all_layers, layers=self.layers)


def look(files: Iterable[Found], orders: Orders, jobs: int) -> Generator[Looked, None, None]:
    """Each file with what was found in it; those that are done first come first.

    Closing the iterator ends the processes.
    """
    coming = iter(files)
    first = list(_few(coming))
    more = list(islice(coming, 1))
    if jobs < 2 or not (more or (len(first) > 1 and sum(file.size for file in first) > _LITTLE)):
        looker = orders.looker()
        for file in chain(first, more, coming):
            yield file, _one(looker, file.path, file.size, file.is_layout) or NOTHING
    else:
        yield from _in_processes(_batches(chain(first, more, coming)), orders, jobs)


def processors() -> int:
    """How many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        return os.cpu_count() or 1


def _few(files: Iterator[Found]) -> Iterator[Found]:
    size = 0
    for file in islice(files, _FEW):
        yield file
        size += file.size
        if size > _LITTLE:
            return


def _batches(files: Iterable[Found]) -> Iterator[Batch]:
    batch, size = [], 0
    for file in files:
        batch.append(file)
        size += file.size
        if len(batch) >= _BATCH or size >= _BATCH_SIZE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _in_processes(batches: Iterator[Batch], orders: Orders, jobs: int) -> Iterator[Looked]:
    from multiprocessing.connection import wait

    hands: list[_Hand] = []
    try:
        for _ in range(jobs):
            hands.append(_Hand(orders))
        while True:
            for hand in hands * _AHEAD:
                if len(hand.batches) < _AHEAD:
                    hand.give(next(batches, []))
            busy = {hand.line: hand for hand in hands if any(hand.batches)}
            if not busy:
                return
            ready = set(wait(list(busy)))
            for hand in [hand for line, hand in busy.items() if line in ready]:
                yield from hand.done()
    finally:
        for hand in hands:
            hand.end()


class _Hand:
    """A process that looks, and what it was given to look at.

    Attributes:
        line: where what it found comes from.
        batches: what it has not brought yet.
    """

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self.batches: list[Batch] = []
        self._start()

    def _start(self) -> None:
        context = _context()
        self.line, far = context.Pipe()
        self._process = context.Process(target=_work, args=(far, self._orders), daemon=True)
        # A signal that comes before it knows what to do with that waits, and finds the parent later.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        far.close()

    def give(self, batch: Batch) -> None:
        """Let it look at some files."""
        self.batches.append(batch)
        sent: _Sent = [(file.path, file.size, file.is_layout) for file in batch]
        with suppress(OSError):  # that it is gone shows when it is listened to
            self.line.send(sent)

    def done(self) -> Iterator[Looked]:
        """What it found in its first batch. When it ended before its time, another goes on with the next one."""
        try:
            brought: _Brought = self.line.recv()
        except (EOFError, OSError):
            lost, *rest = self.batches
            self.end()
            self._start()
            self.batches = []
            for batch in rest:
                self.give(batch)
            yield from ((file, _lost(file)) for file in lost)
            return
        for number, file in enumerate(self.batches.pop(0)):
            yield file, brought.get(number, NOTHING)

    def end(self) -> None:
        """End it, also in the middle of something, as when the user wants no more."""
        self._process.terminate()
        self._process.join()
        self.line.close()


def _context() -> "ForkContext | SpawnContext":
    """How processes are begun: a fork takes next to no time, and is safe while there are no threads."""
    from multiprocessing import get_context

    if sys.platform == "linux" and threading.active_count() == 1:
        return get_context("fork")
    return get_context("spawn")


def _lost(file: Found) -> Haul:
    haul = Haul()
    haul.passed(Place((file.path,)), "was not looked at: the process that was to do so ended before its time")
    return haul


def _work(line: "Connection", orders: Orders) -> None:
    """What such a process does.

    The next batch is taken before what was found is sent: so that never both wait for the other to listen.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent tells when to end
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    looker = orders.looker()
    batch: _Sent = line.recv()
    while True:
        brought = {number: haul for number, file in enumerate(batch) if (haul := _one(looker, *file)) is not None}
        batch = line.recv()
        line.send(brought)


def _end_with_parent() -> None:
    """End when the parent does, however that was: nobody is left to tell us."""
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _one(looker: Looker, path: str, size: int, is_layout: bool) -> Haul | None:
    """What was found in a file; None for one that is read and holds nothing."""
    return looker.layout(path) if is_layout else looker.file(path, size)
