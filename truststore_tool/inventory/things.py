"""Something to be looked at: a file, or a member of an archive; its head is at hand, the rest where it is."""

from collections.abc import Iterator

from truststore_tool.inventory.bounds import OverBoundError
from truststore_tool.inventory.sieve import HEAD
from truststore_tool.inventory.streams import PIECE, Pieces, Stream, ViewStream
from truststore_tool.inventory.views import BytesView, View


class Thing:
    """What may be read anywhere (`view`), or else once, from its head on (`rest`).

    Attributes:
        head: its first octets, at most `HEAD`.
        size: how many octets there are; None where that is not known before the end.
    """

    def __init__(self, head: bytes, size: int | None, view: View | None, rest: Stream | None = None) -> None:
        self.head = head
        self.size = size
        self._view = view
        self._rest = rest

    @classmethod
    def of_view(cls, view: View) -> "Thing":
        """One that may be read anywhere."""
        return cls(view.at(0, HEAD), view.size, view)

    @classmethod
    def of_stream(cls, stream: Stream, size: int | None = None) -> "Thing":
        """One that may be read once, unless what it comes from can; a small one is in memory then."""
        ahead = stream.ahead(size) if size is not None and size > HEAD else None
        if ahead is not None:
            return cls.of_view(ahead)
        head = stream.read(HEAD if size is None else min(size, HEAD))
        if len(head) < HEAD or size == HEAD:
            return cls(head, len(head), BytesView(head))
        return cls(head, size, None, stream)

    @property
    def is_view(self) -> bool:
        """Whether it may be read anywhere, and so more than once."""
        return self._view is not None

    def view(self, most: int) -> View:
        """The whole, to be read anywhere: held in memory, where it can be read only once.

        Raises OverBoundError when that would take more than `most` octets.
        """
        if self._view is None:
            self._refuse_over(most)
            data = bytearray(self.head)
            while self._rest is not None and (piece := self._rest.read(PIECE)):
                data += piece
                if len(data) > most:
                    raise OverBoundError(f"is larger than {_told(most)}")
            self._view = BytesView(data)
        return self._view

    def whole(self, most: int) -> bytes:
        """All octets. Raises OverBoundError when they are more than `most`."""
        self._refuse_over(most)
        if self.size is not None and self.size <= len(self.head):
            return self.head
        if self._view is not None:
            return self._view.at(0, self._view.size)
        if self._rest is None:
            return self.head
        rest = self._rest.read(most - len(self.head) + 1)
        if len(self.head) + len(rest) > most:
            raise OverBoundError(f"is larger than {_told(most)}")
        return self.head + rest

    def _refuse_over(self, most: int) -> None:
        if self.size is not None and self.size > most:
            raise OverBoundError(f"is larger than {_told(most)}")

    def stream(self) -> Stream:
        """All octets in a row; to be asked for once."""
        return ViewStream(self._view) if self._view is not None else Pieces(self._pieces())

    def _pieces(self) -> Iterator[bytes]:
        yield self.head
        while self._rest is not None and (piece := self._rest.read(PIECE)):
            yield piece


def _told(size: int) -> str:
    return f"{size >> 20} MiB" if size >= 1 << 20 else f"{size} octets"
