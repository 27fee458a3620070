"""``diff``: two stores side by side."""

from typing import Annotated

import typer

from truststore_tool.cli.boundary import FINDING
from truststore_tool.cli.opening import open_for_reading
from truststore_tool.cli.options import Reporting
from truststore_tool.cli.secrets import OtherPassword, StorePassword
from truststore_tool.operations.checking import of_store
from truststore_tool.operations.comparing import compare
from truststore_tool.render import text


def diff_command(
    left: Annotated[str, typer.Argument(help="A store of any format.")],
    right: Annotated[str, typer.Argument(help="Another one.")],
    store_password: StorePassword,
    other_password: OtherPassword,
    output: Reporting,
) -> None:
    """Compare what two stores trust, by certificate, whatever their formats and aliases.

    Exit code 0 when they trust the same certificates, else 1. The password is used for both,
    unless the second store has another one.

    Examples:

      truststore-tool diff clientkeystore.jks global-bundle.pem
    """
    password = store_password.read(output)
    opened = [
        open_for_reading(left, password),
        open_for_reading(right, other_password.read(output) or password),
    ]
    for path, store in zip((left, right), opened, strict=True):
        output.warn(of_store(store, path))
    report = compare(*opened)
    # What was not read, or not understood, can hold trust: then nobody can say that both trust the same.
    same = report.same and not any(store.not_understood() for store in opened)
    output.report("diff", report, text.compared(report, left, right), left=left, right=right, same=same)
    if not same:
        raise typer.Exit(FINDING)
