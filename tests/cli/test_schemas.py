"""The JSON Schemas of the reports: all there, sound, tight, and printed complete."""

import copy
import json
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.cli.harness import Tool, process, validate
from tests.samples import amazon, own
from truststore_tool.render import schemas

SOURCE = Path(__file__).parents[2] / "truststore_tool"
# What the source calls its reports.
KINDS = {
    kind
    for path in SOURCE.rglob("*.py")
    for kind in re.findall(r'(?:\.report|to_json)\(\s*"([a-z-]+)"', path.read_text())
}


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    """Every object in a schema."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from nodes(value)
    elif isinstance(node, list):
        for value in node:
            yield from nodes(value)


def test_every_report_has_one() -> None:
    assert {"list", "verify", "diff", "import", "doctor", "postgres-probe", "scan", "error"} <= KINDS
    assert set(schemas.names()) == KINDS


@pytest.mark.parametrize("name", schemas.names())
def test_a_schema_is_sound_and_tight(name: str) -> None:
    found = schemas.schema(name)
    jsonschema.Draft202012Validator.check_schema(found)
    assert found["properties"]["report"] == {"const": name}
    assert found["properties"]["schema"] == {"const": 1}
    assert found["title"]
    for node in nodes(found):
        if "properties" in node and "type" in node:
            assert node["additionalProperties"] is False
            optional = {"dry_run", "saved"} if node is found else set()
            assert set(node["properties"]) - set(node["required"]) <= optional
        if node.get("type") == "object":
            assert "additionalProperties" in node
        if node.get("type") == "array" and not (node is found["properties"].get("stores") and name == "doctor"):
            assert "items" in node
        target = node.get("$ref")
        assert target is None or target.removeprefix("#/$defs/") in found["$defs"]


def test_what_schemas_share_has_names_of_its_own() -> None:
    folder = files("truststore_tool").joinpath("schemas")
    parts = set(json.loads(folder.joinpath("parts.json").read_text())["$defs"])
    for name in schemas.names():
        own_names = set(json.loads(folder.joinpath(f"{name}.json").read_text()).get("$defs", {}))
        assert not own_names & parts


def test_the_command_prints_them(tool: Tool) -> None:
    assert tool("schema").out.split() == schemas.names()
    for name in schemas.names():
        assert json.loads(tool("schema", name).out) == schemas.schema(name)
    done = tool("schema", "nosuch")
    assert (done.code, "postgres-probe" in done.err) == (2, True)
    assert process("schema", "list").code == 0


class TestReports:
    """Reports that are not as they should be do not fit."""

    @pytest.fixture
    def listed(self, tool: Tool, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        assert tool("import", "a.jks", amazon("rds-ca-2019-root.pem"), own("old-root.pem"), "--yes").code == 0
        monkeypatch.delenv("TRUSTSTORE_PASSWORD")  # that its integrity was not checked is a finding
        return tool("list", "a.jks", "--json").json

    @pytest.mark.parametrize(
        ("path", "wrong"),
        [
            (["format"], "JKS"),
            (["integrity"], "yes"),
            (["entries", 0, "kind"], "trustedCertEntry"),
            (["entries", 0, "created"], "2026-11-26 10:00:00"),
            (["entries", 0, "certificates", 0, "sha256"], "d4:0d"),
            (["entries", 0, "certificates", 0, "sha1"], None),
            (["entries", 0, "certificates", 0, "serial"], "AB"),
            (["entries", 0, "certificates", 0, "not_after"], 0),
            (["findings", 0, "level"], "fatal"),
            (["findings", 0, "rule"], "Expired certificate"),
            (["findings", 0, "place"], "a.jks"),
            (["schema"], 2),
            (["report"], "verify"),
        ],
    )
    def test_what_is_wrong(self, listed: dict[str, Any], path: list[str | int], wrong: object) -> None:
        broken: Any = copy.deepcopy(listed)
        place: Any = broken
        for step in path[:-1]:
            place = place[step]
        assert place[path[-1]] != wrong
        place[path[-1]] = wrong
        with pytest.raises(jsonschema.ValidationError):
            validate(broken)

    def test_what_is_missing_or_too_much(self, listed: dict[str, Any]) -> None:
        for name in set(listed) - {"report"}:
            with pytest.raises(jsonschema.ValidationError):
                validate({key: value for key, value in listed.items() if key != name})
        with pytest.raises(jsonschema.ValidationError):
            validate({**listed, "password": "changeit"})

    def test_a_mended_store_and_one_that_is_looked_at(self, tool: Tool) -> None:
        assert tool("import", "a.p12", own("old-root.pem"), "--yes").code == 0
        looked_at, mended = tool("doctor", "a.p12", "--json").json, tool("doctor", "a.p12", "--fix", "--json").json
        with pytest.raises(jsonschema.ValidationError):
            validate({**mended, "stores": looked_at["stores"]})
        with pytest.raises(jsonschema.ValidationError):
            validate({**looked_at, "stores": mended["stores"]})
