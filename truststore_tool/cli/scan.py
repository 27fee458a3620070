"""``scan``: every trust store that there is, which of them lack a root, and who reads them."""

import gc
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from truststore_tool import files, meant
from truststore_tool.cli import completing
from truststore_tool.cli.boundary import FINDING, StoppedError
from truststore_tool.cli.options import MENDING, Reporting, days, levels_and_rules
from truststore_tool.cli.output import Output
from truststore_tool.cli.progress import Tally
from truststore_tool.cli.reports import Reports, printed, require_places, wanted
from truststore_tool.cli.secrets import Passwords
from truststore_tool.errors import FindingError, FormatError, IntegrityError, UsageError
from truststore_tool.findings import counting
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.inventory.assembling import Asked
from truststore_tool.inventory.bounds import Bounds
from truststore_tool.inventory.cache import Cache
from truststore_tool.inventory.crew import processors
from truststore_tool.inventory.issues import UNCLEARED, issues, worded
from truststore_tool.inventory.issues import baseline as issues_of
from truststore_tool.inventory.nouns import Candidates, Inventory, Known, Need
from truststore_tool.inventory.scan import Tour, roots_of, scan
from truststore_tool.inventory.tasks import Orders
from truststore_tool.nouns import replace

# Each store that was looked at leaves cycles behind, of more memory than the search for them, here ten times as often
# as in other commands, takes time.
_GARBAGE_THRESHOLD = 20_000
_UNREADABLE = 3
_TERMINATED = 128 + signal.SIGTERM
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


def scan_command(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Folders, files, archives, images.")],
    output: Reporting,
    need: Annotated[
        list[str] | None,
        typer.Option(
            "--need",
            metavar="FINGERPRINT|FILE",
            help="What every store should trust: a fingerprint, or the certificates of a file; may be given again.",
        ),
    ] = None,
    expires_within: Annotated[
        str | None, typer.Option("--expires-within", metavar="DAYS", help="Say what expires so soon: 30d.")
    ] = None,
    report: Annotated[
        list[str] | None,
        typer.Option(
            "--report",
            metavar="KIND[=FILE]",
            help="text, json, csv, sarif, junit or html; may be given again.",
            autocompletion=completing.kinds,
        ),
    ] = None,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-on",
            metavar="LEVEL|RULE",
            callback=levels_and_rules,
            autocompletion=completing.rules,
            help="What is exit code 1: findings from a level upwards (error, warning, note), or those of a rule, as"
            " expired; may be given again (default: none is).",
        ),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(
            "--baseline", metavar="FILE", help="An earlier report in JSON: what it holds is known, and passes."
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", metavar="GLOB", help="Leave out what is called so, or lies there; may be repeated."),
    ] = None,
    all_file_systems: Annotated[
        bool, typer.Option("--all-file-systems", help="Enter other file systems that are mounted below a PATH.")
    ] = False,
    all_layers: Annotated[
        bool, typer.Option("--all-layers", help="Of images also what a layer above takes away.")
    ] = False,
    passwords_from: Annotated[
        Path | None,
        typer.Option(
            "--passwords-from", metavar="FILE", help="Passwords to try on stores that are locked, one a line."
        ),
    ] = None,
    no_default_passwords: Annotated[
        bool, typer.Option("--no-default-passwords", help="Do not try changeit, changeme and the empty password.")
    ] = False,
    max_store: Annotated[
        str, typer.Option("--max-store", metavar="SIZE", help="Read no store that is larger than so: 64m.")
    ] = "64m",
    max_unpacked: Annotated[
        str, typer.Option("--max-unpacked", metavar="SIZE", help="Unpack no more of a file than so: 16g.")
    ] = "16g",
    max_members: Annotated[
        int, typer.Option("--max-members", min=1, help="Look at no more members of a file's archives than so.")
    ] = 1_000_000,
    max_nesting: Annotated[
        int, typer.Option("--max-nesting", min=1, help="Look into no more archives inside each other than so.")
    ] = 8,
    jobs: Annotated[
        int | None, typer.Option("--jobs", min=1, help="Processes that look at files (default: one a processor).")
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option("--cache", metavar="FILE", help="Read only what has changed since the scan that wrote FILE."),
    ] = None,
) -> None:
    """Find every trust store: by content, in folders, archives and images, whatever it is called and how deep.

    Says of each what it is, what it trusts, what of --need it lacks, who reads it and because of what, and what is not
    well with it. Stores that are locked are tried with usual passwords and those of --passwords-from. Nothing is
    unpacked to disk, and no link is followed.

    Exit code 0; 1 when something of --need is missing, and with --need also when a store is locked or something was
    not looked at; 1 for what --fail-on names, unless
    --baseline knows them; 3 when a PATH cannot be read.

    Examples:

      truststore-tool scan . --need new-root.pem

      truststore-tool scan . --expires-within 90d --report json=scan.json
    """
    reports = wanted(report, json=output.json)
    if cache is not None:
        require_places([*(each.path for each in reports if each.path is not None), str(cache)])
    known = None if baseline is None else _known(baseline)
    now = datetime.now(UTC)
    needs = tuple(dict.fromkeys(each for text in need or () for each in _needs(text, output)))
    asked = Asked(needs, now, days(expires_within))
    bounds = Bounds(store=_size(max_store), unpacked=_size(max_unpacked), members=max_members, nesting=max_nesting)
    candidates = Candidates(_passwords(passwords_from, output), not no_default_passwords)
    tour = Tour(roots_of(paths), tuple(exclude or ()), all_file_systems)
    orders = Orders(bounds, candidates, now, all_layers)
    known_files = _cache(cache, orders, output) if cache is not None else None
    gc.set_threshold(_GARBAGE_THRESHOLD)
    with Tally(quiet=output.quiet) as progress, _stopped_by_sigterm() as stopped:
        found = scan(tour, orders, asked, jobs=jobs or processors(), progress=progress, cache=known_files)
    if cache is not None and known_files is not None and known_files.is_new:
        with files.locked(cache):
            files.replace(cache, known_files.dump(), mode=0o600)
    found = worded(replace(found, fail_on=counting(fail_on or ()), baseline=known), MENDING)
    _report(found, reports, output)
    if stopped:
        output.talk("error: terminated: this is not all that there is")
        raise typer.Exit(_TERMINATED)
    _leave(found)


