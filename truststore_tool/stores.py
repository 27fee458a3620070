"""From a path to a TrustStore and back: which format, under which lock, and proof before anything is replaced."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Final, TypeVar

from truststore_tool import files, formats
from truststore_tool.errors import (
    FormatError,
    PasswordRequiredError,
    TrustStoreError,
    UnreadableError,
    UsageError,
    WriteError,
)
from truststore_tool.formats.base import Format
from truststore_tool.model import TrustStore, fold_alias

CAPATH: Final = "capath"
# keytool refuses shorter ones for a new store and opens whatever is there (sun.security.tools.keytool.Main).
SHORTEST_NEW_PASSWORD: Final = 6

R = TypeVar("R")


def open_store(
    source: str | os.PathLike[str] | bytes,
    password: str | None = None,
    format: str | None = None,  # noqa: A002 -- the word that users of the library expect
) -> TrustStore:
    """The store in `source`: its bytes, the path of a file, or the path of a CApath directory.

    Args:
        source: bytes, or a path.
        password: the store's password; None opens what can be read without one, and `integrity` then says so.
        format: a name of `formats.NAMES` or ``"capath"``; None finds it out from the content.

    Raises UnreadableError (missing, not permitted), FormatError (malformed or unknown), IntegrityError (wrong
    password, broken digest), PasswordRequiredError (nothing can be read without one) and UsageError (no such
    format). Messages about a path begin with it.
    """
    if isinstance(source, bytes):
        return _loads(source, password, format)
    path = Path(source)
    if path.is_dir() or format == CAPATH:
        if format not in {None, CAPATH}:
            raise UsageError(f"{path} is a directory, which no {format} store is", hint="name a file, or use capath")
        from truststore_tool.formats import capath

        content = files.read_directory(path)
        with _naming(path):
            return capath.loads(content)
    data = files.read(path)
    with _naming(path):
        return _loads(data, password, format)


def save_store(
    store: TrustStore,
    path: str | os.PathLike[str],
    password: str | None = None,
    *,
    format: str | None = None,  # noqa: A002 -- as above
    backup: bool = False,
) -> None:
    """Write a store to `path`, over whatever is there, under the lock of that path.

    Args:
        store: what to write; it may come from any format.
        path: a file, or a directory for CApath.
        password: protects the store, in formats that have one.
        format: a name of `formats.NAMES` or ``"capath"``; None keeps the store's own.
        backup: first copy what is there to ``<name>.bak`` (``.bak1`` and so on).

    The encoded store is opened again and compared with `store` before anything on the disk changes. Raises
    FormatError (an entry that the format cannot hold), PasswordRequiredError, UsageError (a format that is only
    read; a password too short for a new store) and WriteError.
    """
    target = Path(path)
    with files.locked(target):
        if not target.exists():
            _check_new_password(format or store.format, password)
        _save(store, target, password, format or store.format, backup=backup)


def update_store(
    path: str | os.PathLike[str],
    password: str | None,
    change: Callable[[TrustStore], tuple[TrustStore, R]],
    *,
    create: str | None = None,
    new_password: str | None = None,
    backup: bool = False,
    dry_run: bool = False,
) -> tuple[TrustStore, R]:
    """Change the store at `path` in place, holding its lock from load to save.

    Args:
        path: the store.
        password: its password; a store that holds a digest cannot be changed without one.
        change: given the store, returns the changed store and a report. It is called once, under the lock.
        create: the format in which a missing store begins, empty; None makes a missing store an error.
        new_password: protects the store, and the keys that share its password, from now on.
        backup: first copy what is there to ``<name>.bak`` (``.bak1`` and so on).
        dry_run: change nothing, take no lock.

    Returns the store as it now is on the disk (with `dry_run`, as it would be) and the report. When `change`
    changes no entry, the file is not touched. Raises as `open_store` and `save_store` do, and whatever `change`
    raises; the file is then as it was.
    """
    target = Path(path)
    if create is None and not os.path.lexists(target):
        raise _no_store(target)
    with nullcontext() if dry_run else files.locked(target):
        before = _load_or_begin(target, password, create)
        after, report = change(before)
        if new_password is not None:
            after = _rekeyed(after, password, new_password)
        elif _is_unchanged(before, after):
            return before, report
        if dry_run:
            return after, report
        if before.integrity == "unchecked":
            raise PasswordRequiredError(
                f"{path}: cannot be changed without its password", hint="give the password of the store"
            )
        current = password if new_password is None else new_password
        _save(after, target, current, after.format, backup=backup)
        return open_store(target, current, after.format), report


def new_format(path: str | os.PathLike[str], wanted: str | None = None) -> str:
    """The format for a new store: the one `wanted`, else what the file name's ending says, else ``"jks"``.

    Raises UsageError when `wanted` is no format.
    """
    if wanted is not None:
        return CAPATH if wanted.lower() == CAPATH else formats.get(wanted).name
    suffix = Path(path).suffix
    found = formats.by_suffix(suffix) if suffix else None
    return found.name if found else "jks"


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Put the path in front of what a codec says about its bytes."""
    try:
        yield
    except TrustStoreError as exc:
        raise type(exc)(f"{path}: {exc.message}", hint=exc.hint) from exc


