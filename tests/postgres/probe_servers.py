"""Servers with chains and names as they should and should not be: fronts that end TLS before a real PostgreSQL."""

import contextlib
import select
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from tests.postgres.authority import CLIENT_ONLY, SERVER, Issued, Key, issue, write_pem
from tests.postgres.clients import Jvm, psql
from tests.postgres.probe_outcomes import Outcome, asked, said
from tests.postgres.server import Conversation, Server, pretender
from truststore_tool.errors import UnreadableError
from truststore_tool.postgres.looks import Inquiry
from truststore_tool.postgres.probe import probe
from truststore_tool.postgres.target import Target
from truststore_tool.readers.hostnames import TlsReader
from truststore_tool.readers.source import Source

READERS: Final[tuple[TlsReader, ...]] = ("libpq", "java")
HOSTS: Final = ("localhost", "127.0.0.1", "db.example.com", "a.db.example.com", "DB.Example.com", "db", "other.org")
NAMES: Final = (
    "localhost", "127.0.0.1", "::ffff:127.0.0.1", "db.example.com", "*.example.com", "*.db.example.com", "*.com", "db",
    "*", "d*.example.com", "DB.EXAMPLE.COM", "example.com", "db.example.com.", "other.org", "::1",
)  # fmt: skip
# What makes a key of each kind.
KEYS: Final[dict[str, Callable[[], Key]]] = {
    "RSA 1024": lambda: rsa.generate_private_key(65537, 1024),  # noqa: S505 -- as there still are
    "RSA 2048": lambda: rsa.generate_private_key(65537, 2048),
    "RSA 3072": lambda: rsa.generate_private_key(65537, 3072),
    "P-192": lambda: ec.generate_private_key(ec.SECP192R1()),
    "P-224": lambda: ec.generate_private_key(ec.SECP224R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "P-521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "secp256k1": lambda: ec.generate_private_key(ec.SECP256K1()),
    "brainpoolP256r1": lambda: ec.generate_private_key(ec.BrainpoolP256R1()),
    "brainpoolP384r1": lambda: ec.generate_private_key(ec.BrainpoolP384R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
    "Ed448": ed448.Ed448PrivateKey.generate,
}
_ODD: Final = 0.07  # how often something is not as it should be


class Case(NamedTuple):
    """A server, a file of authorities, and the host name and mode with which a client comes."""

    name: str
    sent: tuple[Issued, ...]
    trusted: tuple[Issued, ...]
    host: str
    check: str


def keys() -> list[Case]:
    """Servers that are right but for the kind of their key, their authority's, or both."""
    found = []
    for kind, make in KEYS.items():
        for place in ("server", "authority", "both"):
            root = issue("Root", own_key=None if place == "server" else make())
            own_key = None if place == "authority" else make()
            leaf = issue("localhost", root, ca=False, names=["localhost"], usages=SERVER, own_key=own_key)
            found.append(Case(f"{kind}: {place}", (leaf,), (root,), "localhost", "full"))
    return found


def cases(number: int, seed: int) -> list[Case]:
    """That many, the same kinds for the same seed; keys differ."""
    rng = Random(seed)  # noqa: S311 -- not for secrets
    return [_case(rng, index) for index in range(number)]


def _case(rng: Random, index: int) -> Case:
    said: list[str] = []

    def odd(what: str, often: float = _ODD) -> bool:
        found = rng.random() < often
        if found:
            said.append(what)
        return found

    def key_of(name: str) -> Key | None:
        kind = rng.choice(list(KEYS))
        return KEYS[kind]() if odd(f"{name} has {kind}") else None

    def authority(name: str, above: Issued | None) -> Issued:
        return issue(
            name,
            above,
            ca=not odd(f"{name} is no CA", _ODD / 2),
            years=(2020, 2023) if odd(f"{name} has expired", _ODD / 2) else (2020, 2045),
            path_length=0 if odd(f"{name} has path length 0") else None,
            sign=not odd(f"{name} may not sign", _ODD / 2),
            usages=CLIENT_ONLY if odd(f"{name} is for clients", _ODD / 2) else None,
            identifiers=not odd(f"{name} names no keys"),
            own_key=key_of(name),
        )

    chain = [authority("Root", None)]
    for level in range(rng.choice((0, 1, 1, 2))):
        chain.append(authority(f"Middle {level}", chain[-1]))
    other = issue("Root", like=None)  # a namesake
    host = rng.choice(HOSTS)
    names = rng.sample(NAMES, rng.choice((1, 2, 3)))
    if rng.random() < 0.75:
        names.append(host)
    leaf = issue(
        host if rng.random() < 0.3 else rng.choice(NAMES),
        chain[-1],
        ca=False,
        years=(2020, 2023)
        if odd("expired", _ODD / 2)
        else (2045, 2050)
        if odd("not yet valid", 0.03)
        else (2020, 2045),
        names=None if odd("no names", 0.25) else [] if odd("empty names", 0.03) else names,
        usages=rng.choice((None, SERVER, SERVER, (*SERVER, *CLIENT_ONLY))) if not odd("for clients") else CLIENT_ONLY,
        identifiers=not odd("names no keys"),
        own_key=key_of("it"),
    )
    sent = [leaf, *reversed(chain[1:])]
    if odd("the root is sent", 0.3):
        sent.append(chain[0])
    if len(sent) > 1 and odd("one is not sent", 0.1):
        sent.pop(rng.randrange(1, len(sent)))
    if odd("in disorder", 0.2):
        sent = [leaf, *rng.sample(sent[1:], len(sent) - 1)]
    if odd("a stranger is sent"):
        sent.insert(rng.randrange(1, len(sent) + 1), other)
    if odd("twice", 0.1):
        sent.append(sent[-1])
    trusted = rng.choice(
        ([chain[0]],) * 5 + ([chain[-1]], [leaf], [other], [other, chain[0]], [*chain], [chain[-1], other])
    )
    check = rng.choice(("full", "full", "ca"))
    return Case(f"{index}: {host} {check}; {names}; {', '.join(said)}", tuple(sent), tuple(trusted), host, check)


def front(context: ssl.SSLContext, port: int) -> Conversation:
    """What ends TLS before the server at `port` of this machine."""

    def converse(connection: socket.socket) -> None:
        connection.recv(8)
        connection.sendall(b"S")
        with (
            contextlib.suppress(ssl.SSLError),
            context.wrap_socket(connection, server_side=True) as tls,
            socket.create_connection(("127.0.0.1", port)) as behind,
        ):
            _carry(tls, behind)

    return converse


def _carry(tls: ssl.SSLSocket, behind: socket.socket) -> None:
    while True:
        ready = [tls] if tls.pending() else select.select([tls, behind], [], [], 10)[0]
        if not ready:
            return
        for source, to in ((tls, behind), (behind, tls)):
            if source in ready:
                data = source.recv(1 << 14)
                if not data:
                    return
                to.sendall(data)


@contextmanager
def fronts(server: Server, found: Sequence[Case], folder: Path) -> Iterator[list[tuple[Case, int, Path]]]:
    """For each case the port of its server, and the file of its authorities."""
    with ExitStack() as stack:
        places = []
        for number, case in enumerate(found):
            place = folder / str(number)
            place.mkdir()
            chain, key = case.sent[0].write(place, *case.sent[1:])
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.load_cert_chain(chain, key)
            port = stack.enter_context(pretender(front(context, server.port)))
            places.append((case, port, write_pem(place / "trusted.pem", *case.trusted)))
        yield places


def outcomes(server: Server, judges: Sequence[Jvm], found: Sequence[Case], folder: Path) -> list[Outcome]:
    """What probe says of each case to each reader, and what the clients do."""
    hosts = folder / "hosts"
    hosts.write_text("".join(f"127.0.0.1 {host}\n" for host in HOSTS))
    result = []
    with fronts(server, found, folder) as places:
        requests = [("connect", _url(case, port, trusted), "", "") for case, port, trusted in places]
        answers = [asked(jvm, requests, f"-Djdk.net.hosts.file={hosts}") for jvm in judges]
        for number, (case, port, trusted) in enumerate(places):
            for reader in READERS:
                connects = tuple(answer[number] for answer in answers)
                if reader == "libpq":
                    done = psql(f"{dsn(case, port)} sslrootcert={trusted}", folder)
                    connects = ("tls=" if done.code == 0 else done.err,)
                result.append(Outcome(case.name, "servers", reader, *told_of(case, port, trusted, reader), connects))
    return result


def told_of(case: Case, port: int, trusted: Path, reader: TlsReader) -> tuple[bool | None, str]:
    """What probe says of a case, and why."""
    source = Source.of(case.name, reader, trusted.read_bytes())
    target = Target("127.0.0.1", port, name=case.host)
    inquiry = Inquiry(check="full" if case.check == "full" else "ca", looks=1)
    try:
        (verdict,) = probe(target, [source], datetime.now(UTC), inquiry).verdicts
    except UnreadableError as exc:  # no handshake comes about, which clears nothing
        return False, exc.message
    return said(verdict)


def dsn(case: Case, port: int) -> str:
    common = f"port={port} user=reader dbname=postgres gssencmode=disable"
    return f"host={case.host} hostaddr=127.0.0.1 {common} sslmode=verify-{case.check}"


def _url(case: Case, port: int, trusted: Path) -> str:
    settings = f"user=reader&sslmode=verify-{case.check}&sslrootcert={trusted}&gssEncMode=disable"
    return f"jdbc:postgresql://{case.host}:{port}/postgres?{settings}"
