"""The command line in this process."""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.harness import Done, Tool
from tests.readers.conftest import readers as readers
from truststore_tool.cli import run


@pytest.fixture
def tool(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Tool]:
    """Runs a command line in a folder of its own, with TRUSTSTORE_PASSWORD set and standard input no terminal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRUSTSTORE_PASSWORD", "changeit")

    def call(*arguments: str | Path, stdin: bytes = b"") -> Done:
        if stdin:
            monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        yield call
