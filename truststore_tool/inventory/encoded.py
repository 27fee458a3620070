"""Values of texts that are encoded: base64 (RFC 4648, 4) of PEM, of stores and of what gzip packed; the hex of Windows.

They are known by signs that are quickly searched for. Only around one of these, and in what says that its values are in
base64, anything else is looked at. Whatever a text holds, it takes linear time.
"""

import binascii
import re
import zlib
from base64 import b64encode
from collections.abc import Iterator
from heapq import merge
from typing import Final, NamedTuple

from truststore_tool import formats
from truststore_tool.inventory.bounds import OverBoundError
from truststore_tool.inventory.sieve import BASE64, JKS_ENCODED, may_be_encoded
from truststore_tool.inventory.texts import Embedded, key_before
from truststore_tool.inventory.words import perhaps_any
from truststore_tool.meant import der


def _aligned(text: bytes) -> Iterator[tuple[bytes, int]]:
    """What base64 of all that has `text` in it holds: each of three ways, and how many characters stand before it.

    That is by groups of four: modulo four. What hangs on the octets around is left away.
    """
    for before in range(3):
        start = -(-8 * before // 6)
        yield b64encode(bytes(before) + text)[start : 8 * (before + len(text)) // 6], start


# In every one of them, and wherever base64 has five hyphens.
_HYPHENS: Final = b"tLS"
# Where a line of base64 ends in one of the first, one of the second is whole.
_PEM: Final = (*_aligned(b"-----BEGIN "), *_aligned(b"CERTIFICATE--"))
# Values begin with these: JKS, JCEKS, what gzip packed, and in base64 twice PEM and that.
_BEGINNINGS: Final = (JKS_ENCODED, b"zs7OzgAAAA", b"H4sI", b"TFMwdExTMUNSVWRKVG", b"SDRzSU")
# What values in DER or BER, and BKS, are known by whose beginnings say little: PKCS#12, PKCS#7, BKS and UBER.
_STORES_HAVE: Final = (b"IBAzCC", b"MIACAQMwg", b"YJKoZIhvcNAQcC", b"AAAAAQAAAB", b"AAAAAgAAAB")
_STORES: Final = frozenset({"PKCS#12", "PKCS#7", "BCFKS"})  # a certificate is no store where it is a value
_HEX: Final = (b"fe,ed,fe,ed,00,00,00,0", b"ce,ce,ce,ce,00,00,00,0")
_OF_SETTINGS: Final = (*_STORES_HAVE, *_BEGINNINGS, *_HEX)
_perhaps_signs: Final = perhaps_any(*(sign for sign, _ in _PEM), *_OF_SETTINGS)
_perhaps_says: Final = perhaps_any(b"binaryData", b"Secret")
# UTF-16 that does not say so, and base64 of PEM (of that as well), JKS, JCEKS, BKS, and of what is DER.
_WRAPPED: Final = (
    *(b"-\0-\0", b"\0-\0-"),
    *(b"LS0tLS1CRUdJTi", b"TFMwdExT", b"VEZNd2RF", b"/u3+7Q", b"zs7Ozg", b"AAAAA", b"MI"),
)
_BLANK: Final = 1000  # octets, which such a file may begin with

_BEHIND_A_KEY: Final = (
    rb"[:=][ \t]*(?:!!binary[ \t]*)?(?:[|>][-+0-9]*[ \t]*\r?\n[ \t]{0,80})?\\{0,7}[\"']?(?P<value>(?:%b))"
)
_STORE_VALUE: Final = re.compile(_BEHIND_A_KEY % rb"MI[A-Z]|AAAAA[Qg]")
_ANY_VALUE: Final = re.compile(_BEHIND_A_KEY % rb"[A-Za-z0-9+/]{16}")
_BLANKS: Final = b" \t\r\n\\"
_FIRST_LINE: Final = re.compile(rb"[A-Za-z0-9+/]*+={0,2}")
_NEXT_LINE: Final = re.compile(rb"\\?\r?\n[ \t]*+[A-Za-z0-9+/]++={0,2}(?=[ \t]*+(?:\\?[\"']|\\?\r?\n|\Z))")
_HEX_DIGITS: Final = re.compile(rb"[0-9a-f,\\\s]*+")
_LINE_END: Final = re.compile(rb"(?:\\{1,7}r)?\\{1,7}n")
_PACKED: Final = b"\x1f\x8b\x08"
_SHORTEST: Final = 64  # characters of base64 that say something
_MOST: Final = 3  # encodings inside one another


class Room:
    """How much may still be unpacked of one text, in octets, and whether that was too little."""

    def __init__(self, octets: int = 16 << 20) -> None:
        self._octets = self._left = octets
        self._over = False

    def unpacked(self, data: bytes) -> bytes:
        """What gzip packed, as far as there is room and it is not damaged."""
        machine = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            out = machine.decompress(data, self._left) if self._left else b""
        except zlib.error:
            return b""
        self._over |= bool(machine.unconsumed_tail) or not self._left
        self._left -= len(out)
        return out

    def close(self) -> None:
        """Raises OverBoundError where there was too little of it."""
        if self._over:
            text = f"holds values that unpack to more than {self._octets >> 20} MiB, and was looked at as far"
            raise OverBoundError(text)


class _Sign(NamedTuple):
    """Where something is that says what a value is.

    Attributes:
        place: in the text.
        certainty: 0 for what is such by itself, 1 for what counts if it is a store, or the text speaks of base64.
        before: how many characters of base64 stand before it, modulo four; None for a sign that a value begins with.
    """

    place: int
    certainty: int
    before: int | None


def may_hold_values(head: bytes) -> bool:
    """Whether a file of settings may hold, or be, a value of which `speaks` says nothing; not asked of all texts."""
    return (may_be_wrapped(head) or bool(_perhaps_signs(head)) or _says_base64(head)) and may_be_encoded(head)


def may_be_wrapped(data: bytes) -> bool:
    """Whether a file may be one value as a whole, by how it begins behind blanks."""
    return data[:_BLANK].lstrip().startswith(_WRAPPED)


def speaks(piece: bytes) -> bool:
    """Whether a piece of any text has a PEM or JKS in base64, or says that its values are in base64."""
    return _has_pem(piece) or JKS_ENCODED in piece or _says_base64(piece)


def values(data: bytes, room: Room) -> Iterator[Embedded]:
    """What values of a text are when they are decoded: stores, PEM, and texts in which those may be."""
    is_text = b"\0" not in data[:1024]
    says = is_text and _says_base64(data)
    if not (says or _has_signs(data, is_text)):
        return
    yield from _in_hex(data)
    if b"\\n" in data:
        data = _LINE_END.sub(b"\n", data)
    end = 0
    for sign in _signs(data, _ANY_VALUE if says else _STORE_VALUE):
        if sign.place < end:
            continue
        stop = _end_of(data, sign.place)
        for start in _starts_of(data, end, sign):
            inside = _inside(data[start:stop].translate(None, b"\\"), room, of_base64=says)
            if inside and (says or not sign.certainty or inside[:1] != b"\x30" or der.kind_of(inside) in _STORES):
                yield Embedded(key_before(data, start), inside)
                break
        else:
            if sign.certainty:
                continue
        end = stop


def _has_signs(data: bytes, is_text: bool) -> bool:
    if not _perhaps_signs(data):
        return False
    return _has_pem(data) or JKS_ENCODED in data or (is_text and any(sign in data for sign in _OF_SETTINGS))


def _has_pem(piece: bytes) -> bool:
    return _HYPHENS in piece and any(sign in piece for sign, _ in _PEM)


def _says_base64(piece: bytes) -> bool:
    """Whether it holds a Secret or a ConfigMap's binaryData (Kubernetes)."""
    if not _perhaps_says(piece):
        return False
    if b"binaryData" in piece:
        return True
    at = piece.find(b"Secret")
    while at >= 0:
        before = piece[max(0, at - 40) : at].rstrip(b" \t\r\n\"'\\")
        if before.endswith(b":") and before[:-1].rstrip(b" \t\r\n\"'\\").endswith(b"kind"):
            return True
        at = piece.find(b"Secret", at + 6)
    return False


def _signs(data: bytes, behind_a_key: re.Pattern[bytes]) -> Iterator[_Sign]:
    """All signs of a text in their order."""
    sure = (_found(data, sign, before) for sign, before in _PEM)
    beginnings = (_found(data, sign, None) for sign in _BEGINNINGS)
    values = (_Sign(found.start("value"), 1, None) for found in behind_a_key.finditer(data))
    return merge(*sure, *beginnings, values, key=lambda sign: sign[:2])


def _found(data: bytes, sign: bytes, before: int | None) -> Iterator[_Sign]:
    at = data.find(sign)
    while at >= 0:
        if before is not None or not at or data[at - 1] not in BASE64:
            yield _Sign(at, 0, before)
        at = data.find(sign, at + len(sign))


def _end_of(data: bytes, at: int) -> int:
    """Where a run of base64 ends that goes through `at`, over lines that are nothing else."""
    end, line = at, _FIRST_LINE.match(data, at)
    while line:
        end = line.end()
        line = _NEXT_LINE.match(data, end)
    return end


def _starts_of(data: bytes, low: int, sign: _Sign) -> Iterator[int]:
    """Where the run may begin, from `low` on: as far up as there are lines of base64, or on the sign's own line.

    So many characters must stand before the sign as its place in a group of four says.
    """
    if sign.before is None:
        yield sign.place
        return
    start, own = sign.place, None
    while True:
        line = max(low, data.rfind(b"\n", low, start) + 1)
        head = data[line:start].rstrip(BASE64)
        start = line + len(head)
        own = start if own is None else own
        if head.strip(_BLANKS) or line <= low:
            break
        above = data[max(low, line - 4) : line].rstrip(_BLANKS)[-1:]
        if not above or above not in BASE64:
            break
        start = line - 1
        while data[start - 1] in _BLANKS:
            start -= 1
    for each in dict.fromkeys((start, own, sign.place)):
        if len(data[each : sign.place].translate(None, _BLANKS)) % 4 == sign.before:
            yield each


def _inside(run: bytes, room: Room, *, of_base64: bool) -> bytes | None:
    """What a run of base64 is: a store, PEM, or what gzip packed; or a text that speaks of some, `of_base64`."""
    if len(run) < _SHORTEST:
        return None
    plain, notes = formats.unwrapped(run)
    if notes and isinstance(plain, bytes):
        return plain
    data = run
    for _ in range(_MOST):
        try:
            data = binascii.a2b_base64(data.translate(None, _BLANKS), strict_mode=True)
        except binascii.Error:
            return None
        if data.startswith(_PACKED):
            return room.unpacked(data)
        if of_base64 and (b"-----BEGIN" in data or speaks(data)):
            return data
    return None


def _in_hex(data: bytes) -> Iterator[Embedded]:
    """JKS and JCEKS as Windows' registry is written to files: ``"name"=hex:fe,ed,...``, over continued lines."""
    end = 0
    for sign in merge(*(_found(data, each, 0) for each in _HEX)):
        kind = data.rfind(b"hex", max(end, sign.place - 8), sign.place)
        if sign.place < end or kind < 0:
            continue
        digits = _HEX_DIGITS.match(data, sign.place)
        end = digits.end() if digits else end
        try:
            inside = bytes.fromhex(data[sign.place : end].translate(None, b",\\ \t\r\n").decode("ascii"))
        except ValueError:
            continue
        yield Embedded(key_before(data, kind), inside)
