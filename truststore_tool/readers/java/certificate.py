"""A certificate as the JDK reads it, field by field (sun.security.x509.X509CertImpl)."""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property

from truststore_tool import asn1, digests, oids
from truststore_tool.asn1 import Element
from truststore_tool.extensions import Extension
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.formats.java_block import certificate_der
from truststore_tool.readers.java import extensions as java_extensions
from truststore_tool.readers.java import names as java_names
from truststore_tool.readers.java.algorithms import (
    PublicKey,
    Verdict,
    key_verdict,
    public_key,
    signature_name,
    signature_verdict,
)
from truststore_tool.readers.java.der import (
    CERTIFICATE_EXCEPTION,
    PARSING_EXCEPTION,
    EarlyBytes,
    EarlyValue,
    JavaFormatError,
    big_integer,
    bit_count,
    bit_string,
    boolean,
    cut,
    expect_integer,
    first,
    integer,
    is_context,
    octets,
    oid,
    parts,
    sequence,
    signed,
    value,
)
from truststore_tool.readers.java.parameters import algorithm_identifier
from truststore_tool.readers.java.times import parse as parse_time


class JavaCertificate:
    """An X.509 certificate under the JDK's rules (X509CertImpl).

    Creating one cuts it into its fields; each is read when it is first asked for, as that release (17 or 25) reads
    it. `check` reads them all: what passes is what the release's CertificateFactory takes. What it refuses raises
    JavaFormatError.
    """

    def __init__(self, der: bytes, jdk: int) -> None:
        self.der = certificate_der(der)
        self.jdk = jdk
        whole = value(EarlyBytes(der) if jdk < 25 else der)
        if whole.tag != asn1.SEQUENCE:
            raise JavaFormatError("invalid DER-encoded certificate data", PARSING_EXCEPTION)
        self._outer = first(whole, 3)
        if self._outer[2].next != whole.stop:
            raise JavaFormatError(f"signed overrun, bytes = {whole.stop - self._outer[2].next}", PARSING_EXCEPTION)
        signed_fields = self._outer[0]
        if signed_fields.tag != asn1.SEQUENCE:
            raise JavaFormatError("signed fields invalid", PARSING_EXCEPTION)
        fields = first(signed_fields, 6)
        self.version = 1
        if _is_tagged(fields[0], 0):
            fields = first(signed_fields, 7)
            self.version = _version(fields.pop(0))
        self._serial, self._algorithm, self._issuer, self._validity, self._subject, self._key = fields
        self._tail = _tail(signed_fields, self._key.next)

    def check(self) -> "JavaCertificate":
        """This certificate, if the JDK takes it whole."""
        outer, parameters = algorithm_identifier(self._outer[1])
        inner, inner_parameters = algorithm_identifier(self._algorithm)
        if (inner, inner_parameters and inner_parameters.raw) != (outer, parameters and parameters.raw):
            raise JavaFormatError("Signature algorithm mismatch", CERTIFICATE_EXCEPTION)
        bit_string(self._outer[2])
        _ = (self.serial, self.issuer, self.validity, self.subject, self.public_key, self.extension_texts())
        if java_names.is_empty(self._issuer):
            raise JavaFormatError("Empty issuer DN not allowed in X509Certificates", PARSING_EXCEPTION)
        if java_names.is_empty(self._subject):
            self._check_empty_subject()
        return self

    def _check_empty_subject(self) -> None:
        """Without a subject subjectAltName must be critical; Java does not check it if nothing follows the key."""
        names = self.extension(oids.SUBJECT_ALTERNATIVE_NAME)
        if self.version == 1:
            raise _incomplete("subject field is empty, and certificate has no extensions")
        if self._tail_is_read and names is None:
            raise _incomplete("subject field is empty, and SubjectAlternativeName extension is absent")
        if self._tail_is_read and names and not names.critical:
            raise _incomplete("SubjectAlternativeName extension MUST be marked critical when subject field is empty")

    @property
    def _tail_is_read(self) -> bool:
        """Whether anything follows the key but unique identifiers, behind which Java stops."""
        return bool(self._tail) and not all(_is_tagged(field, n) for field, n in zip(self._tail, (1, 2), strict=False))

    @property
    def to_be_signed(self) -> bytes:
        """What the signature is over."""
        return self._outer[0].raw

    @property
    def signature(self) -> bytes:
        """The signature."""
        return bit_string(self._outer[2])

    @property
    def public_key_info(self) -> bytes:
        """The encoded SubjectPublicKeyInfo."""
        return self._key.raw

    @cached_property
    def serial(self) -> int:
        """The serial number, of either sign."""
        return big_integer(expect_integer(self._serial))

    @cached_property
    def signature_algorithm(self) -> str:
        """The JDK's name of the algorithm it is signed with."""
        identifier, parameters = algorithm_identifier(self._outer[1])
        return signature_name(identifier, parameters, self.jdk)

    @cached_property
    def issuer(self) -> str:
        """The issuer as Java prints it."""
        return java_names.name(self._issuer)

    @cached_property
    def subject(self) -> str:
        """The subject as Java prints it."""
        return java_names.name(self._subject)

    @cached_property
    def validity(self) -> tuple[datetime, datetime]:
        """Its first and last moment."""
        return _validity(self._validity)

    @cached_property
    def public_key(self) -> PublicKey:
        """The subject's public key."""
        return public_key(self._key, self.jdk)

    @cached_property
    def extensions(self) -> tuple[Extension, ...]:
        """The extensions in the order of the file."""
        if self._tail and self.version == 1:
            raise JavaFormatError("no more data allowed for version 1 certificate", PARSING_EXCEPTION)
        tail = list(self._tail)
        for number in (1, 2):
            if tail and _is_tagged(tail[0], number):
                bit_count(tail.pop(0))
        if tail and self.version != 3:
            raise JavaFormatError("Extensions not allowed in v2 certificate", PARSING_EXCEPTION)
        if not tail or not is_context(tail[0], 3, constructed=True):
            return ()
        listed = sequence(first(tail[0], 1)[0], "Not the correct tag")
        return tuple(_extension(item, early=self.jdk < 25) for item in listed)

    def extension_texts(self, dated: Callable[[datetime], str] = str) -> list[str]:
        """The extensions as Java prints them, in its order, with their dates as `dated` writes them."""
        return java_extensions.describe(self.extensions, dated)

    def extension(self, identifier: str) -> Extension | None:
        """The extension with that OID, or None."""
        return next((extension for extension in self.extensions if extension.oid == identifier), None)

    @property
    def signature_verdict(self) -> Verdict:
        """Whether the JDK calls the signature algorithm weak or disabled."""
        verdict = signature_verdict(self.signature_algorithm)
        return "signed-jar" if verdict == "weak" and self._signs_jars() else verdict

    def _signs_jars(self) -> bool:
        """Whether Java takes it for a certificate that JARs, or the time stamps on them, are signed with."""
        purposes = self.purposes
        return oids.CODE_SIGNING in purposes or (
            oids.TIME_STAMPING in purposes and not {oids.CLIENT_AUTH, oids.SERVER_AUTH} & set(purposes)
        )

    @cached_property
    def purposes(self) -> tuple[str, ...]:
        """The OIDs of the extended key usage. Raises JavaFormatError where 25 gives up on them."""
        usage = self.extension(oids.EXTENDED_KEY_USAGE)
        try:
            complaint = "Invalid encoding for ExtendedKeyUsageExtension."
            return tuple(oid(item) for item in sequence(value(usage.value), complaint)) if usage else ()
        except JavaFormatError as exc:
            if self.jdk < 25:
                return ()
            raise JavaFormatError(exc.reason, PARSING_EXCEPTION) from exc

    @property
    def key_verdict(self) -> Verdict:
        """Whether the JDK calls the key's size weak or disabled."""
        return key_verdict(self.public_key)

    def fingerprint(self, algorithm: str) -> str:
        """The digest of what the JDK takes the encoding for, in keytool's spelling."""
        return str(Fingerprint(algorithm, digests.digest(algorithm, self.der)))

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 fingerprint."""
        return self.fingerprint("sha256")

    @property
    def is_authority(self) -> bool:
        """Whether its basic constraints say so."""
        constraints = self.extension(oids.BASIC_CONSTRAINTS)
        fields = parts(value(constraints.value)) if constraints else []
        return bool(fields) and fields[0].tag == asn1.BOOLEAN and boolean(fields[0])

    @property
    def is_self_issued(self) -> bool:
        """Whether subject and issuer are the same name to Java, which compares neither case nor spacing."""
        return canonical(self.subject) == canonical(self.issuer)


def canonical(name: str) -> str:
    """The form of a printed name under which two names are the same (X500Name.canonicalize)."""
    return " ".join(name.lower().split())


def _incomplete(words: str) -> JavaFormatError:
    return JavaFormatError(f"X.509 Certificate is incomplete: {words}", PARSING_EXCEPTION)


def _validity(element: Element) -> tuple[datetime, datetime]:
    times = sequence(element, "corrupted CertificateValidity field")
    if len(times) != 2:
        raise JavaFormatError("Invalid encoding for CertificateValidity")
    if any(time.tag not in (asn1.UTC_TIME, asn1.GENERALIZED_TIME) for time in times):
        raise JavaFormatError("Invalid encoding for CertificateValidity")
    start, end = (parse_time(time.tag, time.value) for time in times)
    return start, end


def _is_tagged(element: Element, number: int) -> bool:
    """Whether it bears context-specific tag `number`, in either form (DerValue.isContextSpecific)."""
    return element.tag & 0xDF == asn1.context(number, constructed=False)


def _version(element: Element) -> int:
    """The version, counted from 1, whether or not there is such a version; a primitive tag is passed over
    (CertificateVersion.construct)."""
    if not element.tag & asn1.CONSTRUCTED:
        return 1
    return integer(expect_integer(first(element, 1)[0])) + 1


def _tail(signed_fields: Element, offset: int) -> list[Element]:
    """What follows the key, as far as Java reads on: unique identifiers, and one element more (X509CertInfo.parse)."""
    found: list[Element] = []
    for number in (1, 2):
        if offset == signed_fields.stop:
            return found
        element = cut(signed_fields, offset)
        if _is_tagged(element, number):
            found.append(element)
            offset = element.next
    if offset != signed_fields.stop:
        found.append(cut(signed_fields, offset))
    return found


def _extension(item: Element, *, early: bool) -> Extension:
    if item.tag not in (asn1.SEQUENCE, asn1.SET):
        raise JavaFormatError(f"toDerInputStream rejects tag type {signed(item.tag)}")
    identifier, flag = first(item, 2)
    marked = flag.tag == asn1.BOOLEAN
    content = octets(first(item, 3)[2] if marked else flag)
    return Extension(oid(identifier), marked and boolean(flag), EarlyValue(content) if early else content)
