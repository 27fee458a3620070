"""What `postgres rotation` foretells of generated rotations, beside real clients that connect before and after them.

    python -m tests.postgres.rotation_matrix [COUNT] [--first SEED]

psql and the JDBC driver in each JVM connect, with each store, to servers that show what the authorities issued.
"""

import argparse
import base64
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from socket import socket
from ssl import PROTOCOL_TLS_SERVER, SSLContext, TLSVersion
from tempfile import TemporaryDirectory
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.cli.harness import Tool, process
from tests.postgres.clients import Jvm, jvms, psql
from tests.postgres.rotations import Rotation, rotation
from tests.postgres.server import error_response, pretender
from truststore_tool.model import Certificate

_WELCOME: Final = "come in, but not today"
# What is said in JSON of each phase, and who the readers of stores are.
_PHASES: Final = ("before", "during", "after")
_BATCH: Final = 25


@dataclass(frozen=True)
class Cell:
    """Whether clients of a store connect in a phase: what was foretold, and what each real client did."""

    case: str
    store: str
    phase: str
    foretold: bool | None
    real: Mapping[str, bool]

    @property
    def agrees(self) -> bool:
        """Whether all did as was foretold."""
        return {*self.real.values()} == {self.foretold}

    @property
    def is_cleared_falsely(self) -> bool:
        """Whether one fails of which it was said that it connects."""
        return self.foretold is True and not self.agrees


def play(seeds: Sequence[int], tool: Tool, folder: Path, machines: Sequence[Jvm]) -> Iterator[Cell]:
    """Foretell the cases of these seeds and let them come true."""
    clients: dict[str, Callable[[Sequence[_Visit]], list[bool]]] = {"psql": partial(_by_psql, folder)}
    clients |= {machine.java.parent.parent.name: partial(_by_jdbc, machine, folder) for machine in machines}
    with ExitStack() as servers:
        staged = [_Staged(f"{seed}", rotation(seed), folder / f"{seed}", servers) for seed in seeds]
        foretold = [case.foretell(tool) for case in staged]
        visits = [visit for case in staged for visit in case.visits()]
        welcome = {name: dict(zip(visits, client(visits), strict=True)) for name, client in clients.items()}
    for case, told in zip(staged, foretold, strict=True):
        yield from case.cells(told, welcome)


@dataclass(frozen=True)
class _Visit:
    """A client with this store at a server on this port."""

    port: int
    store: Path


class _Staged:
    """A case with its files and servers."""

    def __init__(self, name: str, case: Rotation, folder: Path, servers: ExitStack) -> None:
        folder.mkdir()
        self._name, self._case, self._folder = name, case, folder
        self._stores = [write(folder / f"store{n}.pem", store) for n, store in enumerate(case.stores)]
        self._ports = [
            [servers.enter_context(pretender(partial(_receive, _context(folder, chain, case)))) for chain in chains]
            for chains in (case.before, case.after)
        ]

    def foretell(self, tool: Tool) -> dict[tuple[str, str], dict[str, bool | None]]:
        """By path and reader of each store what is said of each phase."""
        current: list[str | Path] = [f"localhost:{self._ports[0][0]}"]
        if self._case.current:
            current = [write(self._folder / "current.pem", self._case.current), "--host-name", "localhost"]
        following = write(self._folder / "next.pem", self._case.following)
        stores = [word for store in self._stores for word in ("--store", store, "--bundle", store)]
        done = tool("postgres", "rotation", "--current", *current, "--next", following, *stores, "--json")
        assert done.code in (0, 1), (self._name, self._case.strange, done.err)
        return {(s["name"], s["reader"]): {phase: s[phase] for phase in _PHASES} for s in done.json["stores"]}

    def visits(self) -> list[_Visit]:
        """All that real clients are to try."""
        return [_Visit(port, store) for ports in self._ports for port in ports for store in self._stores]

    def cells(
        self, told: Mapping[tuple[str, str], Mapping[str, bool | None]], welcome: Mapping[str, Mapping[_Visit, bool]]
    ) -> Iterator[Cell]:
        """What was foretold beside what was."""
        for (store, reader), phases in told.items():
            real: dict[str, dict[str, bool]] = {phase: {} for phase in _PHASES}
            for client, answers in welcome.items():
                if (client == "psql") is not (reader == "libpq"):
                    continue
                before, after = (all(answers[_Visit(port, Path(store))] for port in ports) for ports in self._ports)
                for phase, connects in zip(_PHASES, (before, before and after, after), strict=True):
                    real[phase][client] = connects
            for phase in _PHASES:
                yield Cell(f"{self._name}: {self._case.strange}", Path(store).stem, phase, phases[phase], real[phase])


