"""What the JDK knows of a certificate when it judges a chain (X509CertImpl's getters, as PKIX calls them)."""

from datetime import datetime
from functools import lru_cache
from typing import Final

from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError
from truststore_tool.extensions import Extension as Raw
from truststore_tool.model import Certificate
from truststore_tool.nouns import noun
from truststore_tool.readers.java import der, general_names
from truststore_tool.readers.java.algorithms import PublicKey
from truststore_tool.readers.java.canonical import CanonicalName, canonical_name
from truststore_tool.readers.java.certificate import JavaCertificate
from truststore_tool.readers.java.constraints import Extension
from truststore_tool.readers.java.extensions import is_readable
from truststore_tool.readers.java.general_names import GeneralName

NO_LIMIT: Final = 2**31 - 1


@noun
class Facts:
    """A certificate that the JDK takes. What has no extension, or one that Java cannot read, is None.

    Attributes:
        certificate: the certificate.
        version: 1, 2 or 3.
        subject, issuer: as Java compares names.
        not_before, not_after: its validity.
        path_length: how many authorities may stand below it (getBasicConstraints): -1 for one that is no authority.
        key_usage: its bits, the first for digitalSignature.
        purposes: of the extended key usage.
        subject_key: the encoded key identifier.
        authority_key, authority_serial: of the authority key identifier, the key encoded in the same way.
        names: subject alternative names.
        constraints: name constraints.
        critical: the critical extensions.
        serves: whether Netscape's certificate type, if there is one, allows a TLS server.
        key: the public key; `signature`: Java's name of how it is signed.
        wants_policies: for how many certificates below it none needs policies (requireExplicitPolicy).
        unclear: what of it is not understood here, or empty.
    """

    certificate: Certificate
    version: int
    subject: CanonicalName
    issuer: CanonicalName
    not_before: datetime
    not_after: datetime
    path_length: int
    key_usage: tuple[bool, ...] | None
    purposes: frozenset[str] | None
    subject_key: bytes | None
    authority_key: bytes | None
    authority_serial: int | None
    names: tuple[GeneralName, ...] | None
    constraints: Extension | None
    critical: frozenset[str]
    serves: bool
    key: PublicKey
    signature: str
    wants_policies: int | None
    unclear: str

    @property
    def is_self_issued(self) -> bool:
        """X509CertImpl.isSelfIssued."""
        return self.subject == self.issuer

    def is_valid(self, at: datetime) -> bool:
        """checkValidity: the moment of notAfter is still within."""
        return self.not_before <= at <= self.not_after


@lru_cache(maxsize=1024)
def facts(certificate: Certificate, jdk: int) -> Facts:
    """Read a certificate as release `jdk` (17 or 25) does. Raises FormatError where that refuses it."""
    read = JavaCertificate(certificate.der, jdk).check()
    extensions = _Extensions(read.extensions)
    authority = extensions.parts(oids.AUTHORITY_KEY_IDENTIFIER)
    unclear = extensions.unclear()
    names = constraints = None
    try:
        names = extensions.names()
        constraints = extensions.constraints()
    except FormatError:
        unclear = "a name in it that is not understood here"
    start, end = read.validity
    identifier = extensions.raw(oids.SUBJECT_KEY_IDENTIFIER)
    return Facts(
        certificate=certificate,
        version=read.version,
        subject=canonical_name(certificate.subject_der),
        issuer=canonical_name(certificate.issuer_der),
        not_before=start,
        not_after=end,
        path_length=extensions.path_length(),
        key_usage=extensions.key_usage(),
        purposes=extensions.purposes(),
        subject_key=identifier.value if identifier else None,
        authority_key=next((asn1.octet_string(p.value) for p in authority if p.tag & 0x1F == 0), None),
        authority_serial=next((der.big_integer(p) for p in authority if p.tag & 0x1F == 2), None),
        names=names,
        constraints=constraints,
        critical=frozenset(e.oid for e in read.extensions if e.critical),
        serves=extensions.serves(),
        key=read.public_key,
        signature=read.signature_algorithm,
        wants_policies=extensions.wants_policies(),
        unclear=unclear,
    )


class _Extensions:
    """The extensions of one certificate that the JDK takes."""

    def __init__(self, extensions: tuple[Raw, ...]) -> None:
        self._extensions = extensions

    def raw(self, oid: str) -> Raw | None:
        return next((e for e in self._extensions if e.oid == oid), None)

    def readable(self, oid: str) -> Raw | None:
        found = self.raw(oid)
        return found if found is not None and is_readable(found) else None

    def parts(self, oid: str) -> list[asn1.Element]:
        found = self.readable(oid)
        return der.parts(der.value(found.value)) if found else []

    def path_length(self) -> int:
        parts = self.parts(oids.BASIC_CONSTRAINTS)
        if not parts or parts[0].tag != asn1.BOOLEAN or not der.boolean(parts[0]):
            return -1
        return der.integer(parts[1]) if len(parts) > 1 else NO_LIMIT

    def key_usage(self) -> tuple[bool, ...] | None:
        found = self.readable(oids.KEY_USAGE)
        if found is None:
            return None
        data = found.value
        bits = der.flags_of(der.value(der.octets(der.value(data)) if data[0] == asn1.OCTET_STRING else data))
        return (*bits, *[False] * (9 - len(bits)))

    def purposes(self) -> frozenset[str] | None:
        found = self.readable(oids.EXTENDED_KEY_USAGE)
        return None if found is None else frozenset(map(der.oid, der.parts(der.value(found.value))))

    def serves(self) -> bool:
        found = self.raw(oids.NETSCAPE_CERT_TYPE)
        if found is None:
            return True
        bits = der.flags_of(der.value(found.value)) if is_readable(found) else []
        return len(bits) > 1 and bits[1]

    def names(self) -> tuple[GeneralName, ...] | None:
        if self.readable(oids.SUBJECT_ALTERNATIVE_NAME) is None:
            return None
        return tuple(map(general_names.general_name, self.parts(oids.SUBJECT_ALTERNATIVE_NAME)))

    def constraints(self) -> Extension | None:
        if self.readable(oids.NAME_CONSTRAINTS) is None:
            return None
        trees: dict[int, tuple[GeneralName, ...]] = {}
        limited = False
        for item in self.parts(oids.NAME_CONSTRAINTS):
            subtrees = [der.parts(tree) for tree in der.parts(item)]
            trees[item.tag & 0x1F] = tuple(general_names.general_name(fields[0]) for fields in subtrees)
            limits = [field for fields in subtrees for field in fields[1:]]
            limited = limited or any(field.tag & 0x1F == 1 or der.integer(field) != 0 for field in limits)
        return Extension(trees.get(0), trees.get(1), limited)

    def wants_policies(self) -> int | None:
        parts = self.parts(oids.POLICY_CONSTRAINTS)
        return next((der.integer(part) for part in parts if part.tag & 0x1F == 0), None)

    def unclear(self) -> str:
        """What PolicyChecker and others may stumble over: nobody asks for policies, but a certificate can."""
        mapped = (der.oid(side) for pair in self.parts(oids.POLICY_MAPPINGS) for side in der.parts(pair))
        if oids.ANY_POLICY in mapped:
            return "it maps any certificate policy"
        policies = self.raw(oids.CERTIFICATE_POLICIES)
        if policies and policies.critical and any(len(der.parts(p)) > 1 for p in self.parts(oids.CERTIFICATE_POLICIES)):
            return "critical certificate policies with qualifiers"
        usage = self.raw(oids.EXTENDED_KEY_USAGE)
        return "a malformed extended key usage" if usage and not is_readable(usage) else ""
