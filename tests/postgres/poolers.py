"""A real pgbouncer that ends TLS."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.postgres.server import free_port, server_user
from tests.realtools import find
from tests.samples import own


@contextmanager
def pgbouncer(folder: Path, server_port: int, *settings: str) -> Iterator[int]:
    """The port of a pgbouncer in front of a server, under the old certificate, with these settings for its clients.

    Args:
        folder: one that its user may enter.
        server_port: of the server behind it.
        settings: lines of its configuration.
    """
    port = free_port()
    for name in ("old-chain.pem", "old-server.key", "old-root.pem"):
        (folder / name).write_bytes(own(name).read_bytes())
        (folder / name).chmod(0o644)
    (folder / "users.txt").write_text('"reader" ""\n')
    lines = (
        "[databases]",
        f"postgres = host=127.0.0.1 port={server_port}",
        "[pgbouncer]",
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = trust",
        f"auth_file = {folder}/users.txt\nclient_tls_cert_file = {folder}/old-chain.pem",
        f"client_tls_key_file = {folder}/old-server.key\nclient_tls_ca_file = {folder}/old-root.pem",
        *settings,
    )
    configuration = folder / "pgbouncer.ini"
    configuration.write_text("\n".join(lines) + "\n")
    command = [find("pgbouncer"), "-q", str(configuration)]
    with subprocess.Popen(command, user=server_user(), cwd="/", stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(port)
            yield port
        finally:
            process.kill()


def _wait_for(port: int) -> None:
    import socket

    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 60).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("pgbouncer did not start")
