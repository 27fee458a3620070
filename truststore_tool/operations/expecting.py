"""Fingerprints that a caller expects: the gate before an import, and the check of a finished store."""

from collections.abc import Collection, Sequence

from truststore_tool.errors import FindingError
from truststore_tool.fingerprints import Fingerprint, FingerprintSet
from truststore_tool.model import Certificate, Remark, TrustStore
from truststore_tool.nouns import noun
from truststore_tool.operations.describe import CertificateFacts, describe, identified
from truststore_tool.operations.listing import Distrusted, distrusted_of


@noun
class Matched:
    """An expected certificate that is in the store: the fingerprint asked for, the alias, the facts."""

    expected: Fingerprint
    alias: str
    certificate: CertificateFacts


@noun
class Missing:
    """An expected certificate that the store does not trust.

    Attributes:
        expected: the fingerprint asked for.
        certificate: known when another store named it, or this one marks it as distrusted.
        distrusted: how it does; None where the certificate is not there at all.
    """

    expected: Fingerprint
    certificate: CertificateFacts | None = None
    distrusted: str | None = None


@noun
class Extra:
    """A trusted certificate of the store that was not asked for."""

    alias: str
    certificate: CertificateFacts


@noun
class VerifyReport:
    """Which expected certificates a store trusts, and which certificates it marks as not trusted."""

    present: tuple[Matched, ...]
    missing: tuple[Missing, ...]
    extra: tuple[Extra, ...]
    distrusted: tuple[Distrusted, ...]


def verify(store: TrustStore, expected: Sequence[Fingerprint | Certificate]) -> VerifyReport:
    """Hold the trusted certificates of `store` against fingerprints or certificates."""
    trusted = list(store.trusted())
    digests = [item.sha256 if isinstance(item, Certificate) else item for item in expected]
    asked = FingerprintSet(digests)
    index = {digest: entry for entry in reversed(trusted) for digest in asked.of_certificate(entry.certificate.der)}
    marked = {digest: item for item in store.distrusted for digest in asked.of_certificate(item.certificate.der)}
    present, missing, matched = [], [], set()
    for item, wanted in zip(expected, digests, strict=True):
        entry = index.get(wanted)
        if entry is None and wanted in marked:
            missing.append(Missing(wanted, describe(marked[wanted].certificate), marked[wanted].reason))
        elif entry is None:
            missing.append(Missing(wanted, describe(item) if isinstance(item, Certificate) else None))
        else:
            matched.add(entry.certificate)
            present.append(Matched(wanted, entry.alias, describe(entry.certificate)))
    extra = [Extra(e.alias, describe(e.certificate)) for e in trusted if e.certificate not in matched]
    return VerifyReport(tuple(present), tuple(missing), tuple(extra), distrusted_of(store))


def require_expected(
    every: Sequence[Certificate],
    fresh: Sequence[Certificate],
    expected: Sequence[Fingerprint],
    distrusted: Collection[Certificate] = (),
) -> tuple[Remark, ...]:
    """Let an import pass only when every `fresh` certificate was expected.

    Args:
        every: all certificates of the sources, also those already trusted.
        fresh: those that would become trusted.
        expected: the caller's fingerprints, at least one.
        distrusted: what the sources mark as not trusted.

    Returns what to say of the expectations. Raises FindingError when an expected certificate is distrusted, naming each
    unexpected certificate, or when nothing in the sources was expected at all: a re-run with a wrong fingerprint must
    not pass as "already there".
    """
    wanted = FingerprintSet(expected)
    refused = [certificate for certificate in distrusted if wanted.of_certificate(certificate.der)]
    if refused:
        names = "; ".join(map(identified, refused))
        raise FindingError(f"expected, but distrusted by its source: {names}; nothing was written")
    unexpected = [certificate for certificate in fresh if not wanted.of_certificate(certificate.der)]
    seen = {item for certificate in every for item in wanted.of_certificate(certificate.der)}
    if unexpected or not seen:
        shown = unexpected or list(every)
        names = "; ".join(map(identified, shown[:3]))
        more = f" and {len(shown) - 3} more" if len(shown) > 3 else ""
        raise FindingError(
            f"fingerprint mismatch: not expected: {names}{more}; nothing was written",
            hint="compare with the fingerprint that the certificate authority publishes",
        )
    remarks = [
        Remark("expected-missing", f"no certificate has the expected fingerprint {item}")
        for item in expected
        if item not in seen
    ]
    if {item.algorithm for item in expected} == {"sha1"}:
        text = "only SHA-1 fingerprints were expected; SHA-1 can be forged, prefer SHA-256"
        remarks.append(Remark("sha1-expected", text))
    return tuple(remarks)
