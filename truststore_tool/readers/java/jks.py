"""What a Java release makes of a JKS or JCEKS: sun.security.provider.JavaKeyStore, com.sun.crypto.provider.JceKeyStore.

All releases read them alike, but for the certificates that their parsers refuse.
"""

import hashlib
import hmac
import re
from struct import Struct
from typing import Final

from truststore_tool.errors import FormatError
from truststore_tool.formats.java import key_protection, modified_utf8
from truststore_tool.model import Certificate, fold_alias
from truststore_tool.readers.base import UnknownError
from truststore_tool.readers.java.loading import Contents, Parser, RefusedError, parsed
from truststore_tool.readers.java.releases import Release

JKS: Final = b"\xfe\xed\xfe\xed"
JCEKS: Final = b"\xce\xce\xce\xce"
_WHITENER: Final = b"Mighty Aphrodite"
_DIGEST_SIZE: Final = 20
_KEY: Final = 1
_TRUSTED: Final = 2
_SECRET_KEY: Final = 3
_U16: Final = Struct(">H")
_I32: Final = Struct(">i")
_S64: Final = Struct(">q")
# What DataInputStream.readUTF takes: one to three octets a character, overlong or not. Compiled where it is needed.
_UTF: Final = rb"(?:[\x00-\x7f]|[\xc0-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2})*"
_INVALID: Final = "Invalid keystore format"
_TAMPERED: Final = "Keystore was tampered with, or password was incorrect"
# The one class that JceKeyStore lets through since its DeserializationChecker came.
_SEALED_KEY: Final = "com.sun.crypto.provider.SealedObjectForKeyProtector"


class _Cursor:
    """A position in the bytes; the end of them is Java's EOFException."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.offset = 0

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        if not 0 <= size <= len(self.data) - self.offset:
            raise RefusedError("java.io.EOFException" if size >= 0 else "java.io.IOException")
        self.offset += size
        return self.data[self.offset - size : self.offset]

    def number(self, layout: Struct) -> int:
        """The number that comes next."""
        found: int = layout.unpack(self.take(layout.size))[0]
        return found

    def text(self) -> str:
        """The text that comes next, in modified UTF-8."""
        data = self.take(self.number(_U16))
        if not data.isascii() and not re.fullmatch(_UTF, data):
            raise RefusedError("java.io.UTFDataFormatException")
        try:
            return modified_utf8.decode(data)
        except FormatError as exc:
            raise UnknownError("nobody has looked at overlong characters") from exc

    def block(self) -> bytes:
        """The block that comes next."""
        return self.take(self.number(_I32))


def load(
    data: bytes, password: str | None, release: Release, why_refused: Parser, magics: tuple[bytes, ...]
) -> Contents:
    """What KeyStore.load reads; `magics` are those of the formats that the type reads. Raises RefusedError."""
    cursor = _Cursor(data)
    magic, version = cursor.take(4), cursor.number(_I32)
    if magic not in magics or version not in (1, 2):
        raise RefusedError("java.io.IOException", _INVALID)
    entries: dict[str, tuple[int, Certificate | None]] = {}
    contents = Contents()
    for _ in range(cursor.number(_I32)):
        tag, alias = _tag(cursor, sealed=JCEKS in magics), cursor.text()
        cursor.number(_S64)
        chain: list[Certificate] = []
        if tag == _SECRET_KEY:
            _pass_sealed_key(cursor)
        if tag == _KEY:
            cursor.block()
        count = {_KEY: cursor.number(_I32) if tag == _KEY else 0, _TRUSTED: 1}.get(tag, 0)
        if count < 0 and JCEKS in magics:
            raise RefusedError("java.lang.NegativeArraySizeException", str(count))
        for _number in range(count):
            chain.append(_certificate(cursor, version, release, why_refused))
        shadowed = entries.pop(alias, None)
        if shadowed and shadowed[1] and shadowed[0] == _TRUSTED:
            contents.leave_out(shadowed[1], f"a later entry bears its alias {alias!r}", "alias-collision")
        entries[alias] = tag, chain[0] if chain else None
        for certificate in chain[1:]:
            contents.leave_out(certificate, "it stands in the chain of a key", None)
    if password is not None:
        _check(cursor, password)
    return _seen(entries, contents)


def _tag(cursor: _Cursor, *, sealed: bool) -> int:
    tag = cursor.number(_I32)
    if tag not in (_KEY, _TRUSTED) and not (sealed and tag == _SECRET_KEY):
        raise RefusedError("java.io.IOException", f"Unrecognized keystore entry: {tag}")
    return tag


def _pass_sealed_key(cursor: _Cursor) -> None:
    """Step over a serialized key. Raises RefusedError for an object that JceKeyStore does not take."""
    from truststore_tool.formats.java import serialized

    start = cursor.offset
    try:
        cursor.offset = serialized.extent(cursor.data, start).end
    except FormatError as exc:
        raise RefusedError("java.io.IOException") from exc
    try:
        sealed = serialized.read(cursor.data[start : cursor.offset])
    except FormatError as exc:
        raise UnknownError("a secret key in an odd form") from exc
    if sealed.name != _SEALED_KEY:
        raise RefusedError("java.io.IOException", "Invalid secret key format")


def _certificate(cursor: _Cursor, version: int, release: Release, why_refused: Parser) -> Certificate:
    kind = cursor.text() if version == 2 else "X.509"
    der = cursor.block()
    if kind.upper() not in ("X.509", "X509"):
        raise RefusedError("java.security.cert.CertificateException", f"{kind} not found")
    return parsed(der, release, why_refused)


def _check(cursor: _Cursor, password: str) -> None:
    body = cursor.data[: cursor.offset]
    digest = hashlib.sha1(key_protection.password_bytes(password) + _WHITENER + body, usedforsecurity=False).digest()
    if not hmac.compare_digest(digest, cursor.take(_DIGEST_SIZE)):
        cause = "java.security.UnrecoverableKeyException: Password verification failed"
        raise RefusedError("java.io.IOException", _TAMPERED, cause=cause)


def _seen(entries: dict[str, tuple[int, Certificate | None]], contents: Contents) -> Contents:
    """What is found when each alias is looked up, as every user of a KeyStore does: in lower case."""
    for alias, (_, certificate) in entries.items():
        folded = fold_alias(alias)
        if folded != alias and certificate is not None:
            reason = f"its alias {alias!r} is not in lower case, in which Java looks it up"
            contents.leave_out(certificate, reason, "odd-alias")
        tag, found = entries.get(folded, (0, None))
        if found is not None:
            (contents.anchors if tag == _TRUSTED else contents.leaves).append(found)
    return contents
