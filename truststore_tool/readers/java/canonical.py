"""Names as the JDK compares them (X500Name.getRFC2253CanonicalName, AVA.toRFC2253CanonicalString)."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from truststore_tool import asn1
from truststore_tool.names import Attribute, Name

# Attribute types with a keyword in RFC 2253; the values of others count octet by octet.
_KEYWORDS: Final = {
    "2.5.4.3", "2.5.4.6", "2.5.4.7", "2.5.4.8", "2.5.4.9", "2.5.4.10", "2.5.4.11", "0.9.2342.19200300.100.1.1",
    "0.9.2342.19200300.100.1.25",
}  # fmt: skip
_TEXTS: Final = (asn1.UTF8_STRING, asn1.PRINTABLE_STRING)
_BLANKS: Final = "".join(map(chr, range(0x21)))

# Each RDN, most general first: its attributes, each as its type and the form of its value that is compared.
CanonicalName = tuple[tuple[tuple[str, str], ...], ...]


@lru_cache(maxsize=1024)
def canonical_name(der: bytes) -> CanonicalName:
    """The form of an encoded Name under which two are the same to Java. Raises FormatError when it is none."""
    return tuple(tuple(sorted(map(_attribute, rdn))) for rdn in Name.parse(der).rdns if rdn)


def _attribute(attribute: Attribute) -> tuple[str, str]:
    if attribute.oid not in _KEYWORDS or attribute.tag not in _TEXTS:
        return attribute.oid, f"#{attribute.tag:02x}{attribute.value.hex()}"
    text = re.sub(" +", " ", attribute.value.decode("utf-8", "replace")).strip(_BLANKS)
    return attribute.oid, unicodedata.normalize("NFKD", text.upper().lower())
