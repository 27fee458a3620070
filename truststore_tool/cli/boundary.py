"""The one place where errors become messages and exit codes."""

import os
import re
import sys
from collections.abc import Sequence
from functools import partial
from typing import Final

import typer

from truststore_tool import errors, extras
from truststore_tool.errors import (
    FindingError,
    IntegrityError,
    TrustStoreError,
    UnreadableError,
    UsageError,
    WriteError,
)
from truststore_tool.safe import printable

FINDING: Final = 1
USAGE: Final = 2
BUG: Final = 70
INTERRUPTED: Final = 130
_REMEDIES: Final = {
    errors.LEAVE_KEYS: "leave keys behind with --certificates-only",
    errors.OTHER_KEY: "give the key's own password with --key-password-env, -file or -fd,"
    " or leave keys behind with --certificates-only",
    errors.REMOVE_KEYS: "add --keys to remove keys as well",
    errors.OTHER_ALIAS: "choose another alias with --alias",
    errors.TAKE_CHAINS: "take the chains of keys with --include-chains, or get one of them by export --alias",
    errors.SKIP_UNREADABLE: "leave out what is unreadable with --skip-unreadable",
    errors.SKIP_UNUSABLE: "leave such certificates out with --skip-unusable, or say for whom it is with --for",
    errors.OTHER_READERS: "say for whom it is with --for",
    errors.PROTECT_ANEW: "protect it in another way all the same with passwd --profile",
    errors.EXPECT_FILE: "compare with the certificates of a file by verify --against",
    errors.FROM_A_FILE: "name a file with --password-file",
    errors.KEY_PASSWORD: "give --key-password-env or --key-password-file",
    errors.MORE_TIME: "give --timeout SECONDS",
    errors.IN_PLACE: "have it overwritten where it is with --in-place",
    errors.JOURNAL: "name a directory that only you can write with --journal",
    errors.MORE_PATIENCE: "wait longer with --lock-timeout",
    errors.ASK_FIRST: "PostgreSQL before 17 has to be asked for TLS first: run it without --direct or --tls",
    errors.AS_NPGSQL: "have it explained with --client npgsql",
    errors.TLS_AT_ONCE: "for a server that begins with TLS at once, give --direct or --tls",
}
# What may be empty: an alias, and the settings of a client, whose defaults then count.
_MAY_BE_EMPTY: Final = {"--alias"}
_MAY_BE_EMPTY_BEHIND: Final = {("postgres", "explain"), ("postgres", "sessions")}

EXIT_CODES: Final[dict[type[TrustStoreError], int]] = {
    FindingError: FINDING,
    UsageError: USAGE,
    UnreadableError: 3,
    IntegrityError: 4,
    WriteError: 5,
}

# A URL that nobody knows, but for the JDK that is named as a reader.
_WITH_PASSWORD: Final = re.compile(r"(?<!^jdk):/|:[^@]*@|(?:pass|pwd)\w*[\"']?\s*(?:[=:]|%3d|\s)", re.IGNORECASE)

_ADDRESS: Final = re.compile(r"(?:https?|ftps?|s3|gs|file):/", re.IGNORECASE)

# Typer carries its own copy of click in some releases and imports it in others; both end in this class.
_ClickError: Final = typer.BadParameter.__mro__[2]


class ReportedError(FindingError):
    """A finding behind a report that has been printed, and says it, too: under --json no other is printed."""


class StoppedError(TrustStoreError):
    """Interrupted; what was done so far is behind a report that has been printed (exit code 130)."""


EXIT_CODES[StoppedError] = INTERRUPTED


