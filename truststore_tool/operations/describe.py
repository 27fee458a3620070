"""The facts of a certificate that reports show. A field that cannot be read is None, with the reason beside it."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Final, TypeVar

from truststore_tool.errors import FormatError
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.model import Certificate
from truststore_tool.nouns import noun

T = TypeVar("T")


@noun
class CertificateFacts:
    """A certificate as reports show it. A field is read when it is asked for: most reports need two or three."""

    certificate: Certificate

    @property
    def subject(self) -> str | None:
        """The subject as an RFC 4514 string."""
        return _readable(lambda: str(self.certificate.subject))

    @property
    def issuer(self) -> str | None:
        """The issuer as an RFC 4514 string."""
        return _readable(lambda: str(self.certificate.issuer))

    @property
    def serial(self) -> str | None:
        """The serial number in lower-case hex, with a minus sign when negative."""
        return _readable(lambda: f"{self.certificate.serial_number:x}")

    @property
    def not_before(self) -> datetime | None:
        """Start of validity, an aware datetime in UTC."""
        return _readable(lambda: self.certificate.not_before)

    @property
    def not_after(self) -> datetime | None:
        """End of validity, an aware datetime in UTC."""
        return _readable(lambda: self.certificate.not_after)

    @property
    def sha256(self) -> Fingerprint:
        """The SHA-256 fingerprint of the DER bytes."""
        return self.certificate.sha256

    @property
    def sha1(self) -> Fingerprint:
        """The SHA-1 fingerprint of the DER bytes."""
        return self.certificate.fingerprint("sha1")

    @property
    def is_ca(self) -> bool | None:
        """Whether it may issue certificates."""
        return _readable(lambda: self.certificate.is_ca)

    @property
    def self_issued(self) -> bool | None:
        """Whether subject and issuer are the same name."""
        return _readable(lambda: self.certificate.is_self_issued)

    @property
    def problems(self) -> tuple[str, ...]:
        """Why fields above are None, one line each."""
        found = []
        for name, read in _READINGS.items():
            try:
                read(self.certificate)
            except FormatError as exc:
                found.append(f"{name}: {exc.message}")
        return tuple(found)

    def expired(self, now: datetime) -> bool:
        """Whether validity ended before `now` (aware). False when the end is unknown."""
        return ends_before(self.certificate, now)


# The fields in the order in which reports show them.
FIELDS: Final = (
    "subject",
    "issuer",
    "serial",
    "not_before",
    "not_after",
    "sha256",
    "sha1",
    "is_ca",
    "self_issued",
    "problems",
)
# What each field that can be unreadable is read from.
_READINGS: Final[dict[str, Callable[[Certificate], object]]] = {
    "subject": lambda certificate: certificate.subject,
    "issuer": lambda certificate: certificate.issuer,
    "serial": lambda certificate: certificate.serial_number,
    "not_before": lambda certificate: certificate.not_before,
    "not_after": lambda certificate: certificate.not_after,
    "is_ca": lambda certificate: certificate.is_ca,
    "self_issued": lambda certificate: certificate.is_self_issued,
}


def describe(certificate: Certificate) -> CertificateFacts:
    """The facts of `certificate`; none of them raises for what is inside it."""
    return CertificateFacts(certificate)


def ends_before(certificate: Certificate, now: datetime) -> bool:
    """Whether the certificate expired before `now` (aware); False when its end cannot be read."""
    end = _readable(lambda: certificate.not_after)
    return end is not None and end < now


def subject_text(certificate: Certificate) -> str | None:
    """The subject as an RFC 4514 string, or None when it cannot be read."""
    return _readable(lambda: str(certificate.subject))


def _readable(read: Callable[[], T]) -> T | None:
    try:
        return read()
    except FormatError:
        return None


@lru_cache(maxsize=1024)
def identified(certificate: Certificate) -> str:
    """A certificate in a message: its subject and its SHA-256 fingerprint."""
    return f"{subject_text(certificate) or 'unreadable subject'} (SHA-256 {certificate.sha256})"
