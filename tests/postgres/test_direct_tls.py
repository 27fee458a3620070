"""Direct TLS (``--direct``) with a real PostgreSQL 17, and with servers that do not speak it; its psql is the judge."""

import socket
from pathlib import Path

import pytest

from tests.cli.harness import Tool
from tests.postgres import probe_servers
from tests.postgres.foretold import Situation, predicted
from tests.postgres.poolers import pgbouncer
from tests.postgres.server import Server, folder_of_servers, pretender, tls_server
from tests.postgres.seventeen import BIN, OWNER, Seventeen
from tests.samples import own
from truststore_tool.errors import UsageError
from truststore_tool.postgres.explain import Explanation, explain
from truststore_tool.postgres.settings import Surroundings


@pytest.mark.parametrize("bundle", ["old-root.pem", "new-root.pem", "old-intermediate.pem"])
@pytest.mark.parametrize("host", ["localhost", "db.example.com"])
@pytest.mark.parametrize(("negotiation", "options"), [("direct", ["--direct"]), ("postgres", [])])
def test_verdicts_are_those_of_psql_17(
    tool: Tool, seventeen: Seventeen, bundle: str, host: str, negotiation: str, options: list[str]
) -> None:
    at = ("postgres", "probe", f"localhost:{seventeen.port}", "--host-name", host)
    done = tool(*at, *options, "--bundle", own(bundle), "--json")
    assert done.json["alpn"] == ("postgresql" if options else None)
    assert done.json["negotiation"] == ("direct" if options else "ssl-request")
    assert (done.code == 0) == seventeen.connects(seventeen.port, negotiation, own(bundle), host)
    assert (done.code == 0) == (bundle == "old-root.pem" and host == "localhost")


def test_servers_are_judged_as_the_newer_psql_does(seventeen: Seventeen, server: Server, tmp_path: Path) -> None:
    """Its OpenSSL is 3.5, where that of the other tests' psql may be 3.0."""
    cases = probe_servers.cases(25, 7)
    words = ("-w", "-X", "-Atc", "SELECT 'in'")
    with probe_servers.fronts(server, cases, tmp_path) as places:
        for case, port, trusted in places:
            (seventeen.outside / "roots.pem").write_bytes(trusted.read_bytes())
            dsn = f"{probe_servers.dsn(case, port)} sslrootcert={seventeen.inside}/roots.pem"
            real = seventeen.home.run(f"{BIN}/psql", *words, dsn, check=False, user=OWNER) == b"in\n"
            said, why = probe_servers.told_of(case, port, trusted, "libpq")
            assert said is real, (case.name, why)


def test_older_servers_and_poolers_do_not_speak_it(tool: Tool, seventeen: Seventeen, server: Server) -> None:
    with folder_of_servers() as folder, pgbouncer(folder, server.port, "client_tls_sslmode = require") as pooler:
        for port in (server.port, pooler):
            done = tool("postgres", "probe", f"localhost:{port}", "--direct", "--bundle", own("old-root.pem"))
            assert (done.code, done.out) == (3, "")
            assert "without --direct" in done.err
            assert not seventeen.connects(port, "direct", own("old-root.pem"))
            assert tool("postgres", "probe", f"localhost:{port}", "--bundle", own("old-root.pem")).code == 0
            assert seventeen.connects(port, "postgres", own("old-root.pem"))


def test_without_alpn_psql_hangs_up(tool: Tool, seventeen: Seventeen) -> None:
    """So it is a finding. With ALPN psql would go on to the login, which the stand-in does not have."""
    heard: dict[bool, list[bytes]] = {True: [], False: []}
    for alpn in (True, False):
        context = tls_server(own("old-chain.pem"), own("old-server.key"))
        if alpn:
            context.set_alpn_protocols(["postgresql"])

        def converse(connection: socket.socket, context: object = context, alpn: bool = alpn) -> None:
            with context.wrap_socket(connection, server_side=True) as tls:  # type: ignore[attr-defined]
                heard[alpn].append(tls.recv(4))

        with pretender(converse) as port:
            done = tool("postgres", "probe", f"localhost:{port}", "--direct", "--bundle", own("old-root.pem"))
            assert (done.code, "NO ALPN" in done.out) == ((0, False) if alpn else (1, True))
            heard[alpn].clear()
            seventeen.connects(port, "direct", own("old-root.pem"))
    assert any(heard[True])
    assert not any(heard[False])


def test_seventeen_without_tls_says_that_it_is_postgresql(tool: Tool, seventeen: Seventeen) -> None:
    seventeen.set("ssl = off")
    try:
        done = tool("postgres", "probe", f"localhost:{seventeen.port}")
        assert (done.code, "PostgreSQL answers, and runs with ssl = off" in done.err) == (1, True)
        assert tool("postgres", "probe", f"localhost:{seventeen.port}", "--direct").code == 3
        assert not seventeen.connects(seventeen.port, "direct", own("old-root.pem"))
    finally:
        seventeen.set("ssl = on")


def explained(settings: str) -> Explanation | None:
    """The explanation; None where it is an error."""
    try:
        return explain(settings, Surroundings({}, "/nowhere"))
    except UsageError:
        return None


MODES = ("", "disable", "allow", "prefer", "require", "verify-ca", "verify-full")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("way", ["sslnegotiation=direct", "sslnegotiation=postgres"])
def test_direct_tls_is_explained_as_psql_17_does(seventeen: Seventeen, server: Server, mode: str, way: str) -> None:
    """At a server that takes it; and at one that does not, where nothing may have been cleared."""
    seen = []
    for bundle, host in (("old-root.pem", "localhost"), ("old-root.pem", "db"), ("new-root.pem", "localhost")):
        (seventeen.outside / "roots.pem").write_bytes(own(bundle).read_bytes())
        settings = f"host={host} {f'sslmode={mode}' if mode else ''} {way}"
        said = explained(f"{settings} sslrootcert={own(bundle)}")
        trusts = frozenset({bundle.partition("-")[0]})
        situation = Situation("old", tls=True, demanded=False, named=host == "localhost")
        real = seventeen.does(f"{settings} port={seventeen.port} {seventeen.roots}")
        assert real == predicted(said, situation, trusts), (bundle, host)
        if said and (said.is_good or way.endswith("direct")):
            older = seventeen.does(f"{settings} port={server.port} {seventeen.roots}")
            assert older == ("fails" if way.endswith("direct") else real)
        if said and way.endswith("direct"):
            assert "libpq-direct" in {rule.code for rule in said.rules}
            assert any("PostgreSQL does since version 17" in doubt for doubt in said.doubts)
        seen.append((said is None, real))
    if way.endswith("direct"):
        assert all(refused for refused, _ in seen) is (mode in MODES[:4])


def test_a_variable_sets_it_as_well(seventeen: Seventeen) -> None:
    (seventeen.outside / "roots.pem").write_bytes(own("old-root.pem").read_bytes())
    around = Surroundings({"PGSSLNEGOTIATION": "direct"}, "/nowhere")
    settings = f"host=localhost sslmode=verify-full sslrootcert={own('old-root.pem')}"
    assert explain(settings, around).doubts
    assert (
        seventeen.does(f"host=localhost sslmode=verify-full {seventeen.roots} port={seventeen.port}", "direct") == "tls"
    )
    with pytest.raises(UsageError):
        explain("host=localhost sslmode=prefer", around)
    assert seventeen.does(f"host=localhost sslmode=prefer port={seventeen.port}", "direct") == "fails"
    # The mode that goes with these roots is strong enough.
    assert explain("host=localhost sslrootcert=system", around).obstacle is None
