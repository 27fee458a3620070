"""Java's modified UTF-8, in which DataOutputStream.writeUTF writes aliases (java.io.DataInput).

It is UTF-8 of UTF-16 code units: NUL is C0 80, and a character outside the BMP is two surrogates of three bytes each.
"""

import re
from collections.abc import Iterator
from typing import Final

from truststore_tool.errors import FormatError

_NON_BMP: Final = re.compile("[\U00010000-\U0010ffff]")


def encode(text: str) -> bytes:
    """The bytes that writeUTF would write for `text`, without their length. Lone surrogates are written as they are."""
    split = _NON_BMP.sub(_surrogates, text)
    return split.encode("utf-8", "surrogatepass").replace(b"\0", b"\xc0\x80")


def _surrogates(match: re.Match[str]) -> str:
    offset = ord(match[0]) - 0x10000
    return chr(0xD800 | offset >> 10) + chr(0xDC00 | offset & 0x3FF)


def decode(data: bytes) -> str:
    """The text of `data` as readUTF reads it, and also of plain UTF-8, which Java refuses for non-BMP characters.

    Java reads overlong forms and lone surrogates, so they are read here; `encode` may then give other bytes.
    Raises FormatError for anything else.
    """
    if data.isascii():
        return data.decode("ascii")
    try:
        units = data.replace(b"\xc0\x80", b"\0").decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        units = "".join(map(chr, _lenient(data)))
    # A round through UTF-16 joins the pairs of surrogates.
    return units.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "surrogatepass")


def _lenient(data: bytes) -> Iterator[int]:
    """Code units by the bit patterns alone, as DataInputStream.readUTF takes them, overlong forms included."""
    offset = 0
    while offset < len(data):
        lead = data[offset]
        size = 1 if lead < 0x80 else 2 if lead & 0xE0 == 0xC0 else 3 if lead & 0xF0 == 0xE0 else 0
        tail = data[offset + 1 : offset + size]
        if not size or len(tail) != size - 1 or any(octet & 0xC0 != 0x80 for octet in tail):
            raise FormatError("a text is not in Java's modified UTF-8")
        unit = lead & (0xFF, 0xFF, 0x1F, 0x0F)[size]
        for octet in tail:
            unit = unit << 6 | octet & 0x3F
        yield unit
        offset += size
