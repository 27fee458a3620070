"""Zip archives (PKWARE's APPNOTE 6.3), and what is one by another name: jar, war, ear, wheel, APK.

The directory at the end counts, as it does for Java and Python. It is read piece by piece, as a million members would
not fit into memory.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import Final

from truststore_tool.inventory.bounds import BrokenError, Budget
from truststore_tool.inventory.streams import PIECE, Pieces, Stream, ViewStream
from truststore_tool.inventory.unpacking import inflated, inflated_whole, proved, unbzipped
from truststore_tool.inventory.views import BytesView, Forward, View
from truststore_tool.nouns import noun

_END: Final = struct.Struct("<4s4H2LH")
_END_64: Final = struct.Struct("<4sQ2H2L4Q")
_LOCATOR: Final = struct.Struct("<4sLQL")
_MEMBER: Final = struct.Struct("<4s4x2H4x3L3H8xL")  # but for what is not asked for
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_COMMENT: Final = 0xFFFF
# Most members are small: read at once with their headers, which are mostly shorter than so, and unpacked at once.
_SMALL: Final = 16 << 10
_HEADER: Final = 512
_STORED, _DEFLATED, _BZIP2 = 0, 8, 12
_ENCRYPTED, _UTF8 = 0x1, 0x800
_METHODS: Final = {9: "deflate64", 14: "LZMA", 93: "zstd", 95: "xz", 98: "PPMd", 99: "AES"}


@noun
class ZipMember:
    """A member: its path as it stands in the directory, its size, how it is packed and where.

    Attributes:
        path: as it stands there.
        size: how many octets it says that it unpacks to; nothing proves it.
        archive: where it lies, with its header at `offset`.
        packed: how many octets it takes there behind the header.
        crc: the CRC-32 of its octets.
        method: how it is compressed.
        encrypted: whether it is.
    """

    path: str
    size: int
    archive: View
    offset: int
    packed: int
    crc: int
    method: int
    encrypted: bool

    def view(self) -> View | None:
        """Its octets, where they stand there as they are; else None. Raises BrokenError for few that are not they."""
        if self.method != _STORED or self.encrypted:
            return None
        if self.packed > PIECE:
            return self._octets()
        octets = self._few()
        if zlib.crc32(octets) != self.crc:
            raise BrokenError("is damaged: its checksum is another one")
        return BytesView(octets)

    def stream(self, budget: Budget) -> Stream:
        """Its octets, paid for from the budget. Raises BrokenError where it cannot be unpacked."""
        if self.encrypted:
            raise BrokenError("is encrypted")
        if self.method not in (_STORED, _DEFLATED, _BZIP2):
            raise BrokenError(f"is compressed in a way that is not read ({_METHODS.get(self.method, self.method)})")
        if self.method == _DEFLATED and self.packed <= _SMALL:
            return Pieces((), inflated_whole(self._few(), self.crc, budget))
        packed = ViewStream(self._octets())
        if self.method == _STORED:
            return packed
        return proved((inflated if self.method == _DEFLATED else unbzipped)(packed, budget), self.crc)

    def _octets(self) -> View:
        return self.archive.part(self.offset + _behind(self.archive.at(self.offset, _LOCAL.size)), self.packed)

    def _few(self) -> bytes:
        """Its octets as they are packed."""
        around = self.archive.at(self.offset, _HEADER + self.packed)
        begin = _behind(around)
        if begin <= _HEADER:
            return around[begin : begin + self.packed]
        return self.archive.at(self.offset + begin, self.packed)


def _behind(header: bytes) -> int:
    """How long the header of a member is that begins so. Raises BrokenError for what is none."""
    if len(header) < _LOCAL.size or header[:4] != b"PK\3\4":
        raise BrokenError("is damaged: its header is not where the directory says")
    *_, name, extra = _LOCAL.unpack_from(header)
    return _LOCAL.size + int(name) + int(extra)


def find_end(view: View) -> int | None:
    """Where the end record of a zip begins, or None for what is none."""
    first = max(0, view.size - _END.size - _COMMENT)
    tail = view.at(first, view.size - first)
    at = tail.rfind(b"PK\5\6")
    while at >= 0:
        if len(tail) - at >= _END.size and at + _END.size + _END.unpack_from(tail, at)[-1] <= len(tail):
            return first + at
        at = tail.rfind(b"PK\5\6", 0, at)
    return None


def members(view: View, budget: Budget) -> Iterator[ZipMember]:
    """The members in the order of the directory, but for folders.

    Raises BrokenError for what is no zip, and where members lie over each other, as in a bomb: together they take more
    room than the archive has. Raises OverBoundError.
    """
    end = find_end(view)
    if end is None:
        raise BrokenError("is damaged: a zip without its end record")
    size, offset, until = _directory(view, end)
    base = until - size - offset  # what stands before the archive, as the script of a jar that can be run
    if size > until or base < 0:
        raise BrokenError("is damaged: its directory is not where the end record says")
    room, archive = view.size, Forward(view)
    at, last = until - size, until
    data, begin = b"", at
    while at + _MEMBER.size <= last:
        if at + _MEMBER.size + 3 * _COMMENT > begin + len(data) and begin + len(data) < last:
            data, begin = view.at(at, min(PIECE, last - at) if last - at > 4 * _COMMENT else last - at), at
        magic, flags, method, crc, packed, unpacked, name, extra, comment, local = _MEMBER.unpack_from(data, at - begin)
        start = at - begin + _MEMBER.size
        if magic != b"PK\1\2" or start + name + extra > len(data):
            raise BrokenError("is damaged: its directory breaks off")
        raw = data[start : start + name]
        if 0xFFFFFFFF in (packed, unpacked, local):
            unpacked, packed, local = _wide(data[start + name : start + name + extra], unpacked, packed, local)
        at += _MEMBER.size + name + extra + comment
        budget.member()
        room -= packed
        if room < 0:
            raise BrokenError("is damaged: its members lie over each other")
        if raw.endswith(b"/"):
            continue
        path = raw.decode("utf-8" if flags & _UTF8 else "cp437", "surrogateescape")
        yield ZipMember(path, unpacked, archive, base + local, packed, crc, method, bool(flags & _ENCRYPTED))


def _directory(view: View, end: int) -> tuple[int, int, int]:
    """Size of the directory, its offset from the first header, and where it ends in the view."""
    *_, size, offset, _comment = _END.unpack(view.at(end, _END.size))
    locator = view.at(end - _LOCATOR.size, _LOCATOR.size) if end >= _LOCATOR.size else b""
    wide = 0xFFFFFFFF in (size, offset)
    # Some write the records of a large zip for every one; then the directory does not end where the last record begins.
    if locator[:4] != b"PK\6\7" or (not wide and (not size or view.at(max(0, end - size), 4) == b"PK\1\2")):
        return size, offset, end
    for where in (_LOCATOR.unpack(locator)[2], end - _LOCATOR.size - _END_64.size):
        record = view.at(where, _END_64.size) if 0 <= where < view.size else b""
        if record[:4] == b"PK\6\6" and len(record) == _END_64.size:
            *_, size, offset = _END_64.unpack(record)
            return size, offset, where
    raise BrokenError("is damaged: the end record of a large zip is not where it should be")


def _wide(extra: bytes, *values: int) -> tuple[int, ...]:
    """Unpacked size, packed size and offset, those of 64 bits out of the extra field 1."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        if kind == 1:
            field = extra[at + 4 : at + 4 + size]
            numbers = iter(struct.unpack_from(f"<{len(field) // 8}Q", field))
            return tuple(next(numbers, value) if value == 0xFFFFFFFF else value for value in values)
        at += 4 + size
    return values
