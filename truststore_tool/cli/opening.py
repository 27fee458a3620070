"""Opening stores for reading, and asking for a password when only a person can give it."""

import sys
from pathlib import Path

from truststore_tool.cli.progress import working
from truststore_tool.errors import PasswordRequiredError
from truststore_tool.model import TrustStore
from truststore_tool.passwords import Password
from truststore_tool.render.safe import printable


def open_for_reading(path: str, password: Password | None, format_name: str | None = None) -> TrustStore:
    """The store at `path` (``-`` is standard input).

    Without a password what is readable without one is read; where nothing is, a terminal is asked.
    """
    from truststore_tool.stores import open_store

    source = sys.stdin.buffer.read() if path == "-" else Path(path)
    try:
        with working(f"reading {path}"):
            return open_store(source, reveal(password), format_name)
    except PasswordRequiredError:
        if password is not None or not sys.stdin.isatty():
            raise
    return open_store(source, ask(path).reveal(), format_name)


def writing_password(path: Path, password: Password | None, format_name: str | None) -> Password | None:
    """The password that a store at `path` needs before it can be changed; a terminal is asked for a missing one.

    Args:
        format_name: the format of a file that is yet to be made; asked twice then.
    """
    from truststore_tool import formats, stores

    if password is not None or not sys.stdin.isatty():
        return password
    if path.exists():
        store = stores.open_store(path)
        return ask(str(path)) if store.integrity == "unchecked" else None
    if not formats.has_password(format_name or "jks"):
        return None
    return ask(str(path), confirm=True)


def ask(name: str, *, confirm: bool = False) -> Password:
    """Ask the terminal for the password of the store called `name`; twice when it is a new one."""
    from truststore_tool import passwords

    return passwords.prompt(f"{'new password' if confirm else 'password'} for {printable(name)}", confirm=confirm)


def reveal(password: Password | None) -> str | None:
    """The text of a password that may be absent."""
    return None if password is None else password.reveal()
