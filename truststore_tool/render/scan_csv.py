"""An inventory as CSV (RFC 4180): a line for each certificate of each store, and one for a store that shows none."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Final

from truststore_tool.inventory.nouns import Found, Inventory, Shown
from truststore_tool.render.text import day
from truststore_tool.safe import printable

COLUMNS: Final = (
    *("path", "places", "format", "integrity", "locked", "readers", "present", "missing"),
    *("alias", "kind", "subject", "issuer", "serial", "not_before", "not_after", "sha256", "sha1", "is_ca"),
)
# What spreadsheets take for the beginning of a formula (OWASP, CSV Injection), full-width forms too.
_FORMULAS: Final = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def pieces(inventory: Inventory) -> Iterator[str]:
    """The lines below one of headings. A cell that a spreadsheet would calculate begins with an apostrophe."""
    yield _lines([COLUMNS])
    for store in inventory.stores:
        yield _lines(map(_harmless, row) for row in _rows(store))


def _lines(rows: Iterable[Iterable[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


def _rows(store: Found) -> Iterator[tuple[str, ...]]:
    about = (
        str(store.places[0]),
        str(len(store.places)),
        store.format,
        store.integrity,
        _word(store.locked),
        "; ".join(dict.fromkeys(reader.name for reader in store.readers)),
        " ".join(map(str, store.present)),
        " ".join(map(str, store.missing)),
    )
    for held in store.certificates:
        yield (*about, *_certificate(held))
    if not store.certificates:
        yield (*about, *[""] * (len(COLUMNS) - len(about)))


def _certificate(held: Shown) -> Iterator[str]:
    facts = held.facts
    yield from (held.alias, held.kind, facts.subject or "", facts.issuer or "", facts.serial or "")
    yield from (day(facts.not_before), day(facts.not_after), str(facts.sha256), str(facts.sha1), _word(facts.is_ca))


def _word(value: bool | None) -> str:
    return {True: "yes", False: "no", None: ""}[value]


def _harmless(cell: str) -> str:
    shown = printable(cell)
    return f"'{shown}" if shown.lstrip().startswith(_FORMULAS) and shown != "-" else shown
