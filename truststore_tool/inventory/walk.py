"""Walking file systems: the files to look at, links, and what is not entered."""

import fnmatch
import os
import re
import stat
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from operator import attrgetter
from typing import Final, NamedTuple

from truststore_tool.errors import UnreadableError
from truststore_tool.inventory.haul import Haul
from truststore_tool.inventory.nouns import Place

# File systems in which the kernel shows itself: there are no files of anybody in them.
_OF_THE_KERNEL: Final = frozenset(
    (
        *("autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "efivarfs"),
        *("fusectl", "hugetlbfs", "mqueue", "nsfs", "proc", "pstore", "rpc_pipefs", "securityfs", "selinuxfs", "sysfs"),
        "tracefs",
    )
)


class Found(NamedTuple):
    """A regular file, and what tells it from what was there before; or the folder of an OCI layout (`is_layout`)."""

    path: str
    device: int = 0
    inode: int = 0
    size: int = 0
    modified: int = 0
    changed: int = 0
    is_layout: bool = False


class Walk:
    """A walk over some paths.

    Attributes:
        haul: links, and what could not be entered.
        unreadable: those of the paths that could not be read.
    """

    def __init__(self, roots: Sequence[str], exclude: Sequence[str] = (), *, everywhere: bool = False) -> None:
        """Walk over `roots`, but not into what a glob of `exclude` matches, by its name or its path from the root.

        Only the file systems that the roots lie on are entered, unless `everywhere`.
        """
        self._roots = roots
        self._exclude = re.compile("|".join(map(fnmatch.translate, exclude))) if exclude else None
        self._everywhere = everywhere
        self._entered: set[tuple[int, int]] = set()
        self._kernel: frozenset[int] | None = None
        self.haul = Haul()
        self.unreadable: list[str] = []

    def __iter__(self) -> Iterator[Found]:
        for root in dict.fromkeys(self._roots):
            try:
                status = os.stat(root)
            except (OSError, ValueError) as exc:
                self.unreadable.append(root)
                self.haul.passed(Place((root,)), f"cannot be read: {getattr(exc, 'strerror', None) or exc}")
                continue
            if stat.S_ISDIR(status.st_mode):
                yield from self._below(root, status)
            elif stat.S_ISREG(status.st_mode):
                yield _found(os.path.realpath(root) if os.path.islink(root) else root, status)
            else:
                self.unreadable.append(root)
                self.haul.passed(Place((root,)), "is neither a file nor a folder")

    def _below(self, root: str, status: os.stat_result) -> Iterator[Found]:
        device = status.st_dev
        self._entered.add((device, status.st_ino))
        waiting = [root]
        while waiting:
            folder = waiting.pop()
            try:
                with os.scandir(folder) as listing:
                    entries = sorted(listing, key=attrgetter("name"), reverse=True)
            except OSError as exc:
                if folder == root:
                    self.unreadable.append(root)
                if not isinstance(exc, FileNotFoundError):
                    self.haul.passed(Place((folder,)), f"cannot be read: {exc.strerror}")
                continue
            if _is_layout(entries):
                yield _layout(folder)
                continue
            folders = []
            while entries:
                entry = entries.pop()  # it keeps what it says of itself: a large folder would take much memory
                if self._exclude and self._is_excluded(entry, root):
                    continue
                try:
                    if entry.is_file(follow_symlinks=False):
                        yield _found(entry.path, entry.stat(follow_symlinks=False))
                    elif entry.is_symlink():
                        self.haul.link(Place((entry.path,)), os.readlink(entry.path))
                    elif entry.is_dir(follow_symlinks=False) and self._enters(entry, device):
                        folders.append(entry.path)
                except FileNotFoundError:
                    continue  # gone since
                except OSError as exc:
                    self.haul.passed(Place((entry.path,)), f"cannot be read: {exc.strerror}")
            waiting += reversed(folders)

    def _is_excluded(self, entry: "os.DirEntry[str]", root: str) -> bool:
        assert self._exclude is not None  # noqa: S101 -- asked only where it is
        below = os.path.relpath(entry.path, root)
        return any(self._exclude.match(text) for text in (entry.name, below, entry.path))

    def _enters(self, entry: "os.DirEntry[str]", device: int) -> bool:
        status = entry.stat(follow_symlinks=False)
        place = (status.st_dev, status.st_ino)
        if place in self._entered:
            return False
        self._entered.add(place)
        if status.st_dev == device:
            return True
        if status.st_dev in self.kernels:
            return False
        if not self._everywhere:
            self.haul.passed(Place((entry.path,)), "lies on another file system, which was not entered")
        return self._everywhere

    @property
    def kernels(self) -> frozenset[int]:
        """The devices of file systems in which the kernel shows itself."""
        if self._kernel is None:
            self._kernel = frozenset(_devices_of_the_kernel())
        return self._kernel


def _found(path: str, status: os.stat_result) -> Found:
    return Found(path, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _layout(folder: str) -> Found:
    """An OCI layout, told from what it was before by all the files in it: their digest stands for the inode."""
    digest, total, latest = blake2b(digest_size=7), 0, 0
    for where, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(where, name)
            status = os.lstat(path)
            digest.update(repr((os.path.relpath(path, folder), _found(path, status)[1:6])).encode())
            total += status.st_size
            latest = max(latest, status.st_mtime_ns, status.st_ctime_ns)
    number = int.from_bytes(digest.digest(), "big")
    return Found(folder, os.stat(folder).st_dev, number, total, latest, latest, is_layout=True)


def _is_layout(entries: list["os.DirEntry[str]"]) -> bool:
    """Whether a folder is an OCI layout (OCI Image Format, image-layout.md)."""
    return any(entry.name == "oci-layout" for entry in entries) and {"index.json", "blobs"} <= {
        entry.name for entry in entries
    }


def _devices_of_the_kernel() -> Iterator[int]:
    """The devices of such file systems, by proc_pid_mountinfo(5); none where there is no such file."""
    from truststore_tool import files

    try:
        lines = files.read("/proc/self/mountinfo").decode(errors="replace").splitlines()
    except UnreadableError:
        return
    for line in lines:
        before, _, behind = line.partition(" - ")
        if behind.split(" ", 1)[0] in _OF_THE_KERNEL:
            major, _, minor = before.split(" ")[2].partition(":")
            yield os.makedev(int(major), int(minor))
