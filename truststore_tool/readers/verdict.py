"""Whether a client with this store trusts a server now, by which entry, and how long; or why it does not."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from truststore_tool.errors import FormatError
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.model import Certificate
from truststore_tool.nouns import noun, replace
from truststore_tool.operations.describe import CertificateFacts, describe, subject_text
from truststore_tool.readers import chains, hostnames
from truststore_tool.readers.chains import Chain, Flaw, Search
from truststore_tool.readers.hostnames import TlsReader
from truststore_tool.readers.source import Source, View


@noun
class Reason:
    """Why a client refuses.

    Attributes:
        code: stable, for programs: ``unknown-ca``, ``root-missing``, ``namesake``, ``distrusted``, ``unreadable``,
            ``not-seen-by-java``, ``password-needed``, ``not-pem``, ``name-mismatch``, ``openssl``, ``key-identifier``,
            ``no-path``, and the codes of `chains.Flaw`.
        text: one line for people.
        look_for: the fingerprint of the certificate that the store lacks, where it is known.
    """

    code: str
    text: str
    look_for: Fingerprint | None = None


@noun
class Verdict:
    """Whether a client that reads this store trusts the server.

    Attributes:
        name, reader: as in Source.
        trusted: whether it surely connects with verify-full; no `reasons` then.
        alias, anchor: the entry that the chain ends in, where a chain was found.
        until: when trust ends by the dates of that chain; None when it has no end or there is no chain.
        reasons: why not.
    """

    name: str
    reader: TlsReader
    trusted: bool
    alias: str | None
    anchor: CertificateFacts | None
    until: datetime | None
    reasons: tuple[Reason, ...]

    @property
    def is_judged(self) -> bool:
        """False where it is not known what the client does, and nothing else speaks against it.

        What only clients of one release refuse does not, as it is not known of which release the client is.
        """
        codes = {reason.code for reason in self.reasons}
        return self.trusted or bool(codes & {"name-mismatch"} if "release" in codes else codes - {"not-judged"})


def judge(
    source: Source,
    sent: Chain,
    host: str | None,
    at: datetime,
    known: Sequence[Certificate] = (),
    *,
    protocol: str = "TLSv1.3",
) -> Verdict:
    """What the reader of `source` says of a server that sent these certificates, its own first.

    Args:
        source: the store, and who reads it.
        sent: what the server sent.
        host: held against the server's certificate as sslmode verify-full does; None leaves it out (verify-ca).
        at: the moment of the connection (aware).
        known: further certificates, in which the missing one may be found and named.
        protocol: what the server speaks, as OpenSSL names it: Java judges by it.
    """
    if not sent:
        return _refused(source, [Reason("unknown-ca", "the server sent no certificate")])
    names = list(_name_reasons(sent[0], host, source.reader))
    verdict = judge_chain(source, sent, at, known, protocol=protocol)
    reasons = (*verdict.reasons, *names)
    return replace(verdict, trusted=not reasons, reasons=reasons)


def judge_chain(
    source: Source, sent: Chain, at: datetime, known: Sequence[Certificate] = (), *, protocol: str = "TLSv1.3"
) -> Verdict:
    """As `judge` without a host name."""
    obstacle = _obstacle(source)
    if obstacle:
        return _refused(source, [obstacle])
    found = {view.client: _seen(source, view, sent, at, known, protocol) for view in source.views}
    worst = min(found.values(), key=_rank)
    others = [client for client, verdict in found.items() if _rank(verdict) > _rank(worst)]
    if not others:
        return worst
    refusing = " and ".join(client for client in found if client not in others)
    depends = Reason("release", f"it depends on the release: {refusing} stumbles, others do not")
    return replace(worst, reasons=(depends, *worst.reasons))


def _seen(
    source: Source, view: View, sent: Chain, at: datetime, known: Sequence[Certificate], protocol: str
) -> Verdict:
    """The verdict of one client."""
    if view.refused is not None:
        return _refused(source, [Reason("unreadable", view.refused)])
    if view.unknown is not None:
        return _refused(source, [Reason("not-judged", f"what {view.client} reads in it is not known: {view.unknown}")])
    found = _judgement(source.reader, view, sent, at, protocol)
    if not (found.flaws or found.anchored) or any(flaw.code == "bad-signature" for flaw in found.flaws):
        reasons = list(_missing(_Lack(source, view, sent, at, known, protocol)))
    else:
        reasons = [_flaw_reason(flaw, at) for flaw in found.flaws or found.doubts]
    if not found.anchored:
        return _refused(source, reasons)
    anchor = found.chain[-1]
    end = chains.until(found.chain, source.reader)
    return Verdict(source.name, source.reader, not reasons, source.alias(anchor), describe(anchor), end, tuple(reasons))


def _judgement(reader: TlsReader, view: View, sent: Chain, at: datetime, protocol: str) -> chains.Judgement:
    if reader == "libpq":
        from truststore_tool.readers.openssl import verify

        return verify.judge(sent, view.certificates, at, marks=view.marks)
    from truststore_tool.readers.java import pkix

    jdk = next(jdk for jdk in pkix.JDKS if view.client == f"Java {jdk}")
    spoken: pkix.Protocol = "TLSv1.2" if protocol == "TLSv1.2" else "TLSv1.3"
    return pkix.judge(sent, view.certificates, at, jdk, protocol=spoken)


def _rank(verdict: Verdict) -> int:
    """From refusal over doubt to trust."""
    return 2 * verdict.trusted or int(not verdict.is_judged)


def overruled(verdict: Verdict, refusal: str | None, *, same: bool = False) -> Verdict:
    """The verdict for libpq after the OpenSSL of this machine was asked about the chain, too (`wire.tried`).

    That one may be another than the one which is judged for, and more lenient: it clears nothing that is refused, and
    what could not be judged only where it is the `same`. What it refuses is not trusted.
    """
    others = tuple(reason for reason in verdict.reasons if _is_of_name(reason))
    on_chain = [reason for reason in verdict.reasons if not _is_of_name(reason)]
    doubtful = bool(on_chain) and all(reason.code == "not-judged" for reason in on_chain)
    if refusal is None:
        return replace(verdict, trusted=not others, reasons=others) if doubtful and same else verdict
    if on_chain and not doubtful:
        return verdict  # both refuse, and ours says what to do
    text = f"OpenSSL refuses it: {refusal}" if same else f"the OpenSSL of this machine refuses it: {refusal}"
    return replace(verdict, trusted=False, reasons=(Reason("openssl", text), *others))


def _refused(source: Source, reasons: list[Reason]) -> Verdict:
    return Verdict(source.name, source.reader, False, None, None, None, tuple(reasons))


def _obstacle(source: Source) -> Reason | None:
    """Why the reader gets no certificate out of the file at all."""
    if source.store is None:
        return Reason("password-needed", "it cannot be opened without its password, by a JVM neither")
    if source.reader == "libpq" and source.store.format != "pem":
        return Reason("not-pem", f"libpq reads PEM only, and this is {source.store.format}; convert it first")
    return None


_UNKNOWN_NAME: Final = Reason("not-judged", "whether the server's certificate is for this host cannot be judged here")


def _is_of_name(reason: Reason) -> bool:
    return reason.code == "name-mismatch" or reason == _UNKNOWN_NAME


def _name_reasons(leaf: Certificate, host: str | None, reader: TlsReader) -> Iterator[Reason]:
    if host is None:
        return
    check = hostnames.check(leaf, host, reader)
    if check.matches is None:
        yield _UNKNOWN_NAME
    elif not check.matches:
        names = ", ".join(check.names[:8]) or "no name at all"
        yield Reason("name-mismatch", f"the server's certificate is for {names}, not for {host}")


_WORDS: Final = {
    "not-for-servers": "is not for TLS servers",
    "not-a-ca": "may not issue certificates",
    "path-too-long": "allows fewer authorities below it (pathLenConstraint)",
    "bad-signature": "is not signed with the key of its issuer",
    "critical-extension": "has a critical extension that the client does not know",
    "weak-key": "has a key that the client finds too weak, or does not know",
    "weak-signature": "is signed with a digest that the client finds too weak",
    "name-constraints": "has a name that an authority above it may not issue for",
    "distrusted": "is rejected for servers by its trust settings in the file",
    "blocked": "is on Java's own list of certificates to refuse (lib/security/blocked.certs)",
    "not-judged": "cannot be judged here",
}


def _flaw_reason(flaw: Flaw, at: datetime) -> Reason:
    who = subject_text(flaw.certificate) or "a certificate"
    match flaw.code:
        case "expired":
            text = f"{who} expired on {flaw.certificate.not_after:%Y-%m-%d}"
        case "not-yet-valid":
            text = f"{who} is valid only from {flaw.certificate.not_before:%Y-%m-%d}; today is {at:%Y-%m-%d}"
        case "malformed":
            text = f"a certificate is malformed (SHA-256 {flaw.certificate.sha256})"
        case "too-long":
            text = f"the server sends more than the client takes: {flaw.detail}"
        case code:
            text = f"{who} {_WORDS[code]}{f' ({flaw.detail})' if flaw.detail else ''}"
    return Reason(flaw.code, text)


@noun
class _Lack:
    """A store in which a client finds no chain, and all that may be known of it."""

    source: Source
    view: View
    sent: Chain
    at: datetime
    known: Sequence[Certificate]
    protocol: str

    def with_anchors(self, certificates: Sequence[Certificate]) -> chains.Judgement:
        """What the client would make of it with just these."""
        view = replace(self.view, certificates=tuple(certificates))
        return _judgement(self.source.reader, view, self.sent, self.at, self.protocol)

    def helpful(self) -> Certificate | None:
        """The certificate with which the client would trust the server; or at least find a chain, if there is none."""
        store, held = self.source.store, self.view.certificates
        hidden = [c.certificate for c in store.loose] + [c.certificate for c in store.distrusted] if store else []
        reach = Search((), [*held, *self.sent[1:], *hidden, *self.known])
        found, open_ones = [self.sent[0]], [self.sent[0]]
        while open_ones and len(found) < _MOST_TRIALS:
            above = [c for c in reach.issuers(open_ones.pop(0), reach.sent) if c not in found]
            found += above
            open_ones += above
        better: Certificate | None = None
        for candidate in reversed(found[1:]):
            if candidate in held or (candidate in self.sent and not chains.is_self_issued(candidate)):
                continue  # what a server says of itself is nothing to go by
            judged = self.with_anchors([*held, candidate])
            if judged.accepted:
                return candidate
            better = candidate if judged.anchored and judged.chain[-1] == candidate else better
        return better


def _missing(lack: _Lack) -> Iterator[Reason]:
    """Why there is no chain from the server's certificate into the store, and what to put there."""
    source, store, held = lack.source, lack.source.store, lack.view.certificates
    assert store is not None  # noqa: S101 -- _obstacle saw to it
    reach = Search((), [*held, *lack.sent[1:]])
    top = reach.furthest(lack.sent[0])
    wanted = lack.helpful()
    look_for = wanted.sha256 if wanted else None
    name = subject_text(top) or "a certificate"
    who = "Java" if source.reader == "java" else "OpenSSL"
    signed = (c for c in (*lack.sent, top) if reach.issuers(c, [top]))
    misnamed = next((c for c in signed if not chains.seems_issuer(top, c)), None)
    alike = _namesakes(held, top)
    if top in held and misnamed is not None and len(alike) == 1:
        below = subject_text(misnamed) or "a certificate"
        text = f"it holds {name}, but the authority key identifier in {below} names another key, and {who} goes by it"
        yield Reason("key-identifier", text)
    elif top in held and source.reader == "libpq" and lack.with_anchors(_without(held, alike, top)).anchored:
        yield Reason("namesake", f"it holds several certificates of {name}, and {who} takes the wrong one; remove it")
    elif top in held and source.reader == "libpq" and not chains.is_self_issued(top):
        text = f"it holds {name}, but libpq also needs the self-signed root above it{_look_for(look_for)}"
        yield Reason("root-missing", text, look_for)
    elif wanted is not None or top not in held:
        right = chains.subject_der(wanted) if wanted else chains.issuer_der(top)
        text = f"it lacks {_lacking(top, wanted)}{_look_for(look_for)}{_namesake(source, right, wanted)}"
        yield Reason("unknown-ca", text, look_for)
    else:
        yield Reason("no-path", f"it holds {name}, but {who} finds no way there through what the server sends")
    if marked := [item for item in store.distrusted if item.certificate == wanted]:
        yield Reason("distrusted", f"the certificate is in the file, {marked[0].reason}")
    if source.reader == "java" and any(item.certificate == wanted for item in store.loose):
        text = "the certificate is in the file, but Java does not see it: it lacks the trusted-key-usage attribute"
        yield Reason("not-seen-by-java", text, look_for)
    if store.format == "pkcs12" and store.integrity == "unchecked":
        text = (
            "it is encrypted and was opened without its password; a JVM without the password sees nothing in it either"
        )
        yield Reason("password-needed", text)


