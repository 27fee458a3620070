"""One look at a server: its handshake, and what each store says of it."""

from collections.abc import Sequence
from datetime import datetime

from truststore_tool.fingerprints import Fingerprint
from truststore_tool.model import Certificate
from truststore_tool.nouns import noun
from truststore_tool.operations.describe import CertificateFacts, describe
from truststore_tool.postgres import wire
from truststore_tool.postgres.target import Target
from truststore_tool.postgres.wire import Negotiation
from truststore_tool.readers import verdict
from truststore_tool.readers.chains import Search
from truststore_tool.readers.source import Source
from truststore_tool.readers.verdict import Verdict


@noun
class ExpectedCa:
    """Whether the server's certificate was issued, directly or not, by the certificate with this fingerprint."""

    fingerprint: Fingerprint
    met: bool
    text: str


@noun
class ProbeReport:
    """What a server showed and what each store says of it.

    Attributes:
        host, port, address, negotiation, protocol, cipher, bits, alpn: as in `wire.Handshake`.
        chain: the certificates that the server sent, its own first.
        verdicts: one for each store or bundle.
        expected: one for each expected authority.
    """

    host: str
    port: int
    address: str
    negotiation: Negotiation
    protocol: str
    cipher: str
    bits: int
    alpn: str | None
    chain: tuple[CertificateFacts, ...]
    verdicts: tuple[Verdict, ...]
    expected: tuple[ExpectedCa, ...]

    @property
    def speaks_directly(self) -> bool:
        """False when direct TLS was asked for and the server did not choose ALPN: clients then hang up."""
        return self.negotiation != "direct" or self.alpn == wire.ALPN

    @property
    def is_good(self) -> bool:
        """Whether every store trusts the server, every expectation is met, and direct TLS was meant for PostgreSQL."""
        return self.speaks_directly and all(v.trusted for v in self.verdicts) and all(e.met for e in self.expected)


def probe(
    target: Target,
    sources: Sequence[Source],
    at: datetime,
    *,
    negotiation: Negotiation = "ssl-request",
    expected: Sequence[Fingerprint] = (),
    timeout: float = wire.DEFAULT_TIMEOUT,
) -> ProbeReport:
    """Shake hands with the server and hold its chain against each source.

    For each source that libpq reads, a second handshake lets OpenSSL itself verify with just these certificates, as
    libpq would. Raises as `wire.shake` does.
    """
    seen = wire.shake(target, negotiation, timeout)
    known = tuple(c for source in sources if source.store for c in source.store.all_certificates())
    verdicts = []
    for source in sources:
        found = verdict.judge(source, seen.chain, target.host, at, known)
        view = source.views[0]
        # Trust settings of OpenSSL's cannot be handed on with the certificates alone.
        if source.reader == "libpq" and view.certificates and not view.marks:
            found = verdict.overruled(found, wire.refusal(target, view.certificates, negotiation, timeout))
        verdicts.append(found)
    return ProbeReport(
        host=seen.host,
        port=seen.port,
        address=seen.address,
        negotiation=seen.negotiation,
        protocol=seen.protocol,
        cipher=seen.cipher,
        bits=seen.bits,
        alpn=seen.alpn,
        chain=tuple(map(describe, seen.chain)),
        verdicts=tuple(verdicts),
        expected=tuple(expect(fingerprint, seen.chain, known) for fingerprint in expected),
    )


def expect(fingerprint: Fingerprint, sent: Sequence[Certificate], known: Sequence[Certificate]) -> ExpectedCa:
    """Whether signatures lead from the server's certificate to the one with `fingerprint`.

    That one must have been sent by the server or be among the `known` certificates: a fingerprint verifies nothing.
    """
    matching = [c for c in (*sent[1:], *known) if c.fingerprint(fingerprint.algorithm) == fingerprint]
    if not matching:
        text = "the server does not send that certificate, and no store given holds it; give one that does"
        return ExpectedCa(fingerprint, False, text)
    search = Search(matching[:1], [*sent[1:], *known])
    met = next(search.chains(sent[0]), None) is not None
    return ExpectedCa(fingerprint, met, "issued the server's chain" if met else "did not issue the server's chain")
