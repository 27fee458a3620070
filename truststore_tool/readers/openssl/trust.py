"""Whether a certificate that OpenSSL holds is a trust anchor to it, by what is in the file alone.

Dates, the size of keys and the digest of signatures count when a chain is judged, and depend on the moment and on the
security level: they are not looked at here.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from truststore_tool import asn1, oids
from truststore_tool.asn1 import Element
from truststore_tool.errors import FormatError
from truststore_tool.extensions import Extension
from truststore_tool.formats.pem import distrust
from truststore_tool.readers.openssl.certificate import Fields, check_oid, items_of
from truststore_tool.readers.openssl.keys import signs_as

NOT_SELF_SIGNED: Final = "it is not self-signed: OpenSSL goes on to its issuer, which has to be there, too"
UNHANDLED: Final = "unhandled critical extension"
# The extensions that may be critical (X509_supported_extension in v3_purp.c).
_HANDLED: Final = frozenset(
    {
        oids.NETSCAPE_CERT_TYPE,
        oids.KEY_USAGE,
        oids.SUBJECT_ALTERNATIVE_NAME,
        oids.BASIC_CONSTRAINTS,
        oids.CERTIFICATE_POLICIES,
        oids.CRL_DISTRIBUTION_POINTS,
        oids.EXTENDED_KEY_USAGE,
        "1.3.6.1.5.5.7.1.7",  # blocks of IP addresses (RFC 3779)
        "1.3.6.1.5.5.7.1.8",  # numbers of autonomous systems
        oids.OCSP_NO_CHECK,
        oids.POLICY_CONSTRAINTS,
        "1.3.6.1.5.5.7.1.14",  # of proxies (RFC 3820)
        oids.NAME_CONSTRAINTS,
        oids.POLICY_MAPPINGS,
        oids.INHIBIT_ANY_POLICY,
    }
)
_KEY_CERT_SIGN: Final = 5
_EXPLICIT_ISSUER = asn1.context(1)
_KEY_ID, _SERIAL = asn1.context(0, constructed=False), asn1.context(2, constructed=False)
_GENERAL_NAMES: Final = tuple(asn1.context(number, constructed=False) for number in range(9))
_DIRECTORY_NAME: Final = asn1.context(4)


class Uses(NamedTuple):
    """What the extensions say that bear on trust (ossl_x509v3_cache_extensions); None where there is no such one.

    Attributes:
        constraints: of basicConstraints whether it is critical, cA, and whether there is a pathLenConstraint.
        key_usage: the bits of keyUsage.
        subject_key: subjectKeyIdentifier.
        authority_key: keyIdentifier, issuer names and serial number of authorityKeyIdentifier.
        names: how many subjectAltNames there are.
    """

    constraints: tuple[bool, bool, bool] | None
    key_usage: Element | None
    subject_key: bytes | None
    authority_key: tuple[bytes | None, list[Element], int | None] | None
    names: int | None

    @property
    def is_ca(self) -> bool:
        """Whether basicConstraints say so."""
        return self.constraints is not None and self.constraints[1]

    def may(self, bit: int) -> bool:
        """Whether keyUsage, if there is any, allows a use."""
        return self.key_usage is None or self.key_usage.bit(bit)


def uses(fields: Fields) -> Uses:
    """The extensions of a certificate. Raises FormatError where OpenSSL calls one of them invalid."""
    constraints = key_usage = subject_key = authority_key = names = None
    found_in = _Extensions(fields)
    if found := found_in.single(oids.BASIC_CONSTRAINTS):
        ca, length = _members(found.value, asn1.BOOLEAN, asn1.INTEGER)
        if (length and (not length.value or length.integer() < 0)) or (ca and len(ca.value) != 1):
            raise FormatError("malformed basicConstraints")
        constraints = found.critical, ca is not None and ca.boolean(), length is not None
    if found := found_in.single(oids.KEY_USAGE):
        key_usage = asn1.read(found.value).expect(asn1.BIT_STRING)
        if not any(key_usage.bits()[:2]):
            raise FormatError("a keyUsage without any use")
    if found := found_in.single(oids.EXTENDED_KEY_USAGE):
        for purpose in items_of(asn1.read(found.value), asn1.SEQUENCE):
            check_oid(purpose)
    if found := found_in.single(oids.SUBJECT_KEY_IDENTIFIER):
        subject_key = asn1.read(found.value).expect(asn1.OCTET_STRING).value
    if found := found_in.single(oids.AUTHORITY_KEY_IDENTIFIER):
        key, issuers, serial = _members(found.value, _KEY_ID, _EXPLICIT_ISSUER, _SERIAL)
        number = int.from_bytes(serial.value, "big", signed=True) if serial else None
        authority_key = key.value if key else None, issuers.children() if issuers else [], number
    if found := found_in.single(oids.SUBJECT_ALTERNATIVE_NAME):
        items = items_of(asn1.read(found.value), asn1.SEQUENCE)
        if any(item.tag & ~asn1.CONSTRUCTED not in _GENERAL_NAMES for item in items):
            raise FormatError("malformed subjectAltName")
        names = len(items)
    if found := found_in.single(oids.NAME_CONSTRAINTS):
        _members(found.value, asn1.context(0), asn1.context(1))
    for oid in (oids.CRL_DISTRIBUTION_POINTS, oids.NETSCAPE_CERT_TYPE):
        if found := found_in.single(oid):
            from truststore_tool.readers.openssl import facts

            if facts.is_malformed(oid, found.value):
                raise FormatError("a malformed extension")
    if found_in.single(oids.PROXY_CERT_INFO) and (names is not None or (constraints is not None and constraints[1])):
        raise FormatError("a proxy certificate with a name or authority of its own")
    return Uses(constraints, key_usage, subject_key, authority_key, names)


def _members(value: bytes, *tags: int) -> list[Element | None]:
    """The elements of a SEQUENCE by their tags, in this order, all optional. Raises FormatError for any others."""
    found = asn1.read(value).expect(asn1.SEQUENCE).fields(0, len(tags))
    members = [found.pop(0) if found and found[0].tag == tag else None for tag in tags]
    if found:
        raise FormatError("a malformed extension")
    return members


class _Extensions:
    """The extensions of a certificate by their OIDs."""

    def __init__(self, fields: Fields) -> None:
        self._found = {extension.oid: extension for extension in fields.extensions}
        self._all = [extension.oid for extension in fields.extensions]

    def single(self, oid: str) -> Extension | None:
        """The extension with that OID. Raises FormatError where there are two."""
        found = self._found.get(oid)
        if found and self._all.count(oid) > 1:
            raise FormatError(f"two extensions {oid}")
        return found


def why_not(fields: Fields, settings: Element | None, *, partial: bool, strict: bool) -> str | None:
    """Why a certificate is no trust anchor for TLS servers, None where it is (check_trust in x509_vfy.c).

    Args:
        fields: the certificate.
        settings: the trust settings of a TRUSTED CERTIFICATE.
        partial: whether any certificate may end a chain (X509_V_FLAG_PARTIAL_CHAIN).
        strict: whether RFC 5280 is insisted on (X509_V_FLAG_X509_STRICT).
    """
    if reason := distrust.by_openssl(settings) if settings else "":
        return reason
    trusted = explicit(settings) is True
    try:
        found = uses(fields)
    except FormatError as exc:
        return None if trusted and not strict else f"its extensions are invalid: {exc.message}"
    if not (trusted or partial or is_self_signed(fields, found)):
        return NOT_SELF_SIGNED
    if any(extension.critical and extension.oid not in _HANDLED for extension in fields.extensions):
        return UNHANDLED
    return next(_strict(fields, found), None) if strict else None


def explicit(settings: Element | None) -> bool | None:
    """Whether trust settings trust a certificate for servers as it stands, or reject it; None where they are silent.

    Raises FormatError for what are no settings (obj_trust in x509_trust.c).
    """
    if settings is None:
        return None
    if distrust.by_openssl(settings):
        return False
    return True if distrust.Purposes.of(settings).trusted is not None else None


def is_self_signed(fields: Fields, found: Uses) -> bool:
    """Whether names, authority key identifier and kind of key fit (EXFLAG_SS); the signature is not verified."""
    if fields.issuer != fields.subject or not signs_as(fields.public_key, fields.inner_algorithm):
        return False
    key, issuers, serial = found.authority_key or (None, [], None)
    if key is not None and found.subject_key is not None and key != found.subject_key:
        return False
    if serial is not None and serial != fields.serial:
        return False
    named = next((name for name in issuers if name.tag == _DIRECTORY_NAME), None)
    return named is None or _canonical(named) == fields.issuer


def _canonical(name: Element) -> bytes | None:
    from truststore_tool.names import openssl_canonical

    try:
        return openssl_canonical(name.inner().raw)
    except FormatError:
        return None


def _strict(fields: Fields, found: Uses) -> Iterator[str]:
    """What X509_V_FLAG_X509_STRICT has against a root, in OpenSSL's words (check_extensions in x509_vfy.c).

    A certificate that says that it is no authority can end a chain of its own only, in which nothing is asked of it.
    """
    if not found.is_ca:
        if found.constraints is None:
            yield "invalid CA certificate"
        return
    if not found.may(_KEY_CERT_SIGN):
        yield "invalid CA certificate"
    critical, _ca, length = found.constraints or (False, False, False)
    if length and found.key_usage is None:
        yield "Path length given without key usage keyCertSign"
    if not critical:
        yield "Basic Constraints of CA cert not marked critical"
    if found.key_usage is None:
        yield "CA cert does not include key usage extension"
    if not fields.issuer:
        yield "Issuer name empty"
    if not fields.subject:
        yield "Subject name empty"
    if found.names == 0:
        yield "Empty Subject Alternative Name extension"
    if fields.inner_algorithm != fields.outer_algorithm:
        yield "cert info signature and signature algorithm mismatch"
    if fields.version >= 2 and found.subject_key is None:
        yield "Missing Subject Key Identifier"
    if fields.version < 2 and fields.extensions:
        yield "Using cert extension requires at least X509v3"
