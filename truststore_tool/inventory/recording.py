"""What is known of files and layers written down as JSON, and read back; nothing of it is a password or a key."""

import binascii
import json
from collections.abc import Iterable
from typing import Any, Final

from truststore_tool.findings import Finding
from truststore_tool.findings import Place as Spot
from truststore_tool.inventory.haul import Haul, Item, Link, Passed, Sighting
from truststore_tool.inventory.layers import Layer, Paths, Step
from truststore_tool.inventory.nouns import Held, Judged, Mention, Place, ReadBy
from truststore_tool.model import Certificate
from truststore_tool.nouns import names

# What is so today may be otherwise tomorrow, with the very same file.
_PASSING: Final = ("cannot be read", "was not looked at")
# What reading back raises for what was not written here.
UNREADABLE: Final = (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError)


class Certificates:
    """The certificates of what is written down, each once; others say which by its number."""

    def __init__(self) -> None:
        self._numbers: dict[Certificate, int] = {}

    def number(self, certificate: Certificate) -> int:
        """Its number."""
        return self._numbers.setdefault(certificate, len(self._numbers))

    def out(self) -> list[str]:
        """All of them in base64, by their numbers."""
        return [binascii.b2a_base64(each.der, newline=False).decode() for each in self._numbers]


def certificates_of(data: Iterable[str]) -> list[Certificate]:
    """What `Certificates.out` gave."""
    return [Certificate(binascii.a2b_base64(text)) for text in data]


def is_lasting(haul: Haul, *, own: bool) -> bool:
    """Whether the same bytes will be the same again; passwords of the user's (`own`) may not be given then."""
    if any(isinstance(item, Passed) and item.why.startswith(_PASSING) for item in haul.items):
        return False
    return not any(each.own is not None or (each.locked and own) for each in haul.judged.values())


def may_open(haul: Haul, *, own: bool) -> bool:
    """Whether something is locked that the user's passwords may open."""
    return own and any(each.locked for each in haul.judged.values())


def layer_out(layer: Layer) -> str:
    """A layer of an image, to be given to `layer_of`."""
    certificates = Certificates()
    body = {
        "files": layer.haul.files,
        "items": [item_out(item) for item in layer.haul.items],
        "judged": [judged_out(each, certificates) for each in layer.haul.judged.values()],
        "certificates": certificates.out(),
        "paths": _base64(layer.files.dump()),
        "folders": _base64(layer.folders.dump()),
        "gone": sorted(layer.gone),
        "emptied": sorted(layer.emptied),
        "steps": layer.steps,
        "packed": layer.packed,
        "unpacked": layer.unpacked,
    }
    return json.dumps(body)


def layer_of(text: str) -> Layer:
    """What `layer_out` gave. Raises `UNREADABLE` for anything else."""
    body = json.loads(text)
    certificates = certificates_of(body["certificates"])
    judged = {each["content"]: judged_of(each, certificates) for each in body["judged"]}
    layer = Layer()
    layer.haul = haul_of(body["items"], body["files"], judged)
    layer.files = Paths.load(binascii.a2b_base64(body["paths"]))
    layer.folders = Paths.load(binascii.a2b_base64(body["folders"]))
    layer.gone, layer.emptied = set(body["gone"]), set(body["emptied"])
    layer.steps = [Step(*step) for step in body["steps"]]
    layer.packed, layer.unpacked = body["packed"], body["unpacked"]
    return layer


def _base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode()


def item_out(item: Item) -> list[Any]:
    """What lies where, to be given to `haul_of`."""
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


def haul_of(items: Iterable[list[Any]], files: int, judged: dict[str, Judged]) -> Haul:
    """A haul out of what `item_out` gave of each of its items. Raises `UNREADABLE` for anything else."""
    haul = Haul()
    haul.files = files
    haul.items = [_item(item) for item in items]
    haul.judged = {item.content: judged[item.content] for item in haul.items if isinstance(item, Sighting)}
    return haul


def judged_out(judged: Judged, certificates: Certificates) -> dict[str, Any]:
    """What is known of the bytes of a store, to be given to `judged_of`."""
    held = [[certificates.number(each.certificate), each.kind, each.alias] for each in judged.certificates]
    found = [[f.rule, f.level, f.place.entry, f.message, f.readers, f.fix] for f in judged.findings]
    kept = ("content", "format", "integrity", "locked", "private_keys")
    return {**{name: getattr(judged, name) for name in kept}, "certificates": held, "findings": found}


def judged_of(data: dict[str, Any], certificates: list[Certificate]) -> Judged:
    """What `judged_out` gave. Raises `UNREADABLE` for anything else."""
    held = tuple(Held(certificates[number], kind, alias) for number, kind, alias in data.pop("certificates"))
    found = tuple(
        Finding(rule, level, Spot("", entry), message, tuple(readers), fix)
        for rule, level, entry, message, readers, fix in data.pop("findings")
    )
    return Judged(**data, certificates=held, findings=found)
