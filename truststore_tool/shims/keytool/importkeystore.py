"""keytool -importkeystore: entries of one key store into another, or a key store into another format in place."""

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from truststore_tool import files, formats
from truststore_tool.errors import FormatError, TrustStoreError
from truststore_tool.formats.carrying import carry_key
from truststore_tool.model import Entry, OpaqueEntry, TrustedEntry, TrustStore, fold_alias, put
from truststore_tool.nouns import replace
from truststore_tool.shims.keytool import stores as keytool_stores
from truststore_tool.shims.keytool.change import announce_saving, open_key, open_secret, save
from truststore_tool.shims.keytool.errors import FILE_NOT_FOUND, KEY_STORE, KeytoolError
from truststore_tool.shims.keytool.session import Session, found
from truststore_tool.shims.keytool.stores import Keystore
from truststore_tool.shims.overwriting import manner


class _ProblemError(Exception):
    """An entry that the destination refuses; the others go on."""


class _Target:
    """The destination while it fills: what it held, and what comes to it."""

    def __init__(self, keystore: Keystore, held: Iterable[Entry]) -> None:
        self.keystore = keystore
        self._held = {fold_alias(entry.alias) for entry in held}
        self._new: dict[str, Entry] = {}

    def holds(self, alias: str) -> bool:
        """Whether an entry bears the alias, as Java compares."""
        return fold_alias(alias) in self._held or fold_alias(alias) in self._new

    def put(self, entry: Entry) -> None:
        """Add an entry, in the place of one that bears its alias."""
        self._new[fold_alias(entry.alias)] = entry

    def merged(self, store: TrustStore) -> TrustStore:
        """`store` with all that was put."""
        return store.with_entries(put(store.entries, self._new.values()))


def import_keystore(session: Session) -> None:
    """-importkeystore, opening both key stores."""
    options = session.options
    name = options.srckeystore
    if name is None:
        raise KeytoolError("Please specify -srckeystore")
    path = Path(name)
    if path.is_file() and path.stat().st_size == 0:
        raise KeytoolError(f"Source keystore file exists, but is empty: {name}")
    if path.resolve() == Path(options.keystore or "").resolve():
        _import_in_place(session, name)
        return
    session.console.err(f"Importing keystore {name} to {options.keystore}...\n")
    session.open()
    source = _open_source(session, name)
    _check_options(session)
    _import(session, source)
    session.warn_jks()


def _open_source(session: Session, name: str) -> Keystore:
    """The source; without a password what can be read without one, and a frame of stars."""
    options = session.options
    path = Path(name)
    if not path.is_file():
        reason = "Is a directory" if path.is_dir() else "No such file or directory"
        raise KeytoolError(f"{name} ({reason})", FILE_NOT_FOUND)
    kind = options.srcstoretype or (None if options.srcprovidername is None else "pkcs12")
    if kind is not None:
        keytool_stores.check_type(kind, options.srcprovidername)
    source = keytool_stores.load(name, kind, options.srcstorepass, jdk=session.jdk, frames=3 if kind is None else 1)
    if options.srcstorepass is None and not options.srcprotected and not source.is_passwordless:
        options.srcstorepass = session.console.password("Enter source keystore password:  ")
        source = keytool_stores.load(name, kind, options.srcstorepass, jdk=session.jdk, frames=1)
    given = None not in (options.srckeypass, options.srcstorepass)
    if source.is_pkcs12 and given and options.srckeypass != options.srcstorepass:
        session.console.err(
            "Warning:  Different store and key passwords not supported for PKCS12 KeyStores. "
            "Ignoring user-specified -srckeypass value.\n"
        )
        options.srckeypass = options.srcstorepass
    if options.srcstorepass is None and not source.is_passwordless:
        session.warn_no_integrity(source=True)
    return source


def _check_options(session: Session) -> None:
    options = session.options
    if options.alias is None and (options.dest is not None or options.srckeypass is not None):
        raise KeytoolError("if alias not specified, destalias and srckeypass must not be specified")


def _import(session: Session, source: Keystore) -> None:
    target = _Target(session.keystore, session.keystore.store.entries)
    _import_entries(session, source, target)
    save(session, target.merged)


def _import_entries(session: Session, source: Keystore, target: _Target) -> None:
    if session.options.alias is not None:
        _import_one(session, source, target, session.options.alias)
        return
    done = 0
    entries = source.entries()
    for entry in entries:
        alias = source.alias_of(entry)
        outcome = _import_one(session, source, target, alias)
        if outcome:
            done += 1
            session.console.err(f"Entry for alias {alias} successfully imported.\n")
        elif outcome is None and _wants_to_quit(session):
            break
    session.console.err(
        f"Import command completed:  {done} entries successfully imported, "
        f"{len(entries) - done} entries failed or cancelled\n"
    )


def _wants_to_quit(session: Session) -> bool:
    """Ask after an entry that could not be imported."""
    return not session.options.noprompt and session.console.agrees("Do you want to quit the import process? [no]:  ")


