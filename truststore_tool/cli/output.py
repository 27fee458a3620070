"""Where output goes: data to standard output, talk to standard error, colour only on a terminal.

What is not well is a finding, whatever command comes upon it: said on standard error, and kept for the report in JSON.
"""

import os
import sys
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Final

import typer

from truststore_tool.findings import Finding, Place, finding
from truststore_tool.render.tables import drawn, plain
from truststore_tool.render.text import Piece, found
from truststore_tool.safe import printable

# Characters that are written at once, as each call flushes; all of a large report would be in memory twice.
_BLOCK: Final = 100_000


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
        table = drawn if sys.stdout.isatty() else plain
        shown = ((f"{printable(piece)}\n",) if isinstance(piece, str) else table(piece) for piece in pieces)
        block, size = [], 0
        for text in chain.from_iterable(shown):
            block.append(text)
            size += len(text)
            if size >= _BLOCK:
                typer.echo("".join(block), nl=False)
                block, size = [], 0
        typer.echo("".join(block), nl=False)

    def talk(self, line: str) -> None:
        """Say a line on standard error, unless quiet."""
        if not self.quiet:
            typer.echo(printable(line), err=True)

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

    def warn(self, findings: Iterable[Finding]) -> None:
        """Say findings on standard error, unless quiet, and keep them for the report."""
        colour = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
        for item in findings:
            self.findings.append(item)
            label = "note:" if item.level == "note" else "warning:"
            shown = typer.style(label, fg="yellow") if colour else label
            if not self.quiet:
                typer.echo(f"{shown} {printable(found(item))}", err=True)


def open_to_all(path: str) -> Finding:
    """That every user may replace the file at `path`."""
    text = "every user may replace it, as its directory is writable for all"
    return finding("world-writable", Place(path), text, fix="chmod o-w the directory")
