"""Which rules of pg_hba.conf let somebody in without TLS, beside a real server under generated files."""

import os
import time
from collections.abc import Iterator, Sequence
from ipaddress import ip_address

import pytest

from tests.postgres.hba_cases import INCLUDED, SETUP, Attempt, attempts, is_let_in, lines
from tests.postgres.server import Server, folder_of_servers, postgresql
from truststore_tool.postgres.asking import Connection
from truststore_tool.postgres.hba import Where, Who, fits_where, fits_who, letting_in
from truststore_tool.postgres.hba_asking import plain_text, rules_of
from truststore_tool.postgres.hba_file import Rule, Word, fields

COUNT = int(os.environ.get("TRUSTSTORE_TOOL_HBA", "15"))
ROLES = {"boss": ("team",), "team": ("staff",)}


@pytest.fixture(scope="module")
def guarded() -> Iterator[Server]:
    """A server on both loopbacks, with the roles and databases of the cases."""
    with folder_of_servers() as folder, postgresql(folder, "127.0.0.1, ::1") as server:
        for statements in SETUP:
            server.run(statements)
        for name, text in INCLUDED.items():
            (server.folder / name).write_text(text)
        yield server


def asking(server: Server) -> Connection:
    return Connection(
        {"host": str(server.folder), "port": str(server.port), "user": "postgres", "dbname": "postgres"}, 20
    )


def first_to_fit(rules: Sequence[Rule], attempt: Attempt, version: int) -> Rule | str | None:
    """The rule that decides on a login as we see it; "unknown" where we do not know."""
    roles = {attempt.user, *ROLES.get(attempt.user, ()), *(("staff",) if attempt.user == "boss" else ())}
    who = Who(attempt.user, frozenset(roles), attempt.database)
    near = {"samehost", "samenet"} if attempt.source in ("127.0.0.1", "::1") else {"samenet"}
    where = Where(ip_address(attempt.source), frozenset(near))
    for rule in rules:
        fits = {fits_who(rule, who, version), fits_where(rule, where)}
        if version >= 160000 and any(word.text.startswith("/") for word in (*rule.users, *rule.databases)):
            fits.add(None)
        if False not in fits:
            return "unknown" if None in fits else rule
    return None


def test_the_server_and_we_agree(guarded: Server) -> None:
    known = closed = opened = 0
    for seed in range(COUNT):
        text = lines(seed, guarded.version)
        guarded.write_hba(*text)
        with asking(guarded) as connection:
            rules, members, doubts = rules_of(connection) or ((), {}, ())
            version = connection.server_version
        letting = letting_in(rules, members, version)
        assert doubts == (), text
        assert letting is not None
        real = {attempt: is_let_in(guarded.port, attempt) for attempt in attempts()}
        for attempt, let_in in real.items():
            rule = first_to_fit(rules, attempt, version)
            if isinstance(rule, str):
                continue
            known += 1
            assert (rule is not None and rule.method != "reject") is let_in, (seed, attempt, text)
            assert not let_in or rule in letting, (seed, attempt, text)
        assert letting or not any(real.values()), (seed, text)
        closed += not letting
        opened += bool(letting)
    assert known > 0.8 * COUNT * len(attempts())
    assert min(closed, opened) > COUNT // 6


