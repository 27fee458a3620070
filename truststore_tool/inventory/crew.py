"""Looking at many files with all processors: batches for processes, or all in this one where there is little to do."""

import os
import signal
from collections.abc import Generator, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime
from itertools import chain, islice
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Final

from truststore_tool.inventory.bounds import Bounds
from truststore_tool.inventory.haul import Haul
from truststore_tool.inventory.looking import Looker
from truststore_tool.inventory.nouns import Place
from truststore_tool.inventory.opening import Candidates
from truststore_tool.inventory.walk import Found
from truststore_tool.nouns import noun

# Below these one process is done before others have started.
_FEW: Final = 400
_LITTLE: Final = 24 << 20
# A batch is as many files or octets, whichever is reached first; so many wait for each process.
_BATCH: Final = 400
_BATCH_SIZE: Final = 32 << 20
_WAITING: Final = 4

Batch = list[Found]
Looked = tuple[Found, Haul]


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
    looker = orders.looker()
    more = list(islice(coming, 1))
    if jobs < 2 or not (more or (len(first) > 1 and sum(file.size for file in first) > _LITTLE)):
        yield from ((file, _or_nothing(_one(looker, file))) for file in chain(first, more, coming))
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
    pool = _pool(orders, jobs)
    running: dict[Future[list[Haul | None]], Batch] = {}
    try:
        while True:
            for batch in islice(batches, jobs * _WAITING - len(running)):
                running[pool.submit(_work, batch)] = batch
            if not running:
                return
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            broken = False
            for future in done:
                batch = running.pop(future)
                try:
                    yield from zip(batch, map(_or_nothing, future.result()), strict=True)
                except BrokenProcessPool:
                    broken = True
                    yield from ((file, _lost(file)) for file in batch)
            if broken:
                for batch in running.values():
                    yield from ((file, _lost(file)) for file in batch)
                running = {}
                pool.shutdown(wait=False, cancel_futures=True)
                pool = _pool(orders, jobs)
    finally:
        _end(pool)


def _pool(orders: Orders, jobs: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (orders,))


def _end(pool: ProcessPoolExecutor) -> None:
    """End the processes, also in the middle of something, as when the user wants no more."""
    processes = list((pool._processes or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()


def _lost(file: Found) -> Haul:
    haul = Haul()
    haul.passed(Place((file.path,)), "was not looked at: the process that was to do so ended before its time")
    return haul


_LOOKER: list[Looker] = []
_NOTHING: Final = Haul()
_NOTHING.files = 1


def _begin(orders: Orders) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent tells when to end
    Thread(target=_end_with_parent, daemon=True).start()
    _LOOKER[:] = [orders.looker()]


def _end_with_parent() -> None:
    """End when the parent does, however that was: nobody is left to tell us."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(batch: Batch) -> list[Haul | None]:
    return [_one(_LOOKER[0], file) for file in batch]


def _one(looker: Looker, file: Found) -> Haul | None:
    return looker.layout(file.path) if file.is_layout else looker.file(file.path, file.size)


def _or_nothing(haul: Haul | None) -> Haul:
    """What was found in a file; that it is one and holds nothing is not sent from process to process."""
    return _NOTHING if haul is None else haul
