"""An X.509 certificate as stores carry it: its bytes, and fields that are read when they are asked for."""

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from truststore_tool import asn1, extensions, oids
from truststore_tool.encoding import in_der
from truststore_tool.errors import FormatError, require_type
from truststore_tool.extensions import Extension
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.names import Name
from truststore_tool.nouns import field, noun

if TYPE_CHECKING:
    import os

    from cryptography import x509

# A certificate has some ten extensions. The bound keeps hostile ones cheap.
_MOST_EXTENSIONS: Final = 1_000


@noun
class _Skeleton:
    """Where the fields of a certificate lie (RFC 5280, 4.1).

    Attributes:
        version: 1, 2 or 3.
        fields: where each field of the TBSCertificate from the serial number on begins, and the last one ends.
        signature_algorithm: where the outer one begins.
    """

    version: int
    fields: list[int]
    signature_algorithm: int


# How every newer certificate begins: [0] EXPLICIT INTEGER 2.
# Where the signature algorithms of each kind of key begin, and those of DSA.
_RSA: Final = "1.2.840.113549.1.1."
_ECDSA: Final = "1.2.840.10045.4."
_DSA: Final = (oids.DSA_SHA1, oids.DSA_SHA224, oids.DSA_SHA256)
_VERSION_3: Final = b"\xa0\x03\x02\x01\x02"
# Places in `_Skeleton.fields`.
_SERIAL: Final = 0
_ISSUER: Final = 2
_VALIDITY: Final = 3
_SUBJECT: Final = 4
_PUBLIC_KEY: Final = 5
_OPTIONAL: Final = 6


@lru_cache(maxsize=1024)
def _skeleton(der: bytes) -> _Skeleton:
    """Find the fields. Those of the last certificates are remembered; of all in a large store they would outgrow it."""
    outer = asn1.read_exactly(der).expect(asn1.SEQUENCE)
    parts = asn1.starts(der, outer.content, outer.stop)
    if len(parts) != 4:
        raise FormatError("not an X.509 certificate")
    body = asn1.read(der, parts[0], outer.stop).expect(asn1.SEQUENCE)
    fields = asn1.starts(der, body.content, body.stop)
    version = 1
    if der.startswith(_VERSION_3, fields[0]):
        version = 3
        del fields[0]
    elif fields[0] < body.stop and der[fields[0]] == asn1.context(0):
        version = asn1.read(der, fields.pop(0), body.stop).inner().integer() + 1
    if len(fields) <= _OPTIONAL:
        raise FormatError("not an X.509 certificate: fields are missing")
    return _Skeleton(version, fields, parts[1])


@lru_cache(maxsize=1024)
def _extensions(der: bytes) -> tuple[Extension, ...]:
    optional = _skeleton(der).fields[_OPTIONAL:-1]
    wrapper = next((start for start in optional if der[start] == asn1.context(3)), None)
    if wrapper is None:
        return ()
    found = []
    for item in asn1.read(der, wrapper).inner().expect(asn1.SEQUENCE).fields(0, _MOST_EXTENSIONS):
        parts = item.expect(asn1.SEQUENCE).children()
        if not 2 <= len(parts) <= 3:
            raise FormatError("malformed extension in a certificate")
        critical = len(parts) == 3 and parts[1].boolean()
        found.append(Extension(parts[0].oid(), critical, parts[-1].expect(asn1.OCTET_STRING).value))
    return tuple(found)


@lru_cache(maxsize=128)
def _x509(der: bytes) -> "x509.Certificate":
    import warnings

    from cryptography import x509

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # zero and negative serial numbers are facts here, not news
            return x509.load_der_x509_certificate(der)
    except (ValueError, TypeError, x509.InvalidVersion) as exc:
        raise FormatError(f"certificate cannot be parsed: {exc}") from exc


