"""The blocks of a PEM file as OpenSSL cuts them: PEM_read_bio of crypto/pem/pem_lib.c, line by line.

What it passes over in silence and what it calls an error is not what people expect: a BEGIN line that is indented, or
that follows an END line without a newline, begins nothing; below a blank line all lines but the last must be of 64
characters; a line that begins with a zero octet is the end of the file.
"""

import binascii
from collections.abc import Iterator
from typing import Final, NamedTuple

_BEGIN: Final = b"-----BEGIN "
_END: Final = b"-----END "
_DASHES: Final = b"-----"
_BOM: Final = b"\xef\xbb\xbf"
# Lines are read into a buffer of 255 octets (LINESIZE); what is longer counts as several lines.
_LINE: Final = 254
# Below a blank line, lines of data have this length, but for the last.
_LONGEST_DATA: Final = 64
# At the end of a line, what a signed char calls at most a blank is dropped: controls, and all beyond ASCII.
_TRAILING: Final = bytes(range(0x21)) + bytes(range(0x80, 0x100))
_BLANKS: Final = b" \t\r\n"
_BASE64: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\n"

BAD_END_LINE: Final = "bad end line"
BAD_BASE64: Final = "bad base64 decode"
NO_START_LINE: Final = "no start line"


class BlockError(Exception):
    """A block that ends the reading. The argument is the reason as OpenSSL words it; empty where it gives none."""


class Block(NamedTuple):
    """A block: its label, the header above the blank line (empty without one), the decoded octets."""

    label: bytes
    header: bytes
    data: bytes


def blocks(data: bytes, *, skips_mark: bool = True) -> Iterator[Block]:
    """The blocks of a file. Raises BlockError at the first that is damaged, whatever its label.

    Args:
        data: the file.
        skips_mark: whether a byte order mark at its start, or behind a block, is passed over: OpenSSL 3 does that, 1.1
            does not.
    """
    lines = _Lines(data)
    first = True
    for line in lines:
        text = (line.removeprefix(_BOM) if first and skips_mark and len(line) > len(_BOM) else line).rstrip(_TRAILING)
        first = False
        if text.startswith(_BEGIN) and text.endswith(_DASHES) and len(text) > len(_BEGIN):
            label = text[len(_BEGIN) : -len(_DASHES)]
            plain = lines.plain_body(label)
            header, body = _body(lines, label) if plain is None else (b"", plain)
            yield Block(label, header, _decoded(body))
            first = True


class _Lines:
    """Each line with its end, up to its first zero octet, as fgets and strlen make of it; none from an empty one on."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.offset = 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        data, offset = self.data, self.offset
        newline = data.find(b"\n", offset, offset + _LINE)
        self.offset = newline + 1 if newline >= 0 else min(offset + _LINE, len(data))
        line = data[offset : self.offset].partition(b"\0")[0]
        if not line:
            self.offset = len(data)
            raise StopIteration
        return line

    def plain_body(self, label: bytes) -> bytes | None:
        """What `_body` reads where all lines up to the END line are of Base64, as nearly always, at a glance.

        None, and nothing is read, where it takes a closer look.
        """
        ending = _END + label + _DASHES + b"\n"
        end = self.data.find(b"\n" + ending, self.offset)
        body = self.data[self.offset : max(end, self.offset)]
        each = body.split(b"\n")
        if not all(each) or body.translate(None, _BASE64) or len(max(each, key=len)) >= _LINE:
            return None
        self.offset = end + 1 + len(ending)
        return body


def _body(lines: Iterator[bytes], label: bytes) -> tuple[bytes, bytes]:
    """Header and data up to the END line of `label` (get_header_and_data)."""
    above: list[bytes] = []
    below: list[bytes] | None = None
    partial = short = colon = False
    for line in lines:
        was_partial, partial = partial, len(line) == _LINE and not line.endswith(b"\n")
        colon = colon or (below is None and b":" in line)
        text = line.rstrip(_TRAILING)
        if not text:
            if was_partial:
                continue
            if below is not None:
                raise BlockError(BAD_END_LINE)
            below = []
        elif text.startswith(_END):
            if not text.startswith(label + _DASHES, len(_END)) or len(text) != len(_END + label + _DASHES):
                raise BlockError(BAD_END_LINE)
            if below is not None:
                return b"".join(part + b"\n" for part in above), b"\n".join(below)
            if colon:  # all of it is header
                raise BlockError
            return b"", b"\n".join(above)
        elif short:
            raise BlockError(BAD_END_LINE)
        elif below is None:
            above.append(text)
        else:
            if len(text) > _LONGEST_DATA:
                raise BlockError
            below.append(text)
            short = len(text) < _LONGEST_DATA
    raise BlockError(BAD_END_LINE)


def _decoded(text: bytes) -> bytes:
    """Base64 as EVP_DecodeUpdate reads it: a hyphen ends it, groups of four must be whole."""
    if not text:
        raise BlockError
    digits = text.partition(b"-")[0].translate(None, _BLANKS)
    try:
        if len(digits) % 4:
            raise BlockError(BAD_BASE64)
        return binascii.a2b_base64(digits, strict_mode=True)
    except binascii.Error as exc:
        raise BlockError(BAD_BASE64) from exc
