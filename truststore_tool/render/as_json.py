"""Reports as JSON. The keys are the fields of the report's class; they are an interface and stay.

Fingerprints are upper-case hex pairs joined by colons, moments ISO 8601 in UTC, what is unknown null.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from json.encoder import encode_basestring
from pathlib import PurePath
from typing import Final

from truststore_tool.fingerprints import Fingerprint
from truststore_tool.nouns import names
from truststore_tool.operations.describe import FIELDS, CertificateFacts
from truststore_tool.safe import encodable, is_hidden

SCHEMA: Final = 1
_UNUSUAL: Final = re.compile(r"[^\n -~]+")  # the line ends are those between fields: strings have theirs escaped


def to_json(kind: str, report: object, **more: object) -> str:
    """One JSON object: ``schema``, ``report`` (its kind), the report's fields, and `more`.

    What text shows as an escape is one here, too, in JSON's own way.
    """
    return dumped({"schema": SCHEMA, "report": kind, **{name: getattr(report, name) for name in names(report)}, **more})


def dumped(value: object) -> str:
    """One JSON value as it stands in a report, from the first column on."""
    pieces: list[str] = []
    _put(value, "\n", pieces.append)
    return _UNUSUAL.sub(_escaped, "".join(pieces))


def _put(value: object, line: str, put: Callable[[str], None]) -> None:
    """Write a value in pieces, each level indented by two blanks behind a `line`; json takes twice as long for that."""
    match value:
        case str():
            # A lone surrogate, as a mangled alias may hold, cannot be encoded as UTF-8.
            put(encode_basestring(encodable(value)))
        case None | bool() | int() | float():
            put(json.dumps(value))
        case tuple() | list():
            before = "["
            for item in value:
                put(f"{before}{line}  ")
                _put(item, f"{line}  ", put)
                before = ","
            put(f"{line}]" if value else "[]")
        case dict():
            before = "{"
            for key, item in value.items():
                put(f"{before}{line}  {encode_basestring(str(key))}: ")
                _put(item, f"{line}  ", put)
                before = ","
            put(f"{line}}}" if value else "{}")
        case Fingerprint() | PurePath():
            _put(str(value), line, put)
        case datetime():
            _put(value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"), line, put)
        case _:
            of_class = FIELDS if isinstance(value, CertificateFacts) else names(value)
            if not of_class:
                raise TypeError(f"no report holds a {type(value).__name__}")
            _put({name: getattr(value, name) for name in of_class}, line, put)


def with_items(body: str, lists: Mapping[str, Iterable[str]], indent: int) -> Iterator[str]:
    """A JSON text in pieces: `body`, laid out with so much indentation, whose empty lists get their items.

    Of each name the first list is meant, in the order of `lists`. The items are laid out each by itself: of many, all
    at once would take ten times the room.
    """
    for name, items in lists.items():
        # A line end is nowhere in a string: this is a list.
        before, margin, body = re.split(rf'(\n *)"{name}": \[\]', body, maxsplit=1)
        yield f'{before}{margin}"{name}": ['
        inner, comma = margin + " " * indent, ""
        for item in items:
            yield f"{comma}{inner}{item.replace(chr(10), inner)}"
            comma = ","
        yield f"{margin}]" if comma else "]"
    yield body


def _escaped(found: re.Match[str]) -> str:
    run = found[0]
    if run.isprintable():
        return run
    return "".join(json.dumps(char)[1:-1] if is_hidden(char) else char for char in run)
