"""What other users of the machine can do to a path: links set as traps, directories that all may write to."""

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

_SECRETS: Final = Path("/run/secrets")


def link_makers(directory: os.stat_result, above: frozenset[int] | None) -> frozenset[int] | None:
    """The users whose links are followed in a directory, None for all; `above` are those of the one it lies in.

    In a directory where strangers may make links, like /tmp, and in all below it, they are root, its owner and who we
    are: another one's link would say where *we* shall write. That is the rule of Linux (proc_sys_fs(5),
    protected_symlinks), which may be switched off there, and does not look at what lies below: there a stranger's own
    directory may hold links of his, or be exchanged for one.
    """
    mode = directory.st_mode
    if above is None and (mode & stat.S_IWOTH or (mode & stat.S_ISVTX and mode & stat.S_IWGRP)):
        return frozenset((0, directory.st_uid, os.geteuid()))
    return above


def may_replace(path: Path) -> bool:
    """Whether every user may put another file in the place of `path`, or of the file that it links to.

    So it is below a directory that all may write to, unless its sticky bit is set. False where that cannot be known.
    """
    with suppress(OSError, ValueError):
        for directory in {*path.absolute().parents, *Path(os.path.realpath(path)).parents}:
            mode = directory.stat().st_mode
            if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
                return True
    return False


def may_have_written(path: Path) -> bool:
    """Whether other users than root and who we are may have written the file at `path`, or put it there."""
    with suppress(OSError, ValueError):
        status = path.stat()
        if status.st_uid not in (0, os.geteuid()) or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            return True
    return may_replace(path)


def may_read(path: Path) -> bool:
    """Whether every user may read the file at `path`; False where that cannot be known, and for what is no file.

    False as well for secrets that the platform itself puts there so, within a container: those of Docker in
    /run/secrets, and those of a Kubernetes volume, where ``..data`` leads to the directory of the present ones.
    """
    with suppress(OSError, ValueError):
        mode, real = path.stat().st_mode, Path(os.path.realpath(path))
        by_platform = volume_of(path) is not None or real.is_relative_to(_SECRETS)
        return stat.S_ISREG(mode) and bool(mode & stat.S_IROTH) and not by_platform
    return False


def volume_of(path: str | os.PathLike[str]) -> Path | None:
    """The directory of the Kubernetes volume that a file lies in: there ``..data`` leads to its present content."""
    with suppress(OSError, ValueError):
        for place in Path(os.path.realpath(path)).parents:
            if place.name.startswith("..") and Path(os.path.realpath(place.parent / "..data")) == place:
                return place.parent
    return None
