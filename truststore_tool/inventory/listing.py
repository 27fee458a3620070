"""What lies in a folder: files, folders, links. Which folders are entered is decided elsewhere."""

import fnmatch
import os
import re
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Final

from truststore_tool.inventory.haul import Haul
from truststore_tool.inventory.nouns import Place
from truststore_tool.inventory.tasks import Folder, Key, Task, key, key_of

_LAYOUT: Final = frozenset(("oci-layout", "index.json", "blobs"))


class Exclusion:
    """What is left out: globs that match a name, a path, or a path from the root of the walk on."""

    def __init__(self, globs: Sequence[str]) -> None:
        self._pattern = re.compile("|".join(map(fnmatch.translate, globs))) if globs else None

    def __bool__(self) -> bool:
        return self._pattern is not None

    def has(self, entry: "os.DirEntry[str]", root: str) -> bool:
        """Whether something in a folder is left out."""
        below = os.path.relpath(entry.path, root)
        return self._pattern is not None and any(self._pattern.match(text) for text in (entry.name, below, entry.path))


class Listing:
    """What lies in the folder of a task.

    Attributes:
        names: of the regular files, sorted.
        folders: those in it.
        haul: links, and what could not be read.
        is_layout: whether the folder is an OCI layout; there is nothing else in the listing then.
    """

    def __init__(self, task: Task, exclusion: Exclusion) -> None:
        """List it. Raises OSError."""
        self.names: list[str] = []
        self.folders: list[Folder] = []
        self.haul = Haul()
        excludes = bool(exclusion)
        with os.scandir(task.folder) as entries:
            for entry in entries:
                if excludes and exclusion.has(entry, task.root):
                    continue
                try:
                    if entry.is_file(follow_symlinks=False):
                        self.names.append(entry.name)
                    else:
                        self._take(entry, task.root)
                except FileNotFoundError:
                    continue  # gone since
                except OSError as exc:
                    self.haul.passed(Place((entry.path,)), f"cannot be read: {exc.strerror}")
        self.is_layout = self._is_layout()
        self.names.sort()

    def _take(self, entry: "os.DirEntry[str]", root: str) -> None:
        if entry.is_symlink():
            self.haul.link(Place((entry.path,)), os.readlink(entry.path))
        elif entry.is_dir(follow_symlinks=False):
            status = entry.stat(follow_symlinks=False)
            self.folders.append(Folder(entry.path, root, status.st_dev, status.st_ino))

    def _is_layout(self) -> bool:
        """Whether it is an OCI layout (OCI Image Format, image-layout.md)."""
        if "oci-layout" not in self.names:
            return False
        found = {*self.names, *(folder.path.rpartition("/")[2] for folder in self.folders)}
        return found >= _LAYOUT


def layout_key(folder: str) -> Key:
    """What tells an OCI layout from what it was before: of all the files in it, their digest stands for the inode."""
    digest, total, latest = blake2b(digest_size=7), 0, 0
    for path, status in _files_below(folder):
        digest.update(repr((os.path.relpath(path, folder), key_of(path, status))).encode())
        total += status.st_size
        latest = max(latest, status.st_mtime_ns, status.st_ctime_ns)
    return key(folder, os.stat(folder).st_dev, int.from_bytes(digest.digest(), "big"), total, latest)


def _files_below(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    for where, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(where, name)
            yield path, os.lstat(path)
