"""Distinguished names as OpenSSL reads them.

Not the lenient `truststore_tool.names`: OpenSSL refuses a certificate over a string that does not fit its type.
"""

from truststore_tool import asn1
from truststore_tool.errors import FormatError
from truststore_tool.names import openssl_canonical
from truststore_tool.nouns import noun


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
