"""Inventories out of their reports in JSON, and those of many machines as one."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from truststore_tool.errors import FormatError, UsageError
from truststore_tool.findings import Finding
from truststore_tool.findings import Place as Spot
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.inventory.nouns import INSIDE, Found, Inventory, Need, Place, ReadBy, Recalled, Skipped, Told
from truststore_tool.nouns import replace
from truststore_tool.wording import counted


def recalled(report: str | Mapping[str, Any]) -> Inventory:
    """What a scan found, by its report in JSON, as text or parsed. Raises FormatError for anything else.

    What a report does not tell is not there: how soon is soon, and which places lie in a layer of an image.
    """
    try:
        body = json.loads(report) if isinstance(report, str) else report
        if body["schema"] != 1 or body["report"] != "scan":
            raise KeyError
        at = datetime.fromisoformat(body["at"])
        return Inventory(
            body["host"],
            tuple(body["roots"]),
            at,
            tuple(_found(store, at) for store in body["stores"]),
            tuple(Skipped(item["path"], item["why"]) for item in body["skipped"]),
            tuple(Need(Fingerprint.parse(item["fingerprint"]), item["name"]) for item in body["needs"]),
            files=body["files"],
            complete=body["complete"],
            findings=tuple(map(_finding, body["findings"])),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, UsageError) as exc:
        raise FormatError("is not the report of a scan in JSON") from exc


def fleet(inventories: Iterable[Inventory]) -> Inventory:
    """Those of many machines as one, whose paths begin with the machine: ``web1:/etc/ssl/cert.pem``.

    The same content is one store, wherever it lies, where the same is to be said of it. Raises UsageError when there is
    none at all.
    """
    each = list(inventories)
    if not each:
        raise UsageError("there is no report of any machine")
    stores: dict[tuple[object, ...], Found] = {}
    for inventory in each:
        for store in inventory.stores:
            here = _of_machine(store, inventory.host)
            kinds = tuple(held.kind for held in store.certificates)  # trusted here, distrusted there
            key = store.content, store.locked, kinds, store.present, store.missing
            stores[key] = _joined(stores[key], here) if key in stores else here
    return Inventory(
        counted(len(each), "host"),
        tuple(dict.fromkeys(root for inventory in each for root in inventory.roots)),
        max(inventory.at for inventory in each),
        tuple(sorted(stores.values(), key=lambda store: str(store.places[0]))),
        tuple(replace(item, path=f"{one.host}:{item.path}") for one in each for item in one.skipped),
        tuple(dict.fromkeys(need for inventory in each for need in inventory.needs)),
        files=sum(inventory.files for inventory in each),
        complete=all(inventory.complete for inventory in each),
        findings=tuple(_moved(item, one.host) for one in each for item in one.findings),
    )


def _of_machine(store: Found, host: str) -> Found:
    places, links = (
        tuple(replace(place, parts=(f"{host}:{place.parts[0]}", *place.parts[1:])) for place in each)
        for each in (store.places, store.links)
    )
    return replace(store, places=places, links=links, findings=tuple(_moved(item, host) for item in store.findings))


def _joined(store: Found, other: Found) -> Found:
    """The same content on two machines: what is to be said of both is said of the first."""
    first = store.findings[0].place.path if store.findings else str(store.places[0])
    more = (replace(item, place=replace(item.place, path=first)) for item in other.findings)
    return replace(
        store,
        places=(*store.places, *other.places),
        links=(*store.links, *other.links),
        readers=tuple(dict.fromkeys((*store.readers, *other.readers))),
        findings=tuple(dict.fromkeys((*store.findings, *more))),
    )


def _moved(item: Finding, host: str) -> Finding:
    return replace(item, place=replace(item.place, path=f"{host}:{item.place.path}"))


def _found(body: Mapping[str, Any], at: datetime) -> Found:
    held = tuple(map(_held, body["certificates"]))
    ends = [(end, item) for item in held if item.kind in ("anchor", "loose") and (end := item.facts.not_after)]
    coming = sorted((pair for pair in ends if pair[0] >= at), key=lambda pair: pair[0])
    return Found(
        tuple(Place(tuple(path.split(INSIDE))) for path in body["paths"]),
        body["content"],
        body["format"],
        body["integrity"],
        body["locked"],
        held,
        body["private_keys"],
        tuple(ReadBy(item["name"], item["because"]) for item in body["readers"]),
        tuple(item for end, item in ends if end < at),
        tuple(item for _, item in coming[: body["expiring"]]),  # a report tells how many: the next to end
        tuple(map(Fingerprint.parse, body["present"])),
        tuple(map(Fingerprint.parse, body["missing"])),
        tuple(map(_finding, body["findings"])),
        tuple(Place(tuple(path.split(INSIDE))) for path in body["links"]),
    )


def _held(body: Mapping[str, Any]) -> Recalled:
    told = Told(
        body["subject"],
        body["issuer"],
        body["serial"],
        _moment(body["not_before"]),
        _moment(body["not_after"]),
        Fingerprint.parse(body["sha256"]),
        Fingerprint.parse(body["sha1"]),
        body["is_ca"],
    )
    return Recalled(told, body["kind"], body["alias"] or "")


def _finding(body: Mapping[str, Any]) -> Finding:
    place = Spot(body["place"]["path"], body["place"]["entry"])
    return Finding(body["rule"], body["level"], place, body["message"], tuple(body["readers"]), body["fix"])


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None
