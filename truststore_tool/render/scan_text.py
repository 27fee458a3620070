"""An inventory as text: the summary first, then each store, then what was not looked at."""

import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from truststore_tool.findings import LEVELS
from truststore_tool.inventory.issues import Issue, beside, held_as, of_store
from truststore_tool.inventory.nouns import LEADS_OUT, Found, Inventory, Need
from truststore_tool.render.text import Piece
from truststore_tool.wording import counted

_PLACES: Final = 3
_NAMES: Final = 10
_OF_A_RULE: Final = 5
_SKIPPED: Final = 20
_SINGLE: Final = 4  # files of one certificate each in one folder, from so many on they are one entry
# How the lines of a store begin, in the order in which stores are told of.
_LABELS: Final = {"lacks": "LACKS", "locked": "locked", "has": "has it", "": "", "keys": "keys"}
_UNMET: Final = frozenset(("lacks-needed", "locked-store"))
_BOTH: Final = ("has", "lacks")


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


def state(store: Found, inventory: Inventory) -> str:
    """``has`` or ``lacks`` what is needed, ``locked``, ``keys`` for what is not there to trust others, or nothing."""
    if store.missing:
        return "lacks"
    if store.locked:
        return "locked"
    if not inventory.needs:
        return ""
    return "has" if store.present else "keys"


def ordered(inventory: Inventory) -> list[Found]:
    """The stores in the order in which people want to know of them.

    By their states, those of which a reader is known first, as the others are often of nobody, and files of one
    certificate behind bundles, as there may be a hundred of them in a folder.
    """
    states = list(_LABELS)
    return sorted(
        inventory.stores,
        key=lambda store: (states.index(state(store, inventory)), not store.readers, _is_single(store)),
    )


def _is_single(store: Found) -> bool:
    return len(store.certificates) == 1 and store.format in ("pem", "der")


def holdings(store: Found) -> str:
    """What a store is and holds, in a line."""
    held = [store.format]
    if store.integrity == "unverified" and not store.locked:
        held.append("integrity not proved")
    held.append(counted(len(store.anchors), "anchor"))
    if store.private_keys:
        held.append(counted(store.private_keys, "private key"))
    if loose := store.of_kind("loose"):
        held.append(f"{counted(len(loose), 'certificate')} without an entry")
    if distrusted := store.of_kind("distrusted"):
        held.append(f"{len(distrusted)} distrusted")
    return ", ".join((*held, *_ends([store])))


def _ends(stores: Sequence[Found]) -> Iterator[str]:
    if expired := sum(len(store.expired) for store in stores):
        yield f"{expired} expired"
    if soon := sum(len(store.expiring) for store in stores):
        yield f"{soon} {'expires' if soon == 1 else 'expire'} soon"


class _Told(NamedTuple):
    """A store, how its lines begin, and the findings with it: those that are told in full, and the others."""

    store: Found
    label: str
    full: tuple[Issue, ...]
    others: tuple[Issue, ...]

    @property
    def kind(self) -> tuple[object, ...] | None:
        """What files of one certificate have in common that are one entry; None for what is an entry by itself."""
        store = self.store
        if store.present or self.full or len(store.places) > 1 or not _is_single(store):
            return None
        return self.label, posixpath.dirname(str(store.places[0])), store.readers


def pieces(inventory: Inventory) -> Iterator[Piece]:
    """The lines of a report."""
    yield summary(inventory)
    yield from _needs(inventory)
    told = [_told(store, inventory) for store in ordered(inventory)]
    kinds: dict[tuple[object, ...] | None, list[_Told]] = {}
    for each in told:
        kinds.setdefault(each.kind, []).append(each)
    for each in told:
        same = kinds[each.kind]
        if each.kind is None or len(same) < _SINGLE:
            yield from _store(each, inventory)
        elif each is same[0]:
            yield from _files(same)
    issues = beside(inventory)
    about = [item for item in issues if item.finding.rule != "not-looked-at"]
    full = [item for item in about if _is_full(item, inventory) or item.finding.level == "warning"]
    if full:
        yield ""
        yield from map(_line, full)
    if notes := len(about) - len(full):
        yield ""
        yield f"{counted(notes, 'setting names a store', 'settings name stores')} in a way that is not known here"
    every = (*issues, *(item for each in told for item in (*each.full, *each.others)))
    if known := sum(item.known for item in every):
        yield ""
        yield f"known by the baseline: {counted(known, 'finding')}"
    yield from _skipped([item for item in issues if item.finding.rule == "not-looked-at"], inventory)


def _needs(inventory: Inventory) -> Iterator[Piece]:
    for need in inventory.needs:
        print_ = need.fingerprint
        name = "" if need.name == str(print_) else f"{need.name}: "
        counts = of_need(need, inventory)
        yield f"needed: {name}{print_.algorithm.upper()} {print_}{f': {counts}' if counts else ''}"


