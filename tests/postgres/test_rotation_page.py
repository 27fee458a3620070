"""The page about rotation: its commands print what is printed there, and its fields are those of the report."""

import re
from pathlib import Path

from tests.cli.harness import Tool
from tests.postgres.server import Server
from tests.postgres.test_end_to_end import PORT, follow, surroundings
from tests.realtools import HERE
from tests.samples import own

PAGE = (HERE.parent / "docs" / "rotation.md").read_text()


def test_the_commands_print_what_the_page_shows(server: Server, tmp_path: Path) -> None:
    text = PAGE.replace(PORT, str(server.port))
    assert len(follow(text, tmp_path, surroundings(tmp_path, server))) >= 4


def test_the_fields_of_the_json_are_on_the_page(tool: Tool) -> None:
    asked = ("--current", own("old-root.pem"), "--next", own("new-root.pem"), "--bundle", own("old-root.pem"), "--json")
    report = tool("postgres", "rotation", *asked).json
    rows = re.findall(r"^\| (`[^|]*) \|", PAGE, re.MULTILINE)
    assert set(report) - {"schema", "report"} == {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    (store,) = report["stores"]
    for name in {*store, *store["next"][0], *report["left_out"]["next"]}:
        assert f"`{name}`" in PAGE, name
