"""Benchmarks: ``python -m tests.bench [--runs N] [--json]``, as `make bench` runs it.

Our command line beside the real tools on the same work, each a whole process as a script would start it. The two take
turns, so that what else the machine does hits both; the median of the pairs' ratios is what counts.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

SAMPLES: Final = Path(__file__).resolve().parent.parent / "sample_certs"
BUNDLE: Final = SAMPLES / "amazon" / "rds-global-bundle.pem"
ROOT: Final = SAMPLES / "amazon" / "rds-ca-2019-root.pem"
OURS: Final = f"{sys.executable} -m truststore_tool"
PASSWORD: Final = "changeit"


@dataclass(frozen=True)
class Case:
    """Two commands that do the same work, and the name of the program that theirs is of."""

    name: str
    ours: str
    theirs: str


@dataclass(frozen=True)
class Result:
    """Medians in seconds, and the median of the pairs' ratios; None where the real tool is not there."""

    name: str
    ours: float
    theirs: float | None
    ratio: float | None


CASES: Final = (
    Case(
        "fingerprint of one certificate", f"{OURS} fingerprint {ROOT}", f"openssl x509 -in {ROOT} -noout -fingerprint"
    ),
    Case(
        "PEM to DER", f"{OURS} convert {ROOT} -o new.der --to der", f"openssl x509 -in {ROOT} -outform der -out new.der"
    ),
    Case(
        "list a JKS of 120",
        f"{OURS} list all.jks",
        "keytool -list -keystore all.jks -storepass:env TRUSTSTORE_PASSWORD",
    ),
    Case(
        "list a PKCS#12 of 120",
        f"{OURS} list all.p12",
        "keytool -list -keystore all.p12 -storepass:env TRUSTSTORE_PASSWORD",
    ),
    Case(
        "import one into a new JKS",
        f"rm -f new.jks; {OURS} import new.jks {ROOT} --yes",
        f"rm -f new.jks; keytool -importcert -noprompt -storetype jks -keystore new.jks -file {ROOT}"
        " -storepass:env TRUSTSTORE_PASSWORD",
    ),
)


def measure(case: Case, runs: int, folder: Path) -> Result:
    """Time both commands in turns, after one run of each that does not count."""
    real = shutil.which(case.theirs.rpartition("; ")[2].split()[0]) is not None
    pairs = [(_seconds(case.ours, folder), _seconds(case.theirs, folder) if real else None) for _ in range(runs + 1)][
        1:
    ]
    ours = statistics.median(mine for mine, _ in pairs)
    theirs = [their for _, their in pairs if their is not None]
    if not theirs:
        return Result(case.name, ours, None, None)
    ratio = statistics.median(mine / their for mine, their in pairs if their is not None)
    return Result(case.name, ours, statistics.median(theirs), ratio)


def _seconds(command: str, folder: Path) -> float:
    environment = {**os.environ, "TRUSTSTORE_PASSWORD": PASSWORD, "LC_ALL": "C.UTF-8"}
    start = time.perf_counter()
    done = subprocess.run(["sh", "-c", command], cwd=folder, env=environment, capture_output=True)
    if done.returncode:
        sys.exit(f"{command}\nexited {done.returncode}: {done.stdout.decode()}{done.stderr.decode()}")
    return time.perf_counter() - start


def main(arguments: Sequence[str]) -> int:
    """Run every case and print the table, or JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for store in ("all.jks", "all.p12"):
            _seconds(f"{OURS} import {store} {BUNDLE} --yes", folder)
        results = [measure(case, options.runs, folder) for case in CASES]
    if options.json:
        print(json.dumps([asdict(result) for result in results], indent=2))
        return 0
    print(f"{'median of ' + str(options.runs) + ' runs':32}{'ours, ms':>10}{'theirs, ms':>12}{'ratio':>8}")
    for r in results:
        theirs, ratio = ("-", "-") if r.theirs is None else (f"{r.theirs * 1000:.0f}", f"{r.ratio:.2f}")
        print(f"{r.name:32}{r.ours * 1000:10.0f}{theirs:>12}{ratio:>8}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
