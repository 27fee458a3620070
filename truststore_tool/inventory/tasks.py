"""What is given to those who look, and what they bring back; all of it goes from one process to another."""

import os
import struct
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from zlib import crc32

from truststore_tool.inventory.bounds import Bounds
from truststore_tool.inventory.haul import Haul
from truststore_tool.inventory.nouns import Candidates
from truststore_tool.nouns import noun


@noun
class Orders:
    """How files are looked at.

    Attributes:
        bounds: what looking at one may cost.
        candidates: passwords to try.
        now: the moment of the scan (aware).
        all_layers: whether what later layers of an image take away is looked at as well.
        layers: what a cache knows of layers of images, by their digests; None where there is no cache.
    """

    bounds: Bounds
    candidates: Candidates
    now: datetime
    all_layers: bool = False
    layers: Mapping[str, str] | None = None


@noun
class Task:
    """A folder to be looked at, or some files in it.

    Attributes:
        folder: its path.
        root: the path that the walk began with.
        names: of the files; None for all that is in the folder.
        alone: whether it is done by itself, as a large archive is.
        is_layout: whether the folder is an OCI layout, which is looked at as a whole.
    """

    folder: str
    root: str
    names: tuple[str, ...] | None = None
    alone: bool = False
    is_layout: bool = False

    def parts(self, names: Sequence[str], size: int, *, alone: bool = False) -> "list[Task]":
        """Files of the folder, at most so many in a task."""
        starts = range(0, len(names), size)
        return [Task(self.folder, self.root, tuple(names[at : at + size]), alone) for at in starts]


class Folder(NamedTuple):
    """A folder that was come across in another, which is not entered yet."""

    path: str
    root: str
    device: int
    inode: int


# What tells a file from what was there before: of device, inode, size, both times in nanoseconds, and the CRC-32 of its
# path, as what it says of stores hangs on where it is.
Key = bytes
_KEY: Final = struct.Struct("<QQQqqI")
KEY_SIZE: Final = _KEY.size
# The same of a folder: 16 octets, of device and inode.
Where = bytes
_WHERE: Final = struct.Struct("<QQ")


def key_of(path: str, status: os.stat_result) -> Key:
    """The key of a file that is so."""
    return _KEY.pack(
        status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns, _checksum(path)
    )


def key(path: str, device: int, inode: int, size: int, when: int) -> Key:
    """The key of what is no file, and has changed at last so many nanoseconds after the epoch."""
    return _KEY.pack(device, inode, size, when, when, _checksum(path))


def _checksum(path: str) -> int:
    return crc32(path.encode("utf-8", "surrogatepass"))


def where_of(status: os.stat_result) -> Where:
    """The same of a folder that is so."""
    return _WHERE.pack(status.st_dev, status.st_ino)


def latest(key: Key) -> int:
    """When what has that key has changed, in nanoseconds after the epoch."""
    *_, modified, changed, _ = _KEY.unpack(key)
    return int(max(modified, changed))


class Brought:
    """What was found by doing some tasks.

    Attributes:
        haul: what lies where.
        folders: those that were come across.
        rest: what is left to be done.
        unreadable: folders that could not be listed.
        empty: for a cache, by the folder they are in the keys of files that hold nothing, one behind the other.
        unchanged: for a cache, folders of whose files all that it knows to hold nothing are as they were.
        known: for a cache, the keys of others of which it knew what is in them.
        full: for a cache, what is in yet others, as archives, by their keys.
    """

    def __init__(self) -> None:
        self.haul = Haul()
        self.folders: list[Folder] = []
        self.rest: list[Task] = []
        self.unreadable: list[str] = []
        self.empty: defaultdict[Where, bytearray] = defaultdict(bytearray)
        self.unchanged: list[Where] = []
        self.known: list[Key] = []
        self.full: list[tuple[Key, Haul]] = []
