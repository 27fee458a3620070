"""What real programs on a machine made of a store, beside what was predicted of them. They are asked elsewhere."""

from collections.abc import Iterable, Iterator
from typing import Final, Literal

from truststore_tool.findings import Finding, Place, finding
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.nouns import field, noun
from truststore_tool.readers.base import Reading
from truststore_tool.wording import counted

# What a program was asked about: with which password.
Way = Literal["with the password", "with a wrong password", "without a password"]
WAYS: Final[tuple[Way, ...]] = ("with the password", "with a wrong password", "without a password")
_REPORT: Final = (
    "the prediction or the program is wrong; report it to the authors of this tool with this line, the version of the"
    " program, what made the store, and the whole report as JSON of a store that shows it and holds no secret"
)


@noun
class Answer:
    """What a program made of a store.

    Attributes:
        loads: whether it opened it.
        error: what it said when it did not.
        of: what it shows: the trust anchors, or all certificates that it finds.
        shown: SHA-256 of these; None where it gives a number at most.
        count: how many they are; None where it does not show that.
    """

    loads: bool
    error: str | None = None
    of: Literal["anchor", "certificate"] = "anchor"
    shown: tuple[Fingerprint, ...] | None = field(default=None, repr=False)
    count: int | None = None


@noun
class Compared:
    """An answer beside the prediction; what is not known is None.

    Attributes:
        way: with which password.
        loads, error: whether it opened the store, and what it said if not.
        of: what was counted: ``anchor`` or ``certificate``.
        count: how many it had.
        predicted_loads, predicted_count: the same, as predicted.
        agrees: whether the prediction was right, as far as the program shows.
    """

    way: Way
    loads: bool
    error: str | None
    of: str
    count: int | None
    predicted_loads: bool | None
    predicted_count: int | None
    agrees: bool | None


@noun
class Measured:
    """What a program made of a store.

    Attributes:
        program: which one, with its version and where it lies.
        reader: whose prediction stands beside.
        results: one for each way in which it was asked.
    """

    program: str
    reader: str
    results: tuple[Compared, ...]


@noun
class Unmeasured:
    """A program that could not be asked, or for which there is no prediction, and why."""

    program: str
    reason: str


def compared(way: Way, answer: Answer, reading: Reading) -> Compared:
    """The answer beside the prediction. Certificates are compared as sets, anchors with how often they are there."""
    predicted = _predicted(answer, reading)
    shown = _distinct(answer.of, answer.shown)
    count = answer.count if shown is None else len(shown)
    agrees: bool | None = None
    if reading.loads is not None:
        agrees = reading.loads is answer.loads
        if agrees and answer.loads:
            agrees = (answer.error is None) is (reading.error is None)  # Node opens all, and warns
            if predicted is not None:
                agrees = agrees and (predicted == shown if shown is not None else count in (None, len(predicted)))
    expected = None if predicted is None or not reading.loads else len(predicted)
    return Compared(
        way, answer.loads, answer.error, answer.of, count if answer.loads else None, reading.loads, expected, agrees
    )


def _predicted(answer: Answer, reading: Reading) -> list[Fingerprint] | None:
    if reading.anchors is None:
        return None
    certificates = [*reading.anchors]
    if answer.of == "certificate":
        certificates += [left.certificate for left in reading.left_out]
    return _distinct(answer.of, tuple(certificate.sha256 for certificate in certificates))


def _distinct(of: str, shown: tuple[Fingerprint, ...] | None) -> list[Fingerprint] | None:
    if shown is None:
        return None
    return sorted(shown if of == "anchor" else set(shown), key=lambda digest: digest.digest)


def findings(path: str, measured: Iterable[Measured]) -> Iterator[Finding]:
    """Where a program did not do as predicted."""
    for item in measured:
        for result in item.results:
            if result.agrees is False:
                saw = in_words(result.loads, result.count, result.of)
                expected = in_words(result.predicted_loads, result.predicted_count, result.of)
                saw += f" ({result.error})" if result.error else ""
                also = " (other ones)" if saw == expected else ""
                text = f"{item.program}, {result.way}: {saw}{also}; predicted of {item.reader}: {expected}"
                yield finding("measured-otherwise", Place(path), text, readers=(item.reader,), fix=_REPORT)


def in_words(loads: bool | None, count: int | None, of: str) -> str:
    """Whether a store opens, and what is in it then."""
    if loads is None:
        return "unknown"
    if not loads:
        return "does not open"
    return "opens" if count is None else counted(count, of)
