"""The options of ``postgres probe``, beside psql and the JDBC driver on the same servers."""

import socket
import ssl
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli.harness import Tool
from tests.postgres.authority import CLIENT_ONLY, SERVER, Issued, issue, write_pem
from tests.postgres.clients import Jvm, jvm, psql
from tests.postgres.poolers import pgbouncer
from tests.postgres.server import Conversation, Server, folder_of_servers, free_port, pretender, tls_server
from tests.realtools import find, run
from tests.samples import certificates, own
from truststore_tool.postgres.looks import Inquiry
from truststore_tool.postgres.probe import probe
from truststore_tool.postgres.target import Target
from truststore_tool.readers.source import Source

ROOT = own("old-root.pem")
BUNDLE = ("--bundle", ROOT)


@pytest.fixture
def at(server: Server) -> str:
    return f"localhost:{server.port}"


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that pgbouncer's user may enter."""
    with folder_of_servers() as folder:
        yield folder


@pytest.fixture(scope="module")
def java(tmp_path_factory: pytest.TempPathFactory) -> Jvm:
    return jvm(tmp_path_factory.mktemp("classes"))


def alternating(*contexts: ssl.SSLContext) -> Conversation:
    """Servers that take turns behind one address."""
    turns = iter(range(1000))

    def converse(connection: socket.socket) -> None:
        connection.recv(8)
        connection.sendall(b"S")
        with contexts[next(turns) % len(contexts)].wrap_socket(connection, server_side=True) as tls:
            tls.recv(1)

    return converse


# Names ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["db.example.com", "other.example.com", "127.0.0.1", "::1"])
def test_the_name_behind_a_tunnel_is_verified_as_the_clients_do(
    tool: Tool, server: Server, tmp_path: Path, name: str
) -> None:
    root = issue("R")
    leaf = issue("x", root, ca=False, names=["db.example.com", "127.0.0.1"], usages=SERVER)
    chain, key = leaf.write(tmp_path)
    server.use_files(chain, key)
    bundle = write_pem(tmp_path / "root.pem", root)
    done = tool("postgres", "probe", f"localhost:{server.port}", "--host-name", name, "--bundle", bundle, "--json")
    dsn = f"host={name} hostaddr=127.0.0.1 port={server.port} user=reader dbname=postgres sslmode=verify-full"
    assert (done.code == 0) == (psql(f"{dsn} sslrootcert={bundle}", tmp_path).code == 0)
    assert done.json["name"] == name
    assert done.json["host"] == "localhost"


@pytest.mark.parametrize("name", ["db.example.com", "db", "10.0.0.1", "127.1", "::1"])
def test_the_name_is_sent_where_psql_sends_it(tool: Tool, tmp_path: Path, name: str) -> None:
    heard: list[str | None] = []
    context = tls_server(own("old-chain.pem"), own("old-server.key"))
    context.sni_callback = lambda _tls, said, _context: heard.append(said)
    with pretender(alternating(context)) as port:
        tool("postgres", "probe", f"127.0.0.1:{port}", "--host-name", name, "--looks", "1")
        psql(f"host={name} hostaddr=127.0.0.1 port={port} user=u dbname=d sslmode=require", tmp_path)
    ours, psqls = heard
    assert ours == psqls


def test_without_the_name_only_the_chain_counts(tool: Tool, server: Server, java: Jvm, tmp_path: Path) -> None:
    port = server.port
    for host, mode, expected in (
        ("127.0.0.2", "full", False),
        ("127.0.0.2", "ca", True),
        ("127.0.0.1", "full", True),
    ):
        done = tool("postgres", "probe", f"{host}:{port}", "--verify", mode, *BUNDLE, "--store", ROOT, "--json")
        settings = f"user=reader&sslmode=verify-{mode}&sslrootcert={ROOT}"
        (answer,) = java.ask(("connect", f"jdbc:postgresql://{host}:{port}/postgres?{settings}", "", ""))
        dsn = f"host={host} port={port} user=reader dbname=postgres sslmode=verify-{mode} sslrootcert={ROOT}"
        assert [v["trusted"] for v in done.json["verdicts"]] == [expected] * 2
        assert (answer == "tls=true", psql(dsn, tmp_path).code == 0) == (expected, expected)
        assert done.json["name"] == (host if mode == "full" else None)
    assert tool("postgres", "probe", f"localhost:{port}", "--verify", "no").code == 2
    assert tool("postgres", "probe", f"localhost:{port}", "--host-name", "db.example.com:5432").code == 2


# Several chains, several servers -------------------------------------------------------------------------------


