"""Bytes from paths and back: the only module that opens a file for writing (POSIX only).

A store is never half written. Whoever changes one holds its lock; new content goes into a temporary beside the
target, is synced, read back and compared, and takes the target's name in one step. Whatever fails on the way,
at any point, leaves the old file or the new one.
"""

import errno
import fcntl
import os
import re
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import BinaryIO, Final

from truststore_tool import strangers
from truststore_tool.errors import UnreadableError, WriteError

# 200,000 certificates. Without a bound /dev/zero, or a log file in a directory of certificates, would eat all memory.
MAX_SIZE: Final = 256 * 1024 * 1024

_CHUNK: Final = 1024 * 1024
_LONGEST_PAUSE: Final = 0.05
_TEMPORARY: Final = re.compile(r"\.(?P<target>.+)\.[0-9a-f]{16}\.tmp", re.DOTALL)
# Kept besides mode and owner: without its access control list a file's mode means something else, usually more.
_KEPT_ATTRIBUTES: Final = ("system.posix_acl_access", "user.")
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
}


def read(path: Path) -> bytes:
    """The content of a file, a FIFO or a device such as /dev/stdin.

    Raises UnreadableError when it is missing, a directory, not permitted or larger than MAX_SIZE.
    """
    with _reading(path), path.open("rb", buffering=0) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            data = _read_stream(file.fileno())
        else:
            data = file.readall() if status.st_size <= MAX_SIZE else None
    if data is None:
        raise UnreadableError(f"{path}: larger than {MAX_SIZE} bytes", hint="no trust store is; check the path")
    return data


def holds(path: Path, data: bytes) -> bool:
    """Whether the regular file is exactly `data`. Raises UnreadableError when it cannot be read."""
    with _reading(path), path.open("rb") as file:
        return _has_content(file, data)


