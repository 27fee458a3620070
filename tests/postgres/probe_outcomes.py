"""What probe says, and what the clients do."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from tests.postgres.clients import Jvm
from truststore_tool.readers.hostnames import TlsReader
from truststore_tool.readers.verdict import Verdict

_AT_ONCE: Final = 100


class Outcome(NamedTuple):
    """What probe says of a case (True, False, or None for not judged) and why, and the answers of the clients."""

    case: str
    kind: str
    reader: TlsReader
    said: bool | None
    reasons: str
    answers: tuple[str, ...]

    @property
    def real(self) -> bool:
        """Whether every client connects."""
        return all(answer.startswith("tls=") for answer in self.answers)

    @property
    def agrees(self) -> bool:
        """Whether probe says what is."""
        return self.said is self.real


def asked(jvm: Jvm, requests: Sequence[Sequence[str | Path]], *options: str) -> list[str]:
    """The answers of a JVM, started anew now and then: each has its time."""
    pieces = (requests[start : start + _AT_ONCE] for start in range(0, len(requests), _AT_ONCE))
    return [answer for piece in pieces for answer in jvm.ask(*piece, options=options)]


def said(verdict: Verdict) -> tuple[bool | None, str]:
    """What a verdict says, and why."""
    found = True if verdict.trusted else False if verdict.is_judged else None
    return found, "; ".join(f"{reason.code}: {reason.text}" for reason in verdict.reasons)


def told(outcomes: Iterable[Outcome]) -> Iterable[str]:
    """Every outcome that does not agree, then the counts of each kind. False all-clears: TRUSTED, and not connected."""
    counts = Counter[tuple[str, str]]()
    for outcome in outcomes:
        kind = f"{outcome.kind}, {outcome.reader}"
        counts[kind, "cases"] += 1
        counts[kind, "agreements"] += outcome.agrees
        counts[kind, "not judged"] += outcome.said is None
        counts[kind, "false all-clears"] += outcome.said is True and not outcome.real
        if not outcome.agrees:
            yield f"{outcome.reader}, {outcome.case}: {outcome.said} ({outcome.reasons}); {outcome.answers}"
    for kind in dict.fromkeys(kind for kind, _ in counts):
        columns = ("cases", "agreements", "not judged", "false all-clears")
        yield "  ".join((f"{kind:18}", *(f"{counts[kind, column]} {column}" for column in columns)))