def _verify(certificate: "x509.Certificate", key: object) -> None:
    """Raises InvalidSignature when the key did not make the signature, ValueError or TypeError when that is not known.

    Digests are made here, as what `cryptography` is built on may refuse SHA-1, and older ones, for signatures; it then
    knows no parameters of the algorithm either, and its family says what they are.
    """
    import hashlib

    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

    signature, signed = certificate.signature, certificate.tbs_certificate_bytes
    algorithm = certificate.signature_algorithm_oid.dotted_string
    if algorithm in (oids.ED25519, oids.ED448):
        if not isinstance(key, ed25519.Ed25519PublicKey if algorithm == oids.ED25519 else ed448.Ed448PublicKey):
            raise InvalidSignature
        key.verify(signature, signed)
        return
    hashed, parameters = certificate.signature_hash_algorithm, certificate.signature_algorithm_parameters
    if hashed is None:
        raise ValueError("a signature that is not known here")
    digest = hashlib.new(hashed.name, signed, usedforsecurity=False).digest()
    match algorithm, key:
        case oids.RSA_PSS, rsa.RSAPublicKey() if isinstance(parameters, padding.PSS):
            key.verify(signature, digest, parameters, Prehashed(hashed))
        case str(name), rsa.RSAPublicKey() if name.startswith(_RSA) and name != oids.RSA_PSS:
            key.verify(signature, digest, padding.PKCS1v15(), Prehashed(hashed))
        case str(name), ec.EllipticCurvePublicKey() if name.startswith(_ECDSA):
            key.verify(signature, digest, ec.ECDSA(Prehashed(hashed)))
        case str(name), dsa.DSAPublicKey() if name in _DSA:
            key.verify(signature, digest, Prehashed(hashed))
        case str(name), _ if name.startswith((_RSA, _ECDSA)) or name in _DSA:
            raise InvalidSignature  # another kind of key made it
        case _:
            raise ValueError("a signature that is not known here")