def is_directory(path: Path) -> bool:
    """Whether `path` leads to a directory; False also where that cannot be known."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def names_in(path: Path) -> list[str]:
    """The names of the regular files in a directory, sorted; symbolic links to files count as files.

    Directories, devices, broken links and this module's own temporaries are left out. Raises
    UnreadableError when the directory cannot be read.
    """
    with _reading(path):
        return [name for name in _names(path) if not _TEMPORARY.fullmatch(name) and _is_file(path / name)]


def read_directory(path: Path) -> dict[str, bytes]:
    """Every name in a directory to its content, in the order of the names; what is no regular file is empty.

    This module's own temporaries are left out. Raises UnreadableError.
    """
    with _reading(path):
        names = [name for name in _names(path) if not _TEMPORARY.fullmatch(name)]
        kinds = {name: _is_file(path / name) for name in names}
    return {name: read(path / name) if is_file else b"" for name, is_file in kinds.items()}


@contextmanager
def locked(path: Path, *, timeout: float = 30.0) -> Iterator[None]:
    """Hold the one lock of the file (or directory) that `path` names once symbolic links are followed.

    Between load and save under this lock nobody else who uses it changes the file. Temporaries that a killed run
    left for this target are removed. Not re-entrant. Raises WriteError when one other process keeps the lock for
    `timeout` seconds (while several take turns there is no limit), or when the directory is missing or not writable.
    """
    # Not the package filelock: importing it takes 40 ms, as long as all else, and it leaves its lock files there.
    with _writing(path):
        directory, real = _locate(path)
    name = f".{real.name}.lock"
    try:
        with _writing(path):
            lock = _acquire(directory, name, path, timeout)
        try:
            with _writing(path):
                _remove_temporaries(directory, lambda target: target == real.name)
            yield
        finally:
            with suppress(OSError):
                os.unlink(name, dir_fd=directory)
            _close(lock)  # last: only the holder of the lock may remove its file
    finally:
        _close(directory)


def tidy(path: Path) -> None:
    """Remove what a killed run left beside the file, or in the directory, for a caller that has nothing to write there.

    Nothing happens while another process is at work. What cannot be removed stays; nothing is raised.
    """
    with suppress(OSError, ValueError, WriteError):
        real = Path(os.path.realpath(path))
        inside = any(map(_TEMPORARY.fullmatch, _names(real))) if real.is_dir() else False
        beside = (name == f".{real.name}.lock" or _is_temporary_of(name, real.name) for name in _names(real.parent))
        if inside or any(beside):
            with locked(path, timeout=0):
                if inside:
                    directory = _open_directory(real)
                    try:
                        _remove_temporaries(directory, lambda _: True)
                    finally:
                        _close(directory)


def replace(path: Path, data: bytes, *, backup: bool = False) -> Path | None:
    """Make `data` the content of the file that `path` names once symbolic links are followed, or leave it as it is.

    A file that exists keeps its mode, owner, group, access control list and user attributes; a new one gets what
    the umask leaves. Other hard links to it keep the old content. To be called under `locked`.

    With `backup`, what was there is first copied to ``<name>.bak`` beside it, or ``.bak1``, ``.bak2`` and so on, as
    no backup is overwritten; returns the path of that copy, None when there was nothing to copy or nothing asked.

    Raises WriteError; the file is then as it was, and nothing is left beside it.
    """
    saved = None
    with _writing(path):
        if path.exists() and not path.is_file():
            raise WriteError(f"could not write {path}: not a regular file", hint="name a file")
        directory, real = _locate(path)
        try:
            with _present(directory, real.name) as old, _temporary(directory, real.name, data, old) as fresh:
                if backup and old is not None:
                    saved = _back_up(directory, real.name, old)
                try:
                    os.replace(fresh, real.name, src_dir_fd=directory, dst_dir_fd=directory)
                except OSError:
                    if saved:
                        os.unlink(saved, dir_fd=directory)
                    raise
            _sync(directory, path)
        finally:
            _close(directory)
    return real.with_name(saved) if saved else None


def update_directory(
    path: Path, before: Mapping[str, bytes], after: Mapping[str, bytes], *, backup: bool = False
) -> None:
    """Make the files of a directory that are `before` those that are `after`; both are names to content.

    Each step is one link, rename or removal: new files first, then files under new names, from the highest name down,
    then what is gone, so that at every moment all that is in both is there, and no row of numbered names has a gap in
    the middle. What has the same name and content in both, and whatever `before` does not name, is not touched. A
    symbolic link is moved or removed itself, never followed. The directory is created when it is missing. With
    `backup` it is first copied to ``<name>.bak`` (``.bak1`` and so on). To be called under `locked`.

    Raises WriteError; each step is then done or not, and the next run does the rest.
    """
    for name in after:
        if name in {"", ".", ".."} or name != Path(name).name:
            raise WriteError(f"could not write {path}: {name!r} is not the name of a file")
    gone = [name for name in before if name not in after]
    moved: dict[str, str] = {}
    for name in sorted(gone, key=_by_number, reverse=True):
        target = next((n for n in after if n in before and after[n] == before[name] != before[n]), None)
        if target is not None and target not in moved.values():
            moved[name] = target
    with _writing(path):
        existed = path.is_dir()
        directory = _open_directory(path)
        try:
            _remove_temporaries(directory, lambda _: True)
            if backup and existed:
                _copy_directory(path)
            for name in (name for name in after if name not in before):
                with _temporary(directory, name, after[name], None) as fresh:
                    os.link(fresh, name, src_dir_fd=directory, dst_dir_fd=directory, follow_symlinks=False)
                    os.unlink(fresh, dir_fd=directory)
            _sync(directory, path)
            for name, target in moved.items():
                os.rename(name, target, src_dir_fd=directory, dst_dir_fd=directory)
            for name in (n for n in after if n in before and after[n] != before[n] and n not in moved.values()):
                with _present(directory, name) as old, _temporary(directory, name, after[name], old) as fresh:
                    os.replace(fresh, name, src_dir_fd=directory, dst_dir_fd=directory)
            for name in sorted((name for name in gone if name not in moved), key=_by_number, reverse=True):
                os.unlink(name, dir_fd=directory)
            _sync(directory, path)
        finally:
            _close(directory)


def _by_number(name: str) -> tuple[str, int]:
    """Orders ``name.10`` behind ``name.9``."""
    stem, _, number = name.rpartition(".")
    return stem, int(number) if number.isdecimal() else -1


def _copy_directory(path: Path) -> None:
    """Copy a directory to the first free backup name beside it; links are copied as links."""
    import shutil

    real = path.resolve()
    names = (real.with_name(f"{real.name}.bak{number or ''}") for number in count())
    copy = next(name for name in names if not os.path.lexists(name))
    try:
        shutil.copytree(real, copy, symlinks=True)
    except shutil.Error as exc:
        raise OSError(errno.EIO, f"no whole copy could be made of it: {exc}") from exc


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Errors of the system, also for impossible paths (with NUL), become an UnreadableError that names `path`."""
    try:
        yield
    except (OSError, ValueError) as exc:
        raise UnreadableError(f"could not read {path}: {_reason(exc)}", hint=_hint(exc, _READ_HINTS)) from exc


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """The same for WriteError."""
    try:
        yield
    except (OSError, ValueError) as exc:
        raise WriteError(f"could not write {path}: {_reason(exc)}", hint=_hint(exc, _WRITE_HINTS)) from exc


def _hint(error: OSError | ValueError, hints: Mapping[int, str]) -> str | None:
    return hints.get(error.errno or 0) if isinstance(error, OSError) else None


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _read_stream(descriptor: int) -> bytes | None:
    """All that is read from a FIFO or device, or None when it is more than MAX_SIZE."""
    chunks, size = [], 0
    while chunk := os.read(descriptor, _CHUNK):
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_SIZE:
            return None
    return b"".join(chunks)


def _names(directory: Path | int) -> list[str]:
    """What is in a directory (a path, or a descriptor), sorted."""
    with os.scandir(directory) as entries:
        return sorted(entry.name for entry in entries)


