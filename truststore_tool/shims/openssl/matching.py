"""Whether a certificate is that of a host, mailbox or address, as X509_check_host, _email and _ip decide (v3_utl.c)."""

import re
from collections.abc import Callable
from typing import Final

from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError
from truststore_tool.names import COMMON_NAME, EMAIL_ADDRESS, code_points
from truststore_tool.shims.openssl import general_names
from truststore_tool.shims.openssl.certificate import Certificate

_EMAIL: Final = asn1.context(1, constructed=False)
_DNS: Final = asn1.context(2, constructed=False)
_ADDRESS: Final = asn1.context(7, constructed=False)
# One star in the first label, at its start or end, with at least two labels behind it.
_LABEL: Final = rb"[a-z0-9]+(?:-+[a-z0-9]+)*"
_STARRED: Final = re.compile(rb"(?:\*|%b-*\*|\*-*%b)(?:\.%b){2,}" % (_LABEL, _LABEL, _LABEL))
_Equal = Callable[[bytes, bytes], bool]


def matches_host(certificate: Certificate, host: bytes) -> bool:
    """Whether a DNS name, or without one a common name of the subject, stands for the host."""
    return _matches(certificate, _DNS, COMMON_NAME, host, _same_host)


def matches_email(certificate: Certificate, address: bytes) -> bool:
    """The same for a mailbox and the subject's e-mail addresses."""
    return _matches(certificate, _EMAIL, EMAIL_ADDRESS, address, _same_mailbox)


def matches_ip(certificate: Certificate, text: str) -> bool:
    """Whether an address of subjectAltName is this one. `openssl` takes what is no address for one that matches."""
    wanted = _octets(text)
    return wanted is None or any(n.tag == _ADDRESS and n.value == wanted for n in _alternatives(certificate))


def is_address(text: str) -> bool:
    """Whether `openssl` takes this for an IP address."""
    return _octets(text) is not None


def _octets(text: str) -> bytes | None:
    import socket

    try:
        return socket.inet_pton(socket.AF_INET6, text) if ":" in text else _ipv4(text)
    except (OSError, ValueError):
        return None


def _ipv4(text: str) -> bytes:
    """The octets of a dotted address, whose numbers may begin with blanks and zeros. Raises ValueError."""
    if not re.fullmatch(r"\s*\d+(\.\s*\d+){3}", text, re.ASCII):
        raise ValueError(text)
    return bytes(map(int, text.split(".")))


def _alternatives(certificate: Certificate) -> list[asn1.Element]:
    """The names of subjectAltName; none when any of them cannot be read, or when there are two such extensions."""
    found = [e for e in certificate.extensions if e.oid == oids.SUBJECT_ALTERNATIVE_NAME]
    if len(found) != 1:
        return []
    try:
        elements = asn1.read(found[0].value).expect(asn1.SEQUENCE).children()
        for element in elements:
            general_names.direct(element)
    except FormatError:
        return []
    return elements


def _matches(certificate: Certificate, tag: int, attribute: str, wanted: bytes, equal: _Equal) -> bool:
    alternatives = [name.value for name in _alternatives(certificate) if name.tag == tag]
    if alternatives:
        return any(equal(name, wanted) for name in alternatives if name)
    for part in certificate.subject.attributes:
        if part.oid == attribute and part.value:
            try:
                text = "".join(map(chr, code_points(part.tag, part.value))).encode()
            except (FormatError, UnicodeError):
                return False
            if equal(text, wanted):
                return True
    return False


def _same_host(pattern: bytes, host: bytes) -> bool:
    pattern, host = pattern.lower(), host.lower()
    if len(host) > 1 and host.startswith(b"."):  # any host below that domain
        return b"\0" not in pattern and pattern.endswith(host)
    starred = _STARRED.fullmatch(pattern)
    if starred is None or pattern.startswith(b"xn--"):
        return pattern == host and b"\0" not in pattern
    before, _, after = pattern.partition(b"*")
    if len(host) < len(before) + len(after) or not host.startswith(before) or not host.endswith(after):
        return False
    part = host[len(before) : len(host) - len(after)]
    if not before and after.startswith(b"."):
        if not part:
            return False
    elif host.startswith(b"xn--"):
        return False
    return part == b"*" or re.fullmatch(rb"[a-z0-9-]*", part) is not None


def _same_mailbox(name: bytes, wanted: bytes) -> bool:
    """Capitals matter before the last at sign only."""
    if len(name) != len(wanted):
        return False
    at = max(name.rfind(b"@"), wanted.rfind(b"@"))
    if at <= 0:
        return name == wanted
    return name[:at] == wanted[:at] and name[at:].lower() == wanted[at:].lower() and b"\0" not in name[at:]
