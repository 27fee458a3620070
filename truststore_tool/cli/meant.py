"""What people type who come from other tools: it leads to the command that they meant, or to why there is none."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from truststore_tool.cli.app import COMMANDS, GROUPS, PROGRAMS
from truststore_tool.errors import UsageError

_OURS: Final = COMMANDS.keys() | GROUPS.keys() | PROGRAMS.keys()
_COMMANDS: Final = {
    "add": "import",
    "importcert": "import",
    "ls": "list",
    "show": "list",
    "print": "list",
    "printcert": "fingerprint",
    "check": "verify",
    "compare": "diff",
    "delete": "remove",
    "del": "remove",
    "rm": "remove",
    "exportcert": "export",
    "changealias": "rename",
    "mv": "rename",
    "storepasswd": "passwd",
    "probe": "postgres probe",
    "rotation": "postgres rotation",
    "explain": "postgres explain",
    "snippet": "postgres snippet",
    "sessions": "postgres sessions",
}
# What options were called before, in all commands or in one; scripts may go on saying so.
_CALLED_NOW: Final = {
    (None, "--source-password-for"): "--password-for",
    ("import", "--format"): "--to",
}
_PASSWORDS: Final = {"--password", "--pass", "--passphrase", "--storepass", "-storepass", "--keypass", "-keypass"}


def understood(arguments: Sequence[str]) -> list[str]:
    """The arguments in our own words. Raises UsageError, and names the way, for what is another tool's."""
    if any(argument.partition("=")[0] in _PASSWORDS for argument in arguments):
        raise UsageError(
            "a password on the command line could be read by every user of this machine",
            hint="set TRUSTSTORE_PASSWORD, or give --password-env, --password-file or --password-fd",
        )
    match arguments:
        case ["help", *command]:
            return [*command, "--help"]
        case ["version" | "-V"]:
            return ["--version"]
        case [_, "--version"]:
            return ["--version"]
        case ["--help" | "-h", *command] if command[:1] and command[0] in _OURS:
            return [*command, "--help"]
        case [verb, *_] if verb in _COMMANDS:
            raise UsageError(f"there is no command {verb!r}", hint=f"see: truststore-tool {_COMMANDS[verb]} --help")
        case [word, verb, *_] if word not in _OURS and verb in _OURS:
            what = "options of a command stand behind it" if word.startswith("-") else "the command comes first"
            raise UsageError(what, hint=f"truststore-tool {verb} {shlex.quote(word)} ...")
        case [path] if path not in _OURS and Path(path).is_file():
            raise UsageError(
                f"{path} is no command", hint=f"see what is in it: truststore-tool list {shlex.quote(path)}"
            )
    return [_called_now(arguments[0], argument) for argument in arguments]


def _called_now(verb: str, argument: str) -> str:
    name, equals, value = argument.partition("=")
    now = _CALLED_NOW.get((verb, name)) or _CALLED_NOW.get((None, name))
    return f"{now}{equals}{value}" if now else argument
