"""Distinguished names as OpenSSL reads, hashes and prints them: `-nameopt` and all that prints a name.

Not the lenient `truststore_tool.names`: OpenSSL refuses a certificate over a string that does not fit its type,
and prints names in some dozen ways that scripts match on byte for byte.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from truststore_tool import asn1
from truststore_tool.errors import FormatError
from truststore_tool.names import UNIT_OCTETS, code_points, openssl_canonical
from truststore_tool.nouns import noun
from truststore_tool.shims.openssl.lines import indented

if TYPE_CHECKING:
    from truststore_tool.shims.openssl.objects import ObjectName

# The flags of <openssl/asn1.h> and <openssl/x509.h>: `-nameopt` adds and takes away bits, so their layout matters.
_ESC_2253: Final = 0x1
_ESC_CTRL: Final = 0x2
_ESC_MSB: Final = 0x4
_ESC_QUOTE: Final = 0x8
_UTF8_CONVERT: Final = 0x10
_IGNORE_TYPE: Final = 0x20
_SHOW_TYPE: Final = 0x40
_DUMP_ALL: Final = 0x80
_DUMP_UNKNOWN: Final = 0x100
_DUMP_DER: Final = 0x200
_ESC_2254: Final = 0x400
_ESCAPES: Final = _ESC_2253 | _ESC_2254 | _ESC_QUOTE | _ESC_CTRL | _ESC_MSB
_SEP_COMMA_PLUS: Final = 1 << 16
_SEP_CPLUS_SPC: Final = 2 << 16
_SEP_SPLUS_SPC: Final = 3 << 16
_SEP_MULTILINE: Final = 4 << 16
_SEP_MASK: Final = 0xF << 16
_DN_REV: Final = 1 << 20
_FN_LONG: Final = 1 << 21
_FN_OID: Final = 2 << 21
_FN_NONE: Final = 3 << 21
_FN_MASK: Final = 3 << 21
_SPC_EQ: Final = 1 << 23
_DUMP_UNKNOWN_FIELDS: Final = 1 << 24
_FN_ALIGN: Final = 1 << 25
_ALL: Final = 0xFFFFFFFF

_RFC2253_STRING: Final = _ESC_2253 | _ESC_CTRL | _ESC_MSB | _UTF8_CONVERT | _DUMP_UNKNOWN | _DUMP_DER
_RFC2253: Final = _RFC2253_STRING | _SEP_COMMA_PLUS | _DN_REV | _DUMP_UNKNOWN_FIELDS
ONELINE: Final = _RFC2253_STRING | _ESC_QUOTE | _SEP_CPLUS_SPC | _SPC_EQ
_MULTILINE: Final = _ESC_CTRL | _ESC_MSB | _SEP_MULTILINE | _SPC_EQ | _FN_LONG | _FN_ALIGN
COMPAT: Final = 0

# Each name of -nameopt: the bits it sets, and the bits it clears first.
_OPTIONS: Final = {
    "esc_2253": (_ESC_2253, 0),
    "esc_2254": (_ESC_2254, 0),
    "esc_ctrl": (_ESC_CTRL, 0),
    "esc_msb": (_ESC_MSB, 0),
    "use_quote": (_ESC_QUOTE, 0),
    "utf8": (_UTF8_CONVERT, 0),
    "ignore_type": (_IGNORE_TYPE, 0),
    "show_type": (_SHOW_TYPE, 0),
    "dump_all": (_DUMP_ALL, 0),
    "dump_nostr": (_DUMP_UNKNOWN, 0),
    "dump_der": (_DUMP_DER, 0),
    "compat": (COMPAT, _ALL),
    "sep_comma_plus": (_SEP_COMMA_PLUS, _SEP_MASK),
    "sep_comma_plus_space": (_SEP_CPLUS_SPC, _SEP_MASK),
    "sep_semi_plus_space": (_SEP_SPLUS_SPC, _SEP_MASK),
    "sep_multiline": (_SEP_MULTILINE, _SEP_MASK),
    "dn_rev": (_DN_REV, 0),
    "nofname": (_FN_NONE, _FN_MASK),
    "sname": (0, _FN_MASK),
    "lname": (_FN_LONG, _FN_MASK),
    "align": (_FN_ALIGN, 0),
    "oid": (_FN_OID, _FN_MASK),
    "space_eq": (_SPC_EQ, 0),
    "dump_unknown": (_DUMP_UNKNOWN_FIELDS, 0),
    "rfc2253": (_RFC2253, _ALL),
    "oneline": (ONELINE, _ALL),
    "multiline": (_MULTILINE, _ALL),
    "ca_default": (_MULTILINE, _ALL),
}

# Between relative names, and between the attributes of one.
_SEPARATORS: Final = {
    _SEP_COMMA_PLUS: (b",", b"+"),
    _SEP_CPLUS_SPC: (b", ", b" + "),
    _SEP_SPLUS_SPC: (b"; ", b" + "),
    _SEP_MULTILINE: (b"\n", b" + "),
}
_WIDTH_SHORT: Final = 10
_WIDTH_LONG: Final = 25

_STRINGS: Final = (*UNIT_OCTETS, asn1.NUMERIC_STRING)

_TYPE_NAMES: Final = {
    asn1.BIT_STRING: b"BIT STRING",
    asn1.UTF8_STRING: b"UTF8STRING",
    asn1.SEQUENCE: b"SEQUENCE",
    asn1.NUMERIC_STRING: b"NUMERICSTRING",
    asn1.PRINTABLE_STRING: b"PRINTABLESTRING",
    asn1.TELETEX_STRING: b"T61STRING",
    asn1.IA5_STRING: b"IA5STRING",
    asn1.UNIVERSAL_STRING: b"UNIVERSALSTRING",
    asn1.BMP_STRING: b"BMPSTRING",
}

_SPECIAL: Final = b',+"\\<>;'
_QUOTABLE: Final = b",+<>; #"


@noun
class Attribute:
    """One attribute: type, tag and content octets of its value, and the number of the relative name it is part of."""

    oid: str
    tag: int
    value: bytes
    rdn: int


@noun
class DistinguishedName:
    """A name: its attributes in file order, and its DER."""

    attributes: tuple[Attribute, ...]
    der: bytes


def parse(element: asn1.Element) -> DistinguishedName:
    """Read a Name. Raises FormatError also for strings that do not fit their type, as OpenSSL does."""
    attributes = []
    for number, rdn in enumerate(element.expect(asn1.SEQUENCE).children()):
        for pair in rdn.expect(asn1.SET).children():
            kind, value = _two(pair.expect(asn1.SEQUENCE).children())
            attributes.append(Attribute(kind.oid(), value.tag, value.value, number))
    openssl_canonical(element.raw)
    return DistinguishedName(tuple(attributes), element.raw)


def _two(parts: list[asn1.Element]) -> list[asn1.Element]:
    if len(parts) != 2:
        raise FormatError("malformed attribute in a distinguished name")
    return parts


def parse_options(text: str, flags: int) -> int | None:
    """Apply a `-nameopt` value, e.g. ``"RFC2253,-dn_rev"``, to `flags`; None when a word of it is unknown."""
    changed = apply_words(text, flags, _OPTIONS)
    if changed is None:
        return None
    return changed if changed == COMPAT or changed & _SEP_MASK else changed | _SEP_CPLUS_SPC


def apply_words(text: str, flags: int, table: Mapping[str, tuple[int, int]]) -> int | None:
    """Set the bits that each word of a list names, or clear them where a minus stands before it; None: unknown word.

    `table` says for each word in lower case which bits it sets, and which it clears first.
    """
    for word in split_list(text):
        sign = word[:1]
        option = table.get((word[1:] if sign in "+-" else word).lower())
        if option is None:
            return None
        bits, cleared = option
        flags = flags & ~cleared & ~bits if sign == "-" else flags & ~cleared | bits
    return flags


def split_list(text: str) -> list[str]:
    """The names of an OpenSSL list ``name[:value],...``; a list with an empty name or value counts as empty."""
    words = []
    for item in text.replace("\r", "\n").partition("\n")[0].split(","):
        name, colon, value = item.partition(":")
        if not name.strip() or (colon and not value.strip()):
            return []
        words.append(name.strip())
    return words


def is_multiline(flags: int) -> bool:
    """Whether these options print one attribute a line."""
    return flags & _SEP_MASK == _SEP_MULTILINE


def titled(title: bytes, name: DistinguishedName, flags: int) -> bytes:
    """The line (or lines) of `-subject` and `-issuer`."""
    if flags == COMPAT:
        return title + slashed(name) + b"\n"
    if is_multiline(flags):
        return title + b"\n" + indented(lines(name, flags), 4)
    return title + indented(lines(name, flags), 0)


def _known(oid: str) -> "ObjectName | None":
    """The names of an attribute type. They are loaded for whoever prints one."""
    from truststore_tool.shims.openssl.objects import name_of

    return name_of(oid)


def slashed(name: DistinguishedName) -> bytes:
    """The old one-line form: ``/C=US/O=Acme``."""
    parts = []
    previous = -1
    for attribute in name.attributes:
        known = _known(attribute.oid)
        key = known.short if known else attribute.oid
        parts.append(b"+" if attribute.rdn == previous else b"/")
        parts.append(key.encode() + b"=" + b"".join(map(_slashed_octet, attribute.value)))
        previous = attribute.rdn
    return b"".join(parts)


def _slashed_octet(octet: int) -> bytes:
    if octet < 0x20 or octet > 0x7E:
        return b"\\x%02X" % octet
    return b"\\%c" % octet if octet in b"/+" else b"%c" % octet


def commas(name: DistinguishedName) -> bytes:
    """The old form in a text: slashes before one or two capitals and an equals sign become commas."""
    text = slashed(name)[1:]
    pieces = []
    start = 0
    for at in range(len(text)):
        if text[at] == ord("/") and text[at + 1 : at + 2].isupper():
            after = text[at + 2 : at + 3].isupper()
            if text[at + 2 + after : at + 3 + after] == b"=":
                pieces.append(text[start:at])
                start = at + 1
    return b", ".join([*pieces, text[start:]])


def lines(name: DistinguishedName, flags: int) -> list[bytes]:
    """The name under these options: a line, or one for each relative name if they are multiline (one if none is)."""
    if flags == COMPAT:
        return [commas(name)]
    between, within = _SEPARATORS.get(flags & _SEP_MASK, _SEPARATORS[_SEP_CPLUS_SPC])
    rdns: list[list[bytes]] = []
    previous = None
    for attribute in reversed(name.attributes) if flags & _DN_REV else name.attributes:
        if attribute.rdn != previous:
            rdns.append([])
        previous = attribute.rdn
        rdns[-1].append(_key(attribute, flags) + _value(attribute, flags))
    shown = [within.join(rdn) for rdn in rdns]
    return shown if shown and is_multiline(flags) else [between.join(shown)]


def oneline(name: DistinguishedName) -> bytes:
    """The name in OpenSSL's usual form, without a line's end."""
    [line] = lines(name, ONELINE)
    return line


def _key(attribute: Attribute, flags: int) -> bytes:
    """The attribute's name and equals sign."""
    form = flags & _FN_MASK
    if form == _FN_NONE:
        return b""
    equals = b" = " if flags & _SPC_EQ else b"="
    known = _known(attribute.oid)
    if form == _FN_OID or known is None:
        return attribute.oid.encode() + equals
    key, width = (known.long, _WIDTH_LONG) if form == _FN_LONG else (known.short, _WIDTH_SHORT)
    return (key.ljust(width) if flags & _FN_ALIGN else key).encode() + equals


