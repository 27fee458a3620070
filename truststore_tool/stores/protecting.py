"""What protects a store: passwords that a new one may have, another password, and profiles."""

from types import NoneType

from truststore_tool import formats
from truststore_tool.errors import UsageError, require_type
from truststore_tool.formats.base import SHORTEST_NEW_PASSWORD
from truststore_tool.model import TrustStore


def check_new_password(name: str, password: str | None) -> None:
    """Raise UsageError for a password under which Java would not create a store of this format, or not open it."""
    require_type("the password", password, str, NoneType)
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


def rekeyed(store: TrustStore, old: str | None, new: str) -> TrustStore:
    """The store with all that its password protects moved to a new one."""
    require_password(store.format)
    check_new_password(store.format, new)
    keys = formats.get(store.format).keys
    return store if keys is None else keys.rekey(store, old or "", new)


def protected(store: TrustStore, name: str, profile: str | None, password: str | None) -> TrustStore:
    """The store as it is to be saved under a profile. Raises UsageError where there is none of that name."""
    require_type("the profile", profile, str, NoneType)
    if profile is None:
        return store
    protect = formats.get(name).protect
    if protect is None:
        raise UsageError(f"a {name} store has no profiles", hint="they are ways of protecting a PKCS#12")
    return protect(store, profile, password)
