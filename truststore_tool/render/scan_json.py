"""An inventory as JSON: the shape is an interface (docs/json.md)."""

from collections.abc import Iterator

from truststore_tool.inventory.nouns import Found, Inventory, Shown
from truststore_tool.render.as_json import dumped, to_json, with_items


def pieces(inventory: Inventory) -> Iterator[str]:
    """One JSON object, with a line end: what is said of a store is text before the next one is taken up."""
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
        skipped=(),
        findings=(),
    )
    lists = {
        "stores": (dumped(_store(store)) for store in inventory.stores),
        "skipped": map(dumped, inventory.skipped),
        "findings": map(dumped, inventory.findings),
    }
    yield from with_items(f"{body}\n", lists, indent=2)


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
