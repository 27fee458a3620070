"""YAML as settings: mappings, sequences and scalars as far as settings that name a file need it; nothing is built."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from truststore_tool.inventory.setting import Setting, flattened, unquoted

_MOST_LINES: Final = 1000  # that a scalar, or a collection in flow style, goes on over
_LONGEST: Final = 100_000
_DEEPEST: Final = 20  # names above a name
_QUOTES: Final = ("'", '"')
_DASHES: Final = re.compile(r"(?:- +)*")
# An anchor or a tag before a value.
_MARKS: Final = re.compile(r"(?:(?:&(?P<anchor>\S{1,100})|!\S{0,100})(?:\s+|\Z)){1,2}")
# What goes on with no plain scalar: nothing, a comment, an item, a name.
_STARTS: Final = re.compile(r"\Z|#|-(?: |\Z)|.*?:(?: |\Z)")
_QUOTED: Final = r"""'[^']*+(?:''[^']*+)*'(?!')|"[^"\\]*+(?:\\.[^"\\]*+)*\""""
_CLOSED: Final = re.compile(_QUOTED, re.DOTALL)
_TOKEN: Final = re.compile(
    rf"""\s*+(?:(?P<sign>[\[\]{{}},]|:(?=[\s,\[\]{{}}"']|\Z))|(?P<quoted>{_QUOTED})"""
    r"|(?P<plain>(?:[^\[\]{},:]++|:(?![\s,\[\]{}]|\Z))+))",
    re.DOTALL,
)
_ESCAPED: Final = re.compile(r"\\(?:([\"\\/ ])|\n)")


class Written(NamedTuple):
    """As `Setting`; `whole` is a value of several lines, as which files stand in others."""

    name: str
    value: str
    line: int
    quoted: bool = False
    whole: bool = False


def read(text: str) -> Iterator[Written]:
    """The settings of a text, by indentation and in flow style.

    An item of a sequence with a name and a value (an environment of Kubernetes) is a setting of that name. An alias is
    the scalar that its anchor stands before.
    """
    above: list[tuple[int, str]] = []  # how far a name is indented, and the name
    anchored: dict[str, str] = {}
    item = ""
    rows = text.expandtabs(8).splitlines()
    number = looked = 0  # what was looked at for the end of something, without success, is not looked at again
    while number < len(rows):
        row = rows[number].rstrip()
        number += 1
        body = row.lstrip()
        if not body or body[0] == "#":
            continue
        if row.startswith(("---", "...")):
            above, item = [], ""
            continue
        outer = len(row) - len(body)
        dashes = _DASHES.match(body)
        body = body[dashes.end() :] if dashes else body
        indent = len(row) - len(body)
        if not body:
            continue
        key, value = _pair(body)
        mark = _MARKS.match(value) if value[:1] in ("!", "&") else None
        value = value[mark.end() :] if mark else value
        while above and above[-1][0] >= (outer + 1 if indent > outer else indent):
            above.pop()
        if key and not value:
            above.append((indent, key))
            continue
        name = ".".join([*(each for _, each in above[-_DEEPEST:]), *([key] if key else [])])
        line = number
        if value[:1] in ("|", ">") and not value.strip("|>+-0123456789"):
            block, number = _block(rows, number, outer)
            yield Written(name, block, line, whole=True)
            continue
        if key:
            edge = indent
        elif dashes and dashes[0]:
            edge = outer + dashes[0].rindex("-")
        else:
            edge = above[-1][0] if above else -1
        if number >= looked:
            value, number, looked = _continued(rows, number, value, edge)
        if _is_flow(value):
            yield from (Written(each.name, each.value, line, quoted=True) for each in _inside(value, name))
            continue
        if value[:1] == "*" and value[1:] not in anchored:
            continue
        value = anchored[value[1:]] if value[:1] == "*" else _scalar(value)
        if mark and mark["anchor"]:
            anchored[mark["anchor"]] = value
        if key == "value" and item:
            yield Written(item, value, line)
        else:
            item = value if key == "name" else item
            yield Written(name, value, line)


def _pair(body: str) -> tuple[str, str]:
    """The name and the value of a line, without comments; the name is empty for a plain value."""
    quote = body[0] if body[0] in _QUOTES else ""
    start = body.find(quote, 1) + 1 if quote else 0
    place = body.find(": ", start) if not body.endswith(":") or ": " in body[start:] else len(body) - 1
    if place < 0 or (quote and place > start + 1) or body[0] in "[{":
        key, value = "", body
    else:
        key, value = body[:place], body[place + 1 :].strip()
    if value[:1] in _QUOTES and value:
        closed = _CLOSED.match(value)
        value = closed[0] if closed else value
    elif value[:1] == "#":
        value = ""
    elif " #" in value:
        value = value.partition(" #")[0].rstrip()
    return unquoted(key) if quote else key, value


def _continued(rows: list[str], number: int, value: str, edge: int) -> tuple[str, int, int]:
    """A scalar or collection with the lines that it goes on over, how many rows lie behind it, and were looked at.

    A plain scalar goes on over what is indented further than `edge`.
    """
    if _is_whole(value):
        return value, number, number
    flow = _is_flow(value)
    ends = value[0] if value[:1] in _QUOTES else "]}" if flow else ""
    parts, size, after, opened = [value], len(value), number, _opened(value) if flow else 0
    while after < len(rows) and len(parts) < _MOST_LINES and size < _LONGEST:
        row = rows[after]
        body = row.strip()
        if not ends and (len(row) - len(row.lstrip()) <= edge or _STARTS.match(body)):
            break
        after += 1
        parts.append(body)
        size += len(body)
        opened += _opened(body) if flow else 0
        if ends and (opened <= 0 if flow else ends in body) and _is_whole(whole := "\n".join(parts)):
            return whole, after, after
    return (value, number, after) if ends else ("\n".join(parts), after, after)


def _opened(body: str) -> int:
    """How many collections a line opens more than it closes, if its quoted scalars have none of their signs."""
    return body.count("[") + body.count("{") - body.count("]") - body.count("}")


def _is_whole(value: str) -> bool:
    """Whether a scalar in quotes, or a collection in flow style, ends where the value does. Of others nobody knows."""
    if value[:1] in _QUOTES:
        return _CLOSED.match(value) is not None
    return _is_flow(value) and _flow(value) is not None


def _scalar(value: str) -> str:
    """A scalar without its quotes, and with the signs that stood escaped in double ones."""
    inner = value[1:-1] if value[:1] in _QUOTES and value[:1] == value[-1:] and len(value) > 1 else value
    if value[:1] == "'":
        inner = inner.replace("''", "'")
    elif value[:1] == '"' and "\\" in inner:
        inner = _ESCAPED.sub(r"\1", inner)
    return inner.replace("\n", " ")


def _block(rows: list[str], number: int, indent: int) -> tuple[str, int]:
    """The lines of a block scalar below a line that is indented so, and the number of the line behind it."""
    start = number
    while number < len(rows) and (not rows[number].strip() or len(rows[number]) - len(rows[number].lstrip()) > indent):
        number += 1
    block = rows[start:number]
    inner = min((len(row) - len(row.lstrip()) for row in block if row.strip()), default=0)
    return "\n".join(row[inner:] for row in block), number


def _is_flow(value: str) -> bool:
    """Whether it is a collection in flow style, and no template that is filled in."""
    return value[:1] in ("[", "{") and not value.startswith(("{{", "{%"))


def _inside(value: str, name: str) -> Iterator[Setting]:
    return flattened(_flow(value), name)


def _flow(text: str) -> object:
    """A collection in flow style as lists and mappings of strings; None for one that is not closed, or too deep."""
    stack: list[list[object] | dict[str, object]] = []
    key = scalar = None
    at = 0

    def put(value: object) -> None:
        top = stack[-1]
        if isinstance(top, list):
            top.append(value)
        else:
            top[key if key is not None else str(value)] = value

    while token := _TOKEN.match(text, at):
        at = token.end()
        sign = token["sign"]
        if sign is None:
            scalar = _scalar(token["quoted"]) if token["quoted"] else _scalar(token["plain"].strip())
        elif sign == ":":
            key, scalar = scalar, None
        elif sign in "[{":
            if len(stack) > _DEEPEST:
                return None
            inner: list[object] | dict[str, object] = [] if sign == "[" else {}
            if stack:
                put(inner)
            key = scalar = None
            stack.append(inner)
        else:
            if scalar is not None and stack:
                put(scalar)
            key = scalar = None
            if sign != ",":
                closed = stack.pop() if stack else None
                if not stack:
                    return closed
    return None
