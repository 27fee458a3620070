"""Rows of text: aligned columns for pipes, a drawn table for terminals."""

from collections.abc import Iterator
from typing import NamedTuple

from truststore_tool.safe import printable


class Table(NamedTuple):
    """Column headings and rows of cells."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def plain(table: Table) -> Iterator[str]:
    """The rows without headings, columns aligned and two blanks apart; one line a row, never wrapped."""
    rows = [tuple(map(printable, row)) for row in table.rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    line = "  ".join(f"%-{width}s" for width in widths)
    for row in rows:
        yield f"{(line % row).rstrip()}\n"


def drawn(table: Table) -> Iterator[str]:
    """The table as `rich` draws it for this terminal; colour only as the terminal and NO_COLOR allow."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    console = Console()
    grid = RichTable(box=SIMPLE_HEAD, pad_edge=False)
    for heading in table.headings:
        grid.add_column(heading, overflow="fold")
    for row in table.rows:
        grid.add_row(*(Text(printable(cell)) for cell in row))
    with console.capture() as captured:
        console.print(grid)
    yield captured.get()
