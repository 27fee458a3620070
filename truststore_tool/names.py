"""X.501 distinguished names: DER to attributes, attributes to text.

Real subjects hold strings that strict parsers refuse (an underscore in a PrintableString, Latin-1 in a
UTF8String), and a trust store must still be able to name them; so every string is decoded leniently.
"""

import re
from functools import lru_cache
from typing import Final

from truststore_tool import asn1, digests
from truststore_tool.errors import FormatError
from truststore_tool.nouns import noun

# Short names of attribute types: RFC 4514 (section 3), RFC 4519 and what openssl prints for the others.
SHORT_NAMES: Final = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "street",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "title",
    "2.5.4.13": "description",
    "2.5.4.17": "postalCode",
    "2.5.4.42": "GN",
    "2.5.4.43": "initials",
    "2.5.4.44": "generationQualifier",
    "2.5.4.46": "dnQualifier",
    "2.5.4.65": "pseudonym",
    "2.5.4.97": "organizationIdentifier",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "emailAddress",
}
COMMON_NAME: Final = "2.5.4.3"
EMAIL_ADDRESS: Final = "1.2.840.113549.1.9.1"
ORGANIZATION: Final = "2.5.4.10"
ORGANIZATIONAL_UNIT: Final = "2.5.4.11"

_CODECS: Final = {
    asn1.UTF8_STRING: "utf-8",
    asn1.BMP_STRING: "utf-16-be",
    asn1.UNIVERSAL_STRING: "utf-32-be",
    asn1.TELETEX_STRING: "latin-1",
}
# A name has some ten parts of one attribute each. The bound keeps hostile ones cheap.
_MOST_PARTS: Final = 200
# Compiled when it is first needed: most commands print no name.
_ESCAPE: Final = r'[,+"\\<>;]|^[ #]| \Z'


@noun
class Attribute:
    """One AttributeTypeAndValue (RFC 5280, 4.1.2.4).

    Attributes:
        oid: the attribute type, dotted.
        tag: the ASN.1 tag of the value.
        value: the content octets of the value.
    """

    oid: str
    tag: int
    value: bytes

    @property
    def text(self) -> str:
        """The value as text; bytes that are not of its string type become U+FFFD or Latin-1, never an error."""
        codec = _CODECS.get(self.tag)
        if codec is not None:
            return self.value.decode(codec, "replace")
        try:
            return self.value.decode("utf-8")
        except UnicodeDecodeError:
            return self.value.decode("latin-1")


@noun
class Name:
    """A distinguished name: relative distinguished names in the order of the encoding, most general first.

    Attributes:
        rdns: each a tuple of one attribute, or of several for a multi-valued one.
        der: the encoded name; two names are the same here when their bytes are.
    """

    rdns: tuple[tuple[Attribute, ...], ...]
    der: bytes

    @classmethod
    def parse(cls, der: bytes) -> "Name":
        """Decode a DER (or BER) Name. Raises FormatError when it is not a sequence of sets of attributes."""
        return cls(_rdns(der), der)

    def first(self, oid: str) -> str | None:
        """The text of the most specific attribute of type `oid`, or None."""
        for rdn in reversed(self.rdns):
            for attribute in rdn:
                if attribute.oid == oid:
                    return attribute.text
        return None

    def __str__(self) -> str:
        """The string form of RFC 4514: most specific first, unescaped beyond ASCII."""
        return ",".join(map(_text, reversed(self.rdns)))


@lru_cache(maxsize=256)
def _rdns(der: bytes) -> tuple[tuple[Attribute, ...], ...]:
    """Decode a Name. A root's subject is its issuer, and reports ask for each more than once."""
    parts = asn1.read_exactly(der).expect(asn1.SEQUENCE).fields(0, _MOST_PARTS)
    return tuple([_attributes(part.raw) for part in parts])


@lru_cache(maxsize=256)
def _attributes(rdn: bytes) -> tuple[Attribute, ...]:
    """Decode one RelativeDistinguishedName. The same few countries and organizations stand in most names."""
    attributes = []
    for pair in asn1.read_exactly(rdn).expect(asn1.SET).fields(0, _MOST_PARTS):
        parts = pair.expect(asn1.SEQUENCE).children()
        if len(parts) != 2:
            raise FormatError("malformed attribute in a distinguished name")
        attributes.append(Attribute(parts[0].oid(), parts[1].tag, parts[1].value))
    return tuple(attributes)


@lru_cache(maxsize=256)
def _text(rdn: tuple[Attribute, ...]) -> str:
    return "+".join(f"{SHORT_NAMES.get(a.oid, a.oid)}={_escaped(a)}" for a in rdn)


