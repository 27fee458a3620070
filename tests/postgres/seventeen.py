"""PostgreSQL 17 in the Debian of the tests."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.debian import Debian
from tests.postgres.clients import ASK
from tests.postgres.server import free_port
from tests.samples import own

BIN = "/usr/lib/postgresql/17/bin"
OWNER = "postgres"


@dataclass(frozen=True)
class Seventeen:
    """PostgreSQL 17 in the Debian of the tests: a server, and a psql for any server.

    Attributes:
        home: the Debian.
        outside, inside: a folder of its files as this machine and as its programs call it.
        port: of the server.
    """

    home: Debian
    outside: Path
    inside: str
    port: int

    def set(self, *settings: str) -> None:
        """Add lines to postgresql.conf and load it."""
        with (self.outside / "data" / "postgresql.conf").open("a") as conf:
            conf.write("".join(f"{setting}\n" for setting in settings))
        self.control("restart")

    def control(self, action: str) -> None:
        """Start, restart or stop the server, and wait for that."""
        options = () if action == "start" else ("-m", "fast")
        words = ("-w", "-s", "-D", f"{self.inside}/data", "-l", f"{self.inside}/log", *options)
        self.home.run(f"{BIN}/pg_ctl", action, *words, user=OWNER)

    def connects(self, port: int, negotiation: str, bundle: Path, host: str = "localhost") -> bool:
        """Whether its psql logs in there with verify-full and these authorities."""
        (self.outside / "roots.pem").write_bytes(bundle.read_bytes())
        return self.does(f"host={host} port={port} sslmode=verify-full {self.roots}", negotiation) != "fails"

    @property
    def roots(self) -> str:
        """The setting that names the authorities, to its psql."""
        return f"sslrootcert={self.inside}/roots.pem"

    def does(self, settings: str, negotiation: str = "postgres") -> str:
        """What its psql does with settings at 127.0.0.1: ``tls``, ``plain`` or ``fails``."""
        dsn = f"hostaddr=127.0.0.1 user=reader dbname=postgres {settings}"
        environment = (f"PGSSLNEGOTIATION={negotiation}", "PGCONNECT_TIMEOUT=10")
        out = self.home.run(*environment, f"{BIN}/psql", "-w", "-X", "-Atc", ASK, dsn, check=False, user=OWNER)
        return {b"t\n": "tls", b"f\n": "plain"}.get(out, "fails")


@contextmanager
def started(home: Debian, outside: Path, inside: str) -> Iterator[Seventeen]:
    """The server under the old certificate; stopped at the end."""
    server = Seventeen(home, outside, inside, free_port())
    quiet = ("-E", "UTF8", "--locale", "C", "--no-sync", "--no-instructions", "-A", "trust")
    home.run(f"{BIN}/initdb", "-D", f"{inside}/data", "-U", "reader", *quiet, user=OWNER)
    data = outside / "data"
    for source, name in (("old-chain.pem", "server.crt"), ("old-server.key", "server.key")):
        (data / name).write_bytes(own(source).read_bytes())
        (data / name).chmod(0o600)
        shutil.chown(data / name, data.stat().st_uid)
    with (data / "postgresql.conf").open("a") as conf:
        conf.write(
            f"port = {server.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{inside}/data'\n"
            "ssl = on\nfsync = off\nmax_connections = 30\nshared_buffers = 4MB\ndynamic_shared_memory_type = mmap\n"
        )
    server.control("start")
    try:
        yield server
    finally:
        server.control("stop")
