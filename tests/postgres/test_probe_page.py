"""The page about probe: its fields and codes are those of the reports."""

import re

from tests.cli.harness import Tool
from tests.postgres.server import Server
from tests.realtools import HERE
from tests.samples import own

PAGE = (HERE.parent / "docs" / "probe.md").read_text()


def test_the_fields_of_the_json_are_on_the_page(tool: Tool, server: Server) -> None:
    at = f"localhost:{server.port}"
    asked = ("--bundle", own("old-root.pem"), "--expires-within", "9999", "--json")
    one = tool("postgres", "probe", at, *asked, "--save-chain", "kept.pem").json
    rows = re.findall(r"^\| (`[^|]*) \|", PAGE, re.MULTILINE)
    documented = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert set(one) - {"schema", "report"} == documented
    several = tool("postgres", "probe", at, at, *asked).json
    for name in {*several, *several["servers"][0]} - {"schema"}:
        assert f"`{name}`" in PAGE, name


def test_the_codes_of_the_reasons_are_on_the_page() -> None:
    sources = [
        *(HERE.parent / "truststore_tool").glob("readers/**/*.py"),
        HERE.parent / "truststore_tool/postgres/probe.py",
    ]
    text = "".join(path.read_text() for path in sources)
    codes = set(re.findall(r"(?:Reason|Flaw)\(\s*\"([a-z-]+)\"", text))
    assert {"unknown-ca", "protocol", "unreadable", "expired"} <= codes
    assert [code for code in sorted(codes) if f"`{code}`" not in PAGE] == []