def of_need(need: Need, inventory: Inventory) -> str:
    """How many stores have and lack one of several; nothing where there is one, as the summary says that."""
    if len(inventory.needs) == 1:
        return ""
    has = sum(need.fingerprint in store.present for store in inventory.stores)
    lacks = sum(need.fingerprint in store.missing for store in inventory.stores)
    return f"{has} {'has' if has == 1 else 'have'} it, {lacks} {'lacks' if lacks == 1 else 'lack'} it"


def _told(store: Found, inventory: Inventory) -> _Told:
    issues = of_store(store, inventory)
    label = _LABELS[state(store, inventory)]
    unmet = [item for item in issues if item.finding.rule in _UNMET]
    if unmet and all(item.known for item in unmet):
        label += " (known)"
    full = [item for item in issues if item not in unmet and _is_full(item, inventory)]
    return _Told(store, f"{label}: " if label else "", tuple(full), tuple(item for item in issues if item not in full))


def _is_full(item: Issue, inventory: Inventory) -> bool:
    """Whether it is told in full: an error, or what ends the scan with exit code 1."""
    return bool((inventory.fail_on | {"error"}) & {item.finding.level, item.finding.rule})


def _store(told: _Told, inventory: Inventory) -> Iterator[Piece]:
    store = told.store
    yield ""
    yield f"{told.label}{store.places[0]}"
    for place in store.places[1:_PLACES]:
        yield f"  also {place}"
    if len(store.places) > _PLACES:
        yield f"  also at {counted(len(store.places) - _PLACES, 'more place')}"
    if store.links:
        more = f" and {counted(len(store.links) - 1, 'more link')}" if len(store.links) > 1 else ""
        yield f"  linked as {store.links[0]}{more}"
    locked = ", not opened, or not as a whole, for want of its password" if store.locked else ""
    yield f"  {holdings(store)}{locked}"
    for need in inventory.needs:
        if need.fingerprint in store.missing:
            there = held_as(need.fingerprint, store)
            if there or len(inventory.needs) > 1:
                yield f"  missing: {need}{there}"
    yield from _readers(store)
    for _, same in groupby(told.full, lambda item: (item.finding.level, item.finding.rule)):
        found = list(same)
        yield from (f"  {_line(item)}" for item in found[:_OF_A_RULE])
        if len(found) > _OF_A_RULE:
            yield f"  and {len(found) - _OF_A_RULE} more: {found[0].finding.rule}"
    yield from _others(told.others)


def _files(told: Sequence[_Told]) -> Iterator[Piece]:
    """Files of one certificate each in one folder."""
    stores = [each.store for each in told]
    folder = posixpath.dirname(str(stores[0].places[0]))
    names = [posixpath.basename(str(store.places[0])) for store in stores]
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    yield ""
    yield f"{told[0].label}{counted(len(stores), 'file')} of one certificate each in {folder}"
    yield f"  {', '.join(names[:_NAMES])}{more}"
    if ends := ", ".join(_ends(stores)):
        yield f"  {ends}"
    yield from _readers(stores[0])
    yield from _others(item for each in told for item in each.others)


def _readers(store: Found) -> Iterator[Piece]:
    yield from (f"  read by {reader.name}: {reader.because}" for reader in store.readers)


def _others(issues: Iterable[Issue]) -> Iterator[Piece]:
    """How many findings of each rule there are, by level."""
    counts = Counter((item.finding.level, item.finding.rule) for item in issues if item.finding.rule not in _UNMET)
    levels = [{rule: count for (one, rule), count in sorted(counts.items()) if one == level} for level in LEVELS]
    told = [
        f"{counted(sum(rules.values()), level)}: "
        + ", ".join(rule if count == 1 else f"{rule} ({count})" for rule, count in rules.items())
        for level, rules in zip(LEVELS, levels, strict=True)
        if rules
    ]
    if told:
        yield f"  {'; '.join(told)}"


def _line(item: Issue) -> str:
    said = item.finding
    return f"{said.level}{' (known)' if item.known else ''}: {said.rule}: {said.message}" + (
        f" ({said.fix})" if said.fix else ""
    )


def _skipped(issues: Sequence[Issue], inventory: Inventory) -> Iterator[Piece]:
    if not inventory.skipped:
        return
    yield ""
    yield f"not looked at: {len(inventory.skipped)}"
    known = {item.paths[0] for item in issues if item.known}
    # Links, of which there may be many, and what is known are the least news.
    shown = sorted(inventory.skipped, key=lambda item: (item.path in known, item.why.startswith(LEADS_OUT)))
    for item in shown[:_SKIPPED]:
        yield f"  {item.path}: {item.why}{' (known)' if item.path in known else ''}"
    if len(shown) > _SKIPPED:
        yield f"  and {len(shown) - _SKIPPED} more, which a report in JSON names"
