"""``remove``: entries out of a store."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from truststore_tool.cli import completing
from truststore_tool.cli.boundary import ReportedError
from truststore_tool.cli.opening import reveal, writing_password
from truststore_tool.cli.options import Backup, DryRun, For, Reporting
from truststore_tool.cli.overwriting import Overwriting
from truststore_tool.cli.secrets import StorePassword
from truststore_tool.errors import UsageError
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.operations.aliases import LIST_FIRST
from truststore_tool.operations.changing import remove_entries
from truststore_tool.render import text


def remove_command(
    store: Annotated[Path, typer.Argument(help="The store to change.")],
    *,
    alias: Annotated[
        list[str] | None,
        typer.Option(
            "--alias", metavar="ALIAS", help="Entry to remove; may be given again.", autocompletion=completing.aliases
        ),
    ] = None,
    fingerprint: Annotated[
        list[str] | None,
        typer.Option("--fingerprint", metavar="FINGERPRINT", help="Trusted certificate to remove; may be given again."),
    ] = None,
    expired: Annotated[bool, typer.Option("--expired", help="Remove every expired trusted certificate.")] = False,
    keys: Annotated[bool, typer.Option("--keys", help="Let --alias name a private or secret key.")] = False,
    readers: For = None,
    dry_run: DryRun = False,
    backup: Backup = False,
    overwriting: Overwriting,
    store_password: StorePassword,
    output: Reporting,
) -> None:
    """Remove entries by alias, by fingerprint, or because they expired.

    What is named but is not there is said at the end, with exit code 1; all else is removed.

    Examples:

      truststore-tool remove clientkeystore --alias rds-root

      truststore-tool remove clientkeystore --expired --dry-run
    """
    from truststore_tool import stores

    digests = [Fingerprint.parse(item) for item in fingerprint or ()]
    if not (alias or digests or expired):
        raise UsageError("nothing to remove", hint="give --alias, --fingerprint or --expired")
    place = stores.present(store, manner=overwriting.manner(output), dry_run=dry_run)
    secret = reveal(writing_password(place, store_password.read(output)))
    moment = datetime.now(UTC) if expired else None
    _, report = stores.update_store(
        place,
        secret,
        lambda present: remove_entries(
            present, aliases=alias or (), fingerprints=digests, expired_at=moment, keys=keys
        ),
        backup=backup,
        dry_run=dry_run,
        readers=readers,
    )
    output.report("remove", report, text.removed(report, dry_run=dry_run), store=str(store), dry_run=dry_run)
    if report.absent:
        raise ReportedError(f"not in {store}: {', '.join(report.absent)}", hint=LIST_FIRST)
