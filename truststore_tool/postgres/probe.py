"""A look at a server: its handshakes, and what each store says of what it shows."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from truststore_tool.errors import TrustStoreError
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.model import Certificate
from truststore_tool.nouns import replace
from truststore_tool.operations.describe import describe
from truststore_tool.postgres import wire
from truststore_tool.postgres.link import addresses
from truststore_tool.postgres.looks import ExpectedCa, Expiring, Inquiry, Look, ProbeReport, Unreached
from truststore_tool.postgres.target import Target
from truststore_tool.postgres.wire import Handshake
from truststore_tool.readers import verdict
from truststore_tool.readers.chains import Search
from truststore_tool.readers.source import Source
from truststore_tool.readers.verdict import Reason, Verdict

# Cipher suites that Java 17 and 25 both offer (SSLCipherSuite, and jdk.tls.disabledAlgorithms of java.security).
_JAVA_CIPHERS: Final = re.compile(
    r"TLS_(AES_128_GCM_SHA256|AES_256_GCM_SHA384|CHACHA20_POLY1305_SHA256)"
    r"|(ECDHE|DHE)-(RSA|ECDSA)-(AES(128|256)-(GCM-SHA(256|384)|SHA(256|384)?)|CHACHA20-POLY1305)"
)


def shown(target: Target, inquiry: Inquiry) -> tuple[list[Handshake], list[Unreached]]:
    """The handshakes that differ in what the server shows, and the connections on which nothing was shown.

    Raises as `wire.shake` does when there is no handshake at all.
    """
    places = [target]
    if inquiry.all_addresses:
        places = [replace(target, address=address) for address in addresses(target, inquiry.timeout)]
    found: list[Handshake] = []
    unreached: list[Unreached] = []
    first: TrustStoreError | None = None
    for place in places:
        for number in range(inquiry.looks):
            # Java does not send a name without a dot, which libpq sends: some servers show another certificate then.
            sends_name = number % 2 == 0 or "." in target.known_as
            try:
                seen = wire.shake(
                    place,
                    inquiry.negotiation,
                    inquiry.timeout,
                    credentials=inquiry.credentials,
                    sends_name=sends_name,
                )
            except TrustStoreError as exc:
                first = first or exc
                unreached.append(Unreached(place.address, exc.message))
                break
            found.append(seen)
    if first is not None and not found:
        raise first
    return found, unreached


def probe(target: Target, sources: Sequence[Source], at: datetime, inquiry: Inquiry | None = None) -> ProbeReport:
    """Shake hands with the server and hold each chain that it shows against each source.

    For each source that libpq reads, a further handshake lets OpenSSL itself verify with just these certificates, as
    libpq would. Raises as `wire.shake` does.
    """
    inquiry = inquiry or Inquiry()
    found, unreached = shown(target, inquiry)
    return judged(target, found, unreached, sources, at, inquiry)


def judged(
    target: Target,
    found: Sequence[Handshake],
    unreached: Sequence[Unreached],
    sources: Sequence[Source],
    at: datetime,
    inquiry: Inquiry,
) -> ProbeReport:
    """What the sources say of what was `shown`. Raises as `wire.shake` does."""
    looks = [_look(target, same, sources, at, inquiry) for same in _by_chain(found)]
    first = looks[0]
    return ProbeReport(
        target.host,
        target.port,
        target.known_as if inquiry.check == "full" else None,
        inquiry.negotiation,
        first.addresses[0],
        first.addresses,
        first.protocol,
        first.cipher,
        first.bits,
        first.alpn,
        first.client_certificate,
        first.complaint,
        first.chain,
        first.verdicts,
        first.expected,
        first.expiring,
        tuple(looks[1:]),
        tuple(unreached),
    )


def _by_chain(found: Sequence[Handshake]) -> list[list[Handshake]]:
    """The handshakes that show the same."""
    groups: dict[object, list[Handshake]] = {}
    for seen in found:
        groups.setdefault((seen.chain, seen.client_certificate, seen.protocol), []).append(seen)
    return list(groups.values())


def _look(target: Target, same: Sequence[Handshake], sources: Sequence[Source], at: datetime, inquiry: Inquiry) -> Look:
    seen = same[0]
    known = tuple(c for source in sources if source.store for c in source.store.all_certificates())
    place = replace(target, address=seen.address)
    verdicts = tuple(_verdict(place, seen, source, at, known, inquiry) for source in sources)
    return Look(
        tuple(dict.fromkeys(each.address for each in same)),
        seen.protocol,
        seen.cipher,
        seen.bits,
        seen.alpn,
        seen.client_certificate,
        seen.complaint,
        tuple(map(describe, seen.chain)),
        verdicts,
        tuple(expect(fingerprint, seen.chain, known) for fingerprint in inquiry.expected),
        tuple(_expiring(seen.chain, verdicts, at, inquiry.within)),
    )


def _verdict(
    target: Target, seen: Handshake, source: Source, at: datetime, known: Sequence[Certificate], inquiry: Inquiry
) -> Verdict:
    name = target.known_as if inquiry.check == "full" else None
    found = verdict.judge(source, seen.chain, name, at, known, protocol=seen.protocol)
    if source.reader == "java":
        reasons = (*found.reasons, *_against_java(seen))
        return replace(found, trusted=not reasons, reasons=reasons)
    view = source.views[0]
    # Trust settings of OpenSSL's cannot be handed on with the certificates alone.
    if not view.certificates or view.marks:
        return found
    trial = wire.tried(target, view.certificates, inquiry.negotiation, inquiry.timeout, credentials=inquiry.credentials)
    # What is accepted may be another chain than that which is judged, as servers take turns.
    if trial.refusal is None and trial.chain != seen.chain:
        return found
    return verdict.overruled(found, trial.refusal, same=trial.same)


def _against_java(seen: Handshake) -> Iterator[Reason]:
    """What in the handshake itself Java refuses, or may refuse."""
    if seen.protocol not in ("TLSv1.2", "TLSv1.3"):
        yield Reason("protocol", f"the server speaks {seen.protocol} at most, and Java from TLSv1.2 on")
    elif not _JAVA_CIPHERS.fullmatch(seen.cipher):
        yield Reason("not-judged", f"whether Java speaks {seen.cipher} depends on its release and settings")


def _expiring(
    chain: Sequence[Certificate], verdicts: Sequence[Verdict], at: datetime, within: timedelta | None
) -> Iterator[Expiring]:
    """The server's certificate and the trust of each store; where there is no store, all that the server sent."""
    if within is None:
        return
    for number, facts in enumerate(map(describe, chain[:1] if verdicts else chain), 1):
        if facts.not_after is not None and facts.not_after <= at + within:
            yield Expiring(facts.subject or f"certificate {number}", facts.not_after)
    for found in verdicts:
        if found.until is not None and found.until <= at + within:
            yield Expiring(found.name, found.until)


def expect(fingerprint: Fingerprint, sent: Sequence[Certificate], known: Sequence[Certificate]) -> ExpectedCa:
    """Whether signatures lead from the server's certificate to the one with `fingerprint`.

    That one must have been sent by the server or be among the `known` certificates: a fingerprint verifies nothing.
    """
    matching = [c for c in (*sent[1:], *known) if c.fingerprint(fingerprint.algorithm) == fingerprint]
    if not matching:
        text = "the server does not send that certificate, and no store given holds it; give one that does"
        return ExpectedCa(fingerprint, False, text)
    search = Search(matching[:1], [*sent[1:], *known])
    met = bool(sent) and next(search.chains(sent[0]), None) is not None
    return ExpectedCa(fingerprint, met, "issued the server's chain" if met else "did not issue the server's chain")
