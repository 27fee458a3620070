"""The handshake: with a real server, and with servers that misbehave."""

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.postgres.authority import SERVER, issue
from tests.postgres.server import Server, error_response, free_port, pretender, tls_server
from tests.samples import certificates, own
from truststore_tool.errors import FindingError, TrustStoreError, UnreadableError, UsageError
from truststore_tool.postgres.target import Target
from truststore_tool.postgres.wire import Negotiation, shake, tried

SSL_REQUEST = struct.pack("!II", 8, 80877103)  # as the protocol's documentation gives the number


def asked(connection: socket.socket) -> None:
    """Take the SSLRequest."""
    assert connection.recv(8) == SSL_REQUEST


def answering(*parts: bytes, then: Callable[[socket.socket], None] | None = None) -> Callable[[socket.socket], None]:
    """A server that takes the SSLRequest, answers and hangs up, or does something else then."""

    def converse(connection: socket.socket) -> None:
        asked(connection)
        for part in parts:
            connection.sendall(part)
        if then:
            then(connection)

    return converse


def drip(connection: socket.socket) -> None:
    """A TLS record of which a byte arrives now and then."""
    for byte in b"\x16\x03\x03\x40\x00" + bytes(700):
        connection.sendall(bytes((byte,)))
        time.sleep(0.08)


def hang(connection: socket.socket) -> None:
    """Say nothing until the other side has had enough. One that waits for more than it was told to is left alone."""
    connection.settimeout(60)
    while connection.recv(1 << 16):
        pass


def goodbye(connection: socket.socket) -> None:
    """Hang up after the ClientHello."""
    connection.recv(1 << 16)


def flood(connection: socket.socket) -> None:
    """Send without end."""
    while True:
        connection.sendall(bytes(1 << 16))


