"""The typer application, built around the command that is asked for.

A run needs one command; importing the other ten with all they use would double the time to the first byte.
"""

import os
from collections.abc import Callable, Sequence
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from truststore_tool.cli.several import spread

# Verb: the module of this folder whose function `<verb>_command` it is. In the order in which help shows them.
COMMANDS: Final = {
    "import": "import_",
    "list": "list_",
    "fingerprint": "fingerprint",
    "verify": "verify",
    "convert": "convert",
    "bundle": "bundle",
    "diff": "diff",
    "doctor": "doctor",
    "scan": "scan",
    "export": "export",
    "remove": "remove",
    "rename": "rename",
    "passwd": "passwd",
    "schema": "schema",
}
# Verb: the parameter that names what it writes.
_WRITTEN: Final = {
    "import": "store",
    "convert": "out",
    "bundle": "out",
    "export": "out",
    "remove": "store",
    "rename": "store",
    "passwd": "store",
}
# Verb: the folder of modules whose `app` holds the commands under it.
GROUPS: Final = {"postgres": "postgres", "shims": "shims"}


def build(arguments: Sequence[str]) -> typer.Typer:
    """The application for this command line: with the one command it names, or with all (help, completion, typos)."""
    app = typer.Typer(
        name="truststore-tool",
        help="Update, verify and convert Java keystores and PEM bundles when a certificate authority rotates.",
        epilog="Exit codes: 0 done, 1 a finding, 2 usage, 3 unreadable input, 4 wrong password or broken integrity,"
        " 5 could not write, 70 a bug, 130 interrupted. keytool ... and openssl ... take the place of these programs"
        " in scripts: see shims --help.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(main)
    completing = "_TRUSTSTORE_TOOL_COMPLETE" in os.environ
    named = arguments[0] if arguments and not completing else ""
    every = {**COMMANDS, **GROUPS}
    for verb in [named] if named in every else every:
        module = import_module(f"truststore_tool.cli.{every[verb]}")
        if verb in GROUPS:
            app.add_typer(module.app, name=verb)
        else:
            app.command(verb)(_tidying(spread(getattr(module, f"{verb}_command")), _WRITTEN.get(verb)))
    return app


def _tidying(command: Callable[..., None], written: str | None) -> Callable[..., None]:
    """The command; when it ends with an error, what a killed run left beside that which it was to write goes too."""
    if written is None:
        return command

    @wraps(command)
    def run(**given: Any) -> None:
        try:
            command(**given)
        except BaseException:
            if not given.get("dry_run"):
                from truststore_tool import files

                files.tidy(Path(given[written]))
            raise

    return run


def _version(asked: bool) -> None:
    if asked:
        from truststore_tool import __version__

        typer.echo(f"truststore-tool {__version__}")
        raise typer.Exit


def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options that stand before the command."""