@contextmanager
def _stopped_by_sigterm() -> Iterator[list[int]]:
    """Let SIGTERM stop a scan as Ctrl-C does, so that what was found is told; it is in the list then."""
    stopped: list[int] = []

    def stop(number: int, _: object) -> None:
        stopped.append(number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGTERM, before)


def _cache(path: Path, orders: Orders, output: Output) -> Cache:
    """What an earlier scan left at `path`, if anything. Raises UsageError for a file of another kind.

    One that others may have written is not believed, and one that is not used is told of.
    """
    from truststore_tool.strangers import may_have_written

    made = Cache(orders)
    if path.exists():
        try:
            why = made.load(files.read(path))
        except UsageError as exc:
            raise exc.at(path) from exc
        if may_have_written(path):
            made, why = Cache(orders), "others may write it (chmod 600, in a directory of your own)"
        if why:
            output.talk(f"{path}: not used as a cache: {why}")
    return made


def _report(found: Inventory, reports: Reports, output: Output) -> None:
    for path, why in ((item.path, item.why) for item in found.skipped if item.path in found.unreadable):
        output.talk(f"error: {path}: {why}")
    printed(found, reports, output)


def _leave(found: Inventory) -> None:
    """End with the exit code that the inventory asks for."""
    if not found.complete:
        raise StoppedError("interrupted: this is not all that there is")
    if found.unreadable:
        raise typer.Exit(_UNREADABLE)
    new = [item.finding for item in issues(found) if not item.known]
    if found.needs and any(item.rule in UNCLEARED for item in new):
        raise typer.Exit(FINDING)
    if any(found.fail_on & {item.level, item.rule} for item in new):
        raise typer.Exit(FINDING)


def _known(path: Path) -> frozenset[Known]:
    """What an earlier report holds. Raises UnreadableError, also for what is none."""
    try:
        return issues_of(files.read(path).decode("utf-8", "surrogateescape"))
    except FormatError as exc:
        raise FormatError(f"{path}: {exc.message}", hint="scan PATH... --report json=FILE writes one") from exc


def _needs(text: str, output: Output) -> Sequence[Need]:
    """What one --need asks for. Raises UsageError for what is neither a fingerprint nor a file, else as `gather`."""
    from truststore_tool.cli.gathering import gather
    from truststore_tool.operations.describe import subject_text

    try:
        fingerprint = Fingerprint.parse(text)
        return [Need(fingerprint, str(fingerprint))]
    except UsageError as exc:
        if text != "-" and not Path(text).exists():
            raise UsageError(f"{text}: neither a fingerprint nor a file", hint=exc.hint) from exc
    try:
        collected = gather([text], Passwords(None, None, {}), output)
    except IntegrityError as exc:
        raise UsageError(exc.message, hint="give its certificates in PEM: truststore-tool export writes them") from exc
    except FindingError as exc:  # which is no finding of the scan
        raise UsageError(exc.message, hint=exc.hint) from exc
    certificates = [candidate.certificate for candidate in collected.candidates]
    return [Need(each.sha256, subject_text(each) or str(each.sha256)) for each in certificates]


def _passwords(path: Path | None, output: Output) -> tuple[str, ...]:
    """The lines of a file. Raises UnreadableError, and UsageError when it is not UTF-8, or holds something else."""
    if path is None:
        return ()
    output.warn_of_secret(path)
    data = files.read(path)
    if found := meant.no_password(data.partition(b"\n")[0]):
        raise UsageError(f"{path}: holds no passwords: this is {found.what}", hint=found.hint)
    try:
        lines = data.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        lines = None
    if lines is None:  # said out here, as the exception above holds the bytes
        raise UsageError(f"{path}: is not in UTF-8", hint="write one password a line")
    return tuple(dict.fromkeys(filter(None, (line.removesuffix("\r") for line in lines))))


def _size(text: str) -> int:
    """A number of octets: ``1000``, ``64m``, ``2g``. Raises UsageError for anything else."""
    digits = text.rstrip("kKmMgG")
    unit = text[len(digits) :].lower()
    if not (digits.isascii() and digits.isdigit() and unit in _UNITS and 0 < int(digits) < 1 << 40):
        raise UsageError(f"not a size: {text!r}", hint="write it as 64m")
    return int(digits) * _UNITS[unit]
