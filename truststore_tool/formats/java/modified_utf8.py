"""Java's modified UTF-8, in which DataOutputStream.writeUTF writes aliases (java.io.DataInput).

It is UTF-8 of UTF-16 code units: NUL is C0 80, and a character outside the BMP is two surrogates of three bytes each.
"""

import re
from typing import Final

from truststore_tool.errors import FormatError

_NON_BMP: Final = "[\U00010000-\U0010ffff]"
# A code unit as readUTF takes it: it does not mind that a shorter form would have done.
_UNIT: Final = rb"[\x00-\x7f]|[\xc0-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}"


def encode(text: str) -> bytes:
    """The bytes that writeUTF would write for `text`, without their length. Lone surrogates are written as they are."""
    if text.isascii() and "\0" not in text:
        return text.encode("ascii")
    split = re.sub(_NON_BMP, _surrogates, text)
    return split.encode("utf-8", "surrogatepass").replace(b"\0", b"\xc0\x80")


def _surrogates(match: re.Match[str]) -> str:
    offset = ord(match[0]) - 0x10000
    return chr(0xD800 | offset >> 10) + chr(0xDC00 | offset & 0x3FF)


def decode(data: bytes) -> str:
    """The text of `data`, also when it is plain UTF-8, which Java refuses where it holds non-BMP characters.

    Lone surrogates are kept and overlong forms read, as Java does. Raises FormatError for anything else.
    """
    if data.isascii():
        return data.decode("ascii")
    try:
        units = data.replace(b"\xc0\x80", b"\0").decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as exc:
        if not re.fullmatch(rb"(?:%b)*" % _UNIT, data):
            raise FormatError("a text is not in Java's modified UTF-8") from exc
        units = "".join(_unit(found) for found in re.findall(_UNIT, data))
    # A round through UTF-16 joins the pairs of surrogates.
    return units.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "surrogatepass")


def _unit(data: bytes) -> str:
    first, *more = data
    value = first & (0x7F, 0x1F, 0x0F)[len(more)]
    for byte in more:
        value = value << 6 | byte & 0x3F
    return chr(value)
