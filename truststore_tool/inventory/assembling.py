"""An inventory of all that was brought home: each content once, who reads it, what it trusts of what it should."""

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from truststore_tool.findings import Finding
from truststore_tool.findings import Place as Spot
from truststore_tool.fingerprints import Fingerprint, FingerprintSet
from truststore_tool.inventory.because import Readers
from truststore_tool.inventory.haul import Haul, Link, Passed, Sighting
from truststore_tool.inventory.known_places import is_blocked
from truststore_tool.inventory.meant_for import of_readers
from truststore_tool.inventory.nouns import Found, Held, Inventory, Judged, Mention, Need, Place, ReadBy, Skipped
from truststore_tool.nouns import noun, replace
from truststore_tool.operations.checking import by_dates


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
    """Where a walk was: what the machine is called, and whether anything is at a path of it. Else it is this one."""

    host: str
    exists: Callable[[str], bool]


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
    machine = machine or Machine(os.uname().nodename, os.path.exists)
    found = _sorted(haul)
    readers = Readers(found.mentions, {link.place.parts: link.target for link in found.links})
    wanted = FingerprintSet(need.fingerprint for need in asked.needs)
    stores = [
        _found(haul.judged[content], tuple(sorted(set(places), key=str)), readers, asked, wanted)
        for content, at in found.places.items()
        for places in _by_trust(at)
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


def _by_trust(places: Sequence[Place]) -> Iterator[list[Place]]:
    """The places of one content: those where it is trusted, and those where, by where they lie, it is distrusted."""
    for blocked in (False, True):
        if same := [place for place in places if is_blocked(place.parts[-1]) == blocked]:
            yield same


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
) -> Found:
    path = str(places[0])
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
        tuple(_findings(judged, path, asked, by)),
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


def _findings(judged: Judged, path: str, asked: Asked, by: Sequence[ReadBy]) -> Iterator[Finding]:
    """All findings, the worst first; those of dates as of now."""
    found = [replace(item, place=Spot(path, item.place.entry)) for item in judged.findings]
    found += of_readers(judged.format, judged.findings, by, path)
    seen: set[Held] = set()
    for held in judged.certificates:
        if held.kind == "anchor" and held not in seen:
            seen.add(held)
            found += by_dates(held.certificate, path, held.alias, asked.now, within=asked.within)
    order = {"error": 0, "warning": 1, "note": 2}
    yield from sorted(dict.fromkeys(found), key=lambda item: order[item.level])
