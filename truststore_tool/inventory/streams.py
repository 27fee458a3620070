"""Octets in a row, from a file, from memory or out of a decompressor: read once, from the beginning to the end."""

from collections.abc import Iterable
from typing import Final, Protocol

from truststore_tool import digests
from truststore_tool.inventory.bounds import BrokenError
from truststore_tool.inventory.views import View

PIECE: Final = 256 << 10
ALGORITHMS: Final = frozenset({"sha256", "sha384", "sha512"})  # digests that are checked


class Stream(Protocol):
    """Something that is read once."""

    def read(self, size: int) -> bytes:
        """The next `size` octets; fewer only at the end. Raises BrokenError, OverBoundError or OSError."""

    def skip(self, size: int) -> int:
        """Pass over `size` octets; returns how many there were. Raises as `read` does."""

    def ahead(self, size: int) -> View | None:
        """The next `size` octets, which are not passed over by that, where they are all there to be read anywhere."""


class Pieces:
    """A stream of pieces, as a decompressor gives them, or a view."""

    def __init__(self, pieces: Iterable[bytes], first: bytes = b"") -> None:
        self._pieces = iter(pieces)
        self._piece = first
        self._at = 0

    def read(self, size: int) -> bytes:
        """See Stream."""
        end = self._at + size
        if end <= len(self._piece):
            data = self._piece[self._at : end]
            self._at = end
            return data
        parts = [self._piece[self._at :]]
        missing = size - len(parts[0])
        self._piece, self._at = b"", 0
        for piece in self._pieces:
            if len(piece) >= missing:
                parts.append(piece[:missing])
                self._piece, self._at = piece, missing
                break
            parts.append(piece)
            missing -= len(piece)
        return b"".join(parts)

    def skip(self, size: int) -> int:
        """See Stream."""
        left = size
        while left:
            here = min(left, len(self._piece) - self._at)
            self._at += here
            left -= here
            if left and not (piece := next(self._pieces, b"")):
                return size - left
            if left:
                self._piece, self._at = piece, 0
        return size

    def ahead(self, size: int) -> View | None:  # noqa: ARG002 -- as the others
        """See Stream."""
        return None


class ViewStream:
    """A view read from its beginning, in pieces where little is wanted at a time."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._offset = 0
        self._piece = b""
        self._from = 0

    def read(self, size: int) -> bytes:
        """See Stream."""
        start = self._offset - self._from
        if start < 0 or start + size > len(self._piece):
            if size >= PIECE:
                data = self._view.at(self._offset, size)
                self._offset += len(data)
                return data
            self._piece, self._from, start = self._view.at(self._offset, max(size, PIECE >> 2)), self._offset, 0
        data = self._piece[start : start + size]
        self._offset += len(data)
        return data

    def skip(self, size: int) -> int:
        """See Stream."""
        there = max(0, min(size, self._view.size - self._offset))
        self._offset += there
        return there

    def ahead(self, size: int) -> View | None:
        """See Stream."""
        part = self._view.part(self._offset, size)
        return part if part.size == size else None


class Digested:
    """A stream whose octets are digested as they go by; those that are skipped as well."""

    def __init__(self, stream: Stream, algorithm: str) -> None:
        self._stream = stream
        self._algorithm = algorithm if algorithm in ALGORITHMS else "sha256"
        self._digest = digests.new(self._algorithm)

    def read(self, size: int) -> bytes:
        """See Stream."""
        data = self._stream.read(size)
        self._digest.update(data)
        return data

    def skip(self, size: int) -> int:
        """See Stream."""
        left = size
        while left and (piece := self.read(min(left, PIECE))):
            left -= len(piece)
        return size - left

    def ahead(self, size: int) -> View | None:  # noqa: ARG002 -- as the others
        """See Stream."""
        return None

    def digest(self) -> str:
        """The digest of all there is, as images write it: ``sha256:...``. Raises as `read` does."""
        while self.read(PIECE):
            pass
        return f"{self._algorithm}:{self._digest.hexdigest()}"


class Content:
    """The octets of one member, out of the stream of the archive, which goes on behind them.

    Attributes:
        left: how many of them were not read yet.
    """

    def __init__(self, stream: Stream, size: int) -> None:
        self._stream = stream
        self.left = size

    def read(self, size: int) -> bytes:
        """See Stream."""
        wanted = min(size, self.left)
        data = self._stream.read(wanted)
        self.left -= wanted
        if len(data) < wanted:
            self.left = 0
            raise BrokenError("is cut short")
        return data

    def skip(self, size: int) -> int:
        """See Stream."""
        wanted = min(size, self.left)
        self.left -= wanted
        if self._stream.skip(wanted) < wanted:
            self.left = 0
            raise BrokenError("is cut short")
        return wanted

    def ahead(self, size: int) -> View | None:
        """See Stream."""
        return self._stream.ahead(size) if size <= self.left else None
