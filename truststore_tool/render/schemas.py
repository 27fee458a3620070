"""The JSON Schemas of the reports: one file of the folder `schemas` each, and one with what they have in common."""

import json
from functools import cache
from importlib.resources import files
from typing import Any, Final

_PARTS: Final = "parts"
_IN_PARTS: Final = f"{_PARTS}.json#/$defs/"
_HERE: Final = "#/$defs/"
_FOLDER: Final = "schemas"


def names() -> list[str]:
    """The names of the reports that have a schema, which are all."""
    found = (file.name.partition(".")[0] for file in files("truststore_tool").joinpath(_FOLDER).iterdir())
    return sorted(name for name in found if name != _PARTS)


@cache
def schema(name: str) -> dict[str, Any]:
    """The schema of a report (JSON Schema 2020-12), complete in itself. Raises KeyError where there is none."""
    if name not in names():
        raise KeyError(name)
    found, parts = _read(name), _read(_PARTS)["$defs"]
    own = dict(found.pop("$defs", {}))
    wanted = _referred(found) | _referred(own)
    taken: dict[str, Any] = {}
    while left := wanted - set(own) - set(taken):
        for part in left:
            taken[part] = parts[part]
            wanted |= _referred(parts[part])
    if own or taken:
        found["$defs"] = own | {part: taken[part] for part in parts if part in taken}
    return dict(json.loads(json.dumps(found).replace(_IN_PARTS, _HERE)))


def _read(name: str) -> dict[str, Any]:
    text = files("truststore_tool").joinpath(_FOLDER, f"{name}.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def _referred(node: object) -> set[str]:
    """The names of the definitions that a part of a schema refers to."""
    if isinstance(node, dict):
        here = {str(value).rpartition("/")[2] for key, value in node.items() if key == "$ref"}
        return here.union(*map(_referred, node.values()))
    return set[str]().union(*map(_referred, node)) if isinstance(node, list) else set()
