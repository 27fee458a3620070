"""GeneralNames as the JDK compares them: the `constrains` of sun.security.x509's name classes."""

import ipaddress
import re
from typing import Final, Literal, NamedTuple

from truststore_tool import asn1
from truststore_tool.asn1 import Element
from truststore_tool.errors import FormatError
from truststore_tool.readers.base import UnknownError
from truststore_tool.readers.java.canonical import CanonicalName, canonical_name

# What one name is to another: as GeneralNameInterface has it.
Relation = Literal["other kind", "match", "narrows", "widens", "same kind"]

OTHER, MAIL, DNS, DIRECTORY, URI, ADDRESS, REGISTERED = 0, 1, 2, 4, 6, 7, 8

_DNS_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*(?:\.[A-Za-z0-9][A-Za-z0-9-]*)*")


class JavaNameError(Exception):
    """An exception that Java throws while it compares names."""


class GeneralName(NamedTuple):
    """A GeneralName: the number of its kind, and its text, octets or canonical name."""

    kind: int
    value: str | bytes | CanonicalName


def general_name(element: Element) -> GeneralName:
    """A GeneralName that the JDK could read (`java.names.general_name`). Raises FormatError."""
    kind = element.tag & 0x1F
    match kind:
        case 1 | 2 | 6:
            return GeneralName(kind, element.value.decode("ascii", "replace"))
        case 4:
            inner = asn1.read(element.data, element.content, element.stop) if element.value else None
            if inner is None or inner.tag != asn1.SEQUENCE or inner.next != element.stop:
                raise FormatError("a directoryName that is no Name")
            return GeneralName(kind, canonical_name(inner.raw))
    return GeneralName(kind, element.value)


def host_name(text: str) -> GeneralName | None:
    """A common name as a dNSName, if it can be one (the constructor of DNSName)."""
    return GeneralName(DNS, text) if _DNS_NAME.fullmatch(text) else None


def mailbox(text: str) -> GeneralName | None:
    """An e-mail address as an rfc822Name, if it can be one (the constructor of RFC822Name)."""
    domain = text[text.find("@") + 1 :]
    return GeneralName(MAIL, text) if text and domain not in ("", ".") else None


def address(text: str) -> GeneralName | None:
    """A common name as an iPAddress, if it is one. Raises UnknownError for what may be one, as 127.1."""
    try:
        return GeneralName(ADDRESS, ipaddress.ip_address(text).packed)
    except ValueError:
        if re.fullmatch(r"[0-9.]+", text) or (":" in text and ("%" in text or "[" in text)):
            raise UnknownError(f"whether {text} is an address") from None
    return None


def relation(this: GeneralName, other: GeneralName) -> Relation:
    """What `other` is to `this`: ``narrows`` when it lies within. Raises JavaNameError where Java throws, and
    UnknownError."""
    if this.kind != other.kind:
        return "other kind"
    match this.value, other.value:
        case str(), str() if this.kind == DNS:
            return _hosts(this.value.lower(), other.value.lower())
        case str(), str() if this.kind == MAIL:
            return _mailboxes(this.value.lower(), other.value.lower())
        case bytes(), bytes() if this.kind == ADDRESS:
            return _addresses(this.value, other.value)
        case tuple(), tuple() if this.kind == DIRECTORY:
            return _directories(this.value, other.value)
        case bytes(), bytes() if this.kind == REGISTERED and this.value == other.value:
            return "match"
    if this.kind == URI:
        raise UnknownError("a URI under name constraints")
    raise JavaNameError("narrowing, widening and matching are not supported for names of this kind")


def _hosts(this: str, other: str) -> Relation:
    """DNSName.constrains; a leading dot demands a label more."""
    if this == other:
        return "match"
    if not this or not other:
        raise JavaNameError("an empty dNSName")
    if this.endswith(other) and (this[-len(other) - 1] == ".") ^ (other[0] == "."):
        return "widens"
    if other.endswith(this) and (other[-len(this) - 1] == ".") ^ (this[0] == "."):
        return "narrows"
    return "same kind"


def _mailboxes(this: str, other: str) -> Relation:
    """RFC822Name.constrains: a mailbox, all of a host, or with a leading dot all hosts of a domain."""
    if this == other:
        return "match"
    if this.endswith(other):
        return "widens" if _holds(other, this) else "same kind"
    return "narrows" if other.endswith(this) and _holds(this, other) else "same kind"


def _holds(wide: str, narrow: str) -> bool:
    return "@" not in wide and (wide.startswith(".") or narrow[-len(wide) - 1] == "@")


def _addresses(this: bytes, other: bytes) -> Relation:
    """IPAddressName.constrains: hosts of 4 or 16 octets, networks of 8 or 32."""
    size = min(len(this), len(other))
    if {len(this), len(other)} in ({4, 16}, {8, 32}, {4, 32}, {8, 16}):
        return _addresses_of_two_kinds(this, other)
    match len(this) in (8, 32), len(other) in (8, 32):
        case False, False:
            return "match" if this == other else "same kind"
        case False, True:
            return "widens" if _is_in(this, other) else "same kind"
        case True, False:
            return "narrows" if _is_in(other, this) else "same kind"
    half = size // 2
    if _masked(this) == _masked(other) and this[half:] == other[half:]:
        return "match"
    empty = this[:half] != _masked(this), other[:half] != _masked(other)
    if all(empty):
        return "match"
    if any(empty):
        return "widens" if empty[0] else "narrows"
    if _encloses(this, other):
        return "narrows"
    return "widens" if _encloses(other, this) else "same kind"


def _addresses_of_two_kinds(this: bytes, other: bytes) -> Relation:
    """Version 4 beside version 6: never the same, but older releases run out of octets on the way."""
    network, host = (this, other) if len(this) in (8, 32) else (other, this)
    half = len(network) // 2
    if len(network) in (8, 32) and len(host) in (4, 16) and len(host) < half and _is_in(host, network):
        raise UnknownError("addresses of two kinds under name constraints")
    return "same kind"


def _masked(network: bytes) -> bytes:
    half = len(network) // 2
    return bytes(a & m for a, m in zip(network[:half], network[half:], strict=True))


def _is_in(host: bytes, network: bytes) -> bool:
    half = len(network) // 2
    return all(h & m == a for h, a, m in zip(host, network[:half], network[half:], strict=False))


def _encloses(wide: bytes, narrow: bytes) -> bool:
    half = len(wide) // 2
    return all(
        wide[half + i] & narrow[half + i] == wide[half + i] and wide[i] & wide[half + i] == narrow[i] & wide[half + i]
        for i in range(half)
    )


def _directories(this: CanonicalName, other: CanonicalName) -> Relation:
    """X500Name.constrains: the longer name lies within the shorter one that it begins with."""
    if this == other:
        return "match"
    if not other or this[: len(other)] == other:
        return "widens"
    return "narrows" if other[: len(this)] == this else "same kind"
