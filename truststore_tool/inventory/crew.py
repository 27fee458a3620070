"""Several processes that do the tasks of a walk side by side; what one finds in a file is a `Haul` there as here.

They are forked before there are threads here, and end with the process that started them. Should one end before its
time, as a file takes more memory than there is, what it was at is given to others in parts, until it is known which
file that was.
"""

import os
import signal
import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from truststore_tool.inventory.nouns import Place
from truststore_tool.inventory.tasks import Brought, Task
from truststore_tool.inventory.walk import Walk
from truststore_tool.inventory.worker import Worker
from truststore_tool.nouns import replace

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkContext, SpawnContext

# Below that one process is done before others have started; see `Looker.spent`.
_LITTLE: Final = 24 << 20
# A process has so many batches: the next one before it is done with one.
_AHEAD: Final = 2
# In so many parts is given once more what a process ended of.
_PARTS: Final = 20
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def look(walk: Walk, worker: Worker, jobs: int) -> Generator[Brought, None, None]:
    """Do all tasks of a walk; what was brought by those that are done first comes first.

    Closing the iterator ends the processes.
    """
    while tasks := walk.next(jobs):
        if jobs > 1 and (worker.spent >= _LITTLE or (tasks[0].alone and walk.left)):
            walk.add(tasks)
            yield from _in_processes(walk, worker, jobs)
            return
        brought = worker.do(tasks)
        walk.take(brought)
        yield brought


def processors() -> int:
    """How many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        return os.cpu_count() or 1


def _in_processes(walk: Walk, worker: Worker, jobs: int) -> Iterator[Brought]:
    from multiprocessing.connection import wait

    hands: list[_Hand] = []
    try:
        for _ in range(jobs):
            hands.append(_Hand(worker))
        while True:
            for hand in hands * _AHEAD:
                hand.take_from(walk, jobs)
            busy = {hand.line: hand for hand in hands if hand.is_busy}
            if not busy:
                return
            ready = set(wait(list(busy)))
            for hand in [hand for line, hand in busy.items() if line in ready]:
                brought = hand.done()
                walk.take(brought)
                yield brought
    finally:
        for hand in hands:
            hand.end()


class _Hand:
    """A process that looks, and what it was given to do.

    Attributes:
        line: where what it found comes from.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._batches: list[list[Task]] = []  # that it has not brought yet
        self._start()

    def _start(self) -> None:
        context = _context()
        self.line, far = context.Pipe()
        self._process = context.Process(target=_work, args=(far, self._worker), daemon=True)
        # A signal that comes before it knows what to do with that waits, and finds the parent later.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        far.close()

    @property
    def is_busy(self) -> bool:
        """Whether something is awaited of it."""
        return any(self._batches)

    def take_from(self, walk: Walk, hands: int) -> None:
        """Give it some tasks, if there are any and it has not enough.

        It brings what it found when it gets the next batch: so, where there are none, one without tasks.
        """
        if sum(map(bool, self._batches)) < _AHEAD:
            tasks = walk.next(hands, ahead=self.is_busy)
            if tasks or (self._batches and self._batches[-1]):
                self._give(tasks)

    def _give(self, tasks: list[Task]) -> None:
        self._batches.append(tasks)
        with suppress(OSError):  # that it is gone shows when it is listened to
            self.line.send(tasks)

    def done(self) -> Brought:
        """What it found in its first batch. When it ended before its time, another goes on with the next ones."""
        try:
            brought: Brought = self.line.recv()
        except (EOFError, OSError):
            lost, *rest = filter(None, self._batches)
            self.end()
            self._start()
            self._batches = []
            for tasks in rest:
                self._give(tasks)
            return _apart(lost, self._worker)
        self._batches.pop(0)
        return brought

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


def _apart(tasks: list[Task], worker: Worker) -> Brought:
    """What a process was at that ended, in parts; a file that is one by itself was not looked at."""
    brought = Brought()
    task, *more = tasks
    if more:
        brought.rest = [replace(each, alone=True) for each in tasks]
        return brought
    is_folder = task.names is None and not task.is_layout
    names = worker.listed(task, brought) if is_folder else task.names or ()
    if is_folder or len(names) > 1:
        brought.rest += task.parts(names, -(-len(names) // _PARTS) or 1, alone=True)
    else:
        why = "was not looked at: the process that was to do so ended before its time"
        brought.haul.passed(Place((os.path.join(task.folder, *names),)), why)
    return brought


def _work(line: "Connection", worker: Worker) -> None:
    """What such a process does.

    The next batch is taken before what was found is sent: so that never both wait for the other to listen.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent tells when to end
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    tasks: list[Task] = line.recv()
    while True:
        brought = worker.do(tasks)
        tasks = line.recv()
        line.send(brought)


def _end_with_parent() -> None:
    """End when the parent does, however that was: nobody is left to tell us."""
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