def _is_file(path: Path) -> bool:
    """Whether it is a regular file once links are followed. Raises OSError when that cannot be known."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError as exc:
        if exc.errno in {errno.ENOENT, errno.ELOOP}:
            return False
        raise


def _locate(path: Path) -> tuple[int, Path]:
    """A descriptor of the directory in which the file itself lies, and the path of the file without any link.

    Everything else goes through the descriptor, so that it happens in one directory even if that one is moved.
    """
    strangers.refuse_links(path)
    real = Path(os.path.realpath(path))
    if real.is_symlink():  # realpath gives up on links that form a circle
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return os.open(real.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC), real


def _open_directory(path: Path) -> int:
    """A descriptor of the directory `path`, created when it is missing."""
    parent, real = _locate(path)
    try:
        try:
            os.mkdir(real.name, dir_fd=parent)
        except FileExistsError:
            pass
        else:
            _sync(parent, path)
        return os.open(real.name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    finally:
        _close(parent)


def _acquire(directory: int, name: str, path: Path, timeout: float) -> int:
    """A descriptor of the lock file `name`, locked. The kernel frees the lock of a dead process: none is ever stale."""
    holder, deadline = None, 0.0
    pause = 0.001
    while True:
        lock = os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666, dir_fd=directory)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Its last holder may have removed it between our two steps: then nobody else would see our lock.
            if os.fstat(lock).st_nlink:
                return lock
        except BlockingIOError:
            # Each holder makes a lock file of its own. As long as that changes, the queue moves and our turn will come.
            status, now = os.fstat(lock), time.monotonic()
            if holder != (status.st_ino, status.st_ctime_ns):
                holder, deadline = (status.st_ino, status.st_ctime_ns), now + timeout
            if now >= deadline:
                _close(lock)
                raise WriteError(
                    f"could not write {path}: another process has been changing it for {timeout:g} seconds",
                    hint="wait for it to end, then run the command again",
                ) from None
        except BaseException:
            _close(lock)
            raise
        _close(lock)
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _close(descriptor: int) -> None:
    """Close a descriptor that nothing was written through, so that an error does not matter."""
    with suppress(OSError):
        os.close(descriptor)


def _is_temporary_of(name: str, target: str) -> bool:
    match = _TEMPORARY.fullmatch(name)
    return match is not None and match["target"] == target


def _remove_temporaries(directory: int, is_target: Callable[[str], bool]) -> None:
    """Remove what a killed run left beside targets whose name satisfies `is_target`."""
    for name in _names(directory):
        match = _TEMPORARY.fullmatch(name)
        if match and is_target(match["target"]):
            # Another user may have put something there under such a name that we may not remove: no reason to fail.
            with suppress(PermissionError, IsADirectoryError):
                os.unlink(name, dir_fd=directory)


@contextmanager
def _present(directory: int, name: str) -> Iterator[int | None]:
    """A descriptor of the regular file `name`, None when there is none.

    It is opened for writing, though nothing is written, so that a file its owner made read-only is refused.
    """
    descriptor = None
    try:
        descriptor = os.open(name, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
    except OSError as exc:
        if exc.errno not in {errno.ENOENT, errno.ELOOP}:  # ELOOP: a symbolic link, by O_NOFOLLOW
            raise
    try:
        yield descriptor
    finally:
        if descriptor is not None:
            _close(descriptor)


@contextmanager
def _temporary(directory: int, name: str, data: bytes, like: int | None) -> Iterator[str]:
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
        return os.fstat(descriptor).st_size == len(data) and _has_content(file, data)


def _has_content(file: BinaryIO, data: bytes) -> bool:
    """Whether the rest of the file is exactly `data`. Only a part of the file is in memory at a time."""
    offset = 0
    while chunk := file.read(_CHUNK):
        if chunk != data[offset : offset + len(chunk)]:
            return False
        offset += len(chunk)
    return offset == len(data)


def _back_up(directory: int, name: str, old: int) -> str:
    """Copy the open file `old` to the first free backup name of `name`, with its attributes; returns that name."""
    with os.fdopen(os.dup(old), "rb") as file:
        content = file.read()
    for number in count():
        backup = f"{name}.bak{number or ''}"
        try:
            _close(os.open(backup, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=directory))
        except FileExistsError:
            continue
        break
    # The name is reserved by an empty file: renaming over it can overwrite nobody's backup.
    try:
        with _temporary(directory, name, content, old) as copy:
            os.replace(copy, backup, src_dir_fd=directory, dst_dir_fd=directory)
    except BaseException:
        os.unlink(backup, dir_fd=directory)
        raise
    return backup


def _sync(directory: int, path: Path) -> None:
    """Put what was renamed in the directory on the disk."""
    try:
        os.fsync(directory)
    except OSError as exc:
        if exc.errno == errno.EINVAL:  # from file systems that cannot sync a directory
            return
        raise WriteError(
            f"{path} is written, but may be lost in a power failure: {_reason(exc)}",
            hint="check the disk and its file system",
        ) from exc
