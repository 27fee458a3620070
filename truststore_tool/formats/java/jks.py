"""JKS and JCEKS, the key stores of Sun's providers, both directions.

The two differ in magic number and in what keys they hold. All numbers are big-endian; a text is modified UTF-8 with
a 16-bit length in front, a block has a 32-bit length::

    store       = magic, version (1 or 2), number of entries, entries, SHA-1 digest
    entry       = tag, alias (text), created (signed milliseconds since 1970), body
    body, tag 1 = protected private key (block), number of certificates, certificates
    body, tag 2 = certificate
    body, tag 3 = serialized javax.crypto.SealedObject (JCEKS only)
    certificate = in version 2 its type (text), DER (block)

Sources: sun.security.provider.JavaKeyStore and com.sun.crypto.provider.JceKeyStore of OpenJDK 17 and 25.
"""

import time
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from struct import Struct
from typing import Final, Literal

from truststore_tool import digests
from truststore_tool.errors import FormatError, IntegrityError, PasswordRequiredError
from truststore_tool.formats import java_time
from truststore_tool.formats.base import Format, trailing
from truststore_tool.formats.java import key_protection, modified_utf8
from truststore_tool.formats.java.key_codecs import JCEKS_KEYS, JKS_KEYS
from truststore_tool.model import (
    Certificate,
    Entry,
    LooseCertificate,
    Note,
    OpaqueEntry,
    OpaqueKind,
    TrustedEntry,
    TrustStore,
    fold_alias,
    noted,
)
from truststore_tool.nouns import noun

_Name = Literal["jks", "jceks"]

_MAGIC: Final[dict[_Name, bytes]] = {"jks": b"\xfe\xed\xfe\xed", "jceks": b"\xce\xce\xce\xce"}
_WHITENER: Final = b"Mighty Aphrodite"
_DIGEST_SIZE: Final = 20
_KEY: Final = 1
_TRUSTED: Final = 2
_SECRET_KEY: Final = 3
_TYPE: Final = b"X.509"
_TYPES_READ: Final = (b"X.509", b"X509")
# A sealed key has some 25 octets for each part of its object. One with fewer was made to waste our time.
_OCTETS_A_CONTENT: Final = 16
# The fields alone take more. Objects for millions of "certificates" of no bytes would exhaust memory.
_SMALLEST_CERTIFICATE: Final = 32

_U16: Final = Struct(">H")
_U32: Final = Struct(">I")
_S64: Final = Struct(">q")
_HEADER: Final = Struct(">4sII")
_ALIAS_HEAD: Final = Struct(">IH")
# Between alias and certificate nearly every trusted entry has: date, type (text), size of the block.
_PLAIN_MIDDLE: Final = Struct(">qH5sI")


@noun
class _Facts(Note):
    """What saving a store needs: Java always writes version 2, we keep what the file had."""

    version: int


@noun
class _Origin(Note):
    """How an entry stood in its file, where its fields alone would be written otherwise."""

    alias: str
    alias_bytes: bytes
    milliseconds: int
    certificate_types: tuple[bytes, ...]


@noun
class _Shadowed(Note):
    """The entry that was shadowed by a later one of its alias."""

    entry: Entry


# Reading ---------------------------------------------------------------------------------------------------


def _detect(name: _Name, data: bytes) -> bool:
    return data.startswith(_MAGIC[name])


