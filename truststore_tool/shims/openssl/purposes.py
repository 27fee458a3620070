"""What a certificate may be used for, as `openssl x509 -purpose` says it (v3_purp.c)."""

from collections.abc import Callable
from typing import Final

from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError
from truststore_tool.names import openssl_canonical
from truststore_tool.nouns import noun
from truststore_tool.shims.openssl import extensions, is_newer
from truststore_tool.shims.openssl.certificate import Certificate

# Bits of keyUsage, of its first octet and of the second one beyond it.
_SIGN: Final = 0x80
_NON_REPUDIATION: Final = 0x40
_ENCIPHER: Final = 0x20
_AGREE: Final = 0x08
_CERTIFICATE_SIGN: Final = 0x04
_CRL_SIGN: Final = 0x02
# Bits of Netscape's certificate type.
_NS_CLIENT: Final = 0x80
_NS_SERVER: Final = 0x40
_NS_SMIME: Final = 0x20
_NS_SSL_CA: Final = 0x04
_NS_SMIME_CA: Final = 0x02
_NS_ANY_CA: Final = 0x07
_EMAIL: Final = "1.3.6.1.5.5.7.3.4"
_GATED: Final = (oids.MICROSOFT_GATED, oids.NETSCAPE_GATED)  # Microsoft's and Netscape's server gated crypto
# Those of which a certificate may hold one that can be read, or none.
_WELL_FORMED: Final = (
    oids.BASIC_CONSTRAINTS, oids.PROXY_CERT_INFO, oids.KEY_USAGE, oids.EXTENDED_KEY_USAGE, oids.NETSCAPE_CERT_TYPE,
    oids.SUBJECT_KEY_IDENTIFIER, oids.AUTHORITY_KEY_IDENTIFIER, oids.SUBJECT_ALTERNATIVE_NAME, oids.NAME_CONSTRAINTS,
    oids.CRL_DISTRIBUTION_POINTS,
)  # fmt: skip
# What OpenSSL has a use of that it knows; only these count for time stamping, which must be alone.
_KNOWN_USES: Final = (
    oids.SERVER_AUTH, oids.CLIENT_AUTH, oids.CODE_SIGNING, _EMAIL, oids.TIME_STAMPING, *_GATED, "1.3.6.1.5.5.7.3.9",
    "1.3.6.1.5.5.7.3.10", oids.ANY_EXTENDED_KEY_USAGE,
)  # fmt: skip


@noun
class _Uses:
    """What each extension allows; None where it is not there."""

    authority: bool | None
    key_usage: int | None
    key_usage_critical: bool
    extended: frozenset[str] | None
    extended_critical: bool
    netscape: int | None
    old_root: bool

    def key(self, bits: int) -> bool:
        return self.key_usage is None or bool(self.key_usage & bits)

    def purpose(self, *purposes: str) -> bool:
        return self.extended is None or not self.extended.isdisjoint(purposes)

    def type(self, bits: int) -> bool:
        return self.netscape is None or bool(self.netscape & bits)

    def ca(self) -> int:
        """0 for no CA; 1 for one, and 3 to 5 for what OpenSSL takes for one without basic constraints."""
        if not self.key(_CERTIFICATE_SIGN):
            return 0
        if self.authority is not None:
            return int(self.authority)
        if self.old_root:
            return 3
        if self.key_usage is not None:
            return 4
        return 5 if (self.netscape or 0) & _NS_ANY_CA else 0

    def ca_for(self, bit: int) -> int:
        """The same, where only the Netscape type says CA, of the type with that bit."""
        found = self.ca()
        return found if found != 5 or (self.netscape or 0) & bit else 0


def table(certificate: Certificate) -> bytes:
    """Each purpose, and whether the certificate is good for it itself and as a CA."""
    try:
        uses = _read(certificate)
    except FormatError:
        uses = None
    lines = [b"Certificate purposes:\n"]
    purposes = {**_PURPOSES, **_NEWER_PURPOSES} if is_newer() else _PURPOSES
    for name, check in purposes.items():
        for as_ca in (False, True):
            lines.append(
                b"%s%s : %s\n" % (name, b" CA" if as_ca else b"", _answer(-1 if uses is None else check(uses, as_ca)))
            )
    return b"".join(lines)


def _answer(found: int) -> bytes:
    if found in (0, 1):
        return b"Yes" if found else b"No"
    return b"Yes (WARNING code=%d)" % found


