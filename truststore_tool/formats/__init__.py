"""The registry of formats, and detection by content.

A codec is imported only when its turn comes, so that reading a JKS never pays for PKCS#12.
"""

from importlib import import_module
from typing import Final

from truststore_tool import meant
from truststore_tool.errors import FormatError, UsageError
from truststore_tool.formats.base import SHORTEST_NEW_PASSWORD as SHORTEST_NEW_PASSWORD
from truststore_tool.formats.base import Content as Content
from truststore_tool.formats.base import Format
from truststore_tool.formats.base import SecretKey as SecretKey
from truststore_tool.model import Remark, TrustStore
from truststore_tool.nouns import replace

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
    "capath": ("capath", "CAPATH"),
}
NAMES: Final = tuple(_REGISTRY)
# The one that is a directory; all others are files.
DIRECTORY: Final = "capath"
FILE_NAMES: Final = tuple(name for name in NAMES if name != DIRECTORY)


def get(name: str) -> Format:
    """The format called `name` (case does not matter). Raises UsageError for an unknown one."""
    try:
        module, attribute = _REGISTRY[name.lower()]
    except KeyError:
        raise UsageError(f"unknown format {name!r}", hint=f"use one of {', '.join(NAMES)}") from None
    found = getattr(import_module(f"{__name__}.{module}"), attribute)
    assert isinstance(found, Format)  # noqa: S101 -- the registry above is checked by a test
    return found


def form_of(content: Content) -> Format | None:
    """The format that the content is of, or None."""
    names = FILE_NAMES if isinstance(content, bytes) else (DIRECTORY,)
    return next((candidate for candidate in map(get, names) if candidate.detect(content)), None)


def detect(content: Content) -> Format:
    """The format that the content is of. Raises FormatError when it is of none, UsageError for a directory of none."""
    if found := form_of(content):
        return found
    if not isinstance(content, bytes):
        raise UsageError(
            "a directory, and no CApath: nothing in it has the name of a hash",
            hint="did you mean cacerts in it?" if "cacerts" in content else "name a file, or say that it is a CApath",
        )
    if not content:
        raise FormatError("the file is empty", hint="fetch it again from its source")
    unknown = FormatError(
        "no known trust store or certificate format", hint=f"formats that are read: {', '.join(NAMES)}"
    )
    raise meant.refusal(content, unknown)


def loads(content: Content, password: str | None, name: str | None = None) -> TrustStore:
    """The store that the content is, of the format called `name`, or of the one that its content shows.

    Raises as `Format.loads` and `detect` do, and FormatError when it is of another format than `name`.
    """
    if not content and isinstance(content, bytes):  # not even where an empty file would be an empty store
        raise FormatError("the file is empty", hint="fetch it again from its source")
    codec = detect(content) if name is None else _demanded(content, name)
    try:
        return codec.loads(content, password)
    except FormatError as exc:
        if not isinstance(content, bytes):
            raise
        raise meant.refusal(content, exc) from exc


def read(content: Content, password: str | None, name: str | None = None) -> TrustStore:
    """As `loads`, for whoever reads a file and does not ask what other programs make of it.

    What is wrapped in UTF-16 or base64, or has its line ends as two characters, is read as what is inside, and a note
    of the store says so.
    """
    inside, notes = unwrapped(content)
    store = loads(inside, password, name)
    return replace(store, notes=(*notes, *store.notes)) if notes else store


def require_certificates(store: TrustStore, content: Content) -> None:
    """Raise FormatError for a text without certificates that is known for something else, as a key or a request is."""
    if store.format == "pem" and not (store.all_certificates() or store.unread):
        inside, _ = unwrapped(content)
        if isinstance(inside, bytes) and (known := meant.recognised(inside)):
            raise known.refusal()


def unwrapped(content: Content) -> tuple[Content, tuple[Remark, ...]]:
    """What a file is once a wrapping that programs do not take off is gone, and a note that says so; else itself."""
    if not isinstance(content, bytes):
        return content, ()
    form = form_of(content)
    if form is not None and (form.name != "pem" or b"\\" not in content):
        return content, ()
    from truststore_tool.meant import wrapped

    found = wrapped.unwrapped(content)
    if found is None:
        return content, ()
    return found.data, (Remark("wrapped", f"{found.wrapping}, which programs do not read; what is in it was read"),)


def _demanded(content: Content, name: str) -> Format:
    """The format called `name`. Raises UsageError where it cannot be that, FormatError where it is another."""
    codec = get(name)
    if codec.is_directory == isinstance(content, bytes):
        kind = "file" if isinstance(content, bytes) else "directory"
        raise UsageError(f"a {kind}, which no {codec.title} store is", hint="leave the format out")
    if not codec.is_directory and not codec.detect(content):
        found = form_of(content)
        if found is not None:
            raise FormatError(f"this is a {found.title} file, and no {codec.title}", hint="leave the format out")
    return codec


def writable() -> list[str]:
    """The names of the formats that are written, too."""
    return [name for name in NAMES if get(name).dumps]


def by_suffix(suffix: str) -> Format | None:
    """The format that a file name's ending (with the dot, any case) is usual for, or None; it may be only read."""
    wanted = suffix.lower()
    return next((f for f in map(get, FILE_NAMES) if wanted in f.suffixes), None)
