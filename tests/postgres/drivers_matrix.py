"""What `postgres explain` foretells of drivers that are neither libpq nor JDBC, beside these drivers.

    python -m tests.postgres.drivers_matrix [COUNT] [--seed SEED]

asyncpg, node-postgres, Django, and SQLAlchemy with asyncpg, pg8000, psycopg and psycopg2 connect with each case to a
real server, in every situation. Exit code 1 says that one did otherwise than foretold.
"""

import argparse
import asyncio
import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

from tests.postgres.clients import ASK, node_modules
from tests.postgres.explain_matrix import (
    AFTERWARDS,
    SITUATIONS,
    Case,
    Outcome,
    environment,
    lay,
    put,
    summed_up,
    unmended,
)
from tests.postgres.foretold import LATER, Situation
from tests.postgres.root_files import OLD, RootFile, root_files
from tests.postgres.server import Server, folder_of_servers, postgresql
from tests.realtools import HERE, find, missing
from tests.samples import own
from truststore_tool.errors import UsageError
from truststore_tool.postgres.change import FILE, NAME
from truststore_tool.postgres.explain import Explanation, explain
from truststore_tool.postgres.settings import Surroundings

ROOT = str(own("old-root.pem"))
OLD_ONLY = frozenset({"old"})
MODES = ("", "disable", "allow", "prefer", "require", "verify-ca", "verify-full", "nonsense", "no-verify")
KINDS = (
    "good", "both", "the next authority alone", "DER", "empty", "HTML", "an intermediate alone", "directory", "missing",
    "expired", "good with a byte order mark", "good, then cut off", "a key alone", "TRUSTED CERTIFICATE",
)  # fmt: skip
_SCHEMES: Mapping[str, str] = {
    "asyncpg": "postgresql",
    "node-postgres": "postgresql",
    "sqlalchemy+asyncpg": "postgresql+asyncpg",
    "sqlalchemy+pg8000": "postgresql+pg8000",
    "sqlalchemy+psycopg": "postgresql+psycopg",
    "sqlalchemy+psycopg2": "postgresql+psycopg2",
}


def cases(files: Sequence[RootFile]) -> Iterator[Case]:
    """All of them."""
    by_kind = {file.kind: file for file in files}
    for client in ("asyncpg", "node-postgres", "sqlalchemy+psycopg", "sqlalchemy+psycopg2", "django"):
        for mode in MODES:
            given = {"sslmode": mode} if mode else {}
            for kind in KINDS if client in {"asyncpg", "node-postgres"} else KINDS[:3]:
                yield Case(client, {**given, "sslrootcert": str(by_kind[kind].path)}, by_kind[kind].trusts)
            yield Case(client, given, frozenset())
            looks = OLD_ONLY if client != "node-postgres" else frozenset[str]()
            yield Case(client, given, looks, {".postgresql/root.crt": OLD})
            yield Case(client, given, frozenset(), {".postgresql/root.crt": b"nonsense"})
            around = {"PGSSLMODE": mode} if mode else {}
            yield Case(client, {}, looks, {}, {**around, "PGSSLROOTCERT": ROOT})
    yield from _of_node()
    for settings in ({"ssl": "true"}, {"ssl": "require"}, {"sslmod": "verify-full"}, {"application_name": "x"}):
        yield Case("asyncpg", {**settings, "sslrootcert": ROOT}, OLD_ONLY)
    for settings in ({"sslcrl": "/nowhere"}, {"sslcert": "/nowhere"}):
        yield Case("asyncpg", {"sslmode": "verify-full", **settings, "sslrootcert": ROOT}, OLD_ONLY)
    for ssl in ("", *MODES[1:], "true", "True"):
        yield Case("sqlalchemy+asyncpg", {"ssl": ssl} if ssl else {}, OLD_ONLY, {".postgresql/root.crt": OLD})
        yield Case("sqlalchemy+asyncpg", {"ssl": ssl} if ssl else {}, OLD_ONLY, {}, {"PGSSLROOTCERT": ROOT})
        yield Case("sqlalchemy+asyncpg", {"ssl": ssl} if ssl else {}, frozenset())
    for client in ("sqlalchemy+asyncpg", "sqlalchemy+pg8000"):
        yield Case(client, {"sslmode": "verify-full"}, OLD_ONLY, {".postgresql/root.crt": OLD})
        yield Case(client, {"sslrootcert": ROOT}, OLD_ONLY)
        yield Case(client, {"timeout": "10"} if client.endswith("asyncpg") else {}, frozenset())
    yield Case("sqlalchemy+pg8000", {"ssl_context": "true"}, frozenset())
    for client in ("asyncpg", "node-postgres", "django", "sqlalchemy+psycopg"):
        for mode in ("", "disable", "prefer", "verify-full"):
            direct = {"sslmode": mode} if mode else {}
            yield Case(client, {**direct, "sslrootcert": ROOT, "sslnegotiation": "direct"}, OLD_ONLY)
    for way in ("direct", "postgres", "nonsense", ""):
        for settings in ({}, {"sslmode": "verify-full", "sslrootcert": ROOT}):
            yield Case("node-postgres", settings, OLD_ONLY, {}, {"PGSSLNEGOTIATION": way})
    yield Case("django", {"sslmod": "verify-full", "sslrootcert": ROOT}, OLD_ONLY)


