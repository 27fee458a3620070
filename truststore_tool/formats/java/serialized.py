"""Where an object ends in a Java serialization stream.

A JCEKS store holds each secret key as a serialized SealedObject without a length in front. Its end is found by
walking the grammar; nothing is instantiated and no content is looked at.
Source: Java Object Serialization Specification, chapter 6, and java.io.ObjectStreamConstants.
"""

from enum import IntEnum
from struct import Struct
from typing import Final, NamedTuple

from truststore_tool.errors import FormatError

STREAM_HEADER: Final = b"\xac\xed\x00\x05"  # STREAM_MAGIC, STREAM_VERSION

BASE_HANDLE: Final = 0x7E0000
PRIMITIVE_SIZES: Final = {"B": 1, "C": 2, "D": 8, "F": 4, "I": 4, "J": 8, "S": 2, "Z": 1}

# Flags of a class descriptor.
_SC_WRITE_METHOD, SC_SERIALIZABLE, _SC_EXTERNALIZABLE, _SC_BLOCK_DATA = 0x01, 0x02, 0x04, 0x08

# A sealed key takes some 20 contents, 3 levels deep. The bounds keep hostile streams cheap.
_MAX_DEPTH: Final = 32
_MAX_CONTENTS: Final = 1_000

U16, U32, _U64 = Struct(">H"), Struct(">I"), Struct(">Q")


class TypeCode(IntEnum):
    """The type code that each content begins with."""

    NULL = 0x70
    REFERENCE = 0x71
    CLASSDESC = 0x72
    OBJECT = 0x73
    STRING = 0x74
    ARRAY = 0x75
    CLASS = 0x76
    BLOCKDATA = 0x77
    ENDBLOCKDATA = 0x78
    RESET = 0x79
    BLOCKDATALONG = 0x7A
    EXCEPTION = 0x7B
    LONGSTRING = 0x7C
    PROXYCLASSDESC = 0x7D
    ENUM = 0x7E


class _Layout(NamedTuple):
    """What one class adds to the data of its objects: primitive values, objects, then maybe an annotation."""

    primitive_bytes: int
    objects: int
    annotated: bool


class _ClassDesc(NamedTuple):
    """A class: its name, and the layouts of all classes from the topmost superclass down that add any data."""

    name: str
    layouts: tuple[_Layout, ...]


class Extent(NamedTuple):
    """How far a stream goes: the offset behind it, and how many contents it has, which is what walking it costs."""

    end: int
    contents: int


def extent(data: bytes, start: int) -> Extent:
    """The extent of the stream of one object that starts in `data`, header first, at `start`.

    Raises FormatError when the stream is malformed, does not fit, or is nested or populated beyond all reason.
    """
    walker = _Walker(data, start)
    header = walker.skip(len(STREAM_HEADER))
    if data[header : walker.offset] != STREAM_HEADER:
        raise FormatError(f"no serialized Java object at byte {header}")
    walker.object()
    return Extent(walker.offset, walker.contents)


class Cursor:
    """A position in the bytes of a stream. Every step is checked against what is left."""

    def __init__(self, data: bytes, offset: int) -> None:
        self.data = data
        self.offset = offset

    def skip(self, size: int) -> int:
        """Step over `size` bytes; gives where they began."""
        start = self.offset
        if size > len(self.data) - start:
            raise FormatError(f"serialized Java object at byte {start} is cut short")
        self.offset = start + size
        return start

    def octet(self) -> int:
        """The octet that comes next."""
        return self.data[self.skip(1)]

    def number(self, layout: Struct) -> int:
        """The unsigned big-endian number that comes next."""
        value: int = layout.unpack_from(self.data, self.skip(layout.size))[0]
        return value

    def name(self) -> str:
        """The name that comes next. Only its ASCII matters to the grammar, so the rest needs no true decoding."""
        size = self.number(U16)
        start = self.skip(size)
        return self.data[start : start + size].decode("latin-1")


