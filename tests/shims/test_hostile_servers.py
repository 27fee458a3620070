"""``keytool -printcert -sslserver`` and ``postgres probe`` at servers that mean harm: a clear end in bounded time."""

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.postgres.authority import SERVER, issue
from tests.postgres.server import pretender, tls_server
from tests.postgres.test_hostile_servers import measured
from tests.samples import own
from truststore_tool.shims.keytool import tls_chain


def drip(connection: socket.socket) -> None:
    """A TLS record of which a byte arrives now and then, for ever."""
    connection.sendall(b"\x16\x03\x03\x40\x00\x02\x00\xff\xff")
    while True:
        time.sleep(0.1)
        connection.sendall(b"\0")


def flood(connection: socket.socket) -> None:
    while True:
        connection.sendall(bytes(1 << 16))


def huge_records(connection: socket.socket) -> None:
    """Handshake records as large as can be, without end, of one message that claims 16 MB."""
    connection.sendall(b"\x16\x03\x03\x40\x00\x02\xff\xff\xff" + bytes(0x4000 - 4))
    while True:
        connection.sendall(b"\x16\x03\x03\x40\x00" + bytes(0x4000))


def empty_records(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"\x16\x03\x03\x00\x00" * 1000)


def alerts(connection: socket.socket) -> None:
    """Warnings that mean nothing, without end."""
    while True:
        connection.sendall(b"\x15\x03\x03\x00\x02\x01\x5a" * 1000)


def silence(connection: socket.socket) -> None:
    connection.settimeout(300)
    while connection.recv(1 << 16):
        pass


def many_certificates(folder: Path) -> Callable[[socket.socket], None]:
    chain, key = issue("localhost", ca=False, usages=SERVER).write(folder)
    filler = own("old-intermediate.pem").read_bytes()
    chain.write_bytes(chain.read_bytes() + filler * (1_000_000 // len(filler)))
    context = tls_server(chain, key)

    def converse(connection: socket.socket) -> None:
        context.wrap_socket(connection, server_side=True)

    return converse


HOSTILE = [drip, flood, huge_records, empty_records, alerts, silence, None]
MOST = 100 << 20


@pytest.mark.parametrize("conversation", HOSTILE)
def test_keytool_ends(
    conversation: Callable[[socket.socket], None] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls_chain, "_TIMEOUT", 1.0)
    with pretender(conversation or many_certificates(tmp_path)) as port, pytest.raises(OSError):  # noqa: PT011
        tls_chain.fetch(f"127.0.0.1:{port}")


@pytest.mark.parametrize(
    "server", ["h\udcff", ".x", "a..b", "x" * 64 + ".com", "127.0.0.1:99999", "127.0.0.1:" + "9" * 5000]
)
def test_no_host_and_no_port_is_an_error_of_keytools(server: str) -> None:
    done, _ = measured("keytool", "-printcert", "-sslserver", os.fsencode(server).decode("utf-8", "replace"))
    assert done.code == 1
    assert "Traceback" not in done.err
    assert "No certificate from the SSL server" in done.out


@pytest.mark.parametrize("conversation", HOSTILE)
def test_probe_ends(conversation: Callable[[socket.socket], None] | None, tmp_path: Path) -> None:
    with pretender(conversation or many_certificates(tmp_path)) as port:
        done, memory = measured("postgres", "probe", f"127.0.0.1:{port}", "--tls", "--timeout", "1")
    assert done.code == 3
    assert len(done.err.splitlines()) <= 2
    assert "Traceback" not in done.err
    assert memory < MOST
