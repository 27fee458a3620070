"""Certificate parsers to put under a key store's reader."""

from truststore_tool.readers.java.releases import Release


def takes_all(_der: bytes, _release: Release) -> str | None:
    """Refuses none, which is right for certificates that every Java takes."""
    return None
