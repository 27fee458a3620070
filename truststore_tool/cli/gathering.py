"""Collecting the certificates of sources, and saying what was left out."""

import sys
from collections.abc import Sequence

from truststore_tool.cli.opening import reveal
from truststore_tool.cli.output import Output
from truststore_tool.cli.progress import working
from truststore_tool.operations.candidates import Candidate
from truststore_tool.passwords import Password


def gather(names: Sequence[str], password: Password | None, output: Output) -> list[Candidate]:
    """The certificates of the sources in their order, each with the name of its source; notes go to standard error."""
    from truststore_tool import sources

    with working("reading the sources", quiet=output.quiet):
        gathered = sources.gather(names, reveal(password), stdin=sys.stdin.buffer.read)
    for source in gathered:
        output.warn(f"{source.name}: {note}" for note in source.notes)
    return [Candidate(certificate, source.name) for source in gathered for certificate in source.certificates]
