"""DER as the JDK reads it (sun.security.util.DerValue), with the JDK's own words when it refuses.

`keytool` prints those words beside an extension it cannot parse, so they are part of its output. The cutting
itself is `asn1`'s; this module adds the checks that decide whether Java accepts what was cut.
"""

from typing import Final

from truststore_tool import asn1
from truststore_tool.asn1 import Element
from truststore_tool.errors import FormatError

IO_EXCEPTION: Final = "java.io.IOException"
CERTIFICATE_EXCEPTION: Final = "java.security.cert.CertificateException"
PARSING_EXCEPTION: Final = "java.security.cert.CertificateParsingException"
_INT_MAX: Final = 2**31 - 1
_LONGEST_LENGTH: Final = 0x84  # a length has four octets at most
_INDEFINITE: Final = 0x80
_DEEPEST: Final = 48  # of strings in strings; a stranger cannot exhaust the stack
_LONGEST_OID: Final = 4096


class JavaFormatError(FormatError):
    """What a JDK parser throws.

    Args:
        message: the exception's message.
        kind: the exception's class.

    ``str()`` gives both as Throwable.toString does.
    """

    def __init__(self, message: str, kind: str = IO_EXCEPTION) -> None:
        super().__init__(f"{kind}: {message}")
        self.reason = message
        self.kind = kind


class EarlyBytes(bytes):
    """What a release before 25 reads. Behind an element of indefinite length such a release loses its place: it goes
    on too far, by as many octets as follow the enclosing element in the buffer (DerInputStream.getDerValue)."""


class EarlyValue(EarlyBytes):
    """The same for the value of an extension, where a lost place is an error."""


def value(data: bytes) -> Element:
    """The one element that `data` is. Raises JavaFormatError."""
    element = _cut(data, 0, len(data))
    if element.next != len(data):
        raise JavaFormatError("extra data at the end")
    return element


def parts(element: Element) -> list[Element]:
    """The elements inside `element`, whatever its tag says about structure (DerValue.data). Raises JavaFormatError."""
    found = []
    offset = element.content
    while offset < element.stop:
        part = _cut(element.data, offset, element.stop)
        found.append(part)
        offset = part.next
    if offset != element.stop and isinstance(element.data, EarlyValue):
        raise JavaFormatError("Too short")
    return found


def first_of(data: bytes) -> Element:
    """The element that `data` begins with. Raises JavaFormatError."""
    return _cut(data, 0, len(data))


def first(element: Element, count: int) -> list[Element]:
    """The first `count` elements inside; what stands behind them is not looked at, as Java does not. Raises
    JavaFormatError where there are fewer."""
    found: list[Element] = []
    offset = element.content
    while len(found) < count:
        part = _cut(element.data, offset, element.stop)
        found.append(part)
        offset = part.next
    return found


def cut(within: Element, offset: int) -> Element:
    """The element that starts at `offset` inside `within`. Raises JavaFormatError."""
    return _cut(within.data, offset, within.stop)


def _cut(data: bytes, offset: int, end: int) -> Element:
    if end - offset < 2:
        raise JavaFormatError("Too short")
    if data[offset] & 0x1F == 0x1F:
        raise JavaFormatError(f"Tag number over 30 at {offset} is not supported")
    if data[offset + 1] > _LONGEST_LENGTH:
        raise JavaFormatError("Invalid lenByte")
    if data[offset + 1] == _INDEFINITE and not data[offset] & asn1.CONSTRUCTED:
        raise JavaFormatError("Indefinite length encoding not supported with non-constructed data")
    try:
        element = asn1.read(data, offset, end)
    except FormatError as exc:
        raise JavaFormatError("not enough content", "java.io.EOFException") from exc
    if data[offset + 1] != _INDEFINITE:
        return element
    # From here on Java reads a copy of definite lengths, and goes on where the copy's length leads it.
    following = element.next - _redundant(element)
    if isinstance(data, EarlyBytes):
        following += len(data) - end
    return element._replace(data=bytes(data), next=following)


def _redundant(element: Element) -> int:
    """How many octets of length are more than needed inside an element of indefinite length (DerIndefLenConverter)."""
    found = 0
    for part in element.items():
        if part.data[part.start + 1] == _INDEFINITE:
            found += _redundant(part)
            continue
        size = part.stop - part.content
        needed = 2 if size < 0x80 else 2 + (size.bit_length() + 7) // 8
        found += part.content - part.start - needed
    return found


def nth(fields: list[Element], index: int) -> Element:
    """The field at `index`; where it is missing Java runs into the end of the data."""
    if index >= len(fields):
        raise JavaFormatError("Too short")
    return fields[index]


def is_context(element: Element, number: int, *, constructed: bool) -> bool:
    """Whether the element bears context-specific tag `number` in that form."""
    return element.tag == asn1.context(number, constructed=constructed)


def signed(tag: int) -> int:
    """A tag as Java prints it: a signed byte."""
    return tag - 256 if tag > 127 else tag


def big_integer(element: Element) -> int:
    """The content as a two's complement INTEGER; the tag is the caller's business (implicit tags)."""
    if not element.value:
        raise JavaFormatError("Invalid encoding: zero length Int value")
    return int.from_bytes(element.value, "big", signed=True)


