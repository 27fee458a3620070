"""GeneralName (RFC 5280, 4.2.1.6) and the extensions built from it, as OpenSSL prints them.

OpenSSL has two ways to print one: as ``name:value`` pairs (alternative names, access descriptions) and directly
(distribution points, name constraints). They differ in directory names and other names.
"""

from typing import Final

from truststore_tool import asn1
from truststore_tool.errors import FormatError
from truststore_tool.shims.openssl import is_newer, name_printing, names, objects

_OTHER: Final = 0
_EMAIL: Final = 1
_DNS: Final = 2
_X400: Final = 3
_DIRECTORY: Final = 4
_EDI: Final = 5
_URI: Final = 6
_ADDRESS: Final = 7
_REGISTERED: Final = 8

# otherName types that have a name of their own, and the string type their value must be of.
_KNOWN_OTHER: Final = {
    "1.3.6.1.5.5.7.8.9": (b"SmtpUTF8Mailbox", asn1.UTF8_STRING),
    "1.3.6.1.5.5.7.8.5": (b"XmppAddr", asn1.UTF8_STRING),
    "1.3.6.1.5.5.7.8.7": (b"SRVName", asn1.IA5_STRING),
    "1.3.6.1.4.1.311.20.2.3": (b"UPN", asn1.UTF8_STRING),
    "1.3.6.1.5.5.7.8.8": (b"NAIRealm", asn1.UTF8_STRING),
}
_TEXT_LABELS: Final = {_EMAIL: b"email:", _DNS: b"DNS:", _URI: b"URI:"}
# A directory name goes through a buffer of this many characters when it is printed as a pair.
_ONE_LINE: Final = 255
_REASONS: Final = (
    b"Unused",
    b"Key Compromise",
    b"CA Compromise",
    b"Affiliation Changed",
    b"Superseded",
    b"Cessation Of Operation",
    b"Certificate Hold",
    b"Privilege Withdrawn",
    b"AA Compromise",
)


def printable(octets: bytes) -> bytes:
    """Octets with a dot for each that is no printable ASCII, as ASN1_STRING_print shows them."""
    return bytes(octet if 0x20 <= octet <= 0x7E or octet in b"\r\n" else ord(".") for octet in octets)


def _parts(name: asn1.Element) -> tuple[int, asn1.Element]:
    """Which alternative of GeneralName this is, and its element. Raises FormatError when it is none."""
    number = name.tag & 0x1F
    constructed = number in (_OTHER, _X400, _DIRECTORY, _EDI)
    if number > _REGISTERED or name.tag != asn1.context(number, constructed=constructed):
        raise FormatError(f"ASN.1 tag 0x{name.tag:02x} is no general name")
    return number, name


def pair(name: asn1.Element) -> bytes:
    """A GeneralName as subjectAltName shows it. Raises FormatError when it cannot be shown."""
    number, element = _parts(name)
    if number in _TEXT_LABELS:
        return _TEXT_LABELS[number] + without_nul(element.value)
    if number == _OTHER:
        return _other_pair(element)
    if number == _DIRECTORY:
        return b"DirName:" + name_printing.slashed(names.parse(element.inner()))[:_ONE_LINE]
    if number == _REGISTERED:
        return b"Registered ID:" + objects.long_name(asn1.decode_oid(element.value)).encode()
    return _rest(number, element)


def direct(name: asn1.Element) -> bytes:
    """A GeneralName as a distribution point shows it."""
    number, element = _parts(name)
    if number in _TEXT_LABELS:
        return _TEXT_LABELS[number] + printable(element.value)
    if number == _OTHER:
        oid, value = _other(element)
        known = _KNOWN_OTHER.get(oid)
        if known is None or known[1] != value.tag:
            return b"othername:<unsupported>"
        return b"othername:" + known[0] + b":" + value.value
    if number == _DIRECTORY:
        return b"DirName:" + name_printing.oneline(names.parse(element.inner()))
    if number == _REGISTERED:
        return b"Registered ID:" + objects.long_name(asn1.decode_oid(element.value)).encode()
    return _rest(number, element)


def _rest(number: int, element: asn1.Element) -> bytes:
    """What both ways print alike."""
    if number == _ADDRESS:
        return b"IP Address:" + address(element.value)
    return (b"X400Name" if number == _X400 else b"EdiPartyName") + b":<unsupported>"


