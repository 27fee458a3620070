"""New content for a file, in one step where the system allows that."""

import errno
import os
from collections.abc import Iterable
from contextlib import nullcontext
from itertools import count
from typing import TYPE_CHECKING, Final, cast

from truststore_tool.errors import WriteError
from truststore_tool.files import attributes, in_place, naming
from truststore_tool.files.manner import USUAL, Manner
from truststore_tool.files.places import close, locate, present, require_writable, sync
from truststore_tool.files.problems import StrPath, writing_to
from truststore_tool.files.temporaries import Data, temporary

if TYPE_CHECKING:
    from pathlib import Path

# What the system says of a file whose name it gives to no other: one mounted by itself, one in a directory where
# nothing can be made, another user's in a sticky directory, one that lies on another layer.
_STAYS: Final = frozenset({errno.EBUSY, errno.EACCES, errno.EROFS, errno.EPERM, errno.EXDEV})


def replace(
    path: StrPath,
    data: Data,
    *,
    backup: bool = False,
    mode: int = 0o666,
    sources: Iterable[StrPath] = (),
    manner: Manner = USUAL,
) -> "Path | None":
    """Make `data` the content of the file that `path` names once symbolic links are followed, or leave it as it is.

    A file that exists keeps its mode, owner, group, access control list, user attributes and, where the user may set
    it, its SELinux label. A new one gets what the umask leaves of `mode`, and is no more open than any of the files and
    directories `sources` that it is made from. Other hard links to it keep the old content, unless it is overwritten:
    see `Manner`. To be called under `locked`.

    Pieces are written as they come, unless it may be overwritten. What they raise leaves the file as it was, too; an
    OSError or ValueError of theirs is taken for one of writing.

    With `backup`, what was there is first copied to ``<name>.bak`` beside it, or ``.bak1``, ``.bak2`` and so on, as
    no backup is overwritten; returns the path of that copy, None when there was nothing to copy or nothing asked.

    Raises WriteError; the file is then as it was, and nothing is left beside it.
    """
    saved = None
    if manner.in_place != "never" and not isinstance(data, bytes):
        data = b"".join(data)  # as its journal has them whole
    with writing_to(path):
        require_file(path)
        directory, real = locate(path)
        try:
            with present(directory, real.name) as old:
                if old is None or manner.in_place != "always":
                    try:
                        saved = _exchange(directory, real.name, old, data, mode=mode, sources=sources, backup=backup)
                    except OSError as exc:
                        if old is None or manner.in_place == "never" or exc.errno not in _STAYS:
                            raise
                    else:
                        sync(directory, path)
                        return real.with_name(saved) if saved else None
                if backup:
                    saved = _back_up(directory, real.name, old)
                in_place.overwrite(directory, real, old, cast(bytes, data), manner)
        finally:
            close(directory)
    return real.with_name(saved) if saved else None


def require_place(path: StrPath, manner: Manner = USUAL, *, there: bool = False) -> None:
    """Raise WriteError where `replace` or `update_directory` would, as far as it shows without writing.

    With `there`, also for a file that is there and may not be replaced.
    """
    with writing_to(path):
        inside = os.path.isdir(path)
        if there and not inside:
            require_file(path)
        directory, real = locate(path)
        try:
            with nullcontext() if inside else present(directory, real.name) as old:
                if old is not None and manner.in_place == "always":
                    in_place.require_journal(directory, real, manner)
                    return
                require_writable(directory, real.name if inside else ".")
        finally:
            close(directory)


def require_file(path: StrPath, *, or_directory: bool = False) -> None:
    """Raise WriteError for what is no regular file: reading a FIFO would wait, a device may never end."""
    if os.path.exists(path) and not (os.path.isfile(path) or (or_directory and os.path.isdir(path))):
        raise WriteError(f"could not write {path}: not a regular file", hint="name a file")


def _exchange(
    directory: int,
    name: str,
    old: int | None,
    data: Data,
    *,
    mode: int,
    sources: Iterable[StrPath],
    backup: bool,
) -> str | None:
    """Give the name to a new file with `data`; returns the name of the backup of the open file `old`, if any."""
    saved = None
    open_to = attributes.of_sources(sources)
    with temporary(directory, name, data, old, mode=mode, sources=open_to) as fresh:
        if backup and old is not None:
            saved = _back_up(directory, name, old)
        try:
            os.replace(fresh, name, src_dir_fd=directory, dst_dir_fd=directory)
        except OSError:
            if saved:
                os.unlink(saved, dir_fd=directory)
            raise
    return saved


def write_through(path: StrPath, data: bytes) -> None:
    """Write into what is there and no regular file: a device, as /dev/null, or a FIFO. Raises WriteError."""
    with writing_to(path):
        close(locate(path)[0])  # for the links of strangers; a device may be a link that only the system can follow
        with open(path, "wb") as file:
            file.write(data)


def _back_up(directory: int, name: str, old: int) -> str:
    """Copy the open file `old` to the first free backup name of `name`, with its attributes; returns that name."""
    with os.fdopen(os.dup(old), "rb") as file:
        content = file.read()
    for number in count():
        backup = naming.backup_of(name, number)
        try:
            close(os.open(backup, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=directory))
        except FileExistsError:
            continue
        break
    # The name is reserved by an empty file: renaming over it can overwrite nobody's backup.
    try:
        with temporary(directory, name, content, old) as copy:
            os.replace(copy, backup, src_dir_fd=directory, dst_dir_fd=directory)
    except BaseException:
        os.unlink(backup, dir_fd=directory)
        raise
    return backup
