"""An inventory as text: the summary first, then each store, then what was not looked at."""

import posixpath
from collections.abc import Iterator

from truststore_tool.inventory.issues import issues
from truststore_tool.inventory.nouns import LEADS_OUT, Found, Inventory
from truststore_tool.render.text import Piece
from truststore_tool.wording import counted

_PLACES = 3
_SKIPPED = 20
_SINGLE = 4  # files of one certificate each in one folder, from so many on they are one line


def summary(inventory: Inventory) -> str:
    """The whole in one line: ``412 places, 37 stores: 21 have it, 14 lack it, 2 locked``."""
    stores = inventory.stores
    counts = f"{counted(inventory.places, 'place')}, {counted(len(stores), 'store')}"
    states = [state(store, inventory) for store in stores]
    it = "it" if len(inventory.needs) == 1 else "all"
    words = (
        ("has", f"{{}} {'has' if states.count('has') == 1 else 'have'} {it}"),
        ("lacks", f"{{}} {'lacks' if states.count('lacks') == 1 else 'lack'} {'it' if it == 'it' else 'some'}"),
        ("locked", "{} locked"),
        ("keys", "{} for keys only"),
        ("", "{} opened"),
    )
    told = [
        text.format(states.count(name)) for name, text in words if name in states or (inventory.needs and name in _BOTH)
    ]
    line = f"{counts}: {', '.join(told)}" if stores else counts
    if inventory.skipped:
        line += f"; {len(inventory.skipped)} not looked at"
    return line if inventory.complete else f"{line} (interrupted: this is not all)"


_BOTH = ("has", "lacks")


def state(store: Found, inventory: Inventory) -> str:
    """``has`` or ``lacks`` what is needed, ``locked``, ``keys`` for what is not there to trust others, or nothing."""
    if store.missing:
        return "lacks"
    if store.locked:
        return "locked"
    if not inventory.needs:
        return ""
    return "has" if store.present else "keys"


def pieces(inventory: Inventory) -> Iterator[Piece]:
    """The lines of a report."""
    yield summary(inventory)
    for need in inventory.needs:
        yield f"needed: {need.name}: {need.fingerprint.algorithm.upper()} {need.fingerprint}"
    order = {"lacks": 0, "locked": 1, "has": 2, "": 3, "keys": 4}
    stores = sorted(inventory.stores, key=lambda store: order[state(store, inventory)])
    folded: dict[tuple[str, str], list[Found]] = {}
    for store in stores:
        if _is_plain(store):
            folded.setdefault((state(store, inventory), posixpath.dirname(str(store.places[0]))), []).append(store)
    for store in stores:
        same = folded.get((state(store, inventory), posixpath.dirname(str(store.places[0]))), [])
        if store not in same or len(same) < _SINGLE:
            yield ""
            yield from _store(store, inventory)
        elif store is same[0]:
            yield ""
            folder = posixpath.dirname(str(store.places[0]))
            label = _label(state(store, inventory))
            yield f"{label}{counted(len(same), 'file')} of one certificate each in {folder}"
    for item in inventory.findings:
        if item.level != "note":
            yield ""
            yield f"{item.level}: {item.rule}: {item.message}"
    if notes := sum(item.level == "note" for item in inventory.findings):
        yield ""
        yield f"{counted(notes, 'setting names a store', 'settings name stores')} in a way that is not known here"
    if known := sum(item.known for item in issues(inventory)):
        yield ""
        yield f"known by the baseline: {counted(known, 'finding')}"
    yield from _skipped(inventory)


def _is_plain(store: Found) -> bool:
    """Whether it is a file of one certificate of which there is nothing to say."""
    quiet = not (store.readers or store.present or any(item.level == "error" for item in store.findings))
    return quiet and len(store.places) == 1 and len(store.certificates) == 1 and store.format in ("pem", "der")


def _label(named: str) -> str:
    return {"lacks": "LACKS: ", "locked": "locked: ", "has": "has it: ", "keys": "keys: ", "": ""}[named]


def _store(store: Found, inventory: Inventory) -> Iterator[Piece]:
    yield f"{_label(state(store, inventory))}{store.places[0]}"
    for place in store.places[1:_PLACES]:
        yield f"  also {place}"
    if len(store.places) > _PLACES:
        yield f"  also at {counted(len(store.places) - _PLACES, 'more place')}"
    if store.links:
        more = f" and {counted(len(store.links) - 1, 'more link')}" if len(store.links) > 1 else ""
        yield f"  linked as {store.links[0]}{more}"
    held = [store.format, counted(len(store.anchors), "anchor")]
    if store.private_keys:
        held.append(counted(store.private_keys, "private key"))
    if store.expired:
        held.append(f"{len(store.expired)} expired")
    if store.expiring:
        held.append(f"{len(store.expiring)} expire soon")
    if store.locked:
        held.append("not opened, or not as a whole, for want of its password")
    yield f"  {', '.join(held)}"
    if len(inventory.needs) > 1:
        names = {need.fingerprint: need.name for need in inventory.needs}
        for missing in store.missing:
            yield f"  missing: {names[missing]}: {missing}"
    for reader in store.readers:
        yield f"  read by {reader.name}: {reader.because}"
    errors = [item for item in store.findings if item.level == "error"]
    for item in errors:
        yield f"  error: {item.rule}: {item.message}"
    others = [counted(sum(item.level == level for item in store.findings), level) for level in ("warning", "note")]
    if len(errors) < len(store.findings):
        yield f"  {' and '.join(others)}"


def _skipped(inventory: Inventory) -> Iterator[Piece]:
    if inventory.skipped:
        yield ""
        yield f"not looked at: {len(inventory.skipped)}"
    links = [item for item in inventory.skipped if item.why.startswith(LEADS_OUT)]
    others = [item for item in inventory.skipped if not item.why.startswith(LEADS_OUT)]
    shown = [*others, *links][:_SKIPPED]
    yield from (f"  {item.path}: {item.why}" for item in shown)
    if len(inventory.skipped) > len(shown):
        yield f"  and {len(inventory.skipped) - len(shown)} more, which a report in JSON names"
