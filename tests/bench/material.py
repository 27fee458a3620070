"""Stores with many certificates: ``python -m tests.bench.material FOLDER ENTRIES...``.

A program of its own, because what it takes in memory would count as that of every process started from it.
"""

import sys
from functools import cache
from pathlib import Path
from typing import Final

from tests.bench.measure import PASSWORD
from tests.samples import SAMPLES
from truststore_tool import open_store, save_store
from truststore_tool.model import Certificate, TrustedEntry, TrustStore

ROOT: Final = SAMPLES / "amazon" / "rds-ca-2019-root.pem"
_NAME: Final = b"Amazon RDS Root 2019 CA"


def certificate(number: int) -> Certificate:
    """One of many different certificates: a real one with another name (and the same signature)."""
    return Certificate(_template().replace(_NAME, b"Bench authority %07d" % number))


@cache
def _template() -> bytes:
    return next(open_store(ROOT).trusted()).certificate.der


def main(folder: Path, counts: list[int]) -> None:
    """Write for each count two stores with so many certificates, of which all but one are the same."""
    for count in counts:
        entries = tuple(TrustedEntry(f"bench-{n:07}", c) for n, c in enumerate(map(certificate, range(count + 1))))
        for format_name, suffix in (("jks", "jks"), ("pkcs12", "p12")):
            for kind, chosen in (("store", entries[:-1]), ("other", entries[1:])):
                save_store(TrustStore(chosen, format_name), folder / f"{kind}-{count}.{suffix}", PASSWORD)


if __name__ == "__main__":
    main(Path(sys.argv[1]), list(map(int, sys.argv[2:])))
