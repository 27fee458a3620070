"""Rows of text: aligned columns, the same lines for pipes and terminals. A terminal has headings, and less width.

Nothing is ever broken: a row is a line. Where a terminal is too narrow for it, fingerprints are cut short, and columns
go that the table can do without; then dates are short (one that is past has a mark), and a row that is longer than the
others loses its last cells, up to the alias. Of an alias that has no room in a line by itself, the middle is left out.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from truststore_tool.safe import printable

# A fingerprint, of which its first eight bytes are shown on a terminal.
_FINGERPRINT: Final = re.compile(r"((?:[0-9A-F]{2}:){7}[0-9A-F]{2})(?::[0-9A-F]{2}){12,}")
_FINGERPRINT_SIZE: Final = 59  # the characters of the shortest, SHA-1's
# What is not well, by how a cell or a line begins.
_ALARMING: Final = re.compile(r"(?:^|\0)(?:expired|MISSING|NOT TRUSTED|FAILS|NOT JUDGED|distrusted|error|cannot)\b")
_WORRYING: Final = re.compile(r"(?:^|\0)(?:expires soon|extra|warning)\b")
_RED, _YELLOW, _BOLD = "31", "33", "1"
_EXPIRY: Final = re.compile(r"(expire[sd]) (\d{4}-\d\d-\d\d)")
_ELLIPSIS: Final = "\N{HORIZONTAL ELLIPSIS}"
_GAP: Final = 2
_FEWEST: Final = 2  # cells that each row of a table without a running column keeps


class Table(NamedTuple):
    """Column headings and rows of cells.

    Attributes:
        spare: the headings of columns that a narrow terminal goes without, the first of these first.
        running: the heading of the column whose longest cells may run over its end.
        whole: whether fingerprints stay whole on a terminal, as where a person is to compare them.
        sentence: how a row reads in a pipe, with {} for each cell, where it is not aligned with the others.
    """

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    spare: tuple[str, ...] = ()
    running: str = "Alias"
    whole: bool = False
    sentence: str = ""


def plain(table: Table, *, colour: bool = False) -> Iterator[str]:
    """The rows without headings, columns aligned and two blanks apart; one line a row, never wrapped."""
    rows = [tuple(map(printable, row)) for row in table.rows]
    aligned = "  ".join(f"{{:{max(map(len, column))}}}" for column in zip(*rows, strict=True))
    for row in rows:
        line = (table.sentence or aligned).format(*row).rstrip()
        yield _painted(f"{line}\n", _code(row) if colour else None)


def drawn(table: Table, width: int, *, colour: bool) -> Iterator[str]:
    """The rows below their headings, as far as they have room in `width` characters."""
    rows = [tuple(map(printable, row)) for row in table.rows]
    codes = [_code(row) if colour else None for row in rows]
    if not table.whole:
        rows = [tuple([_cut(cell) if len(cell) >= _FINGERPRINT_SIZE else cell for cell in row]) for row in rows]
    every: list[tuple[str, ...]] = [table.headings, *rows]
    widths = _widths(every)
    shown = list(range(len(widths)))
    for heading in table.spare:
        if _over([widths[place] for place in shown], width) > 0:
            shown.remove(table.headings.index(heading))
    if len(shown) < len(widths):
        every = [tuple([row[place] for place in shown]) for row in every]
        widths = [widths[place] for place in shown]
    if _over(widths, width) > 0:
        every = [every[0], *(tuple([_EXPIRY.sub(_short, cell) for cell in row]) for row in every[1:])]
        widths = _widths(every)
        if not table.whole and table.running in every[0]:
            widths[every[0].index(table.running)] -= max(0, _over(widths, width))
    running = every[0].index(table.running) if table.running in every[0] else None
    fewest = _FEWEST if running is None else running + 1
    for row, code in zip(every, [_BOLD if colour else None, *codes], strict=True):
        cells = row
        line = _line(cells, widths)
        while len(cells) > fewest and not table.whole and _columns(line) > width:
            cells = cells[:-1]
            line = _line(cells, widths)
        over = _columns(line) - width
        if over > 0 and row is every[0]:  # headings of columns that all rows run over
            line = "  ".join(cells)
        elif over > 0 and running is not None and not table.whole:
            line = _line((*cells[:-1], _without_middle(cells[-1], _columns(cells[-1]) - over)), widths)
        yield _painted(f"{line}\n", code)


def _cut(text: str) -> str:
    return _FINGERPRINT.sub(rf"\1{_ELLIPSIS}", text)


def _without_middle(text: str, room: int) -> str:
    """The beginning and the end of a text, in so many columns."""
    while (columns := _columns(text)) > room - 1:
        half = len(text) // 2
        several = max(1, (columns - room) // 4)  # each takes two columns at most, so that none too many go
        text = text[: half - several // 2] + text[half - several // 2 + several :]
    return f"{text[: len(text) // 2]}{_ELLIPSIS}{text[len(text) // 2 :]}"


def _over(widths: Sequence[int], width: int) -> int:
    """How much wider a row is than there is room."""
    return sum(widths) + _GAP * (len(widths) - 1) - width


def _short(found: re.Match[str]) -> str:
    return found[2] + ("!" if found[1] == "expired" else "")


def emphasised(line: str) -> str:
    """A line in the colour of what it says; most have none."""
    return _painted(line, _code([line]))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    if _measure("".join(cells)) is len:
        return "  ".join(map(str.ljust, cells, widths)).rstrip()
    padded = [cell + " " * (width - _columns(cell)) for cell, width in zip(cells, widths, strict=False)]
    return "  ".join(padded).rstrip()


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(_measure("".join(column)), column)) for column in zip(*rows, strict=True)]


def _measure(text: str) -> Callable[[str], int]:
    """What counts the columns of strings of these characters, fast where each takes one."""
    return len if text.isascii() or text.replace(_ELLIPSIS, "").isascii() else _columns


def _columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if _measure(text) is len:
        return len(text)
    from unicodedata import category, east_asian_width, normalize

    drawn_as = normalize("NFC", text)
    return sum(0 if category(char) in ("Mn", "Me") else 2 if east_asian_width(char) in "WF" else 1 for char in drawn_as)


def _code(cells: Iterable[str]) -> str | None:
    """The colour of the worst that the cells of a row say, as ECMA-48 numbers it."""
    said = "\0".join(cells)
    return _RED if _ALARMING.search(said) else _YELLOW if _WORRYING.search(said) else None


def _painted(text: str, code: str | None) -> str:
    body = text.rstrip("\n")
    return f"\x1b[{code}m{body}\x1b[0m{text[len(body) :]}" if code else text
