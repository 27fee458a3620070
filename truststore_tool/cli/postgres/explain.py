"""``postgres explain``: what a client with these settings really does."""

import sys
from enum import Enum
from typing import Annotated

import typer

from truststore_tool.cli.boundary import FINDING
from truststore_tool.cli.options import Reporting
from truststore_tool.cli.postgres.options import warn_of_password


class Client(Enum):
    """Whose settings can be explained (`postgres.explain.CLIENTS`)."""

    LIBPQ = "libpq"
    JDBC = "jdbc"
    DJANGO = "django"
    ASYNCPG = "asyncpg"
    PG8000 = "pg8000"
    NODE_POSTGRES = "node-postgres"
    NPGSQL = "npgsql"
    LIB_PQ = "lib-pq"
    PGX = "pgx"


def explain_command(
    *,
    settings: Annotated[
        str,
        typer.Argument(
            metavar="[DSN|URL|environment|-]",
            help="A connection string of libpq, a jdbc:postgresql: URL, a URL of SQLAlchemy, what --client takes, or"
            " just what the environment sets; - reads it from standard input.",
        ),
    ] = "environment",
    client: Annotated[
        Client | None,
        typer.Option("--client", help="Who is given the settings, where they do not show it.", show_default=False),
    ] = None,
    output: Reporting,
) -> None:
    """Say what a client does with these settings: TLS or not, whom it verifies, and what happens when the CA changes.

    The environment and the files of this user count as they would for the client. Nothing is connected to. Exit code
    0 when the server is verified with its name (or reached through a Unix socket), else 1.

    Examples:

      truststore-tool postgres explain "host=db.example.com dbname=app user=app sslmode=require"

      truststore-tool postgres explain "jdbc:postgresql://db.example.com/app?ssl=true"

      truststore-tool postgres explain --client node-postgres "postgres://db.example.com/app?sslmode=no-verify"
    """
    from truststore_tool.postgres.explain import explain, read
    from truststore_tool.postgres.settings import Surroundings
    from truststore_tool.render import postgres_text

    meant = client.value if client else None
    if settings == "-":
        settings = sys.stdin.read().strip()
    else:
        warn_of_password(output, read(settings, meant))
    report = explain(settings, Surroundings.here(), meant)
    output.report("postgres-explain", report, postgres_text.explained(report), good=report.is_good)
    if not report.is_good:
        raise typer.Exit(FINDING)
