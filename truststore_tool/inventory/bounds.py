"""What a scan costs at most, whatever lies there: bounds, and what is spent of them on one file of the file system."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from truststore_tool.nouns import noun

T = TypeVar("T")

# From so much on what comes out of an archive is held against what went in: a few texts shrink a thousandfold, too.
_LET_PASS: Final = 256 << 20


class OverBoundError(Exception):
    """A bound is reached: what is left of the file is not looked at. Says which bound, for `Skipped.why`."""


class SpentError(OverBoundError):
    """All that may be spent on the file is spent."""


class BrokenError(Exception):
    """An archive cannot be read on from here. Says why, for `Skipped.why`."""


@noun
class Bounds:
    """What is spent at most.

    Attributes:
        store: octets of a store, or of a text that is searched.
        held: octets of archives inside others that are held in memory, where they can be read in no other way.
        stores: of all archives inside one file of the file system.
        nesting: archives inside each other.
        members: of all archives inside one file of the file system; streams of gzip and its like one behind the other
            count as such.
        names: octets of the names of members of tars, and of what links lead to, likewise.
        unpacked: octets that are decompressed of one file of the file system.
        ratio: how many octets may come out of one that goes in, once they are many.
    """

    store: int = 64 << 20
    held: int = 96 << 20
    stores: int = 5_000
    nesting: int = 8
    members: int = 1_000_000
    names: int = 128 << 20
    unpacked: int = 16 << 30
    ratio: int = 250


class Budget:
    """What is left of the bounds for one file of the file system, which has `size` octets."""

    def __init__(self, bounds: Bounds, size: int) -> None:
        self.bounds = bounds
        self._members = bounds.members
        self._names = bounds.names
        self._stores = bounds.stores
        self._held = bounds.held
        self._unpacked = 0
        self._most = min(bounds.unpacked, max(_LET_PASS, bounds.ratio * size))

    def member(self) -> None:
        """Pay for a member of an archive. Raises SpentError."""
        self._members -= 1
        if self._members < 0:
            raise SpentError(f"holds more than {self.bounds.members} members, and was looked at as far")

    def named(self, size: int) -> None:
        """Pay for names. Raises SpentError."""
        self._names -= size
        if self._names < 0:
            raise SpentError(f"holds names of more than {self.bounds.names >> 20} MiB, and was looked at as far")

    def store(self) -> None:
        """Pay for a store. Raises SpentError."""
        self._stores -= 1
        if self._stores < 0:
            raise SpentError(f"holds more than {self.bounds.stores} stores, and was looked at as far")

    def unpack(self, size: int) -> None:
        """Pay for octets that were decompressed. Raises SpentError."""
        self._unpacked += size
        if self._unpacked > self._most:
            raise SpentError(f"unpacks to more than {self._most >> 20} MiB, and was looked at as far")

    @contextmanager
    def holding(self, hold: Callable[[int], T]) -> Iterator[T]:
        """What `hold` gives, which is told how many octets of memory it may take; they are free again afterwards."""
        before = self._held
        held = hold(before)
        self._held -= getattr(held, "held", 0)
        try:
            yield held
        finally:
            self._held = before
