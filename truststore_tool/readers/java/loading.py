"""What loading a key store leads to, whatever its format: its contents, or the exception that Java throws."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple, Self

from truststore_tool import asn1
from truststore_tool.errors import FormatError
from truststore_tool.formats.java_block import certificate_der
from truststore_tool.model import Certificate
from truststore_tool.nouns import field, noun
from truststore_tool.readers.base import Evidence, LeftOut, UnknownError, Work
from truststore_tool.readers.java.plain import is_plain
from truststore_tool.readers.java.releases import Feature, Release

# Where parsers of lines before 17 take what that of 17 refuses: the end of its words. All else that it refuses among
# the certificates of other people's stores they refuse, too (measured with 8u504, 11.0.5, 11.0.10 and 11.0.13).
_TAKEN_BEFORE_17: Final = ("Integer exceeds maximum valid value",)

# Why a release's certificate parser refuses a certificate, as Throwable.toString gives it; None where it does not.
Parser = Callable[[bytes, Release], str | None]


def refuses_none(_der: bytes, _release: Release) -> str | None:
    """The parser of a release that has taken the certificates before: nothing in them is looked at."""
    return None


def parser(why_refused: Callable[[bytes, int], str | None]) -> Parser:
    """The parsers of all releases, made of those of 17 and 25; that of 17 stands for 21 as well (measured).

    They are not asked about what is plain.
    """

    def refused(der: bytes, release: Release) -> str | None:
        if is_plain(der):
            return None
        reason = why_refused(der, 25 if release.line >= 25 else 17)
        taken = reason is not None and release.line < 17 and reason.endswith(_TAKEN_BEFORE_17)
        return None if taken else reason

    return refused


def parser_for(work: Work) -> Parser:
    """The parsers of all releases; readers that share `work` parse each certificate once."""

    def why_refused(der: bytes, jdk: int) -> str | None:
        from truststore_tool.readers.java.parsing import judged

        return judged(der, jdk, work).refusal

    return parser(why_refused)


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
        """An exception as Throwable.toString gives it. Where its words are an exception, that is the cause."""
        kind, separator, words = exception.partition(": ")
        cause = words if words.startswith(("java.", "javax.", "sun.")) else None
        return cls(kind, words if separator else None, cause=cause)


class _Lengths(NamedTuple):
    """What in the lengths of an encoding is not as in DER: longer than needed, or left open inside a definite one."""

    long: bool
    open: bool


@lru_cache(maxsize=1 << 14)
def _lengths(data: bytes) -> _Lengths:
    """The oddities of the element that `data` begins with. One that is left open is converted as a whole: none."""
    long = left_open = False
    if asn1.has_shortest_lengths(data):
        return _Lengths(long, left_open)
    waiting = [asn1.read(data)]
    if waiting[0].next != waiting[0].stop:
        return _Lengths(False, False)
    while waiting:
        element = waiting.pop()
        left_open = left_open or element.next != element.stop
        size = element.stop - element.content
        needed = 2 if size < 0x80 else 2 + (size.bit_length() + 7) // 8
        long = long or element.content - element.start > needed
        if element.tag & asn1.CONSTRUCTED:
            waiting += element.inside()
    return _Lengths(long, left_open)


def check_lengths(data: bytes, release: Release) -> None:
    """Raises UnknownError for lengths of which older lines make something else than 25 (measured).

    To be asked of what 25 reads: what it refuses they refuse.

    Before 17 those longer than needed were refused; before 25 those left open inside others were read otherwise.
    """
    if release.line >= 25:
        return
    try:
        odd = _lengths(data)
    except FormatError:
        return  # which is complained of where it is read
    if odd.open or (odd.long and release.line < 17):
        raise UnknownError(f"nobody has looked at such lengths in {release}")


def parsed(data: bytes, release: Release, why_refused: Parser) -> Certificate:
    """The certificate that `data` begins with; Java passes over what follows. Raises RefusedError, or UnknownError."""
    if reason := why_refused(data, release):
        raise RefusedError.said(reason)
    if release.line < 17 and data[:1] == b"\x30" and why_refused is not refuses_none and not is_plain(data):
        check_lengths(data, release)
    return Certificate(certificate_der(data))


def knows(release: Release, feature: Feature) -> bool:
    """Whether the release has the feature. Raises UnknownError where that was not measured."""
    known = feature.known_to(release)
    if known is None:
        raise UnknownError(f"nobody has looked at {release}")
    return known


@noun(frozen=False)
class Contents:
    """What a key store holds to a release, as it is being read.

    Attributes:
        anchors: its trusted entries, in Java's order.
        leaves: of each key entry its own certificate.
        left_out: certificates that were seen and are neither.
        locked: whether a part was passed over because there was no password.
    """

    anchors: list[Certificate] = field(default_factory=list)
    leaves: list[Certificate] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    locked: bool = False

    def leave_out(self, certificate: Certificate, reason: str, rule: str | None) -> None:
        """A certificate that is no anchor."""
        self.left_out.append(LeftOut(certificate, reason, rule))
