"""``rename``: an entry under another alias."""

from pathlib import Path
from typing import Annotated

import typer

from truststore_tool.cli.opening import reveal, writing_password
from truststore_tool.cli.options import Backup, For, Reporting, StorePassword
from truststore_tool.operations.changing import rename_entry


def rename_command(
    store: Annotated[Path, typer.Argument(help="The store to change.")],
    old: Annotated[str, typer.Argument(help="The alias now.")],
    new: Annotated[str, typer.Argument(help="The alias wanted.")],
    *,
    readers: For = None,
    backup: Backup = False,
    store_password: StorePassword,
    output: Reporting,
) -> None:
    """Rename an entry; its certificate or key and its date stay.

    Examples:

      truststore-tool rename clientkeystore rds-root rds-root-2019
    """
    from truststore_tool import stores
    from truststore_tool.errors import UsageError

    secret = reveal(writing_password(store, store_password.read(output)))
    if not new:
        raise UsageError("the new alias is empty")
    _, report = stores.update_store(
        store, secret, lambda present: rename_entry(present, old, new), backup=backup, readers=readers
    )
    output.report("rename", report, [f"renamed: {report.old} -> {report.new}"], store=str(store))
