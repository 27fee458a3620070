"""Passwords of single keys in a store."""

from collections.abc import Callable

from truststore_tool.errors import UsageError
from truststore_tool.model import OpaqueEntry, TrustStore
from truststore_tool.operations.aliases import LIST_FIRST, AliasIndex

Reseal = Callable[[OpaqueEntry], OpaqueEntry]


def reseal_key(store: TrustStore, alias: str, reseal: Reseal) -> TrustStore:
    """`store` with the key under `alias` as `reseal` makes it.

    Raises FindingError when there is no such entry, or the alias means several; UsageError when it is no key.
    """
    entry = store.entries[AliasIndex(store).place_of(alias)]
    if not isinstance(entry, OpaqueEntry) or entry.kind == "unknown":
        raise UsageError(f"entry {alias!r} is no key", hint=LIST_FIRST)
    changed = reseal(entry)
    return store.with_entries(tuple(changed if each is entry else each for each in store.entries))


def with_other_passwords(store: TrustStore, opens: Callable[[OpaqueEntry], bool]) -> tuple[str, ...]:
    """The aliases of the keys that do not open."""
    keys = (entry for entry in store.entries if isinstance(entry, OpaqueEntry) and entry.kind != "unknown")
    return tuple(entry.alias for entry in keys if not opens(entry))
