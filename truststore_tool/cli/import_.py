"""``import``: certificates of any source into a store."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from truststore_tool.cli import completing
from truststore_tool.cli.approval import Approval
from truststore_tool.cli.gathering import Collected, Selecting, gather, usable
from truststore_tool.cli.opening import reveal, writing_password
from truststore_tool.cli.options import Backup, DryRun, Expect, For, Profile, Reporting, Yes
from truststore_tool.cli.output import Output
from truststore_tool.cli.overwriting import Overwriting
from truststore_tool.cli.progress import working
from truststore_tool.cli.secrets import PasswordFor, Passwords, SourcePassword, StorePassword
from truststore_tool.cli.writing import made_from, tell_of_older_javas
from truststore_tool.findings import Finding
from truststore_tool.model import Certificate, Remark, TrustStore
from truststore_tool.nouns import noun
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
        typer.Argument(
            help="Files of any format, directories, other stores, - (standard input), certifi, system.",
            autocompletion=completing.sources,
        ),
    ],
    *,
    alias: Annotated[
        str | None, typer.Option("--alias", metavar="ALIAS", help="Alias of the certificate (default: rds-root).")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Let the certificate take the alias of another one.")
    ] = False,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="FORMAT",
            help="Format of a new store (default: by suffix, else jks).",
            autocompletion=completing.new_formats,
        ),
    ] = None,
    selection: Selecting,
    expect: Expect = None,
    yes: Yes = False,
    readers: For = None,
    profile: Profile = None,
    dry_run: DryRun = False,
    backup: Backup = False,
    overwriting: Overwriting,
    store_password: StorePassword,
    source_password: SourcePassword,
    password_for: PasswordFor = None,
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
    from truststore_tool import stores

    approval = Approval.of(expect, yes=yes, dry_run=dry_run)
    approval.require_somebody()
    place = stores.present(store, missing=True, manner=overwriting.manner(output), dry_run=dry_run)
    create = stores.new_format(store, to) if to or place.content is None else None
    names = [store, *sources]
    passwords = Passwords.of(password_for, names, store_password.read(output), source_password.read(output))
    collected = gather(sources, passwords, output, selection)
    if selection.skip_unusable:
        collected = usable(collected, create or place.format, readers, output)
    secret = reveal(writing_password(place, passwords.of_store(store), create, profile))
    importing = _Importing(store, collected, approval, datetime.now(UTC).replace(microsecond=0), alias, replace)
    with working(f"writing {store}", quiet=output.quiet or approval.asks):
        current, done = stores.update_store(
            place,
            secret,
            importing.change,
            create=create,
            backup=backup,
            dry_run=dry_run,
            sources=made_from(sources),
            readers=readers,
            profile=profile,
            agree=importing.ask if approval.asks else None,
        )
    if place.content is None:
        tell_of_older_javas(output, store, current, secret, dry_run=dry_run)
    importing.warn(done, current, output, each=verbose)
    proofs = () if dry_run else prove(current, importing.unique)
    pieces = [*text.imported(done.report, dry_run=dry_run), *text.proof(store, proofs, each=verbose)]
    more = {"read_back": proofs, "left_out": collected.left_out, "warnings": output.messages()}
    output.report("import", done.report, pieces, store=store, dry_run=dry_run, **more)


@noun
class _Done:
    """What became of the certificates, what is to be said of them, and what was found in the store before."""

    report: ImportReport
    remarks: tuple[Remark, ...]
    known: frozenset[Finding]


@noun
class _Importing:
    """What is to be added to a store, and how."""

    store: str
    collected: Collected
    approval: Approval
    now: datetime
    alias: str | None
    replace: bool

    @property
    def unique(self) -> list[Certificate]:
        """The certificates, each once."""
        return list(distinct(self.collected.candidates))

    def change(self, present: TrustStore) -> tuple[TrustStore, _Done]:
        """The store with them. Raises as `import_certificates` and `Approval.check` do."""
        from truststore_tool import formats

        aliased = formats.get(present.format).has_aliases
        candidates = self.collected.candidates
        changed, report = import_certificates(
            present, candidates, created=self.now, alias=self.alias, replace=self.replace, aliased=aliased
        )
        refused = [item.certificate for item in self.collected.distrusted]
        remarks = self.approval.check(self.store, self.unique, _certificates(report), refused)
        known = frozenset(item for item in of_store(present, self.store) if item.rule != "not-understood")
        return changed, _Done(report, remarks, known)

    def ask(self, done: _Done) -> None:
        """Have a person look at what would become trusted."""
        self.approval.ask(_certificates(done.report), self.store, self.now)

    def warn(self, done: _Done, current: TrustStore, output: Output, *, each: bool) -> None:
        """Say what is to be said of the new certificates, and of the store as it is now but was not before."""
        output.warn(at(self.store, done.remarks))
        found: list[Finding] = []
        for item in done.report.fresh:
            found += of_certificate(item.certificate.certificate, self.store, item.alias, self.now)
        output.warn(found, each=each)
        output.warn(item for item in of_store(current, self.store) if item not in done.known)
        output.warn_of_place(self.store)


def _certificates(report: ImportReport) -> list[Certificate]:
    """Those that the store did not trust before."""
    return [item.certificate.certificate for item in report.fresh]
