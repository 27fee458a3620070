"""Doing tasks: list a folder, look at each file in it, and leave to others what would take too long."""

import os
from contextlib import suppress
from typing import Final

from truststore_tool.inventory.cache import Cache, parted
from truststore_tool.inventory.haul import NOTHING, Haul
from truststore_tool.inventory.listing import Exclusion, Listing, layout_key
from truststore_tool.inventory.looking import OPENING, LargeError, Looker
from truststore_tool.inventory.nouns import Place
from truststore_tool.inventory.tasks import Brought, Key, Orders, Task, Where, key_of, where_of

# One is done with a batch after so many octets, or what takes as long; that are some 400 files.
_BATCH: Final = 32 << 20
_FILES: Final = 400
# What it costs to see that a file has not changed.
_SEEING: Final = OPENING // 4
# An archive that is larger is done by itself, so that others go on with what is beside it.
_LARGE: Final = 2 << 20


class Worker:
    """One who looks; what it made of bytes it remembers from one batch to the next."""

    def __init__(self, orders: Orders, exclusion: Exclusion, cache: Cache | None = None) -> None:
        self._looker = Looker(orders)
        self._exclusion = exclusion
        self._cache = cache

    @property
    def spent(self) -> int:
        """See `Looker`."""
        return self._looker.spent

    def do(self, tasks: list[Task]) -> Brought:
        """Do them, or as much of them as is worth doing at once."""
        brought = Brought()
        most = self.spent + _BATCH
        for number, task in enumerate(tasks):
            if self._looker.spent >= most:
                brought.rest += tasks[number:]
                break
            where = self._where(task)
            if task.is_layout:
                self._layout(task, where, brought)
                continue
            names = task.names if task.names is not None else self._changed(task, where, brought)
            before = os.path.join(task.folder, "")
            for place, name in enumerate(names):
                if self._looker.spent >= most:
                    brought.rest += task.parts(names[place:], _FILES)
                    break
                try:
                    self._file(before + name, where, brought, None if task.alone else _LARGE)
                except LargeError:
                    brought.rest += task.parts([name], 1, alone=True)
        return brought

    def listed(self, task: Task, brought: Brought) -> list[str]:
        """The files of a folder; what else is in it is brought."""
        try:
            listing = Listing(task, self._exclusion)
        except OSError as exc:
            brought.unreadable.append(task.folder)
            if task.folder == task.root or not isinstance(exc, FileNotFoundError):
                brought.haul.passed(Place((task.folder,)), f"cannot be read: {exc.strerror}")
            return []
        if listing.is_layout:
            brought.rest.append(Task(task.folder, task.root, alone=True, is_layout=True))
            return []
        brought.folders += listing.folders
        brought.haul.add(listing.haul)
        return listing.names

    def _where(self, task: Task) -> Where:
        """What a cache knows a folder by."""
        if self._cache is not None:
            with suppress(OSError):  # gone since
                return where_of(os.stat(task.folder or "."))
        return b""

    def _changed(self, task: Task, where: Where, brought: Brought) -> list[str]:
        """The files of a folder, but for those of which a cache knows that they hold nothing: mostly nearly all."""
        names = self.listed(task, brought)
        if self._cache is None or where not in self._cache.empty:
            return names
        before = os.path.join(task.folder, "")
        keys = [_key(before + name) for name in names]
        empty = {*parted(self._cache.empty[where])}
        same = [key for key in keys if key in empty]
        if len(same) == len(empty):
            brought.unchanged.append(where)
        else:
            brought.empty[where] += b"".join(same)
        self._looker.spent += len(names) * _SEEING
        brought.haul.files += len(same)
        return [name for name, key in zip(names, keys, strict=True) if key not in empty]

    def _file(self, path: str, where: Where, brought: Brought, most: int | None) -> None:
        """Look at a file, unless it has not changed. Raises LargeError."""
        if self._cache is None:
            haul = self._looker.file(path, most)
            if haul is None:
                brought.haul.files += 1
            else:
                brought.haul.add(haul)
            return
        key = _key(path)
        if not self._is_known(key, brought):
            self._remember(key, where, self._looker.file(path, most) or NOTHING, brought)

    def _layout(self, task: Task, where: Where, brought: Brought) -> None:
        key = layout_key(task.folder) if self._cache is not None else b""
        if not self._is_known(key, brought):
            self._remember(key, where, self._looker.layout(task.folder), brought)

    def _is_known(self, key: Key, brought: Brought) -> bool:
        """Whether a cache knows what is there, which is brought then."""
        known = self._cache.get(key) if self._cache is not None else None
        if known is None:
            return False
        brought.known.append(key)
        brought.haul.add(known)
        return True

    def _remember(self, key: Key, where: Where, haul: Haul, brought: Brought) -> None:
        """Bring what was found, and for a cache by the key of where it was."""
        brought.haul.add(haul)
        if self._cache is None or not key or not self._cache.lasts(key, haul):
            return
        if haul.items or haul.files > 1:
            brought.full.append((key, haul))
        else:
            brought.empty[where] += key


def _key(path: str) -> Key:
    """The key of a file; empty where it has none, as it is gone since or cannot be reached."""
    try:
        return key_of(path, os.lstat(path))
    except OSError:
        return b""
