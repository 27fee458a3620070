"""The nouns of a scan: places, what was found at them, what was passed over, and the whole of it. All frozen."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, Literal

from truststore_tool.findings import Finding
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.model import Certificate
from truststore_tool.nouns import field, noun
from truststore_tool.operations.describe import describe

# Between the parts of a path inside archives.
INSIDE: Final = "!/"
# How the reason begins for which a link was passed over.
LEADS_OUT: Final = "is a link out of what is scanned, to "

# Whether a password proved digest or MAC; the store has one that was not proved; its format has none.
Integrity = Literal["verified", "unverified", "none"]
# What an issue is known by from one scan to the next: rule, level, path, and the entry or certificate, and the reader,
# that it is about.
Known = tuple[str, str, str, str, str]
# What a certificate is to its store: trusted; of the chain of a private key; in it without being an entry (of a
# PKCS#12, as openssl writes it); marked as not to be trusted.
Kind = Literal["anchor", "chain", "loose", "distrusted"]

# Those that most stores have that nobody gave one of their own: keytool's, and what manuals say instead.
USUAL: Final = ("changeit", "changeme", "")


@noun
class Candidates:
    """Passwords to try: those of the user, and whether the usual ones as well."""

    own: tuple[str, ...] = field(default=(), repr=False)
    usual: bool = True

    def each(self) -> Iterator[str | None]:
        """All of them, once each; at last none at all."""
        yield from dict.fromkeys((*self.own, *(USUAL if self.usual else ())))
        yield None


@noun
class Place:
    """Where something lies.

    Attributes:
        parts: a path in the file system, then for each archive that it lies in the path inside it; inside an image
            that path begins with the digest of the layer, ``sha256:<64 hex digits>/etc/ssl/cert.pem``.
        layer: the digest of that layer, or None outside of images.
        deleted: whether a layer above takes the file away, or puts another in its place.
    """

    parts: tuple[str, ...]
    layer: str | None = None
    deleted: bool = False

    def __str__(self) -> str:
        return INSIDE.join(self.parts)

    def inside(self, path: str, layer: str | None = None, deleted: bool = False) -> "Place":
        """The place of `path` in the archive that lies here."""
        return Place((*self.parts, path), layer or self.layer, deleted or self.deleted)


@noun
class ReadBy:
    """A program that reads a store, and what that is known by, one line (``release beside it: 17.0.9``).

    `reader` is the name under which `truststore_tool.readers` judges for it, or None where nobody does.
    """

    name: str
    because: str
    reader: str | None = None


@noun
class Mention:
    """That a file of configuration names a store.

    Attributes:
        place: the file of configuration.
        store: the path of the store as it is written there (``/etc/kafka/trust.jks``, ``classpath:trust.p12``).
        by: the program, and because of what it is known.
        doubt: why it is not known which file that is (a variable that is set elsewhere), one line; None where it is.
    """

    place: Place
    store: str
    by: ReadBy
    doubt: str | None = None


@noun
class Told:
    """What reports tell of a certificate; see `CertificateFacts`."""

    subject: str | None
    issuer: str | None
    serial: str | None
    not_before: datetime | None
    not_after: datetime | None
    sha256: Fingerprint
    sha1: Fingerprint
    is_ca: bool | None

    def expired(self, now: datetime) -> bool:
        """Whether validity ended before `now` (aware). False when the end is unknown."""
        return self.not_after is not None and self.not_after < now


@noun
class Held:
    """A certificate of a store."""

    certificate: Certificate
    kind: Kind
    alias: str = ""

    @property
    def facts(self) -> Told:
        """What reports tell of it."""
        return _told(self.certificate)


@lru_cache(maxsize=10_000)
def _told(certificate: Certificate) -> Told:
    """Read once, as the same authorities are in most stores."""
    facts = describe(certificate)
    return Told(*(getattr(facts, name) for name in _FACTS))


_FACTS: Final[tuple[str, ...]] = Told.__match_args__


@noun
class Recalled:
    """A certificate of a store as a report told of it; see `Held`."""

    facts: Told
    kind: Kind
    alias: str = ""


Shown = Held | Recalled


@noun
class Judged:
    """What is known of the bytes of a store, wherever they lie; `Found` tells of most of it.

    Attributes:
        own: which password of the user's opened it, by its place among them; None for none.
        findings: without those of its dates; their places have no path.
    """

    content: str
    format: str
    integrity: Integrity
    locked: bool
    certificates: tuple[Held, ...] = ()
    private_keys: int = 0
    findings: tuple[Finding, ...] = ()
    own: int | None = None


@noun
class Found:
    """A store, or a bundle of certificates, and all places at which its bytes lie.

    Attributes:
        places: sorted; the same content is one store.
        content: the SHA-256 of its bytes in lower-case hex: its identity from one scan to the next.
        format: a name of `formats.NAMES`, or ``"nss"`` or ``"p11-kit"``.
        integrity: see `Integrity`.
        locked: whether it, or a part of it, was not opened for want of a password: what is in it is not known.
        certificates: in the order of the store.
        private_keys: how many it holds.
        readers: who reads it.
        expired, expiring: those of its anchors (and loose certificates) that expired, and that do so soon.
        present, missing: which of the needed ones it trusts, and which not; of a store that is locked only what is
            known.
        findings: what is not well with it; their places are those of the first of `places`.
        links: symbolic links that lead to one of its places.
    """

    places: tuple[Place, ...]
    content: str
    format: str
    integrity: Integrity
    locked: bool
    certificates: tuple[Shown, ...] = ()
    private_keys: int = 0
    readers: tuple[ReadBy, ...] = ()
    expired: tuple[Shown, ...] = ()
    expiring: tuple[Shown, ...] = ()
    present: tuple[Fingerprint, ...] = ()
    missing: tuple[Fingerprint, ...] = ()
    findings: tuple[Finding, ...] = ()
    links: tuple[Place, ...] = ()

    @property
    def anchors(self) -> tuple[Shown, ...]:
        """The certificates that it trusts."""
        return self.of_kind("anchor")

    def of_kind(self, kind: Kind) -> tuple[Shown, ...]:
        """Its certificates of one kind."""
        return tuple(held for held in self.certificates if held.kind == kind)


@noun
class Skipped:
    """What was not looked at, and why, one line."""

    path: str
    why: str


@noun
class Need:
    """A certificate that every store should trust: its fingerprint, and what it is called in reports.

    The fingerprint is its name where nothing else is known.
    """

    fingerprint: Fingerprint
    name: str

    def __str__(self) -> str:
        """Name and fingerprint, in a message."""
        print_ = str(self.fingerprint)
        return print_ if self.name == print_ else f"{self.name} ({print_})"


@noun
class Inventory:
    """What a scan found.

    Attributes:
        host: the name of this machine.
        roots: the paths that were asked for.
        at: when (aware).
        stores: one for each content, ordered by their first places.
        skipped: ordered by path.
        needs: what every store should trust.
        within: how soon is soon for certificates that expire; None where that was not asked.
        files: how many files were looked at, in archives as well.
        complete: False where the scan was interrupted.
        unreadable: those of `roots` that could not be read.
        findings: what files of configuration say of stores that were not found.
        fail_on: the levels and rules whose findings end the scan with exit code 1.
        baseline: what is known already; None where nobody gave it.
    """

    host: str
    roots: tuple[str, ...]
    at: datetime
    stores: tuple[Found, ...]
    skipped: tuple[Skipped, ...] = ()
    needs: tuple[Need, ...] = ()
    within: timedelta | None = None
    files: int = 0
    complete: bool = True
    unreadable: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    fail_on: frozenset[str] = frozenset()
    baseline: frozenset[Known] | None = field(default=None, repr=False)

    @property
    def places(self) -> int:
        """How many places the stores lie at."""
        return sum(len(store.places) for store in self.stores)
