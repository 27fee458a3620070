"""A setting of a file of configuration, and what those of all languages have in common."""

from collections.abc import Iterator, Mapping
from itertools import repeat
from typing import Final, NamedTuple

_LONGEST: Final = 1000  # characters of a name


class Setting(NamedTuple):
    """A setting.

    Attributes:
        name: as written, behind the names above it with a dot between (``server.ssl.trust-store``); empty for a line
            that sets nothing by itself, as a command of a script.
        value: without quotes around it.
        line: the number of its line, from 1; 0 where that is not known.
        quoted: whether there were quotes around it, so that blanks belong to it.
    """

    name: str
    value: str
    line: int = 0
    quoted: bool = False


def unquoted(value: str) -> str:
    """Without blanks and the quotes around it."""
    value = value.strip()
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value


def flattened(body: object, above: str = "") -> Iterator[Setting]:
    """The strings in mappings and lists, by the names that lead to them from `above`.

    A mapping with a name and a value (an environment of Kubernetes) is a setting of that name, too.
    """
    stack: list[Iterator[tuple[str, object]]] = [iter([(above, body)])]
    while stack:
        for name, value in stack[-1]:
            if isinstance(value, str):
                yield Setting(name, value, quoted=True)
            elif isinstance(value, dict) and len(name) < _LONGEST:
                pair = value.get("name"), value.get("value")
                if isinstance(pair[0], str) and isinstance(pair[1], str):
                    yield Setting(pair[0], pair[1], quoted=True)
                stack.append(_named(value, f"{name}." if name else ""))
                break
            elif isinstance(value, list):
                stack.append(zip(repeat(name), value, strict=False))
                break
        else:
            stack.pop()


def _named(body: Mapping[str, object], above: str) -> Iterator[tuple[str, object]]:
    return ((above + str(key), value) for key, value in body.items())
