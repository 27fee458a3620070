"""Go itself as the judge of PEM files: that of the Debian of the tests, which takes a minute to be compiled for.

``python -m tests.readers.go_judge > tests/readers/go_answers.txt`` records its answers anew.
"""

import base64
import subprocess
import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tests.debian import Debian, there
from tests.readers import pem_grid

SOURCE: Final = Path(__file__).with_name("GoJudge.go")
# A module of today would ask for it; here is none.
_SETTINGS: Final = ("GOCACHE=/var/cache/go", "GO111MODULE=off")
_BUILDING: Final = 900  # seconds


def cases() -> list[tuple[str, bytes]]:
    """The files of the grid that hold no key, by what each is."""
    return [(name, data) for name, data in pem_grid.cases() if "key" not in name]


def taken(debian: Debian, files: Iterable[bytes]) -> list[int]:
    """How many certificates AppendCertsFromPEM takes from each file."""
    lines = "".join(f"P {base64.b64encode(data).decode()}\n" for data in files)
    with debian.shared() as (outside, inside):
        (outside / SOURCE.name).write_bytes(SOURCE.read_bytes())
        build = debian.command(*_SETTINGS, "go", "build", "-o", f"{inside}/judge", f"{inside}/{SOURCE.name}")
        subprocess.run(build, check=True, timeout=_BUILDING)
        said = debian.run("GODEBUG=x509negativeserial=0", f"{inside}/judge", stdin=lines.encode())
    return [len(line.split()) - 1 for line in said.decode().splitlines()]


if __name__ == "__main__":
    answers = "".join(map(str, taken(there(), (data for _, data in cases()))))
    sys.stdout.write("\n".join(textwrap.wrap(answers, 100)) + "\n")
