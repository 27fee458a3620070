"""What an earlier scan made of files, so that those that did not change are not read again.

A file is the same where device, inode, size and both its times are. The cache is one line of JSON, about files with
something in them, and behind it 40 octets for each file that holds nothing. It has certificates and names of files in
it, and no keys and no passwords; whoever may write it says what a scan finds.
"""

import binascii
import json
import struct
from collections.abc import Iterable
from typing import Any, Final, TypeGuard

from truststore_tool import __version__
from truststore_tool.errors import UsageError
from truststore_tool.findings import Finding
from truststore_tool.findings import Place as Spot
from truststore_tool.inventory.crew import Orders
from truststore_tool.inventory.haul import Haul, Item, Link, Passed, Sighting, moved
from truststore_tool.inventory.nouns import Held, Mention, Place, ReadBy
from truststore_tool.inventory.opening import Judged
from truststore_tool.inventory.walk import Found
from truststore_tool.model import Certificate
from truststore_tool.nouns import names, replace

_MAGIC: Final = b'{"truststore-tool scan cache": '
_SCHEMA: Final = 1
_ROW: Final = struct.Struct("<5q")
_NOT_YET: Final = 2_000_000_000  # nanoseconds: what changed so shortly before a scan may change in the same tick again
_PASSING: Final = ("cannot be read", "was not looked at")

_Key = tuple[int, ...]


class Cache:
    """What is known of files, from an earlier scan and of this one."""

    def __init__(self, orders: Orders) -> None:
        self._own = bool(orders.candidates.own)
        self._orders = [*(getattr(orders.bounds, name) for name in names(orders.bounds))]
        self._orders += [orders.all_layers, orders.candidates.usual]
        self._began = int(orders.now.timestamp() * 1_000_000_000)
        self._nothing: set[_Key] = set()
        self._full: dict[_Key, Haul] = {}
        self._new_nothing: set[_Key] = set()
        self._new_full: dict[_Key, tuple[str, Haul]] = {}

    def load(self, data: bytes) -> None:
        """Take over what `dump` gave after an earlier scan; one with other orders, or by another release, is not used.

        Raises UsageError for what is no cache.
        """
        if not data.startswith(_MAGIC):
            raise UsageError("the cache is a file of another kind", hint="name a new file, or remove that one")
        line, _, rows = data.partition(b"\n")
        try:
            head = json.loads(line)
            if head["release"] != __version__ or head["orders"] != self._orders or len(rows) % _ROW.size:
                return
            certificates = [Certificate(binascii.a2b_base64(text)) for text in head["certificates"]]
            judged = {each["content"]: _judged(each, certificates) for each in head["judged"]}
            self._full = {tuple(key): _haul(items, files, judged) for key, files, items in head["full"]}
            self._nothing = set(_ROW.iter_unpack(rows))
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
            self._full = {}

    def get(self, file: Found) -> Haul | None:
        """What was found in a file that has not changed since; None where that is not known."""
        key = file[1:6]
        if key in self._nothing:
            self._new_nothing.add(key)
            return _NOTHING
        known = self._full.get(key)
        if known is None or (self._own and any(each.locked for each in known.judged.values())):
            return None
        haul = Haul()
        haul.files, haul.judged = known.files, known.judged
        haul.items = [moved(item, _below(item.place, file.path)) for item in known.items]
        self._new_full[key] = (file.path, haul)
        return haul

    def put(self, file: Found, haul: Haul) -> None:
        """Remember what was found in a file, unless it has only just changed, or another time may bring more."""
        if max(file.modified, file.changed) > self._began - _NOT_YET or not haul.files:
            return
        if not haul.items:
            self._new_nothing.add(file[1:6])
        elif not any(_is_passing(item) for item in haul.items) and not any(
            each.own or (each.locked and self._own) for each in haul.judged.values()
        ):
            self._new_full[file[1:6]] = (file.path, haul)

    def dump(self) -> bytes:
        """All that is known of the files of this scan."""
        certificates: dict[Certificate, int] = {}
        judged: dict[str, Judged] = {}
        full = []
        for key, (_, haul) in self._new_full.items():
            judged |= haul.judged
            full.append([list(key), haul.files, [_item_out(item) for item in haul.items]])
        head = {
            "release": __version__,
            "orders": self._orders,
            "full": full,
            "judged": [_judged_out(each, certificates) for each in judged.values()],
            "certificates": [binascii.b2a_base64(each.der, newline=False).decode() for each in certificates],
        }
        line = _MAGIC + str(_SCHEMA).encode() + b", " + json.dumps(head).encode("ascii")[1:]
        return line + b"\n" + b"".join(_ROW.pack(*key) for key in sorted(self._new_nothing))


_NOTHING: Final = Haul()
_NOTHING.files = 1


def _is_passing(item: Item) -> TypeGuard[Passed]:
    return isinstance(item, Passed) and item.why.startswith(_PASSING)


def _below(place: Place, path: str) -> Place:
    """The place in a file that is called `path` now."""
    return replace(place, parts=(path, *place.parts[1:]))


def _item_out(item: Item) -> list[Any]:
    place = [item.place.parts, item.place.layer, item.place.deleted]
    match item:
        case Sighting():
            return ["store", place, item.content]
        case Passed():
            return ["passed", place, item.why]
        case Link():
            return ["link", place, item.target]
        case Mention():
            by = [getattr(item.by, name) for name in names(item.by)]
            return ["mention", place, item.store, by, item.doubt]


def _item(data: list[Any]) -> Item:
    kind, (parts, layer, deleted), *rest = data
    place = Place(tuple(parts), layer, deleted)
    match kind:
        case "store":
            return Sighting(place, *rest)
        case "passed":
            return Passed(place, *rest)
        case "link":
            return Link(place, *rest)
        case _:
            store, by, doubt = rest
            return Mention(place, store, ReadBy(*by), doubt)


def _haul(items: Iterable[list[Any]], files: int, judged: dict[str, Judged]) -> Haul:
    haul = Haul()
    haul.files = files
    haul.items = [_item(item) for item in items]
    haul.judged = {item.content: judged[item.content] for item in haul.items if isinstance(item, Sighting)}
    return haul


def _judged_out(judged: Judged, certificates: dict[Certificate, int]) -> dict[str, Any]:
    held = [
        [certificates.setdefault(each.certificate, len(certificates)), each.kind, each.alias]
        for each in judged.certificates
    ]
    found = [[f.rule, f.level, f.place.entry, f.message, f.readers, f.fix] for f in judged.findings]
    kept = ("content", "format", "integrity", "locked", "private_keys")
    return {**{name: getattr(judged, name) for name in kept}, "certificates": held, "findings": found}


def _judged(data: dict[str, Any], certificates: list[Certificate]) -> Judged:
    held = tuple(Held(certificates[number], kind, alias) for number, kind, alias in data.pop("certificates"))
    found = tuple(
        Finding(rule, level, Spot("", entry), message, tuple(readers), fix)
        for rule, level, entry, message, readers, fix in data.pop("findings")
    )
    return Judged(**data, certificates=held, findings=found)
