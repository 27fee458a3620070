"""The one lock of a file or directory, and what killed runs left beside it."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from truststore_tool.errors import WriteError
from truststore_tool.files import naming, temporaries
from truststore_tool.files.places import close, locate, open_directory
from truststore_tool.files.problems import StrPath, writing_to
from truststore_tool.files.reading import names

_LONGEST_PAUSE: Final = 0.05


@contextmanager
def locked(path: StrPath, *, timeout: float = 30.0) -> Iterator[None]:
    """Hold the one lock of the file (or directory) that `path` names once symbolic links are followed.

    Between load and save under this lock nobody else who uses it changes the file. Temporaries that a killed run
    left for this target are removed. Not re-entrant. Raises WriteError when one other process keeps the lock for
    `timeout` seconds (while several take turns there is no limit), or when the directory is missing or not writable.
    """
    # Not the package filelock: importing it takes 40 ms, as long as all else, and it leaves its lock files there.
    with writing_to(path):
        directory, real = locate(path)
    name = naming.lock_of(real.name)
    try:
        with writing_to(path):
            lock = _acquire(directory, name, path, timeout)
        try:
            with writing_to(path):
                temporaries.remove(directory, lambda other: naming.is_temporary_of(other, real.name))
            yield
        finally:
            with suppress(OSError):
                os.unlink(name, dir_fd=directory)
            close(lock)  # last: only the holder of the lock may remove its file
    finally:
        close(directory)


def tidy(path: StrPath) -> None:
    """Remove what a killed run left beside the file, or in the directory, for a caller that has nothing to write there.

    Nothing happens while another process is at work. What cannot be removed stays; nothing is raised.
    """
    with suppress(OSError, ValueError, WriteError):
        real = Path(os.path.realpath(path))
        inside = any(map(naming.is_temporary, names(real))) if real.is_dir() else False
        lock, beside = naming.lock_of(real.name), names(real.parent)
        if inside or any(name == lock or naming.is_temporary_of(name, real.name) for name in beside):
            with locked(path, timeout=0):
                if inside:
                    directory = open_directory(path)
                    try:
                        temporaries.remove_inside(directory)
                    finally:
                        close(directory)


def _acquire(directory: int, name: str, path: StrPath, timeout: float) -> int:
    """A descriptor of the lock file `name`, locked. The kernel frees the lock of a dead process: none is ever stale."""
    holder, deadline = None, 0.0
    pause = 0.001
    while True:
        lock, made = _open(directory, name)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Its last holder may have removed it between our two steps: then nobody else would see our lock.
            if os.fstat(lock).st_nlink:
                return lock
        except BlockingIOError:
            # Each holder makes a lock file of its own. As long as that changes, the queue moves and our turn will come.
            status, now = os.fstat(lock), time.monotonic()
            if holder != (status.st_ino, status.st_ctime_ns):
                holder, deadline = (status.st_ino, status.st_ctime_ns), now + timeout
            if now >= deadline:
                close(lock)
                raise WriteError(
                    f"could not write {path}: another process has been changing it for {timeout:g} seconds",
                    hint="wait for it to end, then run the command again",
                ) from None
        except BaseException as exc:
            if made and isinstance(exc, OSError):  # where there are no locks nobody else holds this one
                with suppress(OSError):
                    os.unlink(name, dir_fd=directory)
            close(lock)
            raise
        close(lock)
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _open(directory: int, name: str) -> tuple[int, bool]:
    """A descriptor of the lock file, and whether it was made for that."""
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
    while True:
        with suppress(FileExistsError):
            return os.open(name, flags | os.O_CREAT | os.O_EXCL, 0o666, dir_fd=directory), True
        with suppress(FileNotFoundError):  # its holder has removed it meanwhile
            return os.open(name, flags, dir_fd=directory), False
