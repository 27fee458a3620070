"""Where a password comes from: the environment, a file, a descriptor, a terminal. Never from the command line."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from truststore_tool import meant
from truststore_tool.errors import FROM_A_FILE, UnreadableError, UsageError
from truststore_tool.nouns import field, noun

DEFAULT_VARIABLE: Final = "TRUSTSTORE_PASSWORD"

_LONGEST: Final = 64 * 1024  # bytes; a descriptor may turn out to be /dev/zero
_TRIES: Final = 3


@noun
class Password:
    """A password that stays out of representations, messages and logs. `reveal()` gives it to a codec."""

    _value: str = field(repr=False)

    def reveal(self) -> str:
        """The password itself."""
        return self._value


def from_environment(variable: str) -> Password:
    """The value of an environment variable. Raises UsageError when it is not set, or is not UTF-8."""
    value = os.environb.get(os.fsencode(variable))
    if value is None:
        raise UsageError(f"the environment variable {variable} is not set", hint=f"export {variable} first")
    return _decoded(value, f"the environment variable {variable}")


def from_file(path: Path) -> Password:
    """The first line of a file without its line end, as keytool reads ``-storepass:file``.

    Raises UnreadableError when the file cannot be read and UsageError when it is empty or not UTF-8.
    """
    try:
        with path.open("rb", buffering=0) as file:
            line = _first_line(file.fileno())
    except (OSError, ValueError) as exc:
        reason = (exc.strerror if isinstance(exc, OSError) else None) or str(exc)
        raise UnreadableError(f"could not read the password file {path}: {reason}") from exc
    return _from_line(line, f"the password file {path}")


def from_descriptor(descriptor: int) -> Password:
    """The first line that an open file descriptor gives; what follows it stays unread, for others to read.

    Raises UnreadableError when it cannot be read and UsageError when it gives nothing or is not UTF-8.
    """
    try:
        line = _first_line(descriptor)
    except (OSError, OverflowError) as exc:
        raise UnreadableError(
            f"could not read a password from file descriptor {descriptor}", hint="open it in the shell, as in 3<file"
        ) from exc
    return _from_line(line, f"file descriptor {descriptor}")


def prompt(label: str) -> Password:
    """Ask on the terminal, whatever standard input and output are; `label` says for what, e.g. "password".

    Raises UsageError when there is no terminal, or nothing was entered before the end of input.
    """
    _require_terminal(label)
    return _ask(label)


def prompt_for_new(label: str, check: Callable[[str], None], say: Callable[[str], None]) -> Password:
    """Ask for a new password, twice, and up to three times over.

    Args:
        label: says for what, e.g. "new password".
        check: raises UsageError for one that will not do, before it is asked for again.
        say: told what was wrong with a try that another one follows.

    Raises UsageError as `prompt` and `check` do, and when the two never agreed.
    """
    _require_terminal(label)
    for left in reversed(range(_TRIES)):
        first = _ask(label)
        try:
            check(first.reveal())
        except UsageError as exc:
            if not left:
                raise
            say(exc.message)
            continue
        if first == _ask(f"{label} again"):
            return first
        if left:
            say("the two differ")
    raise UsageError(f"{label}: the two never agreed", hint="run the command again")


def resolve(
    env: str | None,
    file: Path | None,
    fd: int | None,
    *,
    default: str | None = DEFAULT_VARIABLE,
    names: tuple[str, str, str] = ("env", "file", "fd"),
) -> Password | None:
    """The password from the one source that was named, else from the variable `default` if set, else None.

    Args:
        env: name of an environment variable; it must be set.
        file: path of a file.
        fd: number of a file descriptor.
        default: a variable that need not be set, or None.
        names: what the caller calls the first three, for messages.

    Raises UsageError when more than one is named, and what the sources raise.
    """
    named = [name for name, value in zip(names, (env, file, fd), strict=True) if value is not None]
    if len(named) > 1:
        raise UsageError(f"{' and '.join(named)} exclude each other", hint="name one source of the password")
    if env is not None:
        return from_environment(env)
    if file is not None:
        return from_file(file)
    if fd is not None:
        return from_descriptor(fd)
    if default is not None and default in os.environ:
        return from_environment(default)
    return None


def _first_line(descriptor: int) -> bytes | None:
    """The bytes up to the first line end (LF, CR LF or CR), None when there are none at all.

    Read byte by byte: what follows in a pipe may be meant for others.
    """
    line = bytearray()
    while len(line) <= _LONGEST and (octet := os.read(descriptor, 1)):
        line += octet
        if octet == b"\n":
            break
    return bytes(line).removesuffix(b"\n").partition(b"\r")[0] if line else None


def _from_line(line: bytes | None, where: str) -> Password:
    if line is None:
        raise UsageError(f"{where} is empty", hint="its first line is the password")
    if found := meant.no_password(line):
        raise UsageError(f"{where} holds no password: this is {found.what}", hint=found.hint)
    if len(line) > _LONGEST:
        raise UsageError(
            f"{where} has a first line of more than {_LONGEST} bytes", hint="check that it is the right one"
        )
    return _decoded(line, where)


def _decoded(value: bytes, where: str) -> Password:
    try:
        return Password(value.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    # Raised out here, because the exception above carries the bytes and would stay attached as context.
    raise UsageError(f"the password in {where} is not UTF-8", hint="convert it to UTF-8")


def _require_terminal(label: str) -> None:
    """Without this, getpass would fall back to standard input and echo."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError as exc:
        raise UsageError(
            f"no terminal to ask for the {label}", hint=f"set {DEFAULT_VARIABLE}", remedy=FROM_A_FILE
        ) from exc


def _ask(label: str) -> Password:
    from getpass import getpass

    try:
        return Password(getpass(f"{label[:1].upper()}{label[1:]}: "))
    except EOFError as exc:
        raise UsageError(f"no {label} was entered") from exc
    except UnicodeDecodeError:
        pass
    raise UsageError(f"the {label} is not UTF-8", hint="use a UTF-8 terminal")
