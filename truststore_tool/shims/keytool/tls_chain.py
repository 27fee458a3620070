"""The certificates that a TLS server presents, whatever they are worth."""

import socket
import ssl
from typing import Final

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
        return _chain(wrapped)


def _split(server: str) -> tuple[str, int]:
    host, colon, port = server.rpartition(":")
    if not colon or server.endswith("]"):
        return server.strip("[]"), _PORT
    if not port.isdigit():
        raise OSError(f"no port number: {port}")
    return host.strip("[]"), int(port)


def _chain(wrapped: ssl.SSLSocket) -> list[bytes]:
    """All certificates where this Python can tell them (3.13), else from its internal object, else the leaf."""
    if hasattr(wrapped, "get_unverified_chain"):
        return list(wrapped.get_unverified_chain())
    inner = getattr(wrapped, "_sslobj", None)
    if inner is not None and hasattr(inner, "get_unverified_chain"):
        return [bytes(ssl.PEM_cert_to_DER_cert(item.public_bytes())) for item in inner.get_unverified_chain()]
    leaf = wrapped.getpeercert(binary_form=True)
    return [leaf] if leaf else []
