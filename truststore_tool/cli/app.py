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

from truststore_tool.cli import completing
from truststore_tool.cli.several import spread

NAME: Final = "truststore-tool"
COMPLETING: Final = "_TRUSTSTORE_TOOL_COMPLETE"  # the variable by which shells ask
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
# Programs whose command lines are spoken, which `__main__` hands over before all else.
PROGRAMS: Final = {
    "keytool": "The command line of keytool, for scripts that are written for it.",
    "openssl": "That of openssl x509; every other command goes to the real openssl.",
}
_AS_THEY_STAND: Final = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
# Verb: the folder of modules whose `app` holds the commands under it.
GROUPS: Final = {"postgres": "postgres", "shims": "shims"}


def build(arguments: Sequence[str]) -> typer.Typer:
    """The application for this command line: with the one command it names, or with all (help, completion, typos)."""
    app = typer.Typer(
        name=NAME,
        add_completion=False,
        help="Update, verify and convert Java keystores and PEM bundles when a certificate authority rotates.",
        epilog="Exit codes: 0 done, 1 a finding, 2 usage, 3 unreadable input, 4 wrong password or broken integrity,"
        " 5 could not write, 70 a bug, 130 interrupted. keytool ... and openssl ... take the place of these programs"
        " in scripts: see shims --help.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(main)
    asked = COMPLETING in os.environ
    if asked:
        completing.prepare()
    named = arguments[0] if arguments and not asked else ""
    every = {**COMMANDS, **GROUPS}
    for verb in [named] if named in every else every:
        module = import_module(f"truststore_tool.cli.{every[verb]}")
        if verb in GROUPS:
            app.add_typer(module.app, name=verb)
        else:
            app.command(verb)(_tidying(spread(getattr(module, f"{verb}_command")), _WRITTEN.get(verb)))
    if named not in every:
        for program, said in PROGRAMS.items():
            app.command(program, help=said, context_settings=_AS_THEY_STAND)(_program)
    return app


def _program(ctx: typer.Context) -> None:
    code = import_module(f"truststore_tool.shims.{ctx.info_name}").run(ctx.args)
    raise typer.Exit(code)


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


_COMPLETION_HELP: Final = "Print what a shell is to read to complete words: bash, zsh, fish, powershell or pwsh."
_INSTALL_HELP: Final = "Put that where the shell reads it when it starts."


def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    show_completion: Annotated[
        completing.Shell | None,
        typer.Option(
            "--show-completion", metavar="SHELL", callback=completing.show, is_eager=True, help=_COMPLETION_HELP
        ),
    ] = None,
    install_completion: Annotated[
        completing.Shell | None,
        typer.Option(
            "--install-completion", metavar="SHELL", callback=completing.install, is_eager=True, help=_INSTALL_HELP
        ),
    ] = None,
) -> None:
    """Options that stand before the command."""
