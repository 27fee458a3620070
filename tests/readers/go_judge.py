"""Go itself as the judge of PEM files and certificates: that of the Debian of the tests.

It takes a minute to be compiled for at first, and seconds afterwards.

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
    return [len(line.split()) - 1 for line in _answers(debian, "P", files)]


def refusals(debian: Debian, ders: Iterable[bytes]) -> list[str]:
    """What ParseCertificate says of each certificate in DER; nothing of one that it takes."""
    return _answers(debian, "C", ders)


def _answers(debian: Debian, kind: str, every: Iterable[bytes]) -> list[str]:
    lines = "".join(f"{kind} {base64.b64encode(data).decode()}\n" for data in every)
    with debian.shared() as (outside, inside):
        (outside / SOURCE.name).write_bytes(SOURCE.read_bytes())
        build = debian.command(*_SETTINGS, "go", "build", "-o", f"{inside}/judge", f"{inside}/{SOURCE.name}")
        subprocess.run(build, check=True, timeout=_BUILDING)
        said = debian.run("GODEBUG=x509negativeserial=0", f"{inside}/judge", stdin=lines.encode())
    return said.decode().splitlines()


if __name__ == "__main__":
    answers = "".join(map(str, taken(there(), (data for _, data in cases()))))
    sys.stdout.write("\n".join(textwrap.wrap(answers, 100)) + "\n")
