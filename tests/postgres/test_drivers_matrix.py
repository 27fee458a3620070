"""A sample of the drivers' matrix, and that each of their rules is met in it."""

from contextlib import closing
from pathlib import Path

import pytest

from tests.postgres.drivers_matrix import Drivers, client_named, mend, play, sample, text_of
from tests.postgres.explain_matrix import AFTERWARDS, Case, lay, summed_up, unmended
from tests.postgres.server import Server
from truststore_tool.cli.postgres.explain import Client
from truststore_tool.errors import UsageError
from truststore_tool.postgres.explain import CLIENTS, explain
from truststore_tool.postgres.rules import RULES
from truststore_tool.postgres.rules_of_drivers import EVERY
from truststore_tool.postgres.settings import Surroundings


def test_a_sample_comes_true(server: Server, tmp_path: Path) -> None:
    for name in ("before", "changing", "after"):
        (tmp_path / name).mkdir()
    cases = sample(tmp_path, 30, 1)
    counts, wrong = summed_up(play(server, cases, tmp_path / "before"))
    assert not wrong, "\n".join(map(str, wrong))
    assert counts["agree"] > 120
    changed = mend(cases[:12], tmp_path / "changing")
    assert len(changed) > 5
    assert not unmended(play(server, changed, tmp_path / "after", AFTERWARDS))


def test_every_rule_is_met_in_the_matrix(tmp_path: Path) -> None:
    """Those that are documented alone are not, and are marked so."""
    met = set()
    for number, case in enumerate(sample(tmp_path, None, 0)):
        around = Surroundings(case.environment, str(lay(tmp_path / f"home{number}", case)))
        try:
            met |= {rule.code for rule in explain(text_of(case, "h", 1), around, client_named(case)).rules}
        except UsageError:
            continue
    drivers = EVERY.keys() - RULES.keys()
    documented = {code for code in drivers if "(documented only)" in EVERY[code].source}
    assert drivers - met == documented
    assert {code.rpartition("-")[0] for code in documented} >= {"npgsql", "lib-pq", "pgx"}


def test_clients_that_were_not_tried_are_never_cleared() -> None:
    around = Surroundings({}, "/nowhere")
    for client, text in (
        ("npgsql", "Host=db;SSL Mode=VerifyFull"),
        ("lib-pq", "postgres://db/app?sslmode=verify-full"),
        ("pgx", "host=db sslmode=verify-full sslrootcert=system"),
    ):
        found = explain(text, around, client)
        assert found.verifies_host
        assert not found.is_good
        assert any("only its documentation was read" in doubt for doubt in found.doubts)


def test_a_host_behind_the_question_mark_counts_where_the_client_goes_by_it(server: Server, tmp_path: Path) -> None:
    """A directory in front of it is then no Unix socket, but nothing at all."""
    query = f"host=localhost&port={server.port}"
    clients = ("node-postgres", "sqlalchemy+psycopg", "sqlalchemy+psycopg2", "sqlalchemy+asyncpg", "asyncpg")
    among = [Case(client, {}, frozenset()) for client in clients]
    with closing(Drivers(tmp_path, among)) as drivers:
        for case in among:
            scheme = text_of(case, "h", 1).partition(":")[0]
            url = f"{scheme}://reader@%2Fnowhere/postgres?{query}"
            did, words = drivers.connect(url, case)
            # node-postgres puts the directory before the name of the database, of which the server then tells.
            is_there = did != "fails" or ("database" in words and "does not exist" in words)
            found = explain(url, Surroundings({}, str(tmp_path)), client_named(case))
            assert is_there is (case.client != "asyncpg"), (url, did, words)
            assert found.is_good is (case.client == "asyncpg"), url
            assert found.host == ("/nowhere" if case.client == "asyncpg" else "localhost")
        twice = f"postgresql+psycopg://reader@localhost:{server.port}/postgres?sslmode=verify-full&sslmode=verify-full"
        for url in (twice, f"postgres+psycopg://reader@localhost:{server.port}/postgres"):
            assert drivers.connect(url, among[1])[0] == "fails"
            with pytest.raises(UsageError):
                explain(url, Surroundings({}, str(tmp_path)))


def test_what_stands_in_the_way_of_node_is_named() -> None:
    url = "postgres://h/d?sslmode=verify-full"
    for variables, more, named in (
        ({"PGSSLNEGOTIATION": "nonsense"}, "", "unset PGSSLNEGOTIATION"),
        ({"PGSSLNEGOTIATION": "nonsense"}, "&sslnegotiation=odd", "drop sslnegotiation"),
        ({"NODE_TLS_REJECT_UNAUTHORIZED": "0"}, "", "unset NODE_TLS_REJECT_UNAUTHORIZED"),
    ):
        found = explain(url + more, Surroundings(variables, "/nowhere"), "node-postgres")
        assert named in f"{found.change}"


def test_the_command_offers_every_client() -> None:
    assert tuple(client.value for client in Client) == CLIENTS