def without_nul(value: bytes) -> bytes:
    """The value, which a C string must be able to hold. Raises FormatError when it is cut by a NUL."""
    if b"\0" in value.removesuffix(b"\0"):
        raise FormatError("a NUL inside a name")
    return value.removesuffix(b"\0")


def _other(element: asn1.Element) -> tuple[str, asn1.Element]:
    kind, value = element.fields(2, 2)
    return kind.oid(), value.expect(asn1.context(0)).inner()


def _other_pair(element: asn1.Element) -> bytes:
    oid, value = _other(element)
    known = _KNOWN_OTHER.get(oid)
    colon = b":" if is_newer() else b"::"
    if known is not None:
        value.expect(known[1])
        return b"othername: " + known[0] + colon + without_nul(value.value)
    label = b"othername: " + objects.long_name(oid).encode() + colon
    return label + (without_nul(value.value) if value.tag in (asn1.IA5_STRING, asn1.UTF8_STRING) else b"<unsupported>")


def address(octets: bytes) -> bytes:
    """An IP address; IPv6 in eight groups of upper-case hex, uncompressed."""
    if len(octets) == 4:
        return ".".join(map(str, octets)).encode()
    if len(octets) == 16:
        return ":".join(f"{int.from_bytes(octets[at : at + 2], 'big'):X}" for at in range(0, 16, 2)).encode()
    return b"<invalid>"


def distribution_points(value: asn1.Element, indent: int) -> bytes:
    """CRLDistributionPoints and FreshestCRL (RFC 5280, 4.2.1.13), with OpenSSL's missing and surplus line ends."""
    points = value.expect(asn1.SEQUENCE).children()
    return b"\n".join(_point(point.expect(asn1.SEQUENCE), indent) for point in points)


def _point(point: asn1.Element, indent: int) -> bytes:
    parts = []
    for field in point.children():
        if field.tag == asn1.context(0):
            parts.append(_point_name(field.inner(), indent))
        elif field.tag == asn1.context(1, constructed=False):
            parts.append(b" " * indent + b"Reasons:\n" + b" " * (indent + 2) + _reasons(field) + b"\n")
        elif field.tag == asn1.context(2):
            parts.append(b" " * indent + b"CRL Issuer:\n" + _names(field, indent + 2))
        else:
            raise FormatError("unknown field of a distribution point")
    return b"".join(parts)


def _point_name(name: asn1.Element, indent: int) -> bytes:
    if name.tag == asn1.context(0):
        end = b"\n" if is_newer() else b""
        return b" " * indent + b"Full Name:\n" + _names(name, indent + 2) + end
    name.expect(asn1.context(1))
    relative = names.parse(asn1.read(asn1.sequence(asn1.tlv(asn1.SET, name.value))))
    return b" " * indent + b"Relative Name:\n" + b" " * (indent + 2) + name_printing.oneline(relative) + b"\n"


def _names(wrapper: asn1.Element, indent: int) -> bytes:
    return b"\n".join(b" " * indent + direct(name) for name in wrapper.children())


def _reasons(flags: asn1.Element) -> bytes:
    return b", ".join(name for number, name in enumerate(_REASONS) if flags.bit(number)) or b"<EMPTY>"


def name_constraints(value: asn1.Element) -> list[bytes]:
    """The lines of NameConstraints (RFC 5280, 4.2.1.10)."""
    lines: list[bytes] = []
    for number, label in enumerate((b"Permitted:", b"Excluded:")):
        for trees in value.expect(asn1.SEQUENCE).children():
            if trees.tag == asn1.context(number):
                subtrees = trees.children()
                lines += [label] if subtrees else []
                lines += [b"  " + _subtree(tree.expect(asn1.SEQUENCE).inner()) for tree in subtrees]
    return lines


def _subtree(base: asn1.Element) -> bytes:
    """A name, or an address range with its mask."""
    number, element = _parts(base)
    if number != _ADDRESS:
        return direct(base)
    half = len(element.value) // 2
    if len(element.value) not in (8, 32):
        return b"IP Address:<invalid>"
    return b"IP:" + address(element.value[:half]) + b"/" + address(element.value[half:])
