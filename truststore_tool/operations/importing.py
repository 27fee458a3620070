"""Adding certificates to a store: nothing doubled, nothing overwritten, old kept beside new."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from truststore_tool import nouns
from truststore_tool.errors import OTHER_ALIAS, FindingError
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.model import Certificate, OpaqueEntry, TrustedEntry, TrustStore, fold_alias, put, twins
from truststore_tool.nouns import noun
from truststore_tool.operations.aliases import DEFAULT_ALIAS, LIST_FIRST, alias_from_subject, assign
from truststore_tool.operations.candidates import Candidate, distinct, require_trustable
from truststore_tool.operations.describe import CertificateFacts, describe

ImportStatus = Literal["added", "present", "replaced"]


@noun
class Imported:
    """What became of one certificate.

    Attributes:
        status: ``"added"``, ``"present"`` (it was there already) or ``"replaced"`` (it took another's alias).
        alias: where it stands now; empty in a store without aliases.
        certificate: its facts.
        source: the source that named it first.
        displaced: the fingerprint of the certificate it replaced.
    """

    status: ImportStatus
    alias: str
    certificate: CertificateFacts
    source: str
    displaced: Fingerprint | None = None


@noun
class ImportReport:
    """What an import did.

    Attributes:
        items: one for each different certificate, in the order of the sources.
        duplicates: how many times a source repeated a certificate.
    """

    items: tuple[Imported, ...]
    duplicates: int = 0

    @property
    def fresh(self) -> tuple[Imported, ...]:
        """What was not there before."""
        return tuple(item for item in self.items if item.status != "present")

    def count(self, status: ImportStatus) -> int:
        """How many certificates have this status."""
        return sum(item.status == status for item in self.items)


def import_certificates(
    store: TrustStore,
    candidates: Sequence[Candidate],
    *,
    created: datetime,
    alias: str | None = None,
    replace: bool = False,
    aliased: bool = True,
) -> tuple[TrustStore, ImportReport]:
    """`store` with every candidate among its trusted entries, and what became of each.

    Args:
        candidates: in the order of their sources; repetitions are counted, not doubled.
        created: the date of new entries (aware).
        alias: the alias wanted. Without one a single certificate goes under ``rds-root`` and several under
            aliases made from their subjects. A taken alias is left alone: the newcomer stands beside it.
        replace: let a newcomer take the alias of another *trusted certificate*.
        aliased: whether entries of this store have aliases at all.

    Raises FindingError when `replace` asks for the alias of a key, as keys are never overwritten, or for one that
    several entries have as Java compares it; and for a candidate that `store` marks as distrusted.
    """
    unique = distinct(candidates)
    require_trustable(store, unique)
    present: dict[Certificate, str] = {}
    for entry in store.trusted():
        present.setdefault(entry.certificate, entry.alias)
    fresh = [certificate for certificate in unique if certificate not in present]
    wanted = {c: _wanted_alias(c, alias, alone=len(unique) == 1) if aliased else "" for c in fresh}
    displaced = _displaced(store, wanted) if replace and aliased else {}
    taken = {entry.alias for entry in store.entries} - {entry.alias for entry in displaced.values()}
    aliases = assign(wanted, taken) if aliased else wanted

    newcomers = [TrustedEntry(aliases[certificate], certificate, created) for certificate in fresh]
    # A certificate that was in the file without being an entry is one now.
    loose = tuple(item for item in store.loose if item.certificate not in aliases)
    entries = put(store.entries, newcomers) if displaced else (*store.entries, *newcomers)
    changed = nouns.replace(store, entries=entries, loose=loose)
    items = [_imported(candidate, present, aliases, displaced) for candidate in unique.values()]
    return changed, ImportReport(tuple(items), len(candidates) - len(unique))


def _imported(
    candidate: Candidate,
    present: Mapping[Certificate, str],
    aliases: Mapping[Certificate, str],
    displaced: Mapping[str, TrustedEntry],
) -> Imported:
    """What became of one certificate."""
    certificate, facts = candidate.certificate, describe(candidate.certificate)
    if certificate in present:
        return Imported("present", present[certificate], facts, candidate.source)
    alias = aliases[certificate]
    if old := displaced.get(fold_alias(alias)):
        return Imported("replaced", alias, facts, candidate.source, old.certificate.sha256)
    return Imported("added", alias, facts, candidate.source)


def _wanted_alias(certificate: Certificate, alias: str | None, *, alone: bool) -> str:
    if alias is not None:
        return alias
    return DEFAULT_ALIAS if alone else alias_from_subject(certificate)


def _displaced(store: TrustStore, wanted: dict[Certificate, str]) -> dict[str, TrustedEntry]:
    """The trusted entries whose aliases newcomers take, by folded alias."""
    claimed = {fold_alias(alias) for alias in wanted.values()}
    holders = []
    for entry in store.entries:
        if fold_alias(entry.alias) not in claimed:
            continue
        if isinstance(entry, OpaqueEntry):
            raise FindingError(
                f"alias {entry.alias!r} holds a {entry.kind} entry, which is never overwritten",
                hint=LIST_FIRST,
                remedy=OTHER_ALIAS,
            )
        holders.append(entry)
    for one, other in twins(holders):
        raise FindingError(
            f"aliases {one.alias!r} and {other.alias!r} are the same to Java; neither was replaced",
            hint=f"{LIST_FIRST}; rename or remove one of them first",
        )
    return {fold_alias(entry.alias): entry for entry in holders}
