"""Distinguished names as OpenSSL prints them, in some dozen ways that scripts match on byte for byte."""

from typing import Final

from truststore_tool import asn1
from truststore_tool.names import UNIT_OCTETS, code_points
from truststore_tool.shims.openssl import name_options as option
from truststore_tool.shims.openssl import objects
from truststore_tool.shims.openssl.lines import indented
from truststore_tool.shims.openssl.names import Attribute, DistinguishedName

# Between relative names, and between the attributes of one.
_SEPARATORS: Final = {
    option.SEP_COMMA_PLUS: (b",", b"+"),
    option.SEP_CPLUS_SPC: (b", ", b" + "),
    option.SEP_SPLUS_SPC: (b"; ", b" + "),
    option.SEP_MULTILINE: (b"\n", b" + "),
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


def titled(title: bytes, name: DistinguishedName, flags: int) -> bytes:
    """The line (or lines) of `-subject` and `-issuer`."""
    if flags == option.COMPAT:
        return title + slashed(name) + b"\n"
    if option.is_multiline(flags):
        return title + b"\n" + indented(lines(name, flags), 4)
    return title + indented(lines(name, flags), 0)


def slashed(name: DistinguishedName) -> bytes:
    """The old one-line form: ``/C=US/O=Acme``."""
    parts = []
    previous = -1
    for attribute in name.attributes:
        known = objects.name_of(attribute.oid)
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
    if flags == option.COMPAT:
        return [commas(name)]
    between, within = _SEPARATORS.get(flags & option.SEP_MASK, _SEPARATORS[option.SEP_CPLUS_SPC])
    rdns: list[list[bytes]] = []
    previous = None
    for attribute in reversed(name.attributes) if flags & option.DN_REV else name.attributes:
        if attribute.rdn != previous:
            rdns.append([])
        previous = attribute.rdn
        rdns[-1].append(_key(attribute, flags) + _value(attribute, flags))
    shown = [within.join(rdn) for rdn in rdns]
    return shown if shown and option.is_multiline(flags) else [between.join(shown)]


def oneline(name: DistinguishedName) -> bytes:
    """The name in OpenSSL's usual form, without a line's end."""
    [line] = lines(name, option.ONELINE)
    return line


def _key(attribute: Attribute, flags: int) -> bytes:
    """The attribute's name and equals sign."""
    form = flags & option.FN_MASK
    if form == option.FN_NONE:
        return b""
    equals = b" = " if flags & option.SPC_EQ else b"="
    known = objects.name_of(attribute.oid)
    if form == option.FN_OID or known is None:
        return attribute.oid.encode() + equals
    key, width = (known.long, _WIDTH_LONG) if form == option.FN_LONG else (known.short, _WIDTH_SHORT)
    return (key.ljust(width) if flags & option.FN_ALIGN else key).encode() + equals


def _value(attribute: Attribute, flags: int) -> bytes:
    """The value: its characters escaped, or its octets in hex behind ``#``."""
    shown = _TYPE_NAMES[attribute.tag] + b":" if flags & option.SHOW_TYPE else b""
    is_string = attribute.tag in _STRINGS
    unknown = flags & option.DUMP_UNKNOWN_FIELDS and objects.name_of(attribute.oid) is None
    by_octet = flags & option.IGNORE_TYPE and not (flags & option.DUMP_ALL or unknown)
    if flags & option.DUMP_ALL or unknown or (not is_string and not by_octet and flags & option.DUMP_UNKNOWN):
        dumped = asn1.tlv(attribute.tag, attribute.value) if flags & option.DUMP_DER else attribute.value
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
        if flags & option.ESC_2253 and point < 0x80 and (point in _SPECIAL or point in edge):
            bare = bool(flags & option.ESC_QUOTE) and point in _QUOTABLE
            quoted |= bare
            parts.append(b"%c" % point if bare else b"\\%c" % point)
        elif flags & option.UTF8_CONVERT:
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
        return b"\\%02X" % octet if flags & option.ESC_MSB else b"%c" % octet
    control = flags & option.ESC_CTRL and (octet < 0x20 or octet == 0x7F)
    if control or (flags & option.ESC_2254 and octet in b"\0()*\\"):
        return b"\\%02X" % octet
    return b"\\\\" if octet == ord("\\") and flags & option.ESCAPES else b"%c" % octet