def _loads(data: bytes, password: str | None, name: str | None) -> TrustStore:
    codec = formats.get(name) if name else formats.detect(data)
    if not data:
        raise FormatError("the file is empty")
    return codec.loads(data, password)


def _no_store(path: Path) -> UnreadableError:
    return UnreadableError(f"could not read {path}: No such file or directory", hint="check the path")


def _load_or_begin(path: Path, password: str | None, create: str | None) -> TrustStore:
    if create is None or path.exists():
        return open_store(path, password)
    _check_new_password(create, password)
    return TrustStore(format=create)


def _is_unchanged(before: TrustStore, after: TrustStore) -> bool:
    return (before.format, before.entries, before.loose) == (after.format, after.entries, after.loose)


def _check_new_password(name: str, password: str | None) -> None:
    """Refuse a password under which Java would not create a store."""
    protected = name != CAPATH and formats.get(name).has_password
    if protected and password is not None and len(password) < SHORTEST_NEW_PASSWORD:
        raise UsageError(
            f"the password of a new store must have at least {SHORTEST_NEW_PASSWORD} characters",
            hint="Java refuses shorter ones; choose a longer password",
        )


def _rekeyed(store: TrustStore, old: str | None, new: str) -> TrustStore:
    """The store with all that its password protects moved to a new one."""
    codec = None if store.format == CAPATH else formats.get(store.format)
    if codec is None or not codec.has_password:
        raise UsageError(f"a {store.format} store has no password to change")
    _check_new_password(store.format, new)
    return store if codec.keys is None else codec.keys.rekey(store, old or "", new)


def _save(store: TrustStore, path: Path, password: str | None, name: str, *, backup: bool) -> None:
    """Encode, prove that the encoded store says the same, and only then replace what is on the disk."""
    if name == CAPATH:
        from truststore_tool.formats import capath

        content = capath.dumps(store)
        _prove(store, capath.loads(content), path, named=False)
        files.replace_directory(path, content)
        return
    codec = formats.get(name)
    if codec.dumps is None:
        writable = [other for other in formats.NAMES if formats.get(other).dumps]
        raise UsageError(f"{codec.title} stores are only read", hint=f"write {', '.join(writable)} or {CAPATH}")
    with _naming(path):
        data = codec.dumps(store, password)
    _prove(store, _reloaded(codec, data, password, path), path, named=codec.has_aliases)
    files.replace(path, data, backup=backup)


def _reloaded(codec: Format, data: bytes, password: str | None, path: Path) -> TrustStore:
    try:
        return codec.loads(data, password)
    except TrustStoreError as exc:
        raise WriteError(f"could not write {path}: what would be written cannot be read: {exc.message}") from exc


def _prove(meant: TrustStore, written: TrustStore, path: Path, *, named: bool) -> None:
    """Raise WriteError unless the entries of `written` are those of `meant`.

    Certificates are compared by their DER, aliases as Java does where the format has them, the order not at all. A
    key's chain may have grown: readers of PKCS#12 complete it from the trusted certificates beside it.
    """
    wanted, found = _outline(meant, named=named), _outline(written, named=named)
    if len(wanted) == len(found) and all(
        one[:2] == other[:2] and one[2] == other[2][: len(one[2])] for one, other in zip(wanted, found, strict=True)
    ):
        return
    raise WriteError(f"could not write {path}: the encoded store does not hold the same entries; it is as it was")


def _outline(store: TrustStore, *, named: bool) -> list[tuple[str, str, tuple[bytes, ...]]]:
    """The sorted entries: folded alias (where `named`), kind, certificates in DER."""
    return sorted(
        (fold_alias(entry.alias) if named else "", entry.kind, tuple(c.der for c in entry.certificates))
        for entry in store.entries
    )
