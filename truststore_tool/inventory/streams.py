"""Octets in a row, from a file, from memory or out of a decompressor: read once, from the beginning to the end."""

import bz2
import lzma
import os
import zlib
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, Final, Protocol

from truststore_tool import digests
from truststore_tool.extras import how_to_install
from truststore_tool.inventory.bounds import BrokenError, Budget

PIECE: Final = 256 << 10
ALGORITHMS: Final = frozenset({"sha256", "sha384", "sha512"})  # digests that are checked
_MEMORY: Final = 128 << 20  # what a decompressor may take for itself; xz -9 takes half of it


class Stream(Protocol):
    """Something that is read once."""

    def read(self, size: int) -> bytes:
        """The next `size` octets; fewer only at the end. Raises BrokenError, OverBoundError or OSError."""

    def skip(self, size: int) -> int:
        """Pass over `size` octets; returns how many there were. Raises as `read` does."""

    def ahead(self, size: int) -> "View | None":
        """The next `size` octets, which are not passed over by that, where they are all there to be read anywhere."""


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
        rest = self.at(
            offset + len(data), wanted - len(data)
        )  # as reads beyond 2 GiB, and of some file systems, end early
        return data + rest

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


class Pieces:
    """A stream of pieces, as a decompressor gives them, or a view."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._piece = b""
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


def decompressed(kind: str, packed: Stream, budget: Budget) -> Pieces:
    """What comes out of a compressed stream of a kind of `sieve.COMPRESSED`, paid for from the budget.

    Raises BrokenError at once where no module for that kind is installed, and when read from where it is damaged.
    """
    return Pieces(_paid(_OPENERS[kind](packed), budget))


def inflated(packed: Stream, budget: Budget) -> Iterator[bytes]:
    """What comes out of a bare deflate stream (RFC 1951), as zip files hold them."""
    return _paid(_zlib(packed, -zlib.MAX_WBITS, several=False), budget)


def unbzipped(packed: Stream, budget: Budget) -> Iterator[bytes]:
    """What comes out of bzip2."""
    return _paid(_bzip2(packed), budget)


def proved(pieces: Iterator[bytes], crc: int) -> Pieces:
    """A stream of pieces that have a CRC-32 together; raises BrokenError at its end where they have another."""
    return Pieces(_proved(pieces, crc))


def _proved(pieces: Iterator[bytes], crc: int) -> Iterator[bytes]:
    had = 0
    for piece in pieces:
        had = zlib.crc32(piece, had)
        yield piece
    if had != crc:
        raise BrokenError("is damaged: its checksum is another one")


def _paid(pieces: Iterator[bytes], budget: Budget) -> Iterator[bytes]:
    try:
        for piece in pieces:
            budget.unpack(len(piece))
            if piece:
                yield piece
    except (zlib.error, lzma.LZMAError, EOFError, ValueError) as exc:
        raise BrokenError(f"cannot be decompressed on: {exc}") from exc
    except OSError as exc:
        if exc.errno is None:  # bz2 complains so
            raise BrokenError(f"cannot be decompressed on: {exc}") from exc
        raise


def _zlib(packed: Stream, wbits: int, *, several: bool) -> Iterator[bytes]:
    data = packed.read(PIECE)
    while data:
        machine = zlib.decompressobj(wbits)
        while not machine.eof:
            if not data and not (data := packed.read(PIECE)):
                raise EOFError("it is cut short")
            yield machine.decompress(data, PIECE)
            data = machine.unconsumed_tail
        data = (machine.unused_data or packed.read(PIECE)) if several else b""
        if several and not data.strip(b"\0"):  # padding, as gzip passes it over
            data = b""


def _machines(packed: Stream, make: Callable[[], Any]) -> Iterator[bytes]:
    data = packed.read(PIECE)
    while data.strip(b"\0"):
        machine = make()
        while not machine.eof:
            if machine.needs_input and not data and not (data := packed.read(PIECE)):
                raise EOFError("it is cut short")
            yield machine.decompress(data, PIECE)
            data = b""
        data = machine.unused_data or packed.read(PIECE)


def _gzip(packed: Stream) -> Iterator[bytes]:
    return _zlib(packed, zlib.MAX_WBITS | 16, several=True)


def _bzip2(packed: Stream) -> Iterator[bytes]:
    return _machines(packed, bz2.BZ2Decompressor)


def _xz(packed: Stream) -> Iterator[bytes]:
    return _machines(packed, lambda: lzma.LZMADecompressor(lzma.FORMAT_AUTO, memlimit=_MEMORY))


def _zstd(packed: Stream) -> Iterator[bytes]:
    for name in ("compression.zstd", "backports.zstd"):
        try:
            module: Any = import_module(name)
        except ImportError:
            continue
        options = {module.DecompressionParameter.window_log_max: _MEMORY.bit_length() - 1}
        return _read(module.ZstdFile(packed, options=options), module.ZstdError)
    try:
        module = import_module("zstandard")
    except ImportError:
        wanted = f"is compressed with zstd, which takes Python 3.14, or: {how_to_install('zstd')}"
        raise BrokenError(wanted) from None
    machine = module.ZstdDecompressor(max_window_size=_MEMORY)
    return _read(machine.stream_reader(packed, read_across_frames=True), module.ZstdError)


def _read(reader: Any, error: type[Exception]) -> Iterator[bytes]:
    try:
        while piece := reader.read(PIECE):
            yield piece
    except error as exc:
        raise EOFError(str(exc)) from exc


_OPENERS: Final[dict[str, Callable[[Stream], Iterator[bytes]]]] = {
    "gzip": _gzip,
    "bzip2": _bzip2,
    "xz": _xz,
    "zstd": _zstd,
}
