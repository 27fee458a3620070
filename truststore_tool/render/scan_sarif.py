"""An inventory as SARIF 2.1.0 (OASIS), as GitHub's code scanning takes it.

A path inside archives is no file that a viewer could open: the location is the outermost file, and the whole path is in
the message and in the logical location. Nothing in it depends on when or where the scan ran.
"""

import hashlib
import json
import posixpath
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import quote

from truststore_tool import __version__
from truststore_tool.findings import RULES
from truststore_tool.inventory.issues import Issue, identity, worst
from truststore_tool.inventory.nouns import INSIDE, Inventory
from truststore_tool.render.as_json import with_items
from truststore_tool.safe import printable

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
# GitHub shows the 5,000 worst results of a run; more than 25,000, or 10 MB when packed, it refuses
# (GitHub Docs, SARIF support for code scanning). With these the file is well below.
MOST_RESULTS: Final = 5000
_MOST_LOCATIONS: Final = 20
_LONGEST: Final = 1000  # characters of a message, which GitHub shows
_ROOT: Final = "ROOT"
# The only fingerprint that GitHub looks at. Where there is none, its action takes one of the first line of the file, by
# which all that is said of a store by one rule would be the same (github/codeql-action, fingerprints.ts).
_OF_GITHUB: Final = "primaryLocationLineHash"


def pieces(inventory: Inventory) -> Iterator[str]:
    """One JSON object, with a line end."""
    shown, more = worst(inventory, MOST_RESULTS)
    rules = sorted({item.finding.rule for item in shown})
    absolute = any(_file(path).startswith("/") for item in shown for path in item.paths)
    run = {
        "tool": {
            "driver": {"name": "truststore-tool", "version": __version__, "rules": [_rule(rule) for rule in rules]}
        },
        "automationDetails": {"id": "truststore-tool/scan/"},
        "columnKind": "utf16CodeUnits",
        **({"originalUriBaseIds": {_ROOT: {"uri": "file:///"}}} if absolute else {}),
        "invocations": [_invocation(inventory, more)],
        "results": [],
    }
    body = _dumped({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})
    results = (_dumped(_result(item, rules, compared=inventory.baseline is not None)) for item in shown)
    yield from with_items(f"{body}\n", {"results": results}, indent=1)


def _dumped(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)


def _rule(name: str) -> dict[str, object]:
    rule = RULES[name]
    told = [f"{rule.means[:1].upper()}{rule.means[1:]}.", f"Concerns: {rule.whom}."]
    told += [f"Releases: {rule.since}."] if rule.since else []
    told += [f"Known by: {rule.documented}."] if rule.documented else []
    return {
        "id": name,
        "shortDescription": {"text": told[0]},
        "fullDescription": {"text": " ".join(told[:2])},
        "help": {"text": "\n".join(told)},
        "defaultConfiguration": {"level": rule.level},
        "properties": {"tags": ["security"], "precision": "very-high"},
    }


def _result(item: Issue, rules: Sequence[str], *, compared: bool) -> dict[str, object]:
    said = item.finding
    message = f"{item.paths[0]}: {said.message}" + (f" ({said.fix})" if said.fix else "")
    known = hashlib.sha256("\0".join(identity(said, item.paths[0])).encode()).hexdigest()
    return {
        "ruleId": said.rule,
        "ruleIndex": rules.index(said.rule),
        "level": said.level,
        "message": {"text": _cut(printable(message))},
        "locations": [_location(path) for path in item.paths[:_MOST_LOCATIONS]],
        "partialFingerprints": dict.fromkeys(("truststoreIssue/v2", _OF_GITHUB), known),
        **({"baselineState": "unchanged" if item.known else "new"} if compared else {}),
    }


def _location(path: str) -> dict[str, object]:
    file = _file(path)
    uri = quote(posixpath.normpath(file).lstrip("/").encode("utf-8", "surrogateescape"))
    based = {"uriBaseId": _ROOT} if file.startswith("/") else {}
    inside = path != file
    return {
        "physicalLocation": {"artifactLocation": {"uri": uri or ".", **based}, "region": {"startLine": 1}},
        **({"logicalLocations": [{"fullyQualifiedName": printable(path), "kind": "member"}]} if inside else {}),
    }


def _invocation(inventory: Inventory, more: int) -> dict[str, object]:
    told = [f"{more} more results are not in this file, the least of all"] if more else []
    told += [] if inventory.complete else ["the scan was interrupted: this is not all that there is"]
    notes = [{"level": "warning", "message": {"text": f"{line}."}} for line in told]
    return {
        "executionSuccessful": inventory.complete and not inventory.unreadable,
        **({"toolExecutionNotifications": notes} if notes else {}),
    }


def _file(path: str) -> str:
    """The file of the file system that a path leads into."""
    return path.partition(INSIDE)[0]


def _cut(message: str) -> str:
    return message if len(message) <= _LONGEST else f"{message[: _LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"
