"""``postgres explain``: what a client with these settings really does."""

from typing import Annotated

import typer

from truststore_tool.cli.boundary import FINDING
from truststore_tool.cli.options import JsonFlag, Quiet
from truststore_tool.cli.output import Output
from truststore_tool.cli.postgres.options import warn_of_password


def explain_command(
    settings: Annotated[
        str,
        typer.Argument(
            metavar="[DSN|JDBC-URL|environment]",
            help="A connection string of libpq, a jdbc:postgresql: URL, or just what the environment sets.",
        ),
    ] = "environment",
    json: JsonFlag = False,
    quiet: Quiet = False,
) -> None:
    """Say what a client does with these settings: TLS or not, whom it verifies, and what happens when the CA changes.

    The environment and the files of this user count as they would for the client. Nothing is connected to. Exit code
    0 when the server is verified with its name (or reached through a Unix socket), else 1.

    Examples:

      truststore-tool postgres explain "host=db.example.com dbname=app user=app sslmode=require"

      truststore-tool postgres explain "jdbc:postgresql://db.example.com/app?ssl=true"
    """
    from truststore_tool.postgres.explain import explain, read
    from truststore_tool.postgres.settings import Surroundings
    from truststore_tool.render import postgres_text

    output = Output(json, quiet)
    warn_of_password(output, read(settings))
    report = explain(settings, Surroundings.here())
    output.report("postgres-explain", report, postgres_text.explained(report), good=report.is_good)
    if not report.is_good:
        raise typer.Exit(FINDING)
