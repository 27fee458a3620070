"""A JKS or JCEKS to a store, with what Java would make of its entries."""

from collections.abc import Iterable
from datetime import datetime
from struct import Struct
from typing import Final

from truststore_tool import digests
from truststore_tool.errors import FormatError, IntegrityError
from truststore_tool.formats import java_time
from truststore_tool.formats.base import trailing
from truststore_tool.formats.java import key_protection, modified_utf8
from truststore_tool.formats.java.jks_layout import (
    ALIAS_HEAD,
    DIGEST_SIZE,
    I32,
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
from truststore_tool.formats.java_block import certificate_der
from truststore_tool.model import (
    Certificate,
    Entry,
    LooseCertificate,
    LooseKind,
    OpaqueEntry,
    OpaqueKind,
    Remark,
    TrustedEntry,
    TrustStore,
    fold_alias,
    noted,
)

# CertificateFactory.getInstance knows no others, and does not mind case (measured with 17 and 25).
_TYPES_READ: Final = (b"X.509", b"X509")
# A sealed key has some 25 octets for each part of its object. One with fewer was made to waste our time.
_OCTETS_A_CONTENT: Final = 16
# The fields alone take more. Objects for millions of "certificates" of no bytes would exhaust memory.
_SMALLEST_CERTIFICATE: Final = 32


def detect(name: Name, data: bytes) -> bool:
    """Whether the bytes begin with the magic number of a JKS, or of a JCEKS."""
    return data.startswith(MAGIC[name])


def loads(name: Name, data: bytes, password: str | None) -> TrustStore:
    """The store in `data`. Nothing in it is encrypted but the keys, which stay so; a password only proves the digest.

    Raises FormatError for malformed bytes and IntegrityError when `password` does not prove the digest.
    """
    cursor = _Cursor(data)
    if cursor.take(4) != MAGIC[name]:
        raise FormatError(f"not a {name.upper()} key store")
    version = cursor.number(U32)
    if version not in (1, 2):
        raise FormatError(f"{name.upper()} of the unknown version {version}")
    found = [_read_entry(cursor, name, version) for _ in range(cursor.number(I32))]
    body = memoryview(data)[: cursor.offset]
    digest = cursor.take(DIGEST_SIZE)
    if password is not None and not digests.same(digest, keyed_digest(password, (body,))):
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
        facts=Facts(version, tuple(entry for entry in shadowed if not entry.certificates)),
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
            raise self._cut_short(size, start)
        self.offset = stop
        return self.data[start:stop]

    def numbers(self, layout: Struct) -> tuple[int, ...]:
        """The numbers that come next."""
        start = self.offset
        self.offset = start + layout.size
        if self.offset > len(self.data):
            raise self._cut_short(layout.size, start)
        return layout.unpack_from(self.data, start)

    def _cut_short(self, size: int, start: int) -> FormatError:
        text = f"the key store is cut short: {size} bytes are due at byte {start}, and the file has {len(self.data)}"
        return FormatError(text, hint="fetch it again from its source")

    def number(self, layout: Struct) -> int:
        """The number that comes next."""
        return self.numbers(layout)[0]

    def text(self) -> bytes:
        """The text that comes next, still encoded."""
        return self.take(self.number(U16))

    def block(self) -> bytes:
        """The block that comes next."""
        return self.take(self.number(U32))


def _read_entry(cursor: _Cursor, name: Name, version: int) -> Entry:
    tag, size = cursor.numbers(ALIAS_HEAD)
    alias_bytes = cursor.take(size)
    alias = modified_utf8.decode(alias_bytes)
    if tag == TRUSTED:
        milliseconds, block = _read_trusted(cursor, version)
        created = java_time.from_milliseconds(milliseconds)
        origin = _origin(alias, alias_bytes, milliseconds, created, (block,))
        return TrustedEntry(alias, block.certificate, created, origin)
    milliseconds = cursor.number(S64)
    created = java_time.from_milliseconds(milliseconds)
    payload = b""
    chain: list[Block] = []
    if tag == KEY:
        payload = cursor.block()
        chain = [_read_certificate(cursor, version) for _ in range(cursor.number(I32))]
    elif tag == SECRET_KEY and name == "jceks":
        payload = _sealed_key(cursor)
    else:
        raise FormatError(f"a {name.upper()} entry has the unknown tag {tag}")
    origin = _origin(alias, alias_bytes, milliseconds, created, tuple(chain))
    certificates = tuple([block.certificate for block in chain])
    kind: OpaqueKind = "private-key"
    if tag == SECRET_KEY or (name == "jks" and not certificates):
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


def _read_trusted(cursor: _Cursor, version: int) -> tuple[int, Block]:
    """What follows the alias of a trusted entry: its date, and the certificate."""
    start = cursor.offset
    if version == 2 and start + PLAIN_MIDDLE.size <= len(cursor.data):
        milliseconds, length, kind, size = PLAIN_MIDDLE.unpack_from(cursor.data, start)
        if kind == TYPE and length == len(TYPE):
            cursor.offset += PLAIN_MIDDLE.size
            return milliseconds, _block(TYPE, cursor.take(size))
    return cursor.number(S64), _read_certificate(cursor, version)


def _read_certificate(cursor: _Cursor, version: int) -> Block:
    kind = cursor.text() if version == 2 else TYPE
    if kind.upper() not in _TYPES_READ:
        raise FormatError("the key store holds a certificate that is not X.509")
    return _block(kind, cursor.block())


def _block(kind: bytes, octets: bytes) -> Block:
    if len(octets) < _SMALLEST_CERTIFICATE:
        raise FormatError(f"{len(octets)} bytes in the key store are no certificate")
    return Block(kind, octets, Certificate(certificate_der(octets)))


def _origin(
    alias: str, alias_bytes: bytes, milliseconds: int, created: datetime | None, blocks: tuple[Block, ...]
) -> Origin | None:
    """What must be remembered of an entry, or None when its fields alone give the same bytes again."""
    plain = (
        created is not None
        and alias == fold_alias(alias)
        and alias_bytes == modified_utf8.encode(alias)
        and all(block.is_plain for block in blocks)
    )
    return None if plain else Origin(alias, alias_bytes, milliseconds, blocks)


def _loose(entry: Entry) -> Iterable[LooseCertificate]:
    """The certificates of a shadowed entry. The first remembers the entry, so that it is written again."""
    kind: LooseKind = "shadowed" if entry.kind == "trusted" else "key"
    for index, certificate in enumerate(entry.certificates):
        origin = None if index else Shadowed(entry)
        yield LooseCertificate(certificate, entry.alias, origin, kind, entry.created)


def _notes(entries: tuple[Entry, ...], shadowed: list[Entry]) -> Iterable[Remark]:
    """What a reader of the store should know about it."""
    origins = [origin for entry in entries if (origin := noted(entry.origin, Origin))]
    yield from _notes_on_shadowed(shadowed)
    yield from _notes_on_aliases(origins)
    yield from _notes_on_dates(origins)


def _notes_on_shadowed(shadowed: list[Entry]) -> Iterable[Remark]:
    if shadowed:
        some = _some(entry.alias for entry in shadowed)
        yield Remark("alias-collision", f"several entries bear the same alias, of which Java keeps the last: {some}")


def _notes_on_aliases(origins: list[Origin]) -> Iterable[Remark]:
    if mixed := [origin.alias for origin in origins if origin.alias != fold_alias(origin.alias)]:
        text = f"aliases that are not in lower case, which Java lists but cannot look up: {_some(mixed)}"
        yield Remark("odd-alias", text)
    if plain := [origin.alias for origin in origins if any(octet >= 0xF0 for octet in origin.alias_bytes)]:
        text = f"aliases in plain UTF-8, over which Java refuses the whole store: {_some(plain)}"
        yield Remark("cannot-open", text)


def _notes_on_dates(origins: list[Origin]) -> Iterable[Remark]:
    if undated := [origin.alias for origin in origins if java_time.from_milliseconds(origin.milliseconds) is None]:
        yield Remark("odd-date", f"entries whose date is beyond the calendar: {_some(undated)}")


def _some(aliases: Iterable[str]) -> str:
    """A few of the aliases, quoted, and how many more there are."""
    distinct = list(dict.fromkeys(aliases))
    more = f" and {len(distinct) - 3} more" if len(distinct) > 3 else ""
    return ", ".join(map(ascii, distinct[:3])) + more
