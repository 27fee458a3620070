"""``list``: what a store holds."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from truststore_tool.cli import completing
from truststore_tool.cli.opening import open_for_reading
from truststore_tool.cli.options import FormatName, Reporting
from truststore_tool.cli.progress import working
from truststore_tool.cli.secrets import StorePassword
from truststore_tool.operations.checking import of_store
from truststore_tool.operations.listing import list_store
from truststore_tool.operations.selecting import select
from truststore_tool.render import text


def list_command(
    store: Annotated[str, typer.Argument(help="The store; - is standard input.")],
    *,
    alias: Annotated[
        str | None,
        typer.Option("--alias", metavar="ALIAS", help="Show only this entry.", autocompletion=completing.aliases),
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show subject, issuer, serial and SHA-1.")] = False,
    rfc: Annotated[bool, typer.Option("--rfc", help="Print the certificates as PEM.")] = False,
    sha1: Annotated[bool, typer.Option("--sha1", help="Show SHA-1 fingerprints as well.")] = False,
    store_format: FormatName = None,
    store_password: StorePassword,
    output: Reporting,
) -> None:
    """Show alias, date, kind, SHA-256 fingerprint and expiry of every entry.

    A private key in a PEM file is shown with the certificates that belong to it.
    Certificates in JKS and JCEKS are readable without a password; a warning then says that integrity was not checked.

    Examples:

      truststore-tool list clientkeystore.jks

      truststore-tool list -v --alias rds-root clientkeystore.jks
    """
    password = store_password.read(output)
    opened = open_for_reading(store, password, store_format, whole=False)
    if opened.others:
        from truststore_tool.cli.pairing import shown_with_keys

        opened = shown_with_keys(opened, store, password, output)
    with working(f"listing {store}", quiet=output.quiet):
        shown = select(opened, alias=alias) if alias is not None else opened
        report = list_store(shown)
    output.warn(of_store(shown, store))
    now = datetime.now(UTC)
    if rfc and not output.json:
        from truststore_tool.formats.pem import encode

        for entry in shown.entries:
            for certificate in entry.certificates:
                typer.echo(encode(certificate), nl=False)
        return
    pieces = text.listing_verbose(report, now) if verbose else text.listing(report, now, sha1=sha1)
    output.report("list", report, pieces, store=store, warnings=output.messages())
