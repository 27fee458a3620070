"""Files of configuration as settings: a name, a value, the line. Text in, nothing believed, nothing carried out.

The languages are read as far as settings that name a file need it: what is understood of them is small, and what is
not understood is passed over. A value that holds a whole file (a ConfigMap of Kubernetes) is read as that file.
"""

import json
import re
from collections.abc import Callable, Iterator
from html import unescape
from itertools import islice
from typing import Final

from truststore_tool.nouns import noun


@noun
class Setting:
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


def settings(name: str, text: str, depth: int = 0) -> Iterator[Setting]:
    """The settings of the file called `name` (its last part decides the language), in their order."""
    base = name.rsplit("/", 1)[-1].lower()
    suffix = base.rpartition(".")[2]
    read = _LANGUAGES.get(suffix, _lines)
    yield from islice(read(text, depth), _MOST)


_MOST: Final = 50_000  # settings of a file
_COMMENT: Final = re.compile(r"\s*(?:[#;!]|//|REM\s|::)", re.IGNORECASE)
_ASSIGNMENT: Final = re.compile(
    r"""\s*(?:export\s+|set\s+|ENV\s+|ARG\s+|-e\s+|<)?([A-Za-z_][\w.\-\[\]]{0,200})[ \t]*([=:]|[ \t])[ \t]*(.*)""",
    re.IGNORECASE,
)
_CONTINUED: Final = re.compile(r"(?<!\\)(?:\\\\)*\\$")
_TRAILING: Final = re.compile(r"\s+#")
_MOST_LINES: Final = 100  # that one is continued over
_LONGEST_LINE: Final = 20_000


def _properties(text: str, depth: int) -> Iterator[Setting]:
    """Java's properties, in which everything behind the sign is the value (java.util.Properties, load)."""
    return _lines(text, depth, plain=True)


def _lines(text: str, depth: int, *, plain: bool = False) -> Iterator[Setting]:  # noqa: ARG001 -- as its neighbours
    """Ini files, shell, unit files, nginx and the like: a line, or what a backslash continues, a setting.

    The section of an ini file stands before its names: ``[client]`` and ``ssl-ca`` are ``client.ssl-ca``. Unless it is
    `plain`, a value ends before a comment, and that of a variable (``NAME=value more``) where the shell ends it.
    """
    section = ""
    rows = iter(enumerate(text.splitlines(), 1))
    for number, row in rows:
        if _COMMENT.match(row) or not row.strip():
            continue
        parts = [row.strip()[:_LONGEST_LINE]]
        while len(parts) < _MOST_LINES and _CONTINUED.search(parts[-1]):
            parts.append(next(rows, (0, ""))[1].strip()[:_LONGEST_LINE])
        line = "".join(part[:-1] if _CONTINUED.search(part) else part for part in parts)
        if line.startswith("[") and line.endswith("]"):
            section = f"{line[1:-1].strip()}."
        elif found := _ASSIGNMENT.fullmatch(line):
            value = (found[3].rstrip("; \t") if found[2].isspace() else found[3]).strip()
            if not plain:
                value = _ended(value, of_variable=found[2] == "=" and found[1].isupper())
            inner = unquoted(value)
            yield Setting(section + found[1], inner, number, inner != value)
            yield Setting("", line, number)
        else:
            yield Setting("", line, number)


def _ended(value: str, *, of_variable: bool) -> str:
    """A value up to the quote that closes it, or else up to a comment, or of a variable to the first blank."""
    if value[:1] in ("'", '"'):
        end = value.find(value[0], 1)
        behind = value[end + 1 :].lstrip()
        return value[: end + 1] if end > 0 and (not behind or behind.startswith("#")) else value
    value = _TRAILING.split(value, maxsplit=1)[0]
    return value.split(None, 1)[0] if of_variable and value else value


def unquoted(value: str) -> str:
    """Without blanks and the quotes around it."""
    value = value.strip()
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value


