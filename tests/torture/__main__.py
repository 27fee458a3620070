"""``python -m tests.torture [--minutes N | --short]``: crashes, crowds and hostile input, with figures.

TRUSTSTORE_TOOL_CORPUS may name a folder with more stores for mutation to begin with. Exit code 1 says that something
was found; the inputs are then in torture-findings/.
"""

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.realtools import jdk_homes
from tests.torture import crashes, crowds, differential, directories, guided, hostile, targets, torn
from truststore_tool.extras import how_to_install

FINDINGS: Final = Path("torture-findings")


@dataclass(frozen=True)
class Extent:
    """How much is done.

    Attributes:
        cases: of `crashes.cases` to strike at every call.
        directories: of `directories.CASES` to strike so.
        processes: to kill at random moments.
        torn: kills within a write that overwrites a store.
        crowd: processes at one store.
        crowds: format, and how many of a hundred processes come by way of keytool.
        seconds: of mutation for each target.
        bulk: whether inputs of ten megabytes are tried.
        mutants: stores and certificates to compare with what a JVM makes of them, and the seconds there are for them.
        guided: seconds of coverage-guided fuzzing of all targets, where atheris can be imported.
    """

    cases: tuple[str, ...]
    directories: tuple[str, ...]
    processes: int
    torn: int
    crowd: int
    crowds: tuple[tuple[str, int], ...]
    seconds: float
    bulk: bool
    mutants: tuple[int, float]
    guided: float


def short() -> Extent:
    """What the test suite does."""
    return Extent(
        ("jks import", "pkcs12 create"),
        ("remove the first of a hash",),
        4,
        12,
        12,
        (("jks", 50),),
        0.2,
        bulk=False,
        mutants=(1500, 60),
        guided=2,
    )


def long(minutes: float) -> Extent:
    """A thousand kills and more, then mutation for the rest of the time, a quarter of it at least: in equal parts
    blind, beside a JVM, and guided by coverage."""
    rest = max(minutes * 60 / 4, minutes * 60 - 420) / 3
    seconds = rest / len(targets.targets())
    return Extent(
        tuple(crashes.cases()),
        tuple(directories.CASES),
        500,
        210,
        64,
        (("jks", 0), ("jceks", 0), ("pkcs12", 0), ("pem", 0), ("jks", 50)),
        seconds,
        bulk=True,
        mutants=(10_000_000, rest),
        guided=rest,
    )


def run(extent: Extent) -> list[str]:
    """Do it all, print the figures, and give the findings."""
    found = []
    struck = crashes.run(extent.cases, extent.processes)
    print(
        f"crashes: {struck.kills} kills, of which {struck.left['old']} left the old store and {struck.left['new']} the"
        f" new one; {struck.errors} failed calls; {struck.strays} stray files, all gone after the next run;"
        f" {len(struck.findings)} findings",
        flush=True,
    )
    found += struck.findings
    certs = directories.run(extent.directories)
    print(
        f"directories: {certs.kills} kills, of which {certs.left['old']} left the old one, {certs.left['new']} the new"
        f" one and {certs.left['between']} neither; {certs.errors} failed calls; {len(certs.findings)} findings",
        flush=True,
    )
    found += certs.findings
    tears = torn.strike(extent.torn)
    print(
        f"torn: {tears.kills} kills within a write, which left {tears.half.total()} stores that were neither the old"
        f" nor the new one; after the next run {tears.left['old']} were the old and {tears.left['new']} the new one;"
        f" keytool and openssl were asked about {tears.asked}; {len(tears.findings)} findings",
        flush=True,
    )
    found += tears.findings
    for name, shims in extent.crowds:
        crowd = crowds.gather(name, extent.crowd, extent.crowd * shims // 100)
        how = f", {shims} % of them as keytool" if shims else ""
        print(
            f"crowd: {crowd.processes} processes at one {name} store{how}: done after {crowd.seconds:.1f} s;"
            f" opened {crowd.reads} times meanwhile; {len(crowd.findings)} findings",
            flush=True,
        )
        found += crowd.findings
    total = 0
    for name in targets.targets():
        figures = hostile.attack(name, extent.seconds, int(time.time()), FINDINGS, with_bulk=extent.bulk)
        total += figures.executions
        print(
            f"hostile: {name:14} {figures.executions:9,} executions, {figures.accepted:7,} read;"
            f" slowest {figures.slowest:.2f} s, {figures.growth >> 20} MB; {len(figures.findings)} findings",
            flush=True,
        )
        found += [f"{name}: {what}: {example}" for what, example in figures.findings.items()]
    print(f"hostile: {total:,} executions in all")
    if jdk_homes():
        with differential.judge() as jvm:
            compared = differential.run(jvm, extent.mutants[0], int(time.time()), extent.mutants[1])
        print(differential.report(compared), flush=True)
        found += [f"{what}: {example}" for what, (_, example) in compared.findings.items()]
    if guided.available():
        for each in guided.run(extent.guided):
            found += [f"{each.target}: {what}: {example}" for what, example in each.findings.items()]
    else:
        print(f"guided: nothing, as atheris is not there: {how_to_install('fuzz')}")
    return found


def main() -> int:
    """Exit code 1 when there are findings."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description="What the promises are worth.")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--minutes", type=float, default=20.0, help="about how long [default: 20]")
    group.add_argument("--short", action="store_true", help="what the test suite does, in seconds")
    asked = parser.parse_args()
    found = run(short() if asked.short else long(asked.minutes))
    for line in found:
        print(f"finding: {line}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
