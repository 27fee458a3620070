"""``schema``: what the reports in JSON look like."""

import json
from typing import Annotated

import typer

from truststore_tool.cli import completing
from truststore_tool.errors import UsageError


def schema_command(
    report: Annotated[
        str | None,
        typer.Argument(
            metavar="[REPORT]",
            help="A report, such as list, postgres-probe or error.",
            autocompletion=completing.reports,
        ),
    ] = None,
) -> None:
    """Print the JSON Schema (2020-12) of a report that --json prints, or the names of all reports.

    Examples:

      truststore-tool schema

      truststore-tool schema list
    """
    from truststore_tool.render import schemas

    names = schemas.names()
    if report is None:
        typer.echo("\n".join(names))
        return
    if report not in names:
        raise UsageError(f"there is no report {report!r}", hint=f"name one of: {', '.join(names)}")
    typer.echo(json.dumps(schemas.schema(report), indent=2, ensure_ascii=False))
