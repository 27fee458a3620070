"""Our judgements on generated chains, held against the real OpenSSL and real JVMs.

    python -m tests.readers.chains_held [--first SEED] [--count NUMBER] [KIND ...]

Prints what is not met and a table; the exit code is 1 when a case is not met. The tests ask about few of each kind.
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from tests.readers import chain_graphs, chain_judges, chain_neighbours
from tests.readers.chain_drafts import NOW
from tests.readers.chain_judges import TRUSTED, ChainJvm, Neighbour
from truststore_tool.readers.chains import Judgement
from truststore_tool.readers.java import pkix
from truststore_tool.readers.java.pkix import Jdk
from truststore_tool.readers.openssl import verify

# Of each kind the case of a seed, and how many the tests ask about.
KINDS: Final[dict[str, tuple[Callable[[int], Neighbour], int]]] = {
    "neighbours": (chain_neighbours.neighbour, 250),
    "graphs": (chain_graphs.graph, 100),
    "names": (chain_graphs.names, 100),
    "algorithms": (chain_neighbours.algorithms, 50),
}
COLUMNS: Final = ("cases", "agreements", "real acceptances", "listed", "false all-clears")
# What is not judged, and rightly so: the beginning of the doubt, and why nobody can.
LISTED: Final = {
    "Java may take another of that name": "of several anchors Java takes one by the addresses of objects in memory",
    "there are too many ways": "where self-issued ones follow each other, Java stops at one by a distance of names",
}


class Held(NamedTuple):
    """A case, what a reader really says of it, and what we do."""

    reader: str
    case: Neighbour
    real: str
    found: Judgement

    @property
    def agrees(self) -> bool:
        """Whether we judge as the reader. What no server can be, as it cannot use the key, no client may accept."""
        return self.found.accepted is (self.real == TRUSTED)

    @property
    def is_listed(self) -> bool:
        """Whether it is left open for a reason that is listed."""
        return self.found.accepted is None and all(d.detail.startswith(tuple(LISTED)) for d in self.found.doubts)

    def __str__(self) -> str:
        flaws = [(flaw.code, flaw.detail) for flaw in (*self.found.flaws, *self.found.doubts)]
        return f"{self.reader}: {self.case.strange}: {self.real}; here {self.found.accepted} {flaws}"


def held(cases: Iterable[Neighbour], jvms: Mapping[Jdk, ChainJvm]) -> Iterator[Held]:
    """Each case beside each reader."""
    for case in cases:
        yield Held("libpq", case, chain_judges.openssl_says(case, NOW), verify.judge(case.sent, case.anchors, NOW))
        for jdk, jvm in jvms.items():
            yield Held(f"Java {jdk}", case, jvm.says(case), pkix.judge(case.sent, case.anchors, NOW, jdk))


def seeds(count: int, number: int) -> range:
    """Seeds of that many cases, spread over as many as there may be."""
    return range(0, count * number, number)


def main(arguments: Sequence[str]) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.readers.chains_held", description=__doc__)
    parser.add_argument("kinds", nargs="*", choices=[*KINDS, []], metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=1000)
    options = parser.parse_args(arguments)
    counts = Counter[tuple[str, str, str]]()
    with tempfile.TemporaryDirectory() as folder, chain_judges.running(Path(folder)) as jvms:
        for kind in options.kinds or KINDS:
            made = map(KINDS[kind][0], range(options.first, options.first + options.count))
            for one in held(made, jvms):
                accepted = one.found.accepted
                told = (True, one.agrees, one.real == TRUSTED, one.is_listed, accepted is True and not one.agrees)
                for column, counts_too in zip(COLUMNS, told, strict=True):
                    counts[kind, one.reader, column] += counts_too
                if not one.agrees and not one.is_listed:
                    print(f"not met: {kind}: {one}", flush=True)
    rows = list(dict.fromkeys((kind, reader) for kind, reader, _ in counts))
    print(f"{'':24}" + "".join(f"{column:>18}" for column in COLUMNS))
    for kind, reader in rows:
        print(f"{kind + ' ' + reader:24}" + "".join(f"{counts[kind, reader, column]:18}" for column in COLUMNS))
    return int(any(counts[*row, "agreements"] + counts[*row, "listed"] < counts[*row, "cases"] for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
