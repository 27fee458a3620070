"""Finding the end of a serialized Java object. The streams follow the grammar of the serialization specification."""

import base64
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.work import at_most
from truststore_tool.errors import FormatError
from truststore_tool.formats.java.serialized import extent

# Written by keytool 17.0.15: `keytool -genseckey -keyalg AES -keysize 128 -storetype jceks`, cut out of the store.
SEALED_KEY = base64.b64decode(
    "rO0ABXNyADNjb20uc3VuLmNyeXB0by5wcm92aWRlci5TZWFsZWRPYmplY3RGb3JLZXlQcm90ZWN0b3LNV8pZ5zC7UwIAAHhyABlqYXZheC5j"
    "cnlwdG8uU2VhbGVkT2JqZWN0PjY9psO3VHACAARbAA1lbmNvZGVkUGFyYW1zdAACW0JbABBlbmNyeXB0ZWRDb250ZW50cQB+AAJMAAlwYXJh"
    "bXNBbGd0ABJMamF2YS9sYW5nL1N0cmluZztMAAdzZWFsQWxncQB+AAN4cHVyAAJbQqzzF/gGCFTgAgAAeHAAAAARMA8ECK/pmHoR9RuJAgMD"
    "DUB1cQB+AAUAAACQ2/tyqDDuck0KBDeJqOvayHYblvvs6hXVaCNQC3ebGQLYeXMKOjkKjeX4Ugtqi1Beg7OQptdFcHFZlrsucncX5BfNpNsL"
    "fAFN8f3BW5W7iqHveAhFo9XPyrepFxqGRbQxW8qRsUoqpR9FKIab4P1mUbDLimFTC3aAz8rKQz9eUpACE6EqDkLYfa/Cceh1G9gSdAAWUEJF"
    "V2l0aE1ENUFuZFRyaXBsZURFU3QAFlBCRVdpdGhNRDVBbmRUcmlwbGVERVM="
)

HEADER = b"\xac\xed\x00\x05"
NULL, END = b"\x70", b"\x78"
SERIALIZABLE, EXTERNALIZABLE, WITH_WRITE_METHOD, WITH_BLOCK_DATA = 0x02, 0x04, 0x01, 0x08


def text(value: str) -> bytes:
    return struct.pack(">H", len(value)) + value.encode("ascii")


def reference(handle: int) -> bytes:
    return b"\x71" + struct.pack(">I", 0x7E0000 + handle)


def a_class(
    name: str, flags: int = SERIALIZABLE, *fields: bytes, annotation: bytes = b"", parent: bytes = NULL
) -> bytes:
    head = b"\x72" + text(name) + bytes(8) + struct.pack(">BH", flags, len(fields))
    return head + b"".join(fields) + annotation + END + parent


def primitive(kind: str) -> bytes:
    return kind.encode("ascii") + text("field")


def an_object_field(class_name: bytes = b"\x74" + text("LThing;")) -> bytes:
    return b"L" + text("field") + class_name


WHOLE_OBJECTS = {
    "null": NULL,
    "string": b"\x74" + text("abc"),
    "long string": b"\x7c" + struct.pack(">Q", 3) + b"abc",
    "class": b"\x76" + a_class("A"),
    "class descriptor": a_class("A"),
    "object without fields": b"\x73" + a_class("A"),
    "every primitive": b"\x73" + a_class("A", SERIALIZABLE, *map(primitive, "BCDFIJSZ")) + bytes(30),
    "object field": b"\x73" + a_class("A", SERIALIZABLE, an_object_field()) + b"\x74" + text("value"),
    "superclass first": b"\x73"
    + a_class("A", SERIALIZABLE, primitive("I"), parent=a_class("B", SERIALIZABLE, an_object_field()))
    + NULL
    + bytes(4),
    "annotated object": b"\x73" + a_class("A", SERIALIZABLE | WITH_WRITE_METHOD) + b"\x77\x02ab" + NULL + END,
    "long block of data": b"\x73"
    + a_class("A", SERIALIZABLE | WITH_WRITE_METHOD)
    + b"\x7a"
    + struct.pack(">I", 300)
    + bytes(300)
    + END,
    "annotated class": b"\x73" + a_class("A", annotation=b"\x77\x01a" + b"\x74" + text("note")),
    "externalizable": b"\x73" + a_class("A", EXTERNALIZABLE | WITH_BLOCK_DATA) + b"\x77\x01a" + END,
    "bytes": b"\x75" + a_class("[B") + struct.pack(">I", 5) + bytes(5),
    "longs": b"\x75" + a_class("[J") + struct.pack(">I", 2) + bytes(16),
    "objects": b"\x75" + a_class("[LThing;") + struct.pack(">I", 3) + NULL * 2 + b"\x74" + text("c"),
    "arrays": b"\x75" + a_class("[[B") + struct.pack(">I", 1) + b"\x75" + a_class("[B") + struct.pack(">I", 1) + b"x",
    "enum": b"\x7e" + a_class("E", 0x12, parent=a_class("java.lang.Enum", 0x12)) + b"\x74" + text("RED"),
    "proxy": b"\x73\x7d" + struct.pack(">I", 2) + text("I1") + text("I2") + END
    + a_class("Proxy", SERIALIZABLE, primitive("I")) + bytes(4),
    # Handles count classes, strings and objects in the order in which they begin.
    "references": b"\x75" + a_class("[LThing;") + struct.pack(">I", 3)
    + b"\x73" + a_class("A", SERIALIZABLE, primitive("J")) + bytes(8)
    + b"\x73" + reference(2) + bytes(8)
    + reference(1),
    "reset first": b"\x79\x79" + b"\x74" + text("abc"),
    "exception": b"\x7b" + b"\x73" + a_class("java.io.IOException"),
}  # fmt: skip


