"""The nouns of this room: what a reader makes of a store, and how that is known."""

from collections.abc import Callable, Hashable
from typing import Any, Final, Literal, Protocol, Self, TypeVar

from truststore_tool.formats.base import Content
from truststore_tool.model import Certificate
from truststore_tool.nouns import field, noun

T = TypeVar("T")

# What readers of the same file have in common, so that none works it out again: keys, plain text, parsed certificates.
Work = dict[Hashable, Any]

# A password that no store has.
WRONG: Final = "of no store: 9f0c2e7d"


def once(work: Work, key: Hashable, make: Callable[[], T]) -> T:
    """What `make` gives, or gave before under that key."""
    if key not in work:
        work[key] = make()
    found: T = work[key]
    return found


class UnknownError(Exception):
    """What a reader does is not known, or what it reads is not understood, here; the argument says about what.

    It never clears anything.
    """


@noun
class Evidence:
    """How something is known: `measured` with which programs, `documented` where, or `inferred` from what."""

    kind: Literal["measured", "documented", "inferred"]
    source: str


@noun
class Jdk:
    """A JDK that is installed, as a reader that is asked for: what its own files say, which somebody else has read.

    Attributes:
        name: what it is called, as ``jdk:/opt/java``.
        release: the text of its file `release`.
        security: the text of its java.security.
    """

    name: str
    release: str = field(repr=False)
    security: str = field(repr=False)


# What is asked for as a reader: its name, or a JDK.
Asked = str | Jdk


@noun
class LeftOut:
    """A certificate of the store that is no trust anchor to the reader, why, and by which rule of findings, if any."""

    certificate: Certificate
    reason: str
    rule: str | None = "not-an-anchor"


@noun
class Reading:
    """What a reader makes of a store. What is not known is None, and never clears anything.

    Attributes:
        loads: whether it opens the store.
        error: what it says when it does not: the outermost exception, or its class alone where the words differ.
        cause: the exception behind it, if any.
        anchors: the trust anchors, in the reader's order; the same certificate twice where the reader has it twice.
        leaves: certificates of key entries that it trusts as they stand, for servers that present just these.
        left_out: the other certificates that it came to see.
        evidence: how this is known.
    """

    loads: bool | None
    error: str | None = None
    cause: str | None = None
    anchors: tuple[Certificate, ...] | None = None
    leaves: tuple[Certificate, ...] | None = None
    left_out: tuple[LeftOut, ...] = ()
    evidence: tuple[Evidence, ...] = ()

    @property
    def count(self) -> int | None:
        """How many anchors it has."""
        return None if self.loads is None or self.anchors is None else len(self.anchors)


class Reader(Protocol):
    """A program that reads stores, by name and release."""

    @property
    def name(self) -> str:
        """Its name, such as java17.0.15."""

    def read(self, data: Content, password: str | None) -> Reading:
        """What it makes of a store; the password may be right, wrong or empty, None is none."""

    def refuses(self, certificate: Certificate) -> str | None:
        """Why it takes this certificate in no store, in its own words; None if it does."""

    def trusting(self) -> Self:
        """The same reader as it would be if it took every certificate: for stores whose certificates it took before."""

    def reads_all_of(self, other: "Reader") -> bool:
        """Whether it is known to open every store that the other one opens, if it takes the certificates in it."""
