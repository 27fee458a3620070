"""Opening stores for reading, and asking for a password when only a person can give it."""

import os
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

import typer

from truststore_tool.cli.progress import working
from truststore_tool.errors import PasswordRequiredError, UnreadableError
from truststore_tool.model import TrustStore
from truststore_tool.operations.listing import named
from truststore_tool.passwords import Password
from truststore_tool.safe import printable

if TYPE_CHECKING:
    from truststore_tool.stores import Present

_BUNDLES: Final = ("certifi", "system")
_HINT: Final = "set TRUSTSTORE_PASSWORD, or give --password-env, --password-file or --password-fd"


def open_for_reading(
    path: str, password: Password | None, format_name: str | None = None, *, whole: bool = True
) -> TrustStore:
    """The store at `path` (``-`` is standard input).

    Where a password is missing a terminal is asked for it. Without one, a store that is encrypted in part is refused,
    as its certificates would go missing in silence; unless `whole` is false and something is readable: then that is
    read. Raises UnreadableError, and names what is there, for a file that holds something else and no certificate.
    """
    from truststore_tool.stores import open_store

    source = standard_input() if path == "-" else place_of(path)
    refusal: PasswordRequiredError | None = None
    with working(f"reading {path}"):
        try:
            opened = open_store(source, reveal(password), format_name)
        except PasswordRequiredError as exc:
            opened, refusal = TrustStore(), exc
    if (refusal is not None or opened.sealed) and password is None and sys.stdin.isatty():
        opened, refusal = open_store(source, ask(path).reveal(), format_name), None
    if refusal is None and (not opened.sealed or ((opened.entries or opened.loose) and not whole)):
        if opened.others and not (opened.entries or opened.loose):
            raise UnreadableError(f"{path}: holds no certificate, only {named(opened.others)}")
        return opened
    raise refusal or PasswordRequiredError(f"{path}: its certificates are encrypted", hint=_HINT)


def standard_input() -> bytes:
    """All that comes there. Raises UnreadableError for nothing, as where a command names it twice."""
    data = sys.stdin.buffer.read()
    if not data:
        raise UnreadableError("standard input is empty", hint="did what writes it fail? it can be read once only")
    return data


def place_of(path: str) -> str:
    """Where ``certifi`` and ``system`` are, as where sources are named; a store that is called so comes first."""
    if path not in _BUNDLES or os.path.lexists(path):
        return path
    from truststore_tool import sources

    return str(sources.place_of(path))


def writing_password(
    place: "Present", password: Password | None, format_name: str | None = None, profile: str | None = None
) -> Password | None:
    """The password that a store needs before it can be changed; a terminal is asked for a missing one.

    Args:
        place: what lies where it is.
        format_name: the format of a file that is yet to be made; its password is asked for twice.
        profile: how the store is to be protected; ``passwordless`` needs none.

    Returns None for a store that has none. Raises PasswordRequiredError when nobody is there to ask.
    """
    from truststore_tool import formats, stores

    if password is not None:
        return password
    exists = place.content is not None
    if exists:
        needed = place.opened().integrity == "unchecked"
    else:
        needed = format_name is not None and formats.get(format_name).has_password and profile != "passwordless"
    if not needed:
        return None
    if not sys.stdin.isatty():
        raise PasswordRequiredError(f"{place.path}: a password is needed to write it", hint=_HINT)
    if exists:
        return ask(str(place.path))
    return ask_for_new(str(place.path), partial(stores.check_new_password, format_name or ""))


def ask(name: str) -> Password:
    """Ask the terminal for the password of the store called `name`."""
    from truststore_tool import passwords

    return passwords.prompt(f"password for {printable(name)}")


def ask_for_new(name: str, check: Callable[[str], None]) -> Password:
    """Ask the terminal for a new password, twice; `check` raises UsageError for one that will not do."""
    from truststore_tool import passwords

    return passwords.prompt_for_new(f"new password for {printable(name)}", check, partial(typer.echo, err=True))


def reveal(password: Password | None) -> str | None:
    """The text of a password that may be absent."""
    return None if password is None else password.reveal()
