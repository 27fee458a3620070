"""Keys from passwords: the derivation of PKCS#12 (RFC 7292, appendix B) and PBKDF2 (RFC 8018, section 5.2).

The file chooses how much work this is, so iteration counts are bounded before any of it is done.
"""

import hashlib
import os
from collections.abc import Callable
from functools import cache, lru_cache, partial
from typing import Final, Self

from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError
from truststore_tool.nouns import field, noun, replace

# What OpenJDK's PKCS12KeyStore (MAX_ITERATION_COUNT) accepts as well.
MAX_ITERATIONS: Final = 5_000_000

# From this count on OpenSSL's derivation, where there is one, saves more time than importing ctypes takes.
_FASTER_WITH_OPENSSL: Final = 40_000

# Purposes of derived bytes (RFC 7292, B.3).
KEY: Final = 1
IV: Final = 2
MAC: Final = 3

# Pseudo-random functions of PBKDF2, which are also the MACs of PBMAC1 (RFC 8018, B.1): OID -> digest of the HMAC.
HMACS: Final = {
    oids.HMAC_SHA1: "sha1",
    oids.HMAC_SHA224: "sha224",
    oids.HMAC_SHA256: "sha256",
    oids.HMAC_SHA384: "sha384",
    oids.HMAC_SHA512: "sha512",
    oids.HMAC_SHA512_224: "sha512_224",
    oids.HMAC_SHA512_256: "sha512_256",
}
_MIN_SALT: Final = 8
_MAX_KEY_LENGTH: Final = 1024


class UnknownAlgorithmError(FormatError):
    """The file asks for an algorithm that is not known here; what it protects can only be carried."""


@noun
class Passphrase:
    """A password in the two encodings that PKCS#12 uses.

    Attributes:
        bmp: for RFC 7292's own derivation: UTF-16BE with two zero bytes at the end (B.1).
        utf8: for PBKDF2, as OpenSSL and JDK 18 and later do.
    """

    bmp: bytes = field(repr=False)
    utf8: bytes = field(repr=False)


def passphrases(password: str) -> tuple[Passphrase, ...]:
    """The encodings to try for `password`, the usual one first.

    An empty password is two zero bytes to OpenSSL and nothing at all to Java, which tries both as well.
    """
    if not password:
        return Passphrase(b"\0\0", b""), Passphrase(b"", b"")
    utf8 = password.encode("utf-8", "surrogatepass")
    return (Passphrase(password.encode("utf-16-be", "surrogatepass") + b"\0\0", utf8),)


def old_passphrases(password: str) -> tuple[Passphrase, ...]:
    """The encoding of OpenSSL before 1.1 for a password that is not ASCII; none where it is the usual one.

    It took each octet of the UTF-8 for a character (asc2uni), as ``openssl pkcs12`` still tries, and calls broken.
    Where it was given Latin-1 the encoding is the usual one.
    """
    utf8 = password.encode("utf-8", "surrogatepass")
    if utf8.isascii():
        return ()
    return (Passphrase(utf8.decode("latin-1").encode("utf-16-be") + b"\0\0", utf8),)


def iterations(element: asn1.Element) -> int:
    """The iteration count that an INTEGER holds. Raises FormatError when it is not in 1..MAX_ITERATIONS."""
    count = element.integer()
    if not 0 < count <= MAX_ITERATIONS:
        shown = count if count.bit_length() < 64 else "an absurd number of"
        raise FormatError(
            f"the store asks for {shown} iterations of key derivation; 1 to {MAX_ITERATIONS} are accepted",
            hint="no program writes such a store; it may be meant to exhaust its reader",
        )
    return count


def new_salt(like: bytes) -> bytes:
    """Random bytes, as many as `like` has but at least 8 (RFC 8018, section 4.1)."""
    return os.urandom(max(len(like), _MIN_SALT))


# The key of this process to the digests of passwords.
_PROCESS: Final = os.urandom(16)


class _Once:
    """A password that is read once; what is remembered by it has a keyed digest of it alone."""

    __slots__ = ("_digest", "_password")

    def __init__(self, password: bytes) -> None:
        self._digest = hashlib.blake2b(password, key=_PROCESS).digest()
        self._password = password

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Once) and self._digest == other._digest

    def __hash__(self) -> int:
        return hash(self._digest)

    def take(self) -> bytes:
        """The password, which is gone then."""
        password, self._password = self._password, b""
        return password


def pkcs12_kdf(digest: str, purpose: int, password: bytes, salt: bytes, count: int, size: int) -> bytes:
    """`size` bytes derived as RFC 7292 (B.2) says.

    Args:
        digest: hashlib's name of the hash.
        purpose: KEY, IV or MAC.
        password: `Passphrase.bmp`.
        salt: any length.
        count: iterations, at least 1.
        size: how many bytes.
    """
    return _pkcs12_kdf(digest, purpose, _Once(password), salt, count, size)


# A store is written, read back to prove it, and read as its readers do, each time with the same few keys.
@lru_cache(maxsize=4)
def _pkcs12_kdf(digest: str, purpose: int, once: _Once, salt: bytes, count: int, size: int) -> bytes:
    password = once.take()
    derive = _openssl_kdf() if count >= _FASTER_WITH_OPENSSL else None
    found = derive and derive(digest, purpose, password, salt, count, size)
    return found or _python_kdf(digest, purpose, password, salt, count, size)


_Kdf = Callable[[str, int, bytes, bytes, int, int], bytes | None]


