"""Who is connected with TLS and who is not, as the server itself sees it. Only reads; needs psycopg."""

import asyncio
import os
import socket
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from truststore_tool.errors import MORE_TIME, UnreadableError, UsageError
from truststore_tool.nouns import noun, replace

if TYPE_CHECKING:
    from psycopg import AsyncConnection

NAME: Final = "truststore-tool"

# A role without pg_read_all_stats sees neither address nor kind nor TLS of other roles' sessions: the columns are null,
# and only the database tells a client from most of the server's own processes.
_SESSIONS: Final = """
SELECT a.pid, a.backend_start, a.usename, a.datname, host(a.client_addr), a.client_port,
       coalesce(a.application_name, ''), s.ssl, s.version, s.cipher, s.bits
FROM pg_stat_activity a LEFT JOIN pg_stat_ssl s ON s.pid = a.pid
WHERE a.pid <> pg_backend_pid() AND a.usename IS NOT NULL AND a.usename <> 'rdsadmin'
  AND (a.backend_type IN ('client backend', 'walsender') OR (a.backend_type IS NULL AND a.datname IS NOT NULL))
"""
_SETTINGS: Final = """
SELECT current_setting('server_version'), current_setting('ssl', true), current_setting('rds.force_ssl', true)
"""
# The rules that let somebody in over the network, in the order in which the server tries them.
_RULES: Final = """
SELECT type, database, user_name, address, netmask, auth_method FROM pg_hba_file_rules
WHERE error IS NULL AND type LIKE 'host%' ORDER BY line_number
"""
_OLDEST: Final = 100000  # server_version_num of PostgreSQL 10


@noun
class Client:
    """Sessions that look the same.

    Attributes:
        user, database, application: as the server knows them; application may be empty.
        address: the client's address; None for a Unix socket, and where it is hidden.
        local: whether it came through a Unix socket.
        tls: whether it uses TLS; None where the server hides that from this role.
        version, cipher, bits: of the TLS connection.
        sessions: how many different ones were seen.
        first_seen, last_seen: moments of the first and last look that saw one.
    """

    user: str
    database: str | None
    address: str | None
    local: bool
    application: str
    tls: bool | None
    version: str | None
    cipher: str | None
    bits: int | None
    sessions: int
    first_seen: datetime
    last_seen: datetime


@noun
class Summary:
    """How many sessions of a user from an address use TLS, do not, or are hidden."""

    user: str
    address: str | None
    tls: int
    plain: int
    hidden: int


@noun
class SessionsReport:
    """Who is connected, how, and whether the server insists on TLS.

    Attributes:
        server_version: e.g. ``"15.8"``.
        ssl: the server's setting: whether it offers TLS.
        rds_force_ssl: the setting ``rds.force_ssl``; None where there is none (it exists on Amazon RDS).
        plain_rules: the rules of pg_hba.conf that let clients in over the network without TLS; None where this role
            may not read them.
        looks: how often the sessions were read.
        clients: sorted, those without TLS first.
        summary: by user and address.
    """

    server_version: str
    ssl: bool
    rds_force_ssl: bool | None
    plain_rules: tuple[str, ...] | None
    looks: int
    clients: tuple[Client, ...]
    summary: tuple[Summary, ...]

    @property
    def plain(self) -> int:
        """Sessions over the network without TLS."""
        return sum(c.sessions for c in self.clients if c.tls is False and not c.local)

    @property
    def hidden(self) -> int:
        """Sessions of which this role may not see whether they use TLS."""
        return sum(c.sessions for c in self.clients if c.tls is None)


class Row(NamedTuple):
    """One session in one look, in the order of the query's columns."""

    pid: int
    start: datetime | None
    user: str
    database: str | None
    address: str | None
    port: int | None
    application: str
    tls: bool | None
    version: str | None
    cipher: str | None
    bits: int | None


def sessions(options: Mapping[str, str], *, watch: float = 0, every: float = 1, timeout: float = 10) -> SessionsReport:
    """Log in, look at the sessions once or for a while, and report.

    Args:
        options: connection parameters by keyword; what is missing comes from the environment, as always with libpq.
        watch: seconds to keep looking; 0 looks once. An interrupt ends it early, with the report of what was seen.
        every: seconds between two looks.
        timeout: seconds for logging in, and for each look.

    Raises UsageError when psycopg is missing or the options are wrong, UnreadableError when the server cannot be
    reached, refuses the login or does not answer in time. No message holds the password.
    """
    try:
        import psycopg
    except ImportError as exc:
        raise UsageError("psycopg is not installed", hint="pip install 'truststore-tool[postgres]'") from exc
    try:
        return asyncio.run(_collect(options, watch, every, timeout))
    except TimeoutError as exc:
        raise UnreadableError("the server does not answer in time", remedy=MORE_TIME) from exc
    except psycopg.ProgrammingError as exc:
        raise UsageError(f"the connection parameters are wrong: {_line(exc, options)}") from exc
    except psycopg.Error as exc:
        raise UnreadableError(f"the server cannot be asked: {_line(exc, options)}") from exc


def _line(error: Exception, options: Mapping[str, str]) -> str:
    """The first line of what psycopg says, without the password should it be quoted."""
    text = next(iter(str(error).strip().splitlines()), type(error).__name__)
    for key in ("password", "sslpassword"):
        if options.get(key):
            text = text.replace(options[key], "***")
    return text