def judged(server: Server, *text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The rules that let somebody in, and the doubts."""
    server.write_hba("local all all trust", *text)
    with asking(server) as connection:
        found = plain_text(connection)
    assert found is not None
    return found.rules, found.doubts


OPEN = "host all all all scram-sha-256"


@pytest.mark.parametrize(
    ("closing", "closes"),
    [
        (("hostnossl all all 0.0.0.0/0 reject", "hostnossl all all ::/0 reject"), True),
        (("host all all 0.0.0.0/0 reject", "hostnossl all all ::0/0 reject"), True),
        (("hostnossl all all 0.0.0.0/0 reject",), False),
        (("hostnossl all all 0.0.0.0 0.0.0.0 reject", "hostnossl all all :: :: reject"), True),
        (
            ("hostnossl all all 0.0.0.0/1 reject", "hostnossl all all 128.0.0.0/1 reject", "host all all ::/0 reject"),
            True,
        ),
        (
            ("hostnossl all all 0.0.0.0/2 reject", "hostnossl all all 128.0.0.0/1 reject", "host all all ::/0 reject"),
            False,
        ),
        (("hostnossl all all all reject",), True),
        (('hostnossl "all" all all reject',), False),
        (('hostnossl all all "all" reject',), False),
        (("hostnossl postgres all all reject",), False),
        (("hostnossl all postgres all reject",), False),
        (("hostnossl all,replication all,postgres all reject",), True),
        (("hostssl all all all reject",), False),
        (("hostnogssenc all all all reject",), True),
        (("hostgssenc all all all reject",), False),
        (("hostnossl all all samenet reject",), False),
        (("hostnossl all @people all reject",), False),
        (("hostnossl all +staff all reject",), False),
    ],
)
def test_what_closes_plain_text(guarded: Server, closing: tuple[str, ...], closes: bool) -> None:
    rules, doubts = judged(guarded, *closing, OPEN)
    assert doubts == ()
    assert (rules == ()) is closes
    there = [attempt for attempt in attempts() if attempt.database is not None]
    assert not closes or not any(is_let_in(guarded.port, attempt) for attempt in there)


def test_physical_replication_is_not_all_databases(guarded: Server) -> None:
    closing = "hostnossl all all all reject"
    rules, _ = judged(guarded, closing, "host replication reader all trust")
    assert rules == ("host replication reader all trust",)
    assert is_let_in(guarded.port, Attempt("reader", None, "127.0.0.1"))
    assert not is_let_in(guarded.port, Attempt("app", None, "127.0.0.1"))


def test_what_the_view_alone_does_not_show(guarded: Server) -> None:
    rules, doubts = judged(guarded, "hostnossl all all all reject", OPEN, "host nonsense")
    assert (rules, doubts) == ((), ("it has errors, so that the server goes by what it read before",))
    judged(guarded, OPEN)
    guarded.run("CREATE ROLE viewer LOGIN; GRANT EXECUTE ON FUNCTION pg_hba_file_rules TO viewer;")
    guarded.run("GRANT SELECT ON pg_hba_file_rules TO viewer;")
    place = {"host": str(guarded.folder), "port": str(guarded.port), "dbname": "postgres"}
    with Connection({**place, "user": "viewer"}, timeout=120) as connection:
        found = plain_text(connection)
    assert found is not None
    assert (len(found.rules), len(found.doubts)) == (1, 1)
    assert "may not read the file itself" in found.doubts[0]
    with Connection({**place, "user": "reader"}, timeout=120) as connection:
        assert plain_text(connection) is None


def test_a_file_that_was_changed_and_not_read_again(guarded: Server) -> None:
    judged(guarded, OPEN)
    (guarded.folder / "pg_hba.conf").write_text("local all all trust\nhostnossl all all all reject\n")
    os.utime(guarded.folder / "pg_hba.conf", (time.time() + 60, time.time() + 60))
    with asking(guarded) as connection:
        found = plain_text(connection)
    assert found is not None
    assert (found.rules, found.doubts) == ((), ("it was changed after the server read it last",))


def test_more_rules_than_can_be_compared() -> None:
    rules = [Rule("host", (Word(f"d{n}"),), (Word(f"u{n}"),), Word("all"), None, "md5") for n in range(500)]
    assert letting_in(rules, {}, 150000) is None


def test_a_regular_expression_is_not_judged_by_its_likes() -> None:
    def rule(user: str, method: str) -> Rule:
        return Rule("host", (Word("all"),), (Word(user),), Word("all"), None, method)

    rules = [rule("/^a", "reject"), rule("/^ab", "md5"), rule("/^a", "trust")]
    assert letting_in(rules, {}, 160000) == (rules[1],)
    assert letting_in(rules, {}, 150000) == (rules[1],)  # names that begin with a slash


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('host "a b",c "" # x', [[("host", False)], [("a b", True), ("c", False)], [("", True)]]),
        ('host a, b d"e"f ""x', [[("host", False)], [("a", False), ("b", False)], [("def", False)], [("x", True)]]),
        ('host a ,b "say ""hi"""#', [[("host", False)], [("a", False)], [("b", False)], [('say "hi"', True)]]),
    ],
)
def test_words_and_quotes(line: str, expected: list[list[tuple[str, bool]]]) -> None:
    assert fields(line) == expected
