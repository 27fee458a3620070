"""Octets that can be read anywhere: of a file that is open, or in memory."""

import os
from typing import Final, Protocol

_AHEAD: Final = 64 << 10


class View(Protocol):
    """Something that can be read anywhere."""

    size: int

    def at(self, offset: int, size: int) -> bytes:
        """`size` octets from `offset` on; fewer only at the end. Raises OSError."""

    def part(self, offset: int, size: int) -> "View":
        """A part of it, which need not lie in it as a whole."""


class FileView:
    """A file that is open, or a part of it."""

    def __init__(self, descriptor: int, start: int, size: int) -> None:
        self._descriptor = descriptor
        self._start = start
        self.size = size

    def at(self, offset: int, size: int) -> bytes:
        """See View."""
        wanted = min(size, self.size - offset)
        if wanted <= 0:
            return b""
        data = os.pread(self._descriptor, wanted, self._start + offset)
        if len(data) == wanted or not data:
            return data
        # As reads beyond 2 GiB, and of some file systems, end early.
        return data + self.at(offset + len(data), wanted - len(data))

    def part(self, offset: int, size: int) -> "FileView":
        """See View."""
        return FileView(self._descriptor, self._start + offset, max(0, min(size, self.size - offset)))


class BytesView:
    """Octets in memory, or a part of them."""

    def __init__(self, data: bytes | bytearray, start: int = 0, size: int | None = None) -> None:
        self._data = data
        self._start = start
        self.size = len(data) - start if size is None else size
        self.held = len(data) if size is None else 0

    def at(self, offset: int, size: int) -> bytes:
        """See View."""
        first = self._start + offset
        return bytes(memoryview(self._data)[first : first + max(0, min(size, self.size - offset))])

    def part(self, offset: int, size: int) -> "BytesView":
        """See View."""
        return BytesView(self._data, self._start + offset, max(0, min(size, self.size - offset)))


class Forward:
    """A view that is mostly read from its beginning to its end, in small parts: so that few reads serve many."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._piece = b""
        self._from = 0
        self.size = view.size

    def at(self, offset: int, size: int) -> bytes:
        """See View."""
        start = offset - self._from
        if start < 0 or start + size > len(self._piece):
            # Behind a leap nothing is read ahead, as another one may follow.
            goes_on = 0 <= start <= len(self._piece)
            self._piece, self._from, start = self._view.at(offset, max(size, _AHEAD if goes_on else 0)), offset, 0
        return self._piece[start : start + size]

    def part(self, offset: int, size: int) -> View:
        """See View."""
        return self._view.part(offset, size)