def _loads(name: _Name, data: bytes, password: str | None) -> TrustStore:
    """The store in `data`. Nothing in it is encrypted but the keys, which stay so; a password only proves the digest.

    Raises FormatError for malformed bytes and IntegrityError when `password` does not prove the digest.
    """
    cursor = _Cursor(data)
    if cursor.take(4) != _MAGIC[name]:
        raise FormatError(f"not a {name.upper()} key store")
    version = cursor.number(_U32)
    if version not in (1, 2):
        raise FormatError(f"{name.upper()} of the unknown version {version}")
    found = [_read_entry(cursor, name, version) for _ in range(cursor.number(_U32))]
    body = memoryview(data)[: cursor.offset]
    digest = cursor.take(_DIGEST_SIZE)
    if password is not None and not digests.same(digest, _digest(password, (body,))):
        raise IntegrityError(
            f"the password is wrong, or the {name.upper()} was tampered with",
            hint="without a password the certificates can be read unchecked",
        )
    # Java's Hashtable.put: of several entries under one alias the last stays.
    last = {entry.alias: index for index, entry in enumerate(found)}
    entries = tuple(entry for index, entry in enumerate(found) if last[entry.alias] == index)
    shadowed = [entry for index, entry in enumerate(found) if last[entry.alias] != index]
    return TrustStore(
        entries=entries,
        format=name,
        integrity="unchecked" if password is None else "verified",
        loose=tuple(item for entry in shadowed for item in _loose(entry)),
        notes=tuple(_notes(entries, shadowed)),
        unread=trailing(data, cursor.offset, "the digest, which Java ignores and which are not written back"),
        facts=_Facts(version),
    )


class _Cursor:
    """A position in the bytes. Every length is checked against what is left before it is believed."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.offset = 0

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        start = self.offset
        stop = start + size
        if stop > len(self.data):
            raise FormatError(f"the key store is cut short: {size} bytes are due at byte {start}")
        self.offset = stop
        return self.data[start:stop]

    def numbers(self, layout: Struct) -> tuple[int, ...]:
        """The numbers that come next."""
        start = self.offset
        self.offset = start + layout.size
        if self.offset > len(self.data):
            raise FormatError(f"the key store is cut short: {layout.size} bytes are due at byte {start}")
        return layout.unpack_from(self.data, start)

    def number(self, layout: Struct) -> int:
        """The number that comes next."""
        return self.numbers(layout)[0]

    def text(self) -> bytes:
        """The text that comes next, still encoded."""
        return self.take(self.number(_U16))

    def block(self) -> bytes:
        """The block that comes next."""
        return self.take(self.number(_U32))


def _read_entry(cursor: _Cursor, name: _Name, version: int) -> Entry:
    tag, size = cursor.numbers(_ALIAS_HEAD)
    alias_bytes = cursor.take(size)
    alias = modified_utf8.decode(alias_bytes)
    if tag == _TRUSTED:
        milliseconds, type_bytes, certificate = _read_trusted(cursor, version)
        created = java_time.from_milliseconds(milliseconds)
        origin = _origin(alias, alias_bytes, milliseconds, created, (type_bytes,))
        return TrustedEntry(alias, certificate, created, origin)
    milliseconds = cursor.number(_S64)
    created = java_time.from_milliseconds(milliseconds)
    payload, chain = b"", []
    if tag == _KEY:
        payload = cursor.block()
        chain = [_read_certificate(cursor, version) for _ in range(cursor.number(_U32))]
    elif tag == _SECRET_KEY and name == "jceks":
        payload = _sealed_key(cursor)
    else:
        raise FormatError(f"a {name.upper()} entry has the unknown tag {tag}")
    origin = _origin(alias, alias_bytes, milliseconds, created, tuple([type_bytes for type_bytes, _ in chain]))
    certificates = tuple([certificate for _, certificate in chain])
    kind: OpaqueKind = "private-key"
    if tag == _SECRET_KEY or (name == "jks" and not certificates):
        kind = "secret-key"  # what JavaKeyStore calls a key without a chain, too
    # A key in a JCEKS may be protected by the algorithm of JKS; such a key can move to a JKS.
    sealed = name == "jceks" and key_protection.protector(payload) != key_protection.JKS_PROTECTOR
    return OpaqueEntry(alias, kind, "jceks" if sealed else "jks", payload, certificates, created, origin)


def _sealed_key(cursor: _Cursor) -> bytes:
    """The serialized SealedObject that comes next."""
    from truststore_tool.formats.java import serialized

    found = serialized.extent(cursor.data, cursor.offset)
    size = found.end - cursor.offset
    if size < found.contents * _OCTETS_A_CONTENT:
        raise FormatError(f"the serialized Java object at byte {cursor.offset} is no sealed key")
    return cursor.take(size)


def _read_trusted(cursor: _Cursor, version: int) -> tuple[int, bytes, Certificate]:
    """What follows the alias of a trusted entry: its date, the name of the certificate's type, the certificate."""
    start = cursor.offset
    if version == 2 and start + _PLAIN_MIDDLE.size <= len(cursor.data):
        milliseconds, length, kind, size = _PLAIN_MIDDLE.unpack_from(cursor.data, start)
        if kind == _TYPE and length == len(_TYPE):
            cursor.offset += _PLAIN_MIDDLE.size
            return milliseconds, _TYPE, _certificate(cursor.take(size))
    return cursor.number(_S64), *_read_certificate(cursor, version)


