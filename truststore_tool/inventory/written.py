"""Files of configuration as settings: a name, a value, the line. Text in, nothing believed, nothing carried out.

The languages are read as far as settings that name a file need it: what is understood of them is small, and what is
not understood is passed over. A value that holds a whole file (a ConfigMap of Kubernetes) is read as that file.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from html import unescape
from itertools import islice
from typing import Final

from truststore_tool.inventory import written_yaml
from truststore_tool.inventory.setting import Setting, flattened, unquoted


def settings(name: str, text: str, depth: int = 0) -> Iterator[Setting]:
    """The settings of the file called `name` (its last part decides the language), in their order."""
    base = name.rsplit("/", 1)[-1].lower()
    suffix = base.rpartition(".")[2]
    read = _LANGUAGES.get(suffix, _lines)
    yield from islice(read(text, depth), _MOST)


_MOST: Final = 50_000  # settings of a file
_COMMENT: Final = re.compile(r"\s*(?:[#;!]|//|REM\s|::)", re.IGNORECASE)
_ASSIGNMENT: Final = re.compile(
    r"\s*(?:export\s+|set\s+|ENV\s+|ARG\s+|-e\s+|<|\$)?([A-Za-z_][\w.\-\[\]]{0,200}(?:::[\w.\-]{1,100}){0,5})"
    r"[ \t]*([=:]|[ \t])[ \t]*(.*)",
    re.IGNORECASE,
)
_CONTINUED: Final = re.compile(r"(?<!\\)(?:\\\\)*\\$")
_STATEMENT: Final = re.compile(r"""[^;{}"']*(?:(?:"[^"]*"|'[^']*')[^;{}"']*)*[;{}]""")
_TRAILING: Final = re.compile(r"\s+#")
_ITEM: Final = re.compile(r"""["']([^"']*)["']""")
_MOST_LINES: Final = 100  # that one is continued over
_LONGEST_LINE: Final = 20_000


def _properties(text: str, depth: int) -> Iterator[Setting]:
    """Java's properties, in which everything behind the sign is the value (java.util.Properties, load)."""
    return _lines(text, depth, plain=True)


def _lines(text: str, depth: int, *, plain: bool = False) -> Iterator[Setting]:
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
        if statements := _statements(line) if not plain else ():
            inside = (item for each in statements for item in _lines(each, depth) if item.name)
            yield from (Setting(section + item.name, item.value, number, item.quoted) for item in inside)
            yield Setting("", line, number)
        elif line.startswith("[") and line.endswith("]"):
            section = f"{line[1:-1].strip()}."
        elif found := _ASSIGNMENT.fullmatch(line):
            value = (found[3].rstrip("; \t") if found[2].isspace() else found[3]).strip()
            if found[2] == "=":
                value = value.removeprefix(">").lstrip()  # Ruby's arrow, as Logstash has it
            if not plain:
                value = _ended(value, of_variable=found[2] == "=" and found[1].isupper())
            name = section + found[1].replace("::", ".")  # as apt writes them
            if value[:2] in ('["', "['"):
                yield from (Setting(name, each, number, quoted=True) for each in _ITEM.findall(value))
            else:
                inner = unquoted(value)
                yield Setting(name, inner, number, inner != value)
            yield Setting("", line, number)
        else:
            yield Setting("", line, number)


def _statements(line: str) -> list[str]:
    """The statements that stand on one line (nginx, and its like); none where it is one, or of another language."""
    if not line.endswith((";", "}")) or "=" in line:
        return []
    found, at = [], 0
    while statement := _STATEMENT.match(line, at):
        found.append(statement[0])
        at = statement.end()
    return found if len(found) > 1 and at == len(line) else []


def _ended(value: str, *, of_variable: bool) -> str:
    """A value up to the quote that closes it, or else up to a comment, or of a variable to the first blank."""
    if value[:1] in ("'", '"'):
        end = value.find(value[0], 1)
        behind = value[end + 1 :].lstrip()
        return value[: end + 1] if end > 0 and (not behind or behind.startswith("#")) else value
    value = _TRAILING.split(value, maxsplit=1)[0]
    return value.split(None, 1)[0] if of_variable and value else value


def _yaml(text: str, depth: int) -> Iterator[Setting]:
    """YAML; a value of several lines is a file of its own, where its name is that of one."""
    for item in written_yaml.read(text):
        if item.whole and depth < _FILES:
            for inner in settings(item.name.rpartition(".")[2], item.value, depth + 1):
                yield Setting(inner.name, inner.value, item.line)
        yield Setting(item.name, item.value.strip() if item.whole else item.value, item.line, item.quoted)


_FILES: Final = 2  # files in values of files


def _json(text: str, depth: int) -> Iterator[Setting]:  # noqa: ARG001 -- as its neighbours
    """JSON's strings, by the names that lead to them. Nothing of a text that is not JSON."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return
    yield from flattened(body)


def _toml(text: str, depth: int) -> Iterator[Setting]:
    """TOML's strings, likewise; its lines, where it is none."""
    try:
        body = tomllib.loads(text)
    except (ValueError, RecursionError):
        yield from _lines(text, depth)
    else:
        yield from flattened(body)


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
    "toml": _toml,
    "xml": _xml,
    "properties": _properties,
}
