"""What each option of `openssl x509` prints that asks for a part of the certificate."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from truststore_tool import asn1, oids
from truststore_tool.errors import TrustStoreError
from truststore_tool.names import EMAIL_ADDRESS, openssl_hash, openssl_hash_old
from truststore_tool.nouns import noun
from truststore_tool.shims.openssl import is_newer, writing
from truststore_tool.shims.openssl.certificate import Certificate, Trust
from truststore_tool.shims.openssl.options import Options, StopError

if TYPE_CHECKING:
    from truststore_tool.shims.openssl.names import DistinguishedName

_OCSP: Final = "1.3.6.1.5.5.7.48.1"
_RFC822_NAME: Final = asn1.context(1, constructed=False)
_URI: Final = asn1.context(6, constructed=False)


@noun
class Subject:
    """What is being shown: the certificate, its trust settings, and how."""

    certificate: Certificate
    trust: Trust | None
    options: Options


def _name(title: bytes, name: "DistinguishedName", options: Options) -> bytes:
    from truststore_tool.shims.openssl import name_options, name_printing

    flags = name_options.default() if options.name_flags is None else options.name_flags
    return name_printing.titled(title, name, flags)


def _fingerprint(subject: Subject) -> bytes:
    from truststore_tool.shims.openssl import digests
    from truststore_tool.shims.openssl.digests import digest

    name = subject.options.digest
    octets = digest(name or "SHA1", subject.certificate.der) if name != "" else None
    if is_newer() and (name or "").lower() in digests.EXTENDABLE:
        raise StopError("Out of memory")  # its own word for a digest without a length
    if octets is None:
        raise StopError("Unknown digest")
    return b"%s Fingerprint=%s\n" % (os.fsencode(name or "SHA1"), octets.hex(":").upper().encode())


def _line(text: str) -> bytes:
    return text.encode() + b"\n"


def _serial(subject: Subject) -> bytes:
    from truststore_tool.shims.openssl.keys import hex_integer

    return b"serial=" + hex_integer(subject.certificate.serial).encode() + b"\n"


def _next_serial(subject: Subject) -> bytes:
    from truststore_tool.shims.openssl.keys import hex_integer

    return hex_integer(subject.certificate.serial + 1).encode() + b"\n"


def _date(label: bytes, time: asn1.Element, options: Options) -> bytes:
    from truststore_tool.shims.openssl.times import moment

    return label + moment(time, iso=options.iso_dates) + b"\n"


def _text(subject: Subject) -> bytes:
    from truststore_tool.shims.openssl import name_options, text

    options = subject.options
    flags = name_options.default() if options.name_flags is None else options.name_flags
    return text.render(subject.certificate, subject.trust, flags, options.text_flags)


def _extensions(subject: Subject) -> bytes:
    from truststore_tool.shims.openssl import extensions, objects

    certificate = subject.certificate
    if not certificate.extensions:
        writing.to_stderr("No extensions in certificate\n")
        return b""
    wanted = {name for name in (subject.options.extensions or "").split(",") if name != objects.NO_NAME}
    return extensions.render([e for e in certificate.extensions if objects.short_name(e.oid) in wanted], 0, 0)


def _alias(subject: Subject) -> bytes:
    alias = subject.trust.alias if subject.trust else None
    return b"<No Alias>\n" if alias is None else alias.partition(b"\0")[0] + b"\n"


def _emails(subject: Subject) -> bytes:
    """The subject's addresses, then those of subjectAltName."""
    certificate = subject.certificate
    found = [a.value for a in certificate.subject.attributes if a.oid == EMAIL_ADDRESS and a.tag == asn1.IA5_STRING]
    for name in _items(certificate, oids.SUBJECT_ALTERNATIVE_NAME):
        if name.tag == _RFC822_NAME:
            found.append(name.value)
    return _each_once(found)


def _responders(subject: Subject) -> bytes:
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
    """Each value on a line, once, in OpenSSL's order: in 3.0, looking for one sorts those that came before it."""
    found: list[bytes] = []
    for value in values:
        if value and b"\0" not in value:
            if not is_newer():
                found.sort()
            if value not in found:
                found.append(value)
    return b"".join(value + b"\n" for value in found)


def _ocsp_hashes(subject: Subject) -> bytes:
    from truststore_tool.shims.openssl.digests import digest

    name, key = (
        (digest("SHA1", data) or b"").hex().upper().encode()
        for data in (subject.certificate.subject.der, subject.certificate.key)
    )
    return b"        Subject OCSP hash: %s\n        Public key OCSP hash: %s\n" % (name, key)


def _purposes(subject: Subject) -> bytes:
    from truststore_tool.shims.openssl import purposes

    return purposes.table(subject.certificate)


def _modulus(subject: Subject) -> bytes:
    from truststore_tool.shims.openssl import keys

    return keys.modulus(subject.certificate)


def _public_key(subject: Subject) -> bytes:
    from truststore_tool.shims.openssl import keys

    return writing.pem(b"PUBLIC KEY", keys.encoded(subject.certificate))


ITEMS: Final[dict[str, Callable[[Subject], bytes]]] = {
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
