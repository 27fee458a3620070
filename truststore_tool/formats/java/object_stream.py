"""The grammar of a Java serialization stream, walked. Classes are only names here, and nothing is instantiated.

Source: Java Object Serialization Specification, chapter 6, and java.io.ObjectStreamConstants.
"""

from collections.abc import Callable, Mapping
from struct import Struct
from typing import Final

from truststore_tool.errors import FormatError
from truststore_tool.formats.java import modified_utf8
from truststore_tool.formats.java.objects import ClassDesc, JavaObject, Layout, Mark, Object

STREAM_HEADER: Final = b"\xac\xed\x00\x05"  # STREAM_MAGIC, STREAM_VERSION

_BASE_HANDLE: Final = 0x7E0000
_PRIMITIVE_SIZES: Final = {"B": 1, "C": 2, "D": 8, "F": 4, "I": 4, "J": 8, "S": 2, "Z": 1}

# Flags of a class descriptor.
_SC_WRITE_METHOD: Final = 0x01
_SC_SERIALIZABLE: Final = 0x02
_SC_EXTERNALIZABLE: Final = 0x04
_SC_BLOCK_DATA: Final = 0x08
_SC_ENUM: Final = 0x10

_MAX_CLASSES: Final = 32

_U8: Final = Struct(">B")
_U16: Final = Struct(">H")
_U32: Final = Struct(">I")
_U64: Final = Struct(">Q")


