"""Before an authority rotates: which stores keep their clients connected before, during and after."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

from truststore_tool.model import Certificate
from truststore_tool.nouns import noun
from truststore_tool.operations.describe import CertificateFacts, describe
from truststore_tool.readers.chains import is_authority
from truststore_tool.readers.hostnames import TlsReader
from truststore_tool.readers.verdict import Reason, Source, judge_chain

Trusts = Literal["both", "only-current", "only-next", "neither"]
# By whether the certificate of now is trusted, and those that follow.
_TRUSTS: Final[dict[tuple[bool, bool], Trusts]] = {
    (True, True): "both",
    (True, False): "only-current",
    (False, True): "only-next",
    (False, False): "neither",
}


@noun
class Obstacle:
    """A certificate that a store's reader would refuse, and why."""

    certificate: CertificateFacts
    reasons: tuple[Reason, ...]


@noun
class StoreOutlook:
    """What the rotation does to the clients that use one store.

    Attributes:
        name, reader: as in `verdict.Source`.
        trusts: the current authority, the next, both or neither.
        before: whether clients connect today, under the current authority.
        during: whether they connect whichever of the two a server shows, as while one after the other is switched.
        after: whether they connect when every server shows the next one.
        current: why not the current chain, when not.
        next: each next authority that is refused.
    """

    name: str
    reader: TlsReader
    trusts: Trusts
    before: bool
    during: bool
    after: bool
    current: Obstacle | None
    next: tuple[Obstacle, ...]


@noun
class RotationReport:
    """The current chain, the next authorities, and the outlook for each store."""

    current: tuple[CertificateFacts, ...]
    next: tuple[CertificateFacts, ...]
    stores: tuple[StoreOutlook, ...]

    @property
    def is_ready(self) -> bool:
        """Whether every store trusts both."""
        return all(store.during for store in self.stores)


def outlook(
    current: Sequence[Certificate], following: Sequence[Certificate], sources: Sequence[Source], at: datetime
) -> RotationReport:
    """What becomes of each store when the chain `current` gives way to one issued by any of `following`.

    Args:
        current: what the server sends now, its own certificate first; or the current authority, with those above it.
        following: the next authorities. A store must trust each, as any of them may be used.
        sources: the stores.
        at: the moment of the connection (aware).

    Host names are left out: they do not change with the authority.
    """
    wanted = tuple(dict.fromkeys(following))
    known = (*current, *wanted, *(c for source in sources if source.store for c in source.store.all_certificates()))
    return RotationReport(
        current=tuple(map(describe, current)),
        next=tuple(map(describe, wanted)),
        stores=tuple(_store(source, current, wanted, known, at) for source in sources),
    )


def _store(
    source: Source,
    current: Sequence[Certificate],
    following: Sequence[Certificate],
    known: Sequence[Certificate],
    at: datetime,
) -> StoreOutlook:
    now = _obstacle(source, current[0], current[1:], known, at)
    later = [_obstacle(source, c, [d for d in following if d is not c], known, at) for c in following]
    refused = tuple(obstacle for obstacle in later if obstacle)
    before, after = now is None, not refused
    trusts = _TRUSTS[before, after]
    return StoreOutlook(source.name, source.reader, trusts, before, before and after, after, now, refused)


def _obstacle(
    source: Source, first: Certificate, others: Sequence[Certificate], known: Sequence[Certificate], at: datetime
) -> Obstacle | None:
    verdict = judge_chain(source, (first, *others), at, known, authority=is_authority(first))
    return None if verdict.trusted else Obstacle(describe(first), verdict.reasons)
