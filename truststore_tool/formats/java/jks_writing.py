"""A store to a JKS or JCEKS: what was not changed byte for byte."""

import time
from struct import Struct
from typing import Final

from truststore_tool.errors import FormatError, PasswordRequiredError
from truststore_tool.formats import java_time
from truststore_tool.formats.java import modified_utf8
from truststore_tool.formats.java.jks_layout import (
    ALIAS_HEAD,
    KEY,
    MAGIC,
    PLAIN_MIDDLE,
    S64,
    SECRET_KEY,
    TRUSTED,
    TYPE,
    U16,
    U32,
    Block,
    Facts,
    Name,
    Origin,
    Shadowed,
    keyed_digest,
)
from truststore_tool.model import Entry, OpaqueEntry, TrustedEntry, TrustStore, fold_alias, noted

_HEADER: Final = Struct(">4sII")


def dumps(name: Name, store: TrustStore, password: str | None) -> bytes:
    """The bytes of a JKS or JCEKS. An entry that was read from one and not changed is written as it stood there.

    New aliases are lower-cased, as Java does, and entries without a date get the present time.
    Raises PasswordRequiredError without a password, and FormatError when an entry cannot be written in this format.
    """
    if password is None:
        raise PasswordRequiredError(
            f"a {name.upper()} cannot be written without a password", hint="its digest is made with one"
        )
    facts = noted(store.facts, Facts)
    version = facts.version if facts else 2
    now = int(time.time() * 1000)
    entries = _with_shadowed(store)
    parts = [_HEADER.pack(MAGIC[name], version, len(entries))]
    for entry in entries:
        parts += _entry_parts(entry, name, version, now)
    parts.append(keyed_digest(password, parts))
    return b"".join(parts)


def _with_shadowed(store: TrustStore) -> list[Entry]:
    """The entries, each after those of its alias that it shadows. Raises FormatError when two have the same alias.

    A shadowed entry goes with the one that shadows it: left alone it would become an entry again.
    """
    shadowed: dict[str, list[Entry]] = {}
    facts = noted(store.facts, Facts)
    for hidden in facts.hidden if facts else ():
        shadowed.setdefault(_written_alias(hidden), []).append(hidden)
    for item in store.loose:
        if origin := noted(item.origin, Shadowed):
            shadowed.setdefault(_written_alias(origin.entry), []).append(origin.entry)
    aliases: set[str] = set()
    entries: list[Entry] = []
    for entry in store.entries:
        alias = _written_alias(entry)
        if alias in aliases:
            raise FormatError(f"two entries would be written under the alias {alias!r}", hint="rename one of them")
        aliases.add(alias)
        entries += (*shadowed.get(alias, ()), entry)
    return entries


def _known_origin(entry: Entry) -> Origin | None:
    """How the entry stood in its file, if it came from such a file and still has the alias it had there."""
    origin = noted(entry.origin, Origin)
    return origin if origin and origin.alias == entry.alias else None


def _written_alias(entry: Entry) -> str:
    return entry.alias if _known_origin(entry) else fold_alias(entry.alias)


def _entry_parts(entry: Entry, name: Name, version: int, now: int) -> list[bytes]:
    """The bytes of one entry, in pieces."""
    origin = _known_origin(entry)
    alias = origin.alias_bytes if origin else modified_utf8.encode(fold_alias(entry.alias))
    if len(alias) > 0xFFFF:
        raise FormatError(f"the alias {entry.alias[:32]!r}... is too long for a {name.upper()}")
    if entry.created is not None:
        milliseconds = java_time.to_milliseconds(entry.created)
    else:
        milliseconds = origin.milliseconds if origin else now
    tag = _tag(entry, name)
    if tag == TRUSTED and origin is None and version == 2:
        [certificate] = entry.certificates
        middle = PLAIN_MIDDLE.pack(milliseconds, len(TYPE), TYPE, len(certificate.der))
        return [ALIAS_HEAD.pack(tag, len(alias)) + alias + middle, certificate.der]
    parts = [ALIAS_HEAD.pack(tag, len(alias)) + alias + S64.pack(milliseconds)]
    if isinstance(entry, OpaqueEntry):
        if tag == KEY:
            parts += (U32.pack(len(entry.payload)), entry.payload, U32.pack(len(entry.certificates)))
        else:
            parts.append(entry.payload)
    known = {block.certificate: block for block in origin.certificates} if origin else {}
    for certificate in entry.certificates:
        kind, octets, _ = known.get(certificate) or Block(TYPE, certificate.der, certificate)
        head = U16.pack(len(kind)) + kind if version == 2 else b""
        parts += (head + U32.pack(len(octets)), octets)
    return parts


def _tag(entry: Entry, name: Name) -> int:
    """The tag to write the entry under. Raises FormatError when its key is not in a form that Java would read there."""
    if isinstance(entry, TrustedEntry):
        return TRUSTED
    if entry.format == "jks" or (entry.format == name and entry.kind == "private-key"):
        return KEY
    if entry.format == name:
        return SECRET_KEY
    raise FormatError(
        f"the {entry.kind} entry {entry.alias!r} is protected as in {entry.format.upper()}, "
        f"which a {name.upper()} cannot hold",
        hint="a private key can be moved when its password is given",
    )
