"""Who may read and write a file: mode, owner, access control list and label, of a replaced file and of a new one."""

import errno
import os
import stat
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Final

from truststore_tool.files.naming import MARK
from truststore_tool.files.problems import UnkeptError

Openness = tuple[int, int]  # what a file's mode allows, and the group that it is allowed to
_ACL: Final = "system.posix_acl_access"
_LABEL: Final = "security.selinux"
# Kept besides mode and owner: without its access control list a file's mode means something else, usually more.
_KEPT: Final = (_ACL, _LABEL, "user.")


def keep(like: int, descriptor: int) -> None:
    """Give an open file that takes the place of another all of the other's attributes.

    Raises OSError when owner, group or access control list cannot be kept; a label that the user may not set goes.
    """
    wanted, now = os.fstat(like), os.fstat(descriptor)
    if (wanted.st_uid, wanted.st_gid) != (now.st_uid, now.st_gid):
        try:
            os.fchown(descriptor, wanted.st_uid, wanted.st_gid)
        except PermissionError as exc:
            raise UnkeptError(errno.EPERM, "its owner and group could not be kept") from exc
    os.fchmod(descriptor, stat.S_IMODE(wanted.st_mode))  # after the owner: a change of owner clears mode bits
    kept = [name for name in _attributes(like) if name.startswith(_KEPT) and name != MARK]
    if _ACL not in kept:
        _drop_list(descriptor)
    for name in kept:
        try:
            os.setxattr(descriptor, name, os.getxattr(like, name))
        except OSError:
            if name != _LABEL:
                raise


def copy(like: int, descriptor: int) -> None:
    """The same for a copy, and when it was changed: one that cannot be given away is no more open than the original."""
    try:
        keep(like, descriptor)
    except OSError:
        _drop_list(descriptor)
        os.fchmod(descriptor, allowed([_openness(like)], os.fstat(descriptor).st_gid, 0o777))
    status = os.fstat(like)
    os.utime(descriptor, ns=(status.st_atime_ns, status.st_mtime_ns))


def of_sources(paths: Iterable[str | os.PathLike[str]]) -> list[Openness]:
    """The openness of regular files, and of directories and the files in them; what is neither says nothing."""
    found = []
    for path in paths:
        with suppress(OSError, ValueError):
            place = 0 if path == "/dev/stdin" else path  # which without a /proc leads nowhere
            status = os.stat(place)
            if stat.S_ISDIR(status.st_mode):
                with os.scandir(path) as entries:
                    found += [_openness(entry.path) for entry in entries if entry.is_file()]
            if stat.S_ISDIR(status.st_mode) or stat.S_ISREG(status.st_mode):
                found.append(_openness(place))
    return found


def of_target(directory: int, name: str) -> list[Openness]:
    """The openness of what `name` leads to, if that can be read."""
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
    except OSError:
        return []
    try:
        return [_openness(descriptor)]
    finally:
        os.close(descriptor)


def allowed(sources: Iterable[Openness], group: int, mode: int) -> int:
    """Those bits of `mode` with which a new file of that group is no more open than any that it is made from.

    What the group of a source may do, another group may only if all may.
    """
    for bits, owner in sources:
        mode &= bits if owner == group else _without_group(bits)
    return mode


def narrow(descriptor: int, sources: Sequence[Openness], mode: int) -> None:
    """Take from an open, new file what it has beyond `mode` and its sources by its group or its directory's list."""
    bits = allowed(sources, os.fstat(descriptor).st_gid, mode)
    if bits & 0o066 != 0o066:
        _drop_list(descriptor)
        now = stat.S_IMODE(os.fstat(descriptor).st_mode)
        if now & ~bits:
            os.fchmod(descriptor, now & bits)


def _openness(file: int | str | os.PathLike[str]) -> Openness:
    status = os.stat(file)
    # With an access control list, what the mode shows of the group is what anyone named in the list may do at most.
    mode = _without_group(status.st_mode) if _ACL in _attributes(file) else status.st_mode
    return stat.S_IMODE(mode), status.st_gid


def _without_group(mode: int) -> int:
    return mode & ~0o070 | (mode & 0o007) << 3


def _drop_list(descriptor: int) -> None:
    """Remove an access control list that came from the directory."""
    if _ACL in _attributes(descriptor):
        os.removexattr(descriptor, _ACL)


def _attributes(file: int | str | os.PathLike[str]) -> list[str]:
    """The names of the extended attributes; none where there is no such thing."""
    try:
        return os.listxattr(file) if hasattr(os, "listxattr") else []
    except OSError as exc:
        if exc.errno in {errno.EOPNOTSUPP, errno.ENOSYS}:
            return []
        raise
