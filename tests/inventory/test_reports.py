"""Reports on a scan, judged by programs that read them: Microsoft's SARIF validator, junitparser, csv."""

import csv
import gzip
import io
import json
import os
import re
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import junitparser
import pytest

from tests.cli.harness import process
from tests.inventory.reporting import FORMULA, OVERRIDE, Reported, certificate, make, report
from tests.realtools import find, node_package, run
from tests.samples import own
from truststore_tool.cli.output import Output
from truststore_tool.cli.reports import KINDS, Wanted, printed
from truststore_tool.findings import RULES, finding
from truststore_tool.findings import Place as Where
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.inventory.issues import issues, worst
from truststore_tool.inventory.nouns import Found, Held, Inventory, Need, Place, ReadBy
from truststore_tool.model import Certificate
from truststore_tool.render import scan_csv, scan_sarif
from truststore_tool.render.as_json import dumped


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Reported:
    root = tmp_path_factory.mktemp("scan") / "stores"
    make(root)
    return report(root)


@pytest.fixture(scope="module")
def told(reported: Reported) -> dict[str, Any]:
    body = json.loads(reported.reports["json"])
    assert isinstance(body, dict)
    return body


def sarif_says(path: Path) -> str:
    """What Microsoft's validator says of a file."""
    package = node_package("@microsoft/sarif-multitool")
    os.environ["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1"
    return run(find("node"), package / "bin.js", "validate", path, check=False).decode()


def test_sarif_is_valid(reported: Reported) -> None:
    said = sarif_says(reported.path("sarif"))
    assert "Analysis completed successfully" in said
    assert "error" not in re.sub(r"level.*", "", said)
    # All that it would like besides is an address of the tool in the web.
    assert set(re.findall(r"warning (\w+):", said)) <= {"SARIF2005"}


def test_the_judge_of_sarif_finds_fault_with_what_is_wrong(tmp_path: Path, reported: Reported) -> None:
    body = json.loads(reported.reports["sarif"])
    body["runs"][0]["results"][0]["ruleIndex"] = 10_000
    wrong = tmp_path / "wrong.sarif"
    wrong.write_text(json.dumps(body))
    assert "error" in sarif_says(wrong)


def test_sarif_says_what_json_says(reported: Reported, told: dict[str, Any]) -> None:
    (only,) = json.loads(reported.reports["sarif"])["runs"]
    results = only["results"]
    expected = [item["rule"] for store in told["stores"] for item in store["findings"]]
    expected += ["lacks-needed" for store in told["stores"] for _ in store["missing"]]
    expected += ["locked-store" for store in told["stores"] if store["locked"]]
    expected += [item["rule"] for item in told["findings"]] + ["not-looked-at" for _ in told["skipped"]]
    assert sorted(item["ruleId"] for item in results) == sorted(expected)
    assert "lacks-needed" in expected
    assert "names-no-file" in expected
    for item in results:
        assert only["tool"]["driver"]["rules"][item["ruleIndex"]]["id"] == item["ruleId"]
        assert item["ruleId"] in RULES
        for location in item["locations"]:
            uri = location["physicalLocation"]["artifactLocation"]["uri"]
            assert re.fullmatch(r"stores/[A-Za-z0-9_.~/%-]+", uri), (
                uri
            )  # relative, and nothing but what RFC 3986 allows
    # By the same two names in each, of which GitHub takes the second.
    prints = [tuple(item["partialFingerprints"].items()) for item in results]
    assert {name for each in prints for name, _ in each} == {"truststoreIssue/v2", "primaryLocationLineHash"}
    assert len(set(prints)) == len(prints)
    assert [item["level"] for item in results] == sorted(
        (item["level"] for item in results), key=["error", "warning", "note"].index
    )


def many(count: int) -> Inventory:
    """One store with so many findings, the worst last."""
    place = Place(("/etc/many.pem",))
    levels = ["note"] * (count - 1) + ["error"]
    found = tuple(
        finding("expired", Where("/etc/many.pem", str(number)), "x" * 2000, level=level)  # type: ignore[arg-type]
        for number, level in enumerate(levels)
    )
    store = Found((place,), "0" * 64, "pem", "none", False, findings=found)
    return Inventory("host", ("/etc",), datetime(2026, 1, 1, tzinfo=UTC), (store,))


def stores(count: int) -> Inventory:
    """So many stores, each with a finding of its own and the same twenty certificates; every other one lacks a root."""
    need = Need(Fingerprint.parse("AB" * 32), "needed")
    root = Certificate(__import__("ssl").PEM_cert_to_DER_cert(certificate("x").decode()))
    held = tuple(Held(root, "anchor", f"root-{number}") for number in range(20))
    found = tuple(
        Found(
            (Place((path,)),),
            f"{number:064}",
            "jks",
            "none",
            False,
            held,
            readers=(ReadBy("Java", "it lies beside a JDK"),),
            missing=(need.fingerprint,) * (number % 2),
            findings=(finding("expired", Where(path, f"root-{number}"), "x" * 500),),
        )
        for number, path in enumerate(f"/etc/{number:05}.jks" for number in range(count))
    )
    return Inventory("host", ("/etc",), datetime(2026, 1, 1, tzinfo=UTC), found, needs=(need,))


@pytest.mark.parametrize("kind", [*KINDS, "text"])
def test_a_report_is_made_piece_by_piece(kind: str, tmp_path: Path) -> None:
    """What a store has in it takes several thousand octets of a report, and a report of many no more memory for it."""

    def peak(count: int) -> int:
        inventory, file = stores(count), tmp_path / "report"
        tracemalloc.start()
        try:
            printed(inventory, [Wanted(kind, str(file))], Output(quiet=True))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(50)  # what is made once
    few, many = peak(400), peak(1400)
    assert many - few < 1000 * 1000, f"{(many - few) // 1000} octets a store"


def test_the_worst_issues_are_the_first_of_all() -> None:
    inventory = stores(20)
    every = issues(inventory)
    assert [item.finding.rule for item in every].count("lacks-needed") == 10
    assert worst(inventory, 7) == ([*every[:7]], len(every) - 7)
    assert worst(inventory, 100) == ([*every], 0)


def test_sarif_keeps_the_limits_of_github() -> None:
    """5,000 results are shown of a run, 10 MB packed are taken; what is left out is the least, and is told."""
    text = "".join(scan_sarif.pieces(many(30_000)))
    (only,) = json.loads(text)["runs"]
    assert len(only["results"]) == 5000
    assert only["results"][0]["level"] == "error"
    assert len(gzip.compress(text.encode())) < 10_000_000
    assert "25000 more results" in only["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    assert only["originalUriBaseIds"] == {"ROOT": {"uri": "file:///"}}
    artifact = only["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "etc/many.pem", "uriBaseId": "ROOT"}


def test_a_path_in_an_archive_is_at_the_archive() -> None:
    found = (finding("expired", Where("a b.jar!/x/trust.jks"), "text"),)
    store = Found((Place(("a b.jar", "x/trust.jks")),), "0" * 64, "jks", "none", False, findings=found)
    text = "".join(scan_sarif.pieces(Inventory("host", ("a b.jar",), datetime(2026, 1, 1, tzinfo=UTC), (store,))))
    (location,) = json.loads(text)["runs"][0]["results"][0]["locations"]
    assert location["physicalLocation"]["artifactLocation"] == {"uri": "a%20b.jar"}
    assert location["logicalLocations"] == [{"fullyQualifiedName": "a b.jar!/x/trust.jks", "kind": "member"}]


def test_junit_has_a_case_for_each_store_and_check(reported: Reported, told: dict[str, Any]) -> None:
    parsed = junitparser.JUnitXml.fromfile(str(reported.path("junit")))
    suites = {suite.name: {case.name: case for case in suite} for suite in parsed}
    assert len(suites) == len(told["stores"]) + 1
    failing = {(suite, name) for suite, cases in suites.items() for name, case in cases.items() if not case.is_passed}
    needed = next(name for name in suites["stores/copy.pem"] if name.startswith("trusts CN=Sample Root G2"))
    lacking = {store["paths"][0] for store in told["stores"] if store["missing"]}
    shown = {suite for suite, name in failing if name == needed}
    assert len(shown) == len(lacking)
    assert "stores/aliases.jks" in shown
    assert suites["stores/copy.pem"]["opens"].is_passed
    # Not opened is an error of the store; what names no file is one beside the stores.
    assert any(suite == "stores/locked.p12" and "not-opened" in name for suite, name in failing)
    assert sum(suite == "beside the stores" for suite, _ in failing) == 2
    assert parsed.tests == sum(map(len, suites.values()))
    assert parsed.failures == len(failing)


def test_csv_has_a_line_for_each_certificate_and_no_formula(reported: Reported, told: dict[str, Any]) -> None:
    raw = reported.path("csv").read_bytes().decode()
    assert raw.count("\r\n") == raw.count("\n")
    rows = list(csv.DictReader(io.StringIO(raw, newline="")))
    expected = [item["sha256"] for store in told["stores"] for item in store["certificates"]]
    assert [row["sha256"] for row in rows if row["sha256"]] == expected
    assert [row["path"] for row in rows if not row["sha256"]] == ["stores/locked.p12"]
    for row in rows:
        assert not any(str(cell).startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())
        assert "\u202e" not in "".join(map(str, row.values()))
    assert f"'{FORMULA.lower()}" in {row["alias"] for row in rows}
    # As RFC 4514 escapes it.
    assert {"CN==HYPERLINK(A1)", r"CN=\<script\>document.title=\"owned\"\</script\>"} <= {
        row["subject"] for row in rows
    }


def test_a_cell_that_would_be_calculated_is_defused() -> None:
    der = Certificate(__import__("ssl").PEM_cert_to_DER_cert(certificate("x").decode()))
    aliases = ["=1+1", "+1", "-1", "@x", " =1", "\uff1d1", "plain"]
    store = Found((Place(("=1.pem",)),), "0" * 64, "jks", "none", False, tuple(Held(der, "anchor", a) for a in aliases))
    text = "".join(scan_csv.pieces(Inventory("host", (".",), datetime(2026, 1, 1, tzinfo=UTC), (store,))))
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["alias"] for row in rows] == [*(f"'{alias}" for alias in aliases[:-1]), "plain"]
    assert {row["path"] for row in rows} == {"'=1.pem"}


def test_the_same_tree_gives_the_same_reports(reported: Reported) -> None:
    """But for the moment of the scan, which JSON and the page tell."""
    again = report(reported.root, "--jobs", "1")
    for kind in ("csv", "sarif", "junit", "text"):
        assert again.reports[kind] == reported.reports[kind]
    one, other = (re.sub(r'"at": "[^"]*"', "", each.reports["json"]) for each in (reported, again))
    assert one == other
    for text in reported.reports.values():
        assert OVERRIDE not in text


def test_what_a_baseline_knows_passes(tmp_path: Path) -> None:
    root = tmp_path / "stores"
    root.mkdir()
    (root / "old.pem").write_bytes(own("old-root.pem").read_bytes())
    (root / "expired.pem").write_bytes(own("expired-root.pem").read_bytes())
    known = tmp_path / "known.json"
    asked = ("scan", root.name, "--need", own("new-root.pem"), "--fail-on", "note")
    assert process(*asked, "--report", f"json={known}", cwd=tmp_path).code == 1
    again = process(*asked, "--baseline", known, "--report", "text", "--report", "sarif=out.sarif", cwd=tmp_path)
    assert again.code == 0, again.out
    assert "known by the baseline: " in again.out
    states = {item["baselineState"] for item in json.loads((tmp_path / "out.sarif").read_text())["runs"][0]["results"]}
    assert states == {"unchanged"}
    # A store elsewhere, or with something else that is not well, is not known; neither is a copy of a known one.
    (root / "copy.pem").write_bytes(own("old-root.pem").read_bytes())
    done = process(*asked, "--baseline", known, "--report", "junit=out.xml", cwd=tmp_path)
    assert done.code == 1
    suites = {suite.name: suite.failures for suite in junitparser.JUnitXml.fromfile(str(tmp_path / "out.xml"))}
    assert suites["stores/copy.pem"] > 0
    assert suites["stores/expired.pem"] == 0


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"schema": 1, "report": "list"}', '{"schema": 1, "report": "scan", "stores": [1]}', "[" * 99999],
)
def test_a_baseline_that_is_none_is_unreadable(tmp_path: Path, text: str) -> None:
    (tmp_path / "b.json").write_text(text)
    done = process("scan", ".", "--baseline", "b.json", cwd=tmp_path)
    assert done.code == 3
    assert done.err.splitlines()[0] == "error: b.json: is not the report of a scan in JSON"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], 0),
        (["--fail-on", "error"], 0),
        (["--fail-on", "warning"], 1),
        (["--fail-on", "expired"], 1),
        (["--fail-on", "small-key"], 0),
        (["--fail-on", "expire"], 2),
    ],
)
def test_fail_on_says_what_is_exit_code_one(tmp_path: Path, options: list[str], code: int) -> None:
    (tmp_path / "expired.pem").write_bytes(own("expired-root.pem").read_bytes())
    assert process("scan", tmp_path, *options).code == code


def test_without_jinja2_the_page_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "jinja2.py").write_text("raise ImportError\n")
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = process("scan", tmp_path, "--report", "html=out.html", cwd=tmp_path, env={"PYTHONPATH": path})
    assert done.code == 2
    assert "jinja2" in done.err.splitlines()[0]
    assert "install" in done.err.splitlines()[1]
    assert not (tmp_path / "out.html").exists()


@pytest.mark.parametrize("value", [frozenset({1}), b"octets", object()])
def test_json_has_nothing_in_place_of_what_it_does_not_know(value: object) -> None:
    with pytest.raises(TypeError):
        dumped({"x": value})
