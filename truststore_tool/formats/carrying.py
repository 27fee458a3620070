"""Keys from one format into another: opened under their password, sealed again in the other format's own way."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from truststore_tool.errors import (
    LEAVE_KEYS,
    OTHER_KEY,
    FormatError,
    IntegrityError,
    PasswordRequiredError,
)
from truststore_tool.formats import get
from truststore_tool.formats.base import KeyCodec
from truststore_tool.model import OpaqueEntry

_Key = TypeVar("_Key")


def carry_key(entry: OpaqueEntry, target: str, passwords: tuple[str, ...], new: str | None) -> OpaqueEntry:
    """A private-key or secret-key entry for a store of format `target`, with the same alias, chain and date.

    Args:
        entry: of any format; one that is of the target format already is carried as it is when `new` is what it has
            now as far as that is known, the first of `passwords`.
        target: name of the format that is to hold it.
        passwords: what may open the key, in the order in which it is tried.
        new: its password in the target; None for none, which only some formats take.

    Raises FormatError (the key's format cannot be opened, the target holds no such keys, or it is not a key),
    PasswordRequiredError (no password) and IntegrityError (none of the passwords opens it).
    """
    if entry.format == target and passwords and passwords[0] == new:
        return entry
    source, sink = get(entry.format).keys, get(target).keys
    if source is None or sink is None or not (takes(source, entry) and takes(sink, entry)):
        raise FormatError(
            f"{entry.kind} {entry.alias!r} cannot be carried from {entry.format} to {target}",
            remedy=LEAVE_KEYS,
        )
    try:
        if entry.kind == "secret-key" and source.open_secret and sink.seal_secret:
            if new is None:
                raise PasswordRequiredError("no password to protect it")
            return sink.seal_secret(entry, _opened(entry, source.open_secret, passwords), new)
        return sink.seal(entry, _opened(entry, source.open, passwords or (None,)), new)
    except PasswordRequiredError as exc:
        raise PasswordRequiredError(
            f"{_title(entry)} {entry.alias!r} needs a password to be carried over",
            hint="give the store's password",
            remedy=LEAVE_KEYS,
        ) from exc


_P = TypeVar("_P", str, str | None)


def _opened(entry: OpaqueEntry, opener: Callable[[OpaqueEntry, _P], _Key], passwords: Sequence[_P]) -> _Key:
    """What `opener` makes of the entry under the first of the passwords that opens it."""
    refusal: IntegrityError = PasswordRequiredError("no password was given")
    for password in passwords:
        try:
            return opener(entry, password)
        except IntegrityError as exc:
            refusal = exc
    if isinstance(refusal, PasswordRequiredError):
        raise refusal
    raise IntegrityError(
        f"{_title(entry)} {entry.alias!r} has another password than the store", remedy=OTHER_KEY
    ) from refusal


def opens(entry: OpaqueEntry, password: str | None) -> bool:
    """Whether the password opens a private or secret key; True as well where nobody can tell."""
    codec = get(entry.format).keys
    if codec is None or not takes(codec, entry):
        return True
    try:
        if entry.kind == "secret-key" and codec.open_secret is not None:
            return password is not None and bool(codec.open_secret(entry, password).key)
        return bool(codec.open(entry, password))
    except IntegrityError:
        return False
    except FormatError:
        return True


def takes(codec: KeyCodec, entry: OpaqueEntry) -> bool:
    """Whether a format opens and seals keys of the entry's kind."""
    return entry.kind == "private-key" or (entry.kind == "secret-key" and codec.open_secret is not None)


def _title(entry: OpaqueEntry) -> str:
    return entry.kind.replace("-", " ")
