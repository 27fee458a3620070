"""Servers that mean harm: a clear error in bounded time, for a bounded amount of memory, and no password of ours."""

import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, count

import pytest

from tests.cli.harness import Done
from tests.postgres.server import Conversation, pretender

SECRET = "xyzzyQ7plugh"
MOST = 100 << 20  # bytes of resident memory
COLUMNS = [
    "pid",
    "start",
    "user",
    "database",
    "address",
    "port",
    "application",
    "tls",
    "version",
    "cipher",
    "bits",
    "reset",
]
SETTINGS = ["version", "ssl", "force"]
RULES = ["file", "line", "type", "databases", "users", "address", "netmask", "method", "error"]
TEXTS = ["file", "content", "newer"]
MEMBERS = ["role", "groups"]
RULE = [b"", b"1", b"host", b'["all"]', b'["all"]', b"all", None, b"md5", b"f"]
SESSION = [b"1", b"2026-01-01", b"u", b"d", b"10.0.0.1", b"5000", b"app", b"f", None, None, None, b"f"]


# The protocol, as its documentation has it (PostgreSQL documentation, Message Formats) ------------------------


def message(kind: bytes, body: bytes = b"") -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


def described(names: Iterable[str], kind: int = 25) -> bytes:
    fields = [name.encode() + b"\0" + struct.pack("!IhIhih", 0, 0, kind, -1, -1, 0) for name in names]
    return message(b"T", struct.pack("!H", len(fields)) + b"".join(fields))


def row(values: Iterable[bytes | None]) -> bytes:
    cells = [struct.pack("!i", -1) if v is None else struct.pack("!I", len(v)) + v for v in values]
    return message(b"D", struct.pack("!H", len(cells)) + b"".join(cells))


DONE = message(b"C", b"SELECT 1\0")
READY = message(b"Z", b"I")
WELCOME = (
    message(b"R", struct.pack("!I", 0))
    + b"".join(
        message(b"S", pair)
        for pair in (b"server_version\x0015.0\0", b"client_encoding\0UTF8\0", b"standard_conforming_strings\0on\0")
    )
    + READY
)
NOTICE = message(b"N", b"SNOTICE\0VNOTICE\0C00000\0M" + b"n" * 1000 + b"\0\0")
GOOD_SETTINGS = described(SETTINGS) + row([b"15.0", b"on", None]) + DONE + READY
GOOD_RULES = tuple(described(columns) + DONE + READY for columns in (RULES, TEXTS, MEMBERS))
# No key for cancelling is given, so that psycopg takes the number of the server's process for 0.
GOOD_SELF = described(("pid", "address")) + row([b"0", b"127.0.0.1"]) + DONE + READY
GOOD_SESSIONS = described(COLUMNS) + row(SESSION) + DONE + READY


def take(connection: socket.socket) -> bytes:
    """One message of the client's, without its head."""
    head = connection.recv(5, socket.MSG_WAITALL)
    return connection.recv(int.from_bytes(head[1:5], "big") - 4, socket.MSG_WAITALL) if len(head) == 5 else b""


def start(connection: socket.socket) -> None:
    length = int.from_bytes(connection.recv(4, socket.MSG_WAITALL), "big")
    connection.recv(length - 4, socket.MSG_WAITALL)


def serving(
    *answers: bytes | Iterable[bytes] | Callable[[], Iterable[bytes]], welcome: bytes = WELCOME
) -> Conversation:
    """A server that lets everybody in and gives these answers, one to each question; the last to all that follow."""

    def converse(connection: socket.socket) -> None:
        start(connection)
        connection.sendall(welcome)
        for number in count():
            if not take(connection):
                return
            answer = answers[min(number, len(answers) - 1)]
            for part in [answer] if isinstance(answer, bytes) else answer() if callable(answer) else answer:
                connection.sendall(part)

    return converse


def settled(*answers: bytes | Callable[[], Iterable[bytes]]) -> Conversation:
    """One that behaves until the sessions are asked for."""
    return serving(GOOD_SETTINGS, *GOOD_RULES, GOOD_SELF, *answers)


def ruled(*rows: bytes) -> Conversation:
    """One whose rules, files and roles are these."""
    answers = zip((RULES, TEXTS, MEMBERS), rows, strict=False)
    return serving(GOOD_SETTINGS, *(described(columns) + one + DONE + READY for columns, one in answers))


