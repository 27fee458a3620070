"""The nouns of a look at servers: what is asked of them, and what was seen and said of it."""

from datetime import datetime, timedelta
from typing import Final, Literal

from truststore_tool.fingerprints import Fingerprint
from truststore_tool.nouns import noun
from truststore_tool.operations.describe import CertificateFacts
from truststore_tool.postgres import wire
from truststore_tool.postgres.conversation import ClientCertificate
from truststore_tool.postgres.credentials import Credentials
from truststore_tool.postgres.wire import Negotiation
from truststore_tool.readers.verdict import Verdict

Check = Literal["full", "ca"]

# Connections to each address, as behind one of them may be several servers that take turns.
LOOKS: Final = 2


@noun
class Inquiry:
    """What is asked of a server, beside its certificates.

    Attributes:
        negotiation: how TLS is reached.
        check: whether the name is verified (``"full"``, as sslmode verify-full), or only the chain (``"ca"``).
        expected: fingerprints of authorities that must have issued the chain.
        within: what expires so soon is a finding; None leaves that out.
        credentials: what the client shows of itself.
        all_addresses: whether every address of the host is looked at.
        looks: how often each is connected to.
        timeout: seconds for each connection.
    """

    negotiation: Negotiation = "ssl-request"
    check: Check = "full"
    expected: tuple[Fingerprint, ...] = ()
    within: timedelta | None = None
    credentials: Credentials | None = None
    all_addresses: bool = False
    looks: int = LOOKS
    timeout: float = wire.DEFAULT_TIMEOUT


@noun
class ExpectedCa:
    """Whether the server's certificate was issued, directly or not, by the certificate with this fingerprint."""

    fingerprint: Fingerprint
    met: bool
    text: str


@noun
class Expiring:
    """Something that ends soon: the server's certificate, or the trust of a store (`name`) in it."""

    name: str
    until: datetime


@noun
class Look:
    """A chain that was shown behind the name of a server, and what is said of it.

    Attributes:
        addresses: the numeric addresses that showed it.
        protocol, cipher, bits, alpn, client_certificate, complaint: as in `wire.Handshake`, of the first of them.
        chain: the certificates that were sent, the server's own first.
        verdicts: one for each store or bundle.
        expected: one for each expected authority.
        expiring: what ends within the time that was asked for.
    """

    addresses: tuple[str, ...]
    protocol: str
    cipher: str
    bits: int
    alpn: str | None
    client_certificate: ClientCertificate | None
    complaint: str
    chain: tuple[CertificateFacts, ...]
    verdicts: tuple[Verdict, ...]
    expected: tuple[ExpectedCa, ...]
    expiring: tuple[Expiring, ...]

    @property
    def is_good(self) -> bool:
        """Whether every store trusts it, every expectation is met, nothing ends soon, and the server lets us in."""
        kept = all(v.trusted for v in self.verdicts) and all(e.met for e in self.expected)
        return kept and not self.expiring and self.client_certificate is None


@noun
class Unreached:
    """An address that showed no certificate (None where none was chosen), and why."""

    address: str | None
    error: str


@noun
class ProbeReport:
    """What a server showed and what each store says of it.

    Attributes:
        host, port: as they were asked for.
        name: the name that the certificate has to be for; None where that is not verified.
        negotiation: how TLS was reached.
        address: the numeric address that answered first.
        protocol to expiring: as in Look, of the chain that was shown first.
        others: the other chains that were shown behind the same name.
        unreached: the addresses, or further connections, that showed nothing.
    """

    host: str
    port: int
    name: str | None
    negotiation: Negotiation
    address: str
    addresses: tuple[str, ...]
    protocol: str
    cipher: str
    bits: int
    alpn: str | None
    client_certificate: ClientCertificate | None
    complaint: str
    chain: tuple[CertificateFacts, ...]
    verdicts: tuple[Verdict, ...]
    expected: tuple[ExpectedCa, ...]
    expiring: tuple[Expiring, ...]
    others: tuple[Look, ...]
    unreached: tuple[Unreached, ...]

    @property
    def looks(self) -> tuple[Look, ...]:
        """Every chain that was shown."""
        first = Look(
            self.addresses, self.protocol, self.cipher, self.bits, self.alpn, self.client_certificate, self.complaint,
            self.chain, self.verdicts, self.expected, self.expiring,
        )  # fmt: skip
        return (first, *self.others)

    @property
    def speaks_directly(self) -> bool:
        """False when direct TLS was asked for and the server did not choose ALPN: clients then hang up."""
        return self.negotiation != "direct" or all(look.alpn == wire.ALPN for look in self.looks)

    @property
    def is_good(self) -> bool:
        """Whether all that was seen is good, all was seen, and direct TLS was meant for PostgreSQL."""
        return self.speaks_directly and not self.unreached and all(look.is_good for look in self.looks)


@noun
class Answer:
    """One server of several.

    Attributes:
        server: as it was named.
        exit_code: what the command would end with, had it been asked about this one alone.
        error, hint: why it could not be looked at, and what may help; None where it was.
        report: what was seen; None where nothing was.
    """

    server: str
    exit_code: int
    error: str | None
    hint: str | None
    report: ProbeReport | None


@noun
class ProbesReport:
    """Several servers, in the order in which they were named, and how many of them are good."""

    servers: tuple[Answer, ...]
    good: int
    with_findings: int
    not_reached: int

    @classmethod
    def of(cls, answers: tuple[Answer, ...]) -> "ProbesReport":
        """The report with its counts."""
        good = sum(answer.exit_code == 0 for answer in answers)
        with_findings = sum(answer.exit_code == 1 for answer in answers)
        return cls(answers, good, with_findings, len(answers) - good - with_findings)
