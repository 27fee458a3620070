"""From a TrustStore to a path or a stream, and proof before anything is replaced."""

import os
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, NamedTuple

from truststore_tool import files, formats
from truststore_tool.errors import ExistsError, UnreadableError, UsageError, WriteError, require_type
from truststore_tool.formats.base import Directory
from truststore_tool.model import TrustStore
from truststore_tool.nouns import replace
from truststore_tool.proofs import Meant, proven
from truststore_tool.stores.given import require_several, require_store
from truststore_tool.stores.naming import new_format
from truststore_tool.stores.protecting import check_new_password, protected
from truststore_tool.stores.reading import open_store
from truststore_tool.stores.targets import target_of

if TYPE_CHECKING:
    from truststore_tool.readers.base import Asked


class Writing(NamedTuple):
    """How a store is written: with a copy of what was there, no more open than its sources, or not at all."""

    backup: bool
    sources: Iterable[str | os.PathLike[str]]
    dry_run: bool
    manner: files.Manner


def save_store(
    store: TrustStore,
    path: str | os.PathLike[str],
    password: str | None = None,
    *,
    format: str | None = None,  # noqa: A002 -- the word that users of the library expect
    backup: bool = False,
    exclusive: bool = False,
    sources: Iterable[str | os.PathLike[str]] = (),
    readers: "Sequence[Asked] | None" = None,
    profile: str | None = None,
    dry_run: bool = False,
    manner: files.Manner | None = None,
) -> None:
    """Write a store to `path`, over whatever is there, under the lock of that path.

    Args:
        store: what to write; it may come from any format.
        path: a file, or a directory for CApath.
        password: protects the store, in formats that have one.
        format: a name of `formats.NAMES`; None takes what the ending of `path` asks for (see
            `new_format`), and keeps the store's own where it has none.
        backup: first copy what is there to ``<name>.bak`` (``.bak1`` and so on).
        exclusive: write nothing over what is there.
        sources: files and directories that the store is made from: a new file is no more open than they are.
        readers: names of the programs that must be able to use it; None for those that such stores are usually meant
            for. Empty, nobody is asked.
        profile: how it is protected, where its format has such ways: ``compat``, ``modern`` or ``passwordless``.
        dry_run: do all but write: take no lock, change nothing, and raise what would be raised.
        manner: how the file is written, as in place; None in the usual one.

    A new file that holds a key is its owner's alone. The encoded store is opened again and compared with `store` before
    anything on the disk changes. Raises FormatError (an entry that the format cannot hold), PasswordRequiredError,
    ExistsError, UsageError (a format that is only read; a password too short for a new store) and WriteError.
    """
    require_store(store)
    require_type("the password", password, str, NoneType)
    require_several("sources", sources)
    require_several("readers", () if readers is None else readers)
    target = target_of(path)
    name = new_format(path, format, usual=store.format)
    manner = manner or files.Manner()
    with nullcontext() if dry_run else files.locked(target, manner):
        if exclusive and os.path.lexists(target):
            raise ExistsError(f"{path} exists already", hint="name another file, or remove that one")
        if not target.exists():
            check_new_password(name, password)
        store = protected(store, name, profile, password)
        write(store, target, password, name, Writing(backup, sources, dry_run, manner), Meant(readers))


def encoded(
    store: TrustStore, password: str | None, readers: "Sequence[Asked] | None" = None, profile: str | None = None
) -> bytes:
    """The bytes of `store` in its own format, for a stream; proved as `save_store` does, and with the same errors."""
    require_store(store)
    codec = formats.get(store.format)
    store = protected(store, store.format, profile, password)
    if codec.is_directory:
        raise UsageError(f"{store.format} cannot be written as one stream of bytes", hint="choose another format")
    content, _ = proven(store, codec, password, "standard output", Meant(readers))
    assert isinstance(content, bytes)  # noqa: S101 -- it is no directory
    return content


def write(store: TrustStore, path: Path, password: str | None, name: str, writing: Writing, meant: Meant) -> TrustStore:
    """Encode, prove that the encoded store says the same to us and to its readers, and only then replace what is there.

    Returns the store as it was read from just those bytes that are now in the file.
    """
    codec = formats.get(name)
    before = files.read_directory(path) if codec.is_directory and files.is_directory(path) else {}
    if codec.is_directory:  # it is changed file by file, from what is there now, and never replaced
        if writing.manner.in_place == "always":
            raise UsageError("a CApath directory is changed file by file, and not in place", hint="name a file")
        store = replace(store, facts=Directory(before))
    content, written = proven(store, codec, password, path, meant)
    if writing.dry_run:
        files.require_place(path, writing.manner, there=True)
        return written
    if not isinstance(content, bytes):
        files.update_directory(path, before, content, backup=writing.backup, sources=writing.sources)
        return open_store(path, None, name)
    mode = 0o666 if all(entry.kind == "trusted" for entry in store.entries) else 0o600
    files.replace(path, content, backup=writing.backup, mode=mode, sources=writing.sources, manner=writing.manner)
    read_back(path, content)
    return written


def read_back(path: Path, data: bytes) -> None:
    """Read what was written just now, by its name. Raises WriteError, and says that it is written, unless it is it."""
    try:
        same = files.holds(path, data)
    except UnreadableError as exc:
        raise WriteError(f"{path} is written, but could not be read back: {exc.message}", hint=exc.hint) from exc
    if not same:
        raise WriteError(f"{path} is written, but holds other bytes already", hint="see who else writes to it")
