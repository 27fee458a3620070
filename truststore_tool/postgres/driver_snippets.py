"""Settings to paste for drivers that are not libpq, and for Django."""

import re
from collections.abc import Callable
from typing import Final

from truststore_tool.postgres.pasted import MODE, Block, Roots, Server, Snippet, literal, uri

_UNTRIED: Final = "from its documentation alone: it was not tried"
_NEEDS_QUOTES: Final = re.compile(r"[;=\"']|^\s|\s$")
# Of PROTOCOL_TLS_CLIENT, as libpq verifies; ssl.create_default_context of Python 3.13 is stricter than any of these.
_CONTEXT: Final = """\
import ssl

context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.load_verify_locations({path})
"""


def _asyncpg(server: Server, roots: Roots) -> Snippet:
    text = f"""\
import asyncpg


def connect():
    return asyncpg.connect({literal(uri(server, roots))})"""
    return Snippet("asyncpg", (Block("Python", text),), ("as an argument, ssl is a mode or an SSLContext",))


def _engine(server: Server, roots: Roots, driver: str, argument: str, maker: str, module: str) -> Snippet:
    text = f"""\
{_CONTEXT.format(path=literal(roots.path))}
from sqlalchemy import URL
from {module} import {maker}

engine = {maker}(
    URL.create(
        "postgresql+{driver}",
        username={literal(server.user)},
        host={literal(server.host)},
        port={server.port},
        database={literal(server.database)},
    ),
    connect_args={{"{argument}": context}},
)"""
    note = "the driver takes neither sslmode nor sslrootcert from a URL of SQLAlchemy"
    return Snippet(f"sqlalchemy-{driver}", (Block("Python", text),), (note,))


def _sqlalchemy_asyncpg(server: Server, roots: Roots) -> Snippet:
    return _engine(server, roots, "asyncpg", "ssl", "create_async_engine", "sqlalchemy.ext.asyncio")


def _sqlalchemy_pg8000(server: Server, roots: Roots) -> Snippet:
    return _engine(server, roots, "pg8000", "ssl_context", "create_engine", "sqlalchemy")


def _pg8000(server: Server, roots: Roots) -> Snippet:
    text = f"""\
import pg8000.dbapi
{_CONTEXT.format(path=literal(roots.path))}
connection = pg8000.dbapi.connect(
    host={literal(server.host)},
    port={server.port},
    database={literal(server.database)},
    user={literal(server.user)},
    ssl_context=context,
)"""
    return Snippet("pg8000", (Block("Python", text),), ("without ssl_context pg8000 verifies nobody",))


def _django(server: Server, roots: Roots) -> Snippet:
    text = f"""\
DATABASES = {{
    "default": {{
        "ENGINE": "django.db.backends.postgresql",
        "NAME": {literal(server.database)},
        "USER": {literal(server.user)},
        "HOST": {literal(server.host)},
        "PORT": {server.port},
        "OPTIONS": {{"sslmode": "{MODE}", "sslrootcert": {literal(roots.path)}}},
    }}
}}"""
    return Snippet(
        "django", (Block("settings.py", text),), ("add PASSWORD from the environment, or leave it to ~/.pgpass",)
    )


def _node(server: Server, roots: Roots) -> Snippet:
    text = f"""\
const fs = require("fs");
const {{ Client }} = require("pg");

const client = new Client({{
  host: {literal(server.host)},
  port: {server.port},
  database: {literal(server.database)},
  user: {literal(server.user)},
  ssl: {{ ca: fs.readFileSync({literal(roots.path)}, "utf8") }},
}});"""
    notes = (
        "a sslmode in a connectionString would take the place of ssl",
        "name the server and not its address: pg before 8.23.1 then compares localhost",
    )
    return Snippet("node-postgres", (Block("JavaScript", text),), notes)


def _npgsql(server: Server, roots: Roots) -> Snippet:
    pairs = {
        "Host": server.host,
        "Port": str(server.port),
        "Database": server.database,
        "Username": server.user,
        "SSL Mode": "VerifyFull",
        "Root Certificate": roots.path,
    }
    text = ";".join(f"{key}={_ado(value)}" for key, value in pairs.items())
    return Snippet("npgsql", (Block("connection string", text),), (_UNTRIED,))


def _ado(value: str) -> str:
    """A value of an ADO.NET connection string (DbConnectionStringBuilder)."""
    return '"' + value.replace('"', '""') + '"' if _NEEDS_QUOTES.search(value) else value


def _lib_pq(server: Server, roots: Roots) -> Snippet:
    return Snippet("lib-pq", (Block("connection string", uri(server, roots)),), (_UNTRIED,))


def _pgx(server: Server, roots: Roots) -> Snippet:
    return Snippet("pgx", (Block("connection string", uri(server, roots)),), (_UNTRIED,))


MAKERS: Final[dict[str, Callable[[Server, Roots], Snippet]]] = {
    "django": _django,
    "asyncpg": _asyncpg,
    "pg8000": _pg8000,
    "sqlalchemy-asyncpg": _sqlalchemy_asyncpg,
    "sqlalchemy-pg8000": _sqlalchemy_pg8000,
    "node-postgres": _node,
    "npgsql": _npgsql,
    "lib-pq": _lib_pq,
    "pgx": _pgx,
}