def _escaped(attribute: Attribute) -> str:
    """The value as RFC 4514 (section 2.4) escapes it."""
    return re.sub(_ESCAPE, lambda match: "\\" + match[0], attribute.text).replace("\0", "\\00")


# How OpenSSL compares and looks up names (crypto/x509/x_name.c): the octets of a character in each type of string that
# its canonical form turns into UTF8String (ASN1_MASK_CANON), 0 for UTF-8; and what an attribute value may be at all
# (B_ASN1_PRINTABLE).
UNIT_OCTETS: Final = {
    asn1.UTF8_STRING: 0,
    asn1.PRINTABLE_STRING: 1,
    asn1.TELETEX_STRING: 1,
    asn1.IA5_STRING: 1,
    asn1.BMP_STRING: 2,
    asn1.UNIVERSAL_STRING: 4,
}
# Types that OpenSSL lets stand as they are (B_ASN1_UNKNOWN in tag2bit): ObjectDescriptor, EXTERNAL, REAL and such.
_UNKNOWN_TYPES: Final = (0x07, 0x08, 0x09, 0x0B, 0x0D, 0x0E, 0x0F, 0x1D)
_OPENSSL_VALUES: Final = (
    *UNIT_OCTETS,
    asn1.NUMERIC_STRING,
    asn1.BIT_STRING,
    asn1.SEQUENCE,
    *_UNKNOWN_TYPES,
)


def code_points(tag: int, value: bytes) -> list[int]:
    """The characters of a string to OpenSSL. Raises FormatError when the octets make up no characters of its type."""
    try:
        match UNIT_OCTETS.get(tag):
            case 0:
                return list(map(ord, value.decode("utf-8")))
            case 2:
                text = value.decode("utf-16-be")
                if any(ord(character) > 0xFFFF for character in text):
                    raise FormatError("a surrogate pair in a BMPString")  # which OpenSSL does not know
                return list(map(ord, text))
            case 4:
                return list(map(ord, value.decode("utf-32-be")))
            case _:
                return list(value)
    except UnicodeError as exc:
        raise FormatError("octets that do not fit the type of their string") from exc


def openssl_canonical(name: bytes) -> bytes:
    """The canonical form of an encoded Name: the SETs without the SEQUENCE around them, strings as UTF8String.

    In these ASCII letters are lower, blanks at the ends are stripped and runs of them made one (x509_name_canon).
    Raises FormatError for a name that OpenSSL refuses.
    """
    sets = []
    for rdn in asn1.read_exactly(name).expect(asn1.SEQUENCE).children():
        pairs = []
        for pair in rdn.expect(asn1.SET).children():
            parts = pair.expect(asn1.SEQUENCE).children()
            if len(parts) != 2 or parts[1].tag not in _OPENSSL_VALUES:
                raise FormatError("an attribute in a distinguished name that OpenSSL refuses")
            kind = asn1.tlv(asn1.OBJECT_IDENTIFIER, parts[0].value)
            pairs.append(asn1.sequence(kind, _canonical_value(parts[1])))
        sets += [asn1.set_of(*pairs)] if pairs else []  # OpenSSL drops empty ones
    return b"".join(sets)


def _canonical_value(value: asn1.Element) -> bytes:
    if value.tag == asn1.BIT_STRING:
        return asn1.tlv(asn1.BIT_STRING, _bits(value.value))
    if value.tag not in UNIT_OCTETS:
        return value.raw
    text = value.value
    if UNIT_OCTETS[value.tag] > 1 or not text.isascii():
        text = "".join(map(chr, code_points(value.tag, text))).encode()
    return asn1.tlv(asn1.UTF8_STRING, b" ".join(text.lower().split()))  # of bytes: ASCII only


def _bits(content: bytes) -> bytes:
    """The content of a BIT STRING with zeros as unused bits; OpenSSL lets it have none at all (a_bitstr.c)."""
    if not content or content[0] > 7:
        raise FormatError("a BIT STRING in a distinguished name that OpenSSL refuses")
    if len(content) == 1:
        return b"\0"
    return content[:-1] + bytes([content[-1] & 0xFF << content[0] & 0xFF])


def openssl_hash(name: bytes) -> str:
    """The hash by which OpenSSL 1.0 and later look an encoded Name up (X509_NAME_hash): eight hex digits.

    Raises FormatError for a name that OpenSSL refuses.
    """
    return _first_word("sha1", openssl_canonical(name))


def openssl_hash_old(name: bytes) -> str:
    """The hash of OpenSSL before 1.0 (X509_NAME_hash_old)."""
    return _first_word("md5", name)


def _first_word(algorithm: str, data: bytes) -> str:
    """The first four octets of a digest as a little-endian number."""
    return digests.digest(algorithm, data)[3::-1].hex()
