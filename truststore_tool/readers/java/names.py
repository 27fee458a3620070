"""Names as the JDK prints them: distinguished names (X500Name, RDN, AVA) and GeneralNames.

The string form is Java's own, older than RFC 4514: ``CN=a, O="b, c"``, most specific first.
"""

import re
from typing import Final

from truststore_tool import asn1, oids
from truststore_tool.asn1 import Element
from truststore_tool.readers.java.der import (
    EarlyBytes,
    JavaFormatError,
    first,
    hex_dump,
    is_context,
    oid,
    oid_content,
    parts,
    value,
)

# sun.security.x509.AVAKeyword, the keyword that is printed for each attribute type.
_KEYWORDS: Final = {
    "2.5.4.3": "CN",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "T",
    "1.3.6.1.4.1.42.2.11.2.1": "IP",
    "2.5.4.9": "STREET",
    "0.9.2342.19200300.100.1.25": "DC",
    "2.5.4.46": "DNQ",
    "2.5.4.4": "SURNAME",
    "2.5.4.42": "GIVENNAME",
    "2.5.4.43": "INITIALS",
    "2.5.4.44": "GENERATION",
    "1.2.840.113549.1.9.1": "EMAILADDRESS",
    "0.9.2342.19200300.100.1.1": "UID",
    "2.5.4.5": "SERIALNUMBER",
}
_GENERAL_STRING: Final = 0x1B
_CODECS: Final = {
    asn1.UTF8_STRING: "utf-8",
    asn1.PRINTABLE_STRING: "ascii",
    asn1.TELETEX_STRING: "latin-1",
    asn1.IA5_STRING: "ascii",
    _GENERAL_STRING: "ascii",
    asn1.BMP_STRING: "utf-16-be",
    asn1.UNIVERSAL_STRING: "utf-32-be",
}
# Compiled when it is first needed: most commands print no name.
_NEEDS_QUOTES: Final = r'^[ \n]|[,+=\n<>#;\\"]|[ \n][ \n]|[ \n]$'


def name(element: Element) -> str:
    """A Name as X500Principal.toString gives it. Raises JavaFormatError when Java would not parse it."""
    return ", ".join(relative_name(rdn) for rdn in reversed(_rdns(element)))


def is_empty(element: Element) -> bool:
    """Whether the Name has no attribute in any of its RDNs (X500Name.isEmpty)."""
    return not any(parts(rdn) for rdn in _rdns(element))


def _rdns(element: Element) -> list[Element]:
    if element.tag != asn1.SEQUENCE:
        raise JavaFormatError("Sequence tag error")
    return parts(element)


def relative_name(rdn: Element, *, implicit: bool = False) -> str:
    """One RDN; several attributes are joined by `` + ``. `implicit`: the outer tag is not the SET's own."""
    if rdn.tag != asn1.SET and not implicit:
        raise JavaFormatError("X500 RDN")
    if isinstance(rdn.data, EarlyBytes):
        rdn = value(EarlyBytes(rdn.raw))
    return " + ".join(_attribute(pair) for pair in parts(rdn))


def _attribute(pair: Element) -> str:
    if pair.tag != asn1.SEQUENCE:
        raise JavaFormatError("AVA not a sequence")
    fields = parts(pair)
    if len(fields) != 2 or fields[1].next != pair.stop:
        raise JavaFormatError(f"AVA, extra bytes = {pair.stop - (fields[1].next if len(fields) > 1 else pair.stop)}")
    kind = oid(fields[0])
    return f"{_KEYWORDS.get(kind, f'OID.{kind}')}={_attribute_value(fields[1])}"


def _attribute_value(element: Element) -> str:
    codec = _CODECS.get(element.tag)
    if codec is None:
        return f"#{element.raw.hex()}"
    text = element.value.decode(codec, "replace")
    if element.tag == asn1.BMP_STRING and any(0xD800 <= unit <= 0xDFFF for unit in _utf16_units(element.value)):
        raise JavaFormatError("Illegal character in BMPString")
    if len(text) > 1 and text[0] == text[-1] == '"':  # Java takes it for quoted already
        return '"' + _escape(text[1:-1]) + '"'
    return f'"{_escape(text)}"' if re.search(_NEEDS_QUOTES, text) else text


def _utf16_units(octets: bytes) -> list[int]:
    return [int.from_bytes(octets[i : i + 2], "big") for i in range(0, len(octets), 2)]


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


# GeneralNames (RFC 5280, 4.2.1.6; sun.security.x509.GeneralName) ----------------------------------------------

