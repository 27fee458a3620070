"""What loading a key store comes to, whatever its format: contents, or the exception that Java throws."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from truststore_tool.model import Certificate
from truststore_tool.readers.base import Evidence, LeftOut
from truststore_tool.readers.java.releases import Feature, Release

# Why a release's certificate parser refuses a certificate, as Throwable.toString gives it; None where it does not.
Parser = Callable[[bytes, Release], str | None]


class RefusedError(Exception):
    """Java throws this.

    Args:
        kind: the class of the exception.
        words: its message; None where it is not known here, or none.
        cause: the exception behind it, as Java prints it.
        evidence: how that is known, where it depends on the release.
    """

    def __init__(
        self, kind: str, words: str | None = None, *, cause: str | None = None, evidence: tuple[Evidence, ...] = ()
    ) -> None:
        super().__init__(kind, words)
        self.error = kind if words is None else f"{kind}: {words}"
        self.cause = cause
        self.evidence = evidence

    @classmethod
    def said(cls, exception: str) -> Self:
        """An exception as Throwable.toString gives it."""
        kind, separator, words = exception.partition(": ")
        return cls(kind, words if separator else None)


class UnknownError(Exception):
    """Nobody knows what this release does; the argument says about what."""


def knows(release: Release, feature: Feature) -> bool:
    """Whether the release has the feature. Raises UnknownError where nobody looked."""
    known = feature.known_to(release)
    if known is None:
        raise UnknownError(f"nobody has looked at {release}")
    return known


@dataclass(slots=True)
class Contents:
    """What a key store holds to a release, as it is being read.

    Attributes:
        anchors: its trusted entries, in Java's order.
        leaves: of each key entry its own certificate.
        left_out: certificates that were seen and are neither.
        locked: whether a part was passed over for want of a password.
    """

    anchors: list[Certificate] = field(default_factory=list)
    leaves: list[Certificate] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    locked: bool = False

    def leave_out(self, certificate: Certificate, reason: str) -> None:
        """A certificate that is no anchor."""
        self.left_out.append(LeftOut(certificate, reason))
