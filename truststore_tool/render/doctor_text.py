"""What `doctor` found, as text."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from truststore_tool.render.tables import Table
from truststore_tool.render.text import Piece
from truststore_tool.wording import counted

if TYPE_CHECKING:
    from truststore_tool.readers.examining import Examined, Seen

_HEADINGS = ("Reader", "With the password", "With a wrong one", "Without")


def examined(stores: "Iterable[Examined]") -> Iterator[Piece]:
    """A table of readers for each store, and its findings."""
    for number, store in enumerate(stores):
        if number:
            yield ""
        yield f"{store.path}: {store.format or 'no store'}"
        if store.readers:
            yield Table(_HEADINGS, tuple(_row(seen) for seen in store.readers))
        for seen in store.readers:
            if seen.error:
                yield f"{seen.name} says: {seen.error}"
        for item in store.findings:
            where = f" [{item.place.entry}]" if item.place.entry and item.place.entry not in item.message else ""
            yield f"{item.level}: {item.rule}{where}: {item.message}"
            if item.fix:
                yield f"  fix: {item.fix}"
        if not store.findings:
            yield "nothing is wrong with it"


def _row(seen: "Seen") -> tuple[str, ...]:
    return (
        seen.name,
        _cell(seen.loads, seen.anchors),
        _cell(seen.loads_with_wrong_password, seen.anchors_with_wrong_password),
        _cell(seen.loads_without_password, seen.anchors_without_password),
    )


def _cell(loads: bool | None, anchors: int | None) -> str:
    if loads is None:
        return "unknown"
    if not loads:
        return "does not open"
    return "opens" if anchors is None else counted(anchors, "anchor")
