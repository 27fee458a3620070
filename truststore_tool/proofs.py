"""Proof that an encoded store says what is meant, to us and to its readers, before anything is replaced by it."""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from truststore_tool import formats
from truststore_tool.errors import (
    OTHER_READERS,
    SKIP_UNUSABLE,
    TrustStoreError,
    UnreadableError,
    UsageError,
    WriteError,
)
from truststore_tool.files.problems import placed
from truststore_tool.formats.base import Content, Format
from truststore_tool.model import Entry, OpaqueEntry, TrustedEntry, TrustStore, fold_alias
from truststore_tool.nouns import field, noun

if TYPE_CHECKING:
    from truststore_tool.readers.base import Asked


@noun
class Meant:
    """Whom a store is meant for: the readers that were asked for, and whoever can use the store that is there.

    Attributes:
        readers: names of the readers that were asked for; None for the usual ones.
        before: the store that is there, as we read it from `content` with `password`; None where there is none.
    """

    readers: "Sequence[Asked] | None" = None
    before: TrustStore | None = None
    content: Content | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


def proven(
    store: TrustStore, codec: Format, password: str | None, path: str | Path, meant: Meant
) -> tuple[Content, TrustStore]:
    """The encoded store, and the store as it is read from that; proved to say the same, also to its readers."""
    if codec.dumps is None:
        raise UsageError(f"{codec.title} stores are only read", hint=f"choose one of {', '.join(formats.writable())}")
    with placed(path):
        content = codec.dumps(store, password)
    written = _reloaded(codec, content, password, path)
    meant_entries = _as_read(store) if codec.keys_beside else store
    if not _reads_back_the_same(meant_entries, written, codec):
        _prove(_outline(meant_entries, codec), _outline(written, codec), path)
    _ask_readers(written, content, password, path, meant)
    return content, written


def _as_read(store: TrustStore) -> TrustStore:
    """The store as it is read from a format in which each certificate of a key's chain counts by itself."""
    if all(isinstance(entry, TrustedEntry) for entry in store.entries):
        return store
    each = ((entry,) if isinstance(entry, TrustedEntry) else _apart(entry) for entry in store.entries)
    return store.with_entries(tuple(chain.from_iterable(each)))


def _apart(entry: OpaqueEntry) -> tuple[TrustedEntry, ...]:
    return tuple(TrustedEntry("", certificate) for certificate in entry.certificates)


def _ask_readers(
    store: TrustStore, content: Content | None, password: str | None, path: str | Path, meant: Meant
) -> None:
    """Raise UnreadableError when a reader could not use the store that is to be written (see `readers.gate`)."""
    if meant.readers is not None and not meant.readers:
        return
    from truststore_tool.readers import gate

    before = meant.before

    def present() -> gate.Written:
        return gate.Written(before or TrustStore(), meant.content, meant.password)

    refusals = list(gate.check(gate.Written(store, content, password), meant.readers, before, present))
    if refusals:
        raise UnreadableError(
            f"{path}: {gate.worded(refusals)}; nothing was written",
            remedy=OTHER_READERS if all(r.certificate is None for r in refusals) else SKIP_UNUSABLE,
        )


def _reloaded(codec: Format, data: Content, password: str | None, path: str | Path) -> TrustStore:
    try:
        return codec.loads(data, password)
    except TrustStoreError as exc:
        raise WriteError(f"could not write {path}: what would be written cannot be read: {exc.message}") from exc


class _Outline(NamedTuple):
    """What must be the same of an entry before and after: its folded alias, whether it is trusted, its certificates."""

    alias: str
    trusted: bool
    certificates: tuple[bytes, ...]

    @classmethod
    def of(cls, entry: Entry, codec: Format) -> "_Outline":
        """Of an entry as `codec` can write it."""
        return cls(
            fold_alias(entry.alias) if codec.has_aliases else "",
            entry.kind == "trusted",
            tuple([certificate.in_der().der for certificate in entry.certificates]),
        )

    def holds(self, meant: "_Outline") -> bool:
        """A key's chain may have grown: readers of PKCS#12 complete it from the certificates beside it."""
        return self[:2] == meant[:2] and self.certificates[: len(meant.certificates)] == meant.certificates


def _reads_back_the_same(meant: TrustStore, written: TrustStore, codec: Format) -> bool:
    """Whether both have the same entries in the same order, as nearly always: then nothing need be sorted."""
    return len(meant.entries) == len(written.entries) and all(
        one == other or _Outline.of(one, codec) == _Outline.of(other, codec)
        for one, other in zip(meant.entries, written.entries, strict=True)
    )


def _outline(store: TrustStore, codec: Format) -> list[_Outline]:
    """The sorted entries; their order in the file is the codec's business. A directory holds each of them once."""
    every = [_Outline.of(entry, codec) for entry in store.entries]
    return sorted(set(every) if codec.is_directory else every)


def _prove(meant: list[_Outline], written: list[_Outline], path: str | Path) -> None:
    """Raise WriteError unless what would be written has the entries that are meant."""
    if len(meant) != len(written) or not all(map(_Outline.holds, written, meant)):
        raise WriteError(f"could not write {path}: the encoded store does not hold the same entries; it is as it was")
