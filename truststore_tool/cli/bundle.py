"""``bundle``: one PEM chain for libpq clients."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from truststore_tool.cli import completing
from truststore_tool.cli.gathering import Selecting, gather, usable
from truststore_tool.cli.options import Backup, DryRun, Expect, For, Reporting
from truststore_tool.cli.overwriting import Overwriting
from truststore_tool.cli.progress import working
from truststore_tool.cli.secrets import PasswordFor, Passwords, StorePassword
from truststore_tool.cli.writing import as_stream, made_from
from truststore_tool.errors import UsageError
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.model import TrustStore
from truststore_tool.operations.bundling import BundleReport, bundle
from truststore_tool.operations.candidates import distinct
from truststore_tool.operations.checking import at
from truststore_tool.operations.expecting import require_expected
from truststore_tool.render import text


def bundle_command(
    sources: Annotated[
        list[str],
        typer.Argument(
            help="Files of any format, directories, stores, - (standard input), certifi, system.",
            autocompletion=completing.sources,
        ),
    ],
    out: Annotated[
        str, typer.Option("-o", "--out", metavar="FILE", callback=as_stream, help="The PEM file; - is standard output.")
    ],
    *,
    drop_expired: Annotated[bool, typer.Option("--drop-expired", help="Leave out certificates that expired.")] = False,
    comments: Annotated[
        bool, typer.Option("--comments", help="Write subject and expiry above each new certificate.")
    ] = False,
    selection: Selecting,
    expect: Expect = None,
    readers: For = None,
    dry_run: DryRun = False,
    backup: Backup = False,
    overwriting: Overwriting,
    store_password: StorePassword,
    password_for: PasswordFor = None,
    output: Reporting,
) -> None:
    """Gather certificates into one PEM file for sslrootcert (psql, psycopg, pgAdmin and every other libpq client).

    Each certificate is written once, in the order of the sources; what the file holds already stays as it is. The
    summary accounts for every certificate.

    Examples:

      truststore-tool bundle rds-ca-2019-root.pem global-bundle.pem -o chain.pem

      psql "host=db.example.com sslmode=verify-full sslrootcert=chain.pem"
    """
    from truststore_tool import stores

    if out != "-" and stores.new_format(out, usual="pem") != "pem":
        raise UsageError(f"{out}: a bundle is PEM, whatever the file is called", hint="import makes and changes stores")
    if output.json and out == "-":
        raise UsageError("--json and a chain cannot share standard output", hint="give -o FILE")
    passwords = Passwords.of(password_for, sources, store_password.read(output))
    collected = gather(sources, passwords, output, selection)
    if selection.skip_unusable:
        collected = usable(collected, "pem", readers, output)
    candidates, left_out, distrusted = collected
    expected = [Fingerprint.parse(item) for item in expect or ()]
    if expected:
        unique = list(distinct(candidates))
        refused = [item.certificate for item in distrusted]
        output.warn(at(out, require_expected(unique, unique, expected, refused)))
    now = datetime.now(UTC)

    def change(present: TrustStore) -> tuple[TrustStore, BundleReport]:
        if present.format != "pem":
            raise UsageError(f"{out} is a {present.format} store, and a bundle is PEM", hint="import changes stores")
        return bundle(present, candidates, now=now, drop_expired=drop_expired, comments=comments)

    if out == "-":
        made, report = change(TrustStore(format="pem", integrity="absent"))
        data = stores.encoded(made, None, readers)
        if not dry_run:
            sys.stdout.buffer.write(data)
        output.talk_of(text.bundled(report, dry_run=dry_run))
        return
    with working(f"writing {out}", quiet=output.quiet):
        _, report = stores.update_store(
            Path(out),
            None,
            change,
            create="pem",
            backup=backup,
            dry_run=dry_run,
            sources=made_from(sources),
            readers=readers,
            manner=overwriting.manner(output),
        )
    output.warn_of_place(out)
    output.report("bundle", report, text.bundled(report, dry_run=dry_run), out=out, dry_run=dry_run, left_out=left_out)
