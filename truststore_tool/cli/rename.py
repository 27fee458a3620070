"""``rename``: an entry under another alias."""

from pathlib import Path
from typing import Annotated

import typer

from truststore_tool.cli import completing
from truststore_tool.cli.opening import reveal, writing_password
from truststore_tool.cli.options import Backup, DryRun, For, Reporting
from truststore_tool.cli.overwriting import Overwriting
from truststore_tool.cli.secrets import StorePassword
from truststore_tool.operations.changing import rename_entry
from truststore_tool.render import text


def rename_command(
    store: Annotated[Path, typer.Argument(help="The store to change.")],
    old: Annotated[str, typer.Argument(help="The alias now.", autocompletion=completing.aliases)],
    new: Annotated[str, typer.Argument(help="The alias wanted.")],
    *,
    readers: For = None,
    dry_run: DryRun = False,
    backup: Backup = False,
    overwriting: Overwriting,
    store_password: StorePassword,
    output: Reporting,
) -> None:
    """Rename an entry; its certificate or key and its date stay.

    Examples:

      truststore-tool rename clientkeystore rds-root rds-root-2019
    """
    from truststore_tool import stores
    from truststore_tool.errors import UsageError

    if not new:
        raise UsageError("the new alias is empty")
    place = stores.present(store, manner=overwriting.manner(output), dry_run=dry_run)
    secret = reveal(writing_password(place, store_password.read(output)))
    _, report = stores.update_store(
        place,
        secret,
        lambda present: rename_entry(present, old, new),
        backup=backup,
        dry_run=dry_run,
        readers=readers,
    )
    output.report("rename", report, text.renamed(report, dry_run=dry_run), store=str(store), dry_run=dry_run)
