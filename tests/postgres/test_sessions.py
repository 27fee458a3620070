"""``postgres sessions`` on a real server with real clients."""

import json
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from urllib.parse import quote

import psycopg
import pytest

from tests.cli.harness import Tool
from tests.postgres.poolers import pgbouncer
from tests.postgres.server import HBA, PASSWORD, Server, error_response, folder_of_servers, free_port, pretender
from truststore_tool.postgres.tally import Row, Tally, summarize


@pytest.fixture
def clients(server: Server) -> Iterator[Callable[..., None]]:
    """Opens connections that stay until the end."""
    with ExitStack() as stack:

        def connect(**options: object) -> None:
            given = {"host": "127.0.0.1", "port": server.port, "dbname": "postgres", "user": "reader", **options}
            stack.enter_context(psycopg.connect(**given))  # type: ignore[arg-type]

        yield connect


def admin(server: Server) -> str:
    """The superuser's connection string, without the password."""
    return f"host=127.0.0.1 port={server.port} dbname=postgres user=postgres"


@pytest.fixture
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    """The password where libpq looks for it."""
    monkeypatch.setenv("PGPASSWORD", PASSWORD)


@pytest.mark.usefixtures("password")
def test_who_uses_tls_and_who_does_not(tool: Tool, server: Server, clients: Callable[..., None]) -> None:
    clients(sslmode="require", application_name="billing")
    clients(sslmode="disable", application_name="reports")
    clients(sslmode="disable", application_name="reports")
    clients(user="app", password=PASSWORD, sslmode="require", ssl_max_protocol_version="TLSv1.2")
    clients(host=str(server.folder), application_name="local")
    clients(host=str(server.folder), user="rdsadmin")  # the service's own, on Amazon RDS
    done = tool("postgres", "sessions", admin(server), "--json")
    assert done.code == 1
    found = {(c["user"], c["application"]): c for c in done.json["clients"]}
    assert found["reader", "billing"]["tls"] is True
    assert found["reader", "billing"]["version"] == "TLSv1.3"
    assert found["reader", "billing"]["cipher"] == "TLS_AES_256_GCM_SHA384"
    assert found["app", ""]["version"] == "TLSv1.2"
    reports = found["reader", "reports"]
    assert (reports["tls"], reports["sessions"], reports["address"]) == (False, 2, "127.0.0.1")
    assert found["reader", "local"]["local"] is True
    assert done.json["plain"] == 2
    assert {(s["user"], s["address"]): (s["tls"], s["plain"]) for s in done.json["summary"]} == {
        ("reader", "127.0.0.1"): (1, 2),
        ("app", "127.0.0.1"): (1, 0),
        ("reader", None): (0, 1),
    }
    text = tool("postgres", "sessions", admin(server)).out
    assert "reader from 127.0.0.1: 1 with TLS, 2 without" in text
    assert "1 look; 2 sessions over the network without TLS" in text


@pytest.mark.usefixtures("password")
def test_what_the_server_insists_on(tool: Tool, server: Server) -> None:
    done = tool("postgres", "sessions", admin(server), "--json")
    assert done.code == 0  # nobody else is connected
    assert done.json["ssl"] is True
    assert done.json["server_version"].startswith("15.")
    assert done.json["rds_force_ssl"] is None
    assert done.json["plain_rules"] == ["host all reader all trust", "host all all all scram-sha-256"]
    server.write_hba("local all all trust", "hostssl all all all scram-sha-256")
    assert tool("postgres", "sessions", admin(server), "--json").json["plain_rules"] == []
    server.write_hba("local all all trust", "hostnossl all all all reject", *HBA[1:])
    assert tool("postgres", "sessions", admin(server), "--json").json["plain_rules"] == []
    server.set("rds.force_ssl = 0")  # a custom setting here; on RDS it is the service's
    done = tool("postgres", "sessions", admin(server))
    assert "rds.force_ssl: OFF" in done.out


def test_a_role_that_may_not_see(tool: Tool, server: Server, clients: Callable[..., None]) -> None:
    clients(user="app", password=PASSWORD, sslmode="disable")
    clients(sslmode="disable", application_name="own")
    done = tool("postgres", "sessions", f"host=127.0.0.1 port={server.port} dbname=postgres user=reader", "--json")
    assert done.json["plain_rules"] is None
    assert (done.json["hidden"], done.json["plain"]) == (1, 1)
    assert [(c["user"], c["tls"]) for c in done.json["clients"]] == [("reader", False), ("app", None)]
    assert "1 session hides whether it uses TLS (log in as a member of pg_read_all_stats)" in done.err


def wait_for_a_look(connection: psycopg.Connection) -> None:
    """Until the watcher has finished a look that began from now on: it has once the next one begins."""
    now = connection.execute("SELECT clock_timestamp()").fetchone()
    query = """
        SELECT query_start FROM pg_stat_activity WHERE application_name = 'truststore-tool'
        AND query LIKE '%%pg_stat_ssl%%' AND query_start > %s
    """
    looks: set[object] = set()
    deadline = time.monotonic() + 60
    while len(looks) < 2:
        looks.update(connection.execute(query, now).fetchall())
        connection.rollback()  # statistics stand still within a transaction
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.usefixtures("password")
def test_watching_collects_clients_that_come_and_go(server: Server) -> None:
    command = [sys.executable, "-m", "truststore_tool", "postgres", "sessions", admin(server)]
    with subprocess.Popen([*command, "--watch", "30", "--every", "0.1", "--json"], stdout=subprocess.PIPE) as watcher:
        for sslmode in ("disable", "require", "require"):
            with psycopg.connect(f"{admin(server)} application_name=brief", sslmode=sslmode) as connection:
                wait_for_a_look(connection)
        watcher.send_signal(signal.SIGINT)
        out, _ = watcher.communicate(timeout=300)
    report = json.loads(out)
    assert watcher.returncode == 1
    assert report["looks"] >= 3
    assert [(c["application"], c["tls"], c["sessions"]) for c in report["clients"]] == [
        ("brief", False, 1),
        ("brief", True, 2),
    ]


