"""Keys from one format into another: opened under their password, sealed again in the other format's own way."""

from truststore_tool.errors import LEAVE_KEYS, FormatError, IntegrityError, PasswordRequiredError
from truststore_tool.formats import get
from truststore_tool.formats.base import KeyCodec
from truststore_tool.model import OpaqueEntry


def carry_key(entry: OpaqueEntry, target: str, old: str | None, new: str | None) -> OpaqueEntry:
    """A private-key or secret-key entry for a store of format `target`, with the same alias, chain and date.

    Args:
        entry: of any format; one that is of the target format already is carried as it is when `old` equals `new`.
        target: name of the format that is to hold it.
        old: the password of the key now.
        new: its password in the target.

    Raises FormatError (the key's format cannot be opened, the target holds no such keys, or it is not a key),
    PasswordRequiredError (no password) and IntegrityError (`old` does not open it).
    """
    if entry.format == target and old == new:
        return entry
    source, sink = get(entry.format).keys, get(target).keys
    if source is None or sink is None or not (_takes(source, entry) and _takes(sink, entry)):
        raise FormatError(
            f"{entry.kind} {entry.alias!r} cannot be carried from {entry.format} to {target}",
            remedy=LEAVE_KEYS,
        )
    if old is None or new is None:
        raise PasswordRequiredError(
            f"{_title(entry)} {entry.alias!r} needs a password to be carried over",
            hint="give the store's password",
            remedy=LEAVE_KEYS,
        )
    try:
        if entry.kind == "secret-key" and source.open_secret and sink.seal_secret:
            return sink.seal_secret(entry, source.open_secret(entry, old), new)
        key = source.open(entry, old)
    except IntegrityError as exc:
        raise IntegrityError(
            f"{_title(entry)} {entry.alias!r} has another password than the store",
            remedy=LEAVE_KEYS,
        ) from exc
    return sink.seal(entry, key, new)


def _takes(codec: KeyCodec, entry: OpaqueEntry) -> bool:
    """Whether a format opens and seals keys of the entry's kind."""
    return entry.kind == "private-key" or (entry.kind == "secret-key" and codec.open_secret is not None)


def _title(entry: OpaqueEntry) -> str:
    return entry.kind.replace("-", " ")