async def _collect(options: Mapping[str, str], watch: float, every: float, timeout: float) -> SessionsReport:
    import psycopg

    given = {"fallback_application_name": NAME, "connect_timeout": str(max(2, round(timeout))), **options}
    async with asyncio.timeout(timeout):
        connection = await psycopg.AsyncConnection.connect(**given, autocommit=True)  # type: ignore[arg-type]
    try:
        with _deadline(connection, timeout):
            version, ssl, force, rules = await _settings(connection)
        looks = await _watch(connection, watch, every, timeout)
    finally:
        await connection.close()
    clients = gather(looks)
    return SessionsReport(version, ssl, force, rules, len(looks), clients, summarize(clients))


@contextmanager
def _deadline(connection: "AsyncConnection[tuple[object, ...]]", timeout: float) -> Iterator[None]:
    """Hang up on a server that takes longer; raises TimeoutError.

    Cancelling would not do: psycopg then asks the server to cancel its query, and waits for the answer.
    """
    import psycopg

    line = socket.socket(fileno=os.dup(connection.pgconn.socket))
    timer = asyncio.get_running_loop().call_later(timeout, line.shutdown, socket.SHUT_RDWR)
    try:
        yield
    except psycopg.OperationalError as exc:
        if timer.when() <= asyncio.get_running_loop().time():
            raise TimeoutError from exc
        raise
    finally:
        timer.cancel()
        line.close()


async def _watch(
    connection: "AsyncConnection[tuple[object, ...]]", watch: float, every: float, timeout: float
) -> list[tuple[datetime, list[Row]]]:
    looks = []
    end = time.monotonic() + watch
    while True:
        with _deadline(connection, timeout):
            rows = await (await connection.execute(_SESSIONS)).fetchall()
        looks.append((datetime.now(UTC), [Row(*row) for row in rows]))  # type: ignore[arg-type]
        left = end - time.monotonic()
        if left <= 0:
            return looks
        try:
            await asyncio.sleep(min(every, left))
        except asyncio.CancelledError:  # Ctrl-C: enough seen
            return looks


async def _settings(
    connection: "AsyncConnection[tuple[object, ...]]",
) -> tuple[str, bool, bool | None, tuple[str, ...] | None]:
    import psycopg

    if connection.info.server_version < _OLDEST:
        raise UnreadableError("PostgreSQL before version 10 is not supported")
    row = await (await connection.execute(_SETTINGS)).fetchone()
    assert row is not None  # noqa: S101 -- a SELECT without FROM
    version, ssl, force = row
    try:
        rules = await (await connection.execute(_RULES)).fetchall()
    except psycopg.errors.InsufficientPrivilege:
        plain = None
    else:
        plain = plain_rules(rules)
    return str(version), ssl == "on", None if force in {None, ""} else force in {"1", "on"}, plain


def plain_rules(rules: Iterable[Sequence[object]]) -> tuple[str, ...]:
    """The rules of pg_hba.conf by which somebody gets in without TLS, as they would be written.

    Args:
        rules: type, databases, users, address, netmask and method of each, in order.

    The first rule that fits a connection decides (PostgreSQL documentation, The pg_hba.conf File), so that a rule that
    rejects everybody without TLS ends the list.
    """
    found = []
    for kind, databases, users, address, netmask, method in rules:
        if kind not in {"host", "hostnossl", "hostnogssenc"}:
            continue
        if method != "reject":
            words = (kind, _joined(databases), _joined(users), address, netmask, method)
            found.append(" ".join(str(word) for word in words if word))
        elif (databases, users, address) == (["all"], ["all"], "all"):
            break
    return tuple(found)


def _joined(names: object) -> str:
    return ",".join(map(str, names)) if isinstance(names, list) else str(names)


def gather(looks: Iterable[tuple[datetime, Iterable[Row]]]) -> tuple[Client, ...]:
    """The different clients of all looks, those without TLS first."""
    clients: dict[tuple[object, ...], Client] = {}
    seen: set[tuple[object, ...]] = set()
    for moment, rows in looks:
        for row in rows:
            key = row[2:5] + row[6:]
            session = (row.pid, row.start, *key)
            fresh = session not in seen
            seen.add(session)
            known = clients.get(key) or _client(row, moment)
            clients[key] = replace(known, sessions=known.sessions + fresh, last_seen=moment)
    return tuple(
        sorted(clients.values(), key=lambda c: (c.tls is not False, c.tls is not None, c.user, c.address or ""))
    )


def _client(row: Row, moment: datetime) -> Client:
    return Client(
        user=row.user,
        database=row.database,
        address=row.address,
        local=row.tls is not None and row.port == -1,
        application=row.application,
        tls=row.tls,
        version=row.version,
        cipher=row.cipher,
        bits=row.bits,
        sessions=0,
        first_seen=moment,
        last_seen=moment,
    )


# Where `Summary` counts sessions with TLS, without, and those whose TLS is hidden.
_COLUMNS: Final = {True: 0, False: 1, None: 2}


def summarize(clients: Iterable[Client]) -> tuple[Summary, ...]:
    """Sessions counted by user and address, in the order of the clients."""
    counts: dict[tuple[str, str | None], list[int]] = {}
    for client in clients:
        row = counts.setdefault((client.user, client.address), [0, 0, 0])
        row[_COLUMNS[client.tls]] += client.sessions
    return tuple(Summary(user, address, *row) for (user, address), row in counts.items())
