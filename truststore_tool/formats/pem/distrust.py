"""What files say against certificates: OpenSSL's trust settings, and the attributes of p11-kit."""

import binascii
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import pairwise
from typing import Final, NamedTuple

from truststore_tool import asn1
from truststore_tool.encoding import collected
from truststore_tool.errors import FormatError
from truststore_tool.model import Certificate
from truststore_tool.oids import ANY_EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE, SERVER_AUTH

_FOR_SERVERS: Final = frozenset({SERVER_AUTH, ANY_EXTENDED_KEY_USAGE})
# The fields of X509_CERT_AUX (crypto/x509/x_x509a.c), all of them optional: trust SEQUENCE OF OID,
# reject [0] SEQUENCE OF OID, alias UTF8String, keyid OCTET STRING, other [1] SEQUENCE OF AlgorithmIdentifier.
_TRUST: Final = asn1.SEQUENCE
_REJECT: Final = asn1.context(0)
_OTHER: Final = asn1.context(1)
_STRINGS: Final = (asn1.UTF8_STRING, asn1.OCTET_STRING)
_AUXILIARY: Final = (_TRUST, _REJECT, *_STRINGS, _OTHER)
# OpenSSL asks of no list for the mark of what is constructed, and takes strings in segments.
_KINDS: Final = {
    **{tag & ~asn1.CONSTRUCTED: tag for tag in (_TRUST, _REJECT, _OTHER)},
    **{tag | asn1.CONSTRUCTED: tag for tag in _STRINGS},
}
# No purpose that counts is as long as that.
_LONGEST_OID: Final = 100


class Purposes(NamedTuple):
    """The purposes that OpenSSL's trust settings name, by their OIDs; None where there is no such list."""

    trusted: frozenset[str] | None
    rejected: frozenset[str] | None

    @classmethod
    def of(cls, auxiliary: asn1.Element) -> "Purposes":
        """Those of an X509_CERT_AUX. Raises FormatError for what is none, as OpenSSL reads no certificate then."""
        parts = auxiliary.expect(asn1.SEQUENCE).children()
        kinds = [_KINDS.get(part.tag, part.tag) for part in parts]
        fields = dict(zip(kinds, parts, strict=True))
        in_order = kinds == [kind for kind in _AUXILIARY if kind in fields]
        ends = [asn1.ends_with_length(auxiliary, len(auxiliary.data))]
        ends += [asn1.ends_with_length(part, auxiliary.next) for part in parts]
        if not in_order or any(ends):
            raise FormatError("its trust settings are malformed")
        for kind in fields.keys() & set(_STRINGS):
            collected(fields[kind])  # which raises for what are no segments
        trusted, rejected = (
            frozenset(map(_purpose, fields[tag].inside())) if tag in fields else None for tag in (_TRUST, _REJECT)
        )
        return cls(trusted, rejected)


def _purpose(element: asn1.Element) -> str:
    content = element.expect(asn1.OBJECT_IDENTIFIER).value
    if not content or content[-1] & 0x80 or asn1.is_padded_oid(content):
        raise FormatError("its trust settings are malformed")
    return element.oid() if len(content) < _LONGEST_OID else content.hex()


def by_openssl(auxiliary: asn1.Element) -> str:
    """Why OpenSSL does not trust a certificate with these settings for servers; empty where it does.

    As in obj_trust (crypto/x509/x509_trust.c) a rejected purpose counts first, and where there is a list of trusted
    purposes all others are not. Raises FormatError as `Purposes.of`.
    """
    purposes = Purposes.of(auxiliary)
    if not _FOR_SERVERS.isdisjoint(purposes.rejected or ()):
        return "rejected for server authentication by its OpenSSL trust settings"
    if purposes.trusted is not None and _FOR_SERVERS.isdisjoint(purposes.trusted):
        return "not trusted for server authentication by its OpenSSL trust settings"
    return ""


