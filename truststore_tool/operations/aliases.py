"""Aliases: derived from subjects, unique in a store, and the same in every run and order."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from truststore_tool.errors import FindingError, FormatError
from truststore_tool.model import Certificate, Entry, TrustStore, fold_alias
from truststore_tool.names import COMMON_NAME, ORGANIZATION, ORGANIZATIONAL_UNIT

DEFAULT_ALIAS: Final = "rds-root"
LIST_FIRST: Final = "list the store to see its entries"  # what helps whoever named an entry that is not the one
_RUNS: Final = re.compile(r"[^\w.]+")
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)


def alias_from_subject(certificate: Certificate) -> str:
    """A lower-case alias from the subject's CN, else its OU, else its O, else from the SHA-256 fingerprint.

    Letters and digits of any script, dots and underscores stay; every other run of characters becomes a dash.
    """
    try:
        subject = certificate.subject
        text = subject.first(COMMON_NAME) or subject.first(ORGANIZATIONAL_UNIT) or subject.first(ORGANIZATION) or ""
    except FormatError:
        text = ""
    return _RUNS.sub("-", fold_alias(text)).strip("-.")[:64] or f"certificate-{certificate.sha256.hex[:16]}"


def shown_alias(entry: Entry) -> str:
    """The alias under which reports show an entry: its own, or one from its subject in a format without aliases."""
    return entry.alias or (alias_from_subject(entry.certificates[0]) if entry.certificates else "")


class AliasIndex:
    """Where in `TrustStore.entries` the entries stand, by the aliases under which reports show them.

    An alias that is spelled exactly so wins; one that only Java takes for the same counts where it is alone.
    """

    def __init__(self, store: TrustStore) -> None:
        self._entries = store.entries
        self._alike: dict[str, list[int]] = {}
        for place, entry in enumerate(store.entries):
            self._alike.setdefault(fold_alias(shown_alias(entry)), []).append(place)

    def alike(self, alias: str) -> Sequence[int]:
        """The places of all entries whose alias Java takes for the same."""
        return self._alike.get(fold_alias(alias), ())

    def place_of(self, alias: str) -> int:
        """The place of the one entry that is meant.

        Raises FindingError when there is none, and when several may be meant: then they are listed.
        """
        alike = self.alike(alias)
        meant = [place for place in alike if shown_alias(self._entries[place]) == alias] or alike
        if not meant:
            raise FindingError(f"no entry {alias!r}", hint=LIST_FIRST)
        if len(meant) > 1:
            entries = ", ".join(_identified(self._entries[place]) for place in meant)
            raise FindingError(
                f"alias {alias!r} may mean {len(meant)} entries: {entries}",
                hint=f"{LIST_FIRST}; spell it exactly, or give a fingerprint",
            )
        return meant[0]


def _identified(entry: Entry) -> str:
    digest = f" (SHA-256 {entry.certificates[0].sha256})" if entry.certificates else ""
    return f"{shown_alias(entry)!r}{digest}"


def beside(alias: str, certificate: Certificate) -> str:
    """An alias for a certificate when its own is taken: ``<alias>-<first 8 hex digits of its SHA-256>``."""
    return f"{alias}-{certificate.sha256.hex[:8]}"


def assign(wanted: Mapping[Certificate, str], taken: Iterable[str]) -> dict[Certificate, str]:
    """An alias for each certificate, none equal (as Java compares) to another or to one that is `taken`.

    Where several want the same alias the one valid earliest gets it, so that the answer does not depend on the
    order in which they came; the others stand beside it.
    """
    used = {fold_alias(alias) for alias in taken}
    assigned = {}
    for certificate in sorted(wanted, key=_seniority):
        alias = wanted[certificate]
        if fold_alias(alias) in used:
            alias = beside(alias, certificate)
        if fold_alias(alias) in used:
            alias = f"{wanted[certificate]}-{certificate.sha256.hex}"
        used.add(fold_alias(alias))
        assigned[certificate] = alias
    return assigned


def _seniority(certificate: Certificate) -> tuple[datetime, str]:
    try:
        return certificate.not_before, certificate.sha256.hex
    except FormatError:
        return _EARLIEST, certificate.sha256.hex
