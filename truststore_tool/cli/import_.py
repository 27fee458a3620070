"""``import``: certificates of any source into a store."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from truststore_tool.cli.approval import Approval
from truststore_tool.cli.gathering import IncludeChains, SourcePasswordFor, SourcePasswords, gather, usable
from truststore_tool.cli.opening import reveal, writing_password
from truststore_tool.cli.options import (
    Backup,
    DryRun,
    Expect,
    For,
    Profile,
    Reporting,
    SkipUnreadable,
    SkipUnusable,
    SourcePassword,
    StorePassword,
    Yes,
)
from truststore_tool.cli.progress import working
from truststore_tool.cli.writing import made_from, tell_of_older_javas
from truststore_tool.findings import Finding
from truststore_tool.model import Remark, TrustStore
from truststore_tool.operations.candidates import distinct
from truststore_tool.operations.checking import at, of_certificate, of_store
from truststore_tool.operations.importing import ImportReport, import_certificates
from truststore_tool.operations.proving import prove
from truststore_tool.render import text


def import_command(
    store: Annotated[
        str, typer.Argument(help="The store to change; it is made when it does not exist, a directory if it ends in /.")
    ],
    sources: Annotated[
        list[str],
        typer.Argument(help="Files of any format, directories, other stores, - (standard input), certifi, system."),
    ],
    *,
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
    store_password: StorePassword,
    source_password: SourcePassword,
    source_password_for: SourcePasswordFor = None,
    include_chains: IncludeChains = False,
    skip_unreadable: SkipUnreadable = False,
    skip_unusable: SkipUnusable = False,
    readers: For = None,
    profile: Profile = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show each warning and each fingerprint, however many.")
    ] = False,
    output: Reporting,
) -> None:
    """Add certificates to a store; what is there stays, what is there already is not doubled.

    Every new certificate must match an --expect, or be confirmed at the terminal, or --yes says that none of this is
    needed. At the end the file is read back and its fingerprints are shown beside those of the sources.

    Examples:

      truststore-tool import clientkeystore rds-ca-2019-root.pem --expect d40ddb29e3750dffa671c3140bbf5f478d1c8096

      truststore-tool import cacerts.p12 global-bundle.pem --yes
    """
    from truststore_tool import formats, stores

    approval = Approval.of(expect, yes=yes, dry_run=dry_run)
    approval.require_somebody()
    target = _format_of(store, new_format)
    password = store_password.read(output)
    beside = SourcePasswords.of(source_password_for, password)
    collected = gather(
        sources,
        source_password.read(output) or password,
        output,
        more=beside,
        skip_unreadable=skip_unreadable,
        include_chains=include_chains,
    )
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
    known: set[Finding] = set()

    def change(present: TrustStore) -> tuple[TrustStore, tuple[ImportReport, tuple[Remark, ...]]]:
        nonlocal known
        known = {item for item in of_store(present, store) if item.rule != "not-understood"}
        aliased = formats.get(present.format).has_aliases
        changed, report = import_certificates(
            present, candidates, created=now, alias=alias, replace=replace, aliased=aliased
        )
        fresh = [c for c, item in zip(unique, report.items, strict=True) if item.status != "present"]
        return changed, (report, approval.check(store, unique, fresh, refused))

    if approval.asks:
        with working(f"reading {store}", quiet=output.quiet):
            _, (report, _) = stores.update_store(store, secret, change, create=target, dry_run=True, readers=readers)
        fresh = [item.certificate.certificate for item in report.items if item.status != "present"]
        approval.ask(fresh, store, now)
    with working(f"writing {store}", quiet=output.quiet):
        current, (report, remarks) = stores.update_store(
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
    output.warn(at(store, remarks))
    fresh_items = [item for item in report.items if item.status != "present"]
    found = [f for i in fresh_items for f in of_certificate(i.certificate.certificate, store, i.alias, now)]
    output.warn(found, each=verbose)
    output.warn(item for item in of_store(current, store) if item not in known)
    output.warn_of_place(store)
    proofs = () if dry_run else prove(current, unique)
    pieces = [*text.imported(report, dry_run=dry_run), *text.proof(store, proofs, each=verbose)]
    more = {"read_back": proofs, "left_out": left_out, "warnings": output.messages()}
    output.report("import", report, pieces, store=store, dry_run=dry_run, **more)


def _format_of(store: str, wanted: str | None) -> str | None:
    """The format in which a missing store begins; None for one that is there, unless a format is `wanted`."""
    from truststore_tool import stores

    return stores.new_format(store, wanted) if wanted or not Path(store).exists() else None
