"""What a Java serialization stream holds: objects, the classes that they are of, and marks between them."""

from enum import Enum, auto
from typing import NamedTuple


class JavaObject(NamedTuple):
    """An object: the name of its class, and by name those of its fields that are objects themselves."""

    name: str
    fields: dict[str, "Object"]

    def __repr__(self) -> str:
        return f"JavaObject({self.name!r})"  # the fields may be a key


class Mark(Enum):
    """A content without a value that is read."""

    OTHER_OBJECT = auto()  # also one that is still being walked
    BLOCK_DATA = auto()
    END_BLOCK_DATA = auto()
    RESET = auto()


class Layout(NamedTuple):
    """What one class adds to the data of its objects: primitive values, objects, then maybe an annotation."""

    primitive_bytes: int
    objects: tuple[str, ...]  # the names of the fields
    annotated: bool


class ClassDesc(NamedTuple):
    """A class: its name, and the layouts of all classes from the topmost superclass down that add any data."""

    name: str
    layouts: tuple[Layout, ...]


# An enum is the name of its constant, bytes are an array of them.
Object = JavaObject | str | bytes | ClassDesc | Mark | None
