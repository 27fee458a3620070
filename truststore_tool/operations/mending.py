"""Putting in order what a store holds, so that its readers see all of it, and each certificate once."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, Literal

from truststore_tool.model import Certificate, Entry, LooseCertificate, TrustedEntry, TrustStore, fold_alias
from truststore_tool.nouns import noun, replace
from truststore_tool.operations.aliases import alias_from_subject, assign, shown_alias
from truststore_tool.operations.changing import RenameReport
from truststore_tool.operations.describe import CertificateFacts, describe

# How readers look an alias up: spelled just so; in whatever case; or only as it is in lower case.
Lookup = Literal["exact", "folded", "lower"]
_MENDABLE: Final = ("unmarked", "shadowed")


@noun
class Named:
    """A certificate under an alias; the alias is empty in a format without them."""

    alias: str
    certificate: CertificateFacts


@noun
class Order:
    """What was put in order; what became a trusted entry shows in the store.

    Attributes:
        renamed: the aliases of entries that have another one now.
        removed: what was there a second time.
    """

    renamed: tuple[RenameReport, ...] = ()
    removed: tuple[Named, ...] = ()


def put_in_order(store: TrustStore, *, created: datetime, lookup: Lookup) -> tuple[TrustStore, Order]:
    """`store` with each certificate trusted once, under an alias that finds it.

    Args:
        created: the date of new entries (aware).
        lookup: how the readers of its format look an alias up. With ``exact`` nothing is renamed, and what is in the
            file without being an entry stays so, as nobody says that it should be one.

    Of a certificate that is there more than once the first entry stays; of those that readers do not find by their
    alias, one that they do. Of entries whose aliases are the same to readers the one that they see keeps its alias;
    each other one gets it with the first eight hex digits of its SHA-256 behind it, as in an import. Keys, and what
    is not understood, stay as they are.
    """
    entries, removed = _once(store.entries, lookup)
    loose: tuple[LooseCertificate, ...] = store.loose
    coming: dict[Certificate, LooseCertificate] = {}
    if lookup != "exact":
        trusted = {entry.certificate for entry in entries if isinstance(entry, TrustedEntry)}
        of_keys = {c for entry in entries if not isinstance(entry, TrustedEntry) for c in entry.certificates}
        waiting = [item for item in loose if item.kind in _MENDABLE and item.certificate not in of_keys - trusted]
        for item in waiting:
            if item.certificate in trusted or item.certificate in coming:
                removed.append(Named(item.alias or "", describe(item.certificate)))
            else:
                coming[item.certificate] = item
        settled = {id(item) for item in waiting}
        loose = tuple(item for item in loose if id(item) not in settled)
    kept = _kept_aliases(entries, lookup)
    wanted = {
        entry.certificate: fold_alias(entry.alias)
        for place, entry in enumerate(entries)
        if isinstance(entry, TrustedEntry) and place not in kept
    }
    wanted |= {c: item.alias or alias_from_subject(c) for c, item in coming.items()}
    aliases = assign(wanted, (*kept.values(), *_of_keys(entries)))
    ordered = [_named(entry, kept.get(place), aliases) for place, entry in enumerate(entries)]
    ordered += [TrustedEntry(aliases[c], c, item.created or created, item.origin) for c, item in coming.items()]
    renamed = [RenameReport(old.alias, new.alias) for old, new in zip(entries, ordered, strict=False)]
    return replace(store, entries=tuple(ordered), loose=loose), Order(
        tuple(item for item in renamed if item.old != item.new),
        tuple(removed),
    )


def _once(entries: Iterable[Entry], lookup: Lookup) -> tuple[list[Entry], list[Named]]:
    """The entries with each certificate trusted once, and what was left out."""
    best: dict[Certificate, Entry] = {}
    every = list(entries)
    for entry in every:
        if isinstance(entry, TrustedEntry):
            held = best.setdefault(entry.certificate, entry)
            if not _is_found(held, lookup) and _is_found(entry, lookup):
                best[entry.certificate] = entry
    gone = [e for e in every if isinstance(e, TrustedEntry) and best[e.certificate] is not e]
    left_out = {id(entry) for entry in gone}
    return (
        [entry for entry in every if id(entry) not in left_out],
        [Named(shown_alias(entry), describe(entry.certificate)) for entry in gone],
    )


def _is_found(entry: Entry, lookup: Lookup) -> bool:
    return lookup != "lower" or entry.alias == fold_alias(entry.alias)


def _kept_aliases(entries: list[Entry], lookup: Lookup) -> dict[int, str]:
    """The aliases of the trusted entries that need no new one, by their places; some in lower case where that counts.

    A key keeps its alias, whoever sees it.
    """
    if lookup == "exact":
        return {place: entry.alias for place, entry in enumerate(entries)}
    taken = {fold_alias(alias) for alias in _of_keys(entries)}
    kept: dict[int, str] = {}
    for found in (True, False):
        for place, entry in enumerate(entries):
            folded = fold_alias(entry.alias)
            if isinstance(entry, TrustedEntry) and _is_found(entry, lookup) is found and folded not in taken:
                kept[place] = folded if lookup == "lower" else entry.alias
                taken.add(folded)
    return kept


def _of_keys(entries: Iterable[Entry]) -> list[str]:
    """The aliases of keys. What is of no known kind has none that any reader looks at."""
    return [entry.alias for entry in entries if entry.kind in ("private-key", "secret-key")]


def _named(entry: Entry, kept: str | None, aliases: dict[Certificate, str]) -> Entry:
    """An entry under its alias of now."""
    if not isinstance(entry, TrustedEntry):
        return entry
    alias = aliases[entry.certificate] if kept is None else kept
    return entry if alias == entry.alias else replace(entry, alias=alias)