def _read(certificate: Certificate) -> _Uses:
    """Raises FormatError for a certificate with an extension that OpenSSL calls invalid."""
    values: dict[str, asn1.Element] = {}
    for extension in certificate.extensions:
        if extension.oid in _WELL_FORMED:
            if extension.oid in values:
                raise FormatError("an extension twice")
            values[extension.oid] = asn1.read(extension.value)
            extensions.check(extension)
    constraints = values.get(oids.BASIC_CONSTRAINTS)
    authority = None
    if constraints is not None:
        fields = constraints.children()
        authority = bool(fields) and fields[0].tag == asn1.BOOLEAN and fields[0].boolean()
        if fields and fields[-1].tag == asn1.INTEGER and fields[-1].integer() < 0:
            raise FormatError("a negative path length")
    if oids.PROXY_CERT_INFO in values and (
        authority
        or any(certificate.extension(oid) for oid in (oids.SUBJECT_ALTERNATIVE_NAME, oids.ISSUER_ALTERNATIVE_NAME))
    ):
        raise FormatError("a proxy certificate of a CA, or with other names")
    usage, purposes = _bits(values.get(oids.KEY_USAGE)), values.get(oids.EXTENDED_KEY_USAGE)
    if usage == 0:
        raise FormatError("a key usage without a use")
    netscape = _bits(values.get(oids.NETSCAPE_CERT_TYPE))
    return _Uses(
        authority=authority,
        key_usage=usage,
        key_usage_critical=_is_critical(certificate, oids.KEY_USAGE),
        extended=None
        if purposes is None
        else frozenset(p.oid() for p in purposes.children()).intersection(_KNOWN_USES),
        extended_critical=_is_critical(certificate, oids.EXTENDED_KEY_USAGE),
        netscape=None if netscape is None else netscape & 0xFF,
        old_root=certificate.version == 0
        and openssl_canonical(certificate.subject.der) == openssl_canonical(certificate.issuer.der),
    )


def _is_critical(certificate: Certificate, oid: str) -> bool:
    found = certificate.extension(oid)
    return found is not None and found.critical


def _bits(element: asn1.Element | None) -> int | None:
    """The first two octets of a bit string, the first one in the low bits."""
    return None if element is None else int.from_bytes(element.expect(asn1.BIT_STRING).bits()[:2], "little")


def _client(uses: _Uses, as_ca: bool) -> int:
    if not uses.purpose(oids.CLIENT_AUTH):
        return 0
    return bool(uses.ca_for(_NS_SSL_CA)) if as_ca else uses.key(_SIGN | _AGREE) and uses.type(_NS_CLIENT)


def _server(uses: _Uses, as_ca: bool) -> int:
    if not uses.purpose(oids.SERVER_AUTH, *_GATED):
        return 0
    return bool(uses.ca_for(_NS_SSL_CA)) if as_ca else uses.key(_SIGN | _ENCIPHER | _AGREE) and uses.type(_NS_SERVER)


def _netscape_server(uses: _Uses, as_ca: bool) -> int:
    return _server(uses, as_ca) if as_ca or uses.key(_ENCIPHER) else 0


def _mail(bits: int) -> Callable[[_Uses, bool], int]:
    def check(uses: _Uses, as_ca: bool) -> int:
        if not uses.purpose(_EMAIL):
            return 0
        if as_ca:
            return uses.ca_for(_NS_SMIME_CA)
        if not uses.key(bits):
            return 0
        if uses.type(_NS_SMIME):
            return 1
        return 2 if uses.type(_NS_CLIENT) else 0

    return check


def _time_stamp(uses: _Uses, as_ca: bool) -> int:
    if as_ca:
        return uses.ca()
    signing = _SIGN | _NON_REPUDIATION
    if uses.key_usage is not None and (uses.key_usage & ~signing or not uses.key_usage & signing):
        return 0
    return uses.extended == frozenset((oids.TIME_STAMPING,)) and uses.extended_critical


def _code_signing(uses: _Uses, as_ca: bool) -> int:
    if as_ca:
        return uses.ca()
    usage, extended = uses.key_usage or 0, uses.extended or frozenset()
    if not usage & _SIGN or usage & (_CERTIFICATE_SIGN | _CRL_SIGN) or not uses.key_usage_critical:
        return 0
    return oids.CODE_SIGNING in extended and extended.isdisjoint((oids.ANY_EXTENDED_KEY_USAGE, oids.SERVER_AUTH))


_PURPOSES: Final[dict[bytes, Callable[[_Uses, bool], int]]] = {
    b"SSL client": _client,
    b"SSL server": _server,
    b"Netscape SSL server": _netscape_server,
    b"S/MIME signing": _mail(_SIGN | _NON_REPUDIATION),
    b"S/MIME encryption": _mail(_ENCIPHER),
    b"CRL signing": lambda uses, as_ca: uses.ca() if as_ca else uses.key(_CRL_SIGN),
    b"Any Purpose": lambda _uses, _as_ca: 1,
    b"OCSP helper": lambda uses, as_ca: uses.ca() if as_ca else 1,
    b"Time Stamp signing": _time_stamp,
}
# Since 3.2.
_NEWER_PURPOSES: Final[dict[bytes, Callable[[_Uses, bool], int]]] = {b"Code signing": _code_signing}
