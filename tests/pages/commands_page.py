"""The page of the commands: what each does, with its arguments, its options and its examples.

``python -m tests.pages.commands_page > docs/commands.md`` makes it anew; a test holds it against the program.
"""

import inspect
import sys
from collections.abc import Iterator
from typing import Any, Final

import typer

from truststore_tool.cli.app import build

HEAD: Final = """# Commands

What `truststore-tool COMMAND --help` shows, on one page. Options may stand before, between and behind the arguments.
Made by `python -m tests.pages.commands_page`.
"""
_KINDS: Final = {"str": "TEXT", "int": "NUMBER", "int range": "NUMBER", "float": "NUMBER"}


def page() -> str:
    """The page, in Markdown."""
    return "\n".join([HEAD, *(line for path, each in _commands("", program()) for line in _section(path, each))])


def program() -> Any:
    """The whole program as Click sees it."""
    # Typer brings its own Click, whose classes have no other public name.
    return typer.main.get_command(build([]))


def _commands(path: str, group: Any) -> Iterator[tuple[str, Any]]:
    for name, each in group.commands.items():
        if hasattr(each, "commands"):
            yield from _commands(f"{path}{name} ", each)
        else:
            yield path + name, each


def _section(path: str, command: Any) -> Iterator[str]:
    said, _, examples = inspect.cleandoc(command.help).partition("Examples:")
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    words = " ".join(_word(each) for each in arguments)
    yield from (f"## {path}", "", f"`truststore-tool {path} [OPTIONS] {words}".rstrip() + "`", "", said.strip(), "")
    if examples:
        yield from ("```text", *_lines(examples), "```", "")
    if command.params:
        yield from ("| | |", "|---|---|")
    for each in arguments:
        yield f"| `{_word(each)}` | {_told(each)} |"
    for each in command.params:
        if each.param_type_name == "option":
            yield f"| {_spelled(each)} | {_told(each)} |"
    yield ""


def _lines(examples: str) -> Iterator[str]:
    """The examples, each in one line."""
    for line in examples.replace("\\\n", " ").splitlines():
        if line.strip():
            yield " ".join(line.split())


def _word(argument: Any) -> str:
    word = (argument.metavar or argument.name.upper()).replace("|", "\\|")
    return f"{word}{'...' if argument.nargs != 1 and not word.endswith('...') else ''}"


def _spelled(option: Any) -> str:
    kind = _KINDS.get(option.type.name) or "|".join(getattr(option.type, "choices", ())) or option.type.name
    value = "" if option.is_flag else f" {option.metavar or kind}".replace("|", "\\|")
    names = [*option.opts, *option.secondary_opts]
    return ", ".join(f"`{name}{value}`" if name.startswith("--") else f"`{name}`" for name in names)


def _told(param: Any) -> str:
    given = param.default
    default = (
        "" if given in (None, False, True, "", (), []) or callable(given) or param.required else f" Default: {given}."
    )
    return ((param.help or "") + default).replace("|", "\\|").strip()


if __name__ == "__main__":
    sys.stdout.write(page())