# p11-kit's persistence format (trust/persist.c, common/lexer.c): objects of "name: value" lines, whose values are
# words, dotted OIDs or strings with percent escapes, and PEM blocks. What it calls malformed is no consent here.
_HEADER: Final = b"[p11-kit-object-v1]"
_OBJECT: Final = re.compile(rb"^[ \t]*\[p11-kit-object-v1\]", re.MULTILINE)
_FIELD: Final = re.compile(rb"^[ \t]*(?P<name>[A-Za-z-]+)[ \t]*:(?P<value>[^\r\n]*)", re.MULTILINE)
_PUBLIC_KEY: Final = re.compile(rb"-----BEGIN PUBLIC KEY-----([^-]*)-----END PUBLIC KEY-----")
_NO: Final = frozenset({b"false", b'"%00"'})
_YES: Final = frozenset({b"true", b'"%01"'})
# An extension with purposes that p11-kit rejects (P11_OID_OPENSSL_REJECT in common/oid.h).
_P11_REJECT: Final = "1.3.6.1.4.1.3319.6.10.1"


class P11Kit(NamedTuple):
    """What the objects of a p11-kit file say against certificates; nothing in a file of another kind.

    Attributes:
        starts: where each object begins.
        reasons: for each object, why its certificate is not trusted; empty where it is.
        keys: the same by encoded SubjectPublicKeyInfo, as extensions are attached to the certificates of a key.
    """

    starts: tuple[int, ...]
    reasons: tuple[str, ...]
    keys: Mapping[bytes, str]

    @classmethod
    def read(cls, data: bytes) -> "P11Kit":
        """What is in a file. Raises FormatError for an attached extension on trusted purposes that cannot be read."""
        starts = tuple(found.start() for found in _OBJECT.finditer(data)) if _HEADER in data else ()
        reasons, keys = [], {}
        for start, end in pairwise([*starts, len(data)]):
            fields: dict[bytes, list[bytes]] = {}
            for found in _FIELD.finditer(data, start, end):
                fields.setdefault(found["name"].lower(), []).append(found["value"].strip())
            reasons.append(_by_attributes(fields))
            key = _PUBLIC_KEY.search(data, start, end)
            if key and (reason := _by_extension(fields)):
                with suppress(binascii.Error):  # then it is the key of no certificate
                    keys[binascii.a2b_base64(key[1])] = reason
        return cls(starts, tuple(reasons), keys)

    def against(self, certificate: Certificate, offset: int) -> str:
        """Why p11-kit does not trust the certificate in the block at `offset`; empty where it does."""
        place = bisect_right(self.starts, offset) - 1
        if place >= 0 and self.reasons[place]:
            return self.reasons[place]
        with suppress(FormatError):  # what is no certificate to anybody has no key
            return self.keys.get(certificate.public_key_der, "") if self.keys else ""
        return ""


def opening(texts: Iterable[bytes]) -> str:
    """The lines that begin an object for a new certificate in a file with these texts; none unless it is p11-kit's."""
    return f"{_HEADER.decode()}\ntrusted: true\n" if any(map(_OBJECT.search, texts)) else ""


def _by_attributes(fields: Mapping[bytes, list[bytes]]) -> str:
    if not _NO.issuperset(fields.get(b"x-distrusted", ())):
        return "distrusted by its p11-kit attributes"
    return "" if _YES.issuperset(fields.get(b"trusted", ())) else "not trusted by its p11-kit attributes"


def _by_extension(fields: Mapping[bytes, list[bytes]]) -> str:
    """Why an object that attaches an extension to a key speaks against its certificates; empty where it does not."""
    if b"x-certificate-extension" not in fields.get(b"class", ()):
        return ""
    for value in fields.get(b"value", ()):
        parts = asn1.read_exactly(_unescaped(value)).expect(asn1.SEQUENCE).children()
        kind = parts[0].oid() if parts else ""
        if kind not in (EXTENDED_KEY_USAGE, _P11_REJECT):
            continue
        content = parts[-1].expect(asn1.OCTET_STRING).value
        purposes = {item.oid() for item in asn1.read_exactly(content).expect(asn1.SEQUENCE).children()}
        if (kind == _P11_REJECT) != _FOR_SERVERS.isdisjoint(purposes):
            return "not trusted for server authentication by an extension in its p11-kit file"
    return ""


def _unescaped(value: bytes) -> bytes:
    from urllib.parse import unquote_to_bytes

    return unquote_to_bytes(value.strip(b'"'))
