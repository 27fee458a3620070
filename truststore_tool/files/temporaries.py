"""What is beside a target and goes away again: its temporaries."""

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, Final

from truststore_tool import digests
from truststore_tool.files import attributes, naming
from truststore_tool.files.attributes import Openness
from truststore_tool.files.places import close
from truststore_tool.files.reading import has_content, names

# The content of a file: whole, or in pieces, which are asked for once.
Data = bytes | Iterable[bytes]
_PIECE: Final = 1 << 20


def remove(directory: int, which: Callable[[str], bool]) -> None:
    """Remove the temporaries that a killed run left: those in the directory to whose names `which` says yes."""
    for name in filter(which, names(directory)):
        # Another user may have put something there under such a name that we may not remove: no reason to fail.
        with suppress(PermissionError, FileNotFoundError):
            status = os.stat(name, dir_fd=directory, follow_symlinks=False)
            if not stat.S_ISDIR(status.st_mode):
                os.unlink(name, dir_fd=directory)
            elif status.st_uid == os.geteuid():
                remove_tree(directory, name)


def remove_inside(directory: int) -> None:
    """Remove those in a directory, whatever they are of, but for those of a file in it that somebody has locked."""
    there = set(names(directory))
    remove(directory, lambda name: naming.is_temporary(name) and naming.lock_beside(name) not in there)


def remove_tree(directory: int, name: str) -> None:
    """Remove a directory of ours with all that is in it, as far as possible."""
    import shutil

    shutil.rmtree(name, ignore_errors=True, dir_fd=directory)


@contextmanager
def temporary(
    directory: int, name: str, data: Data, like: int | None, *, mode: int = 0o666, sources: Iterable[Openness] = ()
) -> Iterator[str]:
    """The name of a new file beside `name` that holds `data` on the disk.

    It has the attributes of the open file `like`; without one those bits of `mode` that umask and the directory's
    default access control list leave, and is no more open than any of the `sources`.

    The body of the `with` renames it; when anything fails, here or in the body, it is removed.
    """
    temporary = naming.temporary_of(name)
    sources = tuple(sources)
    # umask and default list apply at this moment only. The group is known afterwards: what only it may do comes then.
    created = 0o600 if like is not None else attributes.allowed(sources, os.getegid(), mode)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, created, dir_fd=directory)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if like is not None:
                attributes.keep(like, descriptor)
            else:
                attributes.narrow(descriptor, sources, mode)
            digest = digests.new("sha256")
            for piece in (data,) if isinstance(data, bytes) else data:
                file.write(piece)
                if piece is not data:
                    digest.update(piece)
            file.flush()
            os.fsync(descriptor)
        if isinstance(data, bytes):
            require_content(directory, temporary, data)
        else:
            _require_digest(directory, temporary, digest.digest())
        yield temporary
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=directory)
        raise


@contextmanager
def temporary_directory(parent: int, name: str, mode: int = 0o777) -> Iterator[tuple[str, int]]:
    """The name of a new directory beside `name`, and a descriptor of it.

    The body of the `with` renames it; when anything fails, here or in the body, it is removed with what is in it.
    """
    temporary = naming.temporary_of(name)
    os.mkdir(temporary, mode, dir_fd=parent)
    try:
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(temporary, flags, dir_fd=parent)
        try:
            yield temporary, descriptor
        finally:
            close(descriptor)
    except BaseException:
        remove_tree(parent, temporary)
        raise


def require_content(directory: int, name: str, data: bytes) -> None:
    """Raise OSError unless the file `name`, opened afresh, is there and holds exactly `data`."""
    with _opened(directory, name) as file:
        if os.fstat(file.fileno()).st_size != len(data) or not has_content(file, data):
            raise _other_bytes()


def _require_digest(directory: int, name: str, digest: bytes) -> None:
    """The same of what was written in pieces, which are gone: by their SHA-256."""
    found = digests.new("sha256")
    with _opened(directory, name) as file:
        while piece := file.read(_PIECE):
            found.update(piece)
    if found.digest() != digest:
        raise _other_bytes()


def _opened(directory: int, name: str) -> BinaryIO:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    return os.fdopen(os.open(name, flags, dir_fd=directory), "rb")


def _other_bytes() -> OSError:
    return OSError(errno.EIO, "other bytes were read back than were written")
