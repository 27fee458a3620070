"""From a path or bytes to a TrustStore. A run that only reads imports nothing of how stores are changed."""

import os
from pathlib import Path
from types import NoneType

from truststore_tool import files, formats
from truststore_tool.errors import UsageError, require_type
from truststore_tool.files.problems import placed
from truststore_tool.formats.base import Content
from truststore_tool.model import TrustStore


def open_store(
    source: str | os.PathLike[str] | bytes,
    password: str | None = None,
    format: str | None = None,  # noqa: A002 -- the word that users of the library expect
) -> TrustStore:
    """The store in `source`: its bytes, the path of a file, or the path of a CApath directory.

    Args:
        source: bytes, or a path.
        password: the store's password; None opens what can be read without one, and `integrity` then says so.
        format: a name of `formats.NAMES`; None finds it out from the content.

    Raises UnreadableError (missing, not permitted), FormatError (malformed or unknown), IntegrityError (wrong
    password, broken digest), PasswordRequiredError (nothing can be read without one) and UsageError (no such
    format). Messages about a path begin with it.
    """
    require_type("the password", password, str, NoneType)
    require_type("the format", format, str, NoneType)
    if isinstance(source, bytes):
        return _read(source, password, format)
    path = path_of(source)
    content = content_at(path, format)
    with placed(path):
        return _read(content, password, format)


def open_plain(path: str | os.PathLike[str], password: str | None = None) -> TrustStore:
    """The store in a file that programs read as it stands; FormatError for one that only this tool looks into."""
    target = path_of(path)
    content = content_at(target, None)
    with placed(target):
        store = formats.loads(content, password)
        formats.require_certificates(store, content)
        return store


def content_of(path: str | os.PathLike[str]) -> Content:
    """The bytes of a file, or the files of a directory. Raises UnreadableError."""
    return content_at(path_of(path), None)


def _read(content: Content, password: str | None, name: str | None) -> TrustStore:
    store = formats.read(content, password, name)
    formats.require_certificates(store, content)
    return store


def path_of(path: str | os.PathLike[str]) -> Path:
    """The path, unless it is empty, as from an unset variable: it would mean the current directory."""
    require_type("the path of the store", path, str, os.PathLike)
    if not os.fspath(path):
        raise UsageError("the path of the store is empty", hint="name a file or directory")
    return Path(path)


def content_at(path: Path, name: str | None) -> Content:
    """The bytes of a file, or the files of a directory, as the format called `name` or the path itself demand."""
    if files.is_directory(path) or (name is not None and formats.get(name).is_directory):
        return files.read_directory(path)
    return files.read(path)
