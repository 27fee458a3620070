"""Names beside a target that go away again: its temporaries."""

import errno
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, Final

from truststore_tool.files.places import names

CHUNK: Final = 1024 * 1024
TEMPORARY: Final = re.compile(r"\.(?P<target>.+)\.[0-9a-f]{16}\.tmp", re.DOTALL)
# Kept besides mode and owner: without its access control list a file's mode means something else, usually more.
_KEPT_ATTRIBUTES: Final = ("system.posix_acl_access", "user.")


def is_temporary(name: str) -> bool:
    """Whether a file of this name is a temporary of some target."""
    return TEMPORARY.fullmatch(name) is not None


def is_temporary_of(name: str, target: str) -> bool:
    """Whether it is a temporary of the target of that name."""
    match = TEMPORARY.fullmatch(name)
    return match is not None and match["target"] == target


def remove_temporaries(directory: int, is_target: Callable[[str], bool]) -> None:
    """Remove what a killed run left beside targets whose name satisfies `is_target`."""
    for name in names(directory):
        match = TEMPORARY.fullmatch(name)
        if match and is_target(match["target"]):
            # Another user may have put something there under such a name that we may not remove: no reason to fail.
            with suppress(PermissionError, IsADirectoryError):
                os.unlink(name, dir_fd=directory)


@contextmanager
def temporary(directory: int, name: str, data: bytes, like: int | None) -> Iterator[str]:
    """The name of a new file beside `name` that holds `data` on the disk, with the attributes of `like`.

    The body of the `with` renames it; when anything fails, here or in the body, it is removed.
    """
    temporary = f".{name}.{os.urandom(8).hex()}.tmp"
    # A new file gets its mode from the umask, and from the directory's default ACL, at the only time they apply.
    mode = 0o666 if like is None else 0o600
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, mode, dir_fd=directory)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if like is not None:
                _keep_attributes(like, descriptor)
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        if not _holds(directory, temporary, data):
            raise OSError(errno.EIO, "other bytes were read back than were written")
        yield temporary
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=directory)
        raise


def _keep_attributes(like: int, descriptor: int) -> None:
    """Give the open file the owner, group, mode, access control list and user attributes of another."""
    wanted, now = os.fstat(like), os.fstat(descriptor)
    if (wanted.st_uid, wanted.st_gid) != (now.st_uid, now.st_gid):
        try:
            os.fchown(descriptor, wanted.st_uid, wanted.st_gid)
        except PermissionError as exc:
            raise OSError(errno.EPERM, "its owner and group could not be kept") from exc
    os.fchmod(descriptor, stat.S_IMODE(wanted.st_mode))  # after the owner: a change of owner clears mode bits
    if hasattr(os, "listxattr"):
        for attribute in os.listxattr(like):
            if attribute.startswith(_KEPT_ATTRIBUTES):
                os.setxattr(descriptor, attribute, os.getxattr(like, attribute))


def _holds(directory: int, name: str, data: bytes) -> bool:
    """Whether the file `name`, opened afresh, is there and holds exactly `data`."""
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
    except FileNotFoundError:
        return False
    with os.fdopen(descriptor, "rb") as file:
        return os.fstat(descriptor).st_size == len(data) and has_content(file, data)


def has_content(file: BinaryIO, data: bytes) -> bool:
    """Whether the rest of the file is exactly `data`. Only a part of the file is in memory at a time."""
    offset = 0
    while chunk := file.read(CHUNK):
        if chunk != data[offset : offset + len(chunk)]:
            return False
        offset += len(chunk)
    return offset == len(data)
