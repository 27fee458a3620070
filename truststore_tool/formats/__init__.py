"""The registry of formats, and detection by content.

A codec is imported only when its turn comes, so that reading a JKS never pays for PKCS#12.
"""

from importlib import import_module
from typing import Final

from truststore_tool.errors import FormatError, UsageError
from truststore_tool.formats.base import Format

# In the order in which content is tried: the surest marks first.
_REGISTRY: Final = {
    "jks": ("jks", "JKS"),
    "jceks": ("jks", "JCEKS"),
    "pem": ("pem", "PEM"),
    "pkcs12": ("pkcs12", "PKCS12"),
    "pkcs7": ("pkcs7", "PKCS7"),
    "der": ("der", "DER"),
    "bcfks": ("bcfks", "BCFKS"),
    "bks": ("bouncycastle", "BKS"),
    "uber": ("bouncycastle", "UBER"),
}
NAMES: Final = tuple(_REGISTRY)


def get(name: str) -> Format:
    """The format called `name` (case does not matter). Raises UsageError for an unknown one."""
    try:
        module, attribute = _REGISTRY[name.lower()]
    except KeyError:
        raise UsageError(f"unknown format {name!r}", hint=f"use one of {', '.join(NAMES)}, capath") from None
    found = getattr(import_module(f"{__name__}.{module}"), attribute)
    assert isinstance(found, Format)  # noqa: S101 -- the registry above is checked by a test
    return found


def detect(data: bytes) -> Format:
    """The format that the bytes are of. Raises FormatError when they are of none."""
    for name in NAMES:
        candidate = get(name)
        if candidate.detect(data):
            return candidate
    if not data:
        raise FormatError("the file is empty")
    raise FormatError(
        "no known trust store or certificate format",
        hint=f"formats that are read: {', '.join(NAMES)}, CApath directory",
    )


def by_suffix(suffix: str) -> Format | None:
    """The format that a file name's ending (with the dot, any case) asks for in a new file, or None."""
    wanted = suffix.lower()
    return next((f for f in map(get, NAMES) if wanted in f.suffixes and f.dumps is not None), None)