def _read_certificate(cursor: _Cursor, version: int) -> tuple[bytes, Certificate]:
    """A certificate and the name of its type."""
    kind = cursor.text() if version == 2 else _TYPE
    if kind not in _TYPES_READ:
        raise FormatError("the key store holds a certificate that is not X.509")
    return kind, _certificate(cursor.block())


def _certificate(der: bytes) -> Certificate:
    if len(der) < _SMALLEST_CERTIFICATE:
        raise FormatError(f"{len(der)} bytes in the key store are no certificate")
    return Certificate(der)


def _origin(
    alias: str, alias_bytes: bytes, milliseconds: int, created: datetime | None, types: tuple[bytes, ...]
) -> _Origin | None:
    """What must be remembered of an entry, or None when its fields alone give the same bytes again."""
    plain = (
        created is not None
        and alias == fold_alias(alias)
        and alias_bytes == modified_utf8.encode(alias)
        and types.count(_TYPE) == len(types)
    )
    return None if plain else _Origin(alias, alias_bytes, milliseconds, types)


def _loose(entry: Entry) -> Iterable[LooseCertificate]:
    """The certificates of a shadowed entry. The first remembers the entry, so that it is written again."""
    for index, certificate in enumerate(entry.certificates):
        yield LooseCertificate(certificate, entry.alias, origin=None if index else _Shadowed(entry))


def _notes(entries: tuple[Entry, ...], shadowed: list[Entry]) -> Iterable[str]:
    """What a reader of the store should know about it."""
    origins = [origin for entry in entries if (origin := noted(entry.origin, _Origin))]
    yield from _notes_on_shadowed(shadowed)
    yield from _notes_on_aliases(origins)
    yield from _notes_on_dates(origins)


def _notes_on_shadowed(shadowed: list[Entry]) -> Iterable[str]:
    if shadowed:
        yield f"several entries bear the same alias, of which Java keeps the last: {_some(e.alias for e in shadowed)}"
    if any(not entry.certificates for entry in shadowed):
        yield "an earlier key without certificates under such an alias will not be written back"


def _notes_on_aliases(origins: list[_Origin]) -> Iterable[str]:
    if mixed := [origin.alias for origin in origins if origin.alias != fold_alias(origin.alias)]:
        yield f"aliases that are not in lower case, which Java lists but cannot look up: {_some(mixed)}"
    if plain := [origin.alias for origin in origins if any(octet >= 0xF0 for octet in origin.alias_bytes)]:
        yield f"aliases in plain UTF-8, over which Java refuses the whole store: {_some(plain)}"


def _notes_on_dates(origins: list[_Origin]) -> Iterable[str]:
    if undated := [origin.alias for origin in origins if java_time.from_milliseconds(origin.milliseconds) is None]:
        yield f"entries whose date is beyond the calendar: {_some(undated)}"


def _some(aliases: Iterable[str]) -> str:
    """A few of the aliases, quoted, and how many more there are."""
    distinct = list(dict.fromkeys(aliases))
    more = f" and {len(distinct) - 3} more" if len(distinct) > 3 else ""
    return ", ".join(map(ascii, distinct[:3])) + more


def _digest(password: str, parts: Iterable[bytes | memoryview]) -> bytes:
    """The keyed digest over the body of a store (JavaKeyStore.getPreKeyedHash)."""
    every = list(parts)
    digest = digests.new("sha1", sum(map(len, every)))
    digest.update(key_protection.password_bytes(password) + _WHITENER)
    for part in every:
        digest.update(part)
    return digest.digest()