# The extensions the JDK has a class for. It also looks there for the types of otherName, and fails (OtherName.getGNI).
KNOWN_EXTENSIONS: Final = {
    *(f"2.5.29.{arc}" for arc in (14, 15, 16, 17, 18, 19, 20, 21, 27, 28, 29, 30, 31, 32, 33, 35, 36, 37, 46, 54)),
    oids.AUTHORITY_INFO_ACCESS,
    oids.SUBJECT_INFO_ACCESS,
    oids.OCSP_NO_CHECK,
    oids.NETSCAPE_CERT_TYPE,
}
_KINDS: Final = {
    0: ("Other-Name", True),
    1: ("RFC822 name", False),
    2: ("DNSName", False),
    3: ("X400Address name", True),
    4: ("Directory name", True),
    5: ("EDI name", True),
    6: ("URI", False),
    7: ("IP address", False),
    8: ("OID name", False),
}


def general_names(element: Element) -> list[str]:
    """Each GeneralName inside `element`, printed; the outer tag is the caller's business. Raises JavaFormatError."""
    found = parts(element)
    if not found:
        raise JavaFormatError("No data available in passed DER encoded value.")
    return [general_name(part) for part in found]


def general_name(element: Element, *, constraint: bool = False) -> str:
    """One GeneralName; as a name constraint, a URI is a bare host. Raises JavaFormatError."""
    number = element.tag & 0x1F
    if number not in _KINDS:
        raise JavaFormatError(f"Unrecognized GeneralName tag, ({number})")
    what, constructed = _KINDS[number]
    if not is_context(element, number, constructed=constructed):
        raise JavaFormatError(f"Invalid encoding of {what}")
    match number:
        case 0:
            return _other_name(element)
        case 1:
            return f"RFC822Name: {_mail(_ia5(element))}"
        case 2:
            return f"DNSName: {_ia5(element)}"
        case 3:
            return "X400Address: <DER-encoded value>"
        case 4:
            return _directory_name(element)
        case 5:
            return _edi_party(element)
        case 6:
            from truststore_tool.readers.java import uri

            text = _ia5(element)
            (uri.check_constraint if constraint else uri.check_name)(text)
            return f"URIName: {text}"
        case 7:
            return f"IPAddress: {_address(element.value)}"
        case _:
            return f"OIDName: {oid_content(element.value)}"


def _directory_name(element: Element) -> str:
    """A Name; where its SEQUENCE is left out, the RDNs alone will do (X500Name.parseDER)."""
    if not element.value:
        return ""
    whole = first(element, 1)[0]
    rdns = parts(whole if whole.tag == asn1.SEQUENCE else element)
    return ", ".join(relative_name(rdn) for rdn in reversed(rdns))


def _ia5(element: Element) -> str:
    return element.value.decode("ascii", "replace")


def _mail(text: str) -> str:
    if not text:
        raise JavaFormatError("RFC822Name may not be null or empty")
    domain = text[text.find("@") + 1 :]
    if not domain:
        raise JavaFormatError("RFC822Name may not end with @")
    if domain == ".":
        raise JavaFormatError("RFC822Name domain may not be just .")
    return text


def _other_name(element: Element) -> str:
    fields = first(element, 2)
    kind = oid(fields[0])
    if not is_context(fields[1], 0, constructed=True):
        raise JavaFormatError("value is not EXPLICTly tagged [0]")
    if kind in KNOWN_EXTENSIONS:
        raise JavaFormatError("Instantiation error: java.lang.NoSuchMethodException")
    return f"Other-Name: Unrecognized ObjectIdentifier: {kind}"


def _edi_party(element: Element) -> str:
    fields = parts(element)
    if not 1 <= len(fields) <= 2:
        raise JavaFormatError("Invalid encoding of EDIPartyName")
    named: dict[int, str] = {}
    for field in fields:
        number = field.tag & 0x1F
        if is_context(field, number, constructed=False) and number in named:
            raise JavaFormatError(f"Duplicate {('nameAssigner', 'partyName')[number]} found in EDIPartyName")
        if number <= 1 and is_context(field, number, constructed=False):
            named[number] = _directory_string(field)
    if named.get(1) is None:
        raise JavaFormatError("party cannot be missing")
    assigner = f"  nameAssigner = {named[0]}," if named.get(0) else ""
    return f"EDIPartyName: {assigner}  partyName = {named[1]}"


def _directory_string(field: Element) -> str:
    inner = first(field, 1)[0]
    return inner.value.decode(_CODECS.get(inner.tag, "latin-1"), "replace")


def _address(octets: bytes) -> str:
    """An address, or an address and a mask, as InetAddress prints it (no ``::`` compression)."""
    if len(octets) not in (4, 8, 16, 32):
        raise JavaFormatError("Invalid IPAddressName")
    if len(octets) <= 8:
        return "/".join(".".join(map(str, octets[i : i + 4])) for i in range(0, len(octets), 4))
    host = ":".join(f"{int.from_bytes(octets[i : i + 2], 'big'):x}" for i in range(0, 16, 2))
    if len(octets) == 16:
        return host
    mask = f"{int.from_bytes(octets[16:], 'big'):0128b}"
    prefix = len(mask) - len(mask.lstrip("1"))
    if "1" in mask[prefix:]:
        return hex_dump(octets)  # what IPAddressName.toString makes of a mask with holes
    return f"{host}/{prefix}"
