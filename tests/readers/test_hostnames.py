"""The host name rules beside those of psql and of the JDBC driver."""

import contextlib
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.postgres.authority import SERVER, issue, write_pem
from tests.postgres.clients import Jvm, psql
from tests.postgres.server import error_response, pretender, tls_server
from truststore_tool.readers.hostnames import check

ROOT = issue("Root")


@dataclass(frozen=True)
class Case:
    """A certificate's names, a host, and whether each client takes one for the other."""

    names: tuple[str, ...] | None
    common: tuple[str, ...]
    host: str
    libpq: bool
    java: bool


CASES = (
    Case(("db.example.com",), ("other",), "db.example.com", True, True),
    Case(("db.example.com",), ("other",), "DB.Example.COM", True, True),
    Case(("a.example.com", "db.example.com"), ("other",), "db.example.com", True, True),
    Case(("db.example.com",), ("other",), "db2.example.com", False, False),
    Case(("*.example.com",), ("other",), "db.example.com", True, True),
    Case(("*.example.com",), ("other",), "a.db.example.com", False, False),
    Case(("*.example.com",), ("other",), "example.com", False, False),
    Case(("db*.example.com",), ("other",), "db1.example.com", False, False),
    Case(("db.example.com",), ("cn.example.com",), "cn.example.com", False, False),
    Case(None, ("cn.example.com",), "cn.example.com", True, True),
    Case(None, ("*.example.com",), "cn.example.com", True, True),
    Case(("10.0.0.1",), ("cn.example.com",), "cn.example.com", True, True),
    Case(("10.0.0.1",), ("other",), "10.0.0.1", True, True),
    Case(("10.0.0.1",), ("10.0.0.2",), "10.0.0.2", False, True),
    Case(("db.example.com",), ("10.0.0.2",), "10.0.0.2", True, False),
    Case(None, ("10.0.0.2",), "10.0.0.2", True, True),
    Case(("::1",), ("other",), "::1", True, False),
    Case(("2001:db8:1:2:3:4:5:6",), ("other",), "2001:db8:1:2:3:4:5:6", True, True),
    Case(None, ("first.example.com", "second.db.example.com"), "first.example.com", True, False),
    Case(None, ("first.example.com", "second.db.example.com"), "second.db.example.com", False, True),
)
IDS = [f"{case.names}-{case.common}-{case.host}" for case in CASES]


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_libpq_rules_are_those_of_psql(case: Case, tmp_path: Path) -> None:
    leaf = issue("l", ROOT, ca=False, names=case.names, common_names=case.common, usages=SERVER)
    context = tls_server(*leaf.write(tmp_path))
    root = write_pem(tmp_path / "root.pem", ROOT)

    def converse(connection: socket.socket) -> None:
        connection.recv(8)
        connection.sendall(b"S")
        with contextlib.suppress(ssl.SSLError), context.wrap_socket(connection, server_side=True) as tls:
            tls.recv(1000)
            tls.sendall(error_response("the name was right"))

    with pretender(converse) as port:
        dsn = f"host={case.host} hostaddr=127.0.0.1 port={port} sslmode=verify-full sslrootcert={root} user=u dbname=d"
        done = psql(f"{dsn} gssencmode=disable", tmp_path)
    refused = "does not match host name" in done.err
    assert refused or "the name was right" in done.err, done.err
    assert refused != case.libpq
    assert check(leaf.model, case.host, "libpq").matches == case.libpq


def test_java_rules_are_those_of_the_jdbc_driver(java: Jvm, tmp_path: Path) -> None:
    leaves = [issue("l", ROOT, ca=False, names=case.names, common_names=case.common) for case in CASES]
    chains = [write_pem(tmp_path / f"{number}.pem", leaf) for number, leaf in enumerate(leaves)]
    hosts = [f"[{case.host}]" if ":" in case.host else case.host for case in CASES]
    answers = java.ask(*(("name", chain, host) for chain, host in zip(chains, hosts, strict=True)))
    assert answers == [str(case.java).lower() for case in CASES]
    for case, leaf in zip(CASES, leaves, strict=True):
        assert check(leaf.model, case.host, "java").matches == case.java, case


def test_the_names_that_were_looked_at_are_given() -> None:
    leaf = issue("l", names=("a.example.com", "10.0.0.1"), common_names=("cn",)).model
    assert check(leaf, "b.example.com", "libpq").names == ("a.example.com", "10.0.0.1")