# Writing ---------------------------------------------------------------------------------------------------


def _dumps(name: _Name, store: TrustStore, password: str | None) -> bytes:
    """The bytes of a JKS or JCEKS. An entry that was read from one and not changed is written as it stood there.

    New aliases are lower-cased, as Java does, and entries without a date get the present time.
    Raises PasswordRequiredError without a password, and FormatError when an entry cannot be written in this format.
    """
    if password is None:
        raise PasswordRequiredError(
            f"a {name.upper()} cannot be written without a password", hint="its digest is made with one"
        )
    facts = noted(store.facts, _Facts)
    version = facts.version if facts else 2
    now = int(time.time() * 1000)
    entries = _with_shadowed(store)
    parts = [_HEADER.pack(_MAGIC[name], version, len(entries))]
    for entry in entries:
        parts += _entry_parts(entry, name, version, now)
    parts.append(_digest(password, parts))
    return b"".join(parts)


def _with_shadowed(store: TrustStore) -> list[Entry]:
    """The entries, each after those of its alias that it shadows. Raises FormatError when two have the same alias.

    A shadowed entry goes with the one that shadows it: left alone it would become an entry again.
    """
    shadowed: dict[str, list[Entry]] = {}
    for item in store.loose:
        if origin := noted(item.origin, _Shadowed):
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


def _known_origin(entry: Entry) -> _Origin | None:
    """How the entry stood in its file, if it came from such a file and still has the alias it had there."""
    origin = noted(entry.origin, _Origin)
    return origin if origin and origin.alias == entry.alias else None


def _written_alias(entry: Entry) -> str:
    return entry.alias if _known_origin(entry) else fold_alias(entry.alias)


def _entry_parts(entry: Entry, name: _Name, version: int, now: int) -> list[bytes]:
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
    if tag == _TRUSTED and origin is None and version == 2:
        [certificate] = entry.certificates
        middle = _PLAIN_MIDDLE.pack(milliseconds, len(_TYPE), _TYPE, len(certificate.der))
        return [_ALIAS_HEAD.pack(tag, len(alias)) + alias + middle, certificate.der]
    parts = [_ALIAS_HEAD.pack(tag, len(alias)) + alias + _S64.pack(milliseconds)]
    if isinstance(entry, OpaqueEntry):
        if tag == _KEY:
            parts += (_U32.pack(len(entry.payload)), entry.payload, _U32.pack(len(entry.certificates)))
        else:
            parts.append(entry.payload)
    types = origin.certificate_types if origin else ()
    for index, certificate in enumerate(entry.certificates):
        kind = types[index] if index < len(types) else _TYPE
        head = _U16.pack(len(kind)) + kind if version == 2 else b""
        parts += (head + _U32.pack(len(certificate.der)), certificate.der)
    return parts


def _tag(entry: Entry, name: _Name) -> int:
    """The tag to write the entry under. Raises FormatError when its key is not in a form that Java would read there."""
    if isinstance(entry, TrustedEntry):
        return _TRUSTED
    if entry.format == "jks" or (entry.format == name and entry.kind == "private-key"):
        return _KEY
    if entry.format == name:
        return _SECRET_KEY
    raise FormatError(
        f"the {entry.kind} entry {entry.alias!r} is protected as in {entry.format.upper()}, "
        f"which a {name.upper()} cannot hold",
        hint="a private key can be moved when its password is given",
    )


def _format(name: _Name, suffixes: tuple[str, ...]) -> Format:
    return Format(
        name=name,
        title=name.upper(),
        suffixes=suffixes,
        detect=partial(_detect, name),
        loads=partial(_loads, name),
        dumps=partial(_dumps, name),
        has_aliases=True,
        has_password=True,
        keys=JKS_KEYS if name == "jks" else JCEKS_KEYS,
    )


JKS: Final = _format("jks", (".jks", ".ks", ".keystore", ".truststore", ".ts"))
JCEKS: Final = _format("jceks", (".jceks",))