# How many certificates are tried in the place of one that may be missing.
_MOST_TRIALS: Final = 40


def _without(held: Sequence[Certificate], others: Sequence[Certificate], kept: Certificate) -> list[Certificate]:
    return [certificate for certificate in held if certificate == kept or certificate not in others]


def _namesakes(among: Sequence[Certificate], certificate: Certificate) -> list[Certificate]:
    """Those certificates that have its subject, itself among them."""
    return [c for c in among if chains.subject_der(c) == chains.subject_der(certificate)]


def _lacking(top: Certificate, wanted: Certificate | None) -> str:
    """The certificate that would complete the chain, as well as it can be named."""
    if wanted is not None:
        return subject_text(wanted) or "a certificate"
    if chains.is_self_issued(top):
        return f"{subject_text(top) or 'a certificate'}, to which no way leads through what the server sends"
    try:
        issuer, identifier = str(top.issuer), chains.issuer_key_identifier(top)
    except FormatError:
        return "the issuer of a malformed certificate"
    key = f" with key identifier {identifier.hex(':').upper()}" if identifier else ""
    return f"{issuer}{key}, which the server does not send"


def _look_for(fingerprint: Fingerprint | None) -> str:
    return f"; look for SHA-256 {fingerprint}" if fingerprint else ""


def _namesake(source: Source, name: bytes, wanted: Certificate | None) -> str:
    """A word about an entry that has the right name and the wrong key."""
    every = (certificate for view in source.views for certificate in view.certificates)
    named = (c for c in every if name and chains.subject_der(c) == name)
    same = next((c for c in named if wanted is None or c.public_key_der != wanted.public_key_der), None)
    if same is None:
        return ""
    alias = source.alias(same)
    return f"; {f'alias {alias}' if alias else 'it'} holds one of that name with another key (SHA-256 {same.sha256})"