def test_no_password_is_shown(tool: Tool, server: Server) -> None:
    wrong = "s3cret-pass"
    uri = f"postgresql://app:{wrong}@127.0.0.1:{server.port}/postgres"
    done = tool("postgres", "sessions", uri)
    assert done.code == 3
    assert "password authentication failed" in done.err
    assert "command line: the password stands on it" in done.err
    assert wrong not in done.out + done.err
    good = tool("postgres", "sessions", f"postgresql://app:{quote(PASSWORD, safe='')}@127.0.0.1:{server.port}/postgres")
    assert "app" not in good.out  # nobody but itself
    assert PASSWORD not in good.out + good.err
    for bad in (f"host=h {wrong}", f"postgresql://u:%zz{wrong}@h", f"host=127.0.0.1 nonsense={wrong}"):
        done = tool("postgres", "sessions", bad)
        assert done.code == 2, done.err
        assert wrong not in done.out + done.err


def ready_then_silent(connection: socket.socket) -> None:
    """A server that lets everybody in and then says nothing."""
    connection.recv(1000)
    connection.sendall(b"R" + struct.pack("!II", 8, 0))
    for pair in (b"server_version\x0015.0\0", b"client_encoding\0UTF8\0", b"standard_conforming_strings\0on\0"):
        connection.sendall(b"S" + struct.pack("!I", 4 + len(pair)) + pair)
    connection.sendall(b"K" + struct.pack("!III", 12, 1, 1) + b"Z" + struct.pack("!I", 5) + b"I")
    silent(connection)


def silent(connection: socket.socket) -> None:
    """A server that never answers, and hangs up only on a client that waits for more than it was told to."""
    connection.settimeout(60)
    while connection.recv(1000):
        pass


@pytest.mark.parametrize("conversation", [silent, ready_then_silent])
def test_a_server_that_hangs(tool: Tool, conversation: Callable[[socket.socket], None]) -> None:
    with pretender(conversation) as port:
        dsn = f"host=127.0.0.1 port={port} user=u dbname=d sslmode=disable gssencmode=disable"
        done = tool("postgres", "sessions", dsn, "--timeout", "1")
    assert done.code == 3
    assert "does not answer in time" in done.err


def test_a_server_that_refuses_or_is_not_there(tool: Tool) -> None:
    def refuse(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(error_response("sorry, too many clients already"))

    with pretender(refuse) as port:
        done = tool("postgres", "sessions", f"host=127.0.0.1 port={port} user=u sslmode=disable gssencmode=disable")
    assert done.code == 3
    assert "sorry, too many clients already" in done.err
    gone = tool("postgres", "sessions", f"host=127.0.0.1 port={free_port()} user=u")
    assert gone.code == 3
    assert "refused" in gone.err


def test_sessions_are_counted_once_however_often_they_are_seen() -> None:
    first, second = (datetime(2026, 1, 1, hour, tzinfo=UTC) for hour in (1, 2))
    a = Row(1, "1:00", "u", "d", "10.0.0.1", 5000, "", True, "TLSv1.3", "C", 256)
    hidden = Row(9, None, "v", None, None, None, "", None, None, None, None)
    tally = Tally()
    tally.add(first, [a, a._replace(pid=2), hidden])
    tally.add(second, [a, a._replace(start="2:00"), hidden])
    found = tally.clients()
    assert [(c.user, c.sessions, c.first_seen, c.last_seen) for c in found] == [
        ("v", 1, first, second),
        ("u", 3, first, second),
    ]
    assert [(s.user, s.tls, s.plain, s.hidden) for s in summarize(found)] == [("v", 0, 0, 1), ("u", 3, 0, 0)]


@pytest.mark.usefixtures("password")
def test_a_pooler_that_our_own_session_passes_hides_who_uses_tls(tool: Tool, server: Server) -> None:
    server.write_hba("local all all trust", "host all all all trust")
    with folder_of_servers() as folder, pgbouncer(folder, server.port, "client_tls_sslmode = disable") as port:
        through = f"host=127.0.0.1 port={port} dbname=postgres user=reader sslmode=disable"
        done = tool("postgres", "sessions", through, "--json")
        assert (done.code, done.json["good"], done.json["plain"]) == (1, False, 0)
        assert [pooler["signs"] for pooler in done.json["poolers"]] == [["own-session"]]
        assert "A POOLER at 127.0.0.1: this session passes it" in tool("postgres", "sessions", through).out
    straight = f"host=127.0.0.1 port={server.port} dbname=postgres user=reader sslmode=disable"
    assert tool("postgres", "sessions", straight, "--json").json["poolers"] == []
