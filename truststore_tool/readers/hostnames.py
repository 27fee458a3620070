"""Whether a server's certificate is for a host, by the rules of the client that looks.

libpq 15 and later: fe-secure-common.c and fe-secure-openssl.c; the documentation calls it sslmode verify-full. (libpq
before 15 did not look at iPAddress names.) The JDBC driver: its class PGjdbcHostnameVerifier. Both break RFC 6125 by
falling back to the common name, each in its own case.
"""

import ipaddress
import re
from collections.abc import Iterator
from typing import Final, Literal

from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError
from truststore_tool.model import Certificate
from truststore_tool.names import COMMON_NAME, Attribute
from truststore_tool.nouns import noun

TlsReader = Literal["libpq", "java"]

_DNS_NAME: Final = asn1.context(2, constructed=False)
_IP_ADDRESS: Final = asn1.context(7, constructed=False)
_NUMBER: Final = re.compile(r"0[xX][0-9A-Fa-f]+|0[0-7]*|[1-9][0-9]*")
_DOTS: Final = re.compile("[.\u3002\uff0e\uff61]")  # what IDNA takes for one
_LONGEST_LABEL: Final = 63
# CN itself; DC, L, O, OU, ST, STREET and UID.
_BEHIND_CN: Final = {
    COMMON_NAME, "0.9.2342.19200300.100.1.25", "2.5.4.7", "2.5.4.10", "2.5.4.11", "2.5.4.8", "2.5.4.9",
    "0.9.2342.19200300.100.1.1",
}  # fmt: skip


@noun
class NameCheck:
    """Whether the host matches, None where that is not known; and the names that were looked at."""

    matches: bool | None
    names: tuple[str, ...]


def check(certificate: Certificate, host: str, reader: TlsReader) -> NameCheck:
    """Hold `host` (a name, or an address in text) against the names in a server's certificate."""
    try:
        return _libpq(certificate, host) if reader == "libpq" else _jdbc(certificate, host)
    except FormatError:
        return NameCheck(None, ())


def _libpq(certificate: Certificate, host: str) -> NameCheck:
    """pgtls_verify_peer_name_matches_certificate_guts: names in their order, until one matches or is no name at all.

    The common name counts unless there is a subject alternative name of the host's own type.
    """
    wanted, packed = host.encode("utf-8", "surrogateescape"), _packed(host)
    shown: list[str] = []
    fallback = True
    for item in _alternatives(certificate):
        if item.tag == _DNS_NAME:
            found = _equals_or_covers(item.value, wanted)
            fallback = fallback and packed is not None
        elif item.tag == _IP_ADDRESS:
            found = packed == item.value if len(item.value) in (4, 16) else None
            fallback = fallback and packed is None
        else:
            continue
        shown.append(_readable(item))
        if found is not False:
            return NameCheck(found is True, tuple(shown))
    common = _common_names(certificate)[:1] if fallback else []
    shown += [attribute.value.decode("latin-1") for attribute in common]
    return NameCheck(any(_equals_or_covers(a.value, wanted) is True for a in common), tuple(shown))


def _equals_or_covers(name: bytes, host: bytes) -> bool | None:
    """Equal but for the case of ASCII; or ``*.`` stands for exactly one label (wildcard_certificate_match, which takes
    a dot more behind it). None for a name with a NUL in it."""
    if b"\0" in name:
        return None
    name, host = name.lower(), host.lower()
    surplus = len(host) - len(name)
    covers = len(name) > 2 and name[:2] == b"*." and surplus >= 0 and host.endswith(name[1:])
    return name == host or (covers and host.index(b".") >= surplus)


def _packed(host: str) -> bytes | None:
    """The bytes of an address as libpq and what it connects with read one, 127.1 too (inet_aton); None for a name."""
    # glibc takes what stands behind white space for no part of it.
    numbers = re.split(r"[ \t\n\v\f\r]", host, maxsplit=1)[0].split(".")
    if len(numbers) > 4 or not all(map(_NUMBER.fullmatch, numbers)):
        return _packed_6(host)
    *octets, last = (int(n, 16) if n[:2].lower() == "0x" else int(n, 8 if n[0] == "0" else 10) for n in numbers)
    left = 4 - len(octets)
    if any(octet > 255 for octet in octets) or last >= 256**left:
        return None
    return bytes(octets) + last.to_bytes(left, "big")


def _packed_6(host: str) -> bytes | None:
    try:
        return ipaddress.IPv6Address(host).packed if "%" not in host else None
    except ValueError:
        return None


def _jdbc(certificate: Certificate, host: str) -> NameCheck:
    older, newer = (_by_release(certificate, host, jdk) for jdk in (17, 25))
    return newer if newer.matches is older.matches else NameCheck(None, newer.names)


