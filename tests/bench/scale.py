"""Stores of a hundred to a hundred thousand entries: how time and memory grow."""

import math
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from tests.bench.material import ROOT, certificate
from tests.bench.measure import OURS, STORE_PASSWORD, Case, Command, Figure, compare, run

_SIZES: Final = (100, 1_000, 10_000, 100_000)
_MOST_FOR_KEYTOOL: Final = 10_000
_SUFFIXES: Final = ("jks", "p12")
_OPERATIONS: Final = ("list", "import one", "verify", "diff", "bundle")
# Below this the interpreter itself is larger than any multiple of the file.
_LEAST_FOR_MEMORY: Final = 10_000

_LIMIT, _EXPONENT, _MEMORY, _SHA1SUM = 0.2, 1.05, 4.0, 6.0


def measure(runs: int, folder: Path) -> Iterator[Figure]:
    """Every operation on every size, then the exponents of its growth and its memory."""
    subprocess.run([sys.executable, "-m", "tests.bench.material", folder, *map(str, _SIZES)], check=True)
    (folder / "root.pem").write_bytes(ROOT.read_bytes())
    floor = run(Command((sys.executable, "-c", "import typer")), folder).peak
    for suffix in _SUFFIXES:
        for operation in _OPERATIONS:
            seconds = {}
            for size in _SIZES:
                figure, peak = _measure(operation, suffix, size, runs, folder)
                yield figure
                assert figure.ours is not None
                seconds[size] = figure.ours
                if size >= _LEAST_FOR_MEMORY:
                    yield _memory(operation, suffix, size, peak - floor, folder)
            yield _growth(operation, suffix, seconds)
    yield compare("scale", _beside_sha1sum(_SIZES[-1]), runs, folder)


def exponent(seconds: Mapping[int, float]) -> float:
    """The power of the size that time grows with: the slope of the line through the logarithms (least squares)."""
    x, y = [math.log(size) for size in seconds], [math.log(value) for value in seconds.values()]
    return statistics.linear_regression(x, y).slope


def _measure(operation: str, suffix: str, size: int, runs: int, folder: Path) -> tuple[Figure, int]:
    """Times beside keytool, and the peak memory of one more run; alone where keytool would take too long."""
    name = f"{operation}, {suffix.upper()} of {size:,}"
    ours, theirs = _ours(operation, suffix, size), _keytool(operation, suffix, size)
    if size <= _MOST_FOR_KEYTOOL:
        return compare("scale", Case(name, ours, theirs, "keytool", _LIMIT), runs, folder), run(ours, folder).peak
    usages = [run(ours, folder) for _ in range(runs)]
    seconds = statistics.median(usage.seconds for usage in usages)
    return Figure("scale", name, seconds, None, "", None, None), max(usage.peak for usage in usages)


def _memory(operation: str, suffix: str, size: int, peak: int, folder: Path) -> Figure:
    """The memory beyond that of an idle interpreter, in terms of the files read."""
    inputs = [folder / f"store-{size}.{suffix}"]
    if operation == "diff":
        inputs.append(folder / f"other-{size}.{suffix}")
    total = sum(path.stat().st_size for path in inputs)
    name = f"{operation}, {suffix.upper()} of {size:,}: peak memory"
    return Figure("scale", name, None, None, "size of the file", peak / total, _MEMORY)


def _growth(operation: str, suffix: str, seconds: Mapping[int, float]) -> Figure:
    """The exponent of what the time grows by beyond the smallest store: to start up takes the same for all."""
    least = min(seconds)
    grown = {size - least: max(value - seconds[least], 1e-3) for size, value in seconds.items() if size != least}
    name = f"{operation}, {suffix.upper()}: exponent of growth"
    return Figure("scale", name, None, None, "1 is linear", exponent(grown), _EXPONENT)


def _ours(operation: str, suffix: str, size: int) -> Command:
    store = f"store-{size}.{suffix}"
    if operation == "list":
        return Command((OURS, "list", store))
    if operation == "import one":
        return Command((OURS, "import", f"copy.{suffix}", "root.pem", "--yes"), {f"copy.{suffix}": store})
    if operation == "verify":
        return Command((OURS, "verify", store, "--expect", str(certificate(size - 1).sha256)))
    if operation == "diff":
        return Command((OURS, "diff", store, f"other-{size}.{suffix}"), codes=(1,))
    return Command((OURS, "bundle", store, "-o", "out.pem"), {"out.pem": None})


def _keytool(operation: str, suffix: str, size: int) -> Command:
    """keytool's way to the same: reading and proving the digest is its verifying, comparing two lists its diff."""
    store = f"store-{size}.{suffix}"
    if operation == "import one":
        words = ("-importcert", "-noprompt", "-alias", "rds-root", "-file", "root.pem")
        return Command(("keytool", *words, "-keystore", f"copy.{suffix}", *STORE_PASSWORD), {f"copy.{suffix}": store})
    reading = " ".join(("keytool -list", *STORE_PASSWORD))
    if operation == "diff":
        one, other = f"{reading} -keystore {store} > one", f"{reading} -keystore other-{size}.{suffix} > other"
        return Command(("sh", "-c", f"{one} && {other} && diff one other"), codes=(1,))
    if operation == "bundle":
        return Command(("sh", "-c", f"{reading} -rfc -keystore {store} > out.pem"))
    return Command(("keytool", "-list", *STORE_PASSWORD, "-keystore", store))


def _beside_sha1sum(size: int) -> Case:
    store = f"store-{size}.jks"
    name = f"list, JKS of {size:,}"
    return Case(name, Command((OURS, "list", store)), Command(("sha1sum", store)), "sha1sum", _SHA1SUM)
