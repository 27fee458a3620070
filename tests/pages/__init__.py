"""The README and the pages under docs/, what stands in them, and the folder in which their commands are run."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from tests.samples import SAMPLES

ROOT: Final = SAMPLES.parent
README: Final = ROOT / "README.md"
PAGES: Final = (README, *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / ".github").glob("*.md")))


class Block(NamedTuple):
    """A fenced block: the language that it is said to be, such as ``console``, and what is in it."""

    language: str
    text: str


class Step(NamedTuple):
    """A command of a transcript, and what is printed below it."""

    command: str
    output: str


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a page's text, in their order."""
    return [Block(*found) for found in re.findall(r"^```([\w-]*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)]


def steps(text: str, language: str) -> list[Step]:
    """The commands of the transcripts of a page's text that are of this language."""
    return [step for block in blocks(text) if block.language == language for step in _steps(block.text)]


def _steps(text: str) -> Iterator[Step]:
    for step in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, output = step.partition("\n")
        while command.endswith("\\"):
            more, _, output = output.partition("\n")
            command = f"{command}\n{more}"
        yield Step(command, output)


class Sandbox(NamedTuple):
    """A folder to run commands in, with the sample certificates, and where `truststore-tool` is the one under test."""

    folder: Path
    env: dict[str, str]

    def run(
        self, command: str, env: Mapping[str, str] | None = None, timeout: float = 60
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command of a shell; both its outputs are in ``stdout``, in the order in which they came."""
        return subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env={**self.env, **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=timeout,
        )


def sandbox(folder: Path) -> Sandbox:
    """A new one. No password is set, and what is set for PostgreSQL's clients is not."""
    (folder / "sample_certs").symlink_to(SAMPLES)
    binary = folder / "bin"
    binary.mkdir()
    program(binary / "truststore-tool", f'exec "{sys.executable}" -m truststore_tool "$@"')
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "TRUSTSTORE_PASSWORD"))}
    path = f"{binary}{os.pathsep}{os.environ['PATH']}"
    return Sandbox(folder, {**kept, "PATH": path, "HOME": str(folder), "PYTHONPATH": str(ROOT)})


def program(path: Path, text: str) -> None:
    """Write an executable of the shell."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
