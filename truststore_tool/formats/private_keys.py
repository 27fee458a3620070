"""Private keys as people have them in files, and as PEM holds them: PKCS#8, PKCS#1, SEC1, OpenSSL's form of DSA.

Encrypted ones are PKCS#8's (RFC 5958, section 3) or those of RFC 1421, whose key OpenSSL derives with a single MD5
(EVP_BytesToKey under PEM_do_header). Whatever the form, a key that was opened is a PKCS#8 PrivateKeyInfo.
"""

import binascii
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from truststore_tool import asn1, digests
from truststore_tool.errors import FormatError, IntegrityError, PasswordRequiredError
from truststore_tool.meant.der import private_key_label
from truststore_tool.model import OpaqueEntry, TrustStore
from truststore_tool.nouns import replace

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

_BLOCK: Final = re.compile(
    rb"(?:^|\r)(?:\xef\xbb\xbf)?[ \t]*-----BEGIN (?P<label>[A-Z0-9 ]*PRIVATE KEY)-----"
    rb"(?P<body>[^-]*+(?:-(?!----)[^-]*+)*)-----END (?P=label)-----",
    re.MULTILINE,
)
_PKCS8: Final = b"PRIVATE KEY"
_SEALED: Final = b"ENCRYPTED PRIVATE KEY"
_TRADITIONAL: Final = (b"RSA PRIVATE KEY", b"EC PRIVATE KEY", b"DSA PRIVATE KEY")
_OPENSSH: Final = b"OPENSSH PRIVATE KEY"
_HEADERS: Final = re.compile(rb"\s*Proc-Type:[ \t]*4,[ \t]*ENCRYPTED\s+DEK-Info:[ \t]*([A-Z0-9-]+),([0-9A-Fa-f]+)\s")
# Ciphers of DEK-Info: the family, the bytes of a key, how often it is repeated (DES is triple DES under one key).
_DEK_CIPHERS: Final = {
    b"AES-128-CBC": ("AES", 16, 1),
    b"AES-192-CBC": ("AES", 24, 1),
    b"AES-256-CBC": ("AES", 32, 1),
    b"DES-EDE3-CBC": ("TripleDES", 24, 1),
    b"DES-CBC": ("TripleDES", 8, 3),
}
_COLUMNS: Final = 64
_SCRYPT: Final = "1.3.6.1.4.1.11591.4.11"
# N times r of scrypt (RFC 7914), each of 128 bytes of memory; OpenSSL writes 2**17.
_MOST_SCRYPT: Final = 2**20


class KeyBlock(NamedTuple):
    """A private key as it stands in a file: its label, and what is between its BEGIN and END lines."""

    label: bytes
    body: bytes

    def __repr__(self) -> str:
        return f"KeyBlock({self.label.decode()!r})"  # the body is a key

    @property
    def is_encrypted(self) -> bool:
        """Whether it takes a password to open it."""
        return self.label == _SEALED or _HEADERS.match(self.body) is not None

    @property
    def pem(self) -> bytes:
        """The block with its markers."""
        return b"-----BEGIN %b-----%b-----END %b-----\n" % (self.label, self.body, self.label)


def found(data: bytes) -> list[KeyBlock]:
    """The private keys in a PEM text, or the one that the bytes are in DER; parameters beside them are passed over."""
    blocks = [KeyBlock(match["label"], match["body"]) for match in _BLOCK.finditer(data)]
    if blocks:
        return blocks
    label = private_key_label(data)
    return [KeyBlock(label, _base64(data))] if label else []


def in_store(store: TrustStore) -> list[KeyBlock]:
    """The private keys that stand in a PEM file beside the certificates of `store`; none for other formats."""
    from truststore_tool.formats.pem.layout import Layout

    return found(b"\n".join(store.facts.texts)) if isinstance(store.facts, Layout) else []


def entry(block: KeyBlock) -> OpaqueEntry:
    """The key as an entry of a PEM file, as yet without alias and certificates."""
    return OpaqueEntry("", "private-key", "pem", block.pem)


def opened(block: KeyBlock, password: str | None) -> bytes:
    """The PKCS#8 PrivateKeyInfo (DER) of a key. A password is not looked at where the key is not encrypted.

    Raises PasswordRequiredError or IntegrityError when it takes another password, FormatError when the key is damaged,
    of no form known here, or asks for too much work.
    """
    if block.label == _OPENSSH:
        raise FormatError(
            "a private key is in the form of OpenSSH", hint="convert a copy: ssh-keygen -p -m PKCS8 -f COPY"
        )
    if block.label not in (_PKCS8, _SEALED, *_TRADITIONAL):
        raise FormatError(f"a private key is of a form that is not known: {block.label.decode()}")
    if block.is_encrypted and password is None:
        raise PasswordRequiredError("a private key is encrypted and no password was given")
    if block.label == _SEALED:
        return _unsealed(_decoded(block.body), password or "")
    headers = _HEADERS.match(block.body)
    if headers is None:
        der = _decoded(block.body)
    else:
        der = _deciphered(headers, _decoded(block.body[headers.end() :]), password or "")
    return _checked(der) if block.label == _PKCS8 else _as_pkcs8(der)