def _of_node() -> Iterator[Case]:
    rooted: dict[str, str] = {"sslrootcert": ROOT}
    for mode in MODES:
        given = {"sslmode": mode} if mode else {}
        for more in ({}, rooted):
            yield Case("node-postgres", {**given, **more, "uselibpqcompat": "true"}, OLD_ONLY if more else frozenset())
            around = {"NODE_TLS_REJECT_UNAUTHORIZED": "0"}
            yield Case("node-postgres", {**given, **more}, OLD_ONLY if more else frozenset(), {}, around)
            yield Case(
                "node-postgres", {**given, **more}, OLD_ONLY if more else frozenset(), {}, {"PGSSLMODE": "prefer"}
            )
    for ssl in ("true", "1", "0", "false", "no-verify", "", "verify-full"):
        yield Case("node-postgres", {"ssl": ssl}, frozenset())
        yield Case("node-postgres", {"ssl": ssl, **rooted}, OLD_ONLY)
        yield Case("node-postgres", {"ssl": ssl, "sslmode": "disable"}, frozenset())
    for key in ("sslcert", "sslkey"):
        yield Case("node-postgres", {"sslmode": "verify-full", key: "/nowhere", **rooted}, OLD_ONLY)


def text_of(case: Case, host: str, port: int) -> str:
    """The settings as this client takes them."""
    if case.client == "django":
        entry = {"ENGINE": "django.db.backends.postgresql", "NAME": "postgres", "USER": "reader", "HOST": host}
        return repr({**entry, "PORT": port, "OPTIONS": dict(case.settings)})
    query = "&".join(f"{key}={quote(value, safe='/')}" for key, value in case.settings.items())
    return f"{_SCHEMES[case.client]}://reader@{host}:{port}/postgres{'?' if query else ''}{query}"


def client_named(case: Case) -> str | None:
    """How the command is told of the client, where the settings do not show it."""
    return None if case.client.startswith("sqlalchemy") else case.client