MISBEHAVING = {
    "garbage": (answering(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "does not speak PostgreSQL: it answered byte 0x48"),
    "refuses TLS": (answering(b"N"), "refuses TLS"),
    "an error": (answering(error_response("sorry, too many clients")), "error: sorry, too many clients"),
    "an error cut short": (answering(b"E\x00\x00\x01\x00SFATAL"), "answered with an error: SFATAL"),
    "an endless error": (answering(b"E\x7f\xff\xff\xff", then=flood), "answered with an error: "),
    "hangs up": (answering(), "closed the connection when asked for TLS"),
    "hangs": (hang, "no answer in time"),
    "hangs after S": (answering(b"S", then=hang), "no answer in time"),
    "drips": (answering(b"S", then=drip), "no answer in time"),
    "hangs up after S": (answering(b"S", then=goodbye), "closed the connection during the TLS handshake"),
    "garbage after S": (answering(b"S", b"ha ha ha ha ha ha ha ha"), "TLS handshake failed: "),
    "floods after S": (answering(b"S", then=flood), "TLS handshake failed: "),
}


@pytest.mark.parametrize("name", MISBEHAVING)
def test_a_misbehaving_server_ends_in_a_clear_line_in_time(name: str) -> None:
    conversation, text = MISBEHAVING[name]
    # Those that keep us waiting hang up after a minute, which would be told in other words.
    timeout = 1 if text == "no answer in time" else 120
    with pretender(conversation) as port, pytest.raises(TrustStoreError) as caught:
        shake(Target("127.0.0.1", port), timeout=timeout)
    assert text in caught.value.message
    assert f"127.0.0.1:{port}" in caught.value.message
    assert "\n" not in caught.value.message
    assert isinstance(caught.value, FindingError if name == "refuses TLS" else UnreadableError)


def test_a_megabyte_of_certificates_ends_in_a_clear_line(tmp_path: Path) -> None:
    chain, key = issue("localhost", ca=False, usages=SERVER).write(tmp_path)
    filler = own("old-intermediate.pem").read_bytes()
    chain.write_bytes(chain.read_bytes() + filler * (1_000_000 // len(filler)))
    context = tls_server(chain, key)

    def converse(connection: socket.socket) -> None:
        asked(connection)
        connection.sendall(b"S")
        with contextlib.suppress(ssl.SSLError):
            context.wrap_socket(connection, server_side=True)

    with pretender(converse) as port, pytest.raises(UnreadableError, match="longer than OpenSSL takes"):
        shake(Target("127.0.0.1", port), timeout=120)


@pytest.mark.parametrize("negotiation", ["ssl-request", "direct", "tls"])
def test_nothing_but_a_goodbye_follows_the_handshake(negotiation: Negotiation) -> None:
    context = tls_server(own("old-chain.pem"), own("old-server.key"))
    context.set_alpn_protocols(["postgresql"])
    heard: list[object] = []
    over = threading.Event()

    def converse(connection: socket.socket) -> None:
        if negotiation == "ssl-request":
            asked(connection)
            connection.sendall(b"S")
        with context.wrap_socket(connection, server_side=True, suppress_ragged_eofs=False) as tls:
            heard.extend([tls.selected_alpn_protocol(), tls.recv(1)])
        over.set()

    with pretender(converse) as port:
        seen = shake(Target("localhost", port), negotiation, timeout=120)
        assert over.wait(60)
    protocol = "postgresql" if negotiation == "direct" else None
    assert heard == [protocol, b""]  # an end without close_notify would have raised
    assert seen.alpn == protocol
    assert seen.chain == tuple(certificates(own("old-chain.pem")))


@pytest.mark.parametrize(
    ("data", "times"), [(b"", 0), (b"x", 1), (bytes(1 << 16), 100)], ids=["hangs", "talks", "floods"]
)
def test_what_a_server_does_behind_the_handshake_changes_nothing(data: bytes, times: int) -> None:
    context = tls_server(own("old-chain.pem"), own("old-server.key"))
    over = threading.Event()

    def converse(connection: socket.socket) -> None:
        asked(connection)
        connection.sendall(b"S")
        with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as tls:
            for _ in range(times):
                tls.sendall(data)
            over.wait(60)

    with pretender(converse) as port:
        seen = shake(Target("localhost", port), timeout=120)
        assert not over.is_set()  # it did not hang up: we did
        over.set()
    assert seen.client_certificate is None
    assert seen.chain == tuple(certificates(own("old-chain.pem")))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_protocol_and_cipher_are_those_of_the_server(version: ssl.TLSVersion, server: Server) -> None:
    server.set(f"ssl_max_protocol_version = '{version.name.replace('_', '.')}'")
    server.set("ssl_ciphers = 'ECDHE-RSA-AES128-GCM-SHA256'")
    seen = shake(Target("localhost", server.port))
    assert seen.protocol == version.name.replace("_", ".")
    expected = "ECDHE-RSA-AES128-GCM-SHA256" if version == ssl.TLSVersion.TLSv1_2 else "TLS_AES_256_GCM_SHA384"
    assert (seen.cipher, seen.bits) == (expected, 128 if "128" in expected else 256)


def test_a_real_server_without_tls_refuses(server: Server) -> None:
    server.set("ssl = off")
    with pytest.raises(FindingError, match="refuses TLS"):
        shake(Target("localhost", server.port))


def test_a_real_server_shows_its_chain_and_openssl_verifies_it(server: Server) -> None:
    target = Target("localhost", server.port)
    seen = shake(target)
    assert seen.chain == tuple(certificates(own("old-chain.pem")))
    assert seen.address == "127.0.0.1"
    assert tried(target, certificates(own("old-root.pem"))).refusal is None
    assert "local issuer" in str(tried(target, certificates(own("new-root.pem"))).refusal)
    assert "local issuer" in str(tried(target, []).refusal)


def test_an_unreachable_server_is_named() -> None:
    port = free_port()
    with pytest.raises(UnreadableError, match=f"could not connect to 127.0.0.1:{port}: Connection refused"):
        shake(Target("127.0.0.1", port))


def test_a_name_that_does_not_resolve_is_named() -> None:
    with pytest.raises(UnreadableError, match=r"could not resolve no-such-host\.invalid|no answer in time"):
        shake(Target("no-such-host.invalid"), timeout=5)


def test_a_resolver_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    left, ended = threading.Event(), threading.Event()

    def resolve(*_: object, **__: object) -> None:
        left.wait(60)
        ended.set()

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(UnreadableError, match="no answer in time"):
        shake(Target("localhost"), timeout=0.3)
    assert not ended.is_set()
    left.set()
    assert ended.wait(60)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("db.example.com", Target("db.example.com", 5432)),
        ("db.example.com:6432", Target("db.example.com", 6432)),
        ("10.0.0.1:5433", Target("10.0.0.1", 5433)),
        ("[::1]:5433", Target("::1", 5433)),
        ("[::1]", Target("::1", 5432)),
        ("2001:db8::1", Target("2001:db8::1", 5432)),
    ],
)
def test_targets_are_read(text: str, target: Target) -> None:
    assert Target.parse(text) == target
    assert Target.parse(str(target)) == target


@pytest.mark.parametrize(
    "text",
    ["", "host:", "host:0", "host:70000", "host:port", "a b", "host/db", ".x", "x" * 64 + ".com", ":5432"],
)
def test_what_is_no_target_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Target.parse(text)


@pytest.mark.parametrize("text", ["postgresql://u:s3cret@host/db", "u:s3cret@host", "host=h password=s3cret"])
def test_a_password_given_by_mistake_is_not_shown(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        Target.parse(text)
    assert "s3cret" not in f"{caught.value.message} {caught.value.hint}"
