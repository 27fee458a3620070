"""Carrying a store over into another format."""

from collections.abc import Callable
from datetime import datetime

from truststore_tool.model import Certificate, Entry, OpaqueEntry, TrustedEntry, TrustStore
from truststore_tool.nouns import noun
from truststore_tool.operations.aliases import DEFAULT_ALIAS, alias_from_subject, assign

CarryKey = Callable[[OpaqueEntry], OpaqueEntry]


@noun
class ConvertReport:
    """What was carried over.

    Attributes:
        source_format, target_format: names of the formats.
        certificates: how many trusted certificates the new store has.
        keys: how many keys it has.
        promoted: how many certificates became entries that were none before.
        left_behind: aliases of entries that the new format cannot hold.
        duplicates: how many repetitions of a certificate were dropped, as they would need a second alias.
    """

    source_format: str
    target_format: str
    certificates: int
    keys: int
    promoted: int
    left_behind: tuple[str, ...]
    duplicates: int


def convert(
    store: TrustStore, target: str, *, created: datetime, aliased: bool, carry_key: CarryKey | None
) -> tuple[TrustStore, ConvertReport]:
    """A new store of format `target` with what `store` trusts.

    Args:
        created: the date of entries that have none (aware).
        aliased: whether the target has aliases: then entries without one get it from their subject, or
            ``rds-root`` when there is just one certificate, and a repeated certificate is carried once.
        carry_key: makes an opaque entry writable in the target, or None when the target holds certificates only.

    Certificates that were no entries become entries: this is how a store made by openssl is made visible to Java.
    """
    every: list[Entry] = [*store.entries, *(TrustedEntry(i.alias or "", i.certificate) for i in store.loose)]
    anchors = [entry for entry in every if isinstance(entry, TrustedEntry)]
    keys = [entry for entry in every if isinstance(entry, OpaqueEntry)]
    carried = [entry for entry in keys if carry_key is not None and entry.kind != "unknown"]
    if aliased:
        anchors = _with_aliases(store, anchors)
    entries: list[Entry] = [
        TrustedEntry(entry.alias if aliased else "", entry.certificate, entry.created or created) for entry in anchors
    ]
    if carry_key is not None:
        entries += map(carry_key, carried)
    report = ConvertReport(
        source_format=store.format,
        target_format=target,
        certificates=len(anchors),
        keys=len(carried),
        promoted=len(store.loose),
        left_behind=tuple(entry.alias for entry in keys if entry not in carried),
        duplicates=len(every) - len(keys) - len(anchors),
    )
    return TrustStore(tuple(entries), target), report


def _with_aliases(store: TrustStore, anchors: list[TrustedEntry]) -> list[TrustedEntry]:
    """The anchors, each under an alias of its own; what was an entry with an alias keeps it."""
    settled = {entry.certificate for entry in store.trusted() if entry.alias}
    alone = len({entry.certificate for entry in anchors}) == 1
    wanted: dict[Certificate, str] = {}
    for entry in anchors:
        if entry.certificate not in settled and entry.certificate not in wanted:
            fallback = DEFAULT_ALIAS if alone else alias_from_subject(entry.certificate)
            wanted[entry.certificate] = entry.alias or fallback
    names = assign(wanted, (entry.alias for entry in store.entries if entry.alias))
    named = [entry for entry in anchors if entry.certificate in settled and entry.alias]
    return named + [TrustedEntry(names[certificate], certificate) for certificate in wanted]