def test_servers_that_take_turns_are_both_judged(tool: Tool) -> None:
    contexts = [tls_server(own(f"{which}-chain.pem"), own(f"{which}-server.key")) for which in ("old", "new")]
    with pretender(alternating(*contexts)) as port:
        done = tool("postgres", "probe", f"localhost:{port}", "--store", ROOT)
        both = tool("postgres", "probe", f"localhost:{port}", "--store", ROOT, "--json", "--looks", "4")
    assert done.code == 1
    assert "ANOTHER CHAIN is shown there (127.0.0.1)" in done.out
    assert "\nTRUSTED by" in done.out
    assert "NOT TRUSTED by" in done.out
    assert len(both.json["others"]) == 1
    assert {v["trusted"] for look in [both.json, *both.json["others"]] for v in look["verdicts"]} == {True, False}
    assert both.json["good"] is False


def test_a_chain_that_another_server_shows_meanwhile_clears_nothing() -> None:
    """OpenSSL accepts the new chain, while the old one is judged."""
    contexts = [tls_server(own(f"{which}-chain.pem"), own(f"{which}-server.key")) for which in ("old", "new")]
    source = Source.of("s", "libpq", own("new-root.pem").read_bytes())
    with pretender(alternating(*contexts)) as port:
        report = probe(Target("localhost", port), [source], datetime.now(UTC), Inquiry(looks=1))
    assert [v.trusted for v in report.verdicts] == [False]


def test_a_server_that_is_gone_at_the_second_connection_is_not_cleared(tool: Tool) -> None:
    converse = alternating(tls_server(own("old-chain.pem"), own("old-server.key")))
    calls = iter([converse])
    with pretender(lambda connection: next(calls, lambda _: None)(connection)) as port:
        done = tool("postgres", "probe", f"localhost:{port}", "--store", ROOT, "--json")
    assert [v["trusted"] for v in done.json["verdicts"]] == [True]
    assert [item["address"] for item in done.json["unreached"]] == [None]
    assert (done.code, done.json["good"]) == (1, False)


