"""The files of a directory, changed one by one."""

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from itertools import count
from pathlib import Path

from truststore_tool.errors import WriteError
from truststore_tool.files import attributes, naming, temporaries
from truststore_tool.files.places import close, flush, locate, present, sync
from truststore_tool.files.problems import StrPath, writing_to
from truststore_tool.files.reading import names
from truststore_tool.files.temporaries import require_content, temporary, temporary_directory

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def update_directory(
    path: StrPath,
    before: Mapping[str, bytes],
    after: Mapping[str, bytes],
    *,
    backup: bool = False,
    sources: Iterable[str | os.PathLike[str]] = (),
) -> None:
    """Make the files of a directory that are `before` those that are `after`; both are names to content.

    Each step is one link, rename or removal: new files first, then files under new names, from the highest name down,
    then what is gone, so that at every moment all that is in both is there, and no row of numbered names has a gap in
    the middle. What has the same name and content in both, and whatever `before` does not name, is not touched. A
    symbolic link is moved or removed itself, never followed. With `backup` the directory is first copied to
    ``<name>.bak`` (``.bak1`` and so on). To be called under `locked`.

    One that is missing is made as a whole; its files are no more open than any of the files and directories `sources`
    that they are made from.

    Raises WriteError. When no new file could be added all is as it was; each later step is done or not, and the next
    run does the rest.
    """
    for name in after:
        if name in {"", ".", ".."} or name != Path(name).name:
            raise WriteError(f"could not write {path}: {name!r} is not the name of a file")
    with writing_to(path):
        parent, real = locate(path)
        try:
            try:
                directory = os.open(real.name, _DIRECTORY, dir_fd=parent)
            except FileNotFoundError:
                if before:
                    raise
                _create(parent, real.name, after, sources)
                sync(parent, path)
                return
            try:
                temporaries.remove_inside(directory)
                with _saved(parent, real.name, directory) if backup else nullcontext():
                    _add(directory, {name: data for name, data in after.items() if name not in before}, path)
                _exchange(directory, before, after)
                sync(directory, path)
            finally:
                close(directory)
        finally:
            close(parent)


@contextmanager
def making_directories(path: StrPath) -> Iterator[None]:
    """Make a directory and those above it that are missing; when the body fails those made go again if empty.

    Raises WriteError.
    """
    made: list[Path] = []
    directory = Path(path)
    try:
        with writing_to(path):
            for folder in reversed((directory, *directory.parents)):
                if not folder.is_dir():
                    parent, real = locate(folder)
                    try:
                        os.mkdir(real.name, dir_fd=parent)
                    finally:
                        close(parent)
                    made.append(real)
        yield
    except BaseException:
        for folder in reversed(made):
            with suppress(OSError):
                folder.rmdir()
        raise


def _create(parent: int, name: str, files: Mapping[str, bytes], sources: Iterable[str | os.PathLike[str]]) -> None:
    """Make a directory of these files, whole or not at all."""
    open_to = attributes.of_sources(sources)
    with temporary_directory(parent, name) as (made, directory):
        for file, data in files.items():
            with temporary(directory, file, data, None, sources=open_to) as fresh:
                os.rename(fresh, file, src_dir_fd=directory, dst_dir_fd=directory)
        flush(directory)
        os.rename(made, name, src_dir_fd=parent, dst_dir_fd=parent)


def _add(directory: int, files: Mapping[str, bytes], path: StrPath) -> None:
    """Add files under names that are free, all of them or none."""
    added = []
    try:
        for name, data in files.items():
            with temporary(directory, name, data, None) as fresh:
                os.link(fresh, name, src_dir_fd=directory, dst_dir_fd=directory, follow_symlinks=False)
                added.append(name)
                os.unlink(fresh, dir_fd=directory)
        sync(directory, path)
    except BaseException:
        for name in added:
            with suppress(OSError):
                os.unlink(name, dir_fd=directory)
        raise


def _exchange(directory: int, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> None:
    """Take away what is gone, give what stays its new name or content."""
    gone = sorted((name for name in before if name not in after), key=_by_number, reverse=True)
    moved: dict[str, str] = {}
    for name in gone:
        target = next((n for n in after if n in before and after[n] == before[name] != before[n]), None)
        if target is not None and target not in moved.values():
            moved[name] = target
    for name, target in moved.items():
        os.rename(name, target, src_dir_fd=directory, dst_dir_fd=directory)
    for name in (n for n in after if n in before and after[n] != before[n] and n not in moved.values()):
        # In the place of a link comes a file that is no more open than what the link led to.
        led_to = attributes.of_target(directory, name)
        with present(directory, name) as old, temporary(directory, name, after[name], old, sources=led_to) as fresh:
            os.replace(fresh, name, src_dir_fd=directory, dst_dir_fd=directory)
    for name in gone:
        if name not in moved:
            os.unlink(name, dir_fd=directory)


def _by_number(name: str) -> tuple[str, int]:
    """Orders ``name.10`` behind ``name.9``."""
    stem, _, number = name.rpartition(".")
    return stem, int(number) if number.isdecimal() else -1


@contextmanager
def _saved(parent: int, name: str, directory: int) -> Iterator[None]:
    """Copy a directory, as a whole, to the first free backup name beside it; when the body fails the copy goes."""
    with temporary_directory(parent, name, 0o700) as (made, copy):
        _copy(directory, copy)
        attributes.copy(directory, copy)
        flush(copy)
        there = set(names(parent))
        backup = next(free for n in count() if (free := naming.backup_of(name, n)) not in there)
        os.rename(made, backup, src_dir_fd=parent, dst_dir_fd=parent)
    try:
        yield
    except BaseException:
        temporaries.remove_tree(parent, backup)
        raise


def _copy(source: int, target: int) -> None:
    """Copy what is in one open directory into another; links are copied as links.

    Raises OSError for what is neither file, directory nor link.
    """
    for name in names(source):
        status = os.stat(name, dir_fd=source, follow_symlinks=False)
        if stat.S_ISLNK(status.st_mode):
            os.symlink(os.readlink(name, dir_fd=source), name, dir_fd=target)
        elif stat.S_ISDIR(status.st_mode):
            os.mkdir(name, 0o700, dir_fd=target)
            with _both(source, target, name, _DIRECTORY, _DIRECTORY) as (old, new):
                _copy(old, new)
        elif stat.S_ISREG(status.st_mode):
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            with _both(source, target, name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, flags) as (old, new):
                with open(old, "rb", closefd=False) as file:
                    content = file.read()
                with open(new, "wb", closefd=False) as file:
                    file.write(content)
            require_content(target, name, content)
        else:
            raise OSError(errno.EINVAL, f"no whole copy could be made of it: {name!r} is no file")


@contextmanager
def _both(source: int, target: int, name: str, reading: int, making: int) -> Iterator[tuple[int, int]]:
    """Descriptors of what has this name in two directories; after the body the second has the first's attributes."""
    old = os.open(name, reading, dir_fd=source)
    try:
        new = os.open(name, making, 0o600, dir_fd=target)
        try:
            yield old, new
            attributes.copy(old, new)
            flush(new)
        finally:
            os.close(new)
    finally:
        close(old)
