"""Reports as lines of text and tables. A piece is a table, or a line that goes out as it is (escaped)."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from truststore_tool.render.tables import Table
from truststore_tool.wording import counted

if TYPE_CHECKING:
    from truststore_tool.findings import Finding
    from truststore_tool.operations.bundling import BundleReport
    from truststore_tool.operations.changing import RemoveReport, RenameReport
    from truststore_tool.operations.comparing import DiffReport
    from truststore_tool.operations.converting import ConvertReport
    from truststore_tool.operations.describe import CertificateFacts
    from truststore_tool.operations.expecting import VerifyReport
    from truststore_tool.operations.fingerprinting import FingerprintReport
    from truststore_tool.operations.importing import ImportReport
    from truststore_tool.operations.listing import Listed, ListReport
    from truststore_tool.operations.proving import Proof

Piece = str | Table
_OPAQUE: Final = ("private-key", "secret-key", "unknown")


def found(item: "Finding") -> str:
    """A finding on one line, but for its level: where, what, and what to do about it."""
    entry = item.place.entry
    where = f" [{entry}]" if entry and entry not in item.message else ""
    return f"{item.place.path}{where}: {item.message}" + (f" ({item.fix})" if item.fix else "")


def day(moment: datetime | None) -> str:
    """The date in UTC, or a dash for none."""
    if moment is None:
        return "-"
    return (moment if moment.tzinfo is UTC else moment.astimezone(UTC)).date().isoformat()


def expiry(facts: "CertificateFacts", now: datetime) -> str:
    """The end of validity and whether it has passed."""
    end = facts.not_after
    if end is None:
        return "expiry unknown"
    return f"{'expired' if end < now else 'expires'} {day(end)}"


def listing(report: "ListReport", now: datetime, *, sha1: bool) -> Iterator[Piece]:
    """One row an entry."""
    rows = []
    for entry in report.entries:
        first = entry.certificates[0] if entry.certificates else None
        cells = [str(first.sha256) if first else "-"]
        if sha1:
            cells.append(str(first.sha1) if first else "-")
        rows.append((entry.alias, day(entry.created), entry.kind, *cells, expiry(first, now) if first else "-"))
    for item in report.distrusted:
        cells = [str(item.certificate.sha256), *((str(item.certificate.sha1),) if sha1 else ())]
        rows.append(("", "-", "distrusted", *cells, expiry(item.certificate, now)))
    headings = ("Alias", "Created", "Kind", "SHA-256", *(("SHA-1",) if sha1 else ()), "Validity")
    if rows:
        yield Table(headings, tuple(rows), spare=("Kind", "Created"))
    yield summary(report, now)


def summary(report: "ListReport", now: datetime) -> str:
    """The last line of a listing: format, integrity, how many entries of each kind, how many of them expired."""
    kinds = Counter(entry.kind for entry in report.entries)
    parts = [counted(kinds["trusted"], "trusted certificate")]
    for kind in _OPAQUE:
        if kinds[kind]:
            name = kind.replace("-", " ")
            parts.append(counted(kinds[kind], f"{name} entry", f"{name} entries"))
    if report.distrusted:
        parts.append(f"{len(report.distrusted)} distrusted")
    expired = sum(bool(entry.certificates) and entry.certificates[0].expired(now) for entry in report.entries)
    integrity = {"verified": "integrity verified", "absent": "nothing to check its integrity by"}
    held = f"{report.format}, {integrity.get(report.integrity, 'integrity NOT verified')}"
    return f"{held}: {', '.join(parts)}; {expired} expired"


def listing_verbose(report: "ListReport", now: datetime) -> Iterator[Piece]:
    """A block an entry, as ``keytool -list -v`` shows the same facts."""
    for number, entry in enumerate(report.entries):
        if number:
            yield ""
        yield f"Alias:        {entry.alias}"
        yield f"Created:      {day(entry.created)}"
        yield f"Kind:         {_java_kind(entry)}"
        for position, facts in enumerate(entry.certificates, 1):
            if len(entry.certificates) > 1:
                yield f"Certificate {position} of {len(entry.certificates)}"
            yield from certificate_lines(facts, now)
    for item in report.distrusted:
        yield ""
        yield f"Distrusted:   {item.reason}"
        yield from certificate_lines(item.certificate, now)
    yield ""
    yield summary(report, now)


def certificate_lines(facts: "CertificateFacts", now: datetime) -> Iterator[str]:
    """The facts of a certificate that a person compares before trusting it."""
    yield f"Subject:      {facts.subject or 'unknown'}"
    yield f"Issuer:       {facts.issuer or 'unknown'}"
    yield f"Serial:       {facts.serial or 'unknown'}"
    yield f"Valid:        {day(facts.not_before)} to {day(facts.not_after)}{_expired_or_early(facts, now)}"
    yield f"SHA-256:      {facts.sha256}"
    yield f"SHA-1:        {facts.sha1}"
    for problem in facts.problems:
        yield f"Problem:      {problem}"


_NOTHING_WRITTEN: Final = "nothing was written"
_WOULD: Final = {"added": "would add", "replaced": "would replace", "present": "present"}


def imported(report: "ImportReport", *, dry_run: bool = False) -> Iterator[Piece]:
    """What became of each certificate, or with `dry_run` would become."""
    rows = tuple(
        (
            _WOULD[item.status] if dry_run else item.status,
            item.alias or item.certificate.subject or "unknown subject",
            str(item.certificate.sha256),
        )
        for item in report.items
    )
    if rows:
        yield Table(("", "Alias", "SHA-256"), rows, sentence="{}: {} (SHA-256 {})")
    yield _counts(report, dry_run=dry_run)
    if dry_run:
        yield _NOTHING_WRITTEN


def proof(store: str, proofs: "Sequence[Proof]", *, each: bool) -> Iterator[Piece]:
    """The comparison of the finished file with its sources: in full of one certificate, and of `each`; else a line."""
    if len(proofs) > 1 and not each:
        yield f"{len(proofs)} read back from {store}, all fingerprints equal their sources"
        return
    if proofs:
        yield f"Read back from {store}; its fingerprints beside those of the sources:"
    for item in proofs:
        yield f"{item.alias or '-'}, {day(item.created)}, trustedCertEntry"
        yield f"  SHA1:   {item.sha1} = source"
        yield f"  SHA256: {item.sha256} = source"


def verified(report: "VerifyReport", now: datetime, *, whole: bool) -> Iterator[Piece]:
    """One row a certificate: present, missing or extra; fingerprints stay whole where they are to be compared."""
    rows = [("present", i.alias, str(i.expected), expiry(i.certificate, now)) for i in report.present]
    rows += [
        ("MISSING", _called(i.certificate) if i.certificate else "-", str(i.expected), i.distrusted or "")
        for i in report.missing
    ]
    rows += [("extra", i.alias, str(i.certificate.sha256), expiry(i.certificate, now)) for i in report.extra]
    asked = {i.certificate for i in report.missing}
    rows += [
        ("distrusted", _called(i.certificate), str(i.certificate.sha256), i.reason)
        for i in report.distrusted
        if i.certificate not in asked
    ]
    if rows:
        yield Table(("", "Alias", "Fingerprint", "Validity"), tuple(rows), whole=whole)
    yield f"{len(report.present)} present, {len(report.missing)} missing, {len(report.extra)} extra"


def _called(certificate: "CertificateFacts") -> str:
    """What a certificate without an alias is called in a row: the first part of its subject (RFC 4514), as its CN."""
    first = re.match(r"(?:\\.|[^,\\])*", certificate.subject or "")
    return first[0] if first else ""


def compared(report: "DiffReport", left: str, right: str) -> Iterator[Piece]:
    """One row a certificate that only one side trusts."""
    rows = [("-", i.alias, str(i.certificate.sha256), i.certificate.subject or "") for i in report.left_only]
    rows += [("+", i.alias, str(i.certificate.sha256), i.certificate.subject or "") for i in report.right_only]
    if rows:
        yield Table(("", "Alias", "SHA-256", "Subject"), tuple(rows), spare=("Subject",))
    yield (
        f"{len(report.both)} in both, {len(report.left_only)} only in {left}, {len(report.right_only)} only in {right}"
    )


def bundled(report: "BundleReport", *, dry_run: bool = False) -> Iterator[Piece]:
    """Every certificate counted."""
    added, dropped = ("would add", "would drop") if dry_run else ("added", "dropped")
    for item in report.added:
        yield f"{added}: {item.certificate.subject or 'unknown subject'} (SHA-256 {item.certificate.sha256})"
    for item in report.expired:
        yield f"{dropped}: {item.certificate.subject or 'unknown subject'}, expired {day(item.certificate.not_after)}"
    yield (
        f"{report.read} read = {len(report.added)} added + {report.present} already there"
        f" + {report.duplicates} repeated + {len(report.expired)} expired and dropped;"
        f" {report.total} {'would be ' if dry_run else ''}in the bundle"
    )
    if dry_run:
        yield _NOTHING_WRITTEN


def exported(count: int, out: str, *, dry_run: bool) -> Iterator[Piece]:
    """How many certificates went where, or with `dry_run` would go."""
    yield f"{counted(count, 'certificate')} {'would be ' if dry_run else ''}in {out}"
    if dry_run:
        yield _NOTHING_WRITTEN


def renamed(report: "RenameReport", *, dry_run: bool) -> Iterator[Piece]:
    """The two aliases."""
    yield f"{'would rename' if dry_run else 'renamed'}: {report.old} -> {report.new}"
    if dry_run:
        yield _NOTHING_WRITTEN


def converted(report: "ConvertReport", out: str, *, written: bool, dry_run: bool) -> Iterator[Piece]:
    """What was carried over, and where to, unless it was there already."""
    chained = f" with {counted(report.chained, 'certificate')}" if report.chained else ""
    keys = f", {counted(report.keys, 'key')}{chained}" if report.keys else ""
    yield f"{report.source_format} -> {report.target_format}: {counted(report.certificates, 'certificate')}{keys}"
    if not written:
        yield f"{out} holds them already"
    elif dry_run:
        yield f"would be written to {out}"
    else:
        yield f"written to {out}"
    if dry_run:
        yield _NOTHING_WRITTEN


def removed(report: "RemoveReport", *, dry_run: bool = False) -> Iterator[Piece]:
    """What was taken out, or with `dry_run` would be."""
    for item in report.removed:
        subject = item.certificates[0].subject if item.certificates else None
        yield f"{'would remove' if dry_run else 'removed'}: {item.alias}" + (f" ({subject})" if subject else "")
    if dry_run:
        yield f"would remove {len(report.removed)}, {report.remaining} would remain"
        yield _NOTHING_WRITTEN
    else:
        yield f"{len(report.removed)} removed, {report.remaining} remain"


def rekeyed(store: str, key: str | None, profile: str | None, *, proven: bool, dry_run: bool) -> Iterator[Piece]:
    """What has a new password: one key, a store, or one that is only protected in another way."""
    has, have, stands = ("would have", "would have", "would be") if dry_run else ("has", "have", "is")
    if key is not None:
        yield f"{store}: the key {key!r} {has} a new password"
    elif profile is not None:
        yield f"{store} {stands} protected as {profile}"
    elif proven:
        yield f"{store} {has} a new password"
    else:
        yield f"{store}: its encrypted parts {have} a new password; it has no MAC"
    if dry_run:
        yield _NOTHING_WRITTEN


def fingerprints(report: "FingerprintReport") -> Iterator[Piece]:
    """One row a fingerprint: digest and value as openssl prints them, file, subject."""
    rows = tuple(
        (f"{i.algorithm.upper()} Fingerprint={i.fingerprint}", i.source, i.subject or "unknown subject")
        for i in report.fingerprints
    )
    if rows:
        yield Table(("Fingerprint", "File", "Subject"), rows, spare=("Subject",), whole=True)


def _counts(report: "ImportReport", *, dry_run: bool) -> str:
    if dry_run:
        parts = [f"would add {report.count('added')}", f"{report.count('present')} already there"]
    else:
        parts = [f"{report.count('added')} added", f"{report.count('present')} already there"]
    if report.count("replaced"):
        parts.append(f"would replace {report.count('replaced')}" if dry_run else f"{report.count('replaced')} replaced")
    if report.duplicates:
        parts.append(f"{report.duplicates} repeated in the sources")
    return ", ".join(parts)


def _java_kind(entry: "Listed") -> str:
    java = {"trusted": "trustedCertEntry", "private-key": "PrivateKeyEntry", "secret-key": "SecretKeyEntry"}
    return java.get(entry.kind, entry.kind)


def _expired_or_early(facts: "CertificateFacts", now: datetime) -> str:
    if facts.expired(now):
        return " (expired)"
    return " (not yet valid)" if facts.not_before is not None and facts.not_before > now else ""
