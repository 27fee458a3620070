"""What `doctor` found, as text."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from truststore_tool.readers.measured import WAYS, in_words
from truststore_tool.render.tables import Table
from truststore_tool.render.text import Piece

if TYPE_CHECKING:
    from truststore_tool.readers.examining import Examined, Seen
    from truststore_tool.readers.measured import Compared, Measured
    from truststore_tool.readers.mending import Fixed, Treated

_MEASURED_HEADINGS = ("Program", "Predicted as", "With the password", "With a wrong one", "Without")
_HEADINGS = ("Reader", "With the password", "With a wrong one", "Without")


def examined(stores: "Iterable[Examined]") -> Iterator[Piece]:
    """A table of readers for each store, what was measured of it, and its findings."""
    for number, store in enumerate(stores):
        if number:
            yield ""
        yield from _examined(store, *_measured(store))


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
    if dry_run:
        yield "nothing was written"


def _fixed(fixed: "Fixed") -> Iterator[Piece]:
    for item in fixed.trusted:
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
        (
            shift.name,
            f"{in_words(shift.loads_before, shift.anchors_before, 'anchor')} ->",
            in_words(shift.loads_after, shift.anchors_after, "anchor"),
        )
        for shift in fixed.readers
    ]
    if rows:
        yield Table(("Reader", "Before", "After"), tuple(rows))


def _examined(store: "Examined | Treated", *measured: Piece) -> Iterator[Piece]:
    yield f"{store.path}: {store.format or 'no store'}"
    if store.readers:
        yield Table(_HEADINGS, tuple(_row(seen) for seen in store.readers))
    for seen in store.readers:
        if seen.error:
            yield f"{seen.name} says: {seen.error}"
    yield from measured
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
        in_words(seen.loads, seen.anchors, "anchor"),
        in_words(seen.loads_with_wrong_password, seen.anchors_with_wrong_password, "anchor"),
        in_words(seen.loads_without_password, seen.anchors_without_password, "anchor"),
    )


def _measured(store: "Examined") -> Iterator[Piece]:
    if store.measured:
        yield "Measured on this machine:"
        yield Table(_MEASURED_HEADINGS, tuple(_measured_row(item) for item in store.measured))
    for lost in store.unmeasured:
        yield f"not measured: {lost.program}: {lost.reason}"


def _measured_row(item: "Measured") -> tuple[str, ...]:
    results = {result.way: result for result in item.results}
    return (item.program, item.reader, *(_compared(results.get(way)) for way in WAYS))


def _compared(result: "Compared | None") -> str:
    if result is None:
        return "-"
    saw = in_words(result.loads, result.count, result.of)
    saw += f" ({result.error})" if result.loads and result.error else ""
    if result.agrees:
        return f"{saw}, as predicted"
    expected = in_words(result.predicted_loads, result.predicted_count, result.of)
    return f"{saw}; predicted: {expected}"
