"""The command line as a process of its own, and at a terminal."""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

from tests.realtools import need_terminals
from truststore_tool.render import schemas


def validate(report: Any) -> None:
    """Hold a report in JSON against its schema."""
    _validator(report["report"]).validate(report)


@cache
def _validator(name: str) -> Any:
    return jsonschema.Draft202012Validator(schemas.schema(name))


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    def __post_init__(self) -> None:
        """Whatever prints a report in JSON, in any test, is held against the schema of that report."""
        if self.out.startswith('{\n  "schema": '):
            validate(json.loads(self.out))

    @property
    def json(self) -> dict[str, Any]:
        """Standard output as JSON."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


Tool = Callable[..., Done]


def process(
    *arguments: str | Path, stdin: bytes = b"", env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Done:
    """Runs a command line as a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "truststore_tool", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        env={**os.environ, **(env or {})},
        cwd=cwd,
        timeout=300,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def at_terminal(
    arguments: Sequence[str | Path],
    answers: Sequence[tuple[str, str]],
    cwd: Path,
    *,
    columns: int = 80,
    env: Mapping[str, str] | None = None,
) -> Done:
    """Runs a command line at a terminal of so many columns; each answer is typed when its prompt has appeared."""
    need_terminals()
    pid, master = pty.fork()
    if pid == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        os.chdir(cwd)
        # What readline sets for this process, behind Python's back, is not handed on either.
        unset = ("TRUSTSTORE_PASSWORD", "COLUMNS", "LINES", "NO_COLOR")
        given = {name: value for name, value in os.environ.items() if name not in unset} | dict(env or {})
        signal.signal(signal.SIGINT, signal.default_int_handler)  # also where the tests run in the background
        os.execve(sys.executable, [sys.executable, "-m", "truststore_tool", *map(str, arguments)], given)  # noqa: S606
    shown, seen = "", 0
    pending = list(answers)
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        if pending and pending[0][0] in shown[seen:]:
            seen = len(shown)
            os.write(master, pending.pop(0)[1].encode() + b"\n")
        if not select.select([master], [], [], 0.1)[0]:
            continue
        try:
            chunk = os.read(master, 65536)
        except OSError:
            break
        if not chunk:
            break
        shown += chunk.decode("utf-8", "replace")
    os.close(master)
    _, status = os.waitpid(pid, 0)
    assert not pending, f"never asked {pending[0][0]!r}; shown: {shown}"
    return Done(os.waitstatus_to_exitcode(status), shown, "")
