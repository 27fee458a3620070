"""PEM blocks as the JDK finds them in a stream of certificates (sun.security.provider.X509Factory.readOneBlock).

Releases to 24 read line by line; 25 reads with sun.security.util.Pem (JEP 470), which counts hyphens, and for which an
end of file within a block is the end of all.
"""

import base64
import re
from collections.abc import Iterator
from typing import Final

from truststore_tool.readers.java.der import JavaFormatError

# Five hyphens open a header; before 25 they must begin a line, or be the first that is read.
_OPENING: Final = re.compile(rb"(?<=[\r\n])-{5}")
_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
_BLANKS: Final = b"\t\n\r "
_HYPHENS: Final = b"-----"
_LABEL_END: Final = re.compile(rb"[-\r\n]")
_NO_BASE64: Final = re.compile(rb"[^A-Za-z0-9+/]")

# The content of a block, and where what follows it begins.
Found = tuple[bytes, int]


def block(data: bytes, offset: int, jdk: int) -> Found | None:
    """The first block at or behind `offset`; None where there is none any more. Raises JavaFormatError.

    Any label will do if both ends agree.
    """
    if jdk >= 25:
        return _block(_Stream(data, offset))
    if data.startswith(_HYPHENS, offset):
        return _by_lines(data, offset)
    opening = _OPENING.search(data, offset)
    return None if opening is None else _by_lines(data, opening.start())


def _by_lines(data: bytes, start: int) -> Found:
    """The block whose header starts there. White space is skipped wherever it stands."""
    line_end = _LINE_END.search(data, start)
    footer = -1 if line_end is None else data.find(b"-", line_end.end())
    if line_end is None or footer < 0:
        raise JavaFormatError("Incomplete data")
    header = data[start : line_end.start()]
    text = data[line_end.end() : footer].translate(None, _BLANKS)
    # A footer ends where the header's line ended, or at a newline.
    stops = [b"\n", b"\r"] if line_end[0] == b"\r" else [b"\n"]
    stop = min((found for found in (data.find(mark, footer) for mark in stops) if found >= 0), default=len(data))
    _check_ends(header.rstrip(), data[footer:stop].replace(b"\r", b"").rstrip())
    return _decoded(text), stop + 1


def _check_ends(header: bytes, footer: bytes) -> None:
    label = header[11:-5]
    if len(header) < 16 or not header.startswith(b"-----BEGIN ") or not header.endswith(_HYPHENS):
        raise JavaFormatError("Illegal header: " + header.decode("latin-1"))
    if footer != b"-----END " + label + _HYPHENS:
        raise JavaFormatError("Illegal footer: " + footer.decode("latin-1"))


class _EndOfFileError(Exception):
    pass


class _Stream:
    """Bytes that are read one after the other."""

    def __init__(self, data: bytes, offset: int) -> None:
        self.data, self.offset = data, offset

    def one(self) -> bytes:
        """The next byte; none at the end."""
        self.offset += 1
        return self.data[self.offset - 1 : self.offset]

    def until(self, stop: re.Pattern[bytes]) -> bytes:
        """What stands before the next byte that `stop` matches, which is next then. Raises _EndOfFileError."""
        found = stop.search(self.data, self.offset)
        if found is None:
            raise _EndOfFileError
        text = self.data[self.offset : found.start()]
        self.offset = found.start()
        return text

    def expect(self, hyphens: bytes, complaint: str, *, ends: bool) -> None:
        """Pass over hyphens. With `ends`, a file that ends there has ended; else it is as bad as any other byte."""
        for _ in hyphens:
            found = self.one()
            if not found and ends:
                raise _EndOfFileError
            if found != b"-":
                raise JavaFormatError(complaint)

    def rest(self) -> Iterator[bytes]:
        """One byte after the other; none at the end."""
        while True:
            yield self.one()


_ANY_HYPHEN: Final = re.compile(rb"-")
_OPEN: Final = re.compile(rb"-{5}")


def _block(stream: _Stream) -> Found | None:
    try:
        stream.until(_OPEN)
        stream.offset += len(_HYPHENS)
        begin = stream.until(_LABEL_END)
        stream.expect(_HYPHENS, "Incomplete header", ends=False)
        if len(begin) < 6 or not begin.startswith(b"BEGIN "):
            raise JavaFormatError(f"Illegal header: -----{begin.decode('latin-1')}-----")
        line_end, odd = _line_end(stream)
        text = odd + stream.until(_ANY_HYPHEN).translate(None, _BLANKS)
        stream.expect(_HYPHENS, "Incomplete footer", ends=True)
        end = stream.until(_ANY_HYPHEN)
        stream.expect(_HYPHENS, "Incomplete footer", ends=True)
    except _EndOfFileError:
        return None
    for found in stream.rest():
        if found in (line_end, b" ", b""):
            break
        if found != b"\r":
            raise JavaFormatError(f"Invalid PEM format:  No EOL char found in footer:  0x{found.hex()}")
    if not end.startswith(b"END ") or end[4:] != begin[6:]:
        raise JavaFormatError("Header and footer do not match")
    return _decoded(text), stream.offset


def _line_end(stream: _Stream) -> tuple[bytes, bytes]:
    """What ends the header's line, and has to end the footer's; and a byte that is read with it, whatever it is."""
    match stream.one():
        case b"\n":
            return b"\n", b""
        case b"\r":
            following = stream.one()
            return (b"\n", b"") if following == b"\n" else (b"\r", following)
        case b" ":
            return b"\0", b""
        case _:
            raise JavaFormatError("No EOL character found")


def _decoded(text: bytes) -> bytes:
    """As java.util.Base64.Decoder: padding may be missing, but not be wrong."""
    body, padding = text.rstrip(b"="), len(text) - len(text.rstrip(b"="))
    left = len(body) % 4
    if (found := _NO_BASE64.search(body)) and found[0] != b"=":
        raise _not_base64(f"Illegal base64 character {found[0][0]:x}")
    if found or left == 1 or padding not in (0, -left % 4):
        raise _not_base64("Input byte array has wrong 4-byte ending unit")
    return base64.b64decode(body + b"=" * (-left % 4))


def _not_base64(words: str) -> JavaFormatError:
    return JavaFormatError(f"java.lang.IllegalArgumentException: {words}")
