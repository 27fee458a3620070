"""X.501 distinguished names: DER to attributes, attributes to text.

Real subjects hold strings that strict parsers refuse (an underscore in a PrintableString, Latin-1 in a
UTF8String), and a trust store must still be able to name them; so every string is decoded leniently.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from truststore_tool import asn1
from truststore_tool.errors import FormatError

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
_ESCAPE = re.compile(r'[,+"\\<>;]|^[ #]| \Z')


class Attribute(NamedTuple):
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


class Name(NamedTuple):
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
    return _ESCAPE.sub(lambda match: "\\" + match[0], attribute.text).replace("\0", "\\00")