class _Walker(Cursor):
    """What the stream can refer back to by handle: only classes need remembering."""

    def __init__(self, data: bytes, offset: int) -> None:
        super().__init__(data, offset)
        self.handles: list[_ClassDesc | None] = []
        self.contents = 0
        self.depth = 0

    # The rules of the grammar.

    def content(self) -> tuple[int, _ClassDesc | None]:
        """Walk one content of any type; gives its type code and, if it is or refers to a class, that class."""
        self.contents += 1
        self.depth += 1
        if self.depth > _MAX_DEPTH or self.contents > _MAX_CONTENTS:
            raise FormatError(f"serialized Java object at byte {self.offset} is nested too deeply or too large")
        code = self.octet()
        found = None
        match code:
            case TypeCode.NULL | TypeCode.ENDBLOCKDATA:
                pass
            case TypeCode.REFERENCE:
                found = self.reference()
            case TypeCode.OBJECT:
                self.new_object()
            case TypeCode.ARRAY:
                self.new_array()
            case TypeCode.STRING:
                self.new_handle()
                self.skip(self.number(U16))
            case TypeCode.LONGSTRING:
                self.new_handle()
                self.skip(self.number(_U64))
            case TypeCode.CLASSDESC:
                found = self.new_class_desc()
            case TypeCode.PROXYCLASSDESC:
                found = self.new_proxy_class_desc()
            case TypeCode.CLASS:
                self.class_desc()
                self.new_handle()
            case TypeCode.ENUM:
                self.class_desc()
                self.new_handle()
                self.object()  # the constant's name
            case TypeCode.BLOCKDATA:
                self.skip(self.octet())
            case TypeCode.BLOCKDATALONG:
                self.skip(self.number(U32))
            case TypeCode.RESET if self.depth == 1:  # Java, too, takes these two only between objects
                self.handles.clear()
            case TypeCode.EXCEPTION if self.depth == 1:
                self.handles.clear()
                self.object()
                self.handles.clear()
            case _:
                raise FormatError(f"serialized Java object has the type code 0x{code:02x} where none such is due")
        self.depth -= 1
        return code, found

    def object(self) -> None:
        """Walk one object, which resets may precede."""
        code, _ = self.content()
        while code == TypeCode.RESET:
            code, _ = self.content()
        if code in (TypeCode.BLOCKDATA, TypeCode.BLOCKDATALONG, TypeCode.ENDBLOCKDATA):
            raise FormatError(f"serialized Java data ends at byte {self.offset} where an object is due")

    def class_desc(self) -> _ClassDesc:
        """Walk what must be a class descriptor or a reference to one; gives the class."""
        _, found = self.content()
        if found is None:
            raise FormatError(f"serialized Java object has no class where one is due at byte {self.offset}")
        return found

    def superclass(self) -> _ClassDesc | None:
        """Walk what may be a class or null."""
        code, found = self.content()
        if found is None and code != TypeCode.NULL:
            raise FormatError(f"serialized Java object has no superclass where one is due at byte {self.offset}")
        return found

    def annotation(self) -> None:
        """Walk contents up to the end of block data."""
        while self.content()[0] != TypeCode.ENDBLOCKDATA:
            pass

    def new_handle(self) -> int:
        """Give the object at hand the next handle; gives its place in the table."""
        self.handles.append(None)
        return len(self.handles) - 1

    def reference(self) -> _ClassDesc | None:
        """The class that the handle which comes next stands for; None for any other object."""
        place = self.number(U32) - BASE_HANDLE
        if not 0 <= place < len(self.handles):
            raise FormatError(f"serialized Java object refers to a handle that is not there at byte {self.offset}")
        return self.handles[place]

    def new_class_desc(self) -> _ClassDesc:
        """The class whose descriptor comes next."""
        name = self.name()
        self.skip(8)  # serialVersionUID
        place = self.new_handle()
        flags = self.octet()
        primitive_bytes = objects = 0
        for _ in range(self.number(U16)):
            field_type = chr(self.octet())
            self.skip(self.number(U16))  # the field's name
            if field_type in PRIMITIVE_SIZES:
                primitive_bytes += PRIMITIVE_SIZES[field_type]
            elif field_type in "[L":
                objects += 1
                self.object()  # the name of its class
            else:
                raise FormatError(f"serialized Java class has a field of unknown type at byte {self.offset}")
        if flags & _SC_EXTERNALIZABLE and not flags & _SC_BLOCK_DATA:
            raise FormatError("serialized Java object is in a form whose end only its own class can tell")
        annotated = bool(flags & (_SC_EXTERNALIZABLE | _SC_WRITE_METHOD))
        layout = _Layout(primitive_bytes, objects, annotated)
        return self.finish_class(place, name, layout)

    def new_proxy_class_desc(self) -> _ClassDesc:
        """The dynamic proxy class whose descriptor comes next."""
        place = self.new_handle()
        for _ in range(self.number(U32)):
            self.skip(self.number(U16))  # the name of an interface
        return self.finish_class(place, "", _Layout(0, 0, annotated=False))

    def finish_class(self, place: int, name: str, layout: _Layout) -> _ClassDesc:
        """Walk what ends every descriptor, annotation and superclass, and remember the class."""
        self.annotation()
        parent = self.superclass()
        layouts = parent.layouts if parent else ()
        if any(layout):
            layouts = (*layouts, layout)
        if len(layouts) > _MAX_DEPTH:
            raise FormatError("serialized Java object is of a class with too many superclasses")
        self.handles[place] = found = _ClassDesc(name, layouts)
        return found

    def new_object(self) -> None:
        """Walk an object's class and the data of each class it is of."""
        layouts = self.class_desc().layouts
        self.new_handle()
        for layout in layouts:
            self.skip(layout.primitive_bytes)
            for _ in range(layout.objects):
                self.object()
            if layout.annotated:
                self.annotation()

    def new_array(self) -> None:
        """Walk an array; the class's name, e.g. ``[B``, tells the size of an element."""
        component = self.class_desc().name[1:2]
        self.new_handle()
        size = self.number(U32)
        if component in PRIMITIVE_SIZES:
            self.skip(size * PRIMITIVE_SIZES[component])
        else:
            for _ in range(size):
                self.object()
