"""Counting sessions of a server, however often each is seen."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final, Literal, NamedTuple

from truststore_tool.errors import UnreadableError
from truststore_tool.nouns import noun, replace

_MOST_CLIENTS: Final = 20_000
# What PgBouncer makes of application names with application_name_add_host; and names under which poolers come.
_NAMES_CLIENT: Final = re.compile(r" - (?:[0-9a-fA-F.:]+:\d+|unix\(.*\):\d+)$")
_NAMES_POOLER: Final = re.compile(r"\b(?:pgbouncer|pgpool|odyssey|pgcat|pgagroal|supavisor)\b", re.IGNORECASE)
_ENOUGH: Final = 3  # sessions from one address, of which two differ, before it is remarkable that there is no other

Sign = Literal["application-name", "discard-all", "one-address", "own-session"]


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
class Pooler:
    """An address behind which there seems to be a pooler: how clients are connected to that is not seen here.

    Attributes:
        address: None for the Unix socket.
        sessions: how many came from there.
        signs: how it shows: ``application-name`` (of a pooler, or with a client's address appended), ``discard-all``
            (an idle session was reset by what poolers reset them with), ``one-address`` (all sessions over the network
            come from there, though they differ: an application of several parts would look like that, too),
            ``own-session`` (our own session passes one).
    """

    address: str | None
    sessions: int
    signs: tuple[Sign, ...]

    @property
    def is_likely(self) -> bool:
        """Whether there is more than that all come from there."""
        return self.signs != ("one-address",)


class Row(NamedTuple):
    """One session in one look; the names of the fields are those of the query's columns.

    `reset`: whether it is idle, and its last command was one by which poolers reset sessions.
    """

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
    reset: bool = False


class Tally:
    """The different clients of all looks so far, and which of their sessions were there in the last one."""

    def __init__(self) -> None:
        self._clients: dict[tuple[object, ...], Client] = {}
        self._present: dict[tuple[object, ...], set[tuple[object, ...]]] = {}
        self._signs: dict[str | None, set[Sign]] = {}

    def add(self, moment: datetime, rows: Iterable[Row]) -> None:
        """Count what a look saw. Raises UnreadableError when that makes more clients than any server has."""
        before, self._present = self._present, {}
        for row in rows:
            key, session = row[2:5] + row[6:-1], (row.pid, row.start)
            known_as = self._present.setdefault(session, before.get(session, set()))
            client = self._clients.get(key) or _client(row, moment)
            self._clients[key] = replace(client, sessions=client.sessions + (key not in known_as), last_seen=moment)
            known_as.add(key)
            for sign in _signs(row):
                self.sign(row.address, sign)
        if len(self._clients) > _MOST_CLIENTS:
            raise UnreadableError(f"the server shows more than {_MOST_CLIENTS} different clients")

    def sign(self, address: str | None, sign: Sign) -> None:
        """Note that a pooler at that address shows."""
        self._signs.setdefault(address, set()).add(sign)

    def clients(self) -> tuple[Client, ...]:
        """The clients, those without TLS first."""
        return tuple(
            sorted(
                self._clients.values(), key=lambda c: (c.tls is not False, c.tls is not None, c.user, c.address or "")
            )
        )

    def poolers(self) -> tuple[Pooler, ...]:
        """The addresses behind which there seem to be poolers."""
        network = [client for client in self._clients.values() if client.address is not None]
        addresses = {client.address for client in network}
        signs = {address: set(found) for address, found in self._signs.items()}
        kinds = {(client.user, client.database, client.application) for client in network}
        if len(addresses) == 1 and len(kinds) > 1 and sum(client.sessions for client in network) >= _ENOUGH:
            signs.setdefault(addresses.pop(), set()).add("one-address")
        counts = {address: sum(c.sessions for c in self._clients.values() if c.address == address) for address in signs}
        found = (Pooler(address, counts[address], tuple(sorted(kinds))) for address, kinds in signs.items())
        return tuple(sorted(found, key=lambda pooler: pooler.address or ""))


def _signs(row: Row) -> Iterator[Sign]:
    if _NAMES_CLIENT.search(row.application) or _NAMES_POOLER.search(row.application):
        yield "application-name"
    if row.reset:
        yield "discard-all"


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
