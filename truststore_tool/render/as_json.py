"""Reports as JSON. The keys are the fields of the report's class; they are an interface and stay.

Fingerprints are upper-case hex pairs joined by colons, moments ISO 8601 in UTC, what is unknown null.
"""

import json
import re
from datetime import UTC, datetime
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
    return dumped({"schema": SCHEMA, "report": kind, **_fields(report), **more})


def dumped(value: object) -> str:
    """One JSON value as it stands in a report, from the first column on."""
    return _UNUSUAL.sub(_escaped, json.dumps(_plain(value), indent=2, ensure_ascii=False))


def _escaped(found: re.Match[str]) -> str:
    run = found[0]
    if run.isprintable():
        return run
    return "".join(json.dumps(char)[1:-1] if is_hidden(char) else char for char in run)


def _fields(value: object) -> dict[str, object]:
    return {name: _plain(getattr(value, name)) for name in names(value)}


def _plain(value: object) -> object:
    match value:
        case Fingerprint():
            return str(value)
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        case tuple() | list():
            return [_plain(item) for item in value]
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case CertificateFacts():
            return {name: _plain(getattr(value, name)) for name in FIELDS}
        case str() | PurePath():
            # A lone surrogate, as a mangled alias may hold, cannot be encoded as UTF-8.
            return encodable(str(value))
        case _:
            return _fields(value) if names(value) else value