def consoled(columns: Sequence[str], client: Sequence[bytes | None]) -> Conversation:
    """A console of PgBouncer that shows such a client."""
    settings = described(["key", "value"]) + row([b"client_tls_sslmode", b"allow"]) + DONE + READY
    welcome = WELCOME.replace(
        message(b"S", b"server_version\x0015.0\0"), message(b"S", b"server_version\x001/bouncer\0")
    )
    return serving(settings, described(columns) + row(client) + DONE + READY, welcome=welcome)


def before_the_login(*parts: bytes, end: Callable[[], Iterable[bytes]] = tuple) -> Conversation:
    def converse(connection: socket.socket) -> None:
        start(connection)
        for part in chain(parts, end()):
            connection.sendall(part)
        time.sleep(600)

    return converse


def endless(part: bytes, first: bytes = b"") -> Callable[[], Iterator[bytes]]:
    block = part * max(1, (1 << 16) // len(part))

    def parts() -> Iterator[bytes]:
        yield first
        while True:
            yield block

    return parts


def drip(data: bytes) -> Callable[[], Iterator[bytes]]:
    def parts() -> Iterator[bytes]:
        while True:
            for number in range(len(data)):
                time.sleep(0.05)
                yield data[number : number + 1]

    return parts


def huge(kind: bytes, length: int = 0x3FFFFFFF) -> Callable[[], Iterator[bytes]]:
    """A message that claims to be a gigabyte, and is."""
    return endless(b"x" * 65536, kind + struct.pack("!I", length))


def scram(connection: socket.socket) -> None:
    """SCRAM-SHA-256 (RFC 5802) with as many iterations as the number can tell."""
    start(connection)
    connection.sendall(message(b"R", struct.pack("!I", 10) + b"SCRAM-SHA-256\0\0"))
    first = take(connection)
    nonce = first.partition(b"r=")[2]
    connection.sendall(message(b"R", struct.pack("!I", 11) + b"r=" + nonce + b"abc,s=c2FsdHNhbHQ=,i=2147483647"))
    time.sleep(600)


def echo(connection: socket.socket) -> None:
    """Asks for the password in clear, and tells it to the world."""
    start(connection)
    connection.sendall(message(b"R", struct.pack("!I", 3)))
    password = take(connection).rstrip(b"\0")
    connection.sendall(message(b"E", b"SFATAL\0C28P01\0Mno such password: " + password + b"\0\0"))


SENSE, TIME, MEMORY = "makes no sense", "does not answer in time", "sends more than"
EITHER = ""  # libpq reads on when it cannot keep more, so that it ends in one or the other
SESSIONS: dict[str, tuple[Conversation, str]] = {
    "fewer columns": (settled(described(COLUMNS[:-1]) + row(SESSION[:-1]) + DONE + READY), SENSE),
    "more columns": (settled(described([*COLUMNS, "more"]) + row([*SESSION, b"1"]) + DONE + READY), SENSE),
    "other columns": (settled(described(reversed(COLUMNS)) + row(SESSION) + DONE + READY), SENSE),
    "no columns": (settled(described([]) + row([]) + DONE + READY), SENSE),
    "no settings": (serving(described(SETTINGS) + DONE + READY), SENSE),
    "two settings": (serving(described(SETTINGS) + row([b"15", b"", b""]) * 2 + DONE + READY), SENSE),
    "no version": (serving(described(SETTINGS) + row([None] * 3) + DONE + READY), SENSE),
    "rules of one column": (serving(GOOD_SETTINGS, described(["type"]) + row([b"host"]) + DONE + READY), SENSE),
    "a rule without a kind": (ruled(row([*RULE[:2], None, *RULE[3:]])), SENSE),
    "a rule that is no list": (ruled(row([*RULE[:3], b'{"a": 1}', *RULE[4:]])), SENSE),
    "a rule in brackets without end": (ruled(row([*RULE[:3], b"[" * 100_000, *RULE[4:]])), SENSE),
    "a file without a content": (ruled(row(RULE), row([b"", None, b"f"])), SENSE),
    "a file that is no base64": (ruled(row(RULE), row([b"", b"%", b"f"])), SENSE),
    "a role that is no text": (ruled(row(RULE), row([b"", b"", b"f"]), row([b"u", b"[1]"])), SENSE),
    "a console without columns": (consoled([], []), SENSE),
    "a console of other columns": (consoled(["key"], [b"x"]), SENSE),
    "a console with no number": (
        consoled(["user", "database", "addr", "port", "ptr", "connect_time"], [b"u", b"d", b"a", b"x", b"0x1", b""]),
        SENSE),
    "settings of one column": (serving(described(["version"]) + row([b"15"]) + DONE + READY), SENSE),
    "no number": (settled(described(COLUMNS) + row([b"x", *SESSION[1:]]) + DONE + READY), SENSE),
    "a long number": (settled(described(COLUMNS) + row([b"9" * 9999, *SESSION[1:]]) + DONE + READY), SENSE),
    "no truth": (settled(described(COLUMNS) + row([*SESSION[:7], b"maybe", *SESSION[8:]]) + DONE + READY), SENSE),
    "nulls": (settled(described(COLUMNS) + row([None] * 12) + DONE + READY), SENSE),
    "a long value": (settled(described(COLUMNS) + row([*SESSION[:2], b"u" * (9 << 20), *SESSION[3:]]) + DONE + READY),
                     "MB"),
    "many rows": (settled(described(COLUMNS) + row(SESSION) * 21_000 + DONE + READY), "more than 20000 rows"),
    "nothing but an end": (settled(DONE + READY), "cannot be asked"),
    "an empty query": (settled(message(b"I") + READY), "cannot be asked"),
    "a copy": (settled(message(b"H", b"\0\0\0") + READY), "cannot be asked"),
    "a copy the other way": (settled(message(b"G", b"\0\0\0") + READY), "cannot be asked"),
    "an error": (settled(message(b"E", b"SERROR\0C42501\0Mno\0\0") + READY), "cannot be asked: ERROR:  no"),
    "a long error": (settled(message(b"E", b"SERROR\0C42P01\0M" + b"x" * (5 << 20) + b"\0\0") + READY),
                     "cannot be asked"),
    "an error without fields": (settled(message(b"E", b"\0") + READY), "cannot be asked"),
    "an unknown message": (settled(message(b"!", b"abc") + READY), "cannot be asked"),
    "too short a message": (settled(b"T\0\0\0\1"), "cannot be asked"),
    "a row that does not fit": (settled(described(COLUMNS) + row([b"1"]) + DONE + READY), "cannot be asked"),
    "bytes that are no text": (settled(described(COLUMNS) + message(b"D", b"\0\x0c" + b"\xff" * 9) + DONE + READY),
                               "cannot be asked"),
    "hangs up": (before_the_login(WELCOME[:9]), TIME),
    "endless rows": (settled(endless(row(SESSION), described(COLUMNS))), EITHER),
    "endless empty rows": (settled(endless(row([None] * 12), described(COLUMNS))), EITHER),
    "endless wide rows": (settled(endless(row([b"x" * 10_000] * 12), described(COLUMNS))), EITHER),
    "a gigabyte in a row": (settled(huge(b"D")), MEMORY),
    "a gigabyte in a description": (settled(huge(b"T")), MEMORY),
    "a gigabyte in an error": (settled(huge(b"E")), MEMORY),
    "a gigabyte in a notice": (settled(huge(b"N")), MEMORY),
    "huge column names": (settled(endless(b"c" * 65536, b"T\x3f\xff\xff\xff\0\2")), MEMORY),
    "endless notices": (settled(endless(NOTICE)), TIME),
    "endless settings": (settled(endless(message(b"S", b"name\0value\0"))), TIME),
    "endless new settings": (settled(lambda: (message(b"S", b"n%d\0%s\0" % (n, b"v" * 9999)) for n in count())),
                             MEMORY),
    "endless notifications": (settled(endless(message(b"A", b"\0\0\0\1channel\0" + b"p" * 7000 + b"\0"))), MEMORY),
    "endless results": (settled(endless(described(COLUMNS) + row(SESSION) + DONE)), TIME),
    "drips": (settled(drip(described(COLUMNS) + row(SESSION))), TIME),
    "drips notices": (settled(drip(NOTICE)), TIME),
    "endless notices before the login": (before_the_login(end=endless(NOTICE)), "cannot be asked"),
    "a long error before the login": (before_the_login(message(b"E", b"SFATAL\0M" + b"x" * 20_000 + b"\0\0")),
                                      "cannot be asked"),
    "a gigabyte before the login": (before_the_login(end=huge(b"E")), EITHER),
    "drips before the login": (before_the_login(end=drip(message(b"R", b"\0\0\0\3"))), EITHER),
    "drips settings before the login": (
        before_the_login(message(b"R", b"\0\0\0\0"), end=drip(message(b"S", b"name\0value\0"))), TIME),
    "endless settings before the login": (
        before_the_login(message(b"R", b"\0\0\0\0"), end=endless(message(b"S", b"name\0value\0"))), TIME),
    "an unknown login": (before_the_login(message(b"R", b"\0\0\0\x63")), "cannot be asked"),
    "iterations without end": (scram, TIME),
    "tells the password": (echo, "no such password: ***"),
}  # fmt: skip


def measured(*arguments: str, **environment: str) -> tuple[Done, int]:
    """A command line as a process of its own, which must end, and the most memory that it took, in bytes."""
    command = [sys.executable, "-c", _MEASURE, sys.executable, "-m", "truststore_tool", *arguments]
    done = subprocess.run(command, capture_output=True, env={**os.environ, **environment}, timeout=300)
    *err, memory = done.stderr.decode().splitlines()
    return Done(done.returncode, done.stdout.decode(), "\n".join(err)), int(memory) << 10


# A small process in between: what a child took counts from what its parent had when it was made.
_MEASURE = """
import os, resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize("name", SESSIONS)
def test_sessions_of_a_hostile_server(name: str) -> None:
    conversation, text = SESSIONS[name]
    with pretender(conversation) as port:
        dsn = f"host=127.0.0.1 port={port} user=u dbname=d sslmode=disable gssencmode=disable"
        # Only who makes us wait is given up; on a busy machine all others take their time, too.
        patience = "1" if text in (TIME, EITHER) else "120"
        done, memory = measured("postgres", "sessions", dsn, "--timeout", patience, PGPASSWORD=SECRET)
    assert done.code == 3, done
    assert text in done.err.splitlines()[0]
    assert done.out == ""
    assert len(done.err) < 1000
    assert SECRET not in done.err
    assert memory < MOST


def test_a_watch_of_ever_other_clients_ends() -> None:
    """A server that shows other sessions at each look."""
    numbers = count()

    def many() -> Iterator[bytes]:
        first = next(numbers) * 15_000
        rows = [
            row([b"1", b"", b"u", b"d", None, None, b"app%d" % n, *SESSION[7:]]) for n in range(first, first + 15_000)
        ]
        yield described(COLUMNS) + b"".join(rows) + DONE + READY

    with pretender(settled(many)) as port:
        dsn = f"host=127.0.0.1 port={port} user=u dbname=d sslmode=disable gssencmode=disable"
        done, memory = measured("postgres", "sessions", dsn, "--watch", "30", "--every", "0.1")
    assert done.code == 3
    assert "more than 20000 different clients" in done.err
    assert memory < MOST


def test_the_stand_in_is_taken_for_a_server_when_it_behaves() -> None:
    """Or what it does wrong would not be what is found."""
    with pretender(settled(GOOD_SESSIONS)) as port:
        dsn = f"host=127.0.0.1 port={port} user=u dbname=d sslmode=disable gssencmode=disable"
        done, memory = measured("postgres", "sessions", dsn, "--json")
    assert (done.code, done.json["plain"], done.json["clients"][0]["application"]) == (1, 1, "app")
    assert memory < MOST


def test_what_is_no_utf8_is_shown_all_the_same() -> None:
    """As the names of a database in SQL_ASCII may be."""
    strange = [*SESSION[:2], b"m\xfcller\x1b[2J", *SESSION[3:]]
    with pretender(settled(described(COLUMNS, kind=600) + row(strange) + DONE + READY)) as port:
        dsn = f"host=127.0.0.1 port={port} user=u dbname=d sslmode=disable gssencmode=disable"
        done, _ = measured("postgres", "sessions", dsn)
    assert done.code == 1
    assert r"m\ufffdller\x1b[2J from 10.0.0.1: 0 with TLS, 1 without" in done.out.replace("\ufffd", r"\ufffd")
