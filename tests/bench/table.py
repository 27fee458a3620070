"""Figures as a table in Markdown, or as JSON with the machine they are from."""

import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tests.bench.measure import Figure

_VERDICTS: Final = {True: "yes", False: "**no**", None: "-"}
HEAD: Final = "| Work | Ours | Theirs | Beside | Ratio | Limit | Met |\n|---|---:|---:|---|---:|---:|---|"


def row(figure: Figure) -> str:
    """One line of the table."""
    cells = (
        figure.name,
        _time(figure.ours),
        _time(figure.theirs),
        figure.peer or "-",
        "-" if figure.value is None else _short(figure.value),
        "-" if figure.limit is None else f"{figure.limit:g}",
        _VERDICTS[figure.met],
    )
    return f"| {' | '.join(cells)} |"


def machine() -> dict[str, str]:
    """When and where: date, processor, memory, system and Python."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "processor": f"{os.cpu_count()} x {_processor()}",
        "memory": f"{memory:.0f} GiB",
        "system": platform.platform(aliased=True, terse=True),
        "python": platform.python_version(),
        "load": f"{os.getloadavg()[0]:.1f}",
    }


def to_json(figures: Sequence[Figure], runs: int) -> str:
    """Everything, for keeping; seconds are medians over `runs` pairs."""
    listed = [{**asdict(figure), "met": figure.met} for figure in figures]
    return json.dumps({"machine": machine(), "runs": runs, "figures": listed}, indent=2)


def summary(figures: Iterable[Figure]) -> str:
    """How many limits are met, and the names of those that are not."""
    judged = [figure for figure in figures if figure.met is not None]
    missed = [figure.name for figure in judged if not figure.met]
    return f"{len(judged) - len(missed)} of {len(judged)} limits met" + "".join(f"\n  not met: {n}" for n in missed)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return f"{seconds * 1000:.0f} ms" if seconds < 10 else f"{seconds:.1f} s"


def _short(value: float) -> str:
    """Two digits behind the point, and as many as it takes for a small one."""
    return f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"
