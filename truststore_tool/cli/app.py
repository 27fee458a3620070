"""The typer application and its commands."""

from typing import Annotated

import typer

from truststore_tool.cli import (
    bundle,
    convert,
    diff,
    export,
    fingerprint,
    import_,
    list_,
    passwd,
    remove,
    rename,
    verify,
)

app = typer.Typer(
    name="truststore-tool",
    help="Update, verify and convert Java keystores and PEM bundles when a certificate authority rotates.",
    epilog="Exit codes: 0 done, 1 a finding, 2 usage, 3 unreadable input, 4 wrong password or broken integrity,"
    " 5 could not write, 70 a bug, 130 interrupted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("import")(import_.import_command)
app.command("list")(list_.list_command)
app.command("fingerprint")(fingerprint.fingerprint_command)
app.command("verify")(verify.verify_command)
app.command("convert")(convert.convert_command)
app.command("bundle")(bundle.bundle_command)
app.command("diff")(diff.diff_command)
app.command("export")(export.export_command)
app.command("remove")(remove.remove_command)
app.command("rename")(rename.rename_command)
app.command("passwd")(passwd.passwd_command)


def _version(asked: bool) -> None:
    if asked:
        from truststore_tool import __version__

        typer.echo(f"truststore-tool {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options that stand before the command."""
