"""An inventory as JUnit's XML: a suite for each store, a test case for each thing that was asked of it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from xml.etree import ElementTree as Xml

from truststore_tool.findings import RULES
from truststore_tool.inventory.issues import Issue, beside, of_store
from truststore_tool.inventory.nouns import Found, Inventory
from truststore_tool.safe import printable

_NAME: Final = "truststore-tool scan"
_TOTALS: Final = ("tests", "failures")


def pieces(inventory: Inventory) -> Iterator[str]:
    """The document. A case fails for what `Inventory.fail_on` names, else errors, that the baseline does not know.

    Each suite is made twice, as their totals stand before them, and all at once would take much room.
    """
    totals = Counter[str]()
    for suite in _suites(inventory):
        totals.update({name: int(suite.get(name, "0")) for name in _TOTALS})
    root = Xml.Element("testsuites", {"name": _NAME, **{name: str(totals[name]) for name in _TOTALS}, "errors": "0"})
    opening, _, closing = Xml.tostring(root, encoding="unicode", short_empty_elements=False).partition("><")
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n{opening}>\n'
    for suite in _suites(inventory):
        Xml.indent(suite, level=1)
        yield f"  {Xml.tostring(suite, encoding='unicode')}\n"
    yield f"<{closing}\n"


def _suites(inventory: Inventory) -> Iterator[Xml.Element]:
    for store in inventory.stores:
        yield _suite(str(store.places[0]), _cases(store, inventory), inventory.fail_on)
    cases = [(f"{item.finding.rule}: {item.paths[0]}: {item.finding.message}", [item]) for item in beside(inventory)]
    yield _suite("beside the stores", cases or [("everything was looked at", [])], inventory.fail_on)


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


def _suite(name: str, cases: Sequence[tuple[str, list[Issue]]], fail_on: frozenset[str]) -> Xml.Element:
    suite = Xml.Element("testsuite", name=printable(name), tests=str(len(cases)))
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
    return suite


def _lines(found: Iterable[Issue]) -> str:
    return "\n".join(printable(f"{'known: ' if item.known else ''}{_said(item)}") for item in found)


def _said(item: Issue) -> str:
    said = item.finding
    return f"{said.level}: {said.message}" + (f" ({said.fix})" if said.fix else "")
