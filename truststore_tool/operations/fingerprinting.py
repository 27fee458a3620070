"""Digests of certificates."""

from collections.abc import Sequence

from truststore_tool.fingerprints import Fingerprint
from truststore_tool.nouns import noun
from truststore_tool.operations.candidates import Candidate
from truststore_tool.operations.describe import subject_text


@noun
class Fingerprinted:
    """A certificate's fingerprint, its source, and its subject (RFC 4514) or None when that cannot be read."""

    algorithm: str
    fingerprint: Fingerprint
    source: str
    subject: str | None


@noun
class FingerprintReport:
    """Every certificate under every algorithm asked for, in the order of the sources."""

    fingerprints: tuple[Fingerprinted, ...]


def fingerprint(candidates: Sequence[Candidate], algorithms: Sequence[str]) -> FingerprintReport:
    """Digest each candidate under each algorithm. Raises UsageError for an unknown algorithm."""
    rows = []
    for candidate in candidates:
        subject = subject_text(candidate.certificate)
        for name in algorithms:
            value = candidate.certificate.fingerprint(name.lower().replace("-", ""))
            rows.append(Fingerprinted(value.algorithm, value, candidate.source, subject))
    return FingerprintReport(tuple(rows))
