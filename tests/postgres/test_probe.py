"""``postgres probe`` on a real server."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.harness import Tool
from tests.postgres.clients import psql
from tests.postgres.server import Server, pretender, tls_server
from tests.realtools import find, run
from tests.samples import certificates, own
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.postgres.probe import expect

OLD_ROOT = "1B:B9:9C:E8:DD:B7:16:D7:35:05:F0:C3:82:89:4E:7D:E4:18:03:1E:65:AD:6E:C3:C3:A0:0E:AC:35:D3:F3:9F"
NEW_ROOT = "2C:45:1C:93:53:C0:CC:D2:28:9A:DA:DF:16:F5:F3:10:69:43:6D:A1:70:AC:9E:A2:C9:32:23:AC:06:CD:FA:58"
OLD_SERVER = "D4:68:18:F2:0B:02:A8:CA:07:E3:45:7F:EE:D4:91:9E:4A:C5:B1:8F:5A:0E:FB:47:44:67:0C:1A:A4:62:87:99"


@pytest.fixture
def at(server: Server) -> str:
    """The server as the command line names it."""
    return f"localhost:{server.port}"


def test_a_look_without_stores(tool: Tool, at: str) -> None:
    done = tool("postgres", "probe", at)
    assert done.code == 0
    assert "TLSv1.3, TLS_AES_256_GCM_SHA384, 256 bits, by SSLRequest" in done.out
    assert f"SHA-256 {OLD_SERVER}" in done.out


def test_stores_and_bundles_that_trust(tool: Tool, at: str) -> None:
    assert tool("import", "clientkeystore", own("old-root.pem"), "--alias", "rds-old", "--yes").code == 0
    done = tool("postgres", "probe", at, "--store", "clientkeystore", "--bundle", own("old-root.pem"), "--json")
    assert done.code == 0
    java, libpq = done.json["verdicts"]
    assert (java["name"], java["reader"], java["alias"], java["until"]) == (
        "clientkeystore",
        "java",
        "rds-old",
        "2045-01-01T00:00:00Z",
    )
    assert libpq["reader"] == "libpq"
    assert libpq["anchor"]["sha256"] == OLD_ROOT
    assert done.json["good"] is True


def test_an_unknown_ca_is_named_with_the_fingerprint_to_look_for(tool: Tool, at: str) -> None:
    for name in ("new-root", "old-root"):
        assert tool("import", f"{name}.jks", own(f"{name}.pem"), "--yes").code == 0
    done = tool("postgres", "probe", at, "--store", "new-root.jks", "--store", "old-root.jks", "--json")
    assert done.code == 1
    refused, trusted = done.json["verdicts"]
    assert [(r["code"], r["look_for"]) for r in refused["reasons"]] == [("unknown-ca", OLD_ROOT)]
    assert trusted["trusted"] is True
    text = tool("postgres", "probe", at, "--store", "new-root.jks").out
    assert "NOT TRUSTED by new-root.jks" in text
    assert "it lacks CN=Sample Root 2020,O=Truststore Tool Samples with key identifier" in text


def test_the_host_name_is_checked(tool: Tool, server: Server, tmp_path: Path) -> None:
    server.use_files(own("old-chain.pem"), own("old-server.key"))
    for host, expected in (("127.0.0.1", 0), ("0x7f000001", 0), ("127.0.0.2", 1)):  # libpq reads addresses as inet_aton
        done = tool("postgres", "probe", f"{host}:{server.port}", "--bundle", own("old-root.pem"))
        dsn = f"host={host} port={server.port} user=reader dbname=postgres sslmode=verify-full"
        real = psql(f"{dsn} sslrootcert={own('old-root.pem')}", tmp_path)
        assert (done.code, real.code == 0) == (expected, expected == 0)
    assert "name-mismatch: the server's certificate is for localhost, 127.0.0.1, ::1, not for 127.0.0.2" in done.out


def test_a_pkcs12_that_java_cannot_see_into(tool: Tool, at: str, tmp_path: Path) -> None:
    options = ["-export", "-nokeys", "-passout", "pass:changeit"]
    run(find("openssl"), "pkcs12", *options, "-in", own("old-root.pem"), "-out", tmp_path / "openssl.p12")
    unseen = tool("postgres", "probe", at, "--store", "openssl.p12", "--json")
    assert unseen.code == 1
    reasons = unseen.json["verdicts"][0]["reasons"]
    assert [reason["code"] for reason in reasons] == ["unknown-ca", "not-seen-by-java"]
    assert {reason["look_for"] for reason in reasons} == {OLD_ROOT}
    seen = tool("convert", "openssl.p12", "-o", "java.p12", "--to", "pkcs12")
    assert seen.code == 0, seen.err


def test_a_pkcs12_without_its_password(tool: Tool, at: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tool("import", "store.p12", own("old-root.pem"), "--yes").code == 0
    assert tool("postgres", "probe", at, "--store", "store.p12").code == 0
    monkeypatch.delenv("TRUSTSTORE_PASSWORD")
    done = tool("postgres", "probe", at, "--store", "store.p12", "--json")
    assert done.code == 1
    assert "password-needed" in {reason["code"] for reason in done.json["verdicts"][0]["reasons"]}


def test_libpq_reads_no_keystore(tool: Tool, at: str) -> None:
    assert tool("import", "keystore.jks", own("old-root.pem"), "--yes").code == 0
    done = tool("postgres", "probe", at, "--bundle", "keystore.jks")
    assert done.code == 1
    assert "not-pem: libpq reads PEM only, and this is jks" in done.out


def test_the_expected_authority(tool: Tool, at: str) -> None:
    bundle = ("--bundle", own("old-root.pem"))
    assert tool("postgres", "probe", at, *bundle, "--expect-ca", OLD_ROOT).code == 0
    assert tool("postgres", "probe", at, "--expect-ca", OLD_ROOT).code == 1  # nobody vouches for it
    assert tool("postgres", "probe", at, *bundle, "--expect-ca", NEW_ROOT).code == 1
    pretended = ("--bundle", own("new-root.pem"), *bundle)
    wrong = tool("postgres", "probe", at, *pretended, "--expect-ca", NEW_ROOT, "--json")
    assert [item["met"] for item in wrong.json["expected"]] == [False]
    assert tool("postgres", "probe", at, "--expect-ca", OLD_SERVER).code == 1  # a server is no authority of itself


def test_exit_codes_of_servers_that_do_not_answer_as_they_should(tool: Tool) -> None:
    def refuse(connection: socket.socket) -> None:
        connection.recv(8)
        connection.sendall(b"N")

    with pretender(refuse) as port:
        done = tool("postgres", "probe", f"127.0.0.1:{port}")
    assert (done.code, done.out) == (1, "")
    assert f"127.0.0.1:{port} refuses TLS" in done.err
    gone = tool("postgres", "probe", f"127.0.0.1:{port}")
    assert gone.code == 3
    assert "Connection refused" in gone.err
    assert tool("postgres", "probe", "localhost", "--tls", "--direct").code == 2


def test_an_authority_that_a_server_only_appends_is_not_met() -> None:
    sent = [*certificates(own("old-chain.pem")), *certificates(own("new-root.pem"))]
    assert not expect(Fingerprint.parse(NEW_ROOT), sent, ()).met
    old = certificates(own("old-root.pem"))
    assert expect(Fingerprint.parse(OLD_ROOT), [*sent, *old], ()).met


@pytest.mark.parametrize("alpn", [True, False])
def test_direct_tls_without_alpn_is_a_finding(tool: Tool, alpn: bool) -> None:
    context = tls_server(own("old-chain.pem"), own("old-server.key"))
    if alpn:
        context.set_alpn_protocols(["postgresql"])

    def converse(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as tls:
            tls.recv(1)

    with pretender(converse) as port:
        done = tool("postgres", "probe", f"localhost:{port}", "--direct", "--bundle", own("old-root.pem"))
    assert "TRUSTED by" in done.out
    assert (done.code, "NO ALPN" in done.out) == ((0, False) if alpn else (1, True))


def test_what_a_store_hides_is_said(tool: Tool, at: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tool("import", "keystore.jks", own("old-root.pem"), "--yes").code == 0
    monkeypatch.delenv("TRUSTSTORE_PASSWORD")
    done = tool("postgres", "probe", at, "--store", "keystore.jks")
    assert done.code == 0
    assert "keystore.jks: integrity was NOT verified" in done.err


def test_other_commands_import_nothing_of_this() -> None:
    code = "import sys; from truststore_tool.cli import run; run(['list', 'x']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "truststore_tool.cli.list_" in done.stdout
    assert "postgres" not in done.stdout