def _import_one(session: Session, source: Keystore, target: _Target, alias: str) -> bool | None:
    """True when the entry was imported, False when the user did not want it, None when the destination refused."""
    new_alias = session.options.dest or alias
    if target.holds(new_alias):
        chosen = _settle_clash(session, alias, new_alias)
        if chosen == "":
            session.console.err(f"Entry for alias {alias} not imported.\n")
            return False
        new_alias = chosen
    entry = found(source, alias)
    try:
        moved = _moved(session, target.keystore, entry, new_alias)
    except _ProblemError as exc:
        session.console.err(
            f"Problem importing entry for alias {alias}: {exc}.\nEntry for alias {alias} not imported.\n"
        )
        return None
    target.put(replace(moved, alias=new_alias, created=datetime.now(UTC), origin=None))
    if entry.certificates:
        trusted = isinstance(moved, TrustedEntry) if session.jdk >= 25 else None
        session.blame(f"<{new_alias}>", session.certificate(entry.certificates[0].der), trusted=trusted)
    return True


def _settle_clash(session: Session, alias: str, new_alias: str) -> str:
    """The alias to use where the wanted one is taken; empty to leave the entry behind. Raises KeytoolError."""
    if session.options.noprompt:
        session.console.err(f"Warning: Overwriting existing alias {alias} in destination keystore\n")
        return new_alias
    if session.console.agrees(f"Existing entry alias {alias} exists, overwrite? [no]:  "):
        return new_alias
    answer = session.console.line("Enter new alias name\t(RETURN to cancel import for this entry):  ")
    if answer is None:
        raise KeytoolError("invalid null input", "java.lang.NullPointerException")
    return answer


def _moved(session: Session, target: Keystore, entry: Entry, new_alias: str) -> Entry:
    """The entry as the destination's format holds it. Raises _ProblemError and KeytoolError."""
    options = session.options
    if isinstance(entry, TrustedEntry):
        if options.destkeypass is not None:
            raise _ProblemError(f"{KEY_STORE}: trusted certificate entries are not password-protected")
        return entry
    if entry.kind == "secret-key":
        return _moved_secret(session, target, entry, new_alias)
    _, old = open_key(session, entry, options.srcstorepass, options.srckeypass)
    new = _new_password(session, target, old)
    try:
        return carry_key(entry, target.format, (old,), new)
    except (FormatError, TrustStoreError) as exc:
        raise _ProblemError(f"{KEY_STORE}: {exc.message}") from exc


def _new_password(session: Session, target: Keystore, old: str) -> str | None:
    """The password of a key in the destination."""
    own = session.password if target.is_pkcs12 and not target.is_passwordless else old
    return session.options.destkeypass or own


def _moved_secret(session: Session, target: Keystore, entry: OpaqueEntry, new_alias: str) -> Entry:
    """The same for a secret key, which JDK 25 may have something to say about."""
    options = session.options
    secret, old = open_secret(session, entry, options.srcstorepass, options.srckeypass)
    codec = formats.get(target.format).keys
    if codec is None or codec.seal_secret is None:
        raise _ProblemError(f"{KEY_STORE}: Cannot store non-PrivateKeys")
    try:
        moved = codec.seal_secret(entry, secret, _new_password(session, target, old) or "")
    except FormatError as exc:
        raise _ProblemError(
            f"{KEY_STORE}: Key protection algorithm not found: java.security.NoSuchAlgorithmException: "
            f"unrecognized algorithm name: {secret.algorithm}"
        ) from exc
    except TrustStoreError as exc:
        raise _ProblemError(f"{KEY_STORE}: {exc.message}") from exc
    session.blame_secret(f"<{new_alias}>", secret.algorithm)
    return moved


def _import_in_place(session: Session, name: str) -> None:
    """The source becomes the destination, in another format or the same; the old file is kept as ``.old``."""
    options = session.options
    source = _open_source(session, name)
    if session.password is None:
        session.password = options.srcstorepass
    session.open(in_place=True)
    _check_options(session)
    target = _Target(session.keystore, [])
    _import_entries(session, source, target)
    backup = _copied(name)
    announce_saving(session)
    from truststore_tool import stores

    merged = target.merged(session.keystore.store.with_entries(()))
    stores.save_store(merged, name, session.password, format=merged.format, readers=(), manner=manner())
    session.warn_jks()
    if source.format == session.keystore.format:
        session.warnings.append(f'The original keystore "{name}" is backed up as "{backup}"...')
    else:
        session.warnings.append(
            f'Migrated "{name}" to {session.keystore.format.upper()}. '
            f'The {source.format.upper()} keystore is backed up as "{backup}".'
        )


def _copied(name: str) -> str:
    """Copy a file to ``<name>.old``, ``.old2`` and so on: the first that is free. Returns that name.

    The copy is no more open than the file, as that of Java's Files.copy.
    """
    data = files.read(Path(name))
    for number in count(1):
        backup = f"{name}.old{number if number > 1 else ''}"
        with files.locked(Path(backup)):
            if not os.path.lexists(backup):
                files.replace(Path(backup), data, sources=[name])
                break
    return backup
