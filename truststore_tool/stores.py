"""From a path to a TrustStore and back: which format, under which lock, and proof before anything is replaced."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

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
    path = _path(source)
    wanted = formats.canonical(format) if format else None
    if files.is_directory(path) or wanted == formats.CAPATH:
        if wanted not in {None, formats.CAPATH}:
            raise UsageError(f"{path} is a directory, which no {format} store is", hint="name a file, or use capath")
        from truststore_tool.formats import capath

        content = files.read_directory(path)
        with _naming(path):
            return capath.loads(content)
    data = files.read(path)
    with _naming(path):
        return _loads(data, password, wanted)


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
        backup: first copy what is there to ``<name>.bak`` (``.bak1`` and so on); directories are refused.

    The encoded store is opened again and compared with `store` before anything on the disk changes. Raises
    FormatError (an entry that the format cannot hold), PasswordRequiredError, UsageError (a format that is only
    read; a password too short for a new store) and WriteError.
    """
    target = _path(path)
    name = formats.canonical(format or store.format)
    with files.locked(target):
        if not target.exists():
            _check_new_password(name, password)
        _save(store, target, password, name, backup=backup)


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
    target = _path(path)
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
        return _read_back(target, current, after.format), report


def new_format(path: str | os.PathLike[str], wanted: str | None = None) -> str:
    """The format for a new store: the one `wanted`, else what is usual for such a path, else ``"jks"``.

    A directory becomes a CApath; a file name's ending may ask for a format. Raises UsageError when `wanted` is none.
    """
    if wanted is not None:
        return formats.canonical(wanted)
    place = Path(path)
    if files.is_directory(place):
        return formats.CAPATH
    found = formats.by_suffix(place.suffix) if place.suffix else None
    return found.name if found else "jks"


def _path(path: str | os.PathLike[str]) -> Path:
    """The path, unless it is empty, as from an unset variable: it would mean the current directory."""
    if not os.fspath(path):
        raise UsageError("the path of the store is empty", hint="name a file or directory")
    return Path(path)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Put the path in front of what a codec says about its bytes."""
    try:
        yield
    except TrustStoreError as exc:
        raise type(exc)(f"{path}: {exc.message}", hint=exc.hint) from exc


def _loads(data: bytes, password: str | None, name: str | None) -> TrustStore:
    if not data:  # not even in a format of which nothing would be an empty store
        raise FormatError("the file is empty")
    codec = formats.get(name) if name else formats.detect(data)
    return codec.loads(data, password)


def _no_store(path: Path) -> UnreadableError:
    return UnreadableError(f"could not read {path}: No such file or directory", hint="check the path")


def _load_or_begin(path: Path, password: str | None, create: str | None) -> TrustStore:
    try:
        return open_store(path, password)
    except UnreadableError as exc:
        if create is None or not isinstance(exc.__cause__, FileNotFoundError):
            raise
    _check_new_password(create, password)
    return TrustStore(format=create)


def _is_unchanged(before: TrustStore, after: TrustStore) -> bool:
    return (before.format, before.entries, before.loose) == (after.format, after.entries, after.loose)


def _check_new_password(name: str, password: str | None) -> None:
    """Refuse a password under which Java would not create a store."""
    if formats.has_password(name) and password is not None and len(password) < SHORTEST_NEW_PASSWORD:
        raise UsageError(
            f"the password of a new store must have at least {SHORTEST_NEW_PASSWORD} characters",
            hint="Java refuses shorter ones; choose a longer password",
        )


def _rekeyed(store: TrustStore, old: str | None, new: str) -> TrustStore:
    """The store with all that its password protects moved to a new one."""
    if not formats.has_password(store.format):
        raise UsageError(f"a {store.format} store has no password to change")
    _check_new_password(store.format, new)
    keys = formats.get(store.format).keys
    return store if keys is None else keys.rekey(store, old or "", new)


def _save(store: TrustStore, path: Path, password: str | None, name: str, *, backup: bool) -> None:
    """Encode, prove that the encoded store says the same, and only then replace what is on the disk."""
    if name == formats.CAPATH:
        from truststore_tool.formats import capath

        if backup and path.exists():
            raise UsageError(f"no backup is made of a directory, as {path} is", hint="copy it first, without --backup")
        with _naming(path):
            content = capath.dumps(store)
        _prove(_each_once(store), _each_once(capath.loads(content)), path)
        files.replace_directory(path, content)
        return
    codec = formats.get(name)
    if codec.dumps is None:
        writable = [other for other in formats.NAMES if formats.get(other).dumps]
        raise UsageError(f"{codec.title} stores are only read", hint=f"write {', '.join(writable)} or {formats.CAPATH}")
    with _naming(path):
        data = codec.dumps(store, password)
    _prove(_outline(store, codec), _outline(_reloaded(codec, data, password, path), codec), path)
    files.replace(path, data, backup=backup)


def _reloaded(codec: Format, data: bytes, password: str | None, path: Path) -> TrustStore:
    try:
        return codec.loads(data, password)
    except TrustStoreError as exc:
        raise WriteError(f"could not write {path}: what would be written cannot be read: {exc.message}") from exc


def _read_back(path: Path, password: str | None, name: str) -> TrustStore:
    """The store that was written just now. Raises WriteError, and says that it is written, when it cannot be read."""
    try:
        return open_store(path, password, name)
    except UnreadableError as exc:
        raise WriteError(f"{path} is written, but could not be read back: {exc.message}", hint=exc.hint) from exc


class _Outline(NamedTuple):
    """What must be the same of an entry before and after: its folded alias, whether it is trusted, its certificates."""

    alias: str
    trusted: bool
    certificates: tuple[bytes, ...]

    def holds(self, meant: "_Outline") -> bool:
        """A key's chain may have grown: readers of PKCS#12 complete it from the certificates beside it."""
        return self[:2] == meant[:2] and self.certificates[: len(meant.certificates)] == meant.certificates


def _outline(store: TrustStore, codec: Format) -> list[_Outline]:
    """The sorted entries; their order in the file is the codec's business."""
    return sorted(
        _Outline(
            fold_alias(entry.alias) if codec.has_aliases else "",
            entry.kind == "trusted",
            tuple(certificate.der for certificate in entry.certificates),
        )
        for entry in store.entries
    )


def _each_once(store: TrustStore) -> list[_Outline]:
    """The same for a CApath, which holds a certificate once."""
    return [_Outline("", True, (der,)) for der in sorted({entry.certificate.der for entry in store.trusted()})]


def _prove(meant: list[_Outline], written: list[_Outline], path: Path) -> None:
    """Raise WriteError unless what would be written has the entries that are meant."""
    if len(meant) != len(written) or not all(map(_Outline.holds, written, meant)):
        raise WriteError(f"could not write {path}: the encoded store does not hold the same entries; it is as it was")
