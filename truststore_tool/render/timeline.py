"""When the certificates of an inventory expire, as bars of a drawing: one a quarter, and what is before or behind."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

from truststore_tool.inventory.nouns import Inventory, Told
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
    stores: dict[Told, int] = {}
    for store in inventory.stores:
        for facts in dict.fromkeys(held.facts for held in store.anchors):
            stores[facts] = stores.get(facts, 0) + 1
    ends = sorted(((facts.not_after, str(facts.sha256), facts) for facts in stores if facts.not_after), key=_dated)
    first = _quarter(inventory.at)
    counts = [0] * (_QUARTERS + 2)
    for end, *_ in ends:
        place = 0 if end < inventory.at else min(_quarter(end) - first, _QUARTERS) + 1
        counts[place] += 1
    bars = tuple(_bars(counts, first))
    soonest = [item for item in ends if item[0] >= inventory.at][:_NEXT]
    return Timeline(
        bars,
        tuple(_labels(first)),
        tuple(Next(day(end), facts.subject or "unknown subject", stores[facts]) for end, _, facts in soonest),
        "; ".join(bar.text for bar in bars),
    )


def _dated(item: tuple[datetime, str, Told]) -> tuple[datetime, str]:
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
