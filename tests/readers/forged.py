"""Certificates that a root seems to have issued: all is right with them but the signature."""

from datetime import UTC, datetime
from typing import Final

from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError
from truststore_tool.model import Certificate
from truststore_tool.readers.chains import key_identifier

_YEARS: Final = (b"200101000000Z", b"491231235959Z")
_SUBJECT: Final = asn1.sequence(
    asn1.set_of(asn1.sequence(asn1.oid("2.5.4.3"), asn1.tlv(asn1.UTF8_STRING, b"leaf.example")))
)
_RSA: Final = "1.2.840.113549.1.1.1"
_BY_KEY: Final = {
    _RSA: asn1.sequence(asn1.oid("1.2.840.113549.1.1.11"), asn1.null()),
    "1.2.840.10045.2.1": asn1.sequence(asn1.oid("1.2.840.10045.4.3.2")),
    "1.2.840.10040.4.1": asn1.sequence(asn1.oid("2.16.840.1.101.3.4.3.2")),
}


def below(root: Certificate) -> bytes:
    """A server's certificate as RFC 5280 wants it, with the root's own key, and a signature of zeros."""
    kind = asn1.read(root.public_key_der).inner().inner().oid()
    algorithm = _BY_KEY.get(kind, asn1.sequence(asn1.oid(kind)))
    validity = asn1.sequence(*(asn1.tlv(asn1.UTC_TIME, time) for time in _YEARS))
    names = asn1.sequence(asn1.tlv(asn1.context(2, constructed=False), b"leaf.example"))
    key = asn1.sequence(asn1.tlv(asn1.context(0, constructed=False), _key_of(root)))
    extensions = asn1.sequence(
        *(
            asn1.sequence(asn1.oid(oid), asn1.octet_string(value))
            for oid, value in ((oids.SUBJECT_ALTERNATIVE_NAME, names), (oids.AUTHORITY_KEY_IDENTIFIER, key))
        )
    )
    body = asn1.sequence(
        asn1.explicit(0, asn1.integer(2)),
        asn1.integer(int(datetime(2020, 1, 1, tzinfo=UTC).timestamp())),
        algorithm,
        root.subject_der,
        validity,
        _SUBJECT,
        root.public_key_der,
        asn1.explicit(3, extensions),
    )
    return asn1.sequence(body, algorithm, asn1.tlv(asn1.BIT_STRING, bytes(257)))


def _key_of(root: Certificate) -> bytes:
    try:
        return key_identifier(root) or b"none"
    except FormatError:
        return b"none"
