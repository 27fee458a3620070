"""Options that several commands share, and what they mean."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer

from truststore_tool.cli import completing
from truststore_tool.cli.output import Output
from truststore_tool.cli.several import Several
from truststore_tool.findings import MEND, MEND_AS_COMPAT, MEND_AS_PASSWORDLESS

if TYPE_CHECKING:
    from datetime import timedelta

# The words of the command line for what mends a store.
MENDING: Final = {
    MEND: "doctor --fix",
    MEND_AS_COMPAT: "doctor --fix --profile compat",
    MEND_AS_PASSWORDLESS: "doctor --fix --profile passwordless",
}


def seconds(value: float) -> float:
    """A number of seconds as given; "nan" is within every bound. Raises a usage error for that."""
    if value != value:
        raise typer.BadParameter("not a number of seconds")
    return value


JsonFlag = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print no report and no warnings; errors remain.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Trust the certificates without being asked.")]
Backup = Annotated[bool, typer.Option("--backup", help="Keep the present file beside the new one.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done; write nothing.")]
Expect = Annotated[
    list[str] | None,
    typer.Option(
        "--expect",
        metavar="FINGERPRINT",
        help="SHA-1 or SHA-256 fingerprint, in any spelling; may be given again.",
    ),
]
SkipUnreadable = Annotated[
    bool, typer.Option("--skip-unreadable", help="Leave out, name and count what cannot be read, instead of stopping.")
]
SkipUnusable = Annotated[
    bool,
    typer.Option("--skip-unusable", help="Leave out, name and count certificates that keep a reader from the store."),
]


def _asked(names: list[str] | None) -> Sequence[object] | None:
    """The readers (`readers.base.Asked`) that --for names: typer looks at the types, which are not loaded for it."""
    if not names or not any(name.startswith("jdk:") for name in names):
        return names or None
    from truststore_tool.cli import jdks

    return jdks.asked(names)


For = Annotated[
    list[str] | None,
    typer.Option(
        "--for",
        metavar="READER",
        callback=_asked,
        autocompletion=completing.readers,
        help="Program that must be able to use the store, such as java8u252, java17, jdk:/path/to/a/jdk; may be given"
        " again (default: every usual one).",
    ),
]
Profile = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="PROFILE",
        autocompletion=completing.profiles,
        help="How a PKCS#12 is protected: compat (for Java from 8u252 on), modern, or passwordless (as cacerts is).",
    ),
]
FormatName = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="Format of the store, instead of what its bytes say.",
        autocompletion=completing.formats,
    ),
]
Reporting = Annotated[Output, Several({"json": (JsonFlag, False), "quiet": (Quiet, False)}, Output)]


def days(text: str | None) -> "timedelta | None":
    """A number of days: ``30`` or ``30d``. Raises UsageError for anything else."""
    if text is None:
        return None
    import re
    from datetime import timedelta

    match = re.fullmatch(r"(\d{1,5})d?", text)
    if match is None:
        from truststore_tool.errors import UsageError

        raise UsageError(f"not a number of days: {text!r}", hint="write it as 30d")
    return timedelta(days=int(match[1]))


def levels_and_rules(names: list[str] | None) -> list[str] | None:
    """What --fail-on names, each a level or a rule. Raises UsageError for anything else."""
    from truststore_tool.findings import LEVELS, RULES

    for name in names or ():
        if name not in RULES and name not in LEVELS:
            from difflib import get_close_matches

            from truststore_tool.errors import UsageError

            near = get_close_matches(name, [*LEVELS, *RULES], n=1)
            raise UsageError(
                f"--fail-on: there is no level and no rule {name}",
                hint=f"did you mean {near[0]}?" if near else "it is error, warning, or a rule of docs/findings.md",
            )
    return names
