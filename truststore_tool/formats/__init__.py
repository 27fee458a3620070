"""The registry of formats, and detection by content.

A codec is imported only when its turn comes, so that reading a JKS never pays for PKCS#12.
"""

from importlib import import_module
from typing import Final

from truststore_tool.errors import FormatError, UsageError
from truststore_tool.formats.base import Format
from truststore_tool.formats.base import SecretKey as SecretKey
from truststore_tool.model import TrustStore

# Content is tried in this order: formats that are recognised most surely come first.
_REGISTRY: Final = {
    "jks": ("java.jks", "JKS"),
    "jceks": ("java.jks", "JCEKS"),
    "pem": ("pem", "PEM"),
    "pkcs12": ("pkcs12.codec", "PKCS12"),
    "pkcs7": ("pkcs7", "PKCS7"),
    "der": ("der", "DER"),
    "bcfks": ("bouncycastle.bcfks", "BCFKS"),
    "bks": ("bouncycastle.bks", "BKS"),
    "uber": ("bouncycastle.bks", "UBER"),
}
NAMES: Final = tuple(_REGISTRY)
# A directory is not one stream of bytes, so OpenSSL's CApath is not in the registry (see formats/capath.py).
CAPATH: Final = "capath"


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
    """The format that a file name's ending (with the dot, any case) is usual for, or None; it may be only read."""
    wanted = suffix.lower()
    return next((f for f in map(get, NAMES) if wanted in f.suffixes), None)


def canonical(name: str) -> str:
    """The name of a format in its own spelling, CApath included. Raises UsageError for an unknown one."""
    return CAPATH if name.lower() == CAPATH else get(name).name


def has_aliases(name: str) -> bool:
    """Whether entries of the format called `name` have aliases."""
    return name != CAPATH and get(name).has_aliases


def has_password(name: str) -> bool:
    """Whether a new store of the format called `name` is protected by a password."""
    return name != CAPATH and get(name).has_password


def encode(store: TrustStore, password: str | None) -> bytes:
    """The bytes of `store` in its own format. Raises UsageError for a format that is a directory or only read."""
    codec = None if store.format == CAPATH else get(store.format)
    if codec is None or codec.dumps is None:
        raise UsageError(f"{store.format} cannot be written as one stream of bytes", hint="choose another format")
    return codec.dumps(store, password)
