"""``export``: certificates out of a store."""

from typing import Annotated

import typer

from truststore_tool.cli import completing
from truststore_tool.cli.opening import open_for_reading
from truststore_tool.cli.options import Backup, DryRun, FormatName, Reporting
from truststore_tool.cli.overwriting import Overwriting
from truststore_tool.cli.secrets import StorePassword
from truststore_tool.cli.writing import as_stream, write_new
from truststore_tool.errors import FindingError, UnreadableError, UsageError
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.operations.aliases import LIST_FIRST
from truststore_tool.operations.checking import of_store
from truststore_tool.operations.listing import list_store
from truststore_tool.operations.selecting import certificates_of, select
from truststore_tool.render import text


def export_command(
    store: Annotated[str, typer.Argument(help="The store.")],
    *,
    out: Annotated[
        str, typer.Option("-o", "--out", metavar="FILE", callback=as_stream, help="Where to; - is standard output.")
    ] = "-",
    alias: Annotated[
        str | None,
        typer.Option("--alias", metavar="ALIAS", help="The entry to export.", autocompletion=completing.aliases),
    ] = None,
    fingerprint: Annotated[
        list[str] | None,
        typer.Option("--fingerprint", metavar="FINGERPRINT", help="Certificate to export; may be given again."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Export every trusted certificate.")] = False,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="FORMAT",
            help="pem, der or pkcs7 (default: by suffix, else pem).",
            autocompletion=completing.exports,
        ),
    ] = None,
    store_format: FormatName = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that holds something else.")] = False,
    dry_run: DryRun = False,
    backup: Backup = False,
    overwriting: Overwriting,
    store_password: StorePassword,
    output: Reporting,
) -> None:
    """Write certificates of a store to a file, or to standard output.

    Examples:

      truststore-tool export clientkeystore --alias rds-root -o rds-root.pem
    """
    from truststore_tool import formats, stores

    if not (alias or fingerprint or every):
        raise UsageError("nothing to export", hint="give --alias, --fingerprint or --all")
    target = to or ("pem" if out == "-" else stores.new_format(out, usual="pem"))
    codec = formats.get(target)
    if codec.dumps is None or codec.has_password or codec.is_directory:
        raise UsageError(f"cannot export to {target!r}", hint="use pem, der or pkcs7; convert makes stores")
    if output.json and out == "-":
        raise UsageError("--json and certificates cannot share standard output", hint="give -o FILE")
    password = store_password.read(output)
    opened = open_for_reading(store, password, store_format)
    output.warn(of_store(opened, store))
    if not every:
        opened = select(opened, alias=alias, fingerprints=[Fingerprint.parse(f) for f in fingerprint or ()])
    chosen = certificates_of(opened, codec.name, keys=not every)
    if not chosen.entries and opened.distrusted:
        raise FindingError(f"{store}: holds only what is distrusted; nothing was written")
    if not chosen.entries and (opened.entries or opened.loose):
        raise UnreadableError(f"{store}: holds no trusted certificate; nothing was written", hint=LIST_FIRST)
    write_new(
        out, chosen, None, source=store, force=force, backup=backup, dry_run=dry_run, manner=overwriting.manner(output)
    )
    output.warn_of_place(out)
    pieces = text.exported(len(chosen.entries), out, dry_run=dry_run)
    if out != "-":
        output.report("export", list_store(chosen), pieces, out=out, dry_run=dry_run)
    elif dry_run:
        output.talk_of(pieces)
