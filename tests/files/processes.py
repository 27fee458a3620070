"""Other processes, and what a directory holds after them."""

import os
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65534


def python(code: str, *arguments: str | Path, stdin: int | None = None) -> subprocess.Popen[bytes]:
    """Another process that runs `code`, with `files`, `errors`, `os`, `sys` and `Path` imported."""
    prelude = "import os, sys\nfrom pathlib import Path\nfrom truststore_tool import errors, files\n"
    words = [sys.executable, "-c", prelude + textwrap.dedent(code), *map(str, arguments)]
    return subprocess.Popen(words, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def answer(process: subprocess.Popen[bytes]) -> str:
    """What the other process printed; it must end well."""
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err.decode()
    return out.decode()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@contextmanager
def umask(value: int) -> Iterator[None]:
    before = os.umask(value)
    try:
        yield
    finally:
        os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def as_another_user(target: Path, code: str, *, kind: str) -> str:
    """Message of the error of class `kind` that `code` raises, run by someone whom permissions bind (not root)."""
    process = python(
        f"""
        # What that user may not reach, with what words an error.
        from truststore_tool import strangers
        from truststore_tool.files import directories, locking, replacing
        from truststore_tool.meant import names
        target = Path(sys.argv[1])
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid({NOBODY})
            os.setuid({NOBODY})
        try:
            {code}
        except errors.{kind} as exc:
            print(exc.message)
        else:
            sys.exit("no error")
        """,
        target,
    )
    return answer(process)
