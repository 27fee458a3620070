"""Predictions held against what real JVMs were seen to make of other people's stores.

    python -m tests.readers.score FILE_OF_READERS_JSONL CORPUS

The file has an object a store: its file, and for each JVM what it made of it with the password and without: the
numbers of trusted entries and of trust anchors, or X and the class of the innermost exception; "-" where not asked.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from tests.readers.parsers import AS_JAVA
from truststore_tool.readers.base import Reading, Work
from truststore_tool.readers.java import jks, keystores
from truststore_tool.readers.java.releases import Release

# Columns that are not named by their version.
COLUMNS: Final = {"8.252": "java8u252", "java-17": "java17.0.15", "temurin-25": "java25.0.3"}
NOT_ASKED: Final = "-"


class Cell(NamedTuple):
    """A store, a reader, whether the password was given; what was measured, and what is predicted."""

    file: str
    reader: str
    given: bool
    measured: str
    predicted: str

    @property
    def met(self) -> bool:
        """Whether they are the same."""
        return self.measured == self.predicted


def reader_of(column: str) -> str:
    """The reader's name of a column: 11.0.5.1 is a wheel with Java 11.0.5."""
    return COLUMNS.get(column) or "java" + column.rpartition(".")[0]


def shown(reading: Reading) -> str:
    """A reading in the words of the file."""
    if reading.loads is None:
        return "?"
    if not reading.loads:
        thrown = reading.cause or reading.error or ""
        return "X " + thrown.partition(":")[0].rpartition(".")[2]
    return f"{len(reading.anchors or ())}/{len(reading.anchors or ())}"


def cells(rows: Sequence[dict[str, object]], corpus: Path) -> Iterator[Cell]:
    """Every cell in which a JVM was asked."""
    expected = {row["file"]: row for row in map(json.loads, (corpus / "expected.jsonl").read_text().splitlines())}
    for row in rows:
        name = str(row["file"])
        data = (corpus / "files" / name).read_bytes()
        storetype = {jks.JKS: "JKS", jks.JCEKS: "JCEKS"}.get(data[:4], "PKCS12")
        work: Work = {}
        for column, answers in row.items():
            if not isinstance(answers, list):
                continue
            release = Release.parse(reader_of(column))
            for given, answer in zip((True, False), answers, strict=True):
                if answer != NOT_ASKED:
                    password = expected[name].get("password") if given else None
                    reading = keystores.read(release, data, password, AS_JAVA, storetype=storetype, work=work)
                    yield Cell(name, str(release), given, answer, shown(reading))


def main(arguments: Sequence[str]) -> int:
    """The command line; the exit code is 1 when a cell is not met."""
    parser = argparse.ArgumentParser(prog="python -m tests.readers.score", description=__doc__)
    parser.add_argument("readers", type=Path)
    parser.add_argument("corpus", type=Path)
    options = parser.parse_args(arguments)
    rows = [json.loads(line) for line in options.readers.read_text().splitlines()]
    total, met = Counter[str](), Counter[str]()
    for cell in cells(rows, options.corpus):
        total[cell.reader] += 1
        met[cell.reader] += cell.met
        if not cell.met:
            given = "with" if cell.given else "without"
            print(f"not met: {cell.file} {cell.reader} {given}: {cell.measured}, predicted {cell.predicted}")
    for reader in [*total, "all"]:
        due, got = (total.total(), met.total()) if reader == "all" else (total[reader], met[reader])
        print(f"{reader:14}{due:8}{got:8}{due - got:6}")
    return int(met.total() < total.total())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
