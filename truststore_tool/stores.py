"""From a path to a TrustStore and back: which format, under which lock, and proof before anything is replaced."""

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from truststore_tool import files, formats, meant
from truststore_tool.errors import (
    ExistsError,
    PasswordRequiredError,
    TrustStoreError,
    UnreadableError,
    UsageError,
    WriteError,
)
from truststore_tool.files.problems import placed
from truststore_tool.formats.base import SHORTEST_NEW_PASSWORD, Content, Directory
from truststore_tool.model import TrustStore
from truststore_tool.nouns import field, noun, replace

if TYPE_CHECKING:
    from truststore_tool.proofs import Meant
    from truststore_tool.readers.base import Asked

R = TypeVar("R")

# The words by which `sources` knows the roots of a package, and of the operating system.
_ONLY_READ: Final = {"certifi": "these roots are", "system": "these roots are", "-": "standard input is"}


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
    if isinstance(source, bytes):
        return _read(source, password, format)
    path = _path(source)
    content = _content(path, format)
    with placed(path):
        return _read(content, password, format)


def open_plain(path: str | os.PathLike[str], password: str | None = None) -> TrustStore:
    """The store in a file that programs read as it stands; FormatError for one that only this tool looks into."""
    target = _path(path)
    content = _content(target, None)
    with placed(target):
        store = formats.loads(content, password)
        formats.require_certificates(store, content)
        return store


