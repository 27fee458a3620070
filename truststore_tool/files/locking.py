"""The one lock of a file or directory, and what killed runs left beside it."""

import errno
import fcntl
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from truststore_tool.errors import MORE_PATIENCE, WriteError
from truststore_tool.files import in_place, naming, temporaries
from truststore_tool.files.manner import USUAL, Manner
from truststore_tool.files.places import close, locate, open_directory
from truststore_tool.files.problems import StrPath, writing_to
from truststore_tool.files.reading import names

_LONGEST_PAUSE: Final = 0.05
_UNSAID: Final = 2.0  # seconds for which nobody is told that we wait
_CLOSED: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


@contextmanager
def locked(path: StrPath, manner: Manner = USUAL) -> Iterator[None]:
    """Hold the one lock of the file (or directory) that `path` names once symbolic links are followed.

    Between load and save under this lock nobody else who uses it changes the file. Temporaries that a killed run
    left for this target are removed, and what one began to overwrite is finished. Not re-entrant. Raises WriteError
    when one other process keeps the lock for too long (while several take turns there is no limit), when the directory
    is missing or not writable, and for a journal that does not account for the file.

    A file that is to be overwritten has its lock on itself as well: the containers that it is mounted into share
    nothing else, and its directory may be one where nothing can be written.
    """
    # Not the package filelock: importing it takes 40 ms, as long as all else, and it leaves its lock files there.
    with ExitStack() as stack:
        stack.enter_context(_ending_in_order())
        with writing_to(path):
            directory, real = locate(path)
            stack.callback(close, directory)
            try:
                stack.enter_context(_held_beside(directory, real.name, path, manner))
            except OSError as exc:
                if manner.in_place == "never" or exc.errno not in _CLOSED:
                    raise
                stack.enter_context(_held(directory, real.name, path, manner))
            else:
                if manner.in_place == "always":
                    with suppress(FileNotFoundError, IsADirectoryError):  # which who writes says better
                        stack.enter_context(_held(directory, real.name, path, manner))
                temporaries.remove(directory, lambda other: naming.is_temporary_of(other, real.name))
            in_place.finish(directory, real, manner)
        yield


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the process by SystemExit (128 and the number), so that nothing is left lying about.

    Only where they would end it anyway, and in the main thread, as no other can say what a signal does.
    """
    changed = []
    try:
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_DFL:
                with suppress(ValueError):
                    signal.signal(number, _end)
                    changed.append(number)
        yield
    finally:
        for number in changed:
            signal.signal(number, signal.SIG_DFL)


def _end(number: int, _: object) -> None:
    raise SystemExit(128 + number)


def settle(path: StrPath, manner: Manner = USUAL) -> None:
    """Finish what a killed run began to overwrite, before the file is read. Raises WriteError, as `locked` does."""
    with suppress(OSError, ValueError):  # whoever reads or writes it says that better
        directory, real = locate(path)
        try:
            interrupted = in_place.is_interrupted(directory, real, manner)
        finally:
            close(directory)
        if interrupted:
            with locked(path, manner):
                pass


def tidy(path: StrPath) -> None:
    """Remove what a killed run left beside the file, or in the directory, for a caller that has nothing to write there.

    Nothing happens while another process is at work. What cannot be removed stays; nothing is raised.
    """
    with suppress(OSError, ValueError, WriteError):
        real = Path(os.path.realpath(path))
        inside = any(map(naming.is_temporary, names(real))) if real.is_dir() else False
        lock, beside = naming.lock_of(real.name), names(real.parent)
        if inside or any(name == lock or naming.is_temporary_of(name, real.name) for name in beside):
            with locked(path, Manner(lock_timeout=0)):
                if inside:
                    directory = open_directory(path)
                    try:
                        temporaries.remove_inside(directory)
                    finally:
                        close(directory)


@contextmanager
def _held_beside(directory: int, name: str, path: StrPath, manner: Manner) -> Iterator[None]:
    """Hold the lock file of `name`, which all writers share."""
    lock_name = naming.lock_of(name)
    lock = _acquire(lambda: _made(directory, lock_name), path, manner)
    try:
        yield
    finally:
        with suppress(OSError):
            os.unlink(lock_name, dir_fd=directory)
        close(lock)  # last: only the holder of the lock may remove its file


@contextmanager
def _held(directory: int, name: str, path: StrPath, manner: Manner) -> Iterator[None]:
    """Hold the lock on the file itself. Raises FileNotFoundError where there is none."""
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    lock = _acquire(lambda: (os.open(name, flags, dir_fd=directory), None), path, manner)
    try:
        yield
    finally:
        close(lock)


def _acquire(opened: Callable[[], tuple[int, Callable[[], None] | None]], path: StrPath, manner: Manner) -> int:
    """A descriptor of a file, locked. The kernel frees the lock of a dead process: none is ever stale.

    `opened` gives a descriptor, and how to remove the file if it was made for that.
    """
    holder, deadline = None, 0.0
    pause = 0.001
    tell_at: float | None = time.monotonic() + _UNSAID
    while True:
        lock, remove = opened()
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Its last holder may have removed it between our two steps: then nobody else would see our lock.
            if os.fstat(lock).st_nlink:
                return lock
        except BlockingIOError:
            # Each holder makes a lock file of its own. As long as that changes, the queue moves and our turn will come.
            status, now = os.fstat(lock), time.monotonic()
            if tell_at is not None and now >= tell_at:
                who = _who_locks(status)
                manner.tell(f"{path}: waiting for another writer" + (f", PID {who}" if who else ""))
                tell_at = None
            if holder != (status.st_ino, status.st_ctime_ns):
                holder, deadline = (status.st_ino, status.st_ctime_ns), now + manner.lock_timeout
            if now >= deadline:
                who = _who_locks(status)
                close(lock)
                raise WriteError(
                    f"could not write {path}: another process{f' (PID {who})' if who else ''} has been changing it for"
                    f" {manner.lock_timeout:g} seconds",
                    hint="wait for it to end, then run the command again",
                    remedy=MORE_PATIENCE,
                ) from None
        except BaseException as exc:
            if remove and isinstance(exc, OSError):  # where there are no locks nobody else holds this one
                with suppress(OSError):
                    remove()
            close(lock)
            raise
        close(lock)
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _made(directory: int, name: str) -> tuple[int, Callable[[], None] | None]:
    """A descriptor of the lock file, and how to remove it if it was made for that."""
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
    while True:
        with suppress(FileExistsError):
            descriptor = os.open(name, flags | os.O_CREAT | os.O_EXCL, 0o666, dir_fd=directory)
            return descriptor, lambda: os.unlink(name, dir_fd=directory)
        with suppress(FileNotFoundError):  # its holder has removed it meanwhile
            return os.open(name, flags, dir_fd=directory), None


def _who_locks(status: os.stat_result) -> int | None:
    """The process that holds the lock on a file; None where the system does not tell (proc_locks(5))."""
    file = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    with suppress(OSError, ValueError), open("/proc/locks", encoding="ascii") as lines:
        for _, kind, _, _, process, where, *_ in map(str.split, lines):
            if (kind, where) == ("FLOCK", file) and int(process) > 0:
                return int(process)
    return None
