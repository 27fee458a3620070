"""Who is connected with TLS and who is not, as the server itself sees it. Only reads; needs psycopg."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal

from truststore_tool.errors import UnreadableError
from truststore_tool.nouns import noun
from truststore_tool.postgres.tally import Client, Pooler, Row, Summary, Tally, summarize

if TYPE_CHECKING:
    from truststore_tool.postgres.asking import Connection

# A role without pg_read_all_stats sees neither address nor kind nor TLS of other roles' sessions: the columns are null,
# and only the database tells a client from most of the server's own processes.
_SESSIONS: Final = """
SELECT a.pid, a.backend_start AS start, a.usename AS user, a.datname AS database, host(a.client_addr) AS address,
       a.client_port AS port, coalesce(a.application_name, '') AS application, s.ssl AS tls, s.version, s.cipher,
       s.bits, coalesce(a.state = 'idle' AND a.query = 'DISCARD ALL', false) AS reset
FROM pg_stat_activity a LEFT JOIN pg_stat_ssl s ON s.pid = a.pid
WHERE a.pid <> pg_backend_pid() AND a.usename IS NOT NULL AND a.usename <> 'rdsadmin'
  AND (a.backend_type IN ('client backend', 'walsender') OR (a.backend_type IS NULL AND a.datname IS NOT NULL))
"""
_SETTINGS: Final = """
SELECT current_setting('server_version') AS version, current_setting('ssl', true) AS ssl,
       current_setting('rds.force_ssl', true) AS force
"""
# What is told at login for cancelling is the server process, unless a pooler answers that has many of them.
_OWN: Final = "SELECT pg_backend_pid() AS pid, host(inet_client_addr()) AS address"
_OLDEST: Final = 100000  # server_version_num of PostgreSQL 10
_TRUTHS: Final = {"t": True, "f": False, None: None}


@noun
class SessionsReport:
    """Who is connected, how, and whether the server insists on TLS.

    Attributes:
        server: ``"postgresql"``, or ``"pgbouncer"`` where its console was asked.
        server_version: e.g. ``"15.8"``.
        ssl: the server's setting: whether it offers TLS.
        rds_force_ssl: the setting ``rds.force_ssl``; None where there is none (it exists on Amazon RDS).
        plain_rules: the rules of pg_hba.conf by which clients may get in over the network without TLS; None where
            this role may not read them.
        plain_doubts: what is not known of those rules, so that there might be others.
        client_tls_sslmode: the setting of PgBouncer; None for PostgreSQL.
        poolers: where clients of poolers seem to come from.
        looks: how often the sessions were read.
        clients: sorted, those without TLS first.
        summary: by user and address.
    """

    server: Literal["postgresql", "pgbouncer"]
    server_version: str
    ssl: bool
    rds_force_ssl: bool | None
    plain_rules: tuple[str, ...] | None
    plain_doubts: tuple[str, ...]
    client_tls_sslmode: str | None
    poolers: tuple[Pooler, ...]
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

    @property
    def is_good(self) -> bool:
        """Whether nobody is connected over the network without TLS, as far as that can be told of all."""
        return not (self.plain or self.hidden or any(pooler.is_likely for pooler in self.poolers))


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
    from truststore_tool.postgres import pgbouncer
    from truststore_tool.postgres.asking import Connection
    from truststore_tool.postgres.hba_asking import plain_text

    with Connection(options, timeout) as connection:
        if connection.software.endswith(pgbouncer.MARK):
            mode = pgbouncer.sslmode(connection)
            tally, looks = _watched(lambda: pgbouncer.clients(connection), watch, every)
            version, ssl, force, plain = connection.software.removesuffix(pgbouncer.MARK), mode != "disable", None, None
        else:
            mode, (version, ssl, force), plain = None, _settings(connection), plain_text(connection)
            own = connection.ask(_OWN, ("pid", "address"), lambda values: values)
            passed = [address for pid, address in own if pid != str(connection.backend_pid)]
            tally, looks = _watched(lambda: connection.ask(_SESSIONS, Row._fields, _row), watch, every)
            for address in passed:
                tally.sign(address, "own-session")
    clients = tally.clients()
    return SessionsReport(
        server="postgresql" if mode is None else "pgbouncer",
        server_version=version,
        ssl=ssl,
        rds_force_ssl=force,
        plain_rules=plain.rules if plain else None,
        plain_doubts=plain.doubts if plain else (),
        client_tls_sslmode=mode,
        poolers=tally.poolers() if mode is None else (),
        looks=looks,
        clients=clients,
        summary=summarize(clients),
    )


def _watched(look: Callable[[], Iterable[Row]], watch: float, every: float) -> tuple[Tally, int]:
    """What is seen by looking for so many seconds, or until an interrupt; and how often it was looked."""
    tally, looks = Tally(), 0
    end = time.monotonic() + watch
    try:
        while True:
            tally.add(datetime.now(UTC), look())
            looks += 1
            left = end - time.monotonic()
            if left <= 0:
                break
            time.sleep(min(every, left))
    except KeyboardInterrupt:
        if not looks:
            raise
    return tally, looks


def _row(values: Sequence[str | None]) -> Row:
    """A session from the text of its columns. Raises ValueError and KeyError."""
    pid, start, user, database, address, port, application, tls, version, cipher, bits, reset = values
    if pid is None or user is None or application is None:
        raise ValueError
    numbers = [None if number is None else int(number) for number in (port, bits)]
    secured = (_TRUTHS[tls], version, cipher, numbers[1])
    return Row(int(pid), start, user, database, address, numbers[0], application, *secured, reset == "t")


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
