"""A store changed where it lies; no other writer of this tool comes between the look and the write."""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, TypeVar

from truststore_tool import files, formats
from truststore_tool.errors import PasswordRequiredError, TrustStoreError, UnreadableError, require_type
from truststore_tool.files.problems import placed
from truststore_tool.formats.base import Content
from truststore_tool.model import TrustStore
from truststore_tool.nouns import field, noun
from truststore_tool.proofs import Meant, proven
from truststore_tool.stores.given import require_several, require_store
from truststore_tool.stores.protecting import check_new_password, protected, rekeyed
from truststore_tool.stores.reading import content_at, path_of
from truststore_tool.stores.saving import Writing, read_back, write
from truststore_tool.stores.targets import Present, changeable, content_or_none, mark_of, present

if TYPE_CHECKING:
    from truststore_tool.readers.base import Asked

R = TypeVar("R")


def update_store(
    path: str | os.PathLike[str] | Present,
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
    for what, value in (("the password", password), ("the new password", new_password), ("the format", create)):
        require_type(what, value, str, NoneType)
    require_several("sources", sources)
    require_several("readers", () if readers is None else readers)
    missing = create is not None
    found = path if isinstance(path, Present) else present(path, missing=missing, manner=manner, dry_run=dry_run)
    target = found.path
    current = password if new_password is None else new_password

    def look(content: Content | None) -> tuple[_Draft, R]:
        return _drafted(content, target, password, change, create, profile, new_password)

    def save(draft: _Draft) -> TrustStore:
        writing = Writing(backup, sources, dry_run, found.manner)
        return write(draft.store, target, current, draft.store.format, writing, draft.meant(readers, password))

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
        content = content_or_none(target, create)
        if mark_of(content) != draft.mark:
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
    target = path_of(path)
    draft, report = _drafted(content, target, password, change, create, profile)
    if not draft.saving:
        return None, draft.store, report
    codec = formats.get(draft.store.format)
    made, written = proven(draft.store, codec, password, target, draft.meant(readers, password))
    return made, written, report


def rewrite_store(
    path: str | os.PathLike[str] | Present,
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

    def look(content: Content) -> tuple[object, bytes | None, R]:
        with placed(target):
            return mark_of(content), *remake(content)

    mark, data, report = look(found.there())
    if data is None:
        return report
    if dry_run:
        files.require_place(target, found.manner, there=True)
        return report
    with files.locked(target, found.manner):
        content = content_at(target, None)
        if mark_of(content) != mark:
            _, data, report = look(content)
        if data is not None:
            files.replace(target, data, backup=backup, manner=found.manner)
            read_back(target, data)
    return report


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

    def meant(self, readers: "Sequence[Asked] | None", password: str | None) -> Meant:
        """Whom it is for: the `readers` asked for, and those of the store that is there, of that `password`."""
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
    before = _new_store(create or "", password) if content is None else changeable(content, target, password, create)
    made = change(before)
    if not (isinstance(made, tuple) and len(made) == 2):
        raise TypeError(f"change must return a store and a report, not {type(made).__name__}")
    after, report = made
    require_store(after)
    saving = bool(new_password or profile) or not _is_unchanged(before, after)
    if new_password is not None:
        after = rekeyed(after, password, new_password)
    after = protected(after, after.format, profile, password if new_password is None else new_password)
    if saving and before.integrity == "unchecked":
        raise PasswordRequiredError(
            f"{target}: cannot be changed without its password", hint="give the password of the store"
        )
    # What had no password and is given one, or is protected anew, is a new store to those who read it.
    anew = bool(profile) or (new_password is not None and before.integrity == "absent")
    known = None if content is None or anew else before
    return _Draft(after, saving, mark_of(content) if saving else None, known, content), report


def _new_store(name: str, password: str | None) -> TrustStore:
    """A new store without entries, of the format called so."""
    check_new_password(name, password)
    return TrustStore(format=name)


def _is_unchanged(before: TrustStore, after: TrustStore) -> bool:
    return (before.format, before.entries, before.loose) == (after.format, after.entries, after.loose)
