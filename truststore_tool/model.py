"""The nouns: certificates, the entries of a store, the store. Frozen; nothing here touches a path or a prompt.

The methods for Python developers that do are short for what stands above, and load it when they are called.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Self, TypeVar

from truststore_tool.certificate import Certificate as Certificate  # by which name everybody knows it
from truststore_tool.nouns import field, noun, replace

if TYPE_CHECKING:
    import os
    import ssl

    from truststore_tool.fingerprints import Fingerprint

Integrity = Literal["verified", "absent", "unchecked"]
OpaqueKind = Literal["private-key", "secret-key", "unknown"]
EntryKind = Literal["trusted", "private-key", "secret-key", "unknown"]
LooseKind = Literal["unmarked", "shadowed", "key"]


class Note:
    """What a codec remembers of where it read something. Each codec has its own kinds; nothing else looks into them."""

    __slots__ = ()


class Remark(str):
    """A line for people, and the rule of `truststore_tool.findings` that it falls under: what only lacks a place."""

    __slots__ = ("rule",)
    rule: str

    def __new__(cls, rule: str, text: str) -> Self:
        """A remark of that rule."""
        self = super().__new__(cls, text)
        self.rule = rule
        return self


N = TypeVar("N", bound=Note)


def noted(note: Note | None, kind: type[N]) -> N | None:
    """The note, if it is of that kind, which only one codec makes; else None."""
    return note if isinstance(note, kind) else None


@noun
class TrustedEntry:
    """A certificate under an alias that the store's reader trusts.

    Attributes:
        alias: as it stands in the store; empty in formats without aliases (PEM, DER, PKCS#7, CApath).
        certificate: the trust anchor.
        created: when it was put there (aware), or None where the format has no date.
        origin: the codec's own note of where it was read from; nothing else looks into it.
        comment: lines of text for formats that have room for them (PEM) to write before a new certificate.
    """

    alias: str
    certificate: Certificate
    created: datetime | None = None
    origin: Note | None = field(default=None, repr=False, compare=False)
    comment: str = field(default="", repr=False, compare=False)

    @property
    def kind(self) -> EntryKind:
        """Always ``"trusted"``."""
        return "trusted"

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """The one certificate."""
        return (self.certificate,)


@noun
class OpaqueEntry:
    """An entry that is carried but never interpreted: a private key, a secret key, an unknown bag.

    Attributes:
        alias: as it stands in the store.
        kind: ``"private-key"``, ``"secret-key"`` or ``"unknown"``.
        format: name of the format whose encoding `payload` is; no other format can write the entry.
        payload: the entry's protected bytes, exactly as read.
        certificates: the key's chain, leaf first; may be empty.
        created, origin: as for TrustedEntry.
    """

    alias: str
    kind: OpaqueKind
    format: str
    payload: bytes = field(repr=False)
    certificates: tuple[Certificate, ...] = ()
    created: datetime | None = None
    origin: Note | None = field(default=None, repr=False, compare=False)


Entry = TrustedEntry | OpaqueEntry


@noun
class LooseCertificate:
    """A certificate that is in the file but is no entry: Java does not list, trust or keep it.

    It stands in a PKCS#12 without the trusted-key-usage attribute, as openssl writes them, or is shadowed by a
    later entry of the same alias.

    Attributes:
        certificate, alias, origin: as for TrustedEntry; the alias is None where it has none.
        kind: ``"unmarked"``, or ``"shadowed"`` (a trusted entry, but for a later one of its alias), or ``"key"`` (of
            the chain of a key that is shadowed).
        created: the date of a shadowed entry, where it has one.
    """

    certificate: Certificate
    alias: str | None = None
    origin: Note | None = field(default=None, repr=False, compare=False)
    kind: LooseKind = field(default="unmarked", compare=False)
    created: datetime | None = field(default=None, repr=False, compare=False)


@noun
class DistrustedCertificate:
    """A certificate that the file says is not to be trusted for servers, and how it says so."""

    certificate: Certificate
    reason: str


@noun
class TrustStore:
    """An ordered set of entries and what saving them needs.

    Attributes:
        entries: in file order.
        format: name of the format it was read from, and is saved in unless told.
        integrity: ``"verified"`` (a password proved digest or MAC), ``"absent"`` (the file has none to check) or
            ``"unchecked"`` (it has one, and no password was given).
        loose: certificates of the file that are no entries.
        notes: what reading it brought to light, e.g. that an encrypted part was not opened.
        sealed: how many encrypted parts were not opened, as no password was given; what is in them is not shown here.
        others: what the file holds beside entries and certificates, by its usual name, e.g. ``"private key"``.
        unread: what of the file was not read and may hold more, one line each, e.g. bytes behind its end.
        distrusted: certificates that the file marks as not trusted; they are no entries.
        facts: the codec's own notes for saving (version, algorithms, text between blocks); untouched by operations.
    """

    entries: tuple[Entry, ...] = ()
    format: str = "jks"
    integrity: Integrity = "absent"
    loose: tuple[LooseCertificate, ...] = ()
    notes: tuple[Remark, ...] = ()
    sealed: int = 0
    others: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    distrusted: tuple[DistrustedCertificate, ...] = ()
    facts: Note | None = field(default=None, repr=False, compare=False)

    @classmethod
    def open(
        cls,
        source: "str | os.PathLike[str] | bytes",
        password: str | None = None,
        format: str | None = None,  # noqa: A002 -- the word that users of the library expect
    ) -> "TrustStore":
        """The store in a file, a CApath directory or bytes. Arguments and errors are those of `open_store`."""
        from truststore_tool import stores

        return stores.open_store(source, password, format)

    def save(
        self,
        path: "str | os.PathLike[str]",
        password: str | None = None,
        format: str | None = None,  # noqa: A002 -- as above
        *,
        backup: bool = False,
        profile: str | None = None,
    ) -> None:
        """Write the store over whatever is at `path`, after the proofs of `save_store`, whose arguments these are.

        In another format than the store's own where `format`, or the ending of the path, asks for one: then entries
        without an alias get one from their subject, and a key is protected by `password`, which must open it; a key in
        the text of a PEM becomes an entry, as `with_keys` makes it.
        Raises as `save_store` does, and FormatError for entries that the other format cannot hold.
        """
        from truststore_tool import library

        library.save(self, path, password, format, backup=backup, profile=profile)

    def add(
        self,
        certificates: Certificate | Iterable[Certificate],
        alias: str | None = None,
        created: datetime | None = None,
    ) -> "TrustStore":
        """A store that trusts these certificates, too; what is there already stays as it is.

        Args:
            certificates: one, or several.
            alias: the alias wanted; where it is taken, the newcomer gets one beside it. None makes one from the
                subject, or ``rds-root`` for one certificate by itself.
            created: the date of the new entries (aware); None for now.

        Raises FindingError for a certificate that the store marks as distrusted.
        """
        from truststore_tool import library

        return library.add(self, certificates, alias, created)

    def with_keys(self, *paths: "str | os.PathLike[str]", password: str | None = None) -> "TrustStore":
        """A store with entries for the private keys beside the certificates of a PEM, and those in these files.

        Each has the chain of its certificate, whatever the order they stand in. `password` opens encrypted keys.
        Raises FindingError for a key without its certificate, IntegrityError for one that the password does not open,
        UnreadableError for a file without a key.
        """
        from truststore_tool import library

        return library.with_keys(self, paths, password)

    def remove(self, alias: str) -> "TrustStore":
        """A store without the entry of that alias. Raises FindingError when there is none, or several may be meant."""
        from truststore_tool import library

        return library.remove(self, alias)

    def find(self, what: "Certificate | Fingerprint | str") -> "Entry | None":
        """The entry of a certificate, of a fingerprint (also as text) or of an alias; None where there is none.

        An alias that is spelled exactly so comes before one that only Java takes for the same. Raises FindingError
        when several may be meant.
        """
        from truststore_tool import library

        return library.find(self, what)

    def expired(self, at: datetime | None = None) -> tuple[TrustedEntry, ...]:
        """The trusted entries whose certificates expired before that moment (aware); None is now."""
        from truststore_tool import library

        return library.expired(self, at)

    def pem(self) -> str:
        """The trusted certificates as one PEM text, in the order of the store."""
        from truststore_tool import library

        return library.pem(self)

    def ssl_context(self) -> "ssl.SSLContext":
        """A context for TLS clients that trusts just what the store trusts, for ssl, httpx, psycopg and others.

        Raises FindingError when the store trusts nothing, FormatError when OpenSSL does not read a certificate of it.
        """
        from truststore_tool import library

        return library.ssl_context(self)

    def __repr__(self) -> str:
        trusted = sum(entry.kind == "trusted" for entry in self.entries)
        others = len(self.entries) - trusted
        return f"<TrustStore {self.format}, integrity {self.integrity}: {trusted} trusted, {others} other entries>"

    def trusted(self) -> Iterator[TrustedEntry]:
        """The trusted entries, in file order."""
        return (entry for entry in self.entries if isinstance(entry, TrustedEntry))

    def not_understood(self) -> tuple[str, ...]:
        """What of the file may hold trust that is not shown: what was not read, and entries of kinds not known."""
        unknown = (entry.alias for entry in self.entries if entry.kind == "unknown")
        return (*self.unread, *(f"entry {alias!r}: of a kind that is not known" for alias in unknown))

    def all_certificates(self) -> tuple[Certificate, ...]:
        """Every certificate in the file, also those Java would not call entries.

        Trusted entries, the chains of keys, loose and distrusted certificates. A certificate that stands in the file
        once and belongs to several chains is given once; one that stands there twice is given twice.
        """
        every = [c for entry in self.entries for c in entry.certificates]
        every += [item.certificate for item in self.loose]
        every += [item.certificate for item in self.distrusted]
        return tuple({id(certificate): certificate for certificate in every}.values())

    def with_entries(self, entries: tuple[Entry, ...]) -> "TrustStore":
        """The same store with other entries."""
        return replace(self, entries=entries)


def fold_alias(alias: str) -> str:
    """The form under which Java compares aliases: lower-cased in the English locale (JavaKeyStore.convertAlias)."""
    return alias.lower()


def twins(entries: Iterable[Entry]) -> Iterator[tuple[Entry, Entry]]:
    """Pairs of entries whose aliases are the same to Java, which sees one of them: the first, and each later one."""
    first: dict[str, Entry] = {}
    for entry in entries:
        folded = fold_alias(entry.alias)
        if folded in first:
            yield first[folded], entry
        else:
            first[folded] = entry


def put(entries: Iterable[Entry], new: Iterable[Entry]) -> tuple[Entry, ...]:
    """The entries with the new ones: each takes the place of the one with the same alias to Java, or comes last."""
    coming = {fold_alias(entry.alias): entry for entry in new}
    present = [coming.pop(fold_alias(entry.alias), entry) for entry in entries]
    return (*present, *coming.values())
