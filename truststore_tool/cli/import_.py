"""``import``: certificates of any source into a store."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from truststore_tool.cli.gathering import gather, usable
from truststore_tool.cli.opening import reveal, writing_password
from truststore_tool.cli.options import (
    Backup,
    DefaultPassword,
    DryRun,
    Expect,
    For,
    JsonFlag,
    PasswordEnv,
    PasswordFd,
    PasswordFile,
    Profile,
    Quiet,
    SkipUnreadable,
    SkipUnusable,
    Yes,
    other_password,
    store_password,
)
from truststore_tool.cli.output import Output
from truststore_tool.cli.progress import working
from truststore_tool.cli.writing import made_from, tell_of_older_javas
from truststore_tool.errors import FindingError, UsageError
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.model import Certificate, TrustStore
from truststore_tool.operations.candidates import distinct
from truststore_tool.operations.describe import CertificateFacts
from truststore_tool.operations.importing import ImportReport, import_certificates
from truststore_tool.operations.proving import prove
from truststore_tool.render import text
from truststore_tool.safe import printable


def import_command(
    store: Annotated[
        str, typer.Argument(help="The store to change; it is made when it does not exist, a directory if it ends in /.")
    ],
    sources: Annotated[
        list[str],
        typer.Argument(help="Files of any format, directories, other stores, - (standard input), certifi, system."),
    ],
    alias: Annotated[str | None, typer.Option(help="Alias of the certificate (default: rds-root).")] = None,
    replace: Annotated[bool, typer.Option(help="Let the certificate take the alias of another one.")] = False,
    new_format: Annotated[
        str | None,
        typer.Option("--format", metavar="FORMAT", help="Format of a new store (default: by suffix, else jks)."),
    ] = None,
    expect: Expect = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    backup: Backup = False,
    password_env: PasswordEnv = None,
    password_file: PasswordFile = None,
    password_fd: PasswordFd = None,
    default_password: DefaultPassword = False,
    source_password_env: Annotated[
        str | None,
        typer.Option("--source-password-env", metavar="VARIABLE", help="The same for sources with another password."),
    ] = None,
    source_password_file: Annotated[
        Path | None, typer.Option("--source-password-file", metavar="FILE", help="File whose first line is it.")
    ] = None,
    skip_unreadable: SkipUnreadable = False,
    skip_unusable: SkipUnusable = False,
    readers: For = None,
    profile: Profile = None,
    json: JsonFlag = False,
    quiet: Quiet = False,
) -> None:
    """Add certificates to a store; what is there stays, what is there already is not doubled.

    Every new certificate must match an --expect, or be confirmed at the terminal, or --yes says that none of this is
    needed. At the end the file is read back and its fingerprints are shown beside those of the sources.

    Examples:

      truststore-tool import clientkeystore rds-ca-2019-root.pem --expect d40ddb29e3750dffa671c3140bbf5f478d1c8096

      truststore-tool import cacerts.p12 global-bundle.pem --yes
    """
    from truststore_tool import formats, stores

    output = Output(json, quiet)
    expected = [Fingerprint.parse(item) for item in expect or ()]
    if not (expected or yes or dry_run or sys.stdin.isatty()):
        raise UsageError(
            "nobody is there to confirm the certificates",
            hint="give --expect FINGERPRINT, or --yes to trust them unseen",
        )
    target = _format_of(store, new_format)
    password = store_password(output, password_env, password_file, password_fd, default_password)
    source_password = other_password(output, "--source-password", source_password_env, source_password_file)
    collected = gather(sources, source_password or password, output, skip_unreadable=skip_unreadable)
    if skip_unusable:
        collected = usable(collected, target or stores.format_of(store), readers, output)
    candidates, left_out, distrusted = collected
    is_new = not Path(store).exists()
    if not dry_run:
        password = writing_password(Path(store), password, target, profile)
    secret = reveal(password)
    now = datetime.now(UTC).replace(microsecond=0)
    unique = list(distinct(candidates))
    refused = [item.certificate for item in distrusted]
    approved: set[Certificate] | None = None

    known: tuple[str, ...] = ()

    def change(present: TrustStore) -> tuple[TrustStore, tuple[ImportReport, tuple[str, ...]]]:
        nonlocal known
        known = present.notes
        aliased = formats.get(present.format).has_aliases
        changed, report = import_certificates(
            present, candidates, created=now, alias=alias, replace=replace, aliased=aliased
        )
        fresh = [c for c, item in zip(unique, report.items, strict=True) if item.status != "present"]
        if approved is not None and not approved.issuperset(fresh):
            raise FindingError(f"{store} was changed while its certificates were being confirmed", hint="run again")
        if not expected:
            return changed, (report, ())
        from truststore_tool.operations.expecting import require_expected

        return changed, (report, tuple(require_expected(unique, fresh, expected, refused)))

    if not (expected or yes or dry_run):
        with working(f"reading {store}", quiet=quiet):
            _, (report, _) = stores.update_store(store, secret, change, create=target, dry_run=True, readers=readers)
        fresh = [item.certificate for item in report.items if item.status != "present"]
        if fresh:
            ask_to_trust(fresh, store, now)
        approved = {facts.certificate for facts in fresh}
    with working(f"writing {store}", quiet=quiet):
        current, (report, notes) = stores.update_store(
            store,
            secret,
            change,
            create=target,
            backup=backup,
            dry_run=dry_run,
            sources=made_from(sources),
            readers=readers,
            profile=profile,
        )
    if is_new and not dry_run:
        tell_of_older_javas(output, store, current.format, secret)
    output.warn(notes)
    output.warn(report.warnings)
    output.warn(note for note in current.notes if note not in known)
    output.warn(f"not read: {part}" for part in current.unread)
    output.warn_of_place(store)
    proofs = () if dry_run else prove(current, unique)
    pieces = [*text.imported(report, dry_run=dry_run), *text.proof(store, proofs)]
    output.report("import", report, pieces, store=store, dry_run=dry_run, read_back=proofs, left_out=left_out)


def _format_of(store: str, wanted: str | None) -> str | None:
    """The format in which a missing store begins; None for one that is there, unless a format is `wanted`."""
    from truststore_tool import stores

    return stores.new_format(store, wanted) if wanted or not Path(store).exists() else None


def ask_to_trust(certificates: Sequence[CertificateFacts], store: str, now: datetime) -> None:
    """Show what would become trusted and ask the terminal, default no. Raises FindingError when refused."""
    for facts in certificates:
        for line in text.certificate_lines(facts, now):
            typer.echo(printable(line), err=True)
        typer.echo("", err=True)
    these = "this certificate" if len(certificates) == 1 else f"these {len(certificates)} certificates"
    if not typer.confirm(f"Trust {these} in {printable(store)}?", default=False, err=True):
        raise FindingError("not trusted; nothing was written")
