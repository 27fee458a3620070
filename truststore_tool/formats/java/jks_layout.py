"""The layout of JKS and JCEKS, the key stores of Sun's providers.

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

from collections.abc import Iterable
from struct import Struct
from typing import Final, Literal, NamedTuple

from truststore_tool import digests
from truststore_tool.formats.java import key_protection
from truststore_tool.model import Certificate, Entry, Note
from truststore_tool.nouns import noun

Name = Literal["jks", "jceks"]

MAGIC: Final[dict[Name, bytes]] = {"jks": b"\xfe\xed\xfe\xed", "jceks": b"\xce\xce\xce\xce"}
_WHITENER: Final = b"Mighty Aphrodite"
DIGEST_SIZE: Final = 20
KEY: Final = 1
TRUSTED: Final = 2
SECRET_KEY: Final = 3
TYPE: Final = b"X.509"

U16: Final = Struct(">H")
U32: Final = Struct(">I")
I32: Final = Struct(">i")  # of counts: one below zero is none
S64: Final = Struct(">q")
ALIAS_HEAD: Final = Struct(">IH")
# Between alias and certificate nearly every trusted entry has: date, type (text), size of the block.
PLAIN_MIDDLE: Final = Struct(">qH5sI")


@noun
class Facts(Note):
    """What saving a store needs: Java always writes version 2, we keep what the file had.

    `hidden` are keys without certificates that a later entry of their alias shadows.
    """

    version: int
    hidden: tuple[Entry, ...] = ()


@noun
class Origin(Note):
    """How an entry stood in its file, where its fields alone would be written otherwise."""

    alias: str
    alias_bytes: bytes
    milliseconds: int
    certificates: tuple["Block", ...]


class Block(NamedTuple):
    """A certificate as it stands in a file: the name of its type, its octets, and what Java reads from them."""

    kind: bytes
    octets: bytes
    certificate: Certificate

    @property
    def is_plain(self) -> bool:
        """Whether it stands there as Java would write it."""
        return self.kind == TYPE and self.octets == self.certificate.der


@noun
class Shadowed(Note):
    """The entry that was shadowed by a later one of its alias."""

    entry: Entry


def keyed_digest(password: str, parts: Iterable[bytes | memoryview]) -> bytes:
    """The keyed digest over the body of a store (JavaKeyStore.getPreKeyedHash)."""
    every = list(parts)
    digest = digests.new("sha1", sum(map(len, every)))
    digest.update(key_protection.password_bytes(password) + _WHITENER)
    for part in every:
        digest.update(part)
    return digest.digest()
