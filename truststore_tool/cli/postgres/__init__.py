"""``postgres``: the commands about servers and their clients, as an application of their own."""

from typing import Final

import typer

from truststore_tool.cli.postgres.explain import explain_command
from truststore_tool.cli.postgres.probe import probe_command
from truststore_tool.cli.postgres.rotation import rotation_command
from truststore_tool.cli.postgres.sessions import sessions_command
from truststore_tool.cli.postgres.snippet import snippet_command
from truststore_tool.cli.several import spread

app: Final = typer.Typer(
    help="Prove it on PostgreSQL: what a server shows, what a client verifies, and whether a store trusts the server.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("probe")(spread(probe_command))
app.command("rotation")(spread(rotation_command))
app.command("sessions")(spread(sessions_command))
app.command("explain")(spread(explain_command))
app.command("snippet")(spread(snippet_command))
