"""Directories by their descriptors, so that all that is done in one happens in it even if it is moved."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from truststore_tool import strangers
from truststore_tool.errors import WriteError
from truststore_tool.files.problems import StrPath, reason

_MOST_LINKS: Final = 40  # as many as Linux follows
_DIRECTORY: Final = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# O_PATH, where there is one, asks for no permission to read a directory that is only passed through.
_PASSING: Final = _DIRECTORY | getattr(os, "O_PATH", os.O_RDONLY)


def locate(path: StrPath) -> tuple[int, Path]:
    """A descriptor of the directory in which the file itself lies, and the path of the file without any link.

    Everything else goes through the descriptor. The way to it is gone step by step from the root, each step from the
    directory that the one before has opened; links are followed unless they are a stranger's (`strangers.link_makers`).

    Raises WriteError for such a link, and OSError when a directory on the way is missing or may not be entered.
    """
    text = os.fspath(path)
    ahead = _parts(text if text.startswith("/") else f"{os.getcwd()}/{text}")
    here = os.open("/", _PASSING)
    way: list[str] = []
    makers = [strangers.link_makers(os.fstat(here), None)]
    links = 0
    try:
        while ahead:
            name = ahead.pop()
            if name == "..":
                if way:
                    here = _step(here, "..")
                    way.pop()
                    makers.pop()
            elif link := _link(here, name):
                links += 1
                if links > _MOST_LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
                owner, target = link
                if makers[-1] is not None and owner not in makers[-1]:
                    raise WriteError(
                        f"could not write {path}: /{'/'.join([*way, name])} is a symbolic link of another user",
                        hint="the directory is shared with others: name the file that the link leads to",
                    )
                if target.startswith("/"):
                    here = _step(here, "/")
                    way.clear()
                    del makers[1:]
                ahead += _parts(target)
            elif ahead:
                here = _step(here, name)
                way.append(name)
                makers.append(strangers.link_makers(os.fstat(here), makers[-1]))
            else:
                way.append(name)
                break
        else:  # the path ends in "..", or is the root
            if not way:
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            here = _step(here, "..")
        return os.open(".", _DIRECTORY | os.O_RDONLY, dir_fd=here), Path("/", *way)
    finally:
        close(here)


def _parts(path: str) -> list[str]:
    """The names in a path, the last one first."""
    return [part for part in reversed(path.split("/")) if part not in {"", "."}]


def _step(here: int, name: str) -> int:
    """A descriptor of a directory, in place of that of the one it is seen from."""
    there = os.open(name, _PASSING, dir_fd=here)
    close(here)
    return there


def _link(directory: int, name: str) -> tuple[int, str] | None:
    """The owner of a symbolic link and where it leads; None for what is none, or is missing.

    The owner is asked for first: who does not own a link cannot exchange it where the sticky bit is set.
    """
    try:
        status = os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return None
    return (status.st_uid, os.readlink(name, dir_fd=directory)) if stat.S_ISLNK(status.st_mode) else None


def open_directory(path: StrPath) -> int:
    """A descriptor of the directory `path`, created when it is missing."""
    parent, real = locate(path)
    try:
        try:
            os.mkdir(real.name, dir_fd=parent)
        except FileExistsError:
            pass
        else:
            sync(parent, path)
        return os.open(real.name, os.O_RDONLY | _DIRECTORY, dir_fd=parent)
    finally:
        close(parent)


@contextmanager
def present(directory: int, name: str) -> Iterator[int | None]:
    """A descriptor of the regular file `name`, None when there is none.

    It is opened for writing, though nothing is written, so that a file its owner made read-only is refused.
    """
    descriptor = None
    try:
        descriptor = os.open(name, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
    except OSError as exc:
        if exc.errno not in {errno.ENOENT, errno.ELOOP}:  # ELOOP: a symbolic link, by O_NOFOLLOW
            raise
    try:
        yield descriptor
    finally:
        if descriptor is not None:
            close(descriptor)


def require_writable(directory: int, name: str = ".") -> None:
    """Raise OSError where nothing can be made in a directory, named as seen from an open one: as far as it shows."""
    if not os.access(name, os.W_OK | os.X_OK, dir_fd=directory):
        code = errno.EROFS if os.fstatvfs(directory).f_flag & os.ST_RDONLY else errno.EACCES
        raise OSError(code, os.strerror(code))


def sync(directory: int, path: StrPath) -> None:
    """Put what was renamed in the directory on the disk. Raises WriteError, and says that it is written."""
    try:
        flush(directory)
    except OSError as exc:
        raise WriteError(
            f"{path} is written, but may be lost in a power failure: {reason(exc)}",
            hint="check the disk and its file system",
        ) from exc


def flush(descriptor: int) -> None:
    """Put a file, or the names in a directory, on the disk."""
    try:
        os.fsync(descriptor)
    except OSError as exc:
        if exc.errno != errno.EINVAL:  # from file systems that cannot sync a directory
            raise


def close(descriptor: int) -> None:
    """Close a descriptor that nothing was written through, so that an error does not matter."""
    with suppress(OSError):
        os.close(descriptor)
