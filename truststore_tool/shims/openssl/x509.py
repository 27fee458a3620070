"""`openssl x509`: read a certificate, print what was asked for, write it again."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from truststore_tool import asn1, oids
from truststore_tool.errors import TrustStoreError
from truststore_tool.names import EMAIL_ADDRESS, openssl_hash, openssl_hash_old
from truststore_tool.nouns import noun, replace
from truststore_tool.shims.openssl import reading, writing
from truststore_tool.shims.openssl.certificate import Certificate, Trust
from truststore_tool.shims.openssl.options import Options, StopError, parse

if TYPE_CHECKING:
    from truststore_tool.shims.openssl.names import DistinguishedName

# What is printed for an object without a short name.
_NO_NAME: Final = "UNDEF"
_OCSP: Final = "1.3.6.1.5.5.7.48.1"
_RFC822_NAME: Final = asn1.context(1, constructed=False)
_URI: Final = asn1.context(6, constructed=False)


@noun
class _Subject:
    """What is being shown: the certificate, its trust settings, and how."""

    certificate: Certificate
    trust: Trust | None
    options: Options


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


def _load(options: Options) -> _Subject:
    """The certificate that the options name, with the trust settings that they change."""
    given = reading.password(options.password)
    certificate, trust = reading.load(options.source, options.input_format, given)
    trust = _settings(trust, options)
    if options.extensions is not None:
        wanted = options.extensions
        kept = tuple(e for e in certificate.extensions if _short_name(e.oid) in wanted)
        certificate = replace(certificate, extensions=kept)
    return _Subject(certificate, trust, options)


def _short_name(oid: str) -> str:
    from truststore_tool.shims.openssl import objects

    known = objects.name_of(oid)
    return known.short if known else _NO_NAME


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


def _show(subject: _Subject, parts: list[bytes]) -> int:
    """Add all output to `parts`; returns the exit code."""
    options = subject.options
    if {"pubkey", "modulus"} & set(options.items):
        _require_key(subject.certificate)
    for item in options.items:
        parts.append(_ITEMS[item](subject))
    if options.check_end is not None:
        expires = _expires_within(subject.certificate, options.check_end)
        parts.append(b"Certificate will expire\n" if expires else b"Certificate will not expire\n")
        return int(expires)
    parts.append(_checks(subject))
    if not options.quiet:
        parts.append(_encoded(subject))
    return 0


def _require_key(certificate: Certificate) -> None:
    from truststore_tool.shims.openssl import keys

    try:
        keys.describe(certificate)
    except TrustStoreError as exc:
        raise StopError("Error getting public key") from exc


def _encoded(subject: _Subject) -> bytes:
    certificate, trust, options = subject.certificate, subject.trust, subject.options
    if options.output_format == "der":
        return certificate.der
    if options.output_format != "pem":
        raise StopError("Bad output format specified for outfile")
    if options.trusted_output:
        return _pem(b"TRUSTED CERTIFICATE", certificate.der + (trust.encode() if trust else b""))
    return _pem(b"CERTIFICATE", certificate.der)


def _pem(label: bytes, data: bytes) -> bytes:
    from binascii import b2a_base64

    lines = [b2a_base64(data[at : at + 48]) for at in range(0, len(data), 48)]
    return b"-----BEGIN %s-----\n%s-----END %s-----\n" % (label, b"".join(lines), label)


def _checks(subject: _Subject) -> bytes:
    """What -checkhost, -checkemail and -checkip say; they leave the exit code alone."""
    certificate, options = subject.certificate, subject.options
    if options.check_host is options.check_email is options.check_ip is None:
        return b""
    from truststore_tool.shims.openssl import matching

    lines = []
    if options.check_host is not None:
        name = os.fsencode(options.check_host)
        lines.append((b"Hostname", name, matching.matches_host(certificate, name)))
    if options.check_email is not None:
        name = os.fsencode(options.check_email)
        lines.append((b"Email", name, matching.matches_email(certificate, name)))
    if options.check_ip is not None:
        lines.append((b"IP", os.fsencode(options.check_ip), matching.matches_ip(certificate, options.check_ip)))
    return b"".join(
        b"%s %s does%s match certificate\n" % (kind, name, b"" if matches else b" NOT") for kind, name, matches in lines
    )


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


# What each option prints ---------------------------------------------------------------------------------------


def _name(title: bytes, name: "DistinguishedName", options: Options) -> bytes:
    from truststore_tool.shims.openssl import names

    flags = names.ONELINE if options.name_flags is None else options.name_flags
    return names.titled(title, name, flags)


def _fingerprint(subject: _Subject) -> bytes:
    from truststore_tool.shims.openssl.digests import digest

    name = subject.options.digest
    octets = digest(name or "SHA1", subject.certificate.der) if name != "" else None
    if octets is None:
        raise StopError("Unknown digest")
    return b"%s Fingerprint=%s\n" % (os.fsencode(name or "SHA1"), octets.hex(":").upper().encode())


def _line(text: str) -> bytes:
    return text.encode() + b"\n"


def _serial(subject: _Subject) -> bytes:
    from truststore_tool.shims.openssl.keys import hex_integer

    return b"serial=" + hex_integer(subject.certificate.serial).encode() + b"\n"


def _next_serial(subject: _Subject) -> bytes:
    from truststore_tool.shims.openssl.keys import hex_integer

    return hex_integer(subject.certificate.serial + 1).encode() + b"\n"


def _date(label: bytes, time: asn1.Element, options: Options) -> bytes:
    from truststore_tool.shims.openssl.times import moment

    return label + moment(time, iso=options.iso_dates) + b"\n"


def _text(subject: _Subject) -> bytes:
    from truststore_tool.shims.openssl import names, text

    options = subject.options
    flags = names.ONELINE if options.name_flags is None else options.name_flags
    return text.render(subject.certificate, subject.trust, flags, options.text_flags)


def _extensions(subject: _Subject) -> bytes:
    from truststore_tool.shims.openssl import extensions

    certificate = subject.certificate
    if not certificate.extensions:
        writing.to_stderr("No extensions in certificate\n")
        return b""
    wanted = {name for name in (subject.options.extensions or "").split(",") if name != _NO_NAME}
    return extensions.render([e for e in certificate.extensions if _short_name(e.oid) in wanted], 0, 0)


def _alias(subject: _Subject) -> bytes:
    alias = subject.trust.alias if subject.trust else None
    return b"<No Alias>\n" if alias is None else alias.partition(b"\0")[0] + b"\n"


def _emails(subject: _Subject) -> bytes:
    """The subject's addresses, then those of subjectAltName."""
    certificate = subject.certificate
    found = [a.value for a in certificate.subject.attributes if a.oid == EMAIL_ADDRESS and a.tag == asn1.IA5_STRING]
    for name in _items(certificate, oids.SUBJECT_ALTERNATIVE_NAME):
        if name.tag == _RFC822_NAME:
            found.append(name.value)
    return _each_once(found)


