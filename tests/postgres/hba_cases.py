"""Generated files of pg_hba.conf, and what a real server makes of logins without TLS under them."""

import random
import socket
import struct
from ipaddress import ip_address
from typing import Final, NamedTuple

USERS: Final = ("reader", "app", "boss", "all", "odd,name")
DATABASES: Final = ("postgres", "app", "all", "reader", "team")
SOURCES: Final = ("127.0.0.1", "127.0.0.77", "127.1.2.3", "127.200.0.1", "::1")
# What makes the roles and databases that the rules below speak of: boss is in team, team in staff.
SETUP: Final = (
    'CREATE ROLE boss LOGIN; CREATE ROLE "all" LOGIN; CREATE ROLE "odd,name" LOGIN; CREATE ROLE team;',
    "CREATE ROLE staff; GRANT staff TO team; GRANT team TO boss;",
    "CREATE DATABASE app;", 'CREATE DATABASE "all";', "CREATE DATABASE reader;", "CREATE DATABASE team;",
)  # fmt: skip
_KINDS: Final = (
    *["host"] * 4, *["hostnossl"] * 4, "hostssl", "hostnogssenc", "hostgssenc", "local",
)  # fmt: skip
_ADDRESSES: Final = (
    *["0.0.0.0/0", "::/0", "all"] * 3, "127.0.0.1/32", "::1/128", "127.0.0.0/8", "127.0.0.0/25", "127.0.0.128/25",
    "0.0.0.0/1", "128.0.0.0/1", "127.1.0.0 255.255.0.0", "127.0.0.9/16", "samehost", "samenet", "10.0.0.0/8",
    "localhost", '"all"', "127.0.0.1 255.0.0.255", "::/1", "8000::/1", "::ffff:127.0.0.1/128",
)  # fmt: skip
_USER_WORDS: Final = (
    *["all"] * 6, "reader", "app", "boss", "+team", "+staff", "+app", "nobody", '"all"', '"+team"', '"odd,name"',
    "+none", "@people", "All", '"app"',
)  # fmt: skip
_DATABASE_WORDS: Final = (
    *["all"] * 6, "postgres", "app", "sameuser", "samerole", "replication", "nowhere", '"all"', '"replication"',
    "@places", "samegroup", '"sameuser"', "ALL", "team",
)  # fmt: skip
_EXPRESSIONS: Final = ("/^re", '"/^(app|boss)$"', "/.", "/^nobody$")
INCLUDED: Final = {"people": 'app, boss\n"all"\n', "places": "postgres # one\napp reader\n"}


class Attempt(NamedTuple):
    """A login without TLS."""

    user: str
    database: str | None  # None for physical replication
    source: str


def attempts() -> list[Attempt]:
    """One from each source of each user to each database, and to none."""
    return [Attempt(u, d, s) for u in USERS for d in (*DATABASES, None) for s in SOURCES]


def lines(seed: int, version: int) -> list[str]:
    """The file of that seed. Half of them end, somewhere, with what is to close them for plain text."""
    rng = random.Random(seed)  # noqa: S311 -- no secret
    found = ["local all postgres trust", *(_line(rng, version) for _ in range(rng.randint(1, 6)))]
    if rng.random() < 0.6:
        found.insert(rng.randint(1, len(found)), "hostnossl all all 0.0.0.0/0 reject")
        found.insert(rng.randint(1, len(found)), "hostnossl all all ::/0 reject")
    if rng.random() < 0.3:
        found.insert(rng.randint(1, len(found)), "hostnossl replication all all reject")
    return found


def _line(rng: random.Random, version: int) -> str:
    more = _EXPRESSIONS if version >= 160000 and rng.random() < 0.2 else ()
    users, databases = (
        rng.choice((",", ", ")).join(rng.choices((*words, *more), k=rng.choice((1, 1, 1, 2))))
        for words in (_USER_WORDS, _DATABASE_WORDS)
    )
    kind, method = rng.choice(_KINDS), rng.choice(("reject", "reject", "trust", "scram-sha-256"))
    address = "" if kind == "local" else rng.choice(_ADDRESSES)
    blank, comment = rng.choice((" ", " ", " \\\n ")), rng.choice(("", " # all"))
    return f"{kind} {databases}\t{users}{blank}{address} {method}{comment}"


def is_let_in(port: int, attempt: Attempt) -> bool:
    """Whether a rule other than one of rejection decides on the login: the server then wants proof, or lets them in."""
    family = socket.AF_INET6 if ip_address(attempt.source).version == 6 else socket.AF_INET
    with socket.socket(family) as connection:
        connection.settimeout(20)
        connection.bind((attempt.source, 0))
        connection.connect(("::1" if family == socket.AF_INET6 else "127.0.0.1", port))
        options = {"user": attempt.user}
        options |= {"replication": "true"} if attempt.database is None else {"database": attempt.database}
        body = b"".join(f"{key}\0{value}\0".encode() for key, value in options.items()) + b"\0"
        connection.sendall(struct.pack("!ii", len(body) + 8, 3 << 16) + body)
        answer = b""
        while not answer.endswith(b"\0\0") and answer[:1] in (b"", b"E") and (chunk := connection.recv(4096)):
            answer += chunk
    assert answer[:1] in (b"R", b"E"), answer
    return not any(words in answer for words in (b"no pg_hba.conf entry", b"pg_hba.conf rejects"))
