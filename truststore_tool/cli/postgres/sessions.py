"""``postgres sessions``: who is connected with TLS, and who is not."""

from typing import Annotated

import typer

from truststore_tool.cli.boundary import FINDING
from truststore_tool.cli.options import Reporting, seconds
from truststore_tool.cli.postgres.options import TIMEOUT, Timeout, warn_of_password
from truststore_tool.findings import Place, finding
from truststore_tool.wording import counted


def sessions_command(
    *,
    dsn: Annotated[
        str, typer.Argument(metavar="[DSN]", help="A connection string of libpq; what it leaves out comes from PG*.")
    ] = "",
    watch: Annotated[
        float,
        typer.Option(
            "--watch", metavar="SECONDS", min=0, max=86400, callback=seconds, help="Keep looking for this long."
        ),
    ] = 0,
    every: Annotated[
        float,
        typer.Option("--every", metavar="SECONDS", min=0.1, max=3600, callback=seconds, help="Time between two looks."),
    ] = 1,
    timeout: Timeout = TIMEOUT,
    output: Reporting,
) -> None:
    """Show who is connected with TLS and who is not, and whether the server insists on it.

    One look shows only who is connected just now: --watch collects clients over time, and Ctrl-C ends it early with
    what was seen. Of PgBouncer, ask its console (dbname=pgbouncer): the server sees none of its clients. Exit code 1
    when somebody is connected over the network without TLS, or when that is hidden, by a pooler for one; else 0. Leave
    the password to PGPASSWORD or ~/.pgpass, as with psql.

    Examples:

      truststore-tool postgres sessions "host=db.example.com dbname=postgres user=admin sslmode=verify-full"

      PGHOST=db.example.com PGUSER=admin truststore-tool postgres sessions --watch 600 --json

      truststore-tool postgres sessions "host=pooler.example.com port=6432 dbname=pgbouncer user=admin"
    """
    from truststore_tool.postgres import conninfo
    from truststore_tool.postgres.sessions import sessions
    from truststore_tool.render import postgres_text

    given = conninfo.parse_and_check(dsn)
    warn_of_password(output, given)
    report = sessions(given.options, watch=watch, every=every, timeout=timeout)
    if report.hidden:
        hiding = counted(report.hidden, "session hides whether it uses TLS", "sessions hide whether they use TLS")
        fix = "log in as a member of pg_read_all_stats"
        output.warn([finding("sessions-hidden", Place("pg_stat_ssl"), hiding, fix=fix)])
    counts = {"plain": report.plain, "hidden": report.hidden}
    output.report("postgres-sessions", report, postgres_text.sessions(report), **counts, good=report.is_good)
    if not report.is_good:
        raise typer.Exit(FINDING)