@cache
def _openssl_kdf() -> _Kdf | None:
    """OpenSSL's own derivation (PKCS12_key_gen_uni), which takes a third of the time of the one below.

    It is in the library that hashlib is built on; None where that is not a shared OpenSSL library. The function takes
    the arguments of `pkcs12_kdf` and returns the bytes, or None when OpenSSL refuses, for example an unknown digest.
    """
    import ctypes

    try:
        import _hashlib

        library = ctypes.CDLL(_hashlib.__file__)
        generate, digest_named = library.PKCS12_key_gen_uni, library.EVP_get_digestbyname
    except (ImportError, AttributeError, OSError):
        return None
    octets, number, pointer = ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p
    digest_named.argtypes, digest_named.restype = (octets,), pointer
    generate.argtypes = (octets, number, octets, number, number, number, number, octets, pointer)

    def derive(digest: str, purpose: int, password: bytes, salt: bytes, count: int, size: int) -> bytes | None:
        method = digest_named(digest.encode())
        out = ctypes.create_string_buffer(size)
        done = method and generate(password, len(password), salt, len(salt), purpose, count, size, out, method)
        return out.raw if done else None

    return derive


def _python_kdf(digest: str, purpose: int, password: bytes, salt: bytes, count: int, size: int) -> bytes:
    new = getattr(hashlib, digest, None) or partial(hashlib.new, digest)
    width = new().block_size
    modulus = 1 << (8 * width)
    diversifier = bytes((purpose,)) * width
    block = _repeated(salt, width) + _repeated(password, width)
    out = b""
    while True:
        piece: bytes = new(diversifier + block).digest()
        for _ in range(count - 1):
            piece = new(piece).digest()
        out += piece
        if len(out) >= size:
            return out[:size]
        addend = int.from_bytes(_repeated(piece, width)[:width], "big") + 1
        words = (int.from_bytes(block[i : i + width], "big") for i in range(0, len(block), width))
        block = b"".join(((word + addend) % modulus).to_bytes(width, "big") for word in words)


def _repeated(data: bytes, width: int) -> bytes:
    """`data` repeated to the next multiple of `width`; nothing stays nothing."""
    size = -(-len(data) // width) * width
    return (data * (size // len(data) + 1))[:size] if data else b""


@lru_cache(maxsize=4)
def _pbkdf2(digest: str, once: _Once, salt: bytes, count: int, size: int) -> bytes:
    return hashlib.pbkdf2_hmac(digest, once.take(), salt, count, size)


@noun
class Pbkdf2:
    """Parameters of PBKDF2 (RFC 8018, A.2).

    Attributes:
        salt: the salt.
        count: the iteration count.
        key_length: bytes to derive, where the file says so; any number, which Java does not look at.
        prf: OID of the pseudo-random function, a key of HMACS.
    """

    salt: bytes
    count: int
    key_length: int | None
    prf: str

    @classmethod
    def parse(cls, algorithm: asn1.Element) -> Self:
        """Read a key derivation AlgorithmIdentifier. Raises UnknownAlgorithmError when it is not PBKDF2."""
        name, parameters = identifier(algorithm)
        if name != oids.PBKDF2 or parameters is None:
            raise UnknownAlgorithmError(f"key derivation {name} is not known")
        salt, count, *rest = parameters_in(parameters, 2, 4)
        if salt.tag & ~asn1.CONSTRUCTED != asn1.OCTET_STRING:
            raise UnknownAlgorithmError("the salt of PBKDF2 is not given in the file")
        key_length = None
        if rest and rest[0].tag == asn1.INTEGER:
            key_length = rest.pop(0).integer()
        prf = _prf(rest[0]) if rest else oids.HMAC_SHA1
        if prf not in HMACS:
            raise UnknownAlgorithmError(f"pseudo-random function {prf} is not known")
        return cls(salt.octets(), iterations(count), key_length, prf)

    def size(self, least: int, otherwise: int) -> int:
        """The bytes to derive, or `otherwise` where the file does not say. FormatError for less than `least`."""
        size = otherwise if self.key_length is None else self.key_length
        if not least <= size <= _MAX_KEY_LENGTH:
            raise FormatError("the key length of PBKDF2 is out of range")
        return size

    def derive(self, passphrase: Passphrase, size: int) -> bytes:
        """`size` bytes of key."""
        return _pbkdf2(HMACS[self.prf], _Once(passphrase.utf8), self.salt, self.count, size)

    def renewed(self) -> Self:
        """The same with a fresh salt."""
        return replace(self, salt=new_salt(self.salt))

    def encoded(self) -> bytes:
        """The AlgorithmIdentifier."""
        length = b"" if self.key_length is None else asn1.integer(self.key_length)
        return asn1.sequence(
            asn1.oid(oids.PBKDF2),
            asn1.sequence(
                asn1.octet_string(self.salt),
                asn1.integer(self.count),
                length,
                asn1.sequence(asn1.oid(self.prf), asn1.null()),
            ),
        )


def _prf(element: asn1.Element) -> str:
    """OID of the PRF. To newer releases of Java what is no SEQUENCE is none, to older ones what has no OID fails."""
    try:
        return parameters_in(element, 1, 1)[0].oid()
    except FormatError:
        if element.tag == asn1.SEQUENCE:
            raise
        return oids.HMAC_SHA1


def identifier(algorithm: asn1.Element) -> tuple[str, asn1.Element | None]:
    """OID and parameters of an AlgorithmIdentifier (RFC 5280, 4.1.1.2); None for absent parameters."""
    parts = parameters_in(algorithm, 1, 2)
    return parts[0].oid(), parts[1] if len(parts) == 2 else None


def parameters_in(element: asn1.Element, least: int, most: int) -> list[asn1.Element]:
    """The first fields of a SEQUENCE, as Java reads parameters of algorithms (com.sun.crypto.provider.PBES2Parameters).

    Its tag may be any, and fields behind these are not looked at.
    """
    return element._replace(tag=asn1.SEQUENCE).first(least, most)
