"""Certificate parsers to put under a key store's reader."""

from typing import Final

from truststore_tool.readers.java.loading import Parser, parser
from truststore_tool.readers.java.parsing import why_refused
from truststore_tool.readers.java.releases import Release

# As every release parses certificates.
AS_JAVA: Final[Parser] = parser(why_refused)


def takes_all(_der: bytes, _release: Release) -> str | None:
    """Refuses none, which is right for certificates that every Java takes."""
    return None
