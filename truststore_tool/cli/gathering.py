"""Collecting the certificates of sources, and saying what was left out."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from truststore_tool.cli.opening import reveal
from truststore_tool.cli.output import Output
from truststore_tool.cli.progress import working
from truststore_tool.operations.candidates import Candidate
from truststore_tool.passwords import Password

if TYPE_CHECKING:
    from truststore_tool.sources import Distrusted, LeftOut


class Collected(NamedTuple):
    """The certificates of the sources in their order, each with the name of its source, and what was left out.

    `distrusted` are those that a source marks as not trusted: among what was left out, or kept at the end.
    """

    candidates: list[Candidate]
    left_out: "tuple[LeftOut, ...]"
    distrusted: "tuple[Distrusted, ...]"


def gather(
    names: Sequence[str],
    password: Password | None,
    output: Output,
    *,
    skip_unreadable: bool = False,
    keep_distrusted: bool = False,
) -> Collected:
    """Read the sources. Notes on them, what was left out, and what is kept though distrusted, go to standard error."""
    from truststore_tool import sources

    with working("reading the sources", quiet=output.quiet):
        gathered = sources.gather(
            names,
            reveal(password),
            stdin=sys.stdin.buffer.read,
            skip_unreadable=skip_unreadable,
            keep_distrusted=keep_distrusted,
        )
    for source in gathered:
        output.warn(f"{source.name}: {note}" for note in source.notes)
    left_out = tuple(item for source in gathered for item in source.left_out)
    if left_out:
        output.warn(f"left out: {item.source}: {item.what}" for item in left_out)
        output.warn([f"left out of the sources: {len(left_out)}"])
    candidates = [Candidate(certificate, source.name) for source in gathered for certificate in source.certificates]
    distrusted = tuple(item for source in gathered for item in source.distrusted)
    if keep_distrusted:
        output.warn(f"{item.left_out.source}: {item.left_out.what}" for item in distrusted)
        candidates += [Candidate(item.certificate, source.name) for source in gathered for item in source.distrusted]
    return Collected(candidates, left_out, distrusted)
