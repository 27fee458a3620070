"""Judgements on chains held against what real clients were seen to make of them.

    python -m tests.readers.chains_score FILE_OF_CASES_JSONL_GZ

The file has an object a case: `chain` (what the server sends, its own first, DER in base64), `store` (PEM), `at` (ISO
8601), and `real`: for each reader ``accepted`` or the words of its refusal. Names of hosts are left out.
"""

import argparse
import base64
import gzip
import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from truststore_tool.formats import pem
from truststore_tool.model import Certificate
from truststore_tool.readers.chains import Chain, Judgement
from truststore_tool.readers.java import pkix
from truststore_tool.readers.openssl import verify

Judge = Callable[[Chain, Sequence[Certificate], datetime], Judgement]

JUDGES: Final[dict[str, Judge]] = {
    "libpq": verify.judge,
    "java17": partial(pkix.judge, jdk=17),
    "java25": partial(pkix.judge, jdk=25),
}
KINDS: Final = ("cases", "agreements", "false all-clears", "not judged")


def judged(case: dict[str, Any], judge: Judge) -> Judgement:
    """What `judge` makes of a case."""
    sent = tuple(Certificate(base64.b64decode(der)) for der in case["chain"])
    anchors = [entry.certificate for entry in pem.loads(case["store"].encode(), None).trusted()]
    return judge(sent, anchors, datetime.fromisoformat(case["at"]))


def main(arguments: Sequence[str]) -> int:
    """The command line; the exit code is 1 when a case is not met."""
    parser = argparse.ArgumentParser(prog="python -m tests.readers.chains_score", description=__doc__)
    parser.add_argument("cases", type=Path)
    options = parser.parse_args(arguments)
    counts = Counter[tuple[str, str]]()
    with gzip.open(options.cases, "rt") as lines:
        for case in map(json.loads, lines):
            for reader, judge in JUDGES.items():
                found, real = judged(case, judge), case["real"][reader]
                accepted = real == "accepted"
                counts[reader, "cases"] += 1
                counts[reader, "agreements"] += found.accepted is accepted
                counts[reader, "false all-clears"] += found.accepted is True and not accepted
                counts[reader, "not judged"] += found.accepted is None
                if found.accepted is not accepted:
                    why = ", ".join(f"{flaw.code} ({flaw.detail})" for flaw in (*found.flaws, *found.doubts))
                    print(f"not met: {case['id']} {reader}: {real}; here {found.accepted} {why}")
    print(f"{'':8}" + "".join(f"{kind:>18}" for kind in KINDS))
    for reader in JUDGES:
        print(f"{reader:8}" + "".join(f"{counts[reader, kind]:18}" for kind in KINDS))
    return int(any(counts[reader, "agreements"] < counts[reader, "cases"] for reader in JUDGES))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
