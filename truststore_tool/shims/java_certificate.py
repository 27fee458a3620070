"""A certificate as the JDK reads and prints it: the block of ``keytool -printcert`` and ``-list -v``."""

from datetime import datetime
from functools import cached_property

from truststore_tool import asn1
from truststore_tool.asn1 import Element
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.model import Extension
from truststore_tool.shims import java_dates, java_extensions, java_names
from truststore_tool.shims.java_algorithms import (
    PublicKey,
    Verdict,
    algorithm_identifier,
    key_verdict,
    public_key,
    signature_name,
    signature_verdict,
)
from truststore_tool.shims.java_der import (
    JavaFormatError,
    big_integer,
    bit_string,
    boolean,
    integer,
    is_context,
    nth,
    octets,
    oid,
    parts,
    sequence,
    value,
)

_SUBJECT_ALTERNATIVE_NAME = "2.5.29.17"
_EXTENDED_KEY_USAGE = "2.5.29.37"
_SERVER = "1.3.6.1.5.5.7.3.1"
_CLIENT = "1.3.6.1.5.5.7.3.2"
_CODE_SIGNING = "1.3.6.1.5.5.7.3.3"
_TIME_STAMPING = "1.3.6.1.5.5.7.3.8"


class JavaCertificate:
    """An X.509 certificate under the JDK's rules (X509CertImpl).

    Creating one parses it as that release (17 or 25) would; what its CertificateFactory refuses raises
    JavaFormatError.
    """

    def __init__(self, der: bytes, jdk: int) -> None:
        self.der = der
        self.jdk = jdk
        outer = sequence(value(self.der), "invalid DER-encoded certificate data")
        if len(outer) != 3:
            raise JavaFormatError("signed overrun")
        identifier, parameters = algorithm_identifier(outer[1])
        self.signature_algorithm = signature_name(identifier, parameters, self.jdk)
        bit_string(outer[2])
        fields = sequence(outer[0], "signed fields invalid")
        self.version = 1
        if is_context(nth(fields, 0), 0, constructed=True):
            self.version = integer(nth(parts(fields.pop(0)), 0)) + 1
        serial, algorithm, issuer, validity, subject, key = (nth(fields, i) for i in range(6))
        self.serial = big_integer(serial.expect(asn1.INTEGER))
        inner, inner_parameters = algorithm_identifier(algorithm)
        if (inner, inner_parameters and inner_parameters.raw) != (identifier, parameters and parameters.raw):
            raise JavaFormatError("Signature algorithm mismatch", "java.security.cert.CertificateException")
        self.issuer_der, self.subject_der = issuer.raw, subject.raw
        self.issuer, self.subject = java_names.name(issuer), java_names.name(subject)
        self.not_before, self.not_after = _validity(validity)
        self.public_key: PublicKey = public_key(key, self.jdk)
        self.extensions = self._parse_extensions(fields[6:])
        self.extension_texts = java_extensions.describe(self.extensions)
        if java_names.is_empty(issuer):
            raise JavaFormatError("Empty issuer DN not allowed in X509Certificates")
        if java_names.is_empty(subject):
            self._check_empty_subject(has_tail=len(fields) > 6)

    def _parse_extensions(self, fields: list[Element]) -> tuple[Extension, ...]:
        if fields and self.version == 1:
            raise JavaFormatError("no more data allowed for version 1 certificate")
        tail = [f for f in fields if f.tag & 0x1F not in (1, 2)]
        if not tail:
            return ()
        if self.version != 3:
            raise JavaFormatError("Extensions not allowed in v2 certificate")
        if not is_context(tail[0], 3, constructed=True):
            return ()
        return tuple(_extension(item) for item in sequence(nth(parts(tail[0]), 0), "Sequence tag error"))

    def _check_empty_subject(self, *, has_tail: bool) -> None:
        """Who has no subject must have a critical alternative name; without unique ids and extensions, Java forgot."""
        names = self.extension(_SUBJECT_ALTERNATIVE_NAME)
        if self.version == 1 or (has_tail and (names is None or not names.critical)):
            raise JavaFormatError("X.509 Certificate is incomplete: subject field is empty")

    def extension(self, identifier: str) -> Extension | None:
        """The extension with that OID, or None."""
        return next((extension for extension in self.extensions if extension.oid == identifier), None)

    @property
    def signature_verdict(self) -> Verdict:
        """Whether the JDK calls the signature algorithm weak or disabled."""
        purposes = self.purposes
        stamps = _TIME_STAMPING in purposes and not {_CLIENT, _SERVER} & set(purposes)
        return signature_verdict(self.signature_algorithm, signs_jars=_CODE_SIGNING in purposes or stamps)

    @cached_property
    def purposes(self) -> tuple[str, ...]:
        """The OIDs of the extended key usage. Raises JavaFormatError where 25 gives up on them."""
        usage = self.extension(_EXTENDED_KEY_USAGE)
        try:
            complaint = "Invalid encoding for ExtendedKeyUsageExtension."
            return tuple(oid(item) for item in sequence(value(usage.value), complaint)) if usage else ()
        except JavaFormatError as exc:
            if self.jdk < 25:
                return ()
            raise JavaFormatError(exc.reason, "java.security.cert.CertificateParsingException") from exc

    @property
    def key_verdict(self) -> Verdict:
        """Whether the JDK calls the key's size weak or disabled."""
        return key_verdict(self.public_key)

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 fingerprint in keytool's spelling."""
        return str(Fingerprint.of(self.der, "sha256"))

    def block(self, *, trusted: bool) -> str:
        """The text of ``-printcert``; `trusted` ones are not blamed for their signature algorithm."""
        signature = self.signature_algorithm + ("" if trusted else _mark(self.signature_verdict))
        lines = [
            f"Owner: {self.subject}",
            f"Issuer: {self.issuer}",
            f"Serial number: {self.serial:x}",
            f"Valid from: {java_dates.date_string(self.not_before)} until: {java_dates.date_string(self.not_after)}",
            "Certificate fingerprints:",
            f"\t SHA1: {Fingerprint.of(self.der, 'sha1')}",
            f"\t SHA256: {self.sha256}",
            f"Signature algorithm name: {signature}",
            f"Subject Public Key Algorithm: {self.public_key.describe(self.jdk)}{_mark(self.key_verdict)}",
            f"Version: {self.version}",
        ]
        shown = [f"#{number}: {text}\n" for number, text in enumerate(self.extension_texts, 1)]
        return "\n".join(lines) + "\n" + ("\nExtensions: \n\n" if shown else "") + "".join(shown)


def _mark(verdict: Verdict) -> str:
    return f" ({'weak' if verdict == 'weak' else 'disabled'})" if verdict else ""


def _validity(element: Element) -> tuple[datetime, datetime]:
    times = sequence(element, "corrupted CertificateValidity field")
    if len(times) != 2:
        raise JavaFormatError("Invalid encoding for CertificateValidity")
    if any(time.tag not in (asn1.UTC_TIME, asn1.GENERALIZED_TIME) for time in times):
        raise JavaFormatError("Invalid encoding for CertificateValidity")
    start, end = (java_dates.parse(time.tag, time.value) for time in times)
    return start, end


def _extension(item: Element) -> Extension:
    fields = sequence(item, f"toDerInputStream rejects tag type {item.tag}")
    flag = nth(fields, 1)
    marked = flag.tag == asn1.BOOLEAN
    return Extension(oid(fields[0]), marked and boolean(flag), octets(nth(fields, 2 if marked else 1)))
