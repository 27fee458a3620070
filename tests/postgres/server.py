"""A real PostgreSQL with TLS on loopback, and one that only pretends."""

import os
import shutil
import socket
import ssl
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from tests.realtools import missing
from tests.samples import own

PASSWORD = "se:cr/et@1"  # needs escaping in every kind of connection string


def binary(name: str) -> str:
    """Path of one of PostgreSQL's server programs: TRUSTSTORE_TOOL_PG_BINDIR, PATH, or where pg_config says."""
    named = os.environ.get("TRUSTSTORE_TOOL_PG_BINDIR")
    config = shutil.which("pg_config")
    asked = subprocess.run([config, "--bindir"], capture_output=True, text=True).stdout.strip() if config else ""
    places = [named, os.environ.get("PATH"), asked, *sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")))]
    return next(filter(None, (shutil.which(name, path=place) for place in places if place)), None) or missing(name)


def free_port() -> int:
    """A TCP port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert isinstance(port, int)
    return port


def server_user() -> str | None:
    """PostgreSQL refuses to run as root; then it runs as nobody."""
    return "nobody" if os.getuid() == 0 else None


@dataclass(frozen=True)
class Server:
    """A running server with database postgres; roles postgres and app have the password, role reader needs none."""

    folder: Path
    port: int

    def use(self, chain: str) -> None:
        """Serve this chain of the samples (``"old"`` or ``"new"``) to every new connection."""
        self.use_files(own(f"{chain}-chain.pem"), own(f"{chain}-server.key"))

    def use_files(self, chain: Path, key: Path) -> None:
        """Serve this chain and key to every new connection."""
        self._install(chain, "server.crt")
        self._install(key, "server.key")
        self.reload()

    def run(self, statements: str) -> str:
        """What psql prints for SQL of the superuser, each statement by itself."""
        command = [binary("psql"), "-h", str(self.folder), "-p", str(self.port), "-U", "postgres", "-qAt", "postgres"]
        done = subprocess.run(command, input=statements.replace(";", ";\n"), check=True, capture_output=True, text=True)
        return done.stdout.strip()

    @property
    def version(self) -> int:
        """Its server_version_num."""
        return int(self.run("SHOW server_version_num"))

    def write_hba(self, *lines: str) -> None:
        """Replace pg_hba.conf."""
        (self.folder / "pg_hba.conf").write_text("\n".join(lines) + "\n")
        self.reload()

    def set(self, setting: str) -> None:
        """Append a line to postgresql.conf and load it."""
        with (self.folder / "postgresql.conf").open("a") as conf:
            conf.write(f"{setting}\n")
        self.reload()

    def reload(self) -> None:
        """Make the server read its files again, and wait until it has."""
        seen = self.logged()
        run_as_server([binary("pg_ctl"), "reload", "-s", "-D", str(self.folder)])
        self.wait_for_reload(seen)

    def logged(self) -> int:
        """The size of its log."""
        log = self.folder / "log"
        return log.stat().st_size if log.exists() else 0

    def wait_for_reload(self, seen: int) -> None:
        """Until it has read its files again, whose log was of that size before it was told to."""
        deadline = time.monotonic() + 120
        while b"received SIGHUP" not in (self.folder / "log").read_bytes()[seen:]:
            if time.monotonic() > deadline:
                raise TimeoutError("the server did not reload")
            time.sleep(0.02)
        # The postmaster reads the files right after it says so, and only then takes the next connection.
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(120)
            connection.connect(str(self.folder / f".s.PGSQL.{self.port}"))
            connection.sendall(struct.pack("!II", 8, 80877103))  # SSLRequest
            connection.recv(1)

    def _install(self, source: Path, name: str) -> None:
        target = self.folder / name
        target.write_bytes(source.read_bytes())
        target.chmod(0o600)
        if user := server_user():
            shutil.chown(target, user)


def run_as_server(command: list[str]) -> None:
    """Run one of the server's programs as its user; its output goes nowhere, lest a daemon keep our pipe open."""
    subprocess.run(
        command,
        check=True,
        user=server_user(),
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=300,
    )


HBA = ("local all all trust", "host all reader all trust", "host all all all scram-sha-256")


@contextmanager
def folder_of_servers() -> Iterator[Path]:
    """A folder that belongs to the servers' user. Not one of pytest's, which only their owner may enter."""
    with TemporaryDirectory(prefix="truststore-tool-") as name:
        if user := server_user():
            shutil.chown(name, user)
        yield Path(name)


@contextmanager
def postgresql(folder: Path, addresses: str = "127.0.0.1, 127.0.0.2") -> Iterator[Server]:
    """A server in such a folder, at these addresses, under the old certificate; stopped at the end."""
    data, secret = folder / "data", folder / "secret"
    data.mkdir()
    secret.write_text(PASSWORD)
    if user := server_user():
        for place in (folder, data, secret):
            shutil.chown(place, user)
    quiet = ["-E", "UTF8", "--locale", "C", "--no-sync", "--no-instructions", "-A", "scram-sha-256"]
    run_as_server([binary("initdb"), "-D", str(data), "-U", "postgres", "--pwfile", str(secret), *quiet])
    server = Server(data, free_port())
    for source, name in ((own("old-chain.pem"), "server.crt"), (own("old-server.key"), "server.key")):
        server._install(source, name)
    with (data / "postgresql.conf").open("a") as conf:
        conf.write(
            f"port = {server.port}\nlisten_addresses = '{addresses}'\nunix_socket_directories = '{data}'\n"
            "ssl = on\nfsync = off\nmax_connections = 30\nshared_buffers = 4MB\nlog_min_messages = log\n"
        )
    (data / "pg_hba.conf").write_text("\n".join(HBA) + "\n")
    run_as_server([binary("pg_ctl"), "start", "-w", "-s", "-D", str(data), "-l", str(data / "log")])
    try:
        sql = f"CREATE ROLE app LOGIN PASSWORD '{PASSWORD}'; CREATE ROLE reader LOGIN; CREATE ROLE rdsadmin LOGIN;"
        run_as_server(
            [binary("psql"), "-h", str(data), "-p", str(server.port), "-U", "postgres", "-qc", sql, "postgres"]
        )
        yield server
    finally:
        run_as_server([binary("pg_ctl"), "stop", "-m", "immediate", "-D", str(data)])


def error_response(text: str) -> bytes:
    """An ErrorResponse, as the protocol's documentation describes it."""
    body = b"SFATAL\0C53300\0M" + text.encode() + b"\0\0"
    return b"E" + struct.pack("!I", len(body) + 4) + body


Conversation = Callable[[socket.socket], None]


@contextmanager
def pretender(conversation: Conversation) -> Iterator[int]:
    """The port of a server on loopback that has this conversation with each who connects."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(120)
                    try:
                        conversation(connection)
                    except OSError:
                        continue

        Thread(target=serve, daemon=True).start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)  # closing alone would not wake the thread that accepts


def tls_server(chain: Path, key: Path) -> ssl.SSLContext:
    """The context of a server that shows this chain."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    return context
