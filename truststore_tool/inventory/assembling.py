"""An inventory of all that was brought home: each content once, who reads it, what it trusts of what it should."""

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

from truststore_tool.findings import Finding, open_to_all
from truststore_tool.findings import Place as Spot
from truststore_tool.fingerprints import Fingerprint, FingerprintSet
from truststore_tool.inventory.because import Readers
from truststore_tool.inventory.haul import Haul, Link, Passed, Sighting
from truststore_tool.inventory.known_places import is_blocked
from truststore_tool.inventory.meant_for import of_readers
from truststore_tool.inventory.nouns import Found, Held, Inventory, Judged, Mention, Need, Place, ReadBy, Skipped
from truststore_tool.nouns import noun, replace
from truststore_tool.operations.checking import by_dates
from truststore_tool.strangers import may_replace


@noun
class Asked:
    """What is asked of every store.

    Attributes:
        needs: what it should trust.
        now: the moment of the scan (aware).
        within: how soon is soon for certificates that expire; None for never.
    """

    needs: tuple[Need, ...]
    now: datetime
    within: timedelta | None = None


class _Sorted(NamedTuple):
    """The items of a haul by their kinds."""

    places: dict[str, list[Place]]
    skipped: list[Skipped]
    mentions: list[Mention]
    links: list[Link]


@noun
class Machine:
    """Where a walk was, if it was not this one.

    Attributes:
        host: what the machine is called.
        exists: whether anything is at a path of it.
        is_open: whether every user of it may replace the file at a path; that is not known of other machines.
    """

    host: str
    exists: Callable[[str], bool]
    is_open: Callable[[str], bool] = lambda _: False


def _this_one() -> Machine:
    """This machine. Of a folder it is asked once who may replace what is in it: stores are found by no link."""
    is_open = cache(lambda folder: may_replace(Path(folder, "file")))
    return Machine(os.uname().nodename, os.path.exists, lambda path: is_open(os.path.dirname(path)))


def assemble(
    haul: Haul,
    roots: Sequence[str],
    unreadable: Sequence[str],
    asked: Asked,
    *,
    complete: bool,
    machine: Machine | None = None,
) -> Inventory:
    """The inventory of what a walk over `roots` brought, whole or, when interrupted, not `complete`."""
    machine = machine or _this_one()
    found = _sorted(haul)
    readers = Readers(found.mentions, {link.place.parts: link.target for link in found.links})
    wanted = FingerprintSet(need.fingerprint for need in asked.needs)
    stores = [
        _found(haul.judged[content], tuple(sorted(set(places), key=str)), readers, asked, wanted, machine)
        for content, at in found.places.items()
        for places in _apart(at, machine)
    ]
    return Inventory(
        machine.host,
        tuple(roots),
        asked.now,
        tuple(sorted(stores, key=lambda store: str(store.places[0]))),
        tuple(sorted(found.skipped, key=lambda item: item.path)),
        asked.needs,
        asked.within,
        haul.files,
        complete,
        tuple(unreadable),
        _unmet(readers, found, machine),
    )


def _apart(places: Sequence[Place], machine: Machine) -> Iterator[list[Place]]:
    """The places of one content, those apart of which more is to be said by where they lie.

    There it is distrusted, or every user may replace it.
    """
    groups: dict[tuple[bool, bool], list[Place]] = {}
    for place in places:
        groups.setdefault((is_blocked(place.parts[-1]), _is_open(place, machine)), []).append(place)
    yield from (groups[kind] for kind in sorted(groups))


def _is_open(place: Place, machine: Machine) -> bool:
    """Whether every user may replace a store that is a file; of what lies in one, that is no matter of the store."""
    return len(place.parts) == 1 and machine.is_open(place.parts[0])


def _unmet(readers: Readers, found: _Sorted, machine: Machine) -> tuple[Finding, ...]:
    """What configuration says of stores that were not found, ordered by where it says so."""
    places = [place for at in found.places.values() for place in at]
    return tuple(sorted(readers.unmet(places, machine.exists), key=lambda item: (item.place.path, item.message)))


def _sorted(haul: Haul) -> _Sorted:
    found = _Sorted({}, [], [], [])
    for item in haul.items:
        match item:
            case Sighting():
                found.places.setdefault(item.content, []).append(item.place)
            case Passed():
                found.skipped.append(Skipped(str(item.place), item.why))
            case Mention():
                found.mentions.append(item)
            case Link():
                found.links.append(item)
    return found


def _found(
    judged: Judged,
    places: tuple[Place, ...],
    readers: Readers,
    asked: Asked,
    wanted: FingerprintSet,
    machine: Machine,
) -> Found:
    path = str(places[0])
    beside = [open_to_all(path)] if _is_open(places[0], machine) else []
    if is_blocked(places[0].parts[-1]):
        judged = replace(judged, certificates=tuple(replace(held, kind="distrusted") for held in judged.certificates))
    by = tuple(dict.fromkeys(reader for place in places for reader in readers.of(place)))
    trusted = [held for held in judged.certificates if held.kind in ("anchor", "loose")]
    ends = [(held, held.facts.not_after) for held in trusted]
    soon = None if asked.within is None else asked.now + asked.within
    present = _present(judged, asked, wanted)
    return Found(
        places,
        judged.content,
        judged.format,
        judged.integrity,
        judged.locked,
        judged.certificates,
        judged.private_keys,
        by,
        tuple(held for held, end in ends if end and end < asked.now),
        tuple(held for held, end in ends if end and soon and asked.now <= end < soon),
        present,
        _missing(judged, asked, present),
        tuple(_findings(judged, path, asked, by, beside)),
        tuple(sorted({link for place in places for link in readers.links(place)}, key=str)),
    )


def _present(judged: Judged, asked: Asked, wanted: FingerprintSet) -> tuple[Fingerprint, ...]:
    if not asked.needs:
        return ()
    anchors = (held.certificate.der for held in judged.certificates if held.kind == "anchor")
    there = {fingerprint for der in anchors for fingerprint in wanted.of_certificate(der)}
    return tuple(need.fingerprint for need in asked.needs if need.fingerprint in there)


def _missing(judged: Judged, asked: Asked, present: tuple[Fingerprint, ...]) -> tuple[Fingerprint, ...]:
    """What it lacks; of what was not opened nothing is known, and what holds keys only is not there to trust others."""
    if judged.locked or (judged.private_keys and not any(held.kind == "anchor" for held in judged.certificates)):
        return ()
    return tuple(need.fingerprint for need in asked.needs if need.fingerprint not in present)


def _findings(
    judged: Judged, path: str, asked: Asked, by: Sequence[ReadBy], beside: Sequence[Finding]
) -> Iterator[Finding]:
    """All findings, the worst first; those of dates as of now, and `beside` those of where it lies."""
    found = [*beside, *(replace(item, place=Spot(path, item.place.entry)) for item in judged.findings)]
    found += of_readers(judged.format, judged.findings, by, path)
    seen: set[Held] = set()
    for held in judged.certificates:
        if held.kind == "anchor" and held not in seen:
            seen.add(held)
            found += by_dates(held.certificate, path, held.alias, asked.now, within=asked.within)
    order = {"error": 0, "warning": 1, "note": 2}
    yield from sorted(dict.fromkeys(found), key=lambda item: order[item.level])
