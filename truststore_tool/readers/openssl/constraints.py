"""Names against name constraints, as OpenSSL holds them (crypto/x509/v3_ncons.c)."""

from collections.abc import Iterator
from typing import Final

from truststore_tool import asn1
from truststore_tool.errors import FormatError
from truststore_tool.model import Certificate
from truststore_tool.names import COMMON_NAME, EMAIL_ADDRESS, code_points
from truststore_tool.readers.base import UnknownError
from truststore_tool.readers.openssl.facts import (
    ADDRESS,
    DIRECTORY,
    DNS,
    EMAIL,
    OTHER,
    URI,
    Constraints,
    Facts,
    GeneralName,
    Subtree,
)

_INTERNATIONAL_MAILBOX: Final = asn1.oid("1.3.6.1.5.5.7.8.9")
_MOST_COMPARISONS: Final = 1 << 20  # NAME_CHECK_MAX


class _UnsupportedError(Exception):
    """A name or constraint that OpenSSL refuses to compare."""


def violation(facts: Facts, constraints: Constraints, *, is_leaf: bool) -> str | None:
    """Why a certificate breaks the constraints of one above it, in OpenSSL's words, or None.

    NAME_CONSTRAINTS_check; of a leaf without dNSName, what in its common names looks like one counts as such
    (check_name_constraints, NAME_CONSTRAINTS_check_CN). Raises UnknownError.
    """
    subject = facts.certificate.subject
    count = sum(map(len, subject.rdns)) + len(facts.names or ())
    if count and len(constraints.permitted) + len(constraints.excluded) > _MOST_COMPARISONS // count:
        return "too many names and name constraints"
    try:
        found = next(filter(None, (_compare(name, constraints) for name in _names(facts))), None)
        if found is None and is_leaf and not any(name.kind == DNS for name in facts.names or ()):
            found = next(filter(None, (_compare(name, constraints) for name in _host_names(facts.certificate))), None)
    except _UnsupportedError as exc:
        return str(exc)
    return found


def _names(facts: Facts) -> Iterator[GeneralName]:
    attributes = [attribute for rdn in facts.certificate.subject.rdns for attribute in rdn]
    if attributes:
        yield GeneralName(DIRECTORY, facts.subject)
    for attribute in attributes:
        if attribute.oid == EMAIL_ADDRESS:
            if attribute.tag != asn1.IA5_STRING:
                raise _UnsupportedError("unsupported or invalid name syntax")
            yield GeneralName(EMAIL, attribute.value)
    yield from facts.names or ()


def _host_names(certificate: Certificate) -> Iterator[GeneralName]:
    """The common names that look like host names of two labels or more (cn2dnsid)."""
    for attribute in (attribute for rdn in certificate.subject.rdns for attribute in rdn):
        if attribute.oid != COMMON_NAME:
            continue
        try:
            text = "".join(map(chr, code_points(attribute.tag, attribute.value))).encode().rstrip(b"\0")
        except (FormatError, ValueError):
            raise UnknownError("a common name that cannot be read") from None
        if b"\0" in text:
            raise _UnsupportedError("unsupported or invalid name syntax")
        if _is_host_name(text):
            yield GeneralName(DNS, text)


def _is_host_name(text: bytes) -> bool:
    """As the loop in cn2dnsid: letters, digits and underscores; hyphens and dots inside only, and apart."""
    dotted = False
    for at, octet in enumerate(text):
        character = chr(octet)
        if (character.isascii() and character.isalnum()) or character == "_":
            continue
        if not 0 < at < len(text) - 1:
            return False
        before, after = text[at - 1 : at], text[at + 1 : at + 2]
        if character == "." and after not in (b".", b"-") and before != b"-":
            dotted = True
        elif character != "-":
            return False
    return dotted


def _compare(name: GeneralName, constraints: Constraints) -> str | None:
    """nc_match: of the permitted subtrees of the name's kind one must match, of the excluded ones none."""
    asked = matched = False
    for tree in constraints.permitted:
        if _is_about(name, tree):
            _check_limits(tree)
            asked = True
            matched = matched or _matches(name, tree)
    if asked and not matched:
        return "permitted subtree violation"
    if any(_matches(name, tree) for tree in constraints.excluded if _is_about(name, tree)):
        return "excluded subtree violation"
    return None


def _is_about(name: GeneralName, tree: Subtree) -> bool:
    if name.kind == OTHER and name.content.startswith(_INTERNATIONAL_MAILBOX) and tree.base.kind == EMAIL:
        raise UnknownError("an internationalized mailbox under name constraints")
    if name.kind != tree.base.kind:
        return False
    if name.kind == OTHER:
        return asn1.read(name.content).raw == asn1.read(tree.base.content).raw
    return True


def _check_limits(tree: Subtree) -> None:
    if not tree.plain:
        raise _UnsupportedError("name constraints minimum and maximum not supported")


def _matches(name: GeneralName, tree: Subtree) -> bool:
    """nc_match_single. Raises _UnsupportedError."""
    _check_limits(tree)
    value, base = name.content, tree.base.content
    match name.kind:
        case kind if kind == DIRECTORY:
            return value.startswith(base)
        case kind if kind == DNS:
            return _is_within(value, base)
        case kind if kind == EMAIL:
            return _is_mailbox_of(value, base)
        case kind if kind == URI:
            return _is_uri_of(value, base)
        case kind if kind == ADDRESS:
            return _is_address_of(value, base)
    raise _UnsupportedError("unsupported name constraint type")


def _is_within(name: bytes, base: bytes) -> bool:
    """nc_dns: the same, or with more labels to the left; a leading dot demands one."""
    if not base:
        return True
    if len(name) > len(base) and base[:1] != b"." and name[-len(base) - 1 : -len(base)] != b".":
        return False
    return name.lower().endswith(base.lower())


def _is_mailbox_of(mailbox: bytes, base: bytes) -> bool:
    """nc_email: a mailbox, all of a host, or with a leading dot all hosts of a domain."""
    local, at, host = mailbox.rpartition(b"@")
    if not at:
        raise _UnsupportedError("unsupported or invalid name syntax")
    base_local, base_at, base_host = base.rpartition(b"@")
    if not base_at and base.startswith(b"."):
        return len(mailbox) > len(base) and mailbox.lower().endswith(base.lower())
    if base_local:
        if len(base_local) == len(local) and b"\0" in base_local + local:
            raise _UnsupportedError("unsupported or invalid name syntax")
        if base_local != local:
            return False
    return base_host.lower() == host.lower()


def _is_uri_of(uri: bytes, base: bytes) -> bool:
    """nc_uri: the host between ``://`` and the next colon, or else slash."""
    _, _, rest = uri.partition(b":")
    if not rest.startswith(b"//"):
        raise _UnsupportedError("unsupported or invalid name syntax")
    rest = rest[2:]
    host = rest.partition(b":")[0] if b":" in rest else rest.partition(b"/")[0]
    if not host:
        raise _UnsupportedError("unsupported or invalid name syntax")
    if base.startswith(b"."):
        return len(host) > len(base) and host.lower().endswith(base.lower())
    return host.lower() == base.lower()


def _is_address_of(address: bytes, base: bytes) -> bool:
    """nc_ip: equal where the mask, the second half of `base`, has ones."""
    if len(address) not in (4, 16) or len(base) not in (8, 32):
        raise _UnsupportedError("unsupported or invalid name syntax")
    if 2 * len(address) != len(base):
        return False
    mask = base[len(address) :]
    return all((a ^ b) & m == 0 for a, b, m in zip(address, base, mask, strict=False))
