"""What a plain object in a Java serialization stream says: its class and the values of its fields.

Only what a sealed key is made of is read: objects and enums of classes without code of their own for it, texts and
arrays of bytes. Classes are names here, and nothing is instantiated.
Source: Java Object Serialization Specification, chapter 6.
"""

from typing import Final, NamedTuple

from truststore_tool.errors import FormatError
from truststore_tool.formats.java import modified_utf8
from truststore_tool.formats.java.serialized import (
    BASE_HANDLE,
    PRIMITIVE_SIZES,
    SC_SERIALIZABLE,
    STREAM_HEADER,
    U16,
    U32,
    Cursor,
    TypeCode,
)

_SC_ENUM: Final = 0x10
# A key takes some 15 values, 3 levels deep.
_MAX_DEPTH: Final = 16
_MAX_VALUES: Final = 200


class JavaObject(NamedTuple):
    """An object: the name of its class, and by name those of its fields that are objects themselves."""

    name: str
    fields: dict[str, "Value"]

    def __repr__(self) -> str:
        return f"JavaObject({self.name!r})"  # the fields may be a key


# An enum is the name of its constant.
Value = JavaObject | str | bytes | None


class _ClassDesc(NamedTuple):
    """A class: name, names and types of its own fields in the order of their values, superclass."""

    name: str
    fields: tuple[tuple[str, str], ...]
    parent: "_ClassDesc | None"


class _Unfinished(NamedTuple):
    """Stands for what has a handle and is still being read."""


def read(data: bytes) -> JavaObject:
    """The object that is all of the stream `data`.

    Raises FormatError when the stream is malformed, too large, or holds anything but what is named above.
    """
    reader = _Reader(data, 0)
    if data[: reader.skip(len(STREAM_HEADER)) + len(STREAM_HEADER)] != STREAM_HEADER:
        raise FormatError("no serialized Java object")
    found = reader.value()
    if not isinstance(found, JavaObject) or reader.offset != len(data):
        raise FormatError("a serialized Java object is not alone in its stream")
    return found


class _Reader(Cursor):
    """A position in the stream, and what it can refer back to by handle."""

    def __init__(self, data: bytes, offset: int) -> None:
        super().__init__(data, offset)
        self.handles: list[Value | _ClassDesc | _Unfinished] = []
        self.values = 0
        self.depth = 0

    def value(self) -> Value:
        """The value that comes next."""
        found = self.content()
        if isinstance(found, (_ClassDesc, _Unfinished)):
            raise FormatError(f"serialized Java object has no value where one is due at byte {self.offset}")
        return found

    def content(self) -> Value | _ClassDesc | _Unfinished:
        """The value or class that comes next."""
        self.values += 1
        self.depth += 1
        if self.depth > _MAX_DEPTH or self.values > _MAX_VALUES:
            raise FormatError(f"serialized Java object at byte {self.offset} is nested too deeply or too large")
        code = self.octet()
        found: Value | _ClassDesc | _Unfinished
        match code:
            case TypeCode.NULL:
                found = None
            case TypeCode.REFERENCE:
                found = self.reference()
            case TypeCode.CLASSDESC:
                found = self.new_class_desc()
            case TypeCode.OBJECT:
                found = self.new_object()
            case TypeCode.STRING:
                found = self.text()
                self.handles.append(found)
            case TypeCode.ARRAY:
                found = self.new_array()
            case TypeCode.ENUM:
                found = self.new_enum()
            case _:
                raise FormatError(f"serialized Java object has the unexpected type code 0x{code:02x}")
        self.depth -= 1
        return found

    def new_handle(self) -> int:
        """Give what is about to be read the next handle; gives its place in the table."""
        self.handles.append(_Unfinished())
        return len(self.handles) - 1

    def reference(self) -> Value | _ClassDesc | _Unfinished:
        """What the handle that comes next stands for."""
        place = self.number(U32) - BASE_HANDLE
        if not 0 <= place < len(self.handles):
            raise FormatError(f"serialized Java object refers to a handle that is not there at byte {self.offset}")
        return self.handles[place]

    def taken(self, size: int) -> bytes:
        """The next `size` bytes."""
        start = self.skip(size)
        return self.data[start : self.offset]

    def text(self) -> str:
        """The text that comes next."""
        return modified_utf8.decode(self.taken(self.number(U16)))

    def class_desc(self) -> _ClassDesc:
        """What must be a class or a reference to one."""
        found = self.content()
        if not isinstance(found, _ClassDesc):
            raise FormatError(f"serialized Java object has no class where one is due at byte {self.offset}")
        return found

    def new_class_desc(self) -> _ClassDesc:
        """The class whose descriptor comes next: without annotations, and its objects without any, too."""
        name = self.text()
        self.skip(8)  # serialVersionUID
        place = self.new_handle()
        flags = self.octet()
        if flags & ~_SC_ENUM != SC_SERIALIZABLE:
            raise FormatError(f"serialized Java object of {name[:80]!a} is in a form that is not read")
        fields = []
        for _ in range(self.number(U16)):
            field_type = chr(self.octet())
            fields.append((self.text(), field_type))
            if field_type in "[L":
                self.value()  # the name of its class
            elif field_type not in PRIMITIVE_SIZES:
                raise FormatError(f"serialized Java class has a field of unknown type at byte {self.offset}")
        if self.octet() != TypeCode.ENDBLOCKDATA:
            raise FormatError(f"serialized Java class is annotated at byte {self.offset}")
        parent = self.content()
        if parent is not None and not isinstance(parent, _ClassDesc):
            raise FormatError(f"serialized Java object has no superclass where one is due at byte {self.offset}")
        self.handles[place] = found = _ClassDesc(name, tuple(fields), parent)
        return found

    def new_object(self) -> JavaObject:
        """An object, the fields of its topmost superclass first."""
        described = self.class_desc()
        place = self.new_handle()
        lineage = [described]
        while (parent := lineage[-1].parent) is not None:
            lineage.append(parent)
        values: dict[str, Value] = {}
        for each in reversed(lineage):
            for name, field_type in each.fields:
                if field_type in PRIMITIVE_SIZES:
                    self.skip(PRIMITIVE_SIZES[field_type])
                else:
                    values[name] = self.value()
        self.handles[place] = found = JavaObject(described.name, values)
        return found

    def new_array(self) -> bytes:
        """An array of bytes."""
        if self.class_desc().name != "[B":
            raise FormatError(f"serialized Java object has an array of something else at byte {self.offset}")
        place = self.new_handle()
        self.handles[place] = found = self.taken(self.number(U32))
        return found

    def new_enum(self) -> str:
        """The name of a constant."""
        self.class_desc()
        place = self.new_handle()
        found = self.value()
        if not isinstance(found, str):
            raise FormatError(f"serialized Java enum has no name at byte {self.offset}")
        self.handles[place] = found
        return found
