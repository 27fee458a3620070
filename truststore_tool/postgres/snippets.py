"""Settings to paste: each client told to use TLS, to verify the server with its name, and where the authorities are."""

import json
import re
import shlex
from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from truststore_tool.errors import UsageError
from truststore_tool.postgres import driver_snippets
from truststore_tool.postgres.keywords import check_host, refuse_more
from truststore_tool.postgres.pasted import MODE, Block, Roots, Server, Snippet, literal, uri

__all__ = ["CLIENTS", "MODE", "Block", "Roots", "Server", "Snippet", "conninfo", "snippet"]

_JAVA_TYPES: Final = {"jks": "JKS", "jceks": "JCEKS", "pkcs12": "PKCS12"}
_PLAIN: Final = re.compile(r"[\w./:@%+,-]+")


def snippet(client: str, server: Server, roots: Roots) -> Snippet:
    """The settings of `client`, one of `CLIENTS`. Raises UsageError for others, and when it cannot read `roots`."""
    for value in (server.host, server.database, server.user, roots.path):
        if not value.isprintable():
            raise UsageError(f"cannot be pasted safely: {value!r}")
    check_host(server.host)
    for name, value in (
        ("host", server.host),
        ("dbname", server.database),
        ("user", server.user),
        ("path", roots.path),
    ):
        refuse_more(name, value)
    require_client(client)
    if roots.format != "pem" and (client != "jdbc" or roots.format not in _JAVA_TYPES):
        raise UsageError(
            f"{client} does not read {roots.format}: {roots.path}",
            hint=f"make a PEM bundle first: truststore-tool bundle {shlex.quote(roots.path)} -o bundle.pem",
        )
    return _MAKERS[client](server, roots)


def require_client(client: str) -> None:
    """Raise UsageError, and name those that there are, for what is none of `CLIENTS`."""
    if client not in CLIENTS:
        raise UsageError(f"no snippet for {client!r}", hint=f"one of: {', '.join(CLIENTS)}")


def conninfo(server: Server, roots: Roots) -> str:
    """A connection string of libpq (PostgreSQL documentation, Keyword/Value Connection Strings)."""
    pairs = {
        "host": server.host,
        "port": str(server.port),
        "dbname": server.database,
        "user": server.user,
        "sslmode": MODE,
        "sslrootcert": roots.path,
    }
    return " ".join(f"{key}={_conninfo_value(value)}" for key, value in pairs.items())


