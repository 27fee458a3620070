"""The page of inputs: what files that people have are taken for, and the line that each gets.

``python -m tests.inputs_page > docs/inputs.md`` makes it anew, by running the commands; a test holds it.
"""

import io
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Final
from unittest.mock import patch

from tests import inputs
from truststore_tool.cli.boundary import run

HEAD: Final = """# What is handed in

Files are told by their content, never by their name. Made by `python -m tests.inputs_page`, which runs the commands.
"""
_WRAPPED: Final = """
## Read through a wrapping

These are sources like any other: a note says what was taken off, and nothing becomes trusted without a fingerprint
or a yes. Programs do not take it off. So `doctor` and `postgres explain` say that readers see nothing in such a file,
as the target of a change it is refused, and `convert` makes a file of it that they read.

| What it is | The note of `truststore-tool import STORE FILE` |
|---|---|
"""
_WRONG: Final = """
## Not what it should be

What holds no certificate is named, with the way to what was wanted, wherever a source, a store or a key is read;
the exit code is 3.

| What it is | The line of `truststore-tool import STORE FILE` |
|---|---|
"""


def page() -> str:
    """The page, in Markdown."""
    return "".join((HEAD, _WRAPPED, *_rows(inputs.wrapped()), _WRONG, *_rows(inputs.wrong())))


def _rows(each: Iterable[inputs.Input]) -> Iterator[str]:
    for item in each:
        lines = said(item).replace("|", "\\|").splitlines()
        shown = [line for line in lines if line.startswith(("error: ", "hint: ")) or "what is in it was read" in line]
        yield f"| {item.what} | {'<br>'.join(f'`{line}`' for line in shown)} |\n"


def said(item: inputs.Input) -> str:
    """What an import of the file says on standard error."""
    quiet, errors = io.StringIO(), io.StringIO()
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        Path(item.name).write_bytes(item.data)
        password = patch.dict(os.environ, TRUSTSTORE_PASSWORD=inputs.PASSWORD)
        with password, redirect_stdout(quiet), redirect_stderr(errors):
            run(["import", "new.jks", item.name, "--yes", "--include-chains"])
    return errors.getvalue()


if __name__ == "__main__":
    sys.stdout.write(page())
