"""What a task says of a store: its entries, what became of them, and what is not well with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from truststore_tool.findings import MEND, MEND_AS_COMPAT, MEND_AS_PASSWORDLESS, Finding, worded
from truststore_tool.model import Entry, TrustStore
from truststore_tool.operations.aliases import shown_alias
from truststore_tool.operations.describe import describe
from truststore_tool.render.text import day, found
from truststore_tool.safe import printable

from .library import plain

# Mending is a matter of the command line.
MENDING = {
    MEND: "truststore-tool doctor --fix",
    MEND_AS_COMPAT: "truststore-tool doctor --fix --profile compat",
    MEND_AS_PASSWORDLESS: "truststore-tool doctor --fix --profile passwordless",
}
# So many warnings of one task are shown; all are among its findings.
_SHOWN = 5


def differences(before: TrustStore, after: TrustStore) -> dict[str, Any]:
    """Which entries were added, removed and renamed, and how many there were and are."""
    gone, come = _beyond(before.entries, after.entries), _beyond(after.entries, before.entries)
    moved = []
    for entry in list(gone):
        if other := next((e for e in come if e.certificates == entry.certificates), None):
            gone.remove(entry)
            come.remove(other)
            moved.append({"from": shown_alias(entry), **_told(other)})
    return {
        "added": [_told(entry) for entry in come],
        "removed": [_told(entry) for entry in gone],
        "renamed": moved,
        "entries_before": len(before.entries),
        "entries_after": len(after.entries),
    }


def _beyond(entries: Iterable[Entry], others: Iterable[Entry]) -> list[Entry]:
    """The entries for which the others have none of the same alias and certificates."""
    left = Counter(map(_known_by, others))
    found = []
    for entry in entries:
        if left[_known_by(entry)]:
            left[_known_by(entry)] -= 1
        else:
            found.append(entry)
    return found


def _known_by(entry: Entry) -> tuple[object, ...]:
    return shown_alias(entry), entry.kind, entry.certificates


def _told(entry: Entry) -> dict[str, Any]:
    """An entry: its alias, and the facts of its certificate."""
    facts = plain(certificate=describe(entry.certificates[0]))["certificate"] if entry.certificates else {}
    return {"alias": shown_alias(entry), **facts}


def difference(path: str, before: TrustStore, after: TrustStore) -> dict[str, str]:
    """The stores before and after as --diff shows them: a line for each entry, which holds no secret."""
    return {
        "before_header": path,
        "after_header": path,
        "before": "".join(map(_line, before.entries)),
        "after": "".join(map(_line, after.entries)),
    }


def _line(entry: Entry) -> str:
    kind = "" if entry.kind == "trusted" else f" {entry.kind}"
    held = "".join(
        f"  SHA-256 {facts.sha256}  {facts.subject or 'unreadable subject'}"
        f"  {f'expires {day(facts.not_after)}' if facts.not_after else 'unknown expiry'}"
        for facts in map(describe, entry.certificates[:1])
    )
    return printable(f"{shown_alias(entry)}{kind}{held}") + "\n"


def told_of(findings: Iterable[Finding]) -> dict[str, Any]:
    """Findings for a result."""
    return plain(findings=tuple(worded(item, MENDING) for item in dict.fromkeys(findings)))


def warned_of(findings: Iterable[Finding]) -> dict[str, Any]:
    """Findings for a result, and the first of them that are more than notes as warnings."""
    every = list(findings)
    lines = [printable(found(worded(item, MENDING))) for item in dict.fromkeys(every) if item.level != "note"]
    more = [f"{len(lines) - _SHOWN} more: see findings in the result of the task"] if len(lines) > _SHOWN else []
    shown = {"warnings": [*lines[:_SHOWN], *more]} if lines else {}
    return {**told_of(every), **shown}
