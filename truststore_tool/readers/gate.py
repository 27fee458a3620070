"""The gate before a write: whom a store is meant for must be able to use it, and nobody must lose what it trusted.

Only certificates that the old store did not hold are parsed. Had a reader refused one of the others, it could not have
opened the old store, and there is nothing that it could lose.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from truststore_tool import formats, readers
from truststore_tool.formats.base import Content
from truststore_tool.model import Certificate, TrustedEntry, TrustStore
from truststore_tool.nouns import field, noun
from truststore_tool.operations.describe import identified
from truststore_tool.readers.base import Asked, Reader, Reading, Work
from truststore_tool.wording import counted

_JAVA: Final = ("java8", "java11", "java17", "java21", "java25")
# The readers that a store of a format is meant for when none are named, from the oldest to the newest.
USUAL: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(("jks", "jceks", "pkcs12"), _JAVA),
    **dict.fromkeys(("pem", "capath"), ("openssl3",)),
}
# Older readers that may be using a store that is there already.
OLDER: Final[dict[str, tuple[str, ...]]] = dict.fromkeys(("jks", "jceks", "pkcs12"), ("java8u252",))


@noun
class Refusal:
    """A reader that could not use a store, what it would do, and the certificate to blame, if it is just one."""

    reader: str
    reason: str
    certificate: Certificate | None = None


def worded(refusals: Sequence[Refusal]) -> str:
    """The first of some refusals in words, with all readers that share it, and how many certificates there are more."""
    first = refusals[0]
    names = dict.fromkeys(r.reader for r in refusals if (r.certificate, r.reason) == (first.certificate, first.reason))
    others = len({r.certificate for r in refusals} - {first.certificate, None})
    about = f"{identified(first.certificate)}: " if first.certificate else ""
    more = f" (and {counted(others, 'more certificate')})" if others else ""
    return f"{about}{', '.join(names)} {first.reason}{more}"


@noun
class Written:
    """A store as it would be written, or is: what it holds, its encoding (None for none yet), its password."""

    store: TrustStore
    content: Content | None = field(repr=False)
    password: str | None = field(repr=False)


def unusable(certificates: Iterable[Certificate], judges: Sequence[Reader]) -> Iterator[Refusal]:
    """For each certificate that not every judge takes in a store: the first that does not, and why."""
    for certificate in certificates:
        for judge in judges:
            if reason := judge.refuses(certificate):
                yield _cannot_open(judge, reason, certificate)
                break


def judges_of(form: str, asked: Sequence[Asked] | None = None) -> list[Reader]:
    """The readers called so, or those that stores of the format called `form` are usually meant for.

    Raises UsageError for a name that no reader has.
    """
    work: Work = {}
    return [readers.named(name, form, work) for name in (USUAL.get(form, ()) if asked is None else asked)]


def check(
    after: Written,
    asked: Sequence[Asked] | None = None,
    before: TrustStore | None = None,
    present: Callable[[], Written] | None = None,
) -> Iterator[Refusal]:
    """What speaks against writing `after`: nothing where all is well.

    Args:
        after: what would be written.
        asked: names of readers that must be able to use it, whatever was there; None for the usual ones.
        before: the store that is there, as far as we read it; None for a new one.
        present: gives what is there as it is written; asked only where that decides.

    A reader that was asked for, or is usual for a new store, must open it and trust what it is meant to hold. Whoever
    could open what is there must go on doing so, and lose no anchor but those that were removed. Raises UsageError
    for a name that no reader has.
    """
    form = after.store.format
    aliased = formats.get(form).has_aliases
    if not after.store.entries and not aliased:
        return  # without a certificate it is a store no more, which was asked for
    judges = judges_of(form, asked)
    must_open = {judge.name for judge in judges} if asked is not None or before is None else set()
    if asked is None and before is not None:
        judges = judges_of(form, (*OLDER.get(form, ()), *USUAL.get(form, ())))
    known = set(before.all_certificates()) if before else set()
    fresh = [c for c in dict.fromkeys(after.store.all_certificates()) if c not in known]
    # What another reader sees in a part that we did not open, or did not understand, may be lost unseen by us.
    blind = before is not None and bool(before.unread or before.sealed)
    cleared: list[Reader] = []
    for judge in judges:
        found = [_cannot_open(judge, reason, c) for c in fresh if (reason := judge.refuses(c))]
        if not found and any(judge.reads_all_of(other) for other in cleared):
            continue
        reader = judge if asked is not None or before is None else judge.trusting()
        reading = None if found or after.content is None else reader.read(after.content, after.password)
        found += [] if reading is None else _complaints(judge, reading, after.store.trusted(), aliased=aliased)
        if not found and not blind:
            cleared.append(judge)
        elif judge.name in must_open:
            yield from found
        elif present is not None and before is not None:
            yield from _losses(judge, present(), reading, found, set(fresh), _removed(before, after.store))


def _complaints(judge: Reader, reading: Reading, meant: Iterable[TrustedEntry], *, aliased: bool) -> list[Refusal]:
    """What is wrong with a reading of a store that is meant to hold these entries."""
    if reading.loads is None:
        return [Refusal(judge.name, "may be unable to open it: " + "; ".join(e.source for e in reading.evidence))]
    if not reading.loads:
        return [_cannot_open(judge, reading.error or "no reason is known")]
    seen = set(reading.anchors or ())
    reasons = {left.certificate: left.reason for left in reading.left_out}
    if not aliased:  # then nothing in the store hides a certificate: whether it makes an anchor lies with itself
        seen |= reasons.keys()
    missing = dict.fromkeys(entry.certificate for entry in meant if entry.certificate not in seen)
    return [Refusal(judge.name, f"would not trust it: {reasons.get(c, 'it would not see it')}", c) for c in missing]


def _cannot_open(judge: Reader, reason: str, certificate: Certificate | None = None) -> Refusal:
    return Refusal(judge.name, f"could not open the store{' with it' if certificate else ''}: {reason}", certificate)


def _removed(before: TrustStore, after: TrustStore) -> set[Certificate]:
    return {entry.certificate for entry in before.trusted()} - {entry.certificate for entry in after.trusted()}


def _losses(
    judge: Reader,
    present: Written,
    reading: Reading | None,
    found: list[Refusal],
    fresh: set[Certificate],
    removed: set[Certificate],
) -> Iterator[Refusal]:
    """What a reader that can open the present store loses; `reading` is None where it refuses a new certificate."""
    was = Reading(None) if present.content is None else judge.read(present.content, present.password)
    if not was.loads:
        return
    if reading is None or not reading.loads:
        # Of what nobody has looked at it is not known that it was lost: an odd store can still be changed.
        yield from (refusal for refusal in found if reading is None or reading.loads is False)
        return
    yield from (refusal for refusal in found if refusal.certificate in fresh)
    stay = set(reading.anchors or ()) | removed | fresh
    for certificate in dict.fromkeys(was.anchors or ()):
        if certificate not in stay:
            yield Refusal(judge.name, "would trust it no longer", certificate)
