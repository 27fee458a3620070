"""Damaged stores, thousands of them, through a JVM and through what is known of it.

    python -m tests.readers.mutations NUMBER [READER]

Only the verdict counts here: loads or not, and the trust anchors. Which of many things wrong with a store is named
first is compared where stores are whole.
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from tests.readers import jvms
from tests.readers.cells import verdict_differs
from tests.readers.jvms import Jvm
from tests.readers.parsers import AS_JAVA
from tests.torture import seeds
from tests.torture.mutation import mutate
from truststore_tool.readers.java import keystores
from truststore_tool.readers.java.releases import Release

_TYPES: Final = ("PKCS12", "JKS", "JCEKS")


class Disagreement(NamedTuple):
    """A damaged store of which the JVM makes something else."""

    data: bytes
    storetype: str
    password: str | None
    what: str


class Outcome(NamedTuple):
    """How many stores were asked about, how many of them load, of how many nothing is known; and what differs."""

    asked: int
    loading: int
    unknown: int
    differing: tuple[Disagreement, ...]


def damaged(number: int, seed: int) -> Iterator[tuple[bytes, str]]:
    """That many damaged stores and their types, the same for the same seed."""
    rng = Random(seed)  # noqa: S311 -- not for secrets
    pools = {storetype: seeds.of_format(storetype.lower()) for storetype in _TYPES}
    for index in range(number):
        # Most that can be wrong is wrong with PKCS#12.
        storetype = _TYPES[0 if index % 4 else rng.randrange(3)]
        yield mutate(rng, pools[storetype]), storetype


def compare(jvm: Jvm, number: int, seed: int) -> Outcome:
    """What becomes of that many damaged stores."""
    release = Release.parse(jvm.name)
    loading = unknown = 0
    differing: list[Disagreement] = []
    for index, (data, storetype) in enumerate(damaged(number, seed)):
        password = seeds.PASSWORD if index % 2 else None
        jvm.begin(data, password, storetype)
        reading = keystores.read(release, data, password, AS_JAVA, storetype=storetype)
        answer = jvm.answer()
        loading += answer.loads
        if reading.loads is None:
            unknown += 1
        elif what := verdict_differs(answer, reading):
            differing.append(Disagreement(data, storetype, password, what))
    return Outcome(number, loading, unknown, tuple(differing))


def main(arguments: Sequence[str]) -> int:
    """The command line; the exit code is 1 when anything differs."""
    number, name = int(arguments[0]), "".join(arguments[1:]) or "java25.0.3"
    found, _absent = jvms.homes()
    with (
        tempfile.TemporaryDirectory() as folder,
        jvms.running({name: found[name]}, jvms.compiled(Path(folder))) as running,
    ):
        outcome = compare(running[name], number, seed=1)
    print(f"{name}: {outcome.asked} stores, of which {outcome.loading} load")
    print(f"nothing known of {outcome.unknown}, {len(outcome.differing)} differ")
    for item in outcome.differing:
        print(f"{item.storetype}, {'with' if item.password else 'without'} password: {item.what}")
    return int(bool(outcome.differing))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
