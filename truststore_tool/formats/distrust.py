"""What files say against certificates: OpenSSL's trust settings, and the attributes of p11-kit."""

import re
from bisect import bisect_right
from itertools import pairwise
from operator import attrgetter
from typing import Final, NamedTuple

from truststore_tool import asn1
from truststore_tool.errors import FormatError
from truststore_tool.oids import ANY_EXTENDED_KEY_USAGE, SERVER_AUTH

_FOR_SERVERS: Final = frozenset({SERVER_AUTH, ANY_EXTENDED_KEY_USAGE})
# How p11-kit's persistence format begins an object, and the attributes that say something about trust
# (trust/persist.c; strings of it are lines of "name: value", comments begin with a number sign).
_P11_HEADER: Final = b"[p11-kit-object-v1]"
_P11_OBJECT: Final = re.compile(rb"^[ \t]*\[p11-kit-object-v1\][ \t]*\r?$", re.MULTILINE)
_P11_TRUST: Final = re.compile(
    rb"^[ \t]*(?P<name>trusted|x-distrusted)[ \t]*:[ \t]*(?P<value>true|false)[ \t]*\r?$", re.MULTILINE
)


# The fields of X509_CERT_AUX (crypto/x509/x_x509a.c), all of them optional: trust SEQUENCE OF OID,
# reject [0] SEQUENCE OF OID, alias UTF8String, keyid OCTET STRING, other [1] SEQUENCE OF AlgorithmIdentifier.
_REJECT: Final = asn1.context(0)
_AUXILIARY: Final = (asn1.SEQUENCE, _REJECT, asn1.UTF8_STRING, asn1.OCTET_STRING, asn1.context(1))


def by_openssl(auxiliary: asn1.Element) -> str:
    """Why OpenSSL does not trust a certificate with these settings for servers; empty where it does.

    As in obj_trust (crypto/x509/x509_trust.c) a rejected purpose counts first, and where there is a list of trusted
    purposes all others are not. Raises FormatError for what is no X509_CERT_AUX, as OpenSSL reads no certificate then.
    """
    fields = {part.tag: part for part in auxiliary.expect(asn1.SEQUENCE).children()}
    if [part.tag for part in auxiliary.children()] != [tag for tag in _AUXILIARY if tag in fields]:
        raise FormatError("its trust settings are malformed")
    purposes = {
        tag: {item.oid() for item in fields[tag].children()} for tag in (asn1.SEQUENCE, _REJECT) if tag in fields
    }
    if not _FOR_SERVERS.isdisjoint(purposes.get(_REJECT, ())):
        return "rejected for server authentication by its OpenSSL trust settings"
    if _FOR_SERVERS.isdisjoint(purposes.get(asn1.SEQUENCE, _FOR_SERVERS)):
        return "not trusted for server authentication by its OpenSSL trust settings"
    return ""


class P11Object(NamedTuple):
    """An object of a p11-kit file: where it begins and ends, and why it is not trusted; empty where it is."""

    start: int
    end: int
    reason: str

    @classmethod
    def all_of(cls, data: bytes) -> list["P11Object"]:
        """The objects of a file, in order. Attributes stand before and after an object's certificate."""
        openings = [found.start() for found in _P11_OBJECT.finditer(data)] if _P11_HEADER in data else []
        return [cls(start, end, _by_p11_kit(data, start, end)) for start, end in pairwise([*openings, len(data)])]


def by_p11_kit(objects: list[P11Object], offset: int) -> str:
    """Why p11-kit does not trust the certificate at `offset`; empty where it does, or where no object begins above."""
    place = bisect_right(objects, offset, key=attrgetter("start")) - 1
    return objects[place].reason if place >= 0 else ""


def _by_p11_kit(data: bytes, start: int, end: int) -> str:
    said = {(found["name"], found["value"]) for found in _P11_TRUST.finditer(data, start, end)}
    if (b"x-distrusted", b"true") in said:
        return "distrusted by its p11-kit attributes"
    return "not trusted by its p11-kit attributes" if (b"trusted", b"false") in said else ""
