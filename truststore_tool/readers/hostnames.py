"""Whether a server's certificate is for a host, by the rules of the client that looks.

libpq 15 and later: fe-secure-common.c and fe-secure-openssl.c; the documentation calls it sslmode verify-full. (libpq
before 15 did not look at iPAddress names.) The JDBC driver: its class PGjdbcHostnameVerifier. Both break RFC 6125 by
falling back to the common name, each in its own case.
"""

import ipaddress
from typing import Final, Literal

from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError
from truststore_tool.model import Certificate
from truststore_tool.names import COMMON_NAME
from truststore_tool.nouns import noun

TlsReader = Literal["libpq", "java"]

_DNS_NAME: Final = asn1.context(2, constructed=False)
_IP_ADDRESS: Final = asn1.context(7, constructed=False)


@noun
class NameCheck:
    """Whether the host matches, and the names that were looked at."""

    matches: bool
    names: tuple[str, ...]


@noun
class _Names:
    dns: tuple[str, ...]
    addresses: tuple[bytes, ...]
    common: tuple[str, ...]


def check(certificate: Certificate, host: str, reader: TlsReader) -> NameCheck:
    """Hold `host` (a name, or an address in text) against the names in a server's certificate.

    A certificate whose names cannot be read matches nothing.
    """
    try:
        names = _names(certificate)
    except FormatError:
        return NameCheck(False, ())
    return _libpq(names, host) if reader == "libpq" else _jdbc(names, host)


def _libpq(names: _Names, host: str) -> NameCheck:
    packed = _packed(host)
    shown = (*names.dns, *map(_address_text, names.addresses))
    if any(_matches(name, host) for name in names.dns) or (packed is not None and packed in names.addresses):
        return NameCheck(True, shown)
    # The common name counts unless there is a subject alternative name of the host's own type.
    if names.dns if packed is None else names.addresses:
        return NameCheck(False, shown)
    common = names.common[:1]
    return NameCheck(any(_matches(name, host) for name in common), (*shown, *common))


def _jdbc(names: _Names, host: str) -> NameCheck:
    # Addresses are compared as Java prints them: IPv6 without any shortening, so that ::1 never matches.
    shown = (*names.dns, *map(_java_address, names.addresses))
    if any(_matches(name, host) for name in shown):
        return NameCheck(True, shown)
    if names.dns:
        return NameCheck(False, shown)
    common = tuple(sorted(names.common, key=lambda name: (name.count("."), -name.count("*"), len(name)))[-1:])
    return NameCheck(any(_matches(name, host) for name in common), (*shown, *common))


def _matches(pattern: str, host: str) -> bool:
    """Equal but for case; or ``*.`` stands for exactly one label (the same rule in both clients)."""
    pattern, host = pattern.lower(), host.lower()
    if pattern == host:
        return True
    label, dot, rest = host.partition(".")
    return pattern.startswith("*.") and len(pattern) > 2 and bool(label and dot) and rest == pattern[2:]


def _names(certificate: Certificate) -> _Names:
    dns, addresses = [], []
    for extension in certificate.extensions:
        if extension.oid == oids.SUBJECT_ALTERNATIVE_NAME:
            for item in asn1.read_exactly(extension.value).expect(asn1.SEQUENCE).items():
                if item.tag == _DNS_NAME:
                    dns.append(item.value.decode("latin-1"))
                elif item.tag == _IP_ADDRESS:
                    addresses.append(item.value)
    common = [a.text for rdn in certificate.subject.rdns for a in rdn if a.oid == COMMON_NAME]
    return _Names(tuple(dns), tuple(addresses), tuple(common))


def _packed(host: str) -> bytes | None:
    """The bytes of an address; None for a name."""
    try:
        return ipaddress.ip_address(host).packed
    except ValueError:
        return None


def _address_text(packed: bytes) -> str:
    try:
        return str(ipaddress.ip_address(packed))
    except ValueError:
        return packed.hex()


def _java_address(packed: bytes) -> str:
    if len(packed) != 16:
        return _address_text(packed)
    return ":".join(f"{int.from_bytes(packed[i : i + 2], 'big'):x}" for i in range(0, 16, 2))
