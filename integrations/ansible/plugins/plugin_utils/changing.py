"""What a task wants of a store, and the store that comes of it. Pure: nothing is read or written here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from truststore_tool import formats
from truststore_tool.errors import FindingError, PasswordRequiredError
from truststore_tool.fingerprints import Fingerprint, FingerprintSet
from truststore_tool.model import Certificate, Entry, Remark, TrustedEntry, TrustStore, fold_alias
from truststore_tool.nouns import replace
from truststore_tool.operations.aliases import AliasIndex, alias_from_subject
from truststore_tool.operations.candidates import Candidate, distinct
from truststore_tool.operations.changing import remove_entries
from truststore_tool.operations.describe import CertificateFacts, describe, identified
from truststore_tool.operations.expecting import require_expected
from truststore_tool.operations.importing import import_certificates

_SHOWN = 3


class Wanted(NamedTuple):
    """What a task says.

    Attributes:
        state: ``present``, ``absent`` or ``exact``.
        candidates: the certificates it names.
        distrusted: those that its sources mark as not trusted.
        expected: the fingerprints it gives.
        unseen: whether certificates may become trusted without one.
        aliases: for its certificates, in their order; or of what shall be absent.
        now: the date of new entries (aware).
    """

    state: str
    candidates: Sequence[Candidate]
    distrusted: Sequence[Certificate]
    expected: Sequence[Fingerprint]
    unseen: bool
    aliases: Sequence[str]
    now: datetime

    @property
    def certificates(self) -> list[Certificate]:
        """Its certificates, each once."""
        return list(distinct(self.candidates))

    @property
    def facts(self) -> list[CertificateFacts]:
        """What reports show of them."""
        return list(map(describe, self.certificates))


class Done(NamedTuple):
    """The store as it was, what was not trusted before, and what is to be said of the fingerprints."""

    before: TrustStore
    fresh: list[Certificate]
    remarks: tuple[Remark, ...]


def change(store: TrustStore, wanted: Wanted) -> tuple[TrustStore, Done]:
    """The store as it is wanted.

    Raises FindingError for certificates that nobody said may be trusted, and PasswordRequiredError for a store of which
    a part is not open: then it is not known what is in it.
    """
    if store.sealed:
        raise PasswordRequiredError("its certificates are encrypted", hint="give the password of the store")
    if wanted.state == "absent":
        return _without(store, wanted), Done(store, [], ())
    changed = _only(store, wanted.certificates) if wanted.state == "exact" else store
    if formats.get(store.format).has_aliases:
        changed = _renamed(changed, wanted)
    changed = _with(changed, wanted)
    trusted = {entry.certificate for entry in store.trusted()}
    fresh = [certificate for certificate in wanted.certificates if certificate not in trusted]
    return changed, Done(store, fresh, _approved(wanted, fresh))


def _approved(wanted: Wanted, fresh: Sequence[Certificate]) -> tuple[Remark, ...]:
    """What is to be said of the fingerprints. Raises FindingError unless `fresh` may become trusted."""
    if wanted.expected:
        return require_expected(wanted.certificates, fresh, wanted.expected, wanted.distrusted)
    if fresh and not wanted.unseen:
        names = "; ".join(map(identified, fresh[:_SHOWN]))
        more = f" and {len(fresh) - _SHOWN} more" if len(fresh) > _SHOWN else ""
        raise FindingError(
            f"nobody said that these may be trusted: {names}{more}; nothing was written",
            hint="give their fingerprints with expect, or trust_unseen: true to trust them unseen",
        )
    return ()


def _without(store: TrustStore, wanted: Wanted) -> TrustStore:
    """The store without what is named, as far as it is there."""
    digests = [*wanted.expected, *(certificate.sha256 for certificate in wanted.certificates)]
    asked = FingerprintSet(digests)
    there = {found for entry in store.trusted() for found in asked.of_certificate(entry.certificate.der)}
    index = AliasIndex(store)
    aliases = [alias for alias in wanted.aliases if index.alike(alias)]
    fingerprints = [digest for digest in digests if digest in there]
    return remove_entries(store, aliases=aliases, fingerprints=fingerprints)[0] if aliases or fingerprints else store


def _only(store: TrustStore, certificates: Sequence[Certificate]) -> TrustStore:
    """The store without certificates that are not among these. Keys, and what is not understood, stay as they are."""
    return store.with_entries(
        tuple(e for e in store.entries if not isinstance(e, TrustedEntry) or e.certificate in certificates)
    )


def _renamed(store: TrustStore, wanted: Wanted) -> TrustStore:
    """The store with certificates that are there under the aliases that are wanted for them, where these are free."""
    entries = list(store.entries)
    names = dict(zip(wanted.certificates, wanted.aliases, strict=False))
    while move := next(_moves(entries, names), None):  # a move may make room for another
        place, alias = move
        entries[place] = replace(entries[place], alias=alias)
    return store if entries == list(store.entries) else store.with_entries(tuple(entries))


def _moves(entries: Sequence[Entry], names: dict[Certificate, str]) -> Iterator[tuple[int, str]]:
    """Entries that can have the alias that is wanted for their certificate, and that alias."""
    taken = {fold_alias(entry.alias) for entry in entries}
    for certificate, alias in names.items():
        places = [i for i, e in enumerate(entries) if isinstance(e, TrustedEntry) and e.certificate == certificate]
        if places and fold_alias(alias) not in taken:
            yield places[0], alias


def _with(store: TrustStore, wanted: Wanted) -> TrustStore:
    """The store with all that is named. An alias that is taken stays with whom it has: both are kept."""
    aliased = formats.get(store.format).has_aliases
    unique = list(distinct(wanted.candidates).values())
    named, others = unique[: len(wanted.aliases)], unique[len(wanted.aliases) :]
    for candidate, alias in zip(named, wanted.aliases, strict=False):
        store, _reports = import_certificates(store, [candidate], created=wanted.now, alias=alias, aliased=aliased)
    if not others:
        return store
    # One by itself would get an alias that says nothing.
    alone = alias_from_subject(others[0].certificate) if len(others) == 1 else None
    return import_certificates(store, others, created=wanted.now, alias=alone, aliased=aliased)[0]
