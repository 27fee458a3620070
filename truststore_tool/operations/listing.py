"""What a store holds."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from truststore_tool.model import EntryKind, Integrity, TrustStore, twins
from truststore_tool.nouns import noun
from truststore_tool.operations.aliases import shown_alias
from truststore_tool.operations.describe import CertificateFacts, describe, identified
from truststore_tool.wording import counted


@noun
class Listed:
    """One entry: its alias (derived from the subject where the format has none), kind, date and certificates."""

    alias: str
    kind: EntryKind
    created: datetime | None
    certificates: tuple[CertificateFacts, ...]


@noun
class Loose:
    """A certificate of the file that Java does not see."""

    alias: str | None
    certificate: CertificateFacts


@noun
class Distrusted:
    """A certificate that the file marks as not to be trusted, and how."""

    reason: str
    certificate: CertificateFacts


@noun
class ListReport:
    """The entries of a store in file order, whether its integrity was verified, and what was found on the way."""

    format: str
    integrity: Integrity
    entries: tuple[Listed, ...]
    loose: tuple[Loose, ...]
    distrusted: tuple[Distrusted, ...]
    warnings: tuple[str, ...]


def list_store(store: TrustStore) -> ListReport:
    """Describe every entry of `store`."""
    entries = tuple(
        Listed(
            shown_alias(entry),
            entry.kind,
            entry.created,
            tuple(map(describe, entry.certificates)),
        )
        for entry in store.entries
    )
    loose = tuple(Loose(item.alias, describe(item.certificate)) for item in store.loose)
    return ListReport(store.format, store.integrity, entries, loose, distrusted_of(store), warnings_of(store))


def distrusted_of(store: TrustStore) -> tuple[Distrusted, ...]:
    """Describe every certificate that `store` marks as not trusted."""
    return tuple(Distrusted(item.reason, describe(item.certificate)) for item in store.distrusted)


def distrusted(store: TrustStore) -> tuple[str, ...]:
    """The same as text, one line each."""
    return tuple(f"{identified(item.certificate)}: {item.reason}" for item in store.distrusted)


def named(others: Iterable[str]) -> str:
    """Things and how many of each, as text: ``"1 CRL, 2 private keys"``."""
    kinds = Counter(others)
    return ", ".join(counted(number, name) for name, number in sorted(kinds.items()))


def warnings_of(store: TrustStore) -> tuple[str, ...]:
    """What a reader of `store` should know, one line each."""
    found = [*store.notes, *(f"not read: {part}" for part in store.unread)]
    found += (f"distrusted: {line}" for line in distrusted(store))
    if store.others:
        found.append(f"holds beside certificates: {named(store.others)}")
    if store.integrity == "unchecked":
        found.append("integrity was NOT verified: no password was given")
    if store.loose:
        found.append(
            f"certificates in the file that are no entries: {len(store.loose)};"
            " Java neither lists nor trusts them until they are imported"
        )
    named_entries = (entry for entry in store.entries if entry.alias)
    found += (f"aliases {one.alias!r} and {other.alias!r} are the same to Java" for one, other in twins(named_entries))
    return tuple(found)
