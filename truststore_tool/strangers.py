"""What other users of the machine can do to a path: links set as traps, directories that all may write to."""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

_MOST_LINKS: Final = 40  # as many as Linux follows


def refuse_links(path: Path) -> None:
    """Raise PermissionError for a link that a stranger put into a directory like /tmp: it says where *we* shall write.

    The rule is that of Linux (proc_sys_fs(5), protected_symlinks), which may be switched off there and sees no link
    that is resolved by name.
    """
    for _ in range(_MOST_LINKS):
        try:
            link, directory = path.lstat(), path.parent.stat()
        except FileNotFoundError:
            return
        if not stat.S_ISLNK(link.st_mode):
            return
        shared = directory.st_mode & stat.S_ISVTX and directory.st_mode & stat.S_IWOTH
        if shared and link.st_uid not in (os.geteuid(), directory.st_uid):
            raise PermissionError(errno.EACCES, "a symbolic link of another user in a shared directory")
        path = path.parent / path.readlink()


def may_replace(path: Path) -> bool:
    """Whether every user may put another file in the place of `path`, or of the file that it links to.

    So it is in a directory that all may write to, unless its sticky bit is set. False where that cannot be known.
    """
    with suppress(OSError, ValueError):
        for directory in {path.parent, Path(os.path.realpath(path)).parent}:
            mode = directory.stat().st_mode
            if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
                return True
    return False
