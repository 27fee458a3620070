"""Nouns behave as frozen dataclasses do, and cost nothing to import."""

import copy
import dataclasses
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from truststore_tool.nouns import field, names, noun, replace


@noun
class Noun:
    """A noun."""

    name: str
    secret: str = field(repr=False)
    number: int = 1
    note: object = field(default=None, compare=False)
    items: list[int] = field(default_factory=list)


@dataclasses.dataclass(frozen=True, slots=True)
class Data:
    """The same as a dataclass: what a noun has to do is what this does."""

    name: str
    secret: str = dataclasses.field(repr=False)
    number: int = 1
    note: object = dataclasses.field(default=None, compare=False)
    items: list[int] = dataclasses.field(default_factory=list)


GIVEN: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    (("a", "s"), {}),
    (("a",), {"secret": "s", "number": 2}),
    ((), {"name": "a", "secret": "s", "note": "n"}),
    (("a", "s", 3, "n", [1]), {}),
    (("a", "s"), {"items": [2]}),
    (("b", "s"), {}),
]
REFUSED: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((), {}),
    (("a",), {}),
    (("a", "s", 1, None, [], 6), {}),
    (("a", "s"), {"name": "again"}),
    (("a", "s"), {"nosuch": 1}),
]


def values(thing: object) -> list[object]:
    return [getattr(thing, name) for name in ("name", "secret", "number", "note", "items")]


@pytest.mark.parametrize(("places", "named"), GIVEN)
def test_it_is_made_as_a_dataclass_is(places: tuple[Any, ...], named: dict[str, Any]) -> None:
    assert values(Noun(*places, **named)) == values(Data(*places, **named))
    assert repr(Noun(*places, **named)) == repr(Data(*places, **named)).replace("Data", "Noun")
    assert "'s'" not in repr(Noun(*places, **named))


@pytest.mark.parametrize(("places", "named"), REFUSED)
def test_it_refuses_what_a_dataclass_refuses(places: tuple[Any, ...], named: dict[str, Any]) -> None:
    for kind in (Noun, Data):
        with pytest.raises(TypeError):
            kind(*places, **named)


def test_it_compares_as_a_dataclass_does() -> None:
    for one_places, one_named in GIVEN:
        for other_places, other_named in GIVEN:
            same = Noun(*one_places, **one_named) == Noun(*other_places, **other_named)
            assert same == (Data(*one_places, **one_named) == Data(*other_places, **other_named))
    other: object = Data("a", "s")
    assert Noun("a", "s") != other


def test_what_is_frozen_cannot_be_changed_and_is_hashed_by_its_fields() -> None:
    @noun
    class Point:
        x: int
        y: int = 0

    assert hash(Point(1)) == hash(Point(1, 0)) != hash(Point(2))
    assert len({Point(1), Point(1, 0), Point(1, 1)}) == 2
    with pytest.raises(AttributeError):
        Point(1).x = 2  # type: ignore[misc] # that it is refused is what is tested
    with pytest.raises(AttributeError):
        del Point(1).x
    with pytest.raises(AttributeError):
        Point(1).z = 2  # type: ignore[attr-defined] # the same
    match Point(1, 2):
        case Point(x, y):
            assert (x, y) == (1, 2)


def test_what_is_compared_by_identity_or_may_change() -> None:
    @noun(eq=False)
    class Thing:
        x: int

    @noun(frozen=False)
    class Draft:
        x: int = 0

    assert Thing(1) != Thing(1)
    assert len({Thing(1), Thing(1)}) == 2
    draft = Draft()
    draft.x = 5
    assert draft == Draft(5)
    with pytest.raises(TypeError, match="unhashable"):
        hash(draft)


def test_another_like_it() -> None:
    assert values(replace(Noun("a", "s", items=[1]), name="b")) == ["b", "s", 1, None, [1]]
    with pytest.raises(TypeError, match="nosuch"):
        replace(Noun("a", "s"), nosuch=1)
    assert names(Noun("a", "s")) == ("name", "secret", "number", "note", "items")
    assert names("text") == ()


def test_each_has_a_list_of_its_own() -> None:
    Noun("a", "s").items.append(1)
    assert Noun("a", "s").items == []


@pytest.mark.parametrize("module", ["shims.keytool", "shims.openssl.x509", "stores", "formats.java.jks"])
def test_no_command_imports_what_compiles_classes(module: str) -> None:
    code = f"import sys; sys.path += {sys.path!r}; import truststore_tool.{module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-IS", "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert f"truststore_tool.{module}" in loaded
    assert not loaded & {"dataclasses", "inspect"}


def test_it_is_pickled_and_copied_as_a_dataclass_is() -> None:
    noun, data = Noun("a", "s", 2, "n", [1]), Data("a", "s", 2, "n", [1])
    ways: list[Callable[[object], object]] = [copy.copy, copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))]  # noqa: S301 -- our own
    for through in ways:
        assert values(through(noun)) == values(through(data))
        assert through(noun) == noun
