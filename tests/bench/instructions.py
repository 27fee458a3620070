"""Instructions that small work executes: the same on a busy machine as on an idle one.

Counted by valgrind's callgrind on a second run, as the first one compiles to bytecode. The limits are for Python 3.11.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.bench.material import ROOT
from tests.bench.measure import OURS, PASSWORD, STORE_PASSWORD, Command, Figure, run

_COLLECTED: Final = re.compile(rb"Collected : (\d+)")
_MILLION: Final = 1_000_000
_TYPER: Final = (sys.executable, "-I", "-c", "import typer")


def measure(_runs: int, folder: Path) -> Iterator[Figure]:
    """Millions of instructions of each; for `list`, of what comes on top of `import typer`."""
    run(Command((OURS, "shims", "install", "shims")), folder)
    shutil.copyfile(ROOT, folder / "root.pem")
    run(Command((OURS, "import", "small.jks", "root.pem", "--yes")), folder)
    keytool = ("shims/keytool", "-list", "-keystore", "small.jks", *STORE_PASSWORD)
    openssl = ("shims/openssl", "x509", "-noout", "-fingerprint", "-in", "root.pem")
    yield _figure("keytool -list", count(folder, keytool), 125)
    yield _figure("openssl x509 -fingerprint", count(folder, openssl), 85)
    ours, typer = count(folder, (OURS, "list", "small.jks")), count(folder, _TYPER)
    yield _figure("list, over import typer", None if ours is None or typer is None else ours - typer, 45)


def count(folder: Path, words: tuple[str, ...]) -> int | None:
    """How many instructions a second run takes; None where there is no valgrind. A command that fails raises."""
    if shutil.which("valgrind") is None:
        return None
    # The program itself and not the kernel's reading of `#!`, behind which valgrind would count something else.
    first = (folder / words[0]).read_bytes().partition(b"\n")[0]
    interpreter = first[2:].decode().split() if first.startswith(b"#!/") else []
    command = [*interpreter, *words]
    environment = {**os.environ, "TRUSTSTORE_PASSWORD": PASSWORD, "LC_ALL": "C.UTF-8"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    tool = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    for prefix in ([], tool):
        done = subprocess.run(
            [*prefix, *command], cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=True
        )
    found = _COLLECTED.search(done.stderr)
    return int(found[1]) if found else None


def _figure(name: str, instructions: int | None, limit: float) -> Figure:
    value = None if instructions is None else round(instructions / _MILLION, 1)
    peer = "million instructions" if instructions is not None else "valgrind is not here"
    return Figure("instructions", name, None, None, peer, value, limit)
