"""What the system says when it refuses, in the words of this tool."""

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from typing import Final

from truststore_tool.errors import IN_PLACE, TrustStoreError, UnreadableError, WriteError

StrPath = str | PathLike[str]


class UnkeptError(OSError):
    """The owner of a file could not be given to the one that was to take its place."""


_READ_HINTS: Final = {
    errno.ENOENT: "check the path",
    errno.EISDIR: "name a file in it",
    errno.EACCES: "check the permissions of the file and its directory",
}
_WRITE_HINTS: Final = {
    errno.ENOENT: "create the directory first",
    errno.ENOTDIR: "a part of the path is not a directory",
    errno.EACCES: "check the permissions of the file and its directory",
    errno.EPERM: "run it as the owner of the file, and check the file's attributes (lsattr)",
    errno.EROFS: "the file system is mounted read-only",
    errno.ENOSPC: "free some space and run the command again; the file is as it was",
    errno.EDQUOT: "free some space and run the command again; the file is as it was",
    errno.EFBIG: "raise the limit on file sizes (ulimit -f); the file is as it was",
    errno.EIO: "check the disk and its file system",
    errno.EBUSY: "a file that is mounted by itself, as into a container, cannot be replaced: mount its directory",
    errno.EXDEV: "the file system cannot replace a file in one step; work on a copy elsewhere and move it there",
    errno.ELOOP: "the path leads through symbolic links that never end",
    **dict.fromkeys(
        (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP),
        "the file system grants no locks, as NFS without its lock service: change a copy elsewhere",
    ),
}
_REFUSALS: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY})
_OVERWRITING_HELPS: Final = frozenset({errno.EBUSY})
_FROM_KUBERNETES: Final = (
    "it comes from a ConfigMap or Secret, and Kubernetes would undo any change: change that object, or copy the file to"
    " a volume that can be written, as an emptyDir"
)


@contextmanager
def reading_from(path: StrPath) -> Iterator[None]:
    """Errors of the system, also for impossible paths (with NUL), become an UnreadableError that names `path`."""
    try:
        yield
    except (OSError, ValueError) as exc:
        raise UnreadableError(f"could not read {path}: {reason(exc)}", hint=_hint(exc, _READ_HINTS, path)) from exc


@contextmanager
def writing_to(path: StrPath) -> Iterator[None]:
    """The same for WriteError."""
    try:
        yield
    except (OSError, ValueError) as exc:
        from truststore_tool import strangers

        code = exc.errno if isinstance(exc, OSError) else None
        helps = code in _OVERWRITING_HELPS or isinstance(exc, UnkeptError)
        hint, remedy = _hint(exc, _WRITE_HINTS, path), IN_PLACE if helps else None
        if code in _REFUSALS and strangers.volume_of(path):
            hint, remedy = _FROM_KUBERNETES, None
        raise WriteError(f"could not write {path}: {reason(exc)}", hint=hint, remedy=remedy) from exc


def _hint(error: OSError | ValueError, hints: Mapping[int, str], path: StrPath) -> str | None:
    if not isinstance(error, OSError):
        return None
    from truststore_tool.meant.names import way_out

    meant = way_out(os.fspath(path)) if error.errno == errno.ENOENT else None
    return meant or hints.get(error.errno or 0)


def reason(error: OSError | ValueError) -> str:
    """The words of the system for an error."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


@contextmanager
def placed(path: StrPath) -> Iterator[None]:
    """Put the path in front of what a codec says about the bytes there."""
    try:
        yield
    except TrustStoreError as exc:
        raise exc.at(path) from exc
