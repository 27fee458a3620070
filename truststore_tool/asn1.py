"""ASN.1 tag-length-value elements: a reader of DER and BER, and a writer of DER (ITU-T X.690).

Why not a library: stores hold BER with indefinite lengths, elements that must survive byte for byte, and
certificates that strict parsers refuse. This reader only cuts bytes along their lengths; it judges nothing
else. Every length is checked against what is left before it is believed; nesting and numbers of elements are bounded.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from truststore_tool.errors import FormatError

if TYPE_CHECKING:
    from datetime import datetime

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OBJECT_IDENTIFIER: Final = 0x06
UTF8_STRING: Final = 0x0C
NUMERIC_STRING: Final = 0x12
PRINTABLE_STRING: Final = 0x13
TELETEX_STRING: Final = 0x14
IA5_STRING: Final = 0x16
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
VISIBLE_STRING: Final = 0x1A
UNIVERSAL_STRING: Final = 0x1C
BMP_STRING: Final = 0x1E
SEQUENCE: Final = 0x30
SET: Final = 0x31

# What need not be copied to be hashed or decrypted.
Octets = bytes | memoryview

CONSTRUCTED: Final = 0x20
_MAX_DEPTH: Final = 48
# More than any list of certificates has. In memory an element of two octets takes a hundred times its size.
MAX_ELEMENTS: Final = 100_000


def context(number: int, *, constructed: bool = True) -> int:
    """The identifier octet of context-specific tag `number` (0..30)."""
    return 0x80 | (CONSTRUCTED if constructed else 0) | number


class Element(NamedTuple):
    """One TLV inside `data`: identifier octets as an integer, and where header, content and end are.

    For an indefinite length `stop` is where the content ends and `next` is behind the end-of-contents octets.
    """

    data: bytes
    tag: int
    start: int
    content: int
    stop: int
    next: int

    @property
    def raw(self) -> bytes:
        """The whole element as it stands in the data, header included."""
        return self.data[self.start : self.next]

    @property
    def value(self) -> bytes:
        """The content octets."""
        return self.data[self.content : self.stop]

    def items(self) -> Iterator["Element"]:
        """The elements inside this one, in order, each read when its turn comes, so that a caller can stop.

        Raises FormatError when this one is primitive or they do not fit.
        """
        if not _is_constructed(self.tag):
            raise _primitive(self)
        data, offset, stop = self.data, self.content, self.stop
        while offset < stop:
            element = read(data, offset, stop)
            yield element
            offset = element.next

    def children(self) -> list["Element"]:
        """All elements inside this one. Raises FormatError as `items` does, and for more than MAX_ELEMENTS."""
        if not _is_constructed(self.tag):
            raise _primitive(self)
        return self.inside()

    def inside(self) -> list["Element"]:
        """As `children`, also of an element that is not marked as constructed."""
        # The loop of `items` once more: drawn from a generator, elements make an import three hundredths dearer.
        data, offset, stop = self.data, self.content, self.stop
        found: list[Element] = []
        while offset < stop:
            element = read(data, offset, stop)
            found.append(element)
            offset = element.next
            if len(found) > MAX_ELEMENTS:
                raise _too_many(self.start)
        return found

    def fields(self, least: int, most: int) -> list["Element"]:
        """The elements inside a structure that has `least` to `most` of them; FormatError for another number."""
        found = list(islice(self.items(), most + 1))
        if not least <= len(found) <= most:
            raise FormatError(f"the ASN.1 structure at byte {self.start} has a wrong number of fields")
        return found

    def first(self, least: int, most: int) -> list["Element"]:
        """The first fields of a structure, for readers that look at no more than `most`; FormatError below `least`."""
        found = list(islice(self.items(), most))
        if len(found) < least:
            raise FormatError(f"the ASN.1 structure at byte {self.start} has a wrong number of fields")
        return found

    def expect(self, tag: int) -> "Element":
        """This element, if it bears `tag`; else FormatError."""
        if self.tag != tag:
            raise FormatError(f"ASN.1 tag 0x{self.tag:02x} at byte {self.start} where 0x{tag:02x} is expected")
        return self

    def inner(self) -> "Element":
        """The first element inside this one, as for an EXPLICIT tag. Raises FormatError when it is empty."""
        return read(self.data, self.content, self.stop)

    def integer(self) -> int:
        """The value of an INTEGER (two's complement, any size)."""
        self.expect(INTEGER)
        return int.from_bytes(self.value, "big", signed=True)

    def boolean(self) -> bool:
        """The value of a BOOLEAN; BER's any-non-zero counts as true."""
        self.expect(BOOLEAN)
        return any(self.value)

    def oid(self) -> str:
        """The dotted form of an OBJECT IDENTIFIER."""
        return decode_oid(self.expect(OBJECT_IDENTIFIER).value)

    def octets(self) -> bytes:
        """The bytes of an OCTET STRING, also of BER's constructed form (X.690, 8.7.3), whatever the outer tag.

        Raises FormatError when there is anything else inside, or more than MAX_ELEMENTS segments.
        """
        if not self.tag & CONSTRUCTED:
            return self.value
        segments = list(islice(self._segments(0), MAX_ELEMENTS + 1))
        if len(segments) > MAX_ELEMENTS:
            raise _too_many(self.start)
        return b"".join(segments)

    def bits(self) -> bytes:
        """The octets of a BIT STRING (X.690, 8.6), unused bits as zeros, whatever the outer tag.

        Raises FormatError when the number of unused bits is wrong.
        """
        value = self.value
        if not value or value[0] > 7 or (value[0] and len(value) == 1):
            raise FormatError(f"malformed ASN.1 BIT STRING at byte {self.start}")
        octets = bytearray(value[1:])
        if octets:
            octets[-1] &= 0xFF << value[0]
        return bytes(octets)

    def bit(self, number: int) -> bool:
        """Whether that bit of a BIT STRING, counted from the left, is set. Raises FormatError as `bits` does."""
        octets = self.bits()
        return number // 8 < len(octets) and bool(octets[number // 8] & 0x80 >> number % 8)

    def view(self) -> memoryview:
        """As `octets`, not copied when the string is primitive."""
        if self.tag & CONSTRUCTED:
            return memoryview(self.octets())
        return memoryview(self.data)[self.content : self.stop]

    def unwrapped(self) -> "Element":
        """The element that is encoded inside an OCTET STRING; nothing is copied when the string is primitive."""
        if self.tag & CONSTRUCTED:
            return read(self.octets())
        return read(self.data, self.content, self.stop)

    def _segments(self, depth: int) -> Iterator[bytes]:
        if depth > _MAX_DEPTH:
            raise FormatError("ASN.1 structure is nested too deeply")
        for part in self.items():
            if part.tag == OCTET_STRING:
                yield part.value
            elif part.tag == OCTET_STRING | CONSTRUCTED:
                yield from part._segments(depth + 1)
            else:
                raise FormatError(f"ASN.1 tag 0x{part.tag:02x} inside an OCTET STRING at byte {part.start}")

    def time(self) -> "datetime":
        """The moment of a UTCTime or GeneralizedTime, in UTC. RFC 5280 (4.1.2.5) fixes the two-digit years."""
        return decode_time(self.tag, self.value)


# What a NamedTuple's own constructor comes to, without the detour: elements are made by the million.
_new: Final = tuple.__new__


def read(data: bytes, offset: int = 0, end: int | None = None) -> Element:
    """The element that starts at `offset` and must end by `end` (default: the end of `data`).

    Bytes behind it are the caller's business. Raises FormatError when a header or length does not fit.
    """
    limit = len(data) if end is None else end
    if offset + 4 <= limit and (tag := data[offset]) & 0x1F != 0x1F:
        # The headers of nearly all elements: one octet of tag, and one to three of length.
        size = data[offset + 1]
        content = offset + 2
        if size == 0x81:
            size = data[content]
            content += 1
        elif size == 0x82:
            size = data[content] << 8 | data[content + 1]
            content += 2
        elif size >= 0x80:
            size = limit
        if (stop := content + size) <= limit:
            return _new(Element, (data, tag, offset, content, stop, stop))
    tag, content, length = _read_header(data, offset, limit)
    if length is None:
        stop = _end_of_contents(data, offset, content, limit)
        return Element(data, tag, offset, content, stop, stop + 2)
    stop = content + length
    return Element(data, tag, offset, content, stop, stop)


def starts(data: bytes, offset: int, stop: int) -> list[int]:
    """Where each of the elements begins that fill `data` from `offset` to `stop`; `stop` is the last number.

    As `Element.children`, for those who need few of many elements: it makes none. Raises FormatError as that does.
    """
    found = [offset]
    while offset < stop:
        # The header of one octet of tag and one to three of length; all others, and what does not fit, `read` knows.
        size = data[offset + 1] if offset + 4 <= stop and data[offset] & 0x1F != 0x1F else 0x80
        if size < 0x80:
            following = offset + 2 + size
        elif size == 0x81:
            following = offset + 3 + data[offset + 2]
        elif size == 0x82:
            following = offset + 4 + (data[offset + 2] << 8 | data[offset + 3])
        else:
            following = stop + 1
        offset = following if following <= stop else read(data, offset, stop).next
        found.append(offset)
        if len(found) > MAX_ELEMENTS + 1:
            raise _too_many(found[0])
    return found


def has_shortest_lengths(data: bytes) -> bool:
    """Whether every length in the element that `data` begins with is as in DER: definite, in its shortest form.

    A quick look that makes no element; False where it is not enough, as for tags of more than one octet. Of elements
    that do not fit into each other it may say either. Raises FormatError when the first one does not fit.
    """
    offset, stop = 0, read(data).next
    while offset + 1 < stop:
        tag, size = data[offset], data[offset + 1]
        offset += 2
        if size >= 0x80:
            octets = size - 0x80
            size = int.from_bytes(data[offset : offset + octets], "big")
            offset += octets
            if size < 0x80 or not size >> 8 * (octets - 1):
                return False
        if tag & 0x1F == 0x1F:
            return False
        if not tag & CONSTRUCTED:
            offset += size
    return offset == stop


def ends_with_length(element: Element, stop: int) -> bool:
    """Whether an element, which must end by `stop`, does so behind a length in long form, as it has no content.

    OpenSSL calls such a length too long (asn1_get_length): it wants an octet behind it.
    """
    octets_of_tag = max(1, (element.tag.bit_length() + 7) // 8)
    return element.content == stop > element.start + octets_of_tag + 1


def is_padded_oid(content: bytes) -> bool:
    """Whether any part of an OBJECT IDENTIFIER begins with an octet that it does not need (X.690, 8.19.2)."""
    return 0x80 in content and any(
        octet == 0x80 and (not at or not content[at - 1] & 0x80) for at, octet in enumerate(content)
    )


def _read_header(data: bytes, start: int, limit: int) -> tuple[int, int, int | None]:
    """Tag, offset of the content, and length of the element at `start`; the length is None where it is indefinite."""
    offset = start
    try:
        tag = data[offset]
        offset += 1
        if tag & 0x1F == 0x1F:
            while True:
                octet = data[offset]
                offset += 1
                tag = (tag << 8) | octet
                if not octet & 0x80:
                    break
                if tag > 0xFFFFFFFF:
                    raise FormatError(f"ASN.1 tag number at byte {start} is too large")
        length = data[offset]
        offset += 1
        if length == 0x80:
            if not _is_constructed(tag):
                raise FormatError(f"ASN.1 element at byte {start} is primitive and of indefinite length")
            return tag, offset, None
        if length > 0x80:
            size = length & 0x7F
            if size > 8:
                raise FormatError(f"ASN.1 length of {size} octets at byte {start}")
            if offset + size > limit:
                raise _cut_short(start)
            length = int.from_bytes(data[offset : offset + size], "big")
            offset += size
    except IndexError:
        raise _cut_short(start) from None
    if offset + length > limit:
        raise FormatError(f"ASN.1 element at byte {start} says {length} bytes, {max(limit - offset, 0)} are left")
    return tag, offset, length


def _is_constructed(tag: int) -> bool:
    """Whether the first identifier octet has the constructed bit (X.690, 8.1.2.5)."""
    first = tag if tag < 0x100 else tag >> (8 * ((tag.bit_length() - 1) // 8))
    return bool(first & CONSTRUCTED)


def _end_of_contents(data: bytes, start: int, content: int, limit: int) -> int:
    """Where the content of BER's indefinite form (X.690, 8.1.3.6) ends: at its own two zero octets, no inner ones."""
    offset, depth = content, 1
    for _ in range(MAX_ELEMENTS):
        if data[offset : min(offset + 2, limit)] == b"\0\0":
            depth -= 1
            if not depth:
                return offset
            offset += 2
            continue
        if offset >= limit:
            raise _cut_short(start)
        _, offset, length = _read_header(data, offset, limit)
        if length is not None:
            offset += length
            continue
        depth += 1
        if depth > _MAX_DEPTH:
            raise FormatError("ASN.1 structure is nested too deeply")
    raise _too_many(start)


def _primitive(element: Element) -> FormatError:
    return FormatError(f"ASN.1 tag 0x{element.tag:02x} at byte {element.start} is primitive, not a structure")


def _cut_short(start: int) -> FormatError:
    return FormatError(f"ASN.1 element at byte {start} is cut short")


def _too_many(start: int) -> FormatError:
    return FormatError(f"the ASN.1 structure at byte {start} has more than {MAX_ELEMENTS} elements")


def read_exactly(data: bytes) -> Element:
    """The one element that `data` is. Raises FormatError when bytes follow it."""
    element = read(data)
    if element.next != len(data):
        raise FormatError(f"{len(data) - element.next} bytes follow the ASN.1 structure")
    return element


@lru_cache(maxsize=256)
def decode_oid(content: bytes) -> str:
    """Dotted form of the content octets of an OBJECT IDENTIFIER (X.690, 8.19)."""
    if len(content) > 256:
        raise FormatError(f"ASN.1 OBJECT IDENTIFIER of {len(content)} octets")
    if not content or content[-1] & 0x80:
        raise FormatError("malformed ASN.1 OBJECT IDENTIFIER")
    arcs: list[int] = []
    arc = 0
    for octet in content:
        arc = (arc << 7) | (octet & 0x7F)
        if not octet & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, [first, arcs[0] - 40 * first, *arcs[1:]]))


# The one length of each that DER knows (X.690, 11.7 and 11.8, without fractions of seconds, as RFC 5280 demands).
_DER_TIMES: Final = {UTC_TIME: 13, GENERALIZED_TIME: 15}


def decode_time(tag: int, content: bytes) -> "datetime":
    """The moment that a UTCTime or GeneralizedTime names. Seconds and zone may be missing, as in old files."""
    from datetime import UTC, datetime, timedelta

    try:
        if len(content) == _DER_TIMES.get(tag) and content[-1:] == b"Z" and content[:-1].isdigit():
            rest, second = divmod(int(content[:-1]), 100)
            rest, minute = divmod(rest, 100)
            rest, hour = divmod(rest, 100)
            rest, day = divmod(rest, 100)
            year, month = divmod(rest, 100)
            if tag == UTC_TIME:
                year += 1900 if year >= 50 else 2000
            return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        text = content.decode("ascii").strip()
        year_digits = {UTC_TIME: 2, GENERALIZED_TIME: 4}[tag]
        digits, zone = text, timedelta()
        if text.endswith("Z"):
            digits = text[:-1]
        elif len(text) > 5 and text[-5] in "+-":
            digits = text[:-5]
            zone = timedelta(hours=int(text[-4:-2]), minutes=int(text[-2:])) * (1 if text[-5] == "+" else -1)
        digits, _, fraction = digits.replace(",", ".").partition(".")
        pairs = [int(digits[i : i + 2]) for i in range(year_digits, len(digits), 2)]
        month, day, hour, minute, second = (pairs + [0] * (5 - len(pairs))) if len(pairs) < 5 else pairs
        year = int(digits[:year_digits])
        if tag == UTC_TIME:
            year += 1900 if year >= 50 else 2000
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        if fraction:
            moment = moment.replace(microsecond=int(fraction[:6].ljust(6, "0")))
        return moment - zone
    except (ValueError, KeyError, TypeError, OverflowError) as exc:
        raise FormatError(f"not an ASN.1 time: {content[:32]!r}") from exc


# Writing ---------------------------------------------------------------------------------------------------


def tlv(tag: int, *parts: bytes) -> bytes:
    """DER of one element with a one-octet tag around the concatenated `parts`."""
    return b"".join(pieces(tag, *parts))


def pieces(tag: int, *parts: bytes) -> tuple[bytes, ...]:
    """The same element, not yet joined: large content in several shells is copied once, not once for each."""
    size = sum(map(len, parts))
    if size < 0x80:
        return bytes((tag, size)), *parts
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets, *parts


def sequence(*parts: bytes) -> bytes:
    """DER of a SEQUENCE of encoded `parts`."""
    return tlv(SEQUENCE, *parts)


def set_of(*parts: bytes) -> bytes:
    """DER of a SET OF encoded `parts`, which DER wants in ascending order (X.690, 11.6)."""
    return tlv(SET, *sorted(parts))


def integer(value: int) -> bytes:
    """DER of an INTEGER."""
    size = (value if value >= 0 else ~value).bit_length() // 8 + 1
    return tlv(INTEGER, value.to_bytes(size, "big", signed=True))


def octet_string(value: bytes) -> bytes:
    """DER of an OCTET STRING."""
    return tlv(OCTET_STRING, value)


def null() -> bytes:
    """DER of NULL."""
    return b"\x05\x00"


def oid(dotted: str) -> bytes:
    """DER of an OBJECT IDENTIFIER given in dotted form."""
    first, second, *rest = map(int, dotted.split("."))
    content = bytearray()
    for arc in (40 * first + second, *rest):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | (arc & 0x7F))
        content.extend(reversed(groups))
    return tlv(OBJECT_IDENTIFIER, bytes(content))


def bmp_string(text: str) -> bytes:
    """DER of a BMPString; characters beyond the BMP become surrogate pairs, as Java and OpenSSL write them."""
    return tlv(BMP_STRING, text.encode("utf-16-be", "surrogatepass"))


def explicit(number: int, *parts: bytes) -> bytes:
    """DER of an EXPLICIT context-specific tag around encoded `parts`."""
    return tlv(context(number), *parts)
