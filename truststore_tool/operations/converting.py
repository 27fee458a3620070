"""Carrying a store over into another format."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Final

from truststore_tool.errors import UsageError
from truststore_tool.model import Entry, EntryKind, OpaqueEntry, TrustedEntry, TrustStore
from truststore_tool.nouns import noun, replace
from truststore_tool.operations.aliases import DEFAULT_ALIAS, alias_from_subject, assign

CarryKey = Callable[[OpaqueEntry], OpaqueEntry]

# Kinds of keys: all that any store holds, and those that formats without secret keys do.
KEYS: Final[frozenset[EntryKind]] = frozenset({"private-key", "secret-key"})
PRIVATE: Final[frozenset[EntryKind]] = frozenset({"private-key"})


@noun
class ConvertReport:
    """What was carried over.

    Attributes:
        source_format, target_format: names of the formats.
        certificates: how many trusted certificates the new store has.
        keys: how many keys it has.
        chained: how many certificates stand in the chains of these.
        promoted: how many certificates became entries that were none before.
        left_behind: aliases of entries that the new format cannot hold.
        duplicates: how many repetitions of a certificate were dropped, as they would need a second alias.
    """

    source_format: str
    target_format: str
    certificates: int
    keys: int
    chained: int
    promoted: int
    left_behind: tuple[str, ...]
    duplicates: int


def convert(
    store: TrustStore,
    target: str,
    *,
    created: datetime,
    aliased: bool,
    carry_key: CarryKey | None,
    kinds: Collection[EntryKind] = KEYS,
    alias: str | None = None,
) -> tuple[TrustStore, ConvertReport]:
    """A new store of format `target` with what `store` trusts.

    Args:
        created: the date of entries that have none (aware).
        aliased: whether the target has aliases: then entries without one get it from their subject, or
            ``rds-root`` when there is just one certificate, and a repeated certificate is carried once.
        carry_key: makes an opaque entry writable in the target, or None when the target holds certificates only.
        kinds: of the keys that are carried; others are left behind.
        alias: that of the one key that has none yet, or of the one certificate where there is no key.

    Raises UsageError for an alias where several, or none, could take it.

    Certificates that were no entries become entries: this is how a store made by openssl is made visible to Java.
    """
    every: list[Entry] = [*store.entries, *(TrustedEntry(i.alias or "", i.certificate) for i in store.loose)]
    anchors = [entry for entry in every if isinstance(entry, TrustedEntry)]
    keys = [entry for entry in every if isinstance(entry, OpaqueEntry)]
    carried = [entry for entry in keys if carry_key is not None and entry.kind in kinds]
    if aliased:
        anchors, carried = _with_aliases(store, anchors, carried, alias)
    entries: list[Entry] = [
        TrustedEntry(entry.alias if aliased else "", entry.certificate.in_der(), entry.created or created)
        for entry in anchors
    ]
    if carry_key is not None:
        entries += (carry_key(entry if entry.created else replace(entry, created=created)) for entry in carried)
    report = ConvertReport(
        source_format=store.format,
        target_format=target,
        certificates=len(anchors),
        keys=len(carried),
        chained=sum(len(entry.certificates) for entry in carried),
        promoted=len(store.loose),
        left_behind=tuple(entry.alias for entry in keys if carry_key is None or entry.kind not in kinds),
        duplicates=len(every) - len(keys) - len(anchors),
    )
    return TrustStore(tuple(entries), target), report


def _with_aliases(
    store: TrustStore, anchors: list[TrustedEntry], keys: list[OpaqueEntry], alias: str | None
) -> tuple[list[TrustedEntry], list[OpaqueEntry]]:
    """Anchors and keys, each under an alias of its own; what was an entry with an alias keeps it."""
    settled = {entry.certificate for entry in store.trusted() if entry.alias}
    alone = not keys and len({entry.certificate for entry in anchors}) == 1
    nameless = {entry.certificates[0]: entry for entry in keys if not entry.alias and entry.certificates}
    wanted = {certificate: alias_from_subject(certificate) for certificate in nameless}
    for entry in anchors:
        if entry.certificate not in settled and entry.certificate not in wanted:
            fallback = DEFAULT_ALIAS if alone else alias_from_subject(entry.certificate)
            wanted[entry.certificate] = entry.alias or fallback
    if alias is not None:
        takers = list(nameless or wanted)
        if len(takers) != 1:
            raise UsageError(
                f"an alias was given, and {len(takers)} entries could take it",
                hint="leave it out, and rename entries afterwards",
            )
        wanted[takers[0]] = alias
    names = assign(wanted, (entry.alias for entry in store.entries if entry.alias))
    named = [entry for entry in anchors if entry.certificate in settled and entry.alias]
    return (
        named
        + [TrustedEntry(names[certificate], certificate) for certificate in wanted if certificate not in nameless],
        [replace(e, alias=names[e.certificates[0]]) if not e.alias and e.certificates else e for e in keys],
    )