class Walker:
    """A position in the stream, checked at every step against what is left, and what handles can refer back to."""

    def __init__(self, data: bytes, offset: int, *, max_depth: int, max_contents: int) -> None:
        self.data = data
        self.offset = offset
        self.max_depth = max_depth
        self.max_contents = max_contents
        self.handles: list[Object] = []
        self.contents = 0
        self.depth = 0
        self.all_read = True  # whether all values so far are among those that `read` gives

    def skip(self, size: int) -> int:
        """Step over `size` bytes; gives where they began."""
        start = self.offset
        if size > len(self.data) - start:
            raise FormatError(f"serialized Java object at byte {start} is cut short")
        self.offset = start + size
        return start

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        start = self.skip(size)
        return self.data[start : self.offset]

    def number(self, layout: Struct) -> int:
        """The unsigned big-endian number that comes next."""
        value: int = layout.unpack_from(self.data, self.skip(layout.size))[0]
        return value

    def text(self) -> str:
        """The text that comes next. Only its ASCII matters to the grammar, so what cannot be decoded is no error."""
        encoded = self.take(self.number(_U16))
        try:
            return modified_utf8.decode(encoded)
        except FormatError:
            self.all_read = False
            return encoded.decode("latin-1")

    # The rules of the grammar.

    def stream(self) -> Object:
        """Walk the header and the one object after it."""
        start = self.offset
        if self.take(len(STREAM_HEADER)) != STREAM_HEADER:
            raise FormatError(f"no serialized Java object at byte {start}")
        return self.object()

    def content(self) -> Object:
        """Walk one content of any type; a class is given for its descriptor and for a reference to it."""
        self.contents += 1
        self.depth += 1
        if self.depth > self.max_depth or self.contents > self.max_contents:
            raise FormatError(f"serialized Java object at byte {self.offset} is nested too deeply or too large")
        code = self.number(_U8)
        rule = _RULES.get(code)
        if rule is None or (code in _BETWEEN_OBJECTS and self.depth > 1):
            raise FormatError(f"serialized Java object has the unexpected type code 0x{code:02x}")
        found = rule(self)
        self.depth -= 1
        return found

    def object(self) -> Object:
        """Walk one object, which resets may precede."""
        while (found := self.content()) is Mark.RESET:
            self.all_read = False
        if found in (Mark.BLOCK_DATA, Mark.END_BLOCK_DATA):
            raise FormatError(f"serialized Java data ends at byte {self.offset} where an object is expected")
        if isinstance(found, (ClassDesc, Mark)):
            self.all_read = False
        return found

    def class_desc(self) -> ClassDesc:
        """Walk what must be a class descriptor or a reference to one; gives the class."""
        found = self.content()
        if not isinstance(found, ClassDesc):
            raise FormatError(f"serialized Java object has no class where one is expected at byte {self.offset}")
        return found

    def superclass_layouts(self) -> tuple[Layout, ...]:
        """Walk what may be a class or null; gives the layouts of the class."""
        found = self.content()
        if found is None:
            return ()
        if not isinstance(found, ClassDesc):
            raise FormatError(f"serialized Java object has no superclass where one is expected at byte {self.offset}")
        return found.layouts

    def annotation(self) -> None:
        """Walk contents up to the end of block data."""
        while self.content() is not Mark.END_BLOCK_DATA:
            self.all_read = False

    def new_handle(self, found: Object = Mark.OTHER_OBJECT) -> int:
        """Add an object to the table of handles; gives its place there."""
        self.handles.append(found)
        return len(self.handles) - 1

    def reference(self) -> Object:
        """What the handle that comes next stands for."""
        place = self.number(_U32) - _BASE_HANDLE
        if not 0 <= place < len(self.handles):
            raise FormatError(f"serialized Java object refers to a handle that is not there at byte {self.offset}")
        return self.handles[place]

    def new_class_desc(self) -> ClassDesc:
        """The class whose descriptor comes next."""
        name = self.text()
        self.skip(8)  # serialVersionUID
        place = self.new_handle()
        flags = self.number(_U8)
        primitive_bytes = 0
        objects = []
        for _ in range(self.number(_U16)):
            field_type = chr(self.number(_U8))
            field_name = self.text()
            if field_type in _PRIMITIVE_SIZES:
                primitive_bytes += _PRIMITIVE_SIZES[field_type]
            elif field_type in "[L":
                objects.append(field_name)
                self.object()  # the name of its class
            else:
                raise FormatError(f"serialized Java class has a field of unknown type at byte {self.offset}")
        if flags & _SC_EXTERNALIZABLE and not flags & _SC_BLOCK_DATA:
            raise FormatError("serialized Java object is in a form whose end only its own class can tell")
        if flags & ~_SC_ENUM != _SC_SERIALIZABLE:
            self.all_read = False
        annotated = bool(flags & (_SC_EXTERNALIZABLE | _SC_WRITE_METHOD))
        return self.finish_class(place, name, Layout(primitive_bytes, tuple(objects), annotated))

    def new_proxy_class_desc(self) -> ClassDesc:
        """The dynamic proxy class whose descriptor comes next."""
        self.all_read = False
        place = self.new_handle()
        for _ in range(self.number(_U32)):
            self.skip(self.number(_U16))  # the name of an interface
        return self.finish_class(place, "", Layout(0, (), annotated=False))

    def finish_class(self, place: int, name: str, layout: Layout) -> ClassDesc:
        """Walk what ends every descriptor, annotation and superclass, and remember the class."""
        self.annotation()
        layouts = self.superclass_layouts()
        if any(layout):
            layouts = (*layouts, layout)
        if len(layouts) > _MAX_CLASSES:
            raise FormatError("serialized Java object is of a class with too many superclasses")
        self.handles[place] = found = ClassDesc(name, layouts)
        return found

    def new_object(self) -> JavaObject:
        """An object: its class, then the data of each class it is of."""
        described = self.class_desc()
        place = self.new_handle()
        fields: dict[str, Object] = {}
        for layout in described.layouts:
            self.skip(layout.primitive_bytes)
            for name in layout.objects:
                fields[name] = self.object()
            if layout.annotated:
                self.annotation()
        self.handles[place] = found = JavaObject(described.name, fields)
        return found

    def new_array(self) -> Object:
        """An array; the class's name, e.g. ``[B``, tells the size of an element."""
        name = self.class_desc().name
        place = self.new_handle()
        size = self.number(_U32)
        component = name[1:2]
        if name == "[B":
            self.handles[place] = self.take(size)
        elif component in _PRIMITIVE_SIZES:
            self.skip(size * _PRIMITIVE_SIZES[component])
        else:
            for _ in range(size):
                self.object()
        return self.handles[place]

    def new_enum(self) -> Object:
        """The name of a constant."""
        self.class_desc()
        place = self.new_handle()
        constant = self.object()
        if isinstance(constant, str):
            self.handles[place] = constant
        return self.handles[place]

    def new_class(self) -> Object:
        """A class that is itself an object."""
        self.class_desc()
        return self.handles[self.new_handle()]

    def new_string(self) -> str:
        """A text of fewer than 65,536 bytes."""
        place = self.new_handle()
        self.handles[place] = found = self.text()
        return found

    def new_long_string(self) -> Object:
        """A longer text."""
        self.skip(self.number(_U64))
        return self.handles[self.new_handle()]

    def block_data(self, size: Struct) -> Mark:
        """Data that only the code of a class understands."""
        self.skip(self.number(size))
        return Mark.BLOCK_DATA

    def reset(self) -> Mark:
        """From here on handles count anew."""
        self.handles.clear()
        return Mark.RESET

    def exception(self) -> Mark:
        """What was thrown while the stream was written, and ended it."""
        self.handles.clear()
        self.object()
        self.handles.clear()
        return Mark.OTHER_OBJECT


# By the type code that each content begins with.
_RULES: Final[Mapping[int, Callable[[Walker], Object]]] = {
    0x70: lambda _: None,  # TC_NULL
    0x71: Walker.reference,  # TC_REFERENCE
    0x72: Walker.new_class_desc,  # TC_CLASSDESC
    0x73: Walker.new_object,  # TC_OBJECT
    0x74: Walker.new_string,  # TC_STRING
    0x75: Walker.new_array,  # TC_ARRAY
    0x76: Walker.new_class,  # TC_CLASS
    0x77: lambda walker: walker.block_data(_U8),  # TC_BLOCKDATA
    0x78: lambda _: Mark.END_BLOCK_DATA,  # TC_ENDBLOCKDATA
    0x79: Walker.reset,  # TC_RESET
    0x7A: lambda walker: walker.block_data(_U32),  # TC_BLOCKDATALONG
    0x7B: Walker.exception,  # TC_EXCEPTION
    0x7C: Walker.new_long_string,  # TC_LONGSTRING
    0x7D: Walker.new_proxy_class_desc,  # TC_PROXYCLASSDESC
    0x7E: Walker.new_enum,  # TC_ENUM
}
_BETWEEN_OBJECTS: Final = (0x79, 0x7B)  # TC_RESET and TC_EXCEPTION: Java, too, takes them only there
