"""Removing and renaming entries."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from truststore_tool.errors import REMOVE_KEYS, FindingError
from truststore_tool.fingerprints import Fingerprint, FingerprintSet
from truststore_tool.model import Entry, EntryKind, TrustedEntry, TrustStore
from truststore_tool.nouns import noun, replace
from truststore_tool.operations.aliases import LIST_FIRST, AliasIndex, shown_alias
from truststore_tool.operations.describe import CertificateFacts, describe, ends_before


@noun
class Removed:
    """An entry that was taken out."""

    alias: str
    kind: EntryKind
    certificates: tuple[CertificateFacts, ...]


@noun
class RemoveReport:
    """What was taken out, how many entries remain, and what was named but is not there."""

    removed: tuple[Removed, ...]
    remaining: int
    absent: tuple[str, ...] = ()


@noun
class RenameReport:
    """The alias before and after."""

    old: str
    new: str


def remove_entries(
    store: TrustStore,
    *,
    aliases: Collection[str] = (),
    fingerprints: Sequence[Fingerprint] = (),
    expired_at: datetime | None = None,
    keys: bool = False,
) -> tuple[TrustStore, RemoveReport]:
    """`store` without the entries that are named, as far as they are there: the report says which are not.

    So a run that was cut short can be repeated.

    Args:
        aliases: by alias, each of which names one entry (see `AliasIndex`).
        fingerprints: trusted certificates by fingerprint.
        expired_at: trusted certificates that expired before this moment (aware).
        keys: whether an alias may name a key.

    Raises FindingError when nothing that is named is there, an alias means several entries, or names a key and `keys`
    is false.
    """
    places, absent = _places(store, aliases)
    if not keys:
        _refuse_keys(store.entries[place] for place in sorted(places))
    by_fingerprint = _fingerprinted(store, fingerprints)
    found = {fingerprint for each in by_fingerprint.values() for fingerprint in each}
    absent += [str(fingerprint) for fingerprint in fingerprints if fingerprint not in found]
    gone = places | by_fingerprint.keys() | (_expired(store, expired_at) if expired_at else set())
    if absent and not gone:
        raise FindingError(f"not in the store: {', '.join(absent)}; nothing was removed", hint=LIST_FIRST)
    removed = [entry for place, entry in enumerate(store.entries) if place in gone]
    kept = tuple(entry for place, entry in enumerate(store.entries) if place not in gone)
    facts = tuple(Removed(shown_alias(e), e.kind, tuple(map(describe, e.certificates))) for e in removed)
    return store.with_entries(kept), RemoveReport(facts, len(kept), tuple(absent))


def _refuse_keys(entries: Iterable[Entry]) -> None:
    for entry in entries:
        if entry.kind != "trusted":
            raise FindingError(f"alias {entry.alias!r} holds a {entry.kind} entry", hint=LIST_FIRST, remedy=REMOVE_KEYS)


def _fingerprinted(store: TrustStore, fingerprints: Sequence[Fingerprint]) -> dict[int, frozenset[Fingerprint]]:
    """Where the trusted certificates with these fingerprints stand, and which of these each has."""
    wanted = FingerprintSet(fingerprints)
    found = {place: wanted.of_certificate(entry.certificate.der) for place, entry in _trusted(store)}
    return {place: digests for place, digests in found.items() if digests}


def _expired(store: TrustStore, at: datetime) -> set[int]:
    """Where the trusted certificates stand that expired before `at`."""
    return {place for place, entry in _trusted(store) if ends_before(entry.certificate, at)}


def _trusted(store: TrustStore) -> Iterator[tuple[int, TrustedEntry]]:
    return ((place, entry) for place, entry in enumerate(store.entries) if isinstance(entry, TrustedEntry))


def _places(store: TrustStore, aliases: Collection[str]) -> tuple[set[int], list[str]]:
    """Where the entries of the aliases stand, and the aliases of which there is none."""
    index = AliasIndex(store)
    places = {index.place_of(alias) for alias in aliases if index.alike(alias)}
    return places, [repr(alias) for alias in aliases if not index.alike(alias)]


def rename_entry(store: TrustStore, old: str, new: str) -> tuple[TrustStore, RenameReport]:
    """`store` with the entry `old` under the alias `new`; its date and bytes stay.

    Raises FindingError when `old` is not there or means several entries, or `new` is taken by another entry.
    """
    index = AliasIndex(store)
    place = index.place_of(old)
    if not store.entries[place].alias:
        raise FindingError(f"no entry {old!r}: a {store.format} store has no aliases", hint=LIST_FIRST)
    if any(other != place for other in index.alike(new)):
        raise FindingError(f"alias {new!r} is taken", hint=f"{LIST_FIRST}; remove or rename that one first")
    renamed = replace(store.entries[place], alias=new)
    return store.with_entries((*store.entries[:place], renamed, *store.entries[place + 1 :])), RenameReport(old, new)
