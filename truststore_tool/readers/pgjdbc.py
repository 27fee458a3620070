"""PostgreSQL's JDBC driver as a reader of its sslrootcert: org.postgresql.ssl.LibPQFactory.

It hands the file to Java's CertificateFactory.generateCertificates and puts what that gives into an empty key store.
"""

from typing import Final

from truststore_tool.formats.base import Content
from truststore_tool.model import Certificate
from truststore_tool.nouns import field, noun
from truststore_tool.readers.base import Evidence, Reader, Reading, Work
from truststore_tool.readers.java.der import JavaFormatError
from truststore_tool.readers.java.parsing import all_certificates, judged

# The JDKs whose parsers are known; what one reads and the other does not is unknown here.
_JDKS: Final = (17, 25)
_FAILED: Final = "Loading the SSL root certificate into a TrustManager failed."
_EVIDENCE: Final = (
    Evidence("documented", "LibPQFactory of pgjdbc 42: CertificateFactory.generateCertificates"),
    Evidence("measured", "generateCertificates of Java 17.0.15 and 25.0.3"),
)


@noun
class PgjdbcReader:
    """The driver, in any JVM from 17 to 25; `work` is what other readers of a file have worked out."""

    work: Work = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        """Its name."""
        return "pgjdbc"

    def read(self, data: Content, password: str | None) -> Reading:  # noqa: ARG002 -- see Reader
        """What it makes of a file."""
        first, *others = [reading(data, jdk) for jdk in _JDKS]
        if any((other.loads, other.anchors) != (first.loads, first.anchors) for other in others):
            return Reading(None, evidence=(Evidence("inferred", "Java 17 and 25 make different things of it"),))
        return first

    def refuses(self, certificate: Certificate) -> str | None:
        """The exception of one of the parsers, or None."""
        reasons = (judged(certificate.der, jdk, self.work).refusal for jdk in _JDKS)
        return next(filter(None, reasons), None)

    def trusting(self) -> "PgjdbcReader":
        """The same."""
        return self

    def reads_all_of(self, other: Reader) -> bool:
        """Whether the other one is the same."""
        return isinstance(other, PgjdbcReader)


def reading(data: Content, jdk: int) -> Reading:
    """What the driver makes of a file in that release of Java, 17 or 25."""
    if not isinstance(data, bytes):
        return Reading(False, "Could not open SSL root certificate file.", None, (), (), evidence=_EVIDENCE)
    try:
        found = all_certificates(data, jdk)
    except JavaFormatError as exc:
        return Reading(False, _FAILED, str(exc), (), (), evidence=_EVIDENCE)
    return Reading(True, None, None, tuple(Certificate(item.der) for item in found), (), evidence=_EVIDENCE)
