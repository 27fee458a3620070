"""The host name rules beside those of psql and of the JDBC driver."""

import contextlib
import os
import socket
import ssl
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from tests.postgres.authority import SERVER, issue, write_pem
from tests.postgres.clients import Jvm, psql
from tests.postgres.server import error_response, pretender, tls_server
from tests.readers import chain_judges
from tests.readers.chain_drafts import NAMES, NOW, draft_of, sign
from tests.readers.chain_judges import pem
from tests.readers.host_pairs import Pair, libpq, pair
from truststore_tool.errors import FormatError
from truststore_tool.readers.hostnames import TlsReader, check
from truststore_tool.readers.java.facts import facts
from truststore_tool.readers.source import Source
from truststore_tool.readers.verdict import judge, overruled

COUNT = int(os.environ.get("TRUSTSTORE_TOOL_HOSTS", "250"))

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
    Case(("*b.example.com",), ("other",), "db.example.com", False, True),
    Case(("10.0.0.7",), ("other",), "10.7", True, False),
    Case(("::ffff:10.0.0.7",), ("other",), "10.0.0.7", False, True),
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


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    return [pair(seed) for seed in range(COUNT)]


def test_libpq_and_we_agree_on_generated_pairs(pairs: list[Pair], tmp_path: Path) -> None:
    with libpq(tmp_path) as says:
        real = [says(one) for one in pairs]
    assert [one.told for one, matches in zip(pairs, real, strict=True) if _found(one, "libpq") is not matches] == []
    assert COUNT // 8 < sum(real) < COUNT // 2


def test_the_jdbc_driver_and_we_agree_on_generated_pairs(pairs: list[Pair], java: Jvm, tmp_path: Path) -> None:
    chains = [tmp_path / f"{number}.pem" for number in range(COUNT)]
    for chain, one in zip(chains, pairs, strict=True):
        chain.write_bytes(pem((one.leaf,)))
    asked = [
        ("name", c, f"[{one.host}]" if ":" in one.host else one.host) for c, one in zip(chains, pairs, strict=True)
    ]
    jvms = [Jvm(home / "bin" / "java", java.classpath) for home in chain_judges.homes().values()]
    accepted = 0
    for one, answers in zip(pairs, zip(*(jvm.ask(*asked) for jvm in jvms), strict=True), strict=True):
        if any(answer.startswith("error") for answer in answers):  # no certificate to Java, whatever the names
            with pytest.raises(FormatError):
                facts(one.leaf, 25)
            continue
        real = {answer == "true" for answer in answers}
        assert _found(one, "java") is (None if len(real) > 1 else real.pop()), (one.told, answers)
        accepted += "true" in answers
    assert COUNT // 8 < accepted < COUNT // 2


def _found(one: Pair, reader: TlsReader) -> bool | None:
    return check(one.leaf, one.host, reader).matches


def test_a_name_that_is_not_judged_is_cleared_by_nothing() -> None:
    root, leaf = draft_of("Root", "Root", authority=True), draft_of("leaf", "Root", authority=False).lacking(NAMES)
    twice = [x509.NameAttribute(NameOID.COMMON_NAME, text) for text in ("a.example.com", "b.example.com")]
    odd = sign(replace(leaf, subject=x509.Name([x509.RelativeDistinguishedName(twice)])), root)
    source = Source.of("s", "java", pem((sign(root, root),)))
    found = judge(source, (odd,), "a.example.com", NOW)
    assert [reason.code for reason in found.reasons] == ["not-judged"]
    assert not found.is_judged
    assert not overruled(found, None, same=True).trusted


def test_the_names_that_were_looked_at_are_given() -> None:
    leaf = issue("l", names=("a.example.com", "10.0.0.1"), common_names=("cn",)).model
    assert check(leaf, "b.example.com", "libpq").names == ("a.example.com", "10.0.0.1")
