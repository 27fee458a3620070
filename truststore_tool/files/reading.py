"""The content of files and directories."""

import errno
import os
import stat
from contextlib import suppress
from typing import BinaryIO, Final

from truststore_tool.errors import UnreadableError
from truststore_tool.files.naming import MARK, is_temporary, journals_of
from truststore_tool.files.problems import StrPath, reading_from

# 200,000 certificates. Without a bound /dev/zero, or a log file in a directory of certificates, would eat all memory.
MAX_SIZE: Final = 256 * 1024 * 1024

_CHUNK: Final = 1024 * 1024
_TRIES: Final = 3


def read(path: StrPath) -> bytes:
    """The content of a file, a FIFO or a device such as /dev/stdin.

    Raises UnreadableError when it is missing, a directory, not permitted or larger than MAX_SIZE, and when somebody
    overwrites it.
    """
    for _ in range(_TRIES):
        with reading_from(path), open(path, "rb", buffering=0) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                data = _read_stream(file.fileno())
            else:
                require_whole(path)
                data = file.readall() if status.st_size <= MAX_SIZE else None
            # One that had no journal yet may have been overwritten meanwhile.
            unchanged = not stat.S_ISREG(status.st_mode) or _version(status) == _version(os.fstat(file.fileno()))
        if data is None:
            raise UnreadableError(f"{path}: larger than {MAX_SIZE} bytes", hint="no trust store is; check the path")
        if unchanged:
            return data
    raise UnreadableError(f"could not read {path}: it changes while it is read", hint="wait for who writes to it")


def _version(status: os.stat_result) -> tuple[int, int]:
    return status.st_size, status.st_mtime_ns


def holds(path: StrPath, data: bytes) -> bool:
    """Whether the regular file is exactly `data`. Raises UnreadableError when it cannot be read."""
    with reading_from(path), open(path, "rb") as file:
        return has_content(file, data)


def require_whole(path: StrPath) -> None:
    """Raise UnreadableError where a run overwrites the file now, or was killed meanwhile: where it has a journal."""
    journals = journals_of(os.path.realpath(path) if os.path.islink(path) else os.fspath(path))
    journal = next(filter(os.path.lexists, journals), None)
    if journal or (marked := _marked(path)):
        killed = f"the next command that changes the store finishes it: both contents are in {journal}"
        if not journal:
            killed = f"a command that changes the store with its journal {marked} finishes it, or replace the store"
        raise UnreadableError(
            f"could not read {path}: a run that overwrites it has not ended, and half of it may be new",
            hint=f"wait for that run; if it was killed, {killed}",
        )


def _marked(path: StrPath) -> str:
    """Where the journal of a file lies by its own account; empty for one that is not being overwritten."""
    with suppress(OSError, AttributeError):  # where there are no such attributes
        return os.fsdecode(os.getxattr(path, MARK))
    return ""


def is_directory(path: StrPath) -> bool:
    """Whether `path` leads to a directory; False also where that cannot be known."""
    try:
        return os.path.isdir(path)
    except ValueError:
        return False


def names_in(path: StrPath) -> list[str]:
    """The names of the regular files in a directory, sorted; symbolic links to files count as files.

    Directories, devices, broken links and this module's own temporaries are left out. Raises
    UnreadableError when the directory cannot be read.
    """
    with reading_from(path):
        return [name for name in names(path) if not is_temporary(name) and _is_file(os.path.join(path, name))]


def read_directory(path: StrPath) -> dict[str, bytes]:
    """Every name in a directory to its content, in the order of the names; what is no regular file is empty.

    This module's own temporaries are left out. Raises UnreadableError.
    """
    with reading_from(path):
        there = [name for name in names(path) if not is_temporary(name)]
        kinds = {name: _is_file(os.path.join(path, name)) for name in there}
    return {name: read(os.path.join(path, name)) if is_file else b"" for name, is_file in kinds.items()}


def _read_stream(descriptor: int) -> bytes | None:
    """All that is read from a FIFO or device, or None when it is more than MAX_SIZE."""
    chunks, size = [], 0
    while chunk := os.read(descriptor, _CHUNK):
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_SIZE:
            return None
    return b"".join(chunks)


def _is_file(path: str) -> bool:
    """Whether it is a regular file once links are followed. Raises OSError when that cannot be known."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except OSError as exc:
        if exc.errno in {errno.ENOENT, errno.ELOOP}:
            return False
        raise


def names(directory: StrPath | int) -> list[str]:
    """What is in a directory (a path, or a descriptor), sorted."""
    with os.scandir(directory) as entries:
        return sorted(entry.name for entry in entries)


def has_content(file: BinaryIO, data: bytes) -> bool:
    """Whether the rest of the file is exactly `data`. Only a part of the file is in memory at a time."""
    offset = 0
    while chunk := file.read(_CHUNK):
        if chunk != data[offset : offset + len(chunk)]:
            return False
        offset += len(chunk)
    return offset == len(data)