def expect_integer(element: Element) -> Element:
    """The element, if it is an INTEGER with content; as DerValue.getBigInteger."""
    if element.tag != asn1.INTEGER:
        raise JavaFormatError(f"DerValue.getBigIntegerInternal, not expected {signed(element.tag)}")
    big_integer(element)
    return element


def integer(element: Element) -> int:
    """The content as an INTEGER that fits Java's int."""
    number = big_integer(element)
    if number < -_INT_MAX - 1:
        raise JavaFormatError("Integer below minimum valid value")
    if number > _INT_MAX:
        raise JavaFormatError("Integer exceeds maximum valid value")
    return number


def boolean(element: Element) -> bool:
    """The content as a BOOLEAN of one octet; the tag is the caller's business (implicit tags)."""
    if len(element.value) != 1:
        raise JavaFormatError(f"DerValue.getBoolean, invalid length {len(element.value)}")
    return element.value != b"\0"


def bit_count(element: Element) -> int:
    """How many bits the content has as a BIT STRING; the tag is the caller's business."""
    content = element.value
    if not content:
        raise JavaFormatError("Invalid encoding: zero length bit string")
    unused = content[0]
    if unused > 7:
        raise JavaFormatError("Invalid number of padding bits")
    size = 8 * (len(content) - 1) - unused
    if size < 0:
        raise JavaFormatError("Not enough bytes in BitString")
    return size


def bits(element: Element) -> list[bool]:
    """The content as a BIT STRING, first bit first."""
    size, content = bit_count(element), element.value
    return [bool(content[1 + i // 8] & (0x80 >> (i % 8))) for i in range(size)]


def bit_string(element: Element) -> bytes:
    """The octets of an element that must be a BIT STRING, unused bits included."""
    if element.tag != asn1.BIT_STRING:
        raise JavaFormatError(f"DerValue.getBitString, not a bit string {signed(element.tag)}")
    bit_count(element)
    return element.value[1:]


def octets(element: Element, depth: int = 0) -> bytes:
    """The content of an OCTET STRING, also in BER's constructed form, where Java looks at the tag's number only."""
    if element.tag != asn1.OCTET_STRING and element.tag & 0x3F != asn1.OCTET_STRING | asn1.CONSTRUCTED:
        raise JavaFormatError(f"DerValue.getOctetString, not an Octet String: {signed(element.tag)}")
    if not element.tag & asn1.CONSTRUCTED:
        return element.value
    if depth > _DEEPEST:
        raise JavaFormatError("not enough content", "java.io.EOFException")
    return b"".join(octets(part, depth + 1) for part in parts(element))


def oid(element: Element) -> str:
    """The dotted form of an OBJECT IDENTIFIER."""
    if element.tag != asn1.OBJECT_IDENTIFIER:
        raise JavaFormatError(f"DerValue.getOID, not an OID {signed(element.tag)}")
    return oid_content(element.value)


def oid_content(content: bytes) -> str:
    """The dotted form of the content octets of an OBJECT IDENTIFIER (implicit tags; ObjectIdentifier.check)."""
    if len(content) > _LONGEST_OID:
        raise JavaFormatError(
            "ObjectIdentifier encoded length exceeds the restriction in JDK "
            f"(OId length(>=): {len(content)}, Restriction: {_LONGEST_OID})"
        )
    if (
        content
        and content[-1] < 0x80
        and any(octet == 0x80 and (at == 0 or content[at - 1] < 0x80) for at, octet in enumerate(content))
    ):
        raise JavaFormatError("ObjectIdentifier() -- Invalid DER encoding, useless extra octet detected")
    try:
        return asn1.decode_oid(content)
    except FormatError as exc:
        raise JavaFormatError("ObjectIdentifier() -- Invalid DER encoding, not ended") from exc


def sequence(element: Element, complaint: str) -> list[Element]:
    """The elements of a SEQUENCE; `complaint` is the message when it is none."""
    if element.tag != asn1.SEQUENCE:
        raise JavaFormatError(complaint)
    return parts(element)


def hex_dump(data: bytes) -> str:
    """Bytes as HexDumpEncoder.encodeBuffer writes them: sixteen a line, each line ended."""
    lines = []
    for offset in range(0, len(data), 16):
        row = data[offset : offset + 16]
        pairs = [f"{octet:02X} " for octet in row] + ["   "] * (16 - len(row))
        text = "".join(chr(octet) if 0x20 <= octet <= 0x7A else "." for octet in row)
        lines.append(f"{offset & 0xFFFF:04X}: {''.join(pairs[:8])}  {''.join(pairs[8:])} {text}\n")
    return "".join(lines)


def listed(items: list[str]) -> str:
    """Java's List.toString."""
    return f"[{', '.join(items)}]"


def flags_of(element: Element) -> list[bool]:
    """The bits of an element that must be a BIT STRING."""
    bit_string(element)
    return bits(element)


def indented(items: list[str]) -> str:
    """Each item on an indented line of its own."""
    return "".join(f"  {item}\n" for item in items)


def named(names: tuple[str, ...], flags: list[bool]) -> list[str]:
    """The names of the bits that are set; bits without a name are passed over."""
    return [name for name, flag in zip(names, flags, strict=False) if flag]
