"""A server's certificate as an authority would issue it, to be judged before anybody has issued it.

It is a whole certificate but for its signature, which only the authority can make: that is taken for granted, and a
digest of the authority's key stands in its place. Readers judge it as they judge any other.
"""

import hashlib
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Final

from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError
from truststore_tool.model import Certificate

_SHA256: Final = asn1.sequence(asn1.oid(oids.SHA256), asn1.null())
# RFC 4055, 3.1: of RSASSA-PSS, the digest, the mask's, and the length of the salt.
_PSS: Final = asn1.sequence(
    asn1.explicit(0, _SHA256),
    asn1.explicit(1, asn1.sequence(asn1.oid("1.2.840.113549.1.1.8"), _SHA256)),
    asn1.explicit(2, asn1.integer(32)),
)
# How a key of each kind signs with SHA-256, the digest of our days (RFC 4055, RFC 5758, RFC 8410).
_SIGNATURES: Final = {
    oids.RSA: asn1.sequence(asn1.oid("1.2.840.113549.1.1.11"), asn1.null()),
    oids.RSA_PSS: asn1.sequence(asn1.oid(oids.RSA_PSS), _PSS),
    oids.EC: asn1.sequence(asn1.oid("1.2.840.10045.4.3.2")),
    oids.DSA: asn1.sequence(asn1.oid(oids.DSA_SHA256)),
    oids.ED25519: asn1.sequence(asn1.oid(oids.ED25519)),
    oids.ED448: asn1.sequence(asn1.oid(oids.ED448)),
}
# The base point of P-256 as a key (SEC 2, 2.4.2): one that all clients take.
_POINT: Final = bytes.fromhex(
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)
_KEY: Final = asn1.sequence(
    asn1.sequence(asn1.oid(oids.EC), asn1.oid("1.2.840.10045.3.1.7")), asn1.tlv(asn1.BIT_STRING, b"\0", _POINT)
)
_MOMENT: Final = timedelta(minutes=1)


class Promised(Certificate):
    """A certificate whose signature is taken for granted."""

    __slots__ = ()

    def is_signed_with_key_of(self, issuer: Certificate) -> bool:
        """Whether it was promised by an authority with that key."""
        return self.der.endswith(_stand_in(issuer))


def promise(authority: Certificate, at: datetime, like: Certificate | None = None, host: str | None = None) -> Promised:
    """The certificate that `authority` would issue to a server.

    Args:
        authority: whoever it is; whether it may issue anything is for the readers to say.
        at: a moment (aware) at which it is to be valid.
        like: a server's certificate whose subject, key and extensions it takes over; otherwise it has a key on P-256,
            the usual extensions for a TLS server, and
        host: as the only name that it is for.

    Raises FormatError when `authority` or `like` cannot be read, or the authority's key is of a kind that is not known.
    """
    signature = _signature_of(authority)
    identifier = authority.extension(oids.SUBJECT_KEY_IDENTIFIER)
    if like is None:
        version, serial = 3, 1
        subject, key, extensions = _name("server"), _KEY, _usual(host)
    else:
        version, serial = like.version, like.serial_number
        subject, key = like.subject_der, like.public_key_der
        of_the_issuer = (oids.AUTHORITY_KEY_IDENTIFIER, oids.ISSUER_ALTERNATIVE_NAME)
        extensions = [(e.oid, e.critical, e.value) for e in like.extensions if e.oid not in of_the_issuer]
    if identifier is not None and version == 3:
        octets = asn1.read_exactly(identifier.value).expect(asn1.OCTET_STRING).value
        named = asn1.tlv(asn1.context(0, constructed=False), octets)
        extensions = [*extensions, (oids.AUTHORITY_KEY_IDENTIFIER, False, asn1.sequence(named))]
    body = asn1.sequence(
        *([asn1.explicit(0, asn1.integer(version - 1))] if version > 1 else []),
        asn1.integer(serial),
        signature,
        authority.subject_der,
        asn1.sequence(_time(at - _MOMENT), _time(at + _MOMENT)),
        subject,
        key,
        *([asn1.explicit(3, asn1.sequence(*map(_extension, extensions)))] if extensions else []),
    )
    return Promised(asn1.sequence(body, signature, asn1.tlv(asn1.BIT_STRING, b"\0", _stand_in(authority))))


def _stand_in(authority: Certificate) -> bytes:
    return hashlib.sha256(authority.public_key_der).digest()


def _signature_of(authority: Certificate) -> bytes:
    """The AlgorithmIdentifier of what its key signs."""
    algorithm, _ = asn1.read_exactly(authority.public_key_der).fields(2, 2)
    kind = algorithm.expect(asn1.SEQUENCE).fields(1, 2)[0].oid()
    if kind not in _SIGNATURES:
        raise FormatError("its key is of a kind that is not known here")
    return _SIGNATURES[kind]


_Extension = tuple[str, bool, bytes]


def _usual(host: str | None) -> list[_Extension]:
    """The extensions of a TLS server for that host: keyUsage digitalSignature, and serverAuth."""
    names = [] if host is None else [(oids.SUBJECT_ALTERNATIVE_NAME, False, asn1.sequence(_general_name(host)))]
    return [
        (oids.BASIC_CONSTRAINTS, True, asn1.sequence()),
        (oids.KEY_USAGE, True, asn1.tlv(asn1.BIT_STRING, b"\7\x80")),
        (oids.EXTENDED_KEY_USAGE, False, asn1.sequence(asn1.oid(oids.SERVER_AUTH))),
        *names,
    ]


def _general_name(host: str) -> bytes:
    """A dNSName or iPAddress (RFC 5280, 4.2.1.6)."""
    try:
        return asn1.tlv(asn1.context(7, constructed=False), ip_address(host).packed)
    except ValueError:
        return asn1.tlv(asn1.context(2, constructed=False), host.encode("idna"))


def _extension(extension: _Extension) -> bytes:
    oid, critical, value = extension
    return asn1.sequence(
        asn1.oid(oid), *([asn1.tlv(asn1.BOOLEAN, b"\xff")] if critical else []), asn1.octet_string(value)
    )


def _name(common: str) -> bytes:
    attribute = asn1.sequence(asn1.oid("2.5.4.3"), asn1.tlv(asn1.UTF8_STRING, common.encode()))
    return asn1.sequence(asn1.set_of(attribute))


def _time(moment: datetime) -> bytes:
    """UTCTime until 2049, GeneralizedTime afterwards (RFC 5280, 4.1.2.5); `moment` is in UTC."""
    if moment.year < 2050:
        return asn1.tlv(asn1.UTC_TIME, f"{moment:%y%m%d%H%M%SZ}".encode())
    return asn1.tlv(asn1.GENERALIZED_TIME, f"{moment:%Y%m%d%H%M%SZ}".encode())
