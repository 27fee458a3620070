"""When the certificates of an inventory expire, as bars of a drawing: one a quarter, and what is before or behind."""

from bisect import insort
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

from truststore_tool.inventory.nouns import Inventory
from truststore_tool.render.text import day
from truststore_tool.wording import counted

_QUARTERS: Final = 24
_SLOT, _TALLEST, _HEAD, _FOOT = 34, 110, 16, 20  # units of the drawing
_NEXT: Final = 25


class Bar(NamedTuple):
    """A bar: where it stands, how many it counts, and in words; its kind is past, soon or later."""

    x: int
    y: int
    width: int
    height: int
    number: int
    kind: str
    text: str

    @property
    def middle(self) -> int:
        """Where its number stands."""
        return self.x + self.width // 2

    @property
    def above(self) -> int:
        """The line of its number."""
        return self.y - 4


class Label(NamedTuple):
    """A word below the line."""

    x: int
    text: str


class Next(NamedTuple):
    """A certificate that expires next, and in how many stores it is."""

    day: str
    subject: str
    stores: int


class Timeline(NamedTuple):
    """The drawing, in units of its own, and the same in words."""

    bars: tuple[Bar, ...]
    labels: tuple[Label, ...]
    next: tuple[Next, ...]
    text: str
    width: int = (_QUARTERS + 2) * _SLOT
    height: int = _HEAD + _TALLEST + _FOOT
    base: int = _HEAD + _TALLEST
    below: int = _HEAD + _TALLEST + _FOOT - 5


def timeline(inventory: Inventory) -> Timeline:
    """Each certificate that a store trusts once, by the quarter of its end: from this one on, the past and the rest."""
    first = _quarter(inventory.at)
    counts = [0] * (_QUARTERS + 2)
    stores = Counter[bytes]()  # by what is shortest of a certificate, as there may be very many
    soonest: list[tuple[datetime, bytes, str | None]] = []
    for facts in (facts for store in inventory.stores for facts in {held.facts for held in store.anchors}):
        end, digest = facts.not_after, facts.sha256.digest
        stores[digest] += 1
        if end is None or stores[digest] > 1:
            continue
        counts[0 if end < inventory.at else min(_quarter(end) - first, _QUARTERS) + 1] += 1
        if end >= inventory.at:
            insort(soonest, (end, digest, facts.subject), key=_dated)
            del soonest[_NEXT:]
    bars = tuple(_bars(counts, first))
    return Timeline(
        bars,
        tuple(_labels(first)),
        tuple(Next(day(end), subject or "unknown subject", stores[digest]) for end, digest, subject in soonest),
        "; ".join(bar.text for bar in bars),
    )


def _dated(item: tuple[datetime, bytes, str | None]) -> tuple[datetime, bytes]:
    return item[:2]


def _quarter(moment: datetime) -> int:
    return moment.year * 4 + (moment.month - 1) // 3


def _bars(counts: list[int], first: int) -> Iterable[Bar]:
    most = max(counts, default=0)
    for place, count in enumerate(counts):
        if count:
            height = max(2, round(_TALLEST * (count / most) ** 0.5))  # by the root: few are seen beside many
            kind = "past" if place == 0 else "soon" if place <= 2 else "later"
            text = f"{_when(place, first)}: {counted(count, 'certificate')}"
            yield Bar(place * _SLOT + 4, _HEAD + _TALLEST - height, _SLOT - 8, height, count, kind, text)


def _when(place: int, first: int) -> str:
    if place == 0:
        return "expired"
    year, quarter = divmod(first + min(place - 1, _QUARTERS), 4)
    return f"from {year}" if place > _QUARTERS else f"{year}, quarter {quarter + 1}"


def _labels(first: int) -> Iterable[Label]:
    yield Label(_SLOT // 2, "past")
    for place in range(1, _QUARTERS + 1):
        year, quarter = divmod(first + place - 1, 4)
        if quarter == 0 or place == 1:
            yield Label(place * _SLOT + _SLOT // 2, str(year))
    yield Label((_QUARTERS + 1) * _SLOT + _SLOT // 2, "later")
