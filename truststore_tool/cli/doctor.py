"""``doctor``: what readers make of stores, and what is not well with them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from truststore_tool.cli import completing, fixing
from truststore_tool.cli.approval import Approval
from truststore_tool.cli.boundary import FINDING
from truststore_tool.cli.fixing import Outcome, Treatment
from truststore_tool.cli.opening import place_of, reveal, standard_input
from truststore_tool.cli.options import (
    MENDING,
    Backup,
    DryRun,
    Expect,
    For,
    Profile,
    Reporting,
    Yes,
    days,
    levels_and_rules,
)
from truststore_tool.cli.overwriting import Overwriting
from truststore_tool.cli.secrets import PasswordFor, Passwords, StorePassword
from truststore_tool.errors import PasswordRequiredError, TrustStoreError, UnreadableError, UsageError
from truststore_tool.findings import Finding, counting, open_to_all, worded
from truststore_tool.formats.base import Content
from truststore_tool.model import TrustStore
from truststore_tool.nouns import replace
from truststore_tool.passwords import Password
from truststore_tool.readers import examining
from truststore_tool.readers.base import Asked
from truststore_tool.readers.examining import Examined, Subject
from truststore_tool.readers.mending import Treated
from truststore_tool.render import doctor_text

_MISSING = 3


def doctor_command(
    stores: Annotated[list[str], typer.Argument(metavar="STORE...", help="Stores; - is standard input.")],
    *,
    readers: For = None,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-on",
            metavar="warning|RULE",
            callback=levels_and_rules,
            autocompletion=completing.rules,
            help="What is exit code 1 beside errors: every warning, or what goes by a rule, such as expired or"
            " key-in-truststore; may be given again.",
        ),
    ] = None,
    expires_within: Annotated[
        str | None, typer.Option("--expires-within", metavar="DAYS", help="Say what expires so soon: 30d.")
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Mend what can be mended.")] = False,
    profile: Profile = None,
    expect: Expect = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    backup: Backup = False,
    overwriting: Overwriting,
    measure: Annotated[
        bool, typer.Option("--measure", help="Also ask the programs of this machine, and compare.")
    ] = False,
    store_password: StorePassword,
    password_for: PasswordFor = None,
    output: Reporting,
) -> None:
    """Say what programs make of a store: who opens it, what they trust then, and what is not well with it.

    Nothing is run for that: the tool knows the rules of Java's releases, OpenSSL and others, and says how it knows
    them. --for all asks every reader. Exit code 0 when all is well, 1 for an error (or, if asked, a warning).

    --fix changes what a store is: the attribute that makes certificates trusted entries, algorithms (the least change
    with which the readers open it, or --profile), aliases that Java takes for the same, certificates that are there
    twice. No reader may lose a trust anchor by it, and what would become one must match an --expect, or be confirmed
    at the terminal, or --yes says that none of this is needed. The exit code is that of what remains.

    --measure also runs the keytool of JAVA_HOME, of PATH and of each --for jdk:PATH, and the openssl, Python and Node
    that are on PATH, and shows beside each prediction what they made of the store.

    Examples:

      truststore-tool doctor clientkeystore.p12

      truststore-tool doctor cacerts --for java8u252 --for java17 --default-password

      truststore-tool doctor truststore.p12 --fix --dry-run
    """
    within = days(expires_within)
    passwords = Passwords.of(password_for, stores, store_password.read(output))
    now = datetime.now(UTC)
    examined: Sequence[Examined | Treated]
    if fix and measure:
        raise UsageError("--fix and --measure exclude each other", hint="mend the store first, then measure it")
    if fix:
        treatment = Treatment(
            Approval.of(expect, yes=yes, dry_run=dry_run), readers, profile, dry_run, backup, overwriting.manner(output)
        )
        outcomes = fixing.fix(stores, passwords, treatment, output)
        examined = treated = [
            _treated(path, outcomes.get(path), passwords.of_store(path), readers, now, within) for path in stores
        ]
        output.report("doctor", None, doctor_text.treated(treated, dry_run=dry_run), stores=treated, dry_run=dry_run)
    else:
        if profile or expect or yes or dry_run or backup or overwriting.in_place or overwriting.journal:
            raise UsageError(
                "--profile, --expect, --yes, --dry-run, --backup and --in-place say how a store is mended",
                hint="add --fix",
            )
        examined = inspected = [
            _examined(path, passwords.of_store(path), readers, now, within, measure=measure) for path in stores
        ]
        output.report("doctor", None, doctor_text.examined(inspected), stores=inspected)
    if any(each.format is None and _is_missing(each.findings) for each in examined):
        raise typer.Exit(_MISSING)
    failing = counting(("error", *(fail_on or ())))
    if any(failing & {item.level, item.rule} for each in examined for item in each.findings):
        raise typer.Exit(FINDING)


def _treated(
    path: str,
    outcome: Outcome | None,
    password: Password | None,
    asked: Sequence[Asked] | None,
    now: datetime,
    within: timedelta | None,
) -> Treated:
    """What is to be said of a store behind its treatment, which may have had none."""
    done = outcome or Outcome(password, None)
    found = _examined(path, done.password, asked, now, within, done.content)
    return Treated(found.path, found.format, found.readers, found.findings, done.fixed)


def _is_missing(findings: Sequence[Finding]) -> bool:
    return any(item.rule == "missing-file-falls-back" for item in findings)


def _examined(
    path: str,
    password: Password | None,
    asked: Sequence[Asked] | None,
    now: datetime,
    within: timedelta | None,
    content: Content | None = None,
    *,
    measure: bool = False,
) -> Examined:
    """What is to be said of the store at `path`, or of `content`, if it is given, in its place."""
    from truststore_tool import stores

    if content is not None:
        pass
    elif path == "-":
        content = standard_input()
    else:
        try:
            content = stores.content_of(place_of(path))
        except UnreadableError as exc:
            if isinstance(exc.__cause__, FileNotFoundError):
                return examining.missing(path)
            raise
    store = _opened(path, content, password) if content else None
    subject = Subject(path, content, store, reveal(password))
    found = examining.examine(subject, asked, now, within=within)
    said = (*found.findings, *_of_place(path))
    found = replace(found, findings=tuple(worded(item, MENDING) for item in said))
    return _measured(found, subject, asked or ()) if measure and found.format else found


def _measured(examined: Examined, subject: Subject, asked: Sequence[Asked]) -> Examined:
    """With what the programs of this machine make of it; where that is not as predicted is the first to be said."""
    from truststore_tool.cli import measuring
    from truststore_tool.readers import measured

    found, lost = measuring.measure(subject, examined.format or "", asked)
    findings = (*measured.findings(subject.path, found), *examined.findings)
    return replace(examined, findings=findings, measured=found, unmeasured=lost)


def _opened(path: str, content: Content, password: Password | None) -> TrustStore | None:
    """What we read of a store; None of one whose MAC nobody can check, or that shows nothing without its password.

    Raises as `stores.open_store` does.
    """
    from truststore_tool import formats
    from truststore_tool.readers import protection

    if isinstance(content, bytes) and protection.is_unprovable(content):
        return None
    try:
        store = formats.read(content, reveal(password))
        formats.require_certificates(store, content)
    except PasswordRequiredError:
        return None
    except TrustStoreError as exc:
        raise exc.at(path) from exc
    return store


def _of_place(path: str) -> list[Finding]:
    """What the examination of the bytes cannot know: who may replace the file."""
    from truststore_tool.strangers import may_replace

    return [open_to_all(path)] if path != "-" and may_replace(Path(path)) else []
