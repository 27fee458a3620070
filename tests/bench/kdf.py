"""Stores whose password costs work on purpose."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.bench.material import ROOT
from tests.bench.measure import OURS, Case, Command, Figure, compare, run

_COUNTS: Final = (100_000, 600_000)
# Name: what makes openssl write such a store. The second is how JDK 8 and OpenSSL 1 wrote it.
_KINDS: Final = {"AES-256, SHA-256": ("-certpbe", "AES-256-CBC", "-macalg", "sha256"),
                 "RC2-40, SHA-1": ("-legacy", "-certpbe", "PBE-SHA1-RC2-40", "-macalg", "sha1")}  # fmt: skip


def measure(runs: int, folder: Path) -> Iterator[Figure]:
    """Our list of PKCS#12 stores with many iterations beside openssl's reading of them."""
    for kind, words in _KINDS.items():
        for count in _COUNTS:
            export = ("openssl", "pkcs12", "-export", "-nokeys", "-in", str(ROOT), "-out", "slow.p12", *words)
            make = Command((*export, "-iter", str(count), "-passout", "env:TRUSTSTORE_PASSWORD"))
            if not make.is_there:
                return
            run(make, folder)
            legacy = tuple(word for word in words if word == "-legacy")
            theirs = ("openssl", "pkcs12", "-info", "-nokeys", "-in", "slow.p12", "-passin", "env:TRUSTSTORE_PASSWORD")
            case = Case(
                f"{count:,} iterations, {kind}",
                Command((OURS, "list", "slow.p12")),
                Command((*theirs, *legacy)),
                "openssl pkcs12 -info",
                2,
            )
            yield compare("kdf", case, runs, folder)
