"""Which servers are meant, and the file that keeps what one of them showed."""

import os
import sys
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from truststore_tool.errors import ExistsError, UnreadableError, UsageError
from truststore_tool.model import Certificate
from truststore_tool.postgres.target import Target


def named(words: Sequence[str], listed: str | None) -> list[Target]:
    """The servers of the command line, and behind them those in the file called `listed` (``-`` is standard input).

    A line of that is a server; what follows a ``#`` is a comment. Raises UsageError, and UnreadableError for the file.
    """
    found = [*map(Target.parse, words), *(() if listed is None else _in(listed))]
    if not found:
        raise UsageError("no server is named", hint="name HOST[:PORT], or give --from FILE")
    return found


def _in(listed: str) -> Iterator[Target]:
    from truststore_tool import files

    place = "standard input" if listed == "-" else listed
    data = sys.stdin.buffer.read() if listed == "-" else files.read(Path(listed))
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as exc:
        raise UnreadableError(f"{place}: is not a list of servers: not UTF-8") from exc
    for number, line in enumerate(lines, 1):
        if word := line.partition("#")[0].strip():
            try:
                yield Target.parse(word)
            except UsageError as exc:
                raise exc.at(f"{place}, line {number}") from exc


def save(out: str, target: Target, chains: Sequence[Sequence[Certificate]]) -> None:
    """Write chains as they were shown, each certificate once, with a word on what they are; ``-`` is standard output.

    Raises ExistsError where the file is there and holds anything else, and WriteError.
    """
    from truststore_tool import files

    blocks = [f"# Shown by {target}: not verified, and not to be trusted for being here.\n".encode()]
    blocks += [certificate.to_pem().encode() for certificate in dict.fromkeys(chain.from_iterable(chains))]
    data = b"".join(blocks)
    if out == "-":
        sys.stdout.buffer.write(data)
        return
    path = Path(out)
    with files.locked(path):
        if os.path.lexists(path):
            if files.read(path) == data:
                return
            raise ExistsError(f"{out} exists already", hint="name another file, or remove that one")
        files.replace(path, data)
