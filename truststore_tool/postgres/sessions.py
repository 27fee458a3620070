"""Who is connected with TLS and who is not, as the server itself sees it. Only reads; needs psycopg."""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from truststore_tool.errors import UnreadableError
from truststore_tool.nouns import noun, replace

if TYPE_CHECKING:
    from truststore_tool.postgres.asking import Connection
    from truststore_tool.postgres.hba_asking import PlainText

# A role without pg_read_all_stats sees neither address nor kind nor TLS of other roles' sessions: the columns are null,
# and only the database tells a client from most of the server's own processes.
_SESSIONS: Final = """
SELECT a.pid, a.backend_start AS start, a.usename AS user, a.datname AS database, host(a.client_addr) AS address,
       a.client_port AS port, coalesce(a.application_name, '') AS application, s.ssl AS tls, s.version, s.cipher, s.bits
FROM pg_stat_activity a LEFT JOIN pg_stat_ssl s ON s.pid = a.pid
WHERE a.pid <> pg_backend_pid() AND a.usename IS NOT NULL AND a.usename <> 'rdsadmin'
  AND (a.backend_type IN ('client backend', 'walsender') OR (a.backend_type IS NULL AND a.datname IS NOT NULL))
"""
_SETTINGS: Final = """
SELECT current_setting('server_version') AS version, current_setting('ssl', true) AS ssl,
       current_setting('rds.force_ssl', true) AS force
"""
_OLDEST: Final = 100000  # server_version_num of PostgreSQL 10
_TRUTHS: Final = {"t": True, "f": False, None: None}
_MOST_CLIENTS: Final = 20_000


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
        plain_rules: the rules of pg_hba.conf by which clients may get in over the network without TLS; None where
            this role may not read them.
        plain_doubts: what is not known of those rules, so that there might be others.
        looks: how often the sessions were read.
        clients: sorted, those without TLS first.
        summary: by user and address.
    """

    server_version: str
    ssl: bool
    rds_force_ssl: bool | None
    plain_rules: tuple[str, ...] | None
    plain_doubts: tuple[str, ...]
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
    """One session in one look; the names of the fields are those of the query's columns."""

    pid: int
    start: str | None
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
        timeout: seconds for logging in, and for each question.

    Raises UsageError when psycopg is missing or the options are wrong, UnreadableError when the server cannot be
    reached, refuses the login, does not answer in time, or answers with what makes no sense or is too much. No message
    holds a password.
    """
    from truststore_tool.postgres.asking import Connection
    from truststore_tool.postgres.hba_asking import plain_text

    with Connection(options, timeout) as connection:
        version, ssl, force = _settings(connection)
        plain = plain_text(connection)
        tally, looks = Tally(), 0
        end = time.monotonic() + watch
        try:
            while True:
                tally.add(datetime.now(UTC), connection.ask(_SESSIONS, Row._fields, _row))
                looks += 1
                left = end - time.monotonic()
                if left <= 0:
                    break
                time.sleep(min(every, left))
        except KeyboardInterrupt:
            if not looks:
                raise
    clients = tally.clients()
    return SessionsReport(version, ssl, force, *_shown(plain), looks, clients, summarize(clients))


def _shown(plain: "PlainText | None") -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    return (None, ()) if plain is None else (plain.rules, plain.doubts)


def _row(values: Sequence[str | None]) -> Row:
    """A session from the text of its columns. Raises ValueError and KeyError."""
    pid, start, user, database, address, port, application, tls, version, cipher, bits = values
    if pid is None or user is None or application is None:
        raise ValueError
    numbers = [None if number is None else int(number) for number in (port, bits)]
    return Row(
        int(pid), start, user, database, address, numbers[0], application, _TRUTHS[tls], version, cipher, numbers[1]
    )


def _settings(connection: "Connection") -> tuple[str, bool, bool | None]:
    if connection.server_version < _OLDEST:
        raise UnreadableError("PostgreSQL before version 10 is not supported")
    found = connection.ask(_SETTINGS, ("version", "ssl", "force"), _known)
    if len(found) != 1:
        raise connection.nonsense()
    [(version, ssl, force)] = found
    return version, ssl == "on", None if force in {None, ""} else force in {"1", "on"}


def _known(values: Sequence[str | None]) -> tuple[str, str | None, str | None]:
    version, ssl, force = values
    if version is None:
        raise ValueError
    return version, ssl, force


class Tally:
    """The different clients of all looks so far, and which of their sessions were there in the last one."""

    def __init__(self) -> None:
        self._clients: dict[tuple[object, ...], Client] = {}
        self._present: dict[tuple[object, ...], set[tuple[object, ...]]] = {}

    def add(self, moment: datetime, rows: Iterable[Row]) -> None:
        """Count what a look saw. Raises UnreadableError when that makes more clients than any server has."""
        before, self._present = self._present, {}
        for row in rows:
            key, session = row[2:5] + row[6:], (row.pid, row.start)
            known_as = self._present.setdefault(session, before.get(session, set()))
            client = self._clients.get(key) or _client(row, moment)
            self._clients[key] = replace(client, sessions=client.sessions + (key not in known_as), last_seen=moment)
            known_as.add(key)
        if len(self._clients) > _MOST_CLIENTS:
            raise UnreadableError(f"the server shows more than {_MOST_CLIENTS} different clients")

    def clients(self) -> tuple[Client, ...]:
        """The clients, those without TLS first."""
        return tuple(
            sorted(
                self._clients.values(), key=lambda c: (c.tls is not False, c.tls is not None, c.user, c.address or "")
            )
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
