"""What comes out of what is compressed, piece by piece, and paid for."""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, Final

from truststore_tool.extras import how_to_install
from truststore_tool.inventory.bounds import BrokenError, Budget
from truststore_tool.inventory.streams import PIECE, Pieces, Stream

# What is given to a decompressor at a time, where many streams may stand one behind the other, none longer than a few
# octets: what is behind one is copied at its end.
_PACKED: Final = 16 << 10
_MEMORY: Final = 128 << 20  # what a decompressor may take for itself; xz -9 takes half of it


def decompressed(kind: str, packed: Stream, budget: Budget) -> Pieces:
    """What comes out of a compressed stream of a kind of `sieve.COMPRESSED`, paid for from the budget.

    Raises BrokenError at once where no module for that kind is installed, and when read from where it is damaged.
    """
    return Pieces(_paid(_OPENERS[kind](packed, budget), budget))


def inflated(packed: Stream, budget: Budget) -> Iterator[bytes]:
    """What comes out of a bare deflate stream (RFC 1951), as zip files hold them."""
    return _paid(_one(zlib.decompressobj(-zlib.MAX_WBITS), packed), budget)


def inflated_whole(packed: bytes, crc: int, budget: Budget) -> bytes:
    """The same of few octets that are there as a whole: a thousand times as many may come out of them.

    Raises BrokenError and SpentError; the first also where they have another CRC-32 than `crc`.
    """
    try:
        data = zlib.decompress(packed, -zlib.MAX_WBITS)
    except zlib.error as exc:
        raise BrokenError(f"cannot be decompressed on: {exc}") from exc
    budget.unpack(len(data))
    if zlib.crc32(data) != crc:
        raise BrokenError("is damaged: its checksum is another one")
    return data


def unbzipped(packed: Stream, budget: Budget) -> Iterator[bytes]:
    """What comes out of bzip2."""
    return _paid(_bzip2(packed, budget), budget)


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


def _one(machine: Any, packed: Stream) -> Iterator[bytes]:
    while not machine.eof:
        data = machine.unconsumed_tail or packed.read(PIECE)
        if not data:
            raise EOFError("it is cut short")
        yield machine.decompress(data, PIECE)


def _gzip(packed: Stream, budget: Budget) -> Iterator[bytes]:
    data = packed.read(_PACKED)
    while data.strip(b"\0"):  # padding is passed over
        budget.member()
        machine = zlib.decompressobj(zlib.MAX_WBITS | 16)
        while not machine.eof:
            if not data and not (data := packed.read(_PACKED)):
                raise EOFError("it is cut short")
            yield machine.decompress(data, PIECE)
            data = machine.unconsumed_tail
        data = machine.unused_data or packed.read(_PACKED)


def _machines(packed: Stream, budget: Budget, make: Callable[[], Any]) -> Iterator[bytes]:
    data = packed.read(_PACKED)
    while data.strip(b"\0"):
        budget.member()
        machine = make()
        while not machine.eof:
            if machine.needs_input and not data and not (data := packed.read(_PACKED)):
                raise EOFError("it is cut short")
            yield machine.decompress(data, PIECE)
            data = b""
        data = machine.unused_data or packed.read(_PACKED)


def _bzip2(packed: Stream, budget: Budget) -> Iterator[bytes]:
    return _machines(packed, budget, bz2.BZ2Decompressor)


def _xz(packed: Stream, budget: Budget) -> Iterator[bytes]:
    return _machines(packed, budget, lambda: lzma.LZMADecompressor(lzma.FORMAT_AUTO, memlimit=_MEMORY))


def _zstd(packed: Stream, _budget: Budget) -> Iterator[bytes]:
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


_OPENERS: Final[dict[str, Callable[[Stream, Budget], Iterator[bytes]]]] = {
    "gzip": _gzip,
    "bzip2": _bzip2,
    "xz": _xz,
    "zstd": _zstd,
}
