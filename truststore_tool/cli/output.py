"""Where output goes: data to standard output, talk to standard error, colour only on a terminal.

What is not well is a finding, whatever command comes upon it: said on standard error, and kept for the report in JSON.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Final, TextIO

import typer

from truststore_tool.findings import Finding, Place, finding, open_to_all
from truststore_tool.render.tables import Table, drawn, emphasised, plain
from truststore_tool.render.text import Piece, found
from truststore_tool.safe import printable

# Characters that are written at once, as each call flushes; all of a large report would be in memory twice.
_BLOCK: Final = 100_000
_MANY: Final = 5  # findings of one rule


class Output:
    """How a command reports, as text, as JSON, or not at all, and what it found on the way."""

    def __init__(self, json: bool = False, quiet: bool = False) -> None:
        self.json = json
        self.quiet = quiet
        self.findings: list[Finding] = []

    def report(self, kind: str, report: object, pieces: Iterable[Piece], **more: object) -> None:
        """Print a report to standard output: its pieces as text, or as JSON the whole with all findings so far."""
        if self.json:
            from truststore_tool.render.as_json import to_json

            typer.echo(
                to_json(kind, report, **more, findings=self.findings).encode()
            )  # in UTF-8 whatever the locale (RFC 8259, section 8.1)
        elif not self.quiet:
            self.pieces(pieces)

    def pieces(self, pieces: Iterable[Piece]) -> None:
        """Print lines and tables to standard output; tables are drawn on a terminal and plain in a pipe."""
        colour, width = has_colour(sys.stdout), _width() if sys.stdout.isatty() else 0

        def lines(piece: Piece) -> Iterable[str]:
            if isinstance(piece, Table):
                return drawn(piece, width, colour=colour) if width else plain(piece, colour=colour)
            line = printable(piece)
            return (f"{emphasised(line) if colour else line}\n",)

        block, size = [], 0
        for text in chain.from_iterable(map(lines, pieces)):
            block.append(text)
            size += len(text)
            if size >= _BLOCK:
                typer.echo("".join(block), nl=False, color=colour)
                block, size = [], 0
        typer.echo("".join(block), nl=False, color=colour)

    def talk(self, line: str) -> None:
        """Say a line on standard error, unless quiet."""
        if not self.quiet:
            typer.echo(printable(line), err=True)

    def talk_of(self, pieces: Iterable[Piece]) -> None:
        """Say the lines of a report whose place is taken by data, which is standard output."""
        for piece in pieces:
            self.talk(str(piece))

    def messages(self) -> list[str]:
        """What was found so far, one line each."""
        return [item.message for item in self.findings]

    def warn_of_place(self, path: str | Path) -> None:
        """Warn of a store, or a file to become one, that anyone on this machine may replace (unless it is ``-``)."""
        from truststore_tool.strangers import may_replace

        if path != "-" and may_replace(Path(path)):
            self.warn([open_to_all(str(path))])

    def warn_of_secret(self, path: Path | None) -> None:
        """Warn of a password file that anyone on this machine may read."""
        from truststore_tool.strangers import may_read

        if path is not None and may_read(path):
            text = "every user may read this password file"
            self.warn([finding("world-readable", Place(str(path)), text, fix="chmod 600")])

    def warn_of_key(self, path: str | Path) -> None:
        """Warn of a file with a private or secret key that every user of this machine may read (unless it is ``-``)."""
        from truststore_tool.strangers import may_read

        if path != "-" and may_read(Path(path)):
            text = "every user may read it, and it holds a key"
            self.warn([finding("world-readable", Place(str(path)), text, fix="chmod o-r")])

    def warn(self, findings: Iterable[Finding], *, each: bool = True) -> None:
        """Say findings on standard error, unless quiet, and keep them for the report.

        With `each` false, one line stands for all of a rule where they are many.
        """
        colour = has_colour(sys.stderr)
        found_now = list(findings)
        self.findings += found_now
        many = Counter(item.rule for item in found_now) if not each else Counter[str]()
        said: set[str] = set()
        for item in found_now:
            more = many[item.rule] - 1
            if more >= _MANY - 1 and item.rule in said:
                continue
            said.add(item.rule)
            text = f"{found(item)}; and {more} more such, which --verbose shows" if more >= _MANY - 1 else found(item)
            label = "note:" if item.level == "note" else "warning:"
            shown = emphasised(label) if colour else label
            if not self.quiet:
                typer.echo(f"{shown} {printable(text)}", err=True, color=colour)


def has_colour(stream: TextIO) -> bool:
    """Whether it has colour: a terminal that can, unless NO_COLOR is set; anything, where FORCE_COLOR is."""
    if os.environ.get("NO_COLOR"):
        return False
    return (stream.isatty() and os.environ.get("TERM") != "dumb") or bool(os.environ.get("FORCE_COLOR"))


def _width() -> int:
    from shutil import get_terminal_size

    return get_terminal_size().columns
