"""Frozen, typed, comparable classes that cost next to nothing to define.

`dataclasses` compiles Python source for every class and imports a tenth of the standard library to do so: half of what
a small command takes. Here a class gets slots and methods that are the same for all of them. A type checker sees a
dataclass (PEP 681).
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final, NamedTuple, TypeVar, dataclass_transform, overload

N = TypeVar("N")

_REQUIRED: Final[Any] = object()


class _Field(NamedTuple):
    """What a class says of a field beside its name: see `field`."""

    default: Any = _REQUIRED
    default_factory: Callable[[], Any] | None = None
    repr: bool = True
    compare: bool = True


def field(
    *,
    default: Any = _REQUIRED,
    default_factory: Callable[[], Any] | None = None,
    repr: bool = True,  # noqa: A002 -- as dataclasses call it
    compare: bool = True,
) -> Any:
    """A field with a default value, or one made for each instance; or left out of repr (secrets), or of comparisons."""
    return _Field(default, default_factory, repr, compare)


@overload
def noun(cls: type[N], /) -> type[N]: ...
@overload
def noun(*, eq: bool = True, frozen: bool = True) -> Callable[[type[N]], type[N]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def noun(cls: Any = None, /, *, eq: bool = True, frozen: bool = True) -> Any:
    """Class decorator: its annotations become the fields, given by place or by name.

    Args:
        eq: whether instances are equal when their fields are; else each is equal to itself only.
        frozen: whether setting a field raises AttributeError; only frozen ones are hashable by their fields.
    """
    return _made(cls, eq, frozen) if cls is not None else lambda cls: _made(cls, eq, frozen)


def replace(instance: N, /, **changes: Any) -> N:
    """Another instance of the same class with some fields changed. Raises TypeError for a field that there is not."""
    values = [changes.pop(name) if name in changes else getattr(instance, name) for name in names(instance)]
    if changes:
        raise TypeError(f"{type(instance).__name__} has no field {', '.join(changes)}")
    return type(instance)(*values)


def names(instance: object) -> tuple[str, ...]:
    """The names of its fields in their order; none for what is no noun."""
    found: tuple[str, ...] = getattr(type(instance), "__match_args__", ())
    return found


def _made(cls: type, eq: bool, frozen: bool) -> type:
    body = dict(cls.__dict__)
    fields = {name: _as_field(body.pop(name, _REQUIRED)) for name in body.get("__annotations__", {})}
    for name in ("__dict__", "__weakref__"):
        body.pop(name, None)
    body |= {"__slots__": tuple(fields), "__match_args__": tuple(fields)}
    shown = [name for name, each in fields.items() if each.repr]
    body.setdefault("__repr__", lambda self: _shown(self, shown))
    compared = [name for name, each in fields.items() if each.compare]
    if eq and compared:
        _compare(body, attrgetter(*compared), frozen)
    if frozen:
        # Copied and pickled through its initialiser, as nothing else may set its fields.
        body["__reduce__"] = lambda self: (type(self), tuple(getattr(self, name) for name in fields))
        body |= {"__setattr__": _refused, "__delattr__": _refused}
    made = type(cls)(cls.__name__, cls.__bases__, body)
    # The slots' own setters: they do not ask `__setattr__`, and are the quickest way to set many fields.
    made.__init__ = _initialiser(made, fields, [made.__dict__[name].__set__ for name in fields])  # type: ignore[misc]
    return made


def _as_field(given: Any) -> _Field:
    return given if isinstance(given, _Field) else _Field(given)


def _initialiser(made: type, fields: dict[str, _Field], setters: list[Callable[[Any, Any], None]]) -> Any:
    count = len(fields)
    factories = any(each.default_factory for each in fields.values())
    defaults = tuple(each.default_factory or each.default for each in fields.values())

    def completed(given: tuple[Any, ...], named: dict[str, Any]) -> list[Any]:
        """The values of all fields. Raises TypeError for what is missing, too much or unknown."""
        values = list(given)
        for place, (name, each) in enumerate(list(fields.items())[len(given) :], len(given)):
            if name in named:
                values.append(named.pop(name))
            elif each.default_factory:
                values.append(each.default_factory())
            elif defaults[place] is not _REQUIRED:
                values.append(defaults[place])
            else:
                raise TypeError(f"{made.__name__} lacks its field {name!r}")
        if named or len(values) > count:
            raise TypeError(f"{made.__name__} has no such field: {', '.join(named) or 'too many are given'}")
        return values

    def __init__(self: Any, *given: Any, **named: Any) -> None:  # noqa: N807 -- it becomes the method of that name
        values: Any = given
        if named or len(given) != count:
            missing = defaults[len(given) :]
            if named or factories or _REQUIRED in missing or len(given) > count:
                values = completed(given, named)
            else:
                values = given + missing
        for put, value in zip(setters, values, strict=True):
            put(self, value)

    return __init__


def _compare(body: dict[str, Any], key: Callable[[Any], Any], frozen: bool) -> None:
    def equal(self: object, other: object) -> bool:
        return key(self) == key(other) if type(self) is type(other) else NotImplemented

    body.setdefault("__eq__", equal)
    if frozen:
        body["__hash__"] = body.get("__hash__") or (lambda self: hash(key(self)))


def _shown(instance: object, shown: list[str]) -> str:
    return f"{type(instance).__qualname__}({', '.join(f'{name}={getattr(instance, name)!r}' for name in shown)})"


def _refused(instance: object, name: str, *_: object) -> None:
    raise AttributeError(f"{type(instance).__name__} is frozen: {name} cannot be changed")
