"""The transcripts of the README and the pages, run as printed, and the README's table held against the program."""

import datetime
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.samples import SAMPLES
from truststore_tool.cli.app import COMMANDS

ROOT = SAMPLES.parent
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]


def transcripts(text: str) -> list[tuple[str, str]]:
    """Each command of the console blocks, with the output printed below it."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = step.partition("\n")
            found.append((command, output))
    return found


@pytest.mark.parametrize("page", [page for page in PAGES if transcripts(page.read_text())], ids=lambda page: page.stem)
def test_every_command_of_the_transcripts_prints_what_the_page_shows(tmp_path: Path, page: Path) -> None:
    (tmp_path / "sample_certs").symlink_to(SAMPLES)
    binary = tmp_path / "bin"
    binary.mkdir()
    program = binary / "truststore-tool"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m truststore_tool "$@"\n')
    program.chmod(0o755)
    env = {**os.environ, "PATH": f"{binary}{os.pathsep}{os.environ['PATH']}"}
    today = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}"
    for command, expected in transcripts(page.read_text()):
        if command.startswith("export "):
            name, _, value = command.removeprefix("export ").partition("=")
            env[name] = value
            continue
        shell = ["bash", "-c", f"{command} 2>&1"]
        done = subprocess.run(shell, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60)
        assert done.stdout.replace(today, "2026-11-24") == expected.replace(today, "2026-11-24"), command


def test_every_command_has_a_row_in_the_table() -> None:
    documented = set(re.findall(r"^\| `([a-z]+)[ `]", README.read_text(), re.MULTILINE))
    assert documented == set(COMMANDS)


def test_the_readme_is_a_screen_or_two() -> None:
    assert len(README.read_text().splitlines()) <= 150