# A tag or an anchor before a value, and the items of a sequence on one line.
_MARKS: Final = re.compile(r"^(?:[!&]\S{0,100}\s+){1,2}")
_ITEM: Final = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([^\s,\[\]"'][^,\[\]]*))\s*[,\]]""")
_DASHES: Final = re.compile(r"(?:- +)*")


def _yaml(text: str, depth: int) -> Iterator[Setting]:
    """YAML's mappings, sequences and block scalars by their indentation; not its aliases, nor flow mappings.

    An item of a sequence with a name and a value (an environment of Kubernetes) is a setting of that name.
    """
    above: list[tuple[int, str]] = []  # how far a name is indented, and the name
    item = ""
    rows = text.expandtabs(8).splitlines()
    number = 0
    while number < len(rows):
        row = rows[number].rstrip()
        number += 1
        body = row.lstrip()
        if not body or body.startswith("#"):
            continue
        if row.startswith(("---", "...")):
            above, item = [], ""
            continue
        outer = len(row) - len(body)
        body = _DASHES.sub("", body, count=1)
        indent = len(row) - len(body)
        key, value = _pair(body)
        value = _MARKS.sub("", value)
        while above and above[-1][0] >= (outer + 1 if indent > outer else indent):
            above.pop()
        name = ".".join([*(each for _, each in above[-_DEEPEST:]), *([key] if key else [])])
        if value[:1] in ("|", ">") and not value.strip("|>+-0123456789"):
            block, number = _block(rows, number, outer)
            yield from _whole(name, key, block, number, depth)
        elif key and not value:
            above.append((indent, key))
        elif value.startswith("["):
            yield from (Setting(name, each, number, quoted=True) for each in _flow(value))
        elif value.startswith(("{", "*")):
            continue  # a mapping on one line, or what stands elsewhere
        elif key == "value" and item:
            yield Setting(item, value, number)
        else:
            item = value if key == "name" else item
            yield Setting(name, value, number)


def _pair(body: str) -> tuple[str, str]:
    """The name and the value of a line of YAML, without quotes and comments; the name is empty for a plain value."""
    quote = body[:1] if body[:1] in "\"'" else ""
    start = body.find(quote, 1) + 1 if quote else 0
    place = body.find(": ", start) if not body.endswith(":") or ": " in body[start:] else len(body) - 1
    key, value = ("", body) if place < 0 or (quote and place > start + 1) else (body[:place], body[place + 1 :].strip())
    if value[:1] in ("'", '"') and value:
        value = value[: value.find(value[0], 1) + 1] or value
    elif value.startswith("#"):
        value = ""
    else:
        value = value.partition(" #")[0]
    return unquoted(key), unquoted(value)


def _flow(value: str) -> Iterator[str]:
    """The items of a sequence in flow style; nothing where there are others inside of it."""
    at = 1
    while found := _ITEM.match(value, at):
        yield (found[1] or found[2] or found[3] or "").strip()
        at = found.end()


def _block(rows: list[str], number: int, indent: int) -> tuple[str, int]:
    """The lines of a block scalar below a line that is indented so, and the number of the line behind it."""
    start = number
    while number < len(rows) and (not rows[number].strip() or len(rows[number]) - len(rows[number].lstrip()) > indent):
        number += 1
    block = rows[start:number]
    inner = min((len(row) - len(row.lstrip()) for row in block if row.strip()), default=0)
    return "\n".join(row[inner:] for row in block), number


def _whole(name: str, key: str, text: str, line: int, depth: int) -> Iterator[Setting]:
    """A value of several lines: a file of its own, where its name is that of one, or the lines of a script."""
    if depth < _FILES:
        for inner in settings(key, text, depth + 1):
            yield Setting(inner.name, inner.value, line)
    yield Setting(name, text.strip(), line)


_DEEPEST: Final = 20  # names above a name
_FILES: Final = 2  # files in values of files


def _json(text: str, depth: int) -> Iterator[Setting]:  # noqa: ARG001 -- as its neighbours
    """JSON's strings, by the names that lead to them. Nothing of a text that is not JSON."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return
    stack: list[tuple[str, object]] = [("", body)]
    while stack:
        name, value = stack.pop()
        if isinstance(value, dict):
            pair = value.get("name"), value.get("value")
            if isinstance(pair[0], str) and isinstance(pair[1], str):
                yield Setting(pair[0], pair[1])
            inside = [(f"{name}.{key}" if name else str(key), each) for key, each in value.items()]
            stack += reversed(inside)
        elif isinstance(value, list):
            stack += [(name, each) for each in reversed(value)]
        elif isinstance(value, str) and len(name) < _LONGEST:
            yield Setting(name, value)


_LONGEST: Final = 1000
_XML_COMMENT: Final = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TAG: Final = re.compile(r"<([A-Za-z][\w:.\-]{0,100})((?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*)>([^<]{0,4000})")
_ATTRIBUTE: Final = re.compile(r"""([A-Za-z][\w:.\-]{0,100})\s{0,20}=\s{0,20}(?:"([^"]*)"|'([^']*)')""")


def _xml(text: str, depth: int) -> Iterator[Setting]:  # noqa: ARG001 -- as its neighbours
    """XML's attributes (``Connector.truststoreFile``), the text of elements, and pairs of a name and a value."""
    text = _XML_COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)
    named = ""
    line, last = 1, 0
    for tag in _TAG.finditer(text):
        line, last = line + text.count("\n", last, tag.start()), tag.start()
        given = {found[1]: unescape(found[2] or found[3] or "") for found in _ATTRIBUTE.finditer(tag[2])}
        for name, value in given.items():
            yield Setting(f"{tag[1]}.{name}", value, line)
        label = given.get("name") or given.get("key")
        inner = unescape(tag[3]).strip()
        if label and (value := given.get("value") or inner):
            yield Setting(label, value, line)
        elif tag[1] == "name":
            named = inner
        elif tag[1] == "value" and named:
            yield Setting(named, inner, line)
            named = ""
        elif inner:
            yield Setting(tag[1], inner, line)


_LANGUAGES: Final[dict[str, Callable[[str, int], Iterator[Setting]]]] = {
    "yml": _yaml,
    "yaml": _yaml,
    "json": _json,
    "xml": _xml,
    "properties": _properties,
}
