"""The certificates that a TLS server presents, before anything is verified."""

import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer
from typing import Final

from truststore_tool.tls import unverified_chain

_PORT: Final = 443
_TIMEOUT: Final = 10.0  # seconds to connect, and again for all that follows


def fetch(server: str) -> list[bytes]:
    """The DER of the chain that ``host[:port]`` presents, leaf first, unchecked. Raises OSError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        host, port = _split(server)
        with (
            socket.create_connection((host, port), timeout=_TIMEOUT) as connection,
            _ending(connection),
            context.wrap_socket(connection, server_hostname=host) as wrapped,
        ):
            return unverified_chain(wrapped)
    except (ValueError, OverflowError) as exc:  # no host name, no port
        raise OSError(str(exc)) from exc


@contextmanager
def _ending(connection: socket.socket) -> Iterator[None]:
    """Hang up on a server that takes longer than it may, however often it sends something."""
    line = socket.socket(fileno=os.dup(connection.fileno()))  # the other one is taken over

    def hang_up() -> None:
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)

    timer = Timer(_TIMEOUT, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        line.close()


def _split(server: str) -> tuple[str, int]:
    host, colon, port = server.rpartition(":")
    if not colon or server.endswith("]"):
        return server.strip("[]"), _PORT
    if not port.isdigit():
        raise OSError(f"no port number: {port}")
    return host.strip("[]"), int(port)
