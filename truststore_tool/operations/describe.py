"""The facts of a certificate that reports show. A field that cannot be read is None, with the reason beside it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from truststore_tool.errors import FormatError
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.model import Certificate

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """A certificate as reports show it.

    Attributes:
        subject, issuer: RFC 4514 strings.
        serial: the serial number in lower-case hex, with a minus sign when negative.
        not_before, not_after: aware datetimes in UTC.
        sha256, sha1: fingerprints of the DER bytes.
        is_ca: whether it may issue certificates.
        self_issued: whether subject and issuer are the same name.
        problems: why fields above are None, one line each.
    """

    subject: str | None
    issuer: str | None
    serial: str | None
    not_before: datetime | None
    not_after: datetime | None
    sha256: Fingerprint
    sha1: Fingerprint
    is_ca: bool | None
    self_issued: bool | None
    problems: tuple[str, ...] = ()

    def expired(self, now: datetime) -> bool:
        """Whether validity ended before `now` (aware). False when the end is unknown."""
        return self.not_after is not None and self.not_after < now


def describe(certificate: Certificate) -> CertificateFacts:
    """The facts of `certificate`; never raises for what is inside it."""
    problems: list[str] = []

    def field(name: str, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except FormatError as exc:
            problems.append(f"{name}: {exc.message}")
            return None

    return CertificateFacts(
        subject=field("subject", lambda: str(certificate.subject)),
        issuer=field("issuer", lambda: str(certificate.issuer)),
        serial=field("serial", lambda: f"{certificate.serial_number:x}"),
        not_before=field("not_before", lambda: certificate.not_before),
        not_after=field("not_after", lambda: certificate.not_after),
        sha256=certificate.sha256,
        sha1=certificate.fingerprint("sha1"),
        is_ca=field("is_ca", lambda: certificate.is_ca),
        self_issued=field("self_issued", lambda: certificate.is_self_issued),
        problems=tuple(problems),
    )


def ends_before(certificate: Certificate, now: datetime) -> bool:
    """Whether the certificate expired before `now` (aware); False when its end cannot be read."""
    try:
        return certificate.not_after < now
    except FormatError:
        return False


def subject_text(certificate: Certificate) -> str | None:
    """The subject as an RFC 4514 string, or None when it cannot be read."""
    try:
        return str(certificate.subject)
    except FormatError:
        return None
