"""Run the benchmarks: ``python -m tests.bench [--runs N] [--json] [--only GROUP]``, as `make bench` does."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.bench import bulk, fleet, instructions, kdf, prompt, scale, scan, table

_GROUPS: Final = {
    "prompt": prompt,
    "instructions": instructions,
    "bulk": bulk,
    "kdf": kdf,
    "scale": scale,
    "scan": scan,
    "ansible": fleet,
}


def main(arguments: Sequence[str]) -> int:
    """Measure group by group; each figure goes out when it is there, and with --json all at the end."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Our command line beside real tools.")
    parser.add_argument("--runs", type=int, default=9, help="pairs to take the median of (default: 9)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--only", choices=_GROUPS, action="append", help="only this group; may be given again")
    options = parser.parse_args(arguments)
    talk = sys.stderr if options.json else sys.stdout
    where = ", ".join(f"{key} {value}" for key, value in table.machine().items())
    print(f"Medians of {options.runs} pairs; {where}\n\n{table.HEAD}", file=talk, flush=True)
    figures = []
    for group in options.only or _GROUPS:
        with TemporaryDirectory() as scratch:
            for figure in _GROUPS[group].measure(options.runs, Path(scratch)):
                figures.append(figure)
                print(table.row(figure), file=talk, flush=True)
    print(f"\n{table.summary(figures)}", file=talk)
    if options.json:
        print(table.to_json(figures, options.runs))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