def test_every_address_behind_a_name(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve = socket.getaddrinfo
    places = {"db": ["127.0.0.2", "127.0.0.1", "127.0.0.3"]}

    def resolved(host: str, *rest: object, **more: object) -> list[object]:
        return [item for name in places.get(host, [host]) for item in resolve(name, *rest, **more)]  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    source = Source.of("s", "libpq", ROOT.read_bytes())
    target = Target("db", server.port, name="localhost")
    one = probe(target, [source], datetime.now(UTC), Inquiry())
    assert (one.addresses, one.unreached, one.is_good) == (("127.0.0.2",), (), True)
    # The server listens on two of the three.
    every = probe(target, [source], datetime.now(UTC), Inquiry(all_addresses=True))
    assert every.addresses == ("127.0.0.2", "127.0.0.1")
    assert [place.address for place in every.unreached] == ["127.0.0.3"]
    assert not every.is_good
    places["db"].pop()
    assert probe(target, [source], datetime.now(UTC), Inquiry(all_addresses=True)).is_good


def test_many_servers_in_one_call(tool: Tool, at: str, tmp_path: Path) -> None:
    gone, last = f"127.0.0.1:{free_port()}", at.replace("localhost", "127.0.0.2")
    (tmp_path / "servers.txt").write_bytes(f"\ufeff# ours\r\n\r\n{at}  # the first\r\n{gone}\n{last}\n".encode())
    done = tool("postgres", "probe", "--from", tmp_path / "servers.txt", *BUNDLE, "--json")
    assert [(s["server"], s["exit_code"]) for s in done.json["servers"]] == [(at, 0), (gone, 3), (last, 1)]
    assert done.json["servers"][1]["report"] is None
    assert "Connection refused" in done.json["servers"][1]["error"]
    assert done.json["servers"][2]["report"]["verdicts"][0]["reasons"][0]["code"] == "name-mismatch"
    assert (done.code, done.json["good"], done.json["with_findings"], done.json["not_reached"]) == (3, 1, 1, 1)
    text = tool("postgres", "probe", last, at, *BUNDLE)
    assert text.code == 1
    assert text.out.index("127.0.0.2 port") < text.out.index("localhost port")
    assert text.out.splitlines()[-1] == "2 servers: 1 good, 1 with findings, 0 not reached"
    assert tool("postgres", "probe", at, at, *BUNDLE).code == 0


def test_a_list_of_servers_that_is_none(tool: Tool, tmp_path: Path) -> None:
    listed = tmp_path / "servers.txt"
    listed.write_text("localhost\n\npostgresql://u:s3cret@h/d\n")
    done = tool("postgres", "probe", "--from", listed)
    assert done.code == 2
    assert f"{listed}, line 3: this is a connection string" in done.err
    assert "s3cret" not in done.err
    listed.write_text("# nothing\n")
    assert tool("postgres", "probe", "--from", listed).code == 2
    assert tool("postgres", "probe").code == 2
    listed.write_bytes(b"\xff\xfe\0")
    assert tool("postgres", "probe", "--from", listed).code == 3
    assert tool("postgres", "probe", "--from", tmp_path / "no").code == 3


def test_what_expires_soon(tool: Tool, server: Server, at: str, tmp_path: Path) -> None:
    now = datetime.now(UTC).year
    root = issue("R", years=(2020, now + 2))
    leaf = issue("l", root, ca=False, years=(2020, now + 5), names=["localhost"], usages=SERVER)
    server.use_files(*leaf.write(tmp_path))
    bundle = write_pem(tmp_path / "root.pem", root)
    stores = ("--bundle", bundle, "--store", bundle)
    assert tool("postgres", "probe", at, *stores, "--expires-within", "30d").code == 0
    # libpq looks at the root's dates, Java at those of the server's certificate only.
    soon = tool("postgres", "probe", at, *stores, "--expires-within", "1200", "--json")
    assert soon.code == 1
    assert [item["name"] for item in soon.json["expiring"]] == [str(bundle)]
    later = tool("postgres", "probe", at, *stores, "--expires-within", "2600d")
    assert later.code == 1
    assert later.out.count("EXPIRES SOON: ") == 3
    assert tool("postgres", "probe", at, "--expires-within", "soon").code == 2


# Client certificates -------------------------------------------------------------------------------------------


def client(folder: Path, name: str, issuer: Issued | None = None) -> tuple[Path, Path]:
    """A client's certificate and key."""
    folder.mkdir()
    chain, key = issue(name, issuer, ca=False, usages=CLIENT_ONLY).write(folder)
    key.chmod(0o600)
    return chain, key


@pytest.mark.parametrize("protocol", ["tlsv1.2", "tlsv1.3"])
def test_a_demand_for_a_client_certificate_is_said(
    tool: Tool, server: Server, place: Path, tmp_path: Path, protocol: str
) -> None:
    root = issue("Clients")
    (place / "clients.pem").write_bytes(write_pem(tmp_path / "clients.pem", root).read_bytes())
    (place / "clients.pem").chmod(0o644)
    wanted = (f"client_tls_protocols = {protocol}", "client_tls_sslmode = verify-full")
    right, wrong = client(tmp_path / "right", "reader", root), client(tmp_path / "wrong", "reader")
    with pgbouncer(place, server.port, *wanted, f"client_tls_ca_file = {place}/clients.pem") as port:
        words = ("postgres", "probe", f"localhost:{port}", *BUNDLE)
        for _ in range(3):  # it hangs up right away, which is a race
            bare = tool(*words, "--json")
            assert (bare.code, bare.json["client_certificate"], bare.json["good"]) == (1, "demanded", False)
            assert bare.json["verdicts"][0]["trusted"] is True
            assert len(bare.json["chain"]) == 2
        assert "THE SERVER DEMANDS A CLIENT CERTIFICATE" in tool(*words).out
        assert "--cert" in tool(*words).err
        refused = tool(*words, "--cert", wrong[0], "--key", wrong[1], "--json")
        assert (refused.code, refused.json["client_certificate"]) == (1, "refused")
        assert "unknown ca" in refused.json["complaint"]
        shown = tool(*words, "--cert", right[0], "--key", right[1], "--json")
        assert (shown.code, shown.json["client_certificate"]) == (0, None)
        dsn = f"host=localhost port={port} user=reader dbname=postgres sslmode=verify-full sslrootcert={ROOT}"
        answers = [
            psql(f"{dsn} {shows}", tmp_path).code == 0
            for shows in ("", *(f"sslcert={cert} sslkey={key}" for cert, key in (wrong, right)))
        ]
        assert answers == [False, False, True]


def test_the_key_of_a_client_and_its_password(tool: Tool, at: str, tmp_path: Path) -> None:
    cert, key = client(tmp_path / "c", "x")
    sealed, secret = tmp_path / "sealed.key", tmp_path / "secret"
    run(find("openssl"), "pkcs8", "-topk8", "-in", key, "-out", sealed, "-passout", "pass:s3cret")
    secret.write_text("s3cret\n")
    secret.chmod(0o600)
    words = ("postgres", "probe", at, "--cert", cert)
    assert tool(*words, "--key", key).code == 0
    both = tmp_path / "both.pem"
    both.write_bytes(cert.read_bytes() + key.read_bytes())
    assert tool("postgres", "probe", at, "--cert", both).code == 0
    assert tool(*words, "--key", sealed, "--key-password-file", secret).code == 0
    closed = tool(*words, "--key", sealed)
    assert (closed.code, "the key is encrypted" in closed.err, "--key-password-file" in closed.err) == (4, True, True)
    secret.write_text("wrong\n")
    assert tool(*words, "--key", sealed, "--key-password-file", secret).code == 4
    assert tool(*words, "--key", own("old-server.key")).code == 3
    missing = tool(*words, "--key", tmp_path / "no.key")
    assert (missing.code, "no.key: No such file" in missing.err) == (3, True)
    assert tool("postgres", "probe", at, "--key", key).code == 2


# Refusals ------------------------------------------------------------------------------------------------------


def test_a_refusal_says_who_refuses(tool: Tool, server: Server, place: Path) -> None:
    with pgbouncer(place, server.port, "client_tls_sslmode = disable") as port:
        pooler = tool("postgres", "probe", f"localhost:{port}")
    server.set("ssl = off")
    postgres = tool("postgres", "probe", f"localhost:{server.port}")
    for done, setting, other in (
        (pooler, "client_tls_sslmode = disable", "ssl = off"),
        (postgres, "ssl = off", "client_tls_sslmode"),
    ):
        assert done.code == 1
        assert "refuses TLS" in done.err
        assert setting in done.err
        assert other not in done.err


# What is kept --------------------------------------------------------------------------------------------------


def test_the_chain_is_kept_as_it_was_shown(tool: Tool, at: str, tmp_path: Path) -> None:
    kept = tmp_path / "kept.pem"
    done = tool("postgres", "probe", at, "--bundle", own("new-root.pem"), "--save-chain", kept)
    assert done.code == 1
    assert certificates(kept) == certificates(own("old-chain.pem"))
    assert kept.read_text().startswith(f"# Shown by {at}: not verified, and not to be trusted")
    shown = subprocess.run(
        [find("openssl"), "s_client", "-starttls", "postgres", "-connect", at, "-showcerts"],
        input=b"", capture_output=True,
    )  # fmt: skip
    (tmp_path / "s_client.pem").write_bytes(shown.stdout)
    assert certificates(kept) == certificates(tmp_path / "s_client.pem")
    again = tool("postgres", "probe", at, *BUNDLE, "--save-chain", kept, "--json")
    assert (again.code, again.json["saved"]) == (0, str(kept))
    kept.write_text("mine")
    assert tool("postgres", "probe", at, "--save-chain", kept).code == 2
    assert kept.read_text() == "mine"
    piped = tool("postgres", "probe", at, "--save-chain", "-")
    (tmp_path / "piped.pem").write_text(piped.out)
    assert certificates(tmp_path / "piped.pem") == certificates(own("old-chain.pem"))
    assert tool("postgres", "probe", at, "--save-chain", "-", "--json").code == 2
    assert tool("postgres", "probe", at, at, "--save-chain", kept).code == 2


# Protocols -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        ("ssl_min_protocol_version = 'TLSv1'\nssl_max_protocol_version = 'TLSv1.1'", "ssl_ciphers = 'ALL:@SECLEVEL=0'"),
        ("ssl_max_protocol_version = 'TLSv1.2'",),
        ("ssl_max_protocol_version = 'TLSv1.2'", "ssl_ciphers = 'ECDHE-RSA-AES256-SHA384'"),
        ("ssl_max_protocol_version = 'TLSv1.2'", "ssl_ciphers = 'DHE-RSA-CHACHA20-POLY1305'"),
    ],
)  # fmt: skip
def test_protocols_and_ciphers_that_the_clients_do_not_speak(
    tool: Tool, server: Server, java: Jvm, at: str, tmp_path: Path, settings: tuple[str, ...]
) -> None:
    for setting in settings:
        server.set(setting)
    done = tool("postgres", "probe", at, "--store", ROOT, *BUNDLE, "--json")
    url = f"jdbc:postgresql://{at}/postgres?user=reader&sslmode=verify-full&sslrootcert={ROOT}"
    (answer,) = java.ask(("connect", url, "", ""))
    dsn = f"host=localhost port={server.port} user=reader dbname=postgres sslmode=verify-full sslrootcert={ROOT}"
    connects = [answer == "tls=true", psql(dsn, tmp_path).code == 0]
    assert [verdict["trusted"] for verdict in done.json["verdicts"]] == connects, (done.out, answer)
