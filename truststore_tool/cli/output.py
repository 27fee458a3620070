"""Where output goes: data to standard output, talk to standard error, colour only on a terminal."""

import os
import sys
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple

import typer

from truststore_tool.render.tables import drawn, plain
from truststore_tool.render.text import Piece
from truststore_tool.safe import printable

# Characters that are written at once, as each call flushes; all of a large report would be in memory twice.
_BLOCK: Final = 100_000


class Output(NamedTuple):
    """How a command reports: as text, as JSON, or not at all."""

    json: bool = False
    quiet: bool = False

    def report(self, kind: str, report: object, pieces: Iterable[Piece], **more: object) -> None:
        """Print a report to standard output: its pieces as text, or the whole as JSON."""
        if self.json:
            from truststore_tool.render.as_json import to_json

            typer.echo(to_json(kind, report, **more).encode())  # in UTF-8 whatever the locale (RFC 8259, section 8.1)
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

    def warn_of_place(self, path: str | Path) -> None:
        """Warn of a store, or a file to become one, that anyone on this machine may replace (unless it is ``-``)."""
        from truststore_tool.strangers import may_replace

        if path != "-" and may_replace(Path(path)):
            self.warn([f"{path}: every user may replace it, as its directory is writable for all (chmod o-w)"])

    def warn_of_secret(self, path: Path | None) -> None:
        """Warn of a password file that anyone on this machine may read."""
        from truststore_tool.strangers import may_read

        if path is not None and may_read(path):
            self.warn([f"{path}: every user may read this password file (chmod 600)"])

    def warn_of_key(self, path: str | Path) -> None:
        """Warn of a file with a private or secret key that every user of this machine may read (unless it is ``-``)."""
        from truststore_tool.strangers import may_read

        if path != "-" and may_read(Path(path)):
            self.warn([f"{path}: every user may read it, and it holds a key (chmod o-r)"])

    def warn(self, lines: Iterable[str]) -> None:
        """Say warnings on standard error, unless quiet."""
        colour = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
        label = typer.style("warning:", fg="yellow") if colour else "warning:"
        for line in lines if not self.quiet else ():
            typer.echo(f"{label} {printable(line)}", err=True)
