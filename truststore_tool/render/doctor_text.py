"""What `doctor` found, as text."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from truststore_tool.render.tables import Table
from truststore_tool.render.text import Piece
from truststore_tool.wording import counted

if TYPE_CHECKING:
    from truststore_tool.readers.examining import Examined, Seen
    from truststore_tool.readers.mending import Fixed, Treated

_HEADINGS = ("Reader", "With the password", "With a wrong one", "Without")


def examined(stores: "Iterable[Examined]") -> Iterator[Piece]:
    """A table of readers for each store, and its findings."""
    for number, store in enumerate(stores):
        if number:
            yield ""
        yield from _examined(store)


def treated(stores: "Iterable[Treated]", *, dry_run: bool) -> Iterator[Piece]:
    """What was mended in each store, with its readers before and after; and what is to be said of it now."""
    for number, store in enumerate(stores):
        if number:
            yield ""
        if store.fixed is None:
            yield f"{store.path}: nothing to mend"
        else:
            yield f"{store.path}: {'would be mended' if dry_run else 'mended'}"
            yield from _fixed(store.fixed)
        yield from _examined(store)


def _fixed(fixed: "Fixed") -> Iterator[Piece]:
    for item in fixed.marked:
        yield f"  trusted now: {item.alias!r}: SHA-256 {item.certificate.sha256}"
    for renamed in fixed.renamed:
        yield f"  renamed: {renamed.old!r} to {renamed.new!r}"
    for item in fixed.removed:
        name = f"{item.alias!r}: " if item.alias else ""
        yield f"  removed, as it was there twice: {name}SHA-256 {item.certificate.sha256}"
    if fixed.profile:
        yield f"  protected as {fixed.profile}"
    if fixed.rewritten:
        yield "  written anew in the way that Java writes it"
    rows = [
        (s.name, _cell(s.loads_before, s.anchors_before), _cell(s.loads_after, s.anchors_after)) for s in fixed.readers
    ]
    if rows:
        yield Table(("Reader", "Before", "After"), tuple((name, f"{before} ->", after) for name, before, after in rows))


def _examined(store: "Examined | Treated") -> Iterator[Piece]:
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