def save_store(
    store: TrustStore,
    path: str | os.PathLike[str],
    password: str | None = None,
    *,
    format: str | None = None,  # noqa: A002 -- as above
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
    target = _target(path)
    name = new_format(path, format, usual=store.format)
    from truststore_tool.proofs import Meant

    manner = manner or files.Manner()
    with nullcontext() if dry_run else files.locked(target, manner):
        if exclusive and os.path.lexists(target):
            raise ExistsError(f"{path} exists already", hint="name another file, or remove that one")
        if not target.exists():
            check_new_password(name, password)
        store = _protected(store, name, profile, password)
        _save(store, target, password, name, _Writing(backup, sources, dry_run, manner), Meant(readers))


def encoded(
    store: TrustStore, password: str | None, readers: "Sequence[Asked] | None" = None, profile: str | None = None
) -> bytes:
    """The bytes of `store` in its own format, for a stream; proved as `save_store` does, and with the same errors."""
    codec = formats.get(store.format)
    store = _protected(store, store.format, profile, password)
    if codec.is_directory:
        raise UsageError(f"{store.format} cannot be written as one stream of bytes", hint="choose another format")
    from truststore_tool.proofs import Meant, proven

    content, _ = proven(store, codec, password, "standard output", Meant(readers))
    assert isinstance(content, bytes)  # noqa: S101 -- it is no directory
    return content


def present(
    path: str | os.PathLike[str],
    *,
    missing: bool = False,
    manner: files.Manner | None = None,
    dry_run: bool = False,
) -> "Present":
    """What lies at `path` now, read once, to be changed in that `manner`; with `missing` also where there is nothing.

    What a killed run began to overwrite is finished first, but for a dry run.

    Raises UnreadableError; where a store may be missing, WriteError for a path at which none can be made.
    """
    target = _target(path)
    manner = manner or files.Manner()
    if not dry_run:
        files.settle(target, manner)
    files.require_file(target, or_directory=True)
    try:
        return Present(target, _content(target, None), manner)
    except UnreadableError as exc:
        if not missing:
            raise
        if isinstance(exc.__cause__, FileNotFoundError):
            return Present(target, None, manner)
        # A place where nothing can be written says so, and not that it cannot be read.
        files.require_place(target, manner)
        raise


def update_store(
    path: "str | os.PathLike[str] | Present",
    password: str | None,
    change: Callable[[TrustStore], tuple[TrustStore, R]],
    *,
    create: str | None = None,
    new_password: str | None = None,
    backup: bool = False,
    dry_run: bool = False,
    sources: Iterable[str | os.PathLike[str]] = (),
    readers: "Sequence[Asked] | None" = None,
    profile: str | None = None,
    agree: Callable[[R], None] | None = None,
    manner: files.Manner | None = None,
) -> tuple[TrustStore, R]:
    """Change the store at `path` in place; no other writer of this tool comes between the load and the save.

    Args:
        path: the store, or what was found there before.
        password: its password; a store that holds a digest cannot be changed without one.
        change: given the store, returns the changed store and a report. It is called again, under the lock, when
            the file changed before the lock was ours; what it returns last counts.
        create: the format in which a missing store begins, empty; None makes a missing store an error.
        new_password: protects the store, and the keys that share its password, from now on.
        backup: first copy what is there to ``<name>.bak`` (``.bak1`` and so on).
        dry_run: do all but write: take no lock, change nothing, and raise what would be raised.
        sources: files and directories that a new store is made from: it is no more open than they are.
        readers: names of the programs that must be able to use it then; None for whoever can use what is there, and
            for a new store those that such stores are usually meant for. Empty, nobody is asked.
        profile: how it is protected from now on, as for `save_store`; None leaves that as it is.
        agree: called with the report before anything is written, as long as nobody waits for a lock; it raises what
            keeps it from being written. Not with `dry_run`.
        manner: how the file is written, as for `save_store`; what was found before has its own.

    Returns the store as it now is on the disk (with `dry_run`, as it would be) and the report. When `change`
    changes no entry, no lock is taken and the file is not touched. Raises as `open_store` and `save_store` do, and
    whatever `change` raises; the file is then as it was. The file is read once, and once more under the lock.
    """
    missing = create is not None
    found = path if isinstance(path, Present) else present(path, missing=missing, manner=manner, dry_run=dry_run)
    target = found.path
    current = password if new_password is None else new_password

    def look(content: Content | None) -> tuple[_Draft, R]:
        return _drafted(content, target, password, change, create, profile, new_password)

    def save(draft: _Draft) -> TrustStore:
        writing = _Writing(backup, sources, dry_run, found.manner)
        return _save(draft.store, target, current, draft.store.format, writing, draft.meant(readers, password))

    try:
        draft, report = look(found.content)
    except TrustStoreError as exc:
        if create is not None and isinstance(exc, UnreadableError):
            files.require_place(target, found.manner)
        if not dry_run:
            files.tidy(target)
        raise
    if not draft.saving:
        if not dry_run:
            files.tidy(target)
        return draft.store, report
    if dry_run:
        return save(draft), report
    if agree is not None:
        agree(report)
    with files.locked(target, found.manner):
        content = _content_or_none(target, create)
        if _mark(content) != draft.mark:
            draft, report = look(content)
        return (save(draft) if draft.saving else draft.store), report


def update_content(
    content: Content | None,
    password: str | None,
    change: Callable[[TrustStore], tuple[TrustStore, R]],
    *,
    path: str | os.PathLike[str],
    create: str | None = None,
    readers: "Sequence[Asked] | None" = None,
    profile: str | None = None,
) -> tuple[Content | None, TrustStore, R]:
    """What `update_store` would write over a store that lies elsewhere, and whose content was fetched from there.

    Args:
        content: what is there; None where there is nothing, and a store of the format `create` is to begin.
        path: what it is called there: for messages, and as endings of names count. Nothing is read there.
        password, change, create, readers, profile: as for `update_store`.

    Returns the content that it should have, or None when nothing is to be written; the store; and the report. Raises
    as `update_store` does, but for what only a file system refuses.
    """
    target = _path(path)
    draft, report = _drafted(content, target, password, change, create, profile)
    if not draft.saving:
        return None, draft.store, report
    from truststore_tool.proofs import proven

    codec = formats.get(draft.store.format)
    made, written = proven(draft.store, codec, password, target, draft.meant(readers, password))
    return made, written, report


def rewrite_store(
    path: "str | os.PathLike[str] | Present",
    remake: Callable[[Content], tuple[bytes | None, R]],
    *,
    backup: bool = False,
    dry_run: bool = False,
    manner: files.Manner | None = None,
) -> R:
    """Replace the store at `path` by other bytes; no other writer of this tool comes between the look and the write.

    Args:
        path: the store, or what was found there before.
        remake: given its content, returns the bytes that it should be, which it has proved, or None for as it is; and
            a report. It is called again, under the lock, when the file changed before the lock was ours.
        backup: first copy what is there to ``<name>.bak`` (``.bak1`` and so on).
        dry_run: change nothing, take no lock.
        manner: how the file is written, as for `update_store`.

    Returns the report. Raises UnreadableError, WriteError, and whatever `remake` raises, with the path before its
    message; the file is then as it was.
    """
    found = path if isinstance(path, Present) else present(path, manner=manner, dry_run=dry_run)
    target = found.path

    def look(content: Content | None) -> tuple[object, bytes | None, R]:
        if content is None:
            raise UnreadableError(f"could not read {target}: No such file or directory", hint="check the path")
        with placed(target):
            return _mark(content), *remake(content)

    mark, data, report = look(found.content)
    if data is None:
        return report
    if dry_run:
        files.require_place(target, found.manner, there=True)
        return report
    with files.locked(target, found.manner):
        content = _content(target, None)
        if _mark(content) != mark:
            _, data, report = look(content)
        if data is not None:
            files.replace(target, data, backup=backup, manner=found.manner)
            _read_back(target, data)
    return report


@noun
class Present:
    """What lies at a path, as it was read once.

    Attributes:
        path: the path.
        content: the bytes of a file or the files of a directory; None where there is nothing.
        manner: how it is to be written.
    """

    path: Path
    content: Content | None
    manner: files.Manner

    @property
    def format(self) -> str:
        """The name of the store's format, by its content. Raises as `open_store` does."""
        with placed(self.path):
            return formats.detect(self._there()).name

    def opened(self, password: str | None = None) -> TrustStore:
        """The store, as `update_store` gives it to its `change`. Raises as `open_store` does."""
        return _changeable(self._there(), self.path, password, None)

    def _there(self) -> Content:
        if self.content is None:
            raise UnreadableError(f"could not read {self.path}: No such file or directory", hint="check the path")
        return self.content


@noun
class _Draft:
    """The store as it is to be, and what was found.

    Attributes:
        store: as it is to be.
        saving: whether it is to be saved.
        mark: of the content it was made from; None where nothing is saved.
        before: the store that is there, for those who use it to go on doing so; None where nobody does, or can.
        content: what is there.
    """

    store: TrustStore
    saving: bool
    mark: object
    before: TrustStore | None
    content: Content | None = field(repr=False)

    def meant(self, readers: "Sequence[Asked] | None", password: str | None) -> "Meant":
        """Whom it is for: the `readers` asked for, and those of the store that is there, of that `password`."""
        from truststore_tool.proofs import Meant

        return Meant(readers, self.before, self.content, password)


def _drafted(
    content: Content | None,
    target: Path,
    password: str | None,
    change: Callable[[TrustStore], tuple[TrustStore, R]],
    create: str | None,
    profile: str | None,
    new_password: str | None = None,
) -> tuple[_Draft, R]:
    """What becomes of the store that `content` is under `change`, and the report. The arguments of `update_store`."""
    before = _new_store(create, password) if content is None else _changeable(content, target, password, create)
    after, report = change(before)
    saving = bool(new_password or profile) or not _is_unchanged(before, after)
    if new_password is not None:
        after = _rekeyed(after, password, new_password)
    after = _protected(after, after.format, profile, password if new_password is None else new_password)
    if saving and before.integrity == "unchecked":
        raise PasswordRequiredError(
            f"{target}: cannot be changed without its password", hint="give the password of the store"
        )
    # What had no password and is given one, or is protected anew, is a new store to those who read it.
    anew = bool(profile) or (new_password is not None and before.integrity == "absent")
    known = None if content is None or anew else before
    return _Draft(after, saving, _mark(content) if saving else None, known, content), report


class _Writing(NamedTuple):
    """How a store is written: with a copy of what was there, no more open than its sources, or not at all."""

    backup: bool
    sources: Iterable[str | os.PathLike[str]]
    dry_run: bool
    manner: files.Manner


def new_format(path: str | os.PathLike[str], wanted: str | None = None, usual: str = "jks") -> str:
    """The format for a new store: the one `wanted`, else what the file name's ending asks for.

    A directory that is a CApath stays one, and a new name that ends in a slash becomes one; a name without an ending
    takes the `usual` format. Raises UsageError when `wanted` is no format, for a directory that is no CApath, and for
    an ending that asks for no format, or for one that is only read: a name that says one thing over content of
    another misleads whoever opens it next.
    """
    if wanted is not None:
        return formats.get(wanted).name
    place = Path(path)
    if files.is_directory(place):
        with placed(place):
            return formats.detect(dict.fromkeys(files.names_in(place), b"")).name
    return named_format(os.fspath(path), usual)


def named_format(path: str, usual: str = "jks") -> str:
    """As `new_format`, of the name alone: nothing is looked at."""
    if path.endswith("/"):
        return formats.DIRECTORY
    suffix = Path(path).suffix
    if not suffix:
        return usual
    found = formats.by_suffix(suffix)
    if found is None:
        raise UsageError(f"{path}: no format is known by {suffix!r}", hint=f"name one: {', '.join(formats.writable())}")
    if found.dumps is None:
        raise UsageError(
            f"{path}: {found.title} stores are only read", hint=f"choose one of {', '.join(formats.writable())}"
        )
    return found.name


def content_of(path: str | os.PathLike[str]) -> Content:
    """The bytes of a file, or the files of a directory. Raises UnreadableError."""
    return _content(_path(path), None)


def _read(content: Content, password: str | None, name: str | None) -> TrustStore:
    store = formats.read(content, password, name)
    formats.require_certificates(store, content)
    return store


def _path(path: str | os.PathLike[str]) -> Path:
    """The path, unless it is empty, as from an unset variable: it would mean the current directory."""
    if not os.fspath(path):
        raise UsageError("the path of the store is empty", hint="name a file or directory")
    return Path(path)


def _target(path: str | os.PathLike[str]) -> Path:
    """The path of a store that is to be changed: a word for what is only read is none, where no file is so."""
    target = _path(path)
    if str(target) in _ONLY_READ and not os.path.lexists(target):
        what = _ONLY_READ[str(target)]
        raise UsageError(f"{target}: {what} only read", hint="for a file of that name, give its whole path")
    return target


def _content(path: Path, name: str | None) -> Content:
    """The bytes of a file, or the files of a directory, as the format called `name` or the path itself demand."""
    if files.is_directory(path) or (name is not None and formats.get(name).is_directory):
        return files.read_directory(path)
    return files.read(path)


def _content_or_none(path: Path, create: str | None) -> Content | None:
    """The content, or None where there is nothing and a store may be made."""
    try:
        return _content(path, None)
    except UnreadableError as exc:
        if create is None or not isinstance(exc.__cause__, FileNotFoundError):
            raise
        return None


def _mark(content: Content | None) -> object:
    """Something that is equal for equal content, and small."""
    if isinstance(content, bytes):
        from hashlib import sha256

        return sha256(content).digest()
    return content


def _changeable(content: Content, path: Path, password: str | None, create: str | None) -> TrustStore:
    """The store that is to be changed in place. A PEM file whose last certificate was removed is an empty one."""
    if isinstance(content, bytes) and (create == "pem" or _is_named_pem(path)):
        from truststore_tool.formats import pem

        if not content or not any(formats.get(name).detect(content) for name in formats.FILE_NAMES):
            left = pem.loads(content)
            if not left.unread and (not content or meant.recognised(content) is None):
                return left
    # A directory without hash names becomes a CApath only where that was said in so many words.
    named = not isinstance(content, bytes) and create is not None and formats.get(create).is_directory
    return _parsed(content, path, password, create if named else None)


def _is_named_pem(path: Path) -> bool:
    found = formats.by_suffix(path.suffix)
    return found is not None and found.name == "pem"


def _parsed(content: Content, path: Path, password: str | None, name: str | None) -> TrustStore:
    with placed(path):
        return formats.loads(content, password, name)


def _new_store(create: str | None, password: str | None) -> TrustStore:
    """A new store without entries."""
    name = create or ""
    check_new_password(name, password)
    return TrustStore(format=name)


def _is_unchanged(before: TrustStore, after: TrustStore) -> bool:
    return (before.format, before.entries, before.loose) == (after.format, after.entries, after.loose)


def check_new_password(name: str, password: str | None) -> None:
    """Raise UsageError for a password under which Java would not create a store of this format, or not open it."""
    if password is None:
        return
    codec = formats.get(name)
    if codec.needs_ascii and not password.isascii():
        raise UsageError(
            f"the password of a new {codec.title} store must be ASCII",
            hint="Java 17 and earlier cannot open it under another one; choose a password of ASCII characters",
        )
    if codec.has_password and len(password) < SHORTEST_NEW_PASSWORD:
        raise UsageError(
            f"the password of a new store must have at least {SHORTEST_NEW_PASSWORD} characters",
            hint="Java refuses shorter ones; choose a longer password",
        )


def require_password(name: str) -> None:
    """Raise UsageError for a format whose stores have no password."""
    if not formats.get(name).has_password:
        raise UsageError(f"a {name} store has no password to change")


def _rekeyed(store: TrustStore, old: str | None, new: str) -> TrustStore:
    """The store with all that its password protects moved to a new one."""
    require_password(store.format)
    check_new_password(store.format, new)
    keys = formats.get(store.format).keys
    return store if keys is None else keys.rekey(store, old or "", new)


def _protected(store: TrustStore, name: str, profile: str | None, password: str | None) -> TrustStore:
    """The store as it is to be saved under a profile. Raises UsageError where there is none of that name."""
    if profile is None:
        return store
    protect = formats.get(name).protect
    if protect is None:
        raise UsageError(f"a {name} store has no profiles", hint="they are ways of protecting a PKCS#12")
    return protect(store, profile, password)


def _save(
    store: TrustStore,
    path: Path,
    password: str | None,
    name: str,
    writing: _Writing,
    meant: "Meant",
) -> TrustStore:
    """Encode, prove that the encoded store says the same to us and to its readers, and only then replace what is there.

    Returns the store as it was read from just those bytes that are now in the file.
    """
    codec = formats.get(name)
    before = files.read_directory(path) if codec.is_directory and files.is_directory(path) else {}
    if codec.is_directory:  # it is changed file by file, from what is there now, and never replaced
        if writing.manner.in_place == "always":
            raise UsageError("a CApath directory is changed file by file, and not in place", hint="name a file")
        store = replace(store, facts=Directory(before))
    from truststore_tool.proofs import proven

    content, written = proven(store, codec, password, path, meant)
    if writing.dry_run:
        files.require_place(path, writing.manner, there=True)
        return written
    if not isinstance(content, bytes):
        files.update_directory(path, before, content, backup=writing.backup, sources=writing.sources)
        return open_store(path, None, name)
    mode = 0o666 if all(entry.kind == "trusted" for entry in store.entries) else 0o600
    files.replace(path, content, backup=writing.backup, mode=mode, sources=writing.sources, manner=writing.manner)
    _read_back(path, content)
    return written


def _read_back(path: Path, data: bytes) -> None:
    """Read what was written just now, by its name. Raises WriteError, and says that it is written, unless it is it."""
    try:
        same = files.holds(path, data)
    except UnreadableError as exc:
        raise WriteError(f"{path} is written, but could not be read back: {exc.message}", hint=exc.hint) from exc
    if not same:
        raise WriteError(f"{path} is written, but holds other bytes already", hint="see who else writes to it")
