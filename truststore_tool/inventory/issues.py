"""All that is to be said against what a scan found, in one kind: findings, also of what lacks a root or is closed.

An issue has an identity from one scan to the next: its rule and level, the path of the store as it was given, the entry
or the certificate it is about, and the reader, where it is about one. Neither the words nor the bytes of the store are
part of it, nor which layer of an image has it, so that a store which somebody changed elsewhere, or an image that was
built anew, keeps what is known of it. What a baseline holds are such identities.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import nsmallest
from typing import Any, Final

from truststore_tool import findings
from truststore_tool.errors import FormatError
from truststore_tool.findings import Finding, Place, finding
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.inventory.nouns import Found, Inventory, Known
from truststore_tool.nouns import noun, replace
from truststore_tool.safe import encodable

# Rules that say that a need is not met, or that nobody knows.
UNCLEARED: Final = frozenset(("lacks-needed", "locked-store", "not-looked-at"))
# What a certificate is to a store that holds it and does not trust it.
_HELD_AS: Final = {"distrusted": "as distrusted", "loose": "without an entry", "chain": "in the chain of a key"}
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
    return _sorted(_each(inventory))


def worst(inventory: Inventory, most: int) -> tuple[Sequence[Issue], int]:
    """The first so many of `issues`, and how many there are behind them."""
    count = 0

    def counted() -> Iterator[Issue]:
        nonlocal count
        for item in _each(inventory):
            count += 1
            yield item

    found = nsmallest(most, counted(), key=_place)
    return found, count - len(found)


def _each(inventory: Inventory) -> Iterator[Issue]:
    for store in inventory.stores:
        yield from of_store(store, inventory)
    yield from beside(inventory)


def of_store(store: Found, inventory: Inventory) -> tuple[Issue, ...]:
    """Those of one store, the worst first."""
    needs = {need.fingerprint: need for need in inventory.needs}
    paths = tuple(str(place) for place in store.places)
    found = list(store.findings)
    found += (_lacks(paths[0], str(each), f"{needs[each]}{held_as(each, store)}") for each in store.missing)
    if store.locked:
        found.append(_locked(paths[0]))
    return _sorted(_issue(item, paths, inventory) for item in found)


def beside(inventory: Inventory) -> tuple[Issue, ...]:
    """What is about no store, the worst first."""
    found = [*inventory.findings, *(_unlooked(item.path, item.why) for item in inventory.skipped)]
    return _sorted(_issue(item, (item.place.path,), inventory) for item in found)


def worded(inventory: Inventory, words: Mapping[str, str]) -> Inventory:
    """The same with what mends a store in the caller's words; see `truststore_tool.findings.worded`."""
    stores = (
        replace(store, findings=tuple(findings.worded(item, words) for item in store.findings))
        for store in inventory.stores
    )
    return replace(inventory, stores=tuple(stores))


def _issue(item: Finding, paths: tuple[str, ...], inventory: Inventory) -> Issue:
    known = inventory.baseline is not None and all(identity(item, path) in inventory.baseline for path in paths)
    return Issue(item, paths, known)


def identity(item: Finding, path: str) -> Known:
    """What an issue is known by at a path, as reports tell it; of configuration also by what it says."""
    about = item.place.entry or (item.message if item.rule in _BY_MESSAGE else "")
    reader = item.readers[0] if len(item.readers) == 1 else ""
    return item.rule, item.level, encodable(_LAYER.sub("", path)), encodable(about), reader


_LAYER: Final = re.compile(r"(?<=!/)sha256:[0-9a-f]{64}/")
_BY_MESSAGE: Final = frozenset(("names-no-file", "store-not-known", "missing-file-falls-back"))


def _sorted(found: Iterable[Issue]) -> tuple[Issue, ...]:
    return tuple(sorted(found, key=_place))


def _place(item: Issue) -> tuple[int, str, str, str, str]:
    said = item.finding
    return _ORDER[said.level], item.paths[0], said.rule, said.place.entry or "", said.message


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
            yield from (identity(_lacks(path, missing, ""), path) for missing in store["missing"])
            if store["locked"]:
                yield identity(_locked(path), path)
    yield from (_identity(item, item["place"]["path"]) for item in body["findings"])
    yield from (identity(_unlooked(item["path"], item["why"]), item["path"]) for item in body["skipped"])


def _identity(item: Mapping[str, Any], path: str) -> Known:
    place = Place(path, item["place"]["entry"])
    return identity(Finding(item["rule"], item["level"], place, item["message"], tuple(item["readers"])), path)


def held_as(missing: Fingerprint, store: Found) -> str:
    """That a store holds what it does not trust, and as what; nothing where it is not there at all."""
    kinds = {held.kind for held in store.certificates if getattr(held.facts, missing.algorithm) == missing}
    return "".join(f", which is in it {words}" for kind, words in _HELD_AS.items() if kind in kinds)


def _lacks(path: str, fingerprint: str, need: str) -> Finding:
    return finding("lacks-needed", Place(path, fingerprint), f"does not trust {need}")


def _locked(path: str) -> Finding:
    return finding("locked-store", Place(path), "no password opens it, or a part of it: not judged")


def _unlooked(path: str, why: str) -> Finding:
    return finding("not-looked-at", Place(path), f"was not looked at: {why}")