@pytest.mark.parametrize("stream", WHOLE_OBJECTS.values(), ids=WHOLE_OBJECTS.keys())
def test_the_end_is_found_wherever_the_stream_lies(stream: bytes) -> None:
    data = b"before" + HEADER + stream + b"\x70\x77behind"
    assert extent(data, 6).end == 6 + len(HEADER) + len(stream)


@pytest.mark.parametrize("stream", WHOLE_OBJECTS.values(), ids=WHOLE_OBJECTS.keys())
def test_a_stream_cut_anywhere_is_malformed(stream: bytes) -> None:
    data = HEADER + stream
    for size in range(len(data)):
        with pytest.raises(FormatError):
            extent(data[:size], 0)


def test_a_key_that_keytool_sealed() -> None:
    assert extent(SEALED_KEY + SEALED_KEY, 0).end == len(SEALED_KEY)
    for size in range(len(SEALED_KEY)):
        with pytest.raises(FormatError):
            extent(SEALED_KEY[:size], 0)


MALFORMED = {
    "wrong header": b"\xac\xed\x00\x06" + NULL,
    "unknown type code": HEADER + b"\x6f",
    "type code behind the last": HEADER + b"\x7f",
    "block data where an object is due": HEADER + b"\x77\x01a",
    "end where an object is due": HEADER + END,
    "object without a class": HEADER + b"\x73" + NULL,
    "array of a string": HEADER + b"\x75\x74" + text("abc") + bytes(4),
    "superclass that is a string": HEADER + b"\x73" + a_class("A", parent=b"\x74" + text("abc")),
    "handle not yet given": HEADER + reference(0),
    "handle below the first": HEADER + b"\x75" + a_class("[LThing;") + struct.pack(">I", 1) + b"\x71" + bytes(4),
    "class that is its own superclass": HEADER + b"\x73" + a_class("A", parent=reference(0)),
    "field of unknown type": HEADER + b"\x73" + a_class("A", SERIALIZABLE, primitive("Q")),
    "externalizable without block data": HEADER + b"\x73" + a_class("A", EXTERNALIZABLE) + bytes(9),
    "reset inside an object": HEADER + b"\x73" + a_class("A", annotation=b"\x79"),
    "exception inside an object": HEADER + b"\x73" + a_class("A", annotation=b"\x7b" + NULL),
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_streams_are_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        extent(data, 0)


HOSTILE = {
    "arrays in arrays": HEADER + (b"\x75" + a_class("[[B") + struct.pack(">I", 1)) * 50_000,
    "classes in annotations": HEADER + (b"\x72" + text("A") + bytes(11)) * 50_000,
    "superclasses": HEADER + b"\x73" + (b"\x72" + text("A") + bytes(11) + END) * 50_000 + NULL,
    "array beyond the data": HEADER + b"\x75" + a_class("[J") + b"\xff\xff\xff\xff",
    "objects beyond the data": HEADER + b"\x75" + a_class("[LThing;") + b"\xff\xff\xff\xff" + NULL * 1_000_000,
    "string beyond the data": HEADER + b"\x7c" + b"\xff" * 8,
    "interfaces beyond the data": HEADER + b"\x73\x7d" + b"\xff\xff\xff\xff" + bytes(10_000),
    "references that pile up superclasses": HEADER
    + b"\x75" + a_class("[LThing;") + struct.pack(">I", 5000)
    + a_class("A", SERIALIZABLE, primitive("B"))
    + b"".join(a_class("A", SERIALIZABLE, primitive("B"), parent=reference(2 + n)) for n in range(5000)),
}  # fmt: skip


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_streams_are_refused_after_little_work(data: bytes) -> None:
    with pytest.raises(FormatError), at_most(100_000):
        extent(data, 0)


@settings(deadline=None, max_examples=150)
@given(st.sampled_from([HEADER + s for s in WHOLE_OBJECTS.values()] + [SEALED_KEY]), st.data())
def test_a_changed_stream_ends_inside_the_data_or_is_refused(stream: bytes, draw: st.DataObject) -> None:
    place = draw.draw(st.integers(0, len(stream) - 1))
    changed = stream[:place] + draw.draw(st.binary(min_size=1, max_size=3)) + stream[place + 1 :]
    try:
        end = extent(changed, 0).end
    except FormatError:
        return
    assert len(HEADER) < end <= len(changed)
