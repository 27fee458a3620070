"""New content written over the old, for a file that nothing else can be put in the place of: with a journal.

Both contents lie on the disk, in a file that only its owner can read, before a byte is overwritten. Whoever locks the
file next finds the journal that a killed run left, and finishes what it had begun.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Final, NamedTuple

from truststore_tool.errors import JOURNAL, WriteError
from truststore_tool.files import naming, temporaries
from truststore_tool.files.manner import Manner
from truststore_tool.files.places import close, flush, present, require_writable
from truststore_tool.files.problems import reason

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Journal(NamedTuple):
    """What is known of a file that is being overwritten: which one it is, and its content before and after."""

    path: str
    device: int
    inode: int
    old: bytes
    new: bytes

    def dumps(self) -> bytes:
        """The magic line, one line of JSON with sizes and SHA-256 of both contents, then these."""
        return naming.JOURNAL + self._head() + self.old + self.new

    @classmethod
    def loads(cls, data: bytes) -> "Journal | None":
        """What `dumps` made; None for anything else, if only one byte differs."""
        import json

        head, _, rest = data.removeprefix(naming.JOURNAL).partition(b"\n")
        with suppress(ValueError, KeyError, TypeError):
            said = json.loads(head)
            size = said["old_size"]
            journal = cls(said["path"], said["device"], said["inode"], rest[:size], rest[size:])
            return journal if journal.dumps() == data else None
        return None

    def _head(self) -> bytes:
        import json
        from hashlib import sha256

        said = {"path": self.path, "device": self.device, "inode": self.inode}
        for name, content in (("old", self.old), ("new", self.new)):
            said |= {f"{name}_size": len(content), f"{name}_sha256": sha256(content).hexdigest()}
        return json.dumps(said).encode() + b"\n"

    def accounts_for(self, now: bytes) -> bool:
        """Whether content is the old, the new, or what an interrupted overwriting of the one by the other leaves.

        Which parts of it reached the disk is not known after a power failure, and a part that was not there before may
        read as zeros.
        """
        shorter, longer = sorted((len(self.old), len(self.new)))
        return shorter <= len(now) <= longer and all(
            byte in (new, 0 if old is None else old)
            for byte, old, new in zip_longest(now, self.old, self.new)
            if byte is not None
        )


def overwrite(directory: int, real: Path, file: int, data: bytes, manner: Manner) -> None:
    """Make `data` the content of the open file, called `real` and lying in the open directory. Under its lock.

    Raises WriteError or OSError; the file is then as it was, unless the message says that it is not.
    """
    status = os.fstat(file)
    journal = Journal(str(real), status.st_dev, status.st_ino, _content(file), data)
    with _kept(directory, real, journal, manner) as name:
        manner.tell(f"{real} is overwritten in place: who reads it at this moment may see half of it")
        with suppress(OSError, AttributeError):  # where there are no such attributes
            os.setxattr(file, naming.MARK, os.fsencode(os.path.abspath(name)))
        try:
            _write(file, data)
        except BaseException as exc:
            try:
                _write(file, journal.old)  # for which there was room
            except OSError as again:
                raise WriteError(
                    f"{real} is half written: {reason(again)}; both contents are in {name}",
                    hint="run the command again: it finishes what was begun",
                ) from exc
            raise


def is_interrupted(directory: int, real: Path, manner: Manner) -> bool:
    """Whether a journal of the file is there: a run overwrites it now, or was killed meanwhile."""
    with _journals(directory, real, manner) as places:
        return any(_exists(place, path.name) for place, path in places)


def finish(directory: int, real: Path, manner: Manner) -> None:
    """Finish what a killed run of ours began, if it left a journal of just this file. Under its lock.

    Raises WriteError where there is a journal that does not account for what is in the file. Both stay as they are.
    """
    with _journals(directory, real, manner) as places:
        for place, path in places:
            name = path.name
            if place != directory:  # beside the file they are its own, and gone already
                temporaries.remove(place, partial(naming.is_temporary_of, target=name))
            if not _exists(place, name):
                continue
            journal = _read_journal(place, name)
            with present(directory, real.name) as file:
                if journal is not None and file is not None and _is_of(journal, real, file):
                    if (now := _content(file)) == journal.old:
                        _unmark(file)
                    else:
                        _write(file, journal.new)
                    what = "nothing had changed yet" if now == journal.old else "it is finished now"
                    os.unlink(name, dir_fd=place)
                    manner.tell(f"{real}: a run was stopped while it overwrote it; {what}")
                    continue
            raise WriteError(
                f"could not write {real}: {path} is no journal of ours, or not of what is in the file",
                hint="a stopped run leaves such a file, with the old and the new content: look at both, then remove it",
            )


def _is_of(journal: Journal, real: Path, file: int) -> bool:
    status = os.fstat(file)
    return (journal.path, journal.device, journal.inode) == (
        str(real),
        status.st_dev,
        status.st_ino,
    ) and journal.accounts_for(_content(file))


def require_journal(directory: int, real: Path, manner: Manner) -> None:
    """Raise WriteError where no journal of the file can be kept, as far as it shows without writing."""
    apart = _apart(manner)
    if apart and not os.path.lexists(apart):  # it would be made
        apart = os.path.dirname(os.path.abspath(apart))
        if not os.access(apart, os.W_OK | os.X_OK):
            raise _unkept(apart, "it cannot be made there")
        return
    with _journals(directory, real, manner, keeping=True) as places:
        place, path = places[-1]
        with _keeping(real, path):
            _require_closed(place, apart=place != directory)


def _require_closed(place: int, *, apart: bool) -> None:
    """Raise OSError for a directory in which others may write a journal, or we may not.

    Beside the file it may be another user's, who can do with the file what he likes.
    """
    status = os.fstat(place)
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) or (apart and status.st_uid not in {0, os.geteuid()}):
        raise OSError(errno.EPERM, "others can write there")
    require_writable(place)


@contextmanager
def _keeping(real: Path, path: Path) -> Iterator[None]:
    """Say of errors of the system that they keep the journal at `path` from being written."""
    try:
        yield
    except OSError as exc:
        cannot = f"could not write {real}: no journal of it can be kept in {path.parent}"
        raise WriteError(f"{cannot}: {reason(exc)}", remedy=JOURNAL) from exc


@contextmanager
def _kept(directory: int, real: Path, journal: Journal, manner: Manner) -> Iterator[Path]:
    """The path of a journal, which is on the disk, and is removed unless the body raises a WriteError."""
    if apart := _apart(manner):
        with suppress(OSError):  # which is said when it is opened
            os.mkdir(apart, stat.S_IRWXU)
    with _journals(directory, real, manner, keeping=True) as places:
        place, path = places[-1]
        name, stem = path.name, real.name if place == directory else path.name
        with _keeping(real, path):
            _require_closed(place, apart=place != directory)
            with temporaries.temporary(place, stem, journal.dumps(), None, mode=stat.S_IRUSR | stat.S_IWUSR) as fresh:
                os.replace(fresh, name, src_dir_fd=place, dst_dir_fd=place)
            try:
                flush(place)
            except OSError:
                with suppress(OSError):
                    os.unlink(name, dir_fd=place)
                raise
        try:
            yield path
        except WriteError:
            raise
        except BaseException:
            with suppress(OSError):
                os.unlink(name, dir_fd=place)
            raise
        try:
            os.unlink(name, dir_fd=place)
        except OSError as exc:
            raise WriteError(
                f"{real} is written, but its journal {path} could not be removed: {reason(exc)}",
                hint="remove it",
            ) from exc


@contextmanager
def _journals(directory: int, real: Path, manner: Manner, *, keeping: bool = False) -> Iterator[list[tuple[int, Path]]]:
    """Paths that the journal may have, each behind its open directory: beside the file, then where the user said.

    That this cannot be opened matters where one is to be kept, or where the user said so for this file.
    """
    places = [(directory, real.with_name(naming.journal_of(real.name)))]
    apart, named = _apart(manner), None
    try:
        if apart:
            if manner.journal is None and not os.path.isabs(apart):  # the next run may be in another directory
                raise OSError(errno.EINVAL, "its path is not absolute")
            named = os.open(apart, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            places.append((named, Path(apart, naming.journal_apart(str(real)))))
    except OSError as exc:
        if keeping or (manner.journal is not None and exc.errno != errno.ENOENT):
            raise _unkept(apart, reason(exc)) from exc
    try:
        yield places
    finally:
        if named is not None:
            close(named)


def _apart(manner: Manner) -> str:
    """The directory for journals that the user named; empty where he named none."""
    return os.fspath(manner.journal or os.environ.get(naming.JOURNAL_VARIABLE, ""))


def _unkept(place: str, why: str) -> WriteError:
    return WriteError(f"no journal can be kept in {place}: {why}", hint="name a directory that only you can write")


def _exists(directory: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=directory, follow_symlinks=False)
    except OSError as exc:
        if exc.errno not in {errno.ENOENT, errno.EACCES}:
            raise
        return False
    return True


def _read_journal(directory: int, name: str) -> Journal | None:
    """The journal of that name, if we made it: a whole one, in a file that is nobody else's."""
    with suppress(OSError):
        descriptor = os.open(name, _FLAGS, dir_fd=directory)
        try:
            status = os.fstat(descriptor)
            ours = stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() and status.st_nlink == 1
            return Journal.loads(_content(descriptor)) if ours and not status.st_mode & _OTHERS else None
        finally:
            close(descriptor)
    return None


def _content(file: int) -> bytes:
    """All that is in an open file."""
    os.lseek(file, 0, os.SEEK_SET)
    with os.fdopen(os.dup(file), "rb") as stream:
        return stream.read()


def _write(file: int, data: bytes) -> None:
    """Make `data` the content of the open file, on the disk. Raises OSError, also when other bytes are read back."""
    os.lseek(file, 0, os.SEEK_SET)
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]
    os.ftruncate(file, len(data))
    flush(file)
    if _content(file) != data:
        raise OSError(errno.EIO, "other bytes were read back than were written")
    _unmark(file)


def _unmark(file: int) -> None:
    with suppress(OSError, AttributeError):  # where it has none, or there are none
        os.removexattr(file, naming.MARK)
