"""What a store holds."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from truststore_tool.model import EntryKind, Integrity, TrustStore
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
    """The entries of a store in file order, and whether its integrity was verified."""

    format: str
    integrity: Integrity
    entries: tuple[Listed, ...]
    loose: tuple[Loose, ...]
    distrusted: tuple[Distrusted, ...]


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
    return ListReport(store.format, store.integrity, entries, loose, distrusted_of(store))


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