def _responders(subject: _Subject) -> bytes:
    found = []
    try:
        for description in _items(subject.certificate, oids.AUTHORITY_INFO_ACCESS):
            method, location = description.fields(2, 2)
            if method.oid() == _OCSP and location.tag == _URI:
                found.append(location.value)
    except TrustStoreError:
        return b""
    return _each_once(found)


def _items(certificate: Certificate, oid: str) -> list[asn1.Element]:
    """The elements of the SEQUENCE in an extension; none when it is missing or cannot be read."""
    extension = certificate.extension(oid)
    try:
        return asn1.read(extension.value).expect(asn1.SEQUENCE).children() if extension else []
    except TrustStoreError:
        return []


def _each_once(values: list[bytes]) -> bytes:
    """Each value on a line, once, in OpenSSL's order: looking for one sorts those that came before it."""
    found: list[bytes] = []
    for value in values:
        if value and b"\0" not in value:
            found.sort()
            if value not in found:
                found.append(value)
    return b"".join(value + b"\n" for value in found)


def _ocsp_hashes(subject: _Subject) -> bytes:
    from truststore_tool.shims.openssl.digests import digest

    name, key = (
        (digest("SHA1", data) or b"").hex().upper().encode()
        for data in (subject.certificate.subject.der, subject.certificate.key)
    )
    return b"        Subject OCSP hash: %s\n        Public key OCSP hash: %s\n" % (name, key)


def _purposes(subject: _Subject) -> bytes:
    from truststore_tool.shims.openssl import purposes

    return purposes.table(subject.certificate)


def _modulus(subject: _Subject) -> bytes:
    from truststore_tool.shims.openssl import keys

    return keys.modulus(subject.certificate)


def _public_key(subject: _Subject) -> bytes:
    from truststore_tool.shims.openssl import keys

    return _pem(b"PUBLIC KEY", keys.encoded(subject.certificate))


_ITEMS: Final[dict[str, Callable[[_Subject], bytes]]] = {
    "subject": lambda s: _name(b"subject=", s.certificate.subject, s.options),
    "issuer": lambda s: _name(b"issuer=", s.certificate.issuer, s.options),
    "serial": _serial,
    "next_serial": _next_serial,
    "startdate": lambda s: _date(b"notBefore=", s.certificate.not_before, s.options),
    "enddate": lambda s: _date(b"notAfter=", s.certificate.not_after, s.options),
    "fingerprint": _fingerprint,
    "subject_hash": lambda s: _line(openssl_hash(s.certificate.subject.der)),
    "subject_hash_old": lambda s: _line(openssl_hash_old(s.certificate.subject.der)),
    "issuer_hash": lambda s: _line(openssl_hash(s.certificate.issuer.der)),
    "issuer_hash_old": lambda s: _line(openssl_hash_old(s.certificate.issuer.der)),
    "text": _text,
    "ext": _extensions,
    "alias": _alias,
    "email": _emails,
    "ocsp_uri": _responders,
    "ocspid": _ocsp_hashes,
    "modulus": _modulus,
    "purpose": _purposes,
    "pubkey": _public_key,
}
