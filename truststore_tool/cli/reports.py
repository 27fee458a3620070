"""The kinds of reports on an inventory, and where each goes: standard output, or a file."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Final

import typer

from truststore_tool.cli.output import Output
from truststore_tool.errors import UsageError
from truststore_tool.inventory.nouns import Inventory
from truststore_tool.nouns import noun

TEXT: Final = "text"
# Kind: the module of `render` whose `pieces(inventory)` make it, a text in UTF-8.
KINDS: Final[Mapping[str, str]] = {
    "json": "scan_json",
    "csv": "scan_csv",
    "sarif": "scan_sarif",
    "junit": "scan_junit",
    "html": "scan_html",
}

_BLOCK: Final = 100_000  # characters
_STDOUT: Final = ("", "-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")
# Replacing the file behind one would take it from whoever writes to it.
_DESCRIPTORS: Final = ("/dev/stderr", "/dev/fd/", "/proc/self/fd/")


@noun
class Wanted:
    """A kind of report, and the file that it goes to; None for standard output."""

    kind: str
    path: str | None


Reports = Sequence[Wanted]


def wanted(given: Sequence[str] | None, *, json: bool) -> Reports:
    """The reports that were asked for: text, where none were.

    Raises UsageError for an unknown kind, for a page without what makes it, and where two would go to the same file or
    both to standard output, and WriteError for a file that could not be written: before there is anything to report.
    """
    found = [_wanted(text) for text in given or ()]
    if json:
        found.append(Wanted("json", None))
    found = list(dict.fromkeys(found)) or [Wanted(TEXT, None)]
    if sum(each.path is None for each in found) > 1:
        raise UsageError("two reports cannot both go to standard output", hint="write one to a file: KIND=FILE")
    files = [each.path for each in found if each.path is not None]
    require_places(files)
    if any(each.kind == "html" for each in found):
        from truststore_tool.render import scan_html

        scan_html.require()
    return found


def require_places(paths: Sequence[str]) -> None:
    """Raise WriteError for a file that could not be written, and UsageError where two paths are the same file."""
    from truststore_tool import files

    seen: set[str] = set()
    for path in paths:
        files.require_file(path)
        files.require_place(path)
        if (real := os.path.realpath(path)) in seen:
            raise UsageError(f"{path}: two things cannot go to the same file", hint="name another file for one of them")
        seen.add(real)


def _wanted(text: str) -> Wanted:
    kind, equals, path = text.partition("=")
    if kind != TEXT and kind not in KINDS:
        raise UsageError(f"no report is called {kind!r}", hint=f"choose one of {', '.join((TEXT, *KINDS))}")
    if equals and not path:
        raise UsageError(f"the report {kind} names no file", hint="write it as KIND=FILE")
    if path in _STDOUT:
        return Wanted(kind, None)
    if path.startswith(_DESCRIPTORS):
        raise UsageError(f"the report {kind} cannot go to {path}", hint="name a file, or - for standard output")
    return Wanted(kind, path)


def printed(inventory: Inventory, reports: Reports, output: Output) -> None:
    """Write every report where it goes. Raises WriteError."""
    from truststore_tool.render import scan_text

    for each in reports:
        if each.kind == TEXT and each.path is None:
            if not output.quiet:
                output.pieces(scan_text.pieces(inventory))
            continue
        pieces = _plain(inventory) if each.kind == TEXT else _renderer(each.kind)(inventory)
        if each.path is None:
            for block in _encoded(pieces):
                typer.echo(block, nl=False)
        else:
            from truststore_tool import files

            path = Path(each.path)
            with files.locked(path):
                files.replace(path, _encoded(pieces))
            output.talk(f"{each.kind}: written to {each.path}")


def _encoded(pieces: Iterable[str]) -> Iterator[bytes]:
    """Pieces of text as octets, in blocks that are worth a call: all of a large report would take much room."""
    block, size = [], 0
    for piece in pieces:
        block.append(piece)
        size += len(piece)
        if size >= _BLOCK:
            yield "".join(block).encode("utf-8", "backslashreplace")
            block, size = [], 0
    yield "".join(block).encode("utf-8", "backslashreplace")


def _renderer(kind: str) -> Callable[[Inventory], Iterator[str]]:
    made: Callable[[Inventory], Iterator[str]] = import_module(f"truststore_tool.render.{KINDS[kind]}").pieces
    return made


def _plain(inventory: Inventory) -> Iterator[str]:
    from truststore_tool.render import scan_text
    from truststore_tool.render.tables import Table, plain
    from truststore_tool.safe import printable

    for each in scan_text.pieces(inventory):
        yield from plain(each) if isinstance(each, Table) else (f"{printable(each)}\n",)
