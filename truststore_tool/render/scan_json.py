"""An inventory as JSON: the shape is an interface (docs/json.md)."""

from typing import Final

from truststore_tool.inventory.nouns import Found, Inventory, Shown
from truststore_tool.render.as_json import dumped, to_json

# Where stores stand: a line end is nowhere in a string.
_STORES: Final = '\n  "stores": []'


def text(inventory: Inventory) -> str:
    """One JSON object, with a line end.

    What is said of a store is text before the next one is taken up: of many, all at once would take ten times the room.
    """
    body = to_json(
        "scan",
        None,
        host=inventory.host,
        roots=inventory.roots,
        at=inventory.at,
        complete=inventory.complete,
        files=inventory.files,
        places=inventory.places,
        needs=[{"fingerprint": need.fingerprint, "name": need.name} for need in inventory.needs],
        stores=(),
        skipped=inventory.skipped,
        findings=inventory.findings,
    )
    before, stores, behind = body.partition(_STORES)
    pieces = [f"\n{dumped(_store(store))}".replace("\n", "\n    ") for store in inventory.stores]
    end = "\n  ]" if pieces else "]"
    return "".join((before, stores[:-1], ",".join(pieces), end, behind, "\n"))


def _store(store: Found) -> dict[str, object]:
    return {
        "paths": [str(place) for place in store.places],
        "links": [str(link) for link in store.links],
        "content": store.content,
        "format": store.format,
        "integrity": store.integrity,
        "locked": store.locked,
        "anchors": len(store.anchors),
        "private_keys": store.private_keys,
        "expired": len(store.expired),
        "expiring": len(store.expiring),
        "present": store.present,
        "missing": store.missing,
        "readers": [{"name": each.name, "because": each.because} for each in store.readers],
        "certificates": [_certificate(held) for held in store.certificates],
        "findings": store.findings,
    }


def _certificate(held: Shown) -> dict[str, object]:
    facts = held.facts
    shown = ("subject", "issuer", "serial", "not_before", "not_after", "sha256", "sha1", "is_ca")
    return {"alias": held.alias or None, "kind": held.kind, **{name: getattr(facts, name) for name in shown}}
