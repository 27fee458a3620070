"""Where a scan goes: which folders are entered, and what is yet to be looked at."""

import os
import stat
from collections.abc import Iterator, Sequence
from typing import Final

from truststore_tool.errors import UnreadableError
from truststore_tool.inventory.haul import Haul
from truststore_tool.inventory.nouns import Place
from truststore_tool.inventory.tasks import Brought, Folder, Task

# File systems in which the kernel shows itself: there are no files of anybody in them.
_OF_THE_KERNEL: Final = frozenset(
    (
        *("autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "efivarfs"),
        *("fusectl", "hugetlbfs", "mqueue", "nsfs", "proc", "pstore", "rpc_pipefs", "securityfs", "selinuxfs", "sysfs"),
        "tracefs",
    )
)
# What is given to one who looks: at most so many folders, as nobody knows yet what is in them.
_MOST: Final = 64


class Walk:
    """A walk over some paths, and what of it is left.

    Attributes:
        haul: what was not entered.
        unreadable: those of the paths that could not be read.
    """

    def __init__(self, roots: Sequence[str], *, everywhere: bool = False) -> None:
        """Walk over `roots`; only the file systems that they lie on are entered, unless `everywhere`."""
        self._everywhere = everywhere
        self._devices: dict[str, int] = {}  # of the roots
        self._entered: set[tuple[int, int]] = set()
        self._kernel: frozenset[int] | None = None
        self._left: list[Task] = []
        self._large: list[Task] = []
        self.haul = Haul()
        self.unreadable: list[str] = []
        for root in reversed(dict.fromkeys(roots)):
            self._begin(root)

    def _begin(self, root: str) -> None:
        try:
            status = os.stat(root)
        except (OSError, ValueError) as exc:
            self._refuse(root, f"cannot be read: {getattr(exc, 'strerror', None) or exc}")
            return
        if stat.S_ISDIR(status.st_mode):
            if status.st_dev in self.kernels:
                self.haul.passed(Place((root,)), "is of the kernel and has no files of anybody: it was not entered")
                return
            self._devices[root] = status.st_dev
            self._entered.add((status.st_dev, status.st_ino))
            self._left.append(Task(root, root))
        elif stat.S_ISREG(status.st_mode):
            folder, name = os.path.split(os.path.realpath(root) if os.path.islink(root) else root)
            self._left.append(Task(folder, root, (name,)))
        else:
            self._refuse(root, "is neither a file nor a folder")

    def _refuse(self, root: str, why: str) -> None:
        self.unreadable.append(root)
        self.haul.passed(Place((root,)), why)

    @property
    def left(self) -> int:
        """How many tasks there are."""
        return len(self._left) + len(self._large)

    def next(self, hands: int, *, ahead: bool = False) -> list[Task]:
        """Some of the tasks, for one of so many `hands`: its share, or one that is done alone; none where none is left.

        One that is not free yet (`ahead`) gets none that is done alone, as another may be free before.
        """
        if self._large and not ahead:
            return [self._large.pop()]
        share = min(_MOST, -(-len(self._left) // (2 * hands)))
        return [self._left.pop() for _ in range(share)]

    def add(self, tasks: Sequence[Task]) -> None:
        """What is to be done as well, the first of it next."""
        for task in reversed(tasks):
            (self._large if task.alone else self._left).append(task)

    def take(self, brought: Brought) -> None:
        """Take up what was come across, and what was left over."""
        self.unreadable += [folder for folder in brought.unreadable if folder in self._devices]
        self.add([Task(folder.path, folder.root) for folder in brought.folders if self._enters(folder)])
        self.add(brought.rest)

    def _enters(self, folder: Folder) -> bool:
        place = (folder.device, folder.inode)
        if place in self._entered:
            return False
        self._entered.add(place)
        if folder.device == self._devices[folder.root]:
            return True
        if folder.device in self.kernels:
            return False
        if not self._everywhere:
            self.haul.passed(Place((folder.path,)), "lies on another file system, which was not entered")
        return self._everywhere

    @property
    def kernels(self) -> frozenset[int]:
        """The devices of file systems in which the kernel shows itself."""
        if self._kernel is None:
            self._kernel = frozenset(_devices_of_the_kernel())
        return self._kernel


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
