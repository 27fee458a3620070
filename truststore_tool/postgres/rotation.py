"""Before an authority rotates: which stores keep their clients connected before, during and after."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

from truststore_tool.errors import FormatError
from truststore_tool.model import Certificate
from truststore_tool.nouns import noun, replace
from truststore_tool.operations.describe import CertificateFacts, describe
from truststore_tool.postgres import authorities
from truststore_tool.postgres.authorities import Picked
from truststore_tool.readers import chains
from truststore_tool.readers.chains import Chain, Search
from truststore_tool.readers.hostnames import TlsReader
from truststore_tool.readers.openssl.facts import ADDRESS, DNS, facts
from truststore_tool.readers.promised import promise
from truststore_tool.readers.source import Source
from truststore_tool.readers.verdict import Reason, Verdict, judge

Trusts = Literal["both", "only-current", "only-next", "neither", "not-judged"]
# By whether the certificate of now is trusted, and those that follow.
_TRUSTS: Final[dict[tuple[bool | None, bool | None], Trusts]] = {
    (True, True): "both",
    (True, False): "only-current",
    (False, True): "only-next",
    (False, False): "neither",
}
_OF_HOSTS: Final = frozenset({DNS, ADDRESS})


@noun
class Obstacle:
    """A certificate that a store's reader would refuse, or might, and why.

    Attributes:
        judged: whether it is known to be refused.
    """

    certificate: CertificateFacts
    judged: bool
    reasons: tuple[Reason, ...]


@noun
class StoreOutlook:
    """What the rotation does to the clients that use one store. What is not known is None.

    Attributes:
        name, reader: as in `source.Source`.
        trusts: the current authority, the next, both or neither.
        before: whether clients connect today, under the current authority.
        during: whether they connect whichever of the two a server shows, as while one after the other is switched.
        after: whether they connect when every server shows the next one.
        current: what is refused of the current one: the server's certificate, or each authority.
        next: each next authority that is refused.
    """

    name: str
    reader: TlsReader
    trusts: Trusts
    before: bool | None
    during: bool | None
    after: bool | None
    current: tuple[Obstacle, ...]
    next: tuple[Obstacle, ...]


@noun
class LeftOut:
    """How many certificates of a set were not judged, as they have expired, or are of another region."""

    expired: int
    elsewhere: int


@noun
class BothLeftOut:
    """What was left out of either set."""

    current: LeftOut
    next: LeftOut


@noun
class RotationReport:
    """The current certificates, the next authorities, and the outlook for each store.

    Attributes:
        host: the name that clients ask for; None leaves names out.
        region: the region that was picked, as `authorities.region_of` names it.
        current: what the server shows, or the authorities of now.
        next: those that may follow.
        left_out: how many of either were left out.
        stores: one outlook a store.
    """

    host: str | None
    region: str | None
    current: tuple[CertificateFacts, ...]
    next: tuple[CertificateFacts, ...]
    left_out: BothLeftOut
    stores: tuple[StoreOutlook, ...]

    @property
    def is_ready(self) -> bool:
        """Whether every store surely trusts both."""
        return all(store.during for store in self.stores)


@noun
class Clients:
    """What clients ask of a server.

    Attributes:
        at: the moment (aware).
        host: the name or address that they ask for; None where it is not known.
        check: ``"full"``, or ``"ca"`` where they do not look at it (sslmode verify-ca).
        protocol: what they speak with the server, as OpenSSL names it.
    """

    at: datetime
    host: str | None = None
    check: Literal["full", "ca"] = "full"
    protocol: str = "TLSv1.3"

    @property
    def name(self) -> str | None:
        """What has to be in a server's certificate; None leaves names out."""
        return self.host if self.check == "full" else None


@noun
class _Case:
    """A certificate that is asked about, and what a server sends because of it; or why that is not known.

    Attributes:
        assumed: whether nothing is known of the server's certificate but, perhaps, the host that it is for.
    """

    certificate: Certificate
    sent: Chain = ()
    doubt: str = ""
    assumed: bool = False


def outlook(
    current: Sequence[Certificate],
    following: Sequence[Certificate],
    sources: Sequence[Source],
    clients: Clients,
    *,
    shown: bool = False,
    region: str | None = None,
) -> RotationReport:
    """What becomes of each store when what servers show now gives way to certificates of the authorities `following`.

    Args:
        current: what a server sends, its own certificate first; or the authorities of now, any of which may be behind
            a server.
        following: the next authorities. A store must trust each, as any of them may be used.
        sources: the stores.
        clients: of these stores.
        shown: whether a server sent `current`, so that the first is its own, whatever it looks like.
        region: leave out authorities of Amazon RDS for other regions. Without it, the name of a server's issuer says
            which region is meant.

    Authorities are judged by a server's certificate that they would issue: like the current one, if that is known.
    Raises UsageError when there is no authority of the region.
    """
    own = shown or _is_own(current[0])
    meant = region or (_of_some(_shown_region(current), following) if own else None)
    then = authorities.pick(following, meant, clients.at)
    now = Picked(tuple(current), 0, 0) if own else authorities.pick(current, _of_some(region, current), clients.at)
    like = now.certificates[0] if own else None
    before = [_Case(now.certificates[0], now.certificates)] if own else _cases(now, clients, None, 0)
    between = max((_between(case.sent) for case in before), default=0)
    after = _cases(then, clients, like, between)
    held = (c for source in sources if source.store for c in source.store.all_certificates())
    known = (*now.certificates, *then.certificates, *held)
    return RotationReport(
        host=clients.name,
        region=meant,
        current=tuple(map(describe, now.certificates)),
        next=tuple(map(describe, then.certificates)),
        left_out=BothLeftOut(LeftOut(now.expired, now.elsewhere), LeftOut(then.expired, then.elsewhere)),
        stores=tuple(_store(source, before, after, known, clients) for source in sources),
    )


