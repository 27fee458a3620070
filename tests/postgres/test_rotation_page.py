"""The page about rotation: its fields are those of the report."""

import re

from tests.cli.harness import Tool
from tests.realtools import HERE
from tests.samples import own

PAGE = (HERE.parent / "docs" / "rotation.md").read_text()


def test_the_fields_of_the_json_are_on_the_page(tool: Tool) -> None:
    asked = ("--current", own("old-root.pem"), "--next", own("new-root.pem"), "--bundle", own("old-root.pem"), "--json")
    report = tool("postgres", "rotation", *asked).json
    rows = re.findall(r"^\| (`[^|]*) \|", PAGE, re.MULTILINE)
    assert set(report) - {"schema", "report"} == {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    (store,) = report["stores"]
    for name in {*store, *store["next"][0], *report["left_out"]["next"]}:
        assert f"`{name}`" in PAGE, name
