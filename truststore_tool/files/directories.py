"""The files of a directory, changed one by one."""

import errno
import os
from collections.abc import Mapping
from itertools import count
from pathlib import Path

from truststore_tool.errors import WriteError
from truststore_tool.files.places import close, open_directory, sync
from truststore_tool.files.problems import writing_to
from truststore_tool.files.replacing import present
from truststore_tool.files.temporaries import remove_temporaries, temporary


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
    with writing_to(path):
        existed = path.is_dir()
        directory = open_directory(path)
        try:
            remove_temporaries(directory, lambda _: True)
            if backup and existed:
                _copy_directory(path)
            for name in (name for name in after if name not in before):
                with temporary(directory, name, after[name], None) as fresh:
                    os.link(fresh, name, src_dir_fd=directory, dst_dir_fd=directory, follow_symlinks=False)
                    os.unlink(fresh, dir_fd=directory)
            sync(directory, path)
            for name, target in moved.items():
                os.rename(name, target, src_dir_fd=directory, dst_dir_fd=directory)
            for name in (n for n in after if n in before and after[n] != before[n] and n not in moved.values()):
                with present(directory, name) as old, temporary(directory, name, after[name], old) as fresh:
                    os.replace(fresh, name, src_dir_fd=directory, dst_dir_fd=directory)
            for name in sorted((name for name in gone if name not in moved), key=_by_number, reverse=True):
                os.unlink(name, dir_fd=directory)
            sync(directory, path)
        finally:
            close(directory)


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
