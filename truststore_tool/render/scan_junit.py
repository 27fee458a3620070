"""An inventory as JUnit's XML: a suite for each store, a test case for each thing that was asked of it."""

from collections.abc import Iterable, Sequence
from typing import Final
from xml.etree import ElementTree as Xml

from truststore_tool.findings import RULES
from truststore_tool.inventory.issues import Issue, beside, of_store
from truststore_tool.inventory.nouns import Found, Inventory
from truststore_tool.safe import printable

_NAME: Final = "truststore-tool scan"


def text(inventory: Inventory) -> str:
    """The document. A case fails for what `Inventory.fail_on` names, else errors, that the baseline does not know."""
    root = Xml.Element("testsuites", name=_NAME)
    for store in inventory.stores:
        _suite(root, str(store.places[0]), _cases(store, inventory), inventory.fail_on)
    cases = [(f"{item.finding.rule}: {item.paths[0]}: {item.finding.message}", [item]) for item in beside(inventory)]
    _suite(root, "beside the stores", cases or [("everything was looked at", [])], inventory.fail_on)
    for total in ("tests", "failures"):
        root.set(total, str(sum(int(suite.get(total, "0")) for suite in root)))
    root.set("errors", "0")
    Xml.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{Xml.tostring(root, encoding="unicode")}\n'


def _cases(store: Found, inventory: Inventory) -> list[tuple[str, list[Issue]]]:
    """What was asked of a store, and the issues with it: whether it opens, trusts each need, and each rule."""
    found = of_store(store, inventory)
    cases: dict[str, list[Issue]] = {"opens": []}
    needs = {str(need.fingerprint): f"trusts {need}" for need in inventory.needs}
    for fingerprint in (*store.present, *store.missing):
        cases[needs[str(fingerprint)]] = []
    for item in found:
        match item.finding.rule:
            case "locked-store":
                cases["opens"].append(item)
            case "lacks-needed":
                cases[needs[item.finding.place.entry or ""]].append(item)
            case rule:
                cases.setdefault(f"{rule}: {RULES[rule].means}", []).append(item)
    return list(cases.items())


def _suite(root: Xml.Element, name: str, cases: Sequence[tuple[str, list[Issue]]], fail_on: frozenset[str]) -> None:
    suite = Xml.SubElement(root, "testsuite", name=printable(name), tests=str(len(cases)))
    failing = fail_on or {"error"}
    for case, found in cases:
        made = Xml.SubElement(suite, "testcase", classname=printable(name), name=printable(case))
        bad = [item for item in found if not item.known and failing & {item.finding.level, item.finding.rule}]
        if bad:
            first = bad[0].finding
            failure = Xml.SubElement(made, "failure", type=first.rule, message=printable(first.message))
            failure.text = _lines(bad)
        if rest := [item for item in found if item not in bad]:
            Xml.SubElement(made, "system-out").text = _lines(rest)
    suite.set("failures", str(sum(case.find("failure") is not None for case in suite)))
    suite.set("errors", "0")


def _lines(found: Iterable[Issue]) -> str:
    return "\n".join(printable(f"{'known: ' if item.known else ''}{_said(item)}") for item in found)


def _said(item: Issue) -> str:
    said = item.finding
    return f"{said.level}: {said.message}" + (f" ({said.fix})" if said.fix else "")
