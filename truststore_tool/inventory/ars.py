"""Packages of Debian (deb(5)): archives of ar that hold two tars, read in one pass without unpacking.

The form is the common one of ar, a header of text before each member, and without its extensions for long names.
"""

from collections.abc import Iterator
from typing import Final

from truststore_tool.inventory.bounds import BrokenError, Budget
from truststore_tool.inventory.streams import Content, Stream
from truststore_tool.nouns import noun

_MAGIC: Final = b"!<arch>\n"
_HEADER: Final = 60


@noun
class ArMember:
    """A member: its name, how many octets it has, and these, to be read at once."""

    name: str
    size: int
    stream: Stream

    @property
    def is_tar(self) -> bool:
        """Whether it is to be a tar, compressed or not: what a package is there for."""
        return self.name.startswith(("control.tar", "data.tar"))


def members(stream: Stream, budget: Budget) -> Iterator[ArMember]:
    """The members in their order; each is to be read before the next is asked for.

    Raises BrokenError where the package ends in the middle of a member or has no data.tar, as one has that ends between
    two members; and OverBoundError.
    """
    stream.skip(len(_MAGIC))
    is_whole = False
    while header := stream.read(_HEADER):
        if len(header) < _HEADER:
            raise BrokenError("is cut short")
        name, digits = header[:16].rstrip(b" "), header[48:58].rstrip(b" ")
        if header[58:] != b"`\n" or not digits.isdigit():
            raise BrokenError("is damaged: the header of a member is none")
        if name.startswith(b"#1/"):  # in BSD the name stands before the octets of the member
            raise BrokenError("has a member with a long name, as no package has")
        size = int(digits)
        content = Content(stream, size)
        budget.member()
        yield ArMember(name.removesuffix(b"/").decode("utf-8", "surrogateescape"), size, content)
        content.skip(content.left)
        stream.skip(size % 2)
        is_whole |= name.startswith(b"data.tar")
    if not is_whole:
        raise BrokenError("is cut short: it has no data.tar")
