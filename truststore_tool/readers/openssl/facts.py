"""What OpenSSL notes of a certificate before it judges a chain (v3_purp.c, ossl_x509v3_cache_extensions)."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple, TypeVar

from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError
from truststore_tool.extensions import Extension
from truststore_tool.model import Certificate
from truststore_tool.names import openssl_canonical
from truststore_tool.nouns import noun
from truststore_tool.readers.openssl import certificate as parsed
from truststore_tool.readers.openssl import strength
from truststore_tool.readers.openssl.certificate import Fields
from truststore_tool.readers.openssl.keys import signs_as
from truststore_tool.readers.openssl.strength import Key, Signature

T = TypeVar("T")

_ADDRESS_BLOCKS: Final = "1.3.6.1.5.5.7.1.7"
_SYSTEM_NUMBERS: Final = "1.3.6.1.5.5.7.1.8"
# Those that it knows what to do with when they are critical (X509_supported_extension).
_SUPPORTED: Final = {
    oids.NETSCAPE_CERT_TYPE, oids.KEY_USAGE, oids.SUBJECT_ALTERNATIVE_NAME, oids.BASIC_CONSTRAINTS,
    oids.CERTIFICATE_POLICIES, oids.CRL_DISTRIBUTION_POINTS, oids.EXTENDED_KEY_USAGE, _ADDRESS_BLOCKS,
    _SYSTEM_NUMBERS, oids.OCSP_NO_CHECK, oids.POLICY_CONSTRAINTS, oids.PROXY_CERT_INFO, oids.NAME_CONSTRAINTS,
    oids.POLICY_MAPPINGS, oids.INHIBIT_ANY_POLICY,
}  # fmt: skip

OTHER, EMAIL, DNS, DIRECTORY, URI, ADDRESS = 0, 1, 2, 4, 6, 7
# The tag of each kind of GeneralName (RFC 5280, 4.2.1.6), the number of the kind being the tag's own.
_GENERAL_NAMES: Final = {asn1.context(n, constructed=n in (0, 3, 4, 5)): n for n in range(9)}
_MINIMUM: Final = asn1.context(0, constructed=False)
_MAXIMUM: Final = asn1.context(1, constructed=False)


class GeneralName(NamedTuple):
    """A GeneralName: the number of its kind, and its content; of a directoryName the canonical form.

    The type of an otherName is part of its content.
    """

    kind: int
    content: bytes


class Subtree(NamedTuple):
    """A GeneralSubtree (RFC 5280, 4.2.1.10); `plain` when minimum is 0 and maximum absent, as it must be."""

    base: GeneralName
    plain: bool


class Constraints(NamedTuple):
    """Name constraints."""

    permitted: tuple[Subtree, ...]
    excluded: tuple[Subtree, ...]


class AuthorityKey(NamedTuple):
    """An authority key identifier: key, issuer (canonical; the first directoryName) and serial number."""

    key: bytes | None
    issuer: bytes | None
    serial: int | None


@noun
class Facts:
    """What OpenSSL knows of a certificate. What it has no extension for is None.

    Attributes:
        certificate: the certificate.
        fields: its fields.
        is_ca, path_length: of basic constraints.
        key_usage: its bits, the first octet's 0x80 being digitalSignature.
        purposes: of the extended key usage.
        netscape: the bits of Netscape's certificate type.
        subject_key, authority_key: the identifiers.
        names: subject alternative names.
        constraints: name constraints.
        unknown_critical: the first critical extension that it does not support.
        is_proxy: whether it is a proxy certificate (RFC 3820).
        has_resources: whether it lists addresses or systems (RFC 3779), which is not understood here.
        key, signature: None where not known here.
    """

    certificate: Certificate
    fields: Fields
    is_ca: bool | None
    path_length: int | None
    key_usage: int | None
    purposes: frozenset[str] | None
    netscape: int | None
    subject_key: bytes | None
    authority_key: AuthorityKey | None
    names: tuple[GeneralName, ...] | None
    constraints: Constraints | None
    unknown_critical: str | None
    is_proxy: bool
    has_resources: bool
    key: Key | None
    signature: Signature | None

    @property
    def subject(self) -> bytes:
        """The subject, canonical."""
        return self.fields.subject

    @property
    def issuer(self) -> bytes:
        """The issuer, canonical."""
        return self.fields.issuer

    @property
    def is_self_issued(self) -> bool:
        """EXFLAG_SI."""
        return self.subject == self.issuer

    @property
    def is_self_signed(self) -> bool:
        """EXFLAG_SS: names and identifiers fit, and the key could have made the signature, which nobody checks."""
        return self.is_self_issued and self.may_have_issued(self)

    def may_have_issued(self, child: "Facts") -> bool:
        """Whether nothing but the signature can speak against it (ossl_x509_likely_issued, X509_check_akid)."""
        wanted = child.authority_key
        if self.subject != child.issuer:
            return False
        if not signs_as(self.fields.public_key, child.fields.inner_algorithm):
            return False
        return wanted is None or (
            (None in (wanted.key, self.subject_key) or wanted.key == self.subject_key)
            and wanted.serial in (None, self.fields.serial)
            and wanted.issuer in (None, self.issuer)
        )


@lru_cache(maxsize=1024)
def facts(certificate: Certificate) -> Facts:
    """Read a certificate. Raises FormatError where OpenSSL finds an extension malformed or twice, and for all that
    it may well read and this does not, such as BER."""
    fields = parsed.read(certificate.der)
    read = _Reader(fields.extensions)
    is_ca, path_length = read.extension(oids.BASIC_CONSTRAINTS, _basic_constraints) or (None, None)
    read.extension(oids.CRL_DISTRIBUTION_POINTS, _check_points)
    return Facts(
        certificate=certificate,
        fields=fields,
        is_ca=is_ca,
        path_length=path_length,
        key_usage=read.extension(oids.KEY_USAGE, _usage),
        purposes=read.extension(oids.EXTENDED_KEY_USAGE, _purposes),
        netscape=read.extension(oids.NETSCAPE_CERT_TYPE, _bits),
        subject_key=read.extension(oids.SUBJECT_KEY_IDENTIFIER, _octets),
        authority_key=read.extension(oids.AUTHORITY_KEY_IDENTIFIER, _authority_key),
        names=read.extension(oids.SUBJECT_ALTERNATIVE_NAME, _general_names),
        constraints=read.extension(oids.NAME_CONSTRAINTS, _name_constraints),
        unknown_critical=next((e.oid for e in fields.extensions if e.critical and e.oid not in _SUPPORTED), None),
        is_proxy=any(e.oid == oids.PROXY_CERT_INFO for e in fields.extensions),
        has_resources=any(e.oid in (_ADDRESS_BLOCKS, _SYSTEM_NUMBERS) for e in fields.extensions),
        key=strength.public_key(certificate),
        signature=strength.signature(certificate),
    )


def is_surely_malformed(certificate: Certificate) -> bool:
    """Whether OpenSSL, too, finds an extension malformed or twice (EXFLAG_INVALID), and takes it for nobody's issuer.

    So it is where the extension is DER and yet is not what it should be; what is BER is left open.
    """
    extensions = parsed.read(certificate.der).extensions
    values = {oid: [e.value for e in extensions if e.oid == oid] for oid in _PARSERS}
    return any(len(found) > 1 or any(is_malformed(oid, value) for value in found) for oid, found in values.items())


def is_malformed(oid: str, value: bytes) -> bool:
    """Whether the value of an extension of that kind is DER, and yet not what it should be."""
    try:
        _PARSERS[oid](value)
    except FormatError:
        return _is_plain(value)
    return False


class _Reader:
    """Reads the extensions of one certificate, each of which may be there once (X509V3_get_d2i)."""

    def __init__(self, extensions: tuple[Extension, ...]) -> None:
        self._extensions = extensions

    def extension(self, oid: str, parse: Callable[[bytes], T]) -> T | None:
        found = [e.value for e in self._extensions if e.oid == oid]
        if len(found) > 1:
            raise FormatError("the same extension twice")
        if found and len(found[0]) > 2 and found[0][1] & 0x80 and not any(found[0][2:]):
            raise FormatError("a length in long form with nothing behind it")  # asn1_get_length: too long
        return parse(found[0]) if found else None


def _integer(element: asn1.Element) -> int:
    """An INTEGER, whatever its tag; padding is refused (c2i_ibuf)."""
    content = element.value
    padded = len(content) > 1 and content[0] in (0, 0xFF) and (content[0] ^ content[1]) < 0x80
    if not content or padded:
        raise FormatError("malformed INTEGER")
    return int.from_bytes(content, "big", signed=True)


def _bits(data: bytes) -> int:
    """The first two octets of a BIT STRING, the second one above the first."""
    return int.from_bytes(asn1.read_exactly(data).expect(asn1.BIT_STRING).bits()[:2], "little")


def _usage(data: bytes) -> int:
    usage = _bits(data)
    if not usage:
        raise FormatError("an empty key usage")
    return usage


def _octets(data: bytes) -> bytes:
    return asn1.read_exactly(data).expect(asn1.OCTET_STRING).value


def _purposes(data: bytes) -> frozenset[str]:
    return frozenset(item.oid() for item in asn1.read_exactly(data).expect(asn1.SEQUENCE).children())


def _basic_constraints(data: bytes) -> tuple[bool, int | None]:
    parts = asn1.read_exactly(data).expect(asn1.SEQUENCE).fields(0, 2)
    is_ca = False
    if parts and parts[0].tag == asn1.BOOLEAN:
        if len(parts[0].value) != 1:
            raise FormatError("malformed BOOLEAN")
        is_ca = parts.pop(0).boolean()
    if not parts:
        return is_ca, None
    length = _integer(parts.pop(0).expect(asn1.INTEGER))
    if length < 0 or parts:
        raise FormatError("malformed basic constraints")
    return is_ca, length


def _tagged(element: asn1.Element, last: int, constructed: tuple[int, ...]) -> dict[int, asn1.Element]:
    """The optional fields of a SEQUENCE, by number, which must ascend to `last` at most."""
    found: dict[int, asn1.Element] = {}
    for item in element.expect(asn1.SEQUENCE).items():
        number = item.tag & 0x1F
        if number > last or number <= max(found, default=-1):
            raise FormatError("a field out of place")
        found[number] = item.expect(asn1.context(number, constructed=number in constructed))
    return found


def _authority_key(data: bytes) -> AuthorityKey:
    fields = _tagged(asn1.read_exactly(data), 2, (1,))
    names = _names_in(fields[1]) if 1 in fields else ()
    return AuthorityKey(
        key=fields[0].value if 0 in fields else None,
        issuer=next((name.content for name in names if name.kind == DIRECTORY), None),
        serial=_integer(fields[2]) if 2 in fields else None,
    )


def _general_names(data: bytes) -> tuple[GeneralName, ...]:
    return _names_in(asn1.read_exactly(data).expect(asn1.SEQUENCE))


def _names_in(element: asn1.Element) -> tuple[GeneralName, ...]:
    return tuple(map(_general_name, element.children()))


def _general_name(element: asn1.Element) -> GeneralName:
    kind = _GENERAL_NAMES.get(element.tag)
    match kind:
        case None:
            raise FormatError("no GeneralName")
        case 4:
            (name,) = element.fields(1, 1)
            return GeneralName(kind, openssl_canonical(name.raw))
        case 0:
            oid, value = element.fields(2, 2)
            value.expect(asn1.context(0)).fields(1, 1)
            return GeneralName(kind, oid.expect(asn1.OBJECT_IDENTIFIER).raw + value.raw)
        case 5:
            raise FormatError("an ediPartyName, which is not read here")
        case 8:
            asn1.decode_oid(element.value)
    return GeneralName(kind, element.value)


def _name_constraints(data: bytes) -> Constraints:
    fields = _tagged(asn1.read_exactly(data), 1, (0, 1))
    permitted, excluded = (
        tuple(map(_subtree, fields[number].children())) if number in fields else () for number in (0, 1)
    )
    return Constraints(permitted, excluded)


def _subtree(element: asn1.Element) -> Subtree:
    base, *limits = element.expect(asn1.SEQUENCE).fields(1, 3)
    values = {limit.tag: _integer(limit) for limit in limits}
    if sorted(values) != [limit.tag for limit in limits] or not values.keys() <= {_MINIMUM, _MAXIMUM}:
        raise FormatError("malformed limits of a name constraint")
    return Subtree(_general_name(base), values.get(_MINIMUM, 0) == 0 and _MAXIMUM not in values)


def _check_points(data: bytes) -> bool:
    """The shape of CRL distribution points (setup_crldp); what is in them does not matter without CRLs."""
    for point in asn1.read_exactly(data).expect(asn1.SEQUENCE).children():
        fields = _tagged(point, 2, (0, 2))
        if 0 in fields:
            (name,) = fields[0].fields(1, 1)
            match name.tag:
                case 0xA0:
                    _names_in(name)
                case 0xA1:
                    openssl_canonical(asn1.sequence(asn1.tlv(asn1.SET, name.value)))
                case _:
                    raise FormatError("no DistributionPointName")
        if 1 in fields:
            fields[1].bits()
        if 2 in fields:
            _names_in(fields[2])
    return True


def _is_plain(data: bytes) -> bool:
    """Whether it is cut into elements as DER is, none of them such that it is read in another way than here."""

    def plain(element: asn1.Element) -> bool:
        if element.next != element.stop or element.tag in _STRANGE:
            return False
        if not element.tag & asn1.CONSTRUCTED:
            return element.tag != asn1.BIT_STRING or len(element.value) != 1 or element.value == b"\0"
        universal = element.tag < 0x40
        return not (universal and element.tag not in (asn1.SEQUENCE, asn1.SET)) and all(map(plain, element.children()))

    try:
        return plain(asn1.read_exactly(data))
    except FormatError:
        return False


_STRANGE: Final = (0x00, asn1.context(5))  # an end of contents; an ediPartyName
_PARSERS: Final[dict[str, Callable[[bytes], object]]] = {
    oids.BASIC_CONSTRAINTS: _basic_constraints,
    oids.CRL_DISTRIBUTION_POINTS: _check_points,
    oids.KEY_USAGE: _usage,
    oids.EXTENDED_KEY_USAGE: _purposes,
    oids.NETSCAPE_CERT_TYPE: _bits,
    oids.SUBJECT_KEY_IDENTIFIER: _octets,
    oids.AUTHORITY_KEY_IDENTIFIER: _authority_key,
    oids.SUBJECT_ALTERNATIVE_NAME: _general_names,
    oids.NAME_CONSTRAINTS: _name_constraints,
}
