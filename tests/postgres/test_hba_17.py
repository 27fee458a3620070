"""Rules of pg_hba.conf that only newer servers know, beside a real PostgreSQL 17."""

import pytest

from tests.postgres.hba_cases import Attempt, is_let_in
from tests.postgres.seventeen import Seventeen
from truststore_tool.postgres.asking import Connection
from truststore_tool.postgres.hba_asking import plain_text

READER, OTHER = (Attempt(user, "postgres", "127.0.0.1") for user in ("reader", "other"))


@pytest.mark.parametrize(
    ("lines", "included", "letting", "let_in"),
    [
        (("hostnossl all /^re all trust",), "", ("hostnossl all /^re all trust",), {"reader"}),
        (("hostnossl all /^re all reject", "host all all all trust"), "", ("host all all all trust",), {"other"}),
        (("hostnossl all /^re all reject", "host all /^re all trust"), "", (), set()),
        (('host "/^post" other all trust',), "", ('host "/^post" other all trust',), {"other"}),
        (("include more", "host all all all trust"), "hostnossl all all all reject", (), set()),
        (("include more", "host all all all trust"), 'hostnossl all "all" all reject', ("host all all all trust",),
         {"reader", "other"}),
        (("host all @more all reject", "host all other all trust"), "other", (), set()),
    ],
)  # fmt: skip
def test_expressions_and_included_files(
    seventeen: Seventeen, lines: tuple[str, ...], included: str, letting: tuple[str, ...], let_in: set[str]
) -> None:
    data = seventeen.outside / "data"
    (data / "more").write_text(f"{included}\n")
    (data / "pg_hba.conf").write_text("\n".join(("hostssl all reader all trust", *lines)) + "\n")
    seventeen.control("restart")
    place = {"host": "127.0.0.1", "port": str(seventeen.port), "user": "reader", "dbname": "postgres"}
    with Connection({**place, "sslmode": "require"}, timeout=120) as connection:
        found = plain_text(connection)
    assert found is not None
    assert found.doubts == ()
    assert set(found.rules) <= set(letting)
    assert bool(found.rules) is bool(letting)
    assert {attempt.user for attempt in (READER, OTHER) if is_let_in(seventeen.port, attempt)} == let_in