def _conninfo_value(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _psql(server: Server, roots: Roots) -> Snippet:
    return Snippet("psql", (Block("shell", f"psql {shlex.quote(conninfo(server, roots))}"),))


def _libpq(server: Server, roots: Roots) -> Snippet:
    blocks = (Block("connection string", conninfo(server, roots)), Block("the same as a URI", uri(server, roots)))
    return Snippet("libpq", blocks)


def _env(server: Server, roots: Roots) -> Snippet:
    variables = {
        "PGHOST": server.host,
        "PGPORT": str(server.port),
        "PGDATABASE": server.database,
        "PGUSER": server.user,
        "PGSSLMODE": MODE,
        "PGSSLROOTCERT": roots.path,
    }
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    note = "every libpq client takes these; what a connection string says goes before them"
    return Snippet("env", (Block("shell", "\n".join(lines)),), (note,))


def _psycopg(server: Server, roots: Roots) -> Snippet:
    text = f"""\
import psycopg

connection = psycopg.connect(
    host={literal(server.host)},
    port={server.port},
    dbname={literal(server.database)},
    user={literal(server.user)},
    sslmode={literal(MODE)},
    sslrootcert={literal(roots.path)},
)"""
    return Snippet("psycopg", (Block("Python", text),), ("psycopg2.connect takes the same",))


def _sqlalchemy(server: Server, roots: Roots) -> Snippet:
    text = f"""\
from sqlalchemy import URL, create_engine

engine = create_engine(
    URL.create(
        "postgresql+psycopg",
        username={literal(server.user)},
        host={literal(server.host)},
        port={server.port},
        database={literal(server.database)},
        query={{"sslmode": {literal(MODE)}, "sslrootcert": {literal(roots.path)}}},
    )
)"""
    return Snippet(
        "sqlalchemy", (Block("Python", text),), ("for SQLAlchemy 2; with psycopg2 write postgresql+psycopg2",)
    )


def _jdbc(server: Server, roots: Roots) -> Snippet:
    host = f"[{server.host}]" if ":" in server.host else server.host
    url = f"jdbc:postgresql://{host}:{server.port}/{quote(server.database, safe='')}?user={quote(server.user, safe='')}"
    if roots.format == "pem":
        url = f"{url}&sslmode={MODE}&sslrootcert={quote(roots.path)}"
        return Snippet("jdbc", (Block("JDBC URL", url),), ("the JVM's own trust store is not used",))
    url = f"{url}&sslmode={MODE}&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory"
    note = "the keystore replaces the JVM's cacerts for every TLS connection of that JVM, not only those to PostgreSQL"
    launcher = "JDK_JAVA_OPTIONS is read by the java command since JDK 9; elsewhere, give the options to the JVM itself"
    return Snippet("jdbc", (Block("JDBC URL", url), Block("shell", _jvm_options(roots))), (note, launcher))


def _jvm_options(roots: Roots) -> str:
    """The options that name a trust store (JSSE Reference Guide, Customizing JSSE); a variable holds the password."""
    store = f"-Djavax.net.ssl.trustStore={roots.path}"
    words = [f'"{store}"' if " " in store else store, f"-Djavax.net.ssl.trustStoreType={_JAVA_TYPES[roots.format]}"]
    if not roots.has_password:
        return f"export JDK_JAVA_OPTIONS={shlex.quote(' '.join(words))}"
    words.append("-Djavax.net.ssl.trustStorePassword=")
    return f'export JDK_JAVA_OPTIONS={shlex.quote(" ".join(words))}"$TRUSTSTORE_PASSWORD"'


def _pgadmin(server: Server, roots: Roots) -> Snippet:
    entry = {
        "Name": server.host,
        "Group": "Servers",
        "Host": server.host,
        "Port": server.port,
        "MaintenanceDB": server.database,
        "Username": server.user,
        "ConnectionParameters": {"sslmode": MODE, "sslrootcert": roots.path},
    }
    blocks = (Block("servers.json", json.dumps({"Servers": {"1": entry}}, indent=2)),)
    notes = (
        "import it under Tools, Import/Export Servers (pgAdmin 7 or later);"
        " or enter both values in the server's dialog, page Parameters",
        "pgAdmin in server mode looks for the file in its own storage: upload the bundle there first",
    )
    return Snippet("pgadmin", blocks, notes)


def _pgbouncer(server: Server, roots: Roots) -> Snippet:
    name = server.database if re.fullmatch(r"\w+", server.database) else f'"{server.database}"'
    pairs = {"host": server.host, "port": str(server.port), "dbname": server.database}
    target = " ".join(f"{key}={_pgbouncer_value(value)}" for key, value in pairs.items())
    text = f"""\
[databases]
{name} = {target}

[pgbouncer]
server_tls_sslmode = {MODE}
server_tls_ca_file = {roots.path}"""
    note = "after a change of the bundle, RELOAD makes pgbouncer read it again"
    return Snippet("pgbouncer", (Block("pgbouncer.ini", text),), (note,))


def _pgbouncer_value(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else "'" + value.replace("'", "''") + "'"


_MAKERS: Final[dict[str, Callable[[Server, Roots], Snippet]]] = {
    "psql": _psql,
    "libpq": _libpq,
    "env": _env,
    "psycopg": _psycopg,
    "sqlalchemy": _sqlalchemy,
    "jdbc": _jdbc,
    "pgadmin": _pgadmin,
    "pgbouncer": _pgbouncer,
    **driver_snippets.MAKERS,
}
CLIENTS: Final = tuple(_MAKERS)
