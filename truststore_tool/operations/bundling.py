"""One PEM chain for libpq clients (sslrootcert) out of many sources, every certificate accounted for."""

from collections.abc import Sequence
from datetime import datetime

from truststore_tool.model import TrustedEntry, TrustStore
from truststore_tool.nouns import noun
from truststore_tool.operations.candidates import Candidate, distinct, require_trustable
from truststore_tool.operations.describe import CertificateFacts, describe, ends_before


@noun
class Bundled:
    """A certificate of the sources that was added to the bundle."""

    certificate: CertificateFacts
    source: str


@noun
class BundleReport:
    """Where every certificate went: read = added + already present + repeated + dropped as expired.

    Attributes:
        read: certificates that the sources gave.
        added: those that are new in the bundle.
        present: how many were in the bundle already.
        duplicates: how many repeated an earlier certificate of the sources.
        expired: those that were left out because they expired.
        total: certificates in the bundle now.
        kept_expired: how many certificates in the bundle have expired; they do libpq no harm.
    """

    read: int
    added: tuple[Bundled, ...]
    present: int
    duplicates: int
    expired: tuple[Bundled, ...]
    total: int
    kept_expired: int


def bundle(
    existing: TrustStore,
    candidates: Sequence[Candidate],
    *,
    now: datetime,
    drop_expired: bool = False,
    comments: bool = False,
) -> tuple[TrustStore, BundleReport]:
    """`existing` followed by the candidates it lacks, in the order of their sources.

    What is in `existing` stays, also when expired: dropping concerns newcomers only. `now` is an aware datetime.
    With `comments` each newcomer brings its subject, expiry and fingerprint along as text.

    Raises FindingError for a candidate that `existing` marks as distrusted.
    """
    unique = distinct(candidates)
    require_trustable(existing, unique)
    had = {entry.certificate for entry in existing.trusted()}
    fresh = [c for c in unique.values() if c.certificate not in had]
    dropped = [c for c in fresh if drop_expired and ends_before(c.certificate, now)]
    gone = {c.certificate for c in dropped}
    added = [c for c in fresh if c.certificate not in gone]
    entries = (
        *existing.entries,
        *(TrustedEntry("", c.certificate, comment=_comment(c) if comments else "") for c in added),
    )
    report = BundleReport(
        read=len(candidates),
        added=tuple(Bundled(describe(c.certificate), c.source) for c in added),
        present=len(unique) - len(fresh),
        duplicates=len(candidates) - len(unique),
        expired=tuple(Bundled(describe(c.certificate), c.source) for c in dropped),
        total=len(entries),
        kept_expired=sum(ends_before(c, now) for entry in entries for c in entry.certificates),
    )
    return existing.with_entries(entries), report


def _comment(candidate: Candidate) -> str:
    """What a person wants to know of a certificate in a bundle. Line ends in a subject must not end the comment."""
    facts = describe(candidate.certificate)
    until = f"{facts.not_after:%Y-%m-%d}" if facts.not_after else "unknown"
    subject = " ".join((facts.subject or "unknown subject").split())
    return f"{subject}\nexpires {until}, SHA-256 {facts.sha256}"
