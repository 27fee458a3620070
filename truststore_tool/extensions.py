"""Certificate extensions: the noun that every reader of certificates shares, cheap to import."""

from collections.abc import Iterable

from truststore_tool.nouns import noun


@noun
class Extension:
    """A certificate extension (RFC 5280, 4.2): dotted OID, critical flag, the bytes inside its OCTET STRING."""

    oid: str
    critical: bool
    value: bytes


def find(extensions: Iterable[Extension], oid: str) -> Extension | None:
    """The first extension with that OID, or None."""
    return next((extension for extension in extensions if extension.oid == oid), None)
