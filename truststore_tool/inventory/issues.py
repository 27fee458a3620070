"""All that is to be said against what a scan found, in one kind: findings, also of what lacks a root or is closed.

An issue has an identity from one scan to the next: its rule, the path of the store as it was given, and the entry or
the certificate it is about. Neither the words nor the bytes of the store are part of it, so that a store which somebody
changed elsewhere keeps what is known of it. What a baseline holds are such identities.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from truststore_tool.errors import FormatError
from truststore_tool.findings import Finding, Place, finding
from truststore_tool.inventory.nouns import Found, Inventory, Known
from truststore_tool.nouns import noun

# Rules that say that a need is not met, or that nobody knows.
UNCLEARED: Final = frozenset(("lacks-needed", "locked-store", "not-looked-at"))
_ORDER: Final = {"error": 0, "warning": 1, "note": 2}


@noun
class Issue:
    """Something that is not well at one or more places.

    Attributes:
        finding: what it is.
        paths: where the store lies; where it is about no store, the one path of the finding.
        known: whether the baseline has it, at each of the paths.
    """

    finding: Finding
    paths: tuple[str, ...]
    known: bool = False


def issues(inventory: Inventory) -> tuple[Issue, ...]:
    """Everything, the worst first, then by path, rule, entry and message."""
    found = [*_of_stores(inventory), *_beside(inventory)]
    return tuple(sorted(found, key=lambda item: (_ORDER[item.finding.level], *_sorting(item))))


def of_store(store: Found, inventory: Inventory) -> tuple[Issue, ...]:
    """Those of one store, the worst first."""
    names = {need.fingerprint: need.name for need in inventory.needs}
    paths = tuple(str(place) for place in store.places)
    found = list(store.findings)
    for missing in store.missing:
        here = Place(paths[0], str(missing))
        found.append(finding("lacks-needed", here, f"does not trust {names[missing]} ({missing})"))
    if store.locked:
        found.append(finding("locked-store", Place(paths[0]), "no password opens it, or a part of it: not judged"))
    made = [_issue(item, paths, inventory) for item in found]
    return tuple(sorted(made, key=lambda item: (_ORDER[item.finding.level], *_sorting(item))))


def _of_stores(inventory: Inventory) -> Iterator[Issue]:
    for store in inventory.stores:
        yield from of_store(store, inventory)


def _beside(inventory: Inventory) -> Iterator[Issue]:
    """What is about no store."""
    for item in inventory.findings:
        yield _issue(item, (item.place.path,), inventory)
    for skipped in inventory.skipped:
        said = finding("not-looked-at", Place(skipped.path), f"was not looked at: {skipped.why}")
        yield _issue(said, (skipped.path,), inventory)


def _issue(item: Finding, paths: tuple[str, ...], inventory: Inventory) -> Issue:
    known = inventory.baseline is not None and all(identity(item, path) in inventory.baseline for path in paths)
    return Issue(item, paths, known)


def identity(item: Finding, path: str) -> Known:
    """What an issue is known by at a path. Findings of configuration are told apart by what they say."""
    return item.rule, path, item.place.entry or (item.message if item.rule in _BY_MESSAGE else "")


_BY_MESSAGE: Final = frozenset(("names-no-file", "store-not-known", "missing-file-falls-back"))


def _sorting(item: Issue) -> tuple[str, ...]:
    said = item.finding
    return item.paths[0], said.rule, said.place.entry or "", said.message


def baseline(text: str) -> frozenset[Known]:
    """The identities of all issues in a scan's report in JSON. Raises FormatError for anything else."""
    try:
        body = json.loads(text)
        if body["schema"] != 1 or body["report"] != "scan":
            raise KeyError
        return frozenset(_recorded(body))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise FormatError("is not the report of a scan in JSON") from exc


def _recorded(body: Mapping[str, Any]) -> Iterator[Known]:
    for store in body["stores"]:
        for path in store["paths"]:
            yield from (_identity(item, path) for item in store["findings"])
            yield from (("lacks-needed", path, missing) for missing in store["missing"])
            if store["locked"]:
                yield "locked-store", path, ""
    yield from (_identity(item, item["place"]["path"]) for item in body["findings"])
    yield from (("not-looked-at", item["path"], "") for item in body["skipped"])


def _identity(item: Mapping[str, Any], path: str) -> Known:
    place = Place(path, item["place"]["entry"])
    return identity(Finding(item["rule"], "note", place, item["message"]), path)
