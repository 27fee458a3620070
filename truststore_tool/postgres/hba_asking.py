"""The rules of pg_hba.conf as a server shows them to this role, and what stays open about them."""

import json
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from truststore_tool.nouns import noun
from truststore_tool.postgres.hba import letting_in
from truststore_tool.postgres.hba_file import Rule, Word, fields

if TYPE_CHECKING:
    from truststore_tool.postgres.asking import Connection

_MAY_NOT: Final = "42501"  # insufficient_privilege (PostgreSQL documentation, PostgreSQL Error Codes)
_WITH_INCLUDES: Final = 160000  # server_version_num from which there are several files
_RULES: Final = """
SELECT {file} AS file, line_number AS line, type, array_to_json(database) AS databases,
       array_to_json(user_name) AS users, address, netmask, auth_method AS method, error IS NOT NULL AS error
FROM pg_hba_file_rules ORDER BY {order}
"""
_RULE_COLUMNS: Final = ("file", "line", "type", "databases", "users", "address", "netmask", "method", "error")
# The view shows neither quotes nor when the server read the files last.
_TEXTS: Final = """
SELECT file, encode(pg_read_binary_file(name), 'base64') AS content,
       (pg_stat_file(name)).modification > pg_conf_load_time() AS newer
FROM (SELECT DISTINCT {file} AS file, {named} AS name FROM pg_hba_file_rules) AS files
"""
_MEMBERS: Final = """
SELECT r.rolname AS role, array_to_json(array_remove(array_agg(g.rolname), NULL)) AS groups
FROM pg_roles r LEFT JOIN pg_auth_members m ON m.member = r.oid LEFT JOIN pg_roles g ON g.oid = m.roleid
GROUP BY r.rolname
"""
_KEYWORDS: Final = {"all", "sameuser", "samerole", "samegroup", "replication", "samehost", "samenet"}


@noun
class PlainText:
    """What pg_hba.conf says of clients without TLS.

    Attributes:
        rules: those by which somebody may get in over the network, as they would be written.
        doubts: what is not known of the rules, so that there might be others.
    """

    rules: tuple[str, ...]
    doubts: tuple[str, ...]


class Row(NamedTuple):
    """A line of the view."""

    file: str
    line: int
    kind: str
    databases: tuple[str, ...]
    users: tuple[str, ...]
    address: str | None
    netmask: str | None
    method: str


def plain_text(connection: "Connection") -> PlainText | None:
    """Ask for the rules and judge them; None where this role may not see them. Raises UnreadableError."""
    found = rules_of(connection)
    if found is None:
        return None
    rules, members, doubts = found
    letting = letting_in(rules, members, connection.server_version)
    if letting is None:
        doubts = (*doubts, "it has more rules than are judged here")
        letting = tuple(rule for rule in rules if rule.method != "reject" and rule.kind.startswith("host"))
    return PlainText(tuple(map(str, letting)), doubts)


def rules_of(
    connection: "Connection",
) -> tuple[tuple[Rule, ...], dict[str, tuple[str, ...]], tuple[str, ...]] | None:
    """The rules in their order; of each role those that it is a member of; and what is not known of the rules."""
    # Not everybody who may see the rules may see where the file is.
    in_view, in_order, named = ("''", "line_number", "current_setting('hba_file')")
    if connection.server_version >= _WITH_INCLUDES:
        in_view, in_order, named = "file_name", "rule_number", "file_name"
    query = _RULES.format(file=in_view, order=in_order)
    found = connection.ask(query, _RULE_COLUMNS, _row, unless_refused=_MAY_NOT)
    if found is None:
        return None
    rows = [row for row in found if row is not None]
    doubts = []
    if len(rows) < len(found):
        doubts.append("it has errors, so that the server goes by what it read before")
    texts = connection.ask(
        _TEXTS.format(file=in_view, named=named), ("file", "content", "newer"), _text, unless_refused=_MAY_NOT
    )
    if texts is None:
        doubts.append("this role may not read the file itself: what is quoted there, and whether it is in force")
    elif any(newer for _, _, newer in texts):
        doubts.append("it was changed after the server read it last")
    # Without the file its keywords are taken for what they nearly always are.
    rules = _rules(rows, None if texts is None else {name: content for name, content, _ in texts})
    members = dict(connection.ask(_MEMBERS, ("role", "groups"), _membership))
    return rules, members, tuple(doubts)


def _row(values: Sequence[str | None]) -> Row | None:
    """A line from the text of its columns, None for one with an error. Raises ValueError."""
    file, line, kind, databases, users, address, netmask, method, error = values
    if error == "t":
        return None
    if file is None or line is None or kind is None or method is None:
        raise ValueError
    return Row(file, int(line), kind, _names(databases), _names(users), address, netmask, method)


def _names(text: str | None) -> tuple[str, ...]:
    """The texts in an array in JSON. Raises ValueError."""
    try:
        found = json.loads(text or "[]")
    except RecursionError as exc:
        raise ValueError from exc
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise ValueError
    return tuple(found)


def _text(values: Sequence[str | None]) -> tuple[str, list[str], bool]:
    file, content, newer = values
    if file is None or content is None:
        raise ValueError
    return file, b64decode(content).decode("utf-8", "surrogateescape").split("\n"), newer != "f"


def _membership(values: Sequence[str | None]) -> tuple[str, tuple[str, ...]]:
    role, groups = values
    if role is None:
        raise ValueError
    return role, _names(groups)


def _rules(rows: Iterable[Row], files: Mapping[str, Sequence[str]] | None) -> tuple[Rule, ...]:
    """The rules with their quotes, which only the files show."""
    return tuple(_rule(row, None if files is None else _written(row, files.get(row.file, ()))) for row in rows)


def _rule(row: Row, written: list[list[Word]] | None) -> Rule:
    databases, users, address = ((), (), ()) if written is None else (*written[1:4], [], [], [])[:3]
    return Rule(
        row.kind,
        tuple(_words(row.databases, databases, written is None)),
        tuple(_words(row.users, users, written is None)),
        next(_words((row.address or "",), address, written is None)),
        row.netmask,
        row.method,
    )


def _written(row: Row, lines: Sequence[str]) -> list[list[Word]]:
    """The fields of the line that a row is about, which may go on in the next ones."""
    first = row.line - 1
    last = first
    while last < len(lines) and lines[last].endswith("\\"):
        last += 1
    return fields("".join(line.removesuffix("\\") for line in lines[first : last + 1]))


def _words(shown: Sequence[str], written: Sequence[Word], unread: bool) -> Iterator[Word]:
    """What is shown, with what is written: where that comes from another file, it is not known what is quoted."""
    known = [word.text for word in written] == [*shown]
    for place, text in enumerate(shown):
        special = text in _KEYWORDS or text.startswith("+")
        if known or unread or not special:
            yield Word(text, known and written[place].quoted)
        else:
            yield Word(text, None)
