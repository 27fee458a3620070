"""Directories by their descriptors, so that all that is done in one happens in it even if it is moved."""

import errno
import os
from contextlib import suppress
from pathlib import Path

from truststore_tool import strangers
from truststore_tool.errors import WriteError
from truststore_tool.files.problems import reason


def names(directory: Path | int) -> list[str]:
    """What is in a directory (a path, or a descriptor), sorted."""
    with os.scandir(directory) as entries:
        return sorted(entry.name for entry in entries)


def locate(path: Path) -> tuple[int, Path]:
    """A descriptor of the directory in which the file itself lies, and the path of the file without any link.

    Everything else goes through the descriptor, so that it happens in one directory even if that one is moved.
    """
    strangers.refuse_links(path)
    real = Path(os.path.realpath(path))
    if real.is_symlink():  # realpath gives up on links that form a circle
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return os.open(real.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC), real


def open_directory(path: Path) -> int:
    """A descriptor of the directory `path`, created when it is missing."""
    parent, real = locate(path)
    try:
        try:
            os.mkdir(real.name, dir_fd=parent)
        except FileExistsError:
            pass
        else:
            sync(parent, path)
        return os.open(real.name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    finally:
        close(parent)


def sync(directory: int, path: Path) -> None:
    """Put what was renamed in the directory on the disk."""
    try:
        os.fsync(directory)
    except OSError as exc:
        if exc.errno == errno.EINVAL:  # from file systems that cannot sync a directory
            return
        raise WriteError(
            f"{path} is written, but may be lost in a power failure: {reason(exc)}",
            hint="check the disk and its file system",
        ) from exc


def close(descriptor: int) -> None:
    """Close a descriptor that nothing was written through, so that an error does not matter."""
    with suppress(OSError):
        os.close(descriptor)