def _is_own(certificate: Certificate) -> bool:
    """Whether the first certificate of a file looks like a server's own, so that the file is what a server sends."""
    if chains.is_authority(certificate):
        return False
    return not chains.is_self_issued(certificate) or authorities.names_a_server(certificate)


def _shown_region(shown: Sequence[Certificate]) -> str | None:
    """The region in the names of the authorities behind a server."""
    found = (authorities.region_of(c) or authorities.region_of_issuer(c) for c in shown)
    return next(filter(None, found), None)


def _of_some(region: str | None, certificates: Sequence[Certificate]) -> str | None:
    """The region, if any of the certificates is of a region at all: others are not picked by it."""
    return region if any(map(authorities.region_of, certificates)) else None


def _between(sent: Chain) -> int:
    """How many authorities stand between a server's certificate and the root."""
    return sum(chains.is_authority(c) and not chains.is_self_issued(c) for c in sent[1:])


def _cases(picked: Picked, clients: Clients, like: Certificate | None, between: int) -> list[_Case]:
    """What a server sends for each authority of a set, or, for a certificate that is a server's own, with that."""
    search = Search((), picked.certificates)
    return [_case(certificate, search, clients, like, between) for certificate in picked.certificates]


def _case(
    certificate: Certificate,
    search: Search,
    clients: Clients,
    like: Certificate | None,
    between: int,
) -> _Case:
    along = authorities.above(certificate, search)
    alone = chains.is_self_issued(certificate)
    if authorities.names_a_server(certificate) and (
        not chains.is_authority(certificate) or (alone and like is not None and chains.is_self_issued(like))
    ):
        return _Case(certificate, (certificate, *along))
    try:
        leaf = promise(certificate, clients.at, like, clients.host)
    except FormatError as exc:
        return _Case(certificate, doubt=f"what it would issue is not known: {exc.message}")
    sent = (leaf, *(() if alone else (certificate,)), *along)
    limit = authorities.path_length(certificate)
    if alone and limit is not None and limit < between:
        text = f"it allows {limit} authorities below it, and now there are {between}: does it issue for servers itself?"
        return _Case(certificate, sent, text)
    return _Case(certificate, sent, assumed=like is None)


def _store(
    source: Source,
    before: Sequence[_Case],
    after: Sequence[_Case],
    known: Sequence[Certificate],
    clients: Clients,
) -> StoreOutlook:
    now, later = ([(case, _judged(source, case, known, clients)) for case in cases] for cases in (before, after))
    connects, stays = _all(now), _all(later)
    during = False if False in (connects, stays) else None if None in (connects, stays) else True
    trusts = _TRUSTS.get((connects, stays), "not-judged")
    return StoreOutlook(source.name, source.reader, trusts, connects, during, stays, _obstacles(now), _obstacles(later))


_Judged = Sequence[tuple[_Case, Verdict]]


def _all(judged: _Judged) -> bool | None:
    """Whether all are trusted; None where that is not known."""
    verdicts = [verdict for _, verdict in judged]
    if any(verdict.is_judged and not verdict.trusted for verdict in verdicts):
        return False
    return True if all(verdict.trusted for verdict in verdicts) else None


def _obstacles(judged: _Judged) -> tuple[Obstacle, ...]:
    return tuple(
        Obstacle(describe(case.certificate), verdict.is_judged, verdict.reasons)
        for case, verdict in judged
        if not verdict.trusted
    )


def _judged(source: Source, case: _Case, known: Sequence[Certificate], clients: Clients) -> Verdict:
    if not case.sent:
        reason = Reason("not-judged", case.doubt)
        return Verdict(source.name, source.reader, False, None, None, None, (reason,))
    verdict = judge(source, case.sent, clients.name, clients.at, known, protocol=clients.protocol)
    doubt, reasons = case.doubt, verdict.reasons
    chain = [*case.sent[1:]]
    if source.reader == "libpq":  # Java passes over those of the anchor
        chain += [case.certificate, *([verdict.anchor.certificate] if verdict.anchor else [])]
    if case.assumed and (kinds := frozenset[int]().union(*map(_constrained, chain))):
        if clients.host is None:
            doubt = "it may issue for some names only: for which host is it to be judged?"
        elif not kinds <= _OF_HOSTS:
            doubt = "it may issue for some subjects only, and that of the server's certificate is not known"
        if doubt:  # what speaks against the names that were assumed says nothing
            reasons = tuple(reason for reason in reasons if reason.code != "name-constraints")
    if not doubt:
        return verdict
    return replace(verdict, trusted=False, reasons=(*reasons, Reason("not-judged", doubt)))


def _constrained(certificate: Certificate) -> frozenset[int]:
    """The kinds of names that its name constraints speak of; an unknown kind where they cannot be read."""
    try:
        found = facts(certificate).constraints
    except FormatError:
        return frozenset({-1})
    return frozenset(tree.base.kind for tree in (*found.permitted, *found.excluded)) if found else frozenset()
