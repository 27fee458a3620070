"""``postgres snippet``: settings to paste."""

from pathlib import Path
from typing import Annotated

import typer

from truststore_tool.cli import completing
from truststore_tool.cli.opening import reveal
from truststore_tool.cli.options import Reporting
from truststore_tool.cli.secrets import StorePassword
from truststore_tool.errors import UsageError


def snippet_command(
    client: Annotated[
        str,
        typer.Argument(
            help="psql, libpq, env, psycopg, sqlalchemy, jdbc, pgadmin, pgbouncer, django, asyncpg, pg8000,"
            " sqlalchemy-asyncpg, sqlalchemy-pg8000 or node-postgres; and untried npgsql, lib-pq or pgx.",
            show_default=False,
            autocompletion=completing.snippet_clients,
        ),
    ],
    *,
    store: Annotated[str | None, typer.Option("--store", metavar="STORE", help="The keystore, for jdbc.")] = None,
    bundle: Annotated[str | None, typer.Option("--bundle", metavar="FILE", help="The PEM bundle.")] = None,
    host: Annotated[str, typer.Option("--host", help="The server, as its certificate names it.")] = "db.example.com",
    port: Annotated[int, typer.Option("--port", min=1, max=65535)] = 5432,
    dbname: Annotated[str, typer.Option("--dbname")] = "app",
    user: Annotated[str, typer.Option("--user")] = "app",
    store_password: StorePassword,
    output: Reporting,
) -> None:
    """Print the settings that make a client verify the server, with its name, against a bundle or keystore.

    No password is in them: leave that to PGPASSWORD, ~/.pgpass or the application.

    Examples:

      truststore-tool postgres snippet psql --bundle chain.pem --host db.example.com

      truststore-tool postgres snippet jdbc --store clientkeystore --host db.example.com
    """
    from truststore_tool.postgres.snippets import Roots, Server, require_client, snippet
    from truststore_tool.render import postgres_text
    from truststore_tool.stores import open_plain

    require_client(client)
    name = store or bundle
    if name is None or (store and bundle):
        raise UsageError(
            "name one file that holds the authorities", hint="give --bundle FILE, or --store STORE for jdbc"
        )
    password = reveal(store_password.read(output)) if store else None
    opened = open_plain(name, password)
    locked = opened.format == "pkcs12" and opened.integrity != "absent"
    report = snippet(client, Server(host, port, dbname, user), Roots(str(Path(name).absolute()), opened.format, locked))
    output.report("postgres-snippet", report, postgres_text.snippet(report))
    if not output.json:
        for note in report.notes:
            output.talk(f"note: {note}")