def public_key(pkcs8: bytes) -> bytes:
    """The bits of the public key, as subjectPublicKey holds them (RFC 5280, 4.1.2.7). Raises FormatError."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    encoded = _loaded(pkcs8).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return asn1.read_exactly(encoded).children()[1].bits()


def sealed(pkcs8: bytes, password: str | None) -> KeyBlock:
    """A key for a PEM file: encrypted with AES-256 under PBKDF2, or as it is without a password."""
    if password is None:
        return KeyBlock(_PKCS8, _base64(pkcs8))
    from truststore_tool.formats.crypto import encrypted_keys, kdf, pbe

    return KeyBlock(_SEALED, _base64(encrypted_keys.sealed(pkcs8, pbe.modern(), kdf.passphrases(password)[0])))


def _decoded(text: bytes) -> bytes:
    try:
        return binascii.a2b_base64(b"".join(text.split()), strict_mode=True)
    except binascii.Error as exc:
        raise FormatError(f"a private key is no base64 ({exc})", hint="fetch the key again from its source") from exc


def _base64(der: bytes) -> bytes:
    text = binascii.b2a_base64(der, newline=False)
    return b"\n%b\n" % b"\n".join(_lines(text))


def _lines(text: bytes) -> Iterator[bytes]:
    return (text[i : i + _COLUMNS] for i in range(0, len(text), _COLUMNS))


def _checked(der: bytes) -> bytes:
    asn1.read_exactly(der).expect(asn1.SEQUENCE).inner().expect(asn1.INTEGER)
    return der


def _loaded(der: bytes, password: str | None = None) -> "PrivateKeyTypes":
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    try:
        return load_der_private_key(der, None if password is None else password.encode("utf-8", "surrogatepass"))
    except (ValueError, TypeError, UnsupportedAlgorithm) as exc:
        if password is not None and "ncorrect password" in str(exc):
            raise IntegrityError("the password does not open the private key") from exc
        raise FormatError(f"a private key cannot be read: {str(exc).partition('.')[0]}") from exc


def _as_pkcs8(der: bytes) -> bytes:
    return _encoded(_loaded(der))


def _encoded(key: "PrivateKeyTypes") -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _unsealed(der: bytes, password: str) -> bytes:
    from truststore_tool.formats.crypto import encrypted_keys, kdf

    info = asn1.read_exactly(der)
    try:
        return encrypted_keys.opened(info, password)[0]
    except kdf.UnknownAlgorithmError:
        _check_work(info)
        return _encoded(_loaded(der, password))


def _check_work(element: asn1.Element) -> None:
    """Refuse what asks for absurd work in an algorithm that is left to others: numbers that are too large."""
    from truststore_tool.formats.crypto import kdf

    algorithm = element.inner()
    numbers = [part.integer() for part in _flat(algorithm) if part.tag == asn1.INTEGER]
    if any(number > kdf.MAX_ITERATIONS for number in numbers):
        raise FormatError(f"a private key asks for more than {kdf.MAX_ITERATIONS} iterations of key derivation")
    if any(part.tag == asn1.OBJECT_IDENTIFIER and part.oid() == _SCRYPT for part in _flat(algorithm)):
        cost, size, *lanes = numbers
        if cost * size > _MOST_SCRYPT or any(lane > 16 for lane in lanes[:1]):
            raise FormatError("a private key asks for more memory than any program that writes such keys")


def _flat(element: asn1.Element) -> Iterator[asn1.Element]:
    for part in element.children():
        yield part
        if part.tag == asn1.SEQUENCE:
            yield from _flat(part)


def _deciphered(headers: re.Match[bytes], data: bytes, password: str) -> bytes:
    """A key in the old encrypted form. The padding alone tells wrong passwords, so what comes out is looked at."""
    from truststore_tool.formats.crypto import pbe

    if headers[1] not in _DEK_CIPHERS:
        raise FormatError(
            f"a private key is encrypted with {headers[1].decode()}, which is not known here",
            hint="decrypt it with openssl pkey",
        )
    family, size, repeated = _DEK_CIPHERS[headers[1]]
    iv = binascii.unhexlify(headers[2] + b"0" * (len(headers[2]) % 2))
    block = 16 if family == "AES" else 8
    if len(iv) != block:
        raise FormatError("a private key has an initialization vector of another length than its cipher")
    secret = password.encode("utf-8", "surrogatepass") + iv[:8]
    key = digest = digests.digest("md5", secret)
    while len(key) < size:
        digest = digests.digest("md5", digest + secret)
        key += digest
    try:
        plain = pbe.decrypted(pbe.Cipher(family, size * repeated, block), key[:size] * repeated, iv, data)
        asn1.read_exactly(plain).expect(asn1.SEQUENCE).inner().expect(asn1.INTEGER)
    except (IntegrityError, FormatError) as exc:
        raise IntegrityError("the password does not open the private key") from exc
    return plain


def open_entry(entry: OpaqueEntry, password: str | None) -> bytes:
    """As `opened`, for an entry of a PEM file."""
    blocks = found(entry.payload) if entry.format == "pem" else []
    if not blocks:
        raise FormatError(f"entry {entry.alias!r} is no private key in PEM")
    return opened(blocks[0], password)


def seal_entry(entry: OpaqueEntry, pkcs8: bytes, password: str | None) -> OpaqueEntry:
    """An entry of any format as one of a PEM file, with its key as `sealed` makes it."""
    return replace(entry, kind="private-key", format="pem", payload=sealed(pkcs8, password).pem, origin=None)