def exit_code(error: TrustStoreError) -> int:
    """The documented exit code of an expected error."""
    return next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), BUG)


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns the exit code and never raises.

    Expected errors are one line and a hint on standard error; a bug names itself and how to report it.
    """
    from truststore_tool.cli.app import build
    from truststore_tool.cli.meant import understood

    say = partial(_say, arguments)
    if os.environ.get("COLUMNS") == "0":  # said by terminals that do not know; help would have no room
        del os.environ["COLUMNS"]
    try:
        _refuse_empty(arguments)
        words = understood(arguments)
        result = typer.main.get_command(build(words)).main(
            args=words, prog_name="truststore-tool", standalone_mode=False
        )
        sys.stdout.flush()
        if result == INTERRUPTED:  # Typer makes an exit code of it, without a word
            raise KeyboardInterrupt
        return result if isinstance(result, int) else 0
    except TrustStoreError as error:
        return say(
            exit_code(error), error.message, way_out(error), reported=isinstance(error, ReportedError | StoppedError)
        )
    except (KeyboardInterrupt, typer.Abort):
        if sys.stderr.isatty():
            typer.echo("", err=True)  # behind the terminal's own ^C, or what stands at the prompt
        return say(INTERRUPTED, "interrupted")
    except (BrokenPipeError, SystemExit) as stop:
        # The reader of our output went away (`| head`), which Typer turns into SystemExit: no finding, no error.
        if isinstance(stop, SystemExit) and not isinstance(stop.__context__, BrokenPipeError):
            return stop.code if isinstance(stop.code, int) else BUG
        _drop_output()
        return 0
    except Exception as error:
        if isinstance(error, OSError) and error.filename is None:
            # Files are read and written behind errors of ours: what is left is standard output, full or broken.
            said = f"could not write the output: {error.strerror}"
            return _say([], EXIT_CODES[WriteError], said, "make room where it goes, and run again")
        if isinstance(error, _ClickError):
            context = getattr(error, "ctx", None)
            command = context.command_path if context else "truststore-tool"
            message = str(getattr(error, "format_message", error.__str__)())
            if arguments[:1] == ["postgres"]:  # the rest of a connection string that was not quoted
                message = re.sub(
                    r"(?s)(unexpected extra argument\S*) .*", r"\1: is a connection string not in quotes?", message
                )
            if not message:  # it is the help, for want of a command, and printed
                return USAGE
            return say(USAGE, message, f"see: {command} --help")
        if isinstance(error, ModuleNotFoundError) and extras.is_part(str(error.name)):
            package = str(error.name).partition(".")[0]
            return say(USAGE, f"this needs {package}, which is not installed", extras.how_to_install(package))
        if os.environ.get("TRUSTSTORE_TOOL_DEBUG"):
            raise
        return say(
            BUG,
            f"unexpected {type(error).__name__}; this is a bug",
            "run again with TRUSTSTORE_TOOL_DEBUG=1 and report what it prints",
        )


def way_out(error: TrustStoreError) -> str | None:
    """The hint of an error, with its remedy in the words of the command line."""
    remedy = _REMEDIES[error.remedy] if error.remedy else None
    return f"{error.hint}, or {remedy}" if error.hint and remedy else error.hint or remedy


def _refuse_empty(arguments: Sequence[str]) -> None:
    """Refuse an argument that an unset variable left empty: as a path it would be the current directory."""
    for number, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if argument and not (argument.startswith("--") and equals and not value):
            continue
        option = name or arguments[number - 1]
        if option in _MAY_BE_EMPTY or tuple(arguments[:number]) in _MAY_BE_EMPTY_BEHIND:
            continue
        if arguments[0] == "rename" and number > 1:  # an alias may be empty
            continue
        raise UsageError("an argument is empty", hint="is it an unset variable of the shell? check the command line")


def _say(arguments: Sequence[str], code: int, message: str, hint: str | None = None, *, reported: bool = False) -> int:
    """Say an error on standard error, and as a report where these are JSON and none was printed. Returns its code."""
    said = {
        label: text and _without_passwords(" ".join(text.split("\n")), arguments)
        for label, text in (("error", message), ("hint", hint))
    }
    for label, text in said.items():
        if text:
            typer.echo(f"{label}: {printable(text)}", err=True)
    if "--json" in arguments and not reported:
        from truststore_tool.render.as_json import to_json

        try:
            typer.echo(to_json("error", None, code=code, message=said["error"], hint=said["hint"]).encode())
            sys.stdout.flush()
        except OSError:  # nobody reads it, or it has no room: the error was said, and its code counts
            _drop_output()
    return code


def _drop_output() -> None:
    """Let what is left in the buffer of standard output go nowhere, or Python would complain about it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)


def _without_passwords(text: str, arguments: Sequence[str]) -> str:
    """`text` without the arguments that may hold a password, wherever they were given: as a path they are repeated."""
    for argument in arguments:
        for word in (argument, argument.partition("=")[2] if argument.startswith("--") else ""):
            if _WITH_PASSWORD.search(word):
                for form in (word, repr(word)[1:-1], os.path.normpath(word)):
                    text = text.replace(form, "(an address)" if _ADDRESS.match(word) else "(a connection string)")
    return text
