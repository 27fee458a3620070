"""Which URIs the JDK accepts as GeneralNames (java.net.URI, sun.security.x509.URIName); the others are unparseable."""

import re
from typing import Final

from truststore_tool.readers.java.der import JavaFormatError

# RFC 2396 with java.net.URI's deviation: non-ASCII characters that are neither controls nor spaces are legal.
_OTHER: Final = r"\u00a1-\u167f\u1681-\u1fff\u200b-\u2027\u202a-\u202e\u2030-\u205e\u2060-\u2fff\u3001-\U0010ffff"
_PERCENT: Final = r"%[0-9A-Fa-f]{2}"
_URIC: Final = rf"(?:[A-Za-z0-9_\-!.~'();/?:@&=+$,*\[\]{_OTHER}]|{_PERCENT})"
_PATH_CHAR: Final = rf"(?:[A-Za-z0-9_\-!.~'();/:@&=+$,*{_OTHER}]|{_PERCENT})"
_OPAQUE_START: Final = rf"(?:[A-Za-z0-9_\-!.~'();?:@&=+$,*\[\]{_OTHER}]|{_PERCENT})"
_AUTHORITY: Final = rf"(?:[A-Za-z0-9_\-!.~'();:@&=+$,*\[\]{_OTHER}]|{_PERCENT})"
_HIERARCHICAL: Final = rf"(?://(?P<authority>{_AUTHORITY}*))?(?P<path>{_PATH_CHAR}*)(?:\?{_URIC}*)?"
_ABSOLUTE: Final = re.compile(
    rf"(?P<scheme>[A-Za-z][A-Za-z0-9+\-.]*):"
    rf"(?:(?=/){_HIERARCHICAL}|{_OPAQUE_START}{_URIC}*)(?:\#{_URIC}*)?\Z"
)
_RELATIVE: Final = re.compile(rf"{_HIERARCHICAL}(?:\#{_URIC}*)?\Z")
_SERVER: Final = re.compile(r"(?:[^@]*@)?(?P<host>\[[^\]]*\]|[A-Za-z0-9\-.]+)(?::\d*)?\Z")
_LITERAL: Final = re.compile(r"(?:[^@]*@)?\[([^\]]*)\]")
_HOST_NAME: Final = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?\.)*[A-Za-z](?:[A-Za-z0-9\-]*[A-Za-z0-9])?\.?\Z"
)
_LABELS: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-]*(?:\.[A-Za-z0-9][A-Za-z0-9\-]*)*\Z")


def check_name(text: str) -> None:
    """Raises JavaFormatError unless `text` is an absolute URI that URIName takes."""
    match = _ABSOLUTE.match(text)
    if match is None:
        if _RELATIVE.match(text) and not re.match(r"[^/?#]*:", text):
            raise JavaFormatError(f"URI name must include scheme:{text}")
        raise JavaFormatError(f"invalid URI name:{text}")
    authority = match["authority"]
    if authority == "" and not match["path"]:
        raise JavaFormatError(f"invalid URI name:{text}")
    if authority and _is_bad_literal(authority):
        raise JavaFormatError(f"invalid URI name:{text}")
    server = _SERVER.match(authority) if authority else None
    if server is not None and _HOST_NAME.match(server["host"]) and server["host"].endswith("."):
        raise JavaFormatError(
            "invalid URI name (host portion is not a valid DNSName, IPv4 address, or IPv6 address):" + text
        )


def _is_bad_literal(authority: str) -> bool:
    """Whether the host is in brackets and no IPv6 address."""
    literal = _LITERAL.match(authority)
    if literal is None:
        return False
    from ipaddress import IPv6Address

    try:
        IPv6Address(literal[1])
    except ValueError:
        return True
    return False


def check_constraint(text: str) -> None:
    """Raises JavaFormatError unless `text` is a host or, with a leading dot, a domain (RFC 5280, 4.2.1.10)."""
    if _ABSOLUTE.match(text):
        raise JavaFormatError(f"invalid URI name constraint (should not include scheme):{text}")
    if not _RELATIVE.match(text) or not _LABELS.match(text.removeprefix(".")):
        raise JavaFormatError(f"invalid URI name constraint:{text}")
