"""A Java serialization stream: where its object ends, and the values in it.

A JCEKS store holds each secret key as a serialized SealedObject without a length in front. Its end is found by
walking the grammar.
"""

from typing import NamedTuple

from truststore_tool.errors import FormatError
from truststore_tool.formats.java.object_stream import Walker
from truststore_tool.formats.java.objects import JavaObject


class Extent(NamedTuple):
    """The offset at which a stream ends, and the number of its contents, which is what walking it costs."""

    end: int
    contents: int


def extent(data: bytes, start: int) -> Extent:
    """The extent of the stream of one object that starts in `data`, header first, at `start`.

    Raises FormatError when the stream is malformed, does not fit, or is deeper or larger than that of any key.
    """
    # A sealed key takes some 20 contents, 3 levels deep. The bounds keep hostile streams cheap.
    walker = Walker(data, start, max_depth=32, max_contents=1_000)
    walker.stream()
    return Extent(walker.offset, walker.contents)


def read(data: bytes) -> JavaObject:
    """The object that is all of the stream `data`.

    Only what a sealed key is made of is read: objects and enums of classes without code of their own for it, texts
    and arrays of bytes. Raises FormatError when there is anything else, or the stream is malformed or too large.
    """
    walker = Walker(data, 0, max_depth=16, max_contents=200)
    found = walker.stream()
    if not isinstance(found, JavaObject) or walker.offset != len(data):
        raise FormatError("a serialized Java object is not alone in its stream")
    if not walker.all_read:
        raise FormatError(f"serialized Java object of {found.name[:80]!a} is in a form that is not read")
    return found
