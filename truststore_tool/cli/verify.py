"""``verify``: whether a store trusts what it should."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from truststore_tool.cli import completing
from truststore_tool.cli.boundary import FINDING
from truststore_tool.cli.gathering import Selection, gather
from truststore_tool.cli.opening import open_for_reading
from truststore_tool.cli.options import Expect, FormatName, Reporting, SkipUnreadable
from truststore_tool.cli.secrets import PasswordFor, Passwords, SourcePassword, StorePassword
from truststore_tool.errors import UsageError
from truststore_tool.findings import Place, finding
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.model import Certificate
from truststore_tool.operations.checking import of_store
from truststore_tool.operations.expecting import verify
from truststore_tool.render import text


def verify_command(
    store: Annotated[str, typer.Argument(help="The store to check.")],
    *,
    expect: Expect = None,
    against: Annotated[
        list[str] | None,
        typer.Option(
            "--against",
            metavar="SOURCE",
            help="Expect the certificates of this file or store.",
            autocompletion=completing.sources,
        ),
    ] = None,
    exact: Annotated[bool, typer.Option("--exact", help="A trusted certificate beyond them is a finding.")] = False,
    require_integrity: Annotated[
        bool, typer.Option("--require-integrity", help="A store whose digest or MAC was not verified is a finding too.")
    ] = False,
    skip_unreadable: SkipUnreadable = False,
    store_format: FormatName = None,
    store_password: StorePassword,
    source_password: SourcePassword,
    password_for: PasswordFor = None,
    output: Reporting,
) -> None:
    """Say which expected certificates a store trusts, which are missing, and which it trusts beyond them.

    Exit code 0 when none is missing (and, with --exact, none is extra), else 1.

    Examples:

      truststore-tool verify clientkeystore --expect d40ddb29e3750dffa671c3140bbf5f478d1c8096

      truststore-tool verify clientkeystore --against global-bundle.pem
    """
    if not expect and not against:
        raise UsageError("nothing to verify against", hint="give --expect FINGERPRINT or --against FILE")
    expected: list[Fingerprint | Certificate] = [Fingerprint.parse(item) for item in expect or ()]
    against = against or []
    names = [store, *against]
    passwords = Passwords.of(password_for, names, store_password.read(output), source_password.read(output))
    collected = gather(against, passwords, output, Selection(skip_unreadable=skip_unreadable))
    expected += [candidate.certificate for candidate in collected.candidates]
    opened = open_for_reading(store, passwords.of_store(store), store_format)
    report = verify(opened, expected)
    output.warn(of_store(opened, store))
    output.warn_of_place(store)
    unproven = require_integrity and opened.integrity != "verified"
    if unproven:
        said = f"integrity is {opened.integrity}, and --require-integrity was given"
        output.warn([finding("integrity-unchecked", Place(store), said, level="error")])
    output.report(
        "verify",
        report,
        text.verified(report, datetime.now(UTC), whole=bool(expect)),
        store=store,
        integrity=opened.integrity,
        unread=opened.not_understood(),
        left_out=collected.left_out,
    )
    # What was not read, or not understood, can hold trust: then nobody can say that nothing else is trusted.
    unknown = (exact or require_integrity) and bool(opened.not_understood())
    if report.missing or unproven or unknown or (exact and report.extra):
        raise typer.Exit(FINDING)