def _by_release(certificate: Certificate, host: str, jdk: int) -> NameCheck:
    wanted = host if ":" in host else _ascii(host)
    alternatives = _java_names(certificate)
    if alternatives is None and jdk >= 25:
        return NameCheck(False, ())
    shown = tuple(name for _, name in alternatives or ())
    if wanted is None:
        return NameCheck(False, shown)
    if any(_covers(name, wanted) for name in shown):
        return NameCheck(True, shown)
    if any(tag == _DNS_NAME for tag, _ in alternatives or ()):
        return NameCheck(False, shown)
    texts = [_text(attribute, jdk) for attribute in _first_of_each(certificate)]
    common = tuple(sorted(texts, key=lambda name: (name.count("."), -name.count("*"), len(name)))[-1:])
    return NameCheck(any(_covers(name, wanted) for name in common), (*shown, *common))


def _text(attribute: Attribute, jdk: int) -> str:
    """A common name as sun.security.x509.AVA has it. Raises FormatError for what it has only as bytes."""
    if attribute.tag == asn1.UNIVERSAL_STRING:
        raise FormatError("a common name that is no string to Java")
    if attribute.tag == asn1.BMP_STRING and jdk < 25:
        return attribute.value.decode("utf-8", "replace")
    return attribute.text


def _covers(pattern: str, host: str) -> bool:
    """verifyHostName: a star at the beginning stands for anything without a dot, nothing included: ``*b.example.com``
    is db.example.com as well."""
    if "*" not in pattern:
        return _same(host, pattern)
    if pattern.rfind("*") > 0 or "." not in pattern or len(host) < len(pattern) - 1:
        return False
    start = len(host) - len(pattern) + 1
    return "." not in host[:start] and _same(host[start:], pattern[1:])


def _same(one: str, other: str) -> bool:
    """String.equalsIgnoreCase, one character beside the other."""
    pairs = zip(one, other, strict=False)
    return len(one) == len(other) and all(a == b or a.upper() == b.upper() or a.lower() == b.lower() for a, b in pairs)


def _ascii(host: str) -> str | None:
    """The host as java.net.IDN.toASCII has it (RFC 3490), None where it refuses; the name itself where it is ASCII."""
    labels = _DOTS.split(host)
    if not labels[-1] and len(labels) > 1:
        return None if (rest := _ascii(host[:-1])) is None else f"{rest}."
    found = []
    for label in labels:
        try:
            found.append(label if label.isascii() else _encoded(label))
        except UnicodeError:
            return None
    return ".".join(found) if all(0 < len(label) <= _LONGEST_LABEL for label in found) else None


def _encoded(label: str) -> str:
    """ToASCII of a label. Raises UnicodeError, also for characters that Unicode 3.2 does not have."""
    import stringprep
    from encodings import idna

    if any(map(stringprep.in_table_a1, label)):
        raise UnicodeError("unassigned")
    return idna.ToASCII(label).decode()


def _alternatives(certificate: Certificate) -> Iterator[asn1.Element]:
    found = certificate.extension(oids.SUBJECT_ALTERNATIVE_NAME)
    return asn1.read_exactly(found.value).expect(asn1.SEQUENCE).items() if found else iter(())


def _java_names(certificate: Certificate) -> list[tuple[int, str]] | None:
    """Tag and text of each name that the driver looks at; None where Java cannot read the
    extension, which 17 then overlooks.

    It prints IPv6 without any shortening, so that ::1 never matches; and an IPv4 address inside IPv6 as such.
    """
    from truststore_tool.readers.java.extensions import is_readable

    found = certificate.extension(oids.SUBJECT_ALTERNATIVE_NAME)
    if found is not None and not is_readable(found):
        return None
    names = []
    for item in _alternatives(certificate):
        if item.tag == _DNS_NAME:
            names.append((item.tag, item.value.decode("ascii", "replace")))
        elif item.tag == _IP_ADDRESS:
            names.append((item.tag, _java_address(item.value)))
    return names


def _java_address(packed: bytes) -> str:
    if len(packed) == 16 and packed[:12] == bytes(10) + b"\xff\xff":
        packed = packed[12:]
    if len(packed) in (8, 32):  # with a mask, as in a name constraint
        half = len(packed) // 2
        return f"{_java_address(packed[:half])}/{_java_address(packed[half:])}"
    if len(packed) != 16:
        return ".".join(map(str, packed))
    return ":".join(f"{int.from_bytes(packed[i : i + 2], 'big'):x}" for i in range(0, 16, 2))


def _common_names(certificate: Certificate) -> list[Attribute]:
    return [a for rdn in certificate.subject.rdns for a in rdn if a.oid == COMMON_NAME]


def _first_of_each(certificate: Certificate) -> Iterator[Attribute]:
    """The common names of RDNs that javax.naming.ldap.Rdn calls by that: those whose other types sort behind CN.

    All that RFC 2253 has no word for are numbers, and sort before. Raises FormatError for two in an RDN.
    """
    for rdn in certificate.subject.rdns:
        named = [attribute for attribute in rdn if attribute.oid == COMMON_NAME]
        if len(named) > 1:
            raise FormatError("several common names in an RDN")
        if all(attribute.oid in _BEHIND_CN for attribute in rdn):
            yield from named


def _readable(item: asn1.Element) -> str:
    if item.tag == _DNS_NAME:
        return item.value.decode("latin-1")
    try:
        return str(ipaddress.ip_address(item.value))
    except ValueError:
        return item.value.hex()