@noun
class Certificate:
    """An X.509 certificate. Its DER bytes are the truth: two certificates are the same when their DER is.

    `der` holds them as they stand in a file; where that has another encoding (BER), what is compared and digested is
    what OpenSSL makes of it.

    Creating one parses nothing. Each field is read when it is asked for and raises FormatError when just that field
    cannot be; a certificate that no library accepts is still carried, compared and written.
    """

    der: bytes = field(repr=False)

    def __new__(cls, der: bytes) -> "Certificate":
        """One with that encoding. Raises TypeError for what is no bytes."""
        require_type("the DER of a certificate", der, bytes)
        return object.__new__(cls)

    @classmethod
    def from_pem(cls, text: str | bytes) -> "Certificate":
        """The one certificate in a PEM text. Raises FormatError when it is damaged, or holds none or several."""
        from truststore_tool import library

        return library.from_pem(text)

    @classmethod
    def load(cls, path: "str | os.PathLike[str]", password: str | None = None) -> "tuple[Certificate, ...]":
        """All certificates of a file that are there to be trusted; the file may be of any format.

        The chains of keys are not among them. Raises as `open_store` does.
        """
        from truststore_tool import library

        return library.load(path, password)

    def to_pem(self) -> str:
        """The certificate as a PEM block (RFC 7468, section 5)."""
        from truststore_tool import library

        return library.to_pem(self)

    def __repr__(self) -> str:
        return f"<Certificate {_told(self)}, SHA-256 {str(self.sha256)[:23]}...>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Certificate):
            return NotImplemented
        return self.der == other.der or in_der(self.der) == in_der(other.der)

    def __hash__(self) -> int:
        return hash(in_der(self.der))

    def in_der(self) -> "Certificate":
        """The certificate in DER: itself, but where a file encodes it otherwise."""
        der = in_der(self.der)
        return self if der == self.der else Certificate(der)

    def fingerprint(self, algorithm: str = "sha256") -> Fingerprint:
        """The digest of the certificate in DER under `algorithm` (``"sha256"``, ``"sha1"``, any name hashlib knows)."""
        return Fingerprint.of(self.der, algorithm)

    @property
    def sha256(self) -> Fingerprint:
        """The SHA-256 fingerprint."""
        return Fingerprint.of(self.der, "sha256")

    @property
    def version(self) -> int:
        """1, 2 or 3."""
        return _skeleton(self.der).version

    @property
    def serial_number(self) -> int:
        """The serial number; zero and negative ones occur."""
        return self._field(_SERIAL).integer()

    @property
    def subject(self) -> Name:
        """The subject's distinguished name."""
        return Name.parse(self.subject_der)

    @property
    def issuer(self) -> Name:
        """The issuer's distinguished name."""
        return Name.parse(self.issuer_der)

    @property
    def subject_der(self) -> bytes:
        """The encoded subject, as it stands in the certificate."""
        return self._field(_SUBJECT).raw

    @property
    def issuer_der(self) -> bytes:
        """The encoded issuer, as it stands in the certificate."""
        return self._field(_ISSUER).raw

    @property
    def public_key_der(self) -> bytes:
        """The encoded SubjectPublicKeyInfo."""
        return self._field(_PUBLIC_KEY).raw

    @property
    def signature_algorithm_oid(self) -> str:
        """The dotted OID of the algorithm the issuer signed with."""
        return asn1.read(self.der, _skeleton(self.der).signature_algorithm).inner().oid()

    def _field(self, place: int) -> asn1.Element:
        return asn1.read(self.der, _skeleton(self.der).fields[place])

    @property
    def not_before(self) -> datetime:
        """Start of validity, an aware datetime in UTC."""
        return self._validity(0)

    @property
    def not_after(self) -> datetime:
        """End of validity, an aware datetime in UTC."""
        return self._validity(1)

    def _validity(self, index: int) -> datetime:
        validity = self._field(_VALIDITY).expect(asn1.SEQUENCE)
        times = asn1.starts(self.der, validity.content, validity.stop)
        if len(times) != 3:
            raise FormatError("malformed validity in a certificate")
        return asn1.read(self.der, times[index], validity.stop).time()

    @property
    def extensions(self) -> tuple[Extension, ...]:
        """The extensions in file order; none for versions 1 and 2."""
        return _extensions(self.der)

    def extension(self, oid: str) -> Extension | None:
        """The first extension with that OID, or None. Raises FormatError when the extensions cannot be read."""
        return extensions.find(self.extensions, oid)

    @property
    def is_self_issued(self) -> bool:
        """Whether subject and issuer are the same name, byte for byte."""
        return self.subject_der == self.issuer_der

    @property
    def is_ca(self) -> bool:
        """Whether it may issue certificates: basicConstraints cA (RFC 5280, 4.2.1.9), or a self-issued version 1."""
        constraints = self.extension(oids.BASIC_CONSTRAINTS)
        if constraints is None:
            return self.version == 1 and self.is_self_issued
        parts = asn1.read_exactly(constraints.value).children()
        return bool(parts) and parts[0].tag == asn1.BOOLEAN and parts[0].boolean()

    def is_signed_by(self, issuer: "Certificate") -> bool | None:
        """Whether `issuer` is named as its issuer, byte for byte, and made its signature.

        None where that cannot be told: `cryptography` does not read one of them, or does not know algorithm or key.
        """
        require_type("the issuer", issuer, Certificate)
        try:
            if self.issuer_der != issuer.subject_der:
                return False
        except FormatError:
            return None
        return self.is_signed_with_key_of(issuer)

    def is_signed_with_key_of(self, issuer: "Certificate") -> bool | None:
        """As `is_signed_by`, whatever the names."""
        from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

        require_type("the issuer", issuer, Certificate)
        try:
            _verify(self.x509, issuer.x509.public_key())
        except InvalidSignature:
            return False
        except (FormatError, UnsupportedAlgorithm, ValueError, TypeError):
            return None
        return True

    @property
    def x509(self) -> "x509.Certificate":
        """The certificate as `cryptography` parses it. Raises FormatError when it refuses."""
        return _x509(self.der)


def _told(certificate: Certificate) -> str:
    """Subject and end of a certificate on one line, as far as they can be read."""
    from truststore_tool.safe import printable

    try:
        return f"{printable(str(certificate.subject))}, until {certificate.not_after:%Y-%m-%d}"
    except FormatError:
        return "that cannot be read"
