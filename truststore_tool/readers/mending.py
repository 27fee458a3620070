"""Mending a store: what it is changes, never whom it trusts; shown and held to by what its readers make of the result.

What was not understood stays as it is, byte for byte, or nothing is mended.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from truststore_tool import formats, readers
from truststore_tool.errors import (
    PROTECT_ANEW,
    FormatError,
    PasswordRequiredError,
    TrustStoreError,
    UnreadableError,
    UsageError,
)
from truststore_tool.findings import Finding
from truststore_tool.formats.base import Content
from truststore_tool.model import Certificate, Entry, OpaqueEntry, TrustStore, fold_alias
from truststore_tool.nouns import field, noun, replace
from truststore_tool.operations.changing import RenameReport
from truststore_tool.operations.describe import describe
from truststore_tool.operations.mending import Lookup, Named, put_in_order
from truststore_tool.readers import gate, protection
from truststore_tool.readers.base import WRONG, Asked, Reader, Reading
from truststore_tool.readers.examining import Seen
from truststore_tool.readers.gate import Refusal

_LOOKUPS: Final[dict[str, Lookup]] = {"pkcs12": "folded", "jks": "lower", "jceks": "lower"}
# Ways of protecting a PKCS#12, from the one that changes least to the one that most readers know.
_PROFILES: Final = ("modern", "compat")
# Writing what was read in the way that Java writes it, and not as it stood.
_AFRESH: Final = "afresh"
# Beside those that a PKCS#12 is meant for, who should open one: of these, what OpenSSL moved away is a warning.
_SHOULD_OPEN: Final = {"pkcs12": ("openssl3",)}


@noun
class Shift:
    """What one reader makes of the store before and after, with the right password; what is not known is None.

    Attributes:
        name: the reader's.
        loads_before, loads_after: whether it opens.
        anchors_before, anchors_after: how many trust anchors it takes from it.
    """

    name: str
    loads_before: bool | None
    anchors_before: int | None
    loads_after: bool | None
    anchors_after: int | None


@noun
class Fixed:
    """What was mended.

    Attributes:
        trusted: certificates that are trusted now, and were not: to us, or to a reader.
        renamed: entries that have another alias now.
        removed: what was there a second time.
        profile: how it is protected now; None where that did not change.
        rewritten: whether its entries were written anew in the way that Java writes them, as readers refused them.
        readers: what each that it is meant for makes of it before and after, and every other to whom it is another.
    """

    trusted: tuple[Named, ...]
    renamed: tuple[RenameReport, ...]
    removed: tuple[Named, ...]
    profile: str | None
    rewritten: bool
    readers: tuple[Shift, ...]


@noun
class Treated:
    """A store that was to be mended: what its readers make of it now, the findings that remain, and what was done."""

    path: str
    format: str | None
    readers: tuple[Seen, ...]
    findings: tuple[Finding, ...]
    fixed: Fixed | None


@noun
class Mending:
    """What is to be done to a store.

    Attributes:
        content: what it should be; None where nothing is to be mended.
        fixed: what that mends.
        store: what we read of the store as it was, or of one whose MAC nobody reads, with another.
        fresh: certificates that would be trusted then, and are not now.
    """

    content: bytes | None = field(repr=False)
    fixed: Fixed | None
    store: TrustStore
    fresh: tuple[Certificate, ...] = ()


_Readings = Sequence[tuple[Reader, tuple[Reading, ...]]]


class _Draft(NamedTuple):
    """The store as it would be, written in one way.

    Attributes:
        way: a profile, or `_AFRESH`; None for just what was put in order.
        content, store: its bytes, and what we read of them.
        changed: whether it differs from what is there.
        opens: the names of those that should open it, and do, certificates aside.
        readings: what every reader makes of it.
        losses: what readers would lose.
    """

    way: str | None
    content: bytes
    store: TrustStore
    changed: bool
    opens: frozenset[str]
    readings: _Readings
    losses: tuple[Refusal, ...]


def mend(
    content: Content, password: str | None, asked: Sequence[Asked] | None, profile: str | None, now: datetime
) -> Mending:
    """How a store is mended.

    Args:
        content: its bytes; a directory is left as it is.
        password: its password.
        asked: names of readers that are meant to use it; None for the usual ones, which ``all`` is, too.
        profile: how a PKCS#12 is to be protected; None for the least change with which all of these open it.
        now: the date of new entries (aware).

    Raises UnreadableError where a reader that can use the store would lose an anchor, or something that is not
    understood would get lost; PasswordRequiredError without the password that it needs; UsageError for a name that no
    reader or profile has; and as `Format.loads` does.
    """
    return _Mender(content, password, asked, profile, now).run()


class _Mender:
    """The steps of `mend` and what they share."""

    def __init__(
        self, content: Content, password: str | None, asked: Sequence[Asked] | None, profile: str | None, now: datetime
    ) -> None:
        self.content, self.password, self.profile = content, password, profile
        self.unprovable = isinstance(content, bytes) and protection.is_unprovable(content)
        self.store = self._opened()
        self.codec = formats.get(self.store.format)
        form = self.store.format
        names = [name for name in asked or () if name != "all"]
        self.meant = gate.judges_of(form, None if asked is None or "all" in asked else names)
        self.should_open = [*self.meant, *gate.judges_of(form, _SHOULD_OPEN.get(form, ()))]
        self.every = list({judge.name: judge for judge in gate.judges_of(form, [*readers.ALL, *names])}.values())
        self.now = now

    def run(self) -> Mending:
        """As `mend`."""
        store, codec = self.store, self.codec
        if self.profile is not None and codec.protect is None:
            raise UsageError(f"a {store.format} store has no profiles", hint="they are ways of protecting a PKCS#12")
        if codec.dumps is None or codec.is_directory:
            return Mending(None, None, store)
        if store.integrity == "unchecked" or store.sealed:
            raise PasswordRequiredError("it cannot be mended without its password", hint="give the store's password")
        ordered, order = put_in_order(store, created=self.now, lookup=_LOOKUPS.get(store.format, "exact"))
        before = self._readings(self.content)
        best = self._best(ordered, before)
        if not best.changed:
            return Mending(None, None, store)
        fresh = tuple(_fresh(store, best, before))
        aliases = {entry.certificate: entry.alias for entry in best.store.trusted()}
        fixed = Fixed(
            tuple(Named(aliases.get(certificate, ""), describe(certificate)) for certificate in fresh),
            order.renamed,
            order.removed,
            best.way if best.way != _AFRESH else None,
            best.way == _AFRESH,
            tuple(_shifts([judge.name for judge in self.meant], before, best.readings)),
        )
        return Mending(best.content, fixed, store, fresh)

    def _opened(self) -> TrustStore:
        """The store; one whose MAC nobody reads with a MAC that all read, once it was proved."""
        if not self.unprovable or not isinstance(self.content, bytes):
            return formats.loads(self.content, self.password)
        from truststore_tool.formats.pkcs12.bare_mac import with_readable_mac

        if self.password is None:
            raise PasswordRequiredError("it cannot be mended without its password", hint="give the store's password")
        return formats.loads(with_readable_mac(self.content, self.password), self.password)

    def _ways(self) -> tuple[str | None, ...]:
        """The ways of writing it that come into question, the least change first."""
        if self.profile is not None:
            return (self.profile,)
        if self.store.format == "pkcs12":
            return _PROFILES if self.unprovable else (None, *_PROFILES)
        return (None, _AFRESH) if self.store.format in _LOOKUPS else (None,)

    def _best(self, ordered: TrustStore, before: _Readings) -> _Draft:
        """The draft that most of those open who should, with the least change. UnreadableError where it costs another.

        Raises whatever keeps the store from being written in the only way that there is.
        """
        drafts: list[_Draft] = []
        trouble: TrustStoreError | None = None
        for way in self._ways():
            try:
                drafts.append(self._draft(ordered, way, before))
            except FormatError as exc:  # a part was not read, which can be carried but not protected in another way
                trouble = trouble or exc
                continue
            if len(drafts[-1].opens) == len(self.should_open) and not drafts[-1].losses:
                break
        if not drafts:
            raise trouble or FormatError("nothing could be written")
        meant = {judge.name for judge in self.meant}
        safe = max((draft for draft in drafts if not draft.losses), key=lambda draft: len(draft.opens), default=None)
        for draft in drafts:
            if draft.losses and (safe is None or draft.opens & meant > safe.opens & meant):
                raise UnreadableError(
                    f"{gate.worded(draft.losses)}; nothing was written",
                    remedy=None if draft.way in (None, _AFRESH) else PROTECT_ANEW,
                )
        assert safe is not None  # noqa: S101 -- the loop would have raised
        return safe

    def _draft(self, ordered: TrustStore, way: str | None, before: _Readings) -> _Draft:
        """The store in one way. FormatError where it cannot be written so, UnreadableError where that would cost it."""
        store = self._in_way(ordered, way)
        same = (store.entries, store.loose) == (self.store.entries, self.store.loose)
        changed = self.unprovable or not same or store.facts is not self.store.facts or way == _AFRESH
        content = self.content
        if changed:
            assert self.codec.dumps is not None  # noqa: S101 -- the caller looked
            content = self.codec.dumps(store, self.password)
        assert isinstance(content, bytes)  # noqa: S101 -- as before
        written = self.codec.loads(content, self.password) if changed else self.store
        if changed:
            _check_kept(self.store, store, written)
        opens = {judge.name for judge in self.should_open if judge.trusting().read(content, self.password).loads}
        readings = self._readings(content) if changed else before
        losses = tuple(_losses(before, readings))
        return _Draft(way, content, written, changed, frozenset(opens), readings, losses)

    def _in_way(self, store: TrustStore, way: str | None) -> TrustStore:
        if way is None:
            return store
        if way == _AFRESH:
            return store.with_entries(tuple(replace(entry, origin=None) for entry in store.entries))
        assert self.codec.protect is not None  # noqa: S101 -- only PKCS#12 has profiles
        return self.codec.protect(store, way, self.password)

    def _readings(self, content: Content) -> _Readings:
        """What every reader makes of it with its password, with none, and with a wrong one."""
        passwords = (self.password, None, WRONG)
        return [(judge, tuple(judge.read(content, password) for password in passwords)) for judge in self.every]


def _check_kept(before: TrustStore, meant: TrustStore, written: TrustStore) -> None:
    """Raise UnreadableError unless what was written is what was meant, and all that is not understood is there."""
    if written.unread != before.unread:
        raise UnreadableError(
            f"a part that was not read would be lost: {'; '.join(before.unread)}; nothing was written"
        )
    if _outlines(meant) != _outlines(written):
        raise UnreadableError("what would be written does not hold the same entries; nothing was written")


def _outlines(store: TrustStore) -> list[tuple[object, ...]]:
    """What must be the same of the entries of two stores: of those that are not understood, everything."""
    return sorted(
        (fold_alias(entry.alias), entry.kind, entry.payload if isinstance(entry, OpaqueEntry) else b"", *_ders(entry))
        for entry in store.entries
    )


def _ders(entry: Entry) -> Iterator[bytes]:
    return (certificate.in_der().der for certificate in entry.certificates)


def _trusts(reading: Reading) -> dict[Certificate, None]:
    """What a reader trusts, in its order."""
    return dict.fromkeys((*(reading.anchors or ()), *(reading.leaves or ())))


def _losses(before: _Readings, after: _Readings) -> Iterator[Refusal]:
    """What readers would lose, whatever password they use.

    Of whom it is not known whether they open the store now with the right one, it is taken that they do.
    """
    for (judge, were), (_, are) in zip(before, after, strict=True):
        for was, now in zip(were, are, strict=True):
            may_open = was.loads is None and was is were[0]
            if (was.loads and not now.loads) or (may_open and now.loads is False):
                yield Refusal(judge.name, f"could not open the store any more: {now.error or 'no reason is known'}")
                break
            lost = [certificate for certificate in _trusts(was) if certificate not in _trusts(now)]
            yield from (Refusal(judge.name, "would trust it no longer", certificate) for certificate in lost)
            if lost:
                break


def _fresh(store: TrustStore, draft: _Draft, before: _Readings) -> Iterable[Certificate]:
    """What would become trusted: to us, or to a reader that sees the store already and does not trust it there."""
    trusted = {entry.certificate for entry in store.trusted()}
    found = [entry.certificate for entry in draft.store.trusted() if entry.certificate not in trusted]
    for (_, were), (_, are) in zip(before, draft.readings, strict=True):
        if were[0].loads:
            found += [certificate for certificate in _trusts(are[0]) if certificate not in _trusts(were[0])]
    return dict.fromkeys(found)


def _shifts(names: Sequence[str], before: _Readings, after: _Readings) -> Iterator[Shift]:
    """What each of the readers called so makes of it, in this order; and then every other to whom it is another now."""
    shifts = {
        judge.name: Shift(judge.name, was.loads, was.count, now.loads, now.count)
        for (judge, (was, *_)), (_, (now, *_)) in zip(before, after, strict=True)
    }
    others = (name for name, shift in shifts.items() if _makes_a_difference(shift))
    return (shifts[name] for name in dict.fromkeys((*names, *others)))


def _makes_a_difference(shift: Shift) -> bool:
    return (shift.loads_before, shift.anchors_before) != (shift.loads_after, shift.anchors_after)