class Node:
    """A running Node with node-postgres."""

    def __init__(self) -> None:
        command = [find("node"), str(HERE / "postgres" / "pg_client.js"), str(node_modules())]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def connect(self, text: str, case: Case) -> tuple[str, str]:
        """What it does."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps({"url": text, "environment": dict(case.environment)}) + "\n")
        stdin.flush()
        did, _, words = stdout.readline().strip().partition(": ")
        assert did, "Node has ended"
        return did, words

    def close(self) -> None:
        """End it."""
        self._process.communicate(timeout=120)


def by_asyncpg(text: str, _case: Case) -> tuple[str, str]:
    """What asyncpg does."""
    import asyncpg

    async def ask() -> bool:
        session = await asyncpg.connect(text, timeout=120)
        try:
            return bool(await session.fetchval(ASK))
        finally:
            await session.close()

    return "tls" if asyncio.run(ask()) else "plain", ""


def by_sqlalchemy(text: str, case: Case) -> tuple[str, str]:
    """What SQLAlchemy does with the driver in the URL."""
    import sqlalchemy
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    if not case.client.endswith("asyncpg"):
        engine = sqlalchemy.create_engine(text, poolclass=NullPool)
        with engine.connect() as connection:
            return "tls" if connection.exec_driver_sql(ASK).scalar() else "plain", ""

    async def ask() -> bool:
        engine = create_async_engine(text, poolclass=NullPool)
        async with engine.connect() as connection:
            return bool((await connection.exec_driver_sql(ASK)).scalar())

    return "tls" if asyncio.run(ask()) else "plain", ""


def by_django(text: str, _case: Case) -> tuple[str, str]:
    """What Django does."""
    from ast import literal_eval

    import django
    from django.conf import settings
    from django.db.utils import ConnectionHandler

    if not settings.configured:
        settings.configure()
        django.setup()
    connection = ConnectionHandler({"default": literal_eval(text)})["default"]
    try:
        with connection.cursor() as cursor:
            cursor.execute(ASK)
            return "tls" if cursor.fetchone()[0] else "plain", ""
    finally:
        connection.close()


class Drivers:
    """The real drivers, with the home folders of the cases."""

    def __init__(self, folder: Path, among: Sequence[Case]) -> None:
        for module in ("asyncpg", "pg8000", "django", "psycopg2", "sqlalchemy"):
            if find_spec(module) is None:
                missing(module)
        self._node = Node() if any(case.client == "node-postgres" for case in among) else None
        self.homes = {id(case): lay(folder / f"home{number}", case) for number, case in enumerate(among)}

    def explained(self, case: Case, text: str) -> Explanation | None:
        """The explanation; None where it is an error."""
        try:
            return explain(text, Surroundings(case.environment, str(self.homes[id(case)])), client_named(case))
        except UsageError:
            return None

    def outcome(self, case: Case, host: str, server: Server) -> tuple[Explanation | None, str, str]:
        """What is said of a case, what its client does, and in what words."""
        text = text_of(case, host, server.port)
        return self.explained(case, text), *self.connect(text, case)

    def connect(self, text: str, case: Case) -> tuple[str, str]:
        """What the client of a case does with a text, and in what words."""
        ways: dict[str, Callable[[str, Case], tuple[str, str]]] = {"asyncpg": by_asyncpg, "django": by_django}
        if self._node and case.client == "node-postgres":
            return self._node.connect(text, case)
        with environment(case, self.homes[id(case)]):
            try:
                return ways.get(case.client, by_sqlalchemy)(text, case)
            except Exception as exc:  # whatever a driver raises
                return "fails", " ".join(f"{type(exc).__name__}: {exc}".split())[:300]

    def close(self) -> None:
        """End Node."""
        if self._node:
            self._node.close()


def sample(folder: Path, count: int | None, seed: int) -> list[Case]:
    """So many cases, or all of them."""
    found = [*cases(root_files(folder))]
    return found if count is None else random.Random(seed).sample(found, min(count, len(found)))  # noqa: S311


def play(
    server: Server, among: Sequence[Case], folder: Path, situations: Sequence[Situation] = SITUATIONS
) -> Iterator[Outcome]:
    """What comes of the cases in situations."""
    with closing(Drivers(folder, among)) as drivers:
        for situation in situations:
            put(server, situation)
            for case in among:
                said, did, words = drivers.outcome(case, "localhost" if situation.named else LATER, server)
                yield Outcome(case, case.client, situation, said, did, words)


def mend(among: Sequence[Case], folder: Path) -> list[Case]:
    """The cases to which the one change can be made, after it."""
    found = []
    for number, case in enumerate(among):
        home = lay(folder / f"mended{number}", case)
        try:
            around = Surroundings(case.environment, str(home))
            remedy = explain(text_of(case, "localhost", 5432), around, client_named(case)).remedy
        except UsageError:
            continue
        if remedy is None or remedy.mend or (remedy.put and not Path(remedy.put).is_relative_to(home)):
            continue
        filled = {key: {FILE: ROOT, NAME: "localhost"}.get(value, value) for key, value in remedy.settings.items()}
        settings = {**{key: value for key, value in case.settings.items() if key not in remedy.drop}, **filled}
        lies: dict[str, Any] = dict(case.home)
        if remedy.put:
            lies[str(Path(remedy.put).relative_to(home))] = OLD
        trusts = OLD_ONLY if remedy.put or FILE in remedy.settings.values() else case.trusts
        found.append(Case(case.client, settings, trusts, lies, case.environment))
    return found


def main(arguments: Sequence[str]) -> int:
    """Run the matrix and print its figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.postgres.drivers_matrix", description=__doc__)
    parser.add_argument("count", type=int, nargs="?")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    with TemporaryDirectory() as name, folder_of_servers() as place, postgresql(place) as server:
        folder = Path(name)
        for each in ("before", "changing", "after"):
            (folder / each).mkdir()
        among = sample(folder, given.count, given.seed)
        counts, wrong = summed_up(play(server, among, folder / "before"))
        changed = mend(among, folder / "changing")
        useless = unmended(play(server, changed, folder / "after", AFTERWARDS))
    print(f"{len(among)} cases, each in {len(SITUATIONS)} situations")
    for label, number in counts.items():
        print(f"{number:7} {label}")
    print(f"{len(changed)} cases after the one change: {len(useless)} times it did not help")
    for line in (*wrong, *useless):
        print(line)
    return 1 if wrong or useless else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