def _value(attribute: Attribute, flags: int) -> bytes:
    """The value: its characters escaped, or its octets in hex behind ``#``."""
    shown = _TYPE_NAMES[attribute.tag] + b":" if flags & _SHOW_TYPE else b""
    is_string = attribute.tag in _STRINGS
    unknown = flags & _DUMP_UNKNOWN_FIELDS and _known(attribute.oid) is None
    by_octet = flags & _IGNORE_TYPE and not (flags & _DUMP_ALL or unknown)
    if flags & _DUMP_ALL or unknown or (not is_string and not by_octet and flags & _DUMP_UNKNOWN):
        dumped = asn1.tlv(attribute.tag, attribute.value) if flags & _DUMP_DER else attribute.value
        return shown + b"#" + dumped.hex().upper().encode()
    points = list(attribute.value) if by_octet else code_points(attribute.tag, attribute.value)
    return shown + _escaped(points, flags)


def _escaped(points: list[int], flags: int) -> bytes:
    """The characters as the escape options want them, in quotes if one of them asks for these."""
    quoted = False
    parts = []
    last = len(points) - 1
    for index, point in enumerate(points):
        edge = b" #" if index == 0 else b""
        if index == last:
            edge = b" "
        if flags & _ESC_2253 and point < 0x80 and (point in _SPECIAL or point in edge):
            bare = bool(flags & _ESC_QUOTE) and point in _QUOTABLE
            quoted |= bare
            parts.append(b"%c" % point if bare else b"\\%c" % point)
        elif flags & _UTF8_CONVERT:
            parts += [_octet(octet, flags) for octet in chr(point).encode()]
        elif point > 0xFFFF:
            parts.append(b"\\W%08X" % point)
        elif point > 0xFF:
            parts.append(b"\\U%04X" % point)
        else:
            parts.append(_octet(point, flags))
    text = b"".join(parts)
    return b'"' + text + b'"' if quoted else text


def _octet(octet: int, flags: int) -> bytes:
    """One octet that RFC 2253 does not ask to escape."""
    if octet > 0x7F:
        return b"\\%02X" % octet if flags & _ESC_MSB else b"%c" % octet
    control = flags & _ESC_CTRL and (octet < 0x20 or octet == 0x7F)
    if control or (flags & _ESC_2254 and octet in b"\0()*\\"):
        return b"\\%02X" % octet
    return b"\\\\" if octet == ord("\\") and flags & _ESCAPES else b"%c" % octet
