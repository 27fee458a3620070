"""The way to truststore_tool, which the controller has and hosts do not need."""

from __future__ import annotations

import importlib
import json
from typing import Any

from truststore_tool import errors, formats
from truststore_tool.readers import gate
from truststore_tool.render.as_json import to_json
from truststore_tool.safe import printable

# Ways out that lie with the caller, in the words of a task.
_REMEDIES = {
    errors.EXPECT_FILE: "name the file of a certificate under certificates",
    errors.OTHER_READERS: "say for whom it is with the option for",
    errors.SKIP_UNUSABLE: "leave that certificate out of the sources, or say for whom the store is with the option for",
    errors.TAKE_CHAINS: "name the certificates themselves",
}


def load() -> None:
    """Load what is needed for stores. Each host and task has a process, which has what its parent loaded."""
    for name in formats.NAMES:
        formats.get(name)
        gate.judges_of(name)
    for name in ("proofs", "readers.java.jks", "readers.java.pkcs12", "readers.java.plain"):
        importlib.import_module(f"truststore_tool.{name}")


def worded(error: errors.TrustStoreError) -> str:
    """An error of the library in one line: what is wrong, and what to do about it."""
    ways = [way for way in (error.hint, _REMEDIES.get(error.remedy or "")) if way]
    return printable(f"{error.message} ({', or '.join(ways)})" if ways else error.message)


def plain(**values: object) -> dict[str, Any]:
    """Nouns of the library as Ansible's results hold them: as the reports of the command line are under --json."""
    found: dict[str, Any] = json.loads(to_json("ansible", None, **values))
    return {name: found[name] for name in values}
