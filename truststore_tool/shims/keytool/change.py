"""keytool -delete, -changealias, -keypasswd and -storepasswd."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeVar

from truststore_tool.formats import SHORTEST_NEW_PASSWORD
from truststore_tool.model import OpaqueEntry, TrustStore
from truststore_tool.nouns import replace
from truststore_tool.shims.keytool import stores
from truststore_tool.shims.keytool.errors import ILLEGAL_ARGUMENT, KeytoolError, NoPlaceError, OutOfScopeError
from truststore_tool.shims.keytool.session import Session, found, null_alias
from truststore_tool.shims.keytool.stores import Keystore

if TYPE_CHECKING:
    from truststore_tool.formats import SecretKey

_Key = TypeVar("_Key")

_UNRECOVERABLE: Final = "java.security.UnrecoverableKeyException"
_BAD_PADDING: Final = (
    "Given final block not properly padded. Such issues can arise if a bad key is used during decryption."
)


def announce_saving(session: Session) -> None:
    """What -v adds before the store is written."""
    if session.options.verbose:
        session.console.err(f"[Storing {session.keystore.name}]\n")


def save(
    session: Session, edit: Callable[[TrustStore], TrustStore], new_password: str | None = None, done: str = ""
) -> None:
    """Save what `edit` makes of the store, and say `done` and that it is saved. `edit` neither asks nor says anything.

    The real tool says both before it writes; what is not so yet, or will never be, is not said here. But where no file
    can be, so that nothing is begun, its words are kept, which scripts read beside the error that follows.
    """
    try:
        stores.save(session.keystore, session.password, edit, jdk=session.jdk, new_password=new_password)
        session.console.err(done)
    except NoPlaceError:
        session.console.err(done)
        raise
    finally:
        announce_saving(session)


def delete_entry(session: Session) -> None:
    """-delete."""
    alias = session.options.alias or ""
    found(session.keystore, alias)

    def edit(store: TrustStore) -> TrustStore:
        entry = found(session.keystore.holding(store), alias)
        return store.with_entries(tuple(e for e in store.entries if e is not entry))

    save(session, edit)


def change_alias(session: Session) -> None:
    """-changealias: the entry moves under another alias; keys keep their protection, the date is renewed."""
    from truststore_tool.formats.pkcs12 import as_new_entry

    old, new = session.options.alias_or_default, session.options.dest
    if new is None:
        raise null_alias()
    refuse_taken(session.keystore, new, "Destination")
    entry = found(session.keystore, old)
    if isinstance(entry, OpaqueEntry):
        open_key(session, entry, session.password, session.options.keypass)
    now = datetime.now(UTC)

    def edit(store: TrustStore) -> TrustStore:
        keystore = session.keystore.holding(store)
        refuse_taken(keystore, new, "Destination")
        entry = found(keystore, old)
        rest = (e for e in store.entries if e is not entry)
        return store.with_entries((*rest, as_new_entry(replace(entry, alias=new, created=now))))

    save(session, edit)


def refuse_taken(keystore: Keystore, alias: str, what: str) -> None:
    """Raise KeytoolError, which begins with `what`, when an entry bears the alias."""
    if keystore.find(alias) is not None:
        raise KeytoolError(f"{what} alias <{alias}> already exists")


def open_key(session: Session, entry: OpaqueEntry, storepass: str | None, keypass: str | None) -> tuple[bytes, str]:
    """The key of a private-key entry (PKCS#8) and the password that opened it, asking for one if need be.

    Raises KeytoolError.
    """
    from truststore_tool import formats

    codec = formats.get(entry.format).keys
    if entry.kind != "private-key" or codec is None:
        return b"", storepass or ""
    return _opened(session, entry, storepass, keypass, codec.open)


def open_secret(
    session: Session, entry: OpaqueEntry, storepass: str | None, keypass: str | None
) -> "tuple[SecretKey, str]":
    """The same of a secret-key entry. Raises KeytoolError, and OutOfScopeError for a key of an unknown kind."""
    from truststore_tool import formats
    from truststore_tool.errors import FormatError

    codec = formats.get(entry.format).keys

    def opener(entry: OpaqueEntry, password: str) -> "SecretKey":
        try:
            if codec is None or codec.open_secret is None:
                raise FormatError(f"{entry.format.upper()} keys without certificates cannot be opened")
            return codec.open_secret(entry, password)
        except FormatError as exc:
            raise OutOfScopeError(
                f"entry <{entry.alias}> is a secret key that cannot be moved, and nothing was changed: {exc.message}"
            ) from exc

    return _opened(session, entry, storepass, keypass, opener)


def _opened(
    session: Session,
    entry: OpaqueEntry,
    storepass: str | None,
    keypass: str | None,
    opener: Callable[[OpaqueEntry, str], _Key],
) -> tuple[_Key, str]:
    """What `opener` makes of the entry and the password that it took.

    The real tool tries -keypass if given, and nothing else; otherwise the store's password, then the user's.
    """
    from truststore_tool.errors import FormatError, IntegrityError

    unopened = _BAD_PADDING if entry.kind == "secret-key" else "Cannot recover key"
    candidate = storepass if keypass is None else keypass
    if candidate is not None:
        try:
            return opener(entry, candidate), candidate
        except (IntegrityError, FormatError) as exc:
            if entry.format == "pkcs12":
                raise KeytoolError(f"Get Key failed: {_BAD_PADDING}", _UNRECOVERABLE) from exc
            if keypass is not None:
                raise KeytoolError(unopened, _UNRECOVERABLE) from exc
    password = None
    for _ in range(3):
        password = session.console.password(f"Enter key password for <{entry.alias}>")
        if password is not None:
            break
    if password is None:
        raise KeytoolError("Too many failures - try later")
    try:
        return opener(entry, password), password
    except (IntegrityError, FormatError) as exc:
        raise KeytoolError(unopened, _UNRECOVERABLE) from exc


def change_password(session: Session) -> None:
    """-storepasswd: PKCS12 keys follow the store's password, those of JKS and JCEKS keep their own."""
    new = session.options.new
    if new is None:
        new = _new_password(session, "keystore password", session.password)
    session.options.new = new
    if session.password is None and not session.keystore.is_passwordless:
        raise KeytoolError("password can't be null", ILLEGAL_ARGUMENT)
    save(session, lambda store: store, new)


def change_key_password(session: Session) -> None:
    """-keypasswd: the key of one entry under a password of its own, which PKCS12 does not have; the date is renewed."""
    if session.keystore.is_pkcs12:
        raise KeytoolError(
            "-keypasswd commands not supported if -storetype is PKCS12", "java.lang.UnsupportedOperationException"
        )
    alias = session.options.alias_or_default
    entry = found(session.keystore, alias)
    if not isinstance(entry, OpaqueEntry):
        raise KeytoolError(f"Alias <{alias}> has no key")
    changed = _under_new_password(session, entry, alias)
    now = datetime.now(UTC)

    def edit(store: TrustStore) -> TrustStore:
        present = found(session.keystore.holding(store), alias)
        if present != entry:
            raise KeytoolError(f"Alias <{alias}> was changed meanwhile")
        return store.with_entries(tuple(replace(changed, created=now) if e is present else e for e in store.entries))

    save(session, edit)


def _under_new_password(session: Session, entry: OpaqueEntry, alias: str) -> OpaqueEntry:
    """The entry with its key under the new password, which is asked for where it was not given."""
    from truststore_tool import formats

    codec = formats.get(entry.format).keys
    secret = codec.seal_secret if codec and entry.kind == "secret-key" else None
    if codec is None or (entry.kind == "secret-key" and secret is None):
        raise KeytoolError(f"Alias <{alias}> has no key")
    if secret is not None:
        key, old = open_secret(session, entry, session.password, session.options.keypass)
        return secret(entry, key, session.options.new or _new_password(session, f"key password for <{alias}>", old))
    pkcs8, old = open_key(session, entry, session.password, session.options.keypass)
    return codec.seal(entry, pkcs8, session.options.new or _new_password(session, f"key password for <{alias}>", old))


def _new_password(session: Session, what: str, old: str | None) -> str:
    """A password typed twice. Raises KeytoolError after three failures."""
    console = session.console
    for _ in range(3):
        entered = console.password(f"New {what}: ")
        if entered is None or len(entered) < SHORTEST_NEW_PASSWORD:
            console.err("Password is too short - must be at least 6 characters\n")
        elif entered == old:
            console.err("Passwords must differ\n")
        elif console.password(f"Re-enter new {what}: ") != entered:
            console.err("They don't match. Try again\n")
        else:
            return entered
    raise KeytoolError("Too many failures - try later")
