"""The certificates that a TLS server presents, before anything is verified."""

import socket
import ssl
from typing import Final

from truststore_tool.tls import unverified_chain

_PORT: Final = 443
_TIMEOUT: Final = 10.0


def fetch(server: str) -> list[bytes]:
    """The DER of the chain that ``host[:port]`` presents, leaf first, unchecked. Raises OSError."""
    host, port = _split(server)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection((host, port), timeout=_TIMEOUT) as connection,
        context.wrap_socket(connection, server_hostname=host) as wrapped,
    ):
        return unverified_chain(wrapped)


def _split(server: str) -> tuple[str, int]:
    host, colon, port = server.rpartition(":")
    if not colon or server.endswith("]"):
        return server.strip("[]"), _PORT
    if not port.isdigit():
        raise OSError(f"no port number: {port}")
    return host.strip("[]"), int(port)
