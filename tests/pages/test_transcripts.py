"""The transcripts of the README and the pages print what they show. Those that need a server are with its tests."""

import datetime
import shlex
from pathlib import Path

import pytest

from tests.pages import PAGES, sandbox, steps

_WRITTEN = "2026-11-24"  # what the pages show for today


@pytest.mark.parametrize(
    "page", [page for page in PAGES if steps(page.read_text(), "console")], ids=lambda page: page.stem
)
def test_every_command_prints_what_the_page_shows(tmp_path: Path, page: Path) -> None:
    today = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}"
    around = sandbox(tmp_path)
    for command, expected in steps(page.read_text(), "console"):
        if command.startswith("export "):
            for assigned in shlex.split(command)[1:]:
                name, _, value = assigned.partition("=")
                around.env[name] = value
            continue
        done = around.run(command)
        assert done.stdout.replace(today, _WRITTEN) == expected.replace(today, _WRITTEN), command