def write(path: Path, certificates: Sequence[Certificate]) -> Path:
    path.write_bytes(b"".join(_pem(certificate) for certificate in certificates))
    return path


def _pem(certificate: Certificate) -> bytes:
    text = base64.encodebytes(certificate.der)
    return b"-----BEGIN CERTIFICATE-----\n" + text + b"-----END CERTIFICATE-----\n"


def _context(folder: Path, chain: Sequence[Certificate], case: Rotation) -> SSLContext:
    """A server with this chain, however weak."""
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.maximum_version = TLSVersion.TLSv1_3 if case.modern else TLSVersion.TLSv1_2
    place = write(folder / "server.pem", chain)
    with place.open("ab") as file:
        file.write(case.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context.load_cert_chain(place)
    return context


def _receive(context: SSLContext, connection: socket) -> None:
    """Let a client in that agrees to TLS with this server, and send it away with a word by which it is known."""
    connection.recv(8)
    connection.sendall(b"S")
    with context.wrap_socket(connection, server_side=True) as tls:
        if tls.recv(1000):
            tls.sendall(error_response(_WELCOME))


def _by_psql(home: Path, visits: Sequence[_Visit]) -> list[bool]:
    def is_welcome(visit: _Visit) -> bool:
        dsn = f"host=localhost port={visit.port} user=u dbname=d sslmode=verify-full gssencmode=disable"
        return _WELCOME in psql(f"{dsn} sslrootcert={visit.store}", home).err

    with ThreadPoolExecutor(3) as pool:
        return list(pool.map(is_welcome, visits))


def _by_jdbc(machine: Jvm, home: Path, visits: Sequence[_Visit]) -> list[bool]:
    urls = [
        f"jdbc:postgresql://localhost:{visit.port}/d?sslmode=verify-full&gssEncMode=disable&sslrootcert={visit.store}"
        for visit in visits
    ]
    return [_WELCOME in answer for answer in machine.ask(*(("connect", url, "u", "") for url in urls), home=home)]


def main(arguments: Sequence[str]) -> int:
    """The command line; the exit code is 1 when something else came than was foretold."""
    parser = argparse.ArgumentParser(prog="python -m tests.postgres.rotation_matrix", description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=400)
    parser.add_argument("--first", metavar="SEED", type=int, default=0)
    options = parser.parse_args(arguments)
    counts = Counter[str]()
    with TemporaryDirectory() as name:
        folder = Path(name)
        machines = jvms(folder / "classes")
        for first in range(options.first, options.first + options.count, _BATCH):
            seeds = range(first, min(first + _BATCH, options.first + options.count))
            for cell in play(seeds, process, folder, machines):
                counts["cells"] += 1
                counts["agreements"] += cell.agrees
                counts["not judged"] += cell.foretold is None
                counts["false all-clears"] += cell.is_cleared_falsely
                if cell.foretold is not None and not cell.agrees:
                    counts["disagreements"] += 1
                    print(cell)
    print(", ".join(f"{count} {word}" for word, count in counts.items()))
    return int(counts["disagreements"] > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
