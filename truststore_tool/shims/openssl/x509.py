"""`openssl x509`: read a certificate, print what was asked for, write it again."""

import os

from truststore_tool import asn1
from truststore_tool.errors import TrustStoreError
from truststore_tool.nouns import replace
from truststore_tool.shims.openssl import is_newer, reading, writing
from truststore_tool.shims.openssl.certificate import Certificate, Trust
from truststore_tool.shims.openssl.items import ITEMS, Subject
from truststore_tool.shims.openssl.options import Options, StopError, parse


def run(arguments: list[str]) -> int:
    """Do what ``openssl x509`` with these words does; returns the exit code."""
    options: Options | None = None
    try:
        options = parse(arguments)
        subject = _load(options)
        if options.target is not None:
            writing.check(options.target)
        parts: list[bytes] = []
        try:
            code = _show(subject, parts)
        except StopError:
            if options.target is None:
                writing.to_stdout(b"".join(parts))
            raise
        writing.write(options.target, b"".join(parts))
    except StopError as stop:
        if options is not None and options.target is not None:
            writing.tidy(options.target)
        writing.to_stderr(stop.text)
        return stop.code
    return code


def _load(options: Options) -> Subject:
    """The certificate that the options name, with the trust settings that they change."""
    given = reading.password(options.password)
    certificate, trust = reading.load(options.source, options.input_format, given)
    trust = _settings(trust, options)
    if options.extensions is not None:
        from truststore_tool.shims.openssl import objects

        wanted = options.extensions
        kept = tuple(e for e in certificate.extensions if objects.short_name(e.oid) in wanted)
        certificate = replace(certificate, extensions=kept)
    return Subject(certificate, trust, options)


def _settings(trust: Trust | None, options: Options) -> Trust | None:
    """The trust settings after -clrtrust, -addtrust and the like; None where there are none."""
    if trust is not None and options.clear_trusted:
        trust = replace(trust, trusted=None)
    if trust is not None and options.clear_rejected:
        trust = replace(trust, rejected=None)
    if options.trusted:
        trust = trust or Trust()
        trust = replace(trust, trusted=(trust.trusted or ()) + options.trusted)
    if options.rejected:
        trust = trust or Trust()
        trust = replace(trust, rejected=(trust.rejected or ()) + options.rejected)
    if options.alias is not None:
        trust = replace(trust or Trust(), alias=os.fsencode(options.alias))
    return trust


def _show(subject: Subject, parts: list[bytes]) -> int:
    """Add all output to `parts`; returns the exit code."""
    options = subject.options
    if {"pubkey", "modulus"} & set(options.items):
        _require_key(subject.certificate)
    for item in options.items:
        parts.append(ITEMS[item](subject))
    if options.check_end is not None:
        expires = _expires_within(subject.certificate, options.check_end)
        parts.append(b"Certificate will expire\n" if expires else b"Certificate will not expire\n")
        return int(expires)
    checked, fits = _checks(subject)
    parts.append(checked)
    if not options.quiet:
        parts.append(_encoded(subject))
    return 0 if fits or not is_newer() else 1


def _require_key(certificate: Certificate) -> None:
    from truststore_tool.shims.openssl import keys

    try:
        keys.describe(certificate)
    except TrustStoreError as exc:
        raise StopError("Error getting public key") from exc


def _encoded(subject: Subject) -> bytes:
    certificate, trust, options = subject.certificate, subject.trust, subject.options
    if options.output_format == "der":
        return certificate.der
    if options.output_format != "pem":
        raise StopError("Bad output format specified for outfile")
    if options.trusted_output:
        return writing.pem(b"TRUSTED CERTIFICATE", certificate.der + (trust.encode() if trust else b""))
    return writing.pem(b"CERTIFICATE", certificate.der)


def _checks(subject: Subject) -> tuple[bytes, bool]:
    """What -checkhost, -checkemail and -checkip say, and whether all is well; in 3.0 the exit code does not show it."""
    certificate, options = subject.certificate, subject.options
    if options.check_host is options.check_email is options.check_ip is None:
        return b"", True
    from truststore_tool.shims.openssl import matching

    lines, fits = [], True
    if options.check_host is not None:
        name = os.fsencode(options.check_host)
        lines.append((b"Hostname", name, matching.matches_host(certificate, name)))
    if options.check_email is not None:
        name = os.fsencode(options.check_email)
        lines.append((b"Email", name, matching.matches_email(certificate, name)))
    if options.check_ip is not None:
        lines.append((b"IP", os.fsencode(options.check_ip), matching.matches_ip(certificate, options.check_ip)))
        fits = matching.is_address(options.check_ip)  # what is no address "does match", with an exit code of 1
    fits = fits and all(matches for *_, matches in lines)
    said = b"".join(
        b"%s %s does%s match certificate\n" % (kind, name, b"" if matches else b" NOT") for kind, name, matches in lines
    )
    return said, fits


def _expires_within(certificate: Certificate, seconds: int) -> bool:
    """Whether notAfter lies before now plus `seconds`; a time that cannot be compared counts as far away."""
    from datetime import UTC, datetime, timedelta

    end = certificate.not_after
    if len(end.value) != (13 if end.tag == asn1.UTC_TIME else 15) or end.value[-1:] != b"Z":
        return False
    try:
        return end.time() <= datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
    except (TrustStoreError, OverflowError):
        return False
