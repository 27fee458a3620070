"""Tar archives (POSIX.1-2001 pax, ustar, GNU, and those before them), read in one pass without unpacking.

What ends without its two empty blocks, or without the padding of its last member, is read all the same: umoci 0.4
writes such layers.
"""

from collections.abc import Iterator
from typing import Final, Literal

from truststore_tool.inventory.bounds import BrokenError, Budget
from truststore_tool.inventory.streams import Content, Stream
from truststore_tool.nouns import noun

BLOCK: Final = 512
Kind = Literal["file", "directory", "hard link", "link", "sparse", "other"]
_KINDS: Final[dict[bytes, Kind]] = {
    b"0": "file",
    b"\0": "file",
    b"7": "file",
    b"1": "hard link",
    b"2": "link",
    b"5": "directory",
}
_NO_CONTENT: Final = frozenset((b"1", b"2", b"3", b"4", b"5", b"6"))  # whatever they say of their size
_NAME, _LINK, _PAX, _GLOBAL, _SPARSE = b"L", b"K", b"x", b"g", b"S"
_PAX_KEYS: Final = frozenset((b"path", b"linkpath", b"size"))
_PAX_SPARSE: Final = b"GNU.sparse."
_OCTAL_OR_BLANK: Final = frozenset(b"%c" % octet for octet in b" 01234567")
_MOST_NAMES: Final = 1 << 20  # octets of a long name or of pax headers


@noun
class TarMember:
    """A member: its path as it stands there, what it is, where a link leads, and its octets, to be read at once."""

    path: str
    kind: Kind
    target: str
    size: int
    stream: Stream


def is_tar(head: bytes) -> bool:
    """Whether the octets begin with the header of a member: its checksum is right."""
    block = head[:BLOCK]
    if len(block) < BLOCK or block[0] == 0:
        return False
    return block[148:149] in _OCTAL_OR_BLANK and _sums(block)


def _sums(block: bytes) -> bool:
    try:
        said = _number(block[148:156])
    except BrokenError:
        return False
    return said == sum(block) - sum(block[148:156]) + 8 * 0x20


def members(stream: Stream, budget: Budget) -> Iterator[TarMember]:
    """The members in their order; each is to be read before the next is asked for.

    Raises BrokenError where the archive ends in the middle of a member, or is none, and OverBoundError.
    """
    path = target = ""
    own: dict[str, str] = {}
    every: dict[str, str] = {}
    while len(block := stream.read(BLOCK)) == BLOCK and block != bytes(BLOCK):
        if not _sums(block):
            raise BrokenError("is damaged: a header of a member has a wrong checksum")
        kind = block[156:157]
        size = _number(block[124:136])
        if kind in (_NAME, _LINK, _PAX, _GLOBAL):
            budget.member()
            if size > _MOST_NAMES:
                raise BrokenError("is damaged: a name is longer than a mebibyte")
            data = stream.read(size)
            stream.skip(-size % BLOCK)
            if kind == _NAME:
                path = _text(data)
            elif kind == _LINK:
                target = _text(data)
            elif kind == _PAX:
                own = _pax(data)
            else:
                every |= _pax(data)
            continue
        pax = {**every, **own}
        if kind == _SPARSE:
            _skip_map(stream, block)
        size = 0 if kind in _NO_CONTENT else _size(pax, size)
        named: Kind = "sparse" if kind == _SPARSE or "sparse" in pax else _KINDS.get(kind, "other")
        here = pax.get("path") or path or _path(block)
        if named == "file" and here.endswith("/"):
            named = "directory"  # as archives before ustar have it
        leads = pax.get("linkpath") or target or _text(block[157:257])
        content = Content(stream, size)
        budget.member()
        budget.named(len(here) + len(leads))
        yield TarMember(here, named, leads, size, content)
        path = target = ""
        own = {}
        if content.left:
            content.skip(content.left)
        stream.skip(-size % BLOCK)


def _path(block: bytes) -> str:
    name = _text(block[:100])
    prefix = _text(block[345:500]) if block[257:263] == b"ustar\0" else ""
    return f"{prefix}/{name}" if prefix else name


def _size(pax: dict[str, str], size: int) -> int:
    said = pax.get("size", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 20 else size


def _skip_map(stream: Stream, block: bytes) -> None:
    """Pass over the further blocks of the map of a sparse file of GNU tar."""
    more = block[482]
    while more:
        block = stream.read(BLOCK)
        if len(block) < BLOCK:
            raise BrokenError("is cut short")
        more = block[504]


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")


def _number(field: bytes) -> int:
    """A number in octal, or as GNU tar writes large ones, in base 256. Raises BrokenError for a negative one, too."""
    if field[0] & 0x80:
        number = int.from_bytes(field[1:], "big") if field[0] == 0x80 else -1
    else:
        digits = field.split(b"\0", 1)[0].strip()
        number = int(digits, 8) if digits.isdigit() and not set(digits) & set(b"89") else -(digits != b"")
    if number < 0 or number >= 1 << 62:
        raise BrokenError("is damaged: a number in the header of a member is none")
    return number


def _pax(data: bytes) -> dict[str, str]:
    """Records of the form ``<length> <key>=<value>`` and a line end: those that are asked for, by their keys.

    ``sparse`` stands for all that GNU tar says of sparse files.
    """
    found = {}
    at = 0
    while at < len(data):
        blank = data.find(b" ", at, at + 20)
        digits = data[at:blank] if blank > at else b""
        if not digits.isdigit() or not blank - at < int(digits) <= len(data) - at:
            break
        key, equals, value = data[blank + 1 : at + int(digits) - 1].partition(b"=")
        if key.startswith(_PAX_SPARSE):
            found["sparse"] = ""
        elif equals and key in _PAX_KEYS:
            found[key.decode()] = value.decode("utf-8", "surrogateescape")
        at += int(digits)
    return found
