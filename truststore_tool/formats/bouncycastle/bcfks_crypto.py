"""What protects a BCFKS keystore: a MAC and a cipher under keys derived from its password.

BouncyCastle writes PBKDF2 (RFC 8018) with HMAC-SHA512 or HMAC-SHA3-512, or scrypt (RFC 7914); the MAC is one of the
same two HMACs; the cipher is AES-256 in CCM mode (RFC 5084) or as a key wrap with padding (RFC 5649).
The file chooses how much work this is, so every cost is bounded before any of it is done.
"""

import hashlib
import hmac
from typing import Final

from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError, IntegrityError
from truststore_tool.formats.crypto.kdf import identifier

_SCRYPT: Final = "1.3.6.1.4.1.11591.4.11"
_HMACS: Final = {oids.HMAC_SHA512: "sha512", oids.HMAC_SHA3_512: "sha3_512"}
_AES256_CCM: Final = "2.16.840.1.101.3.4.1.47"
_AES256_WRAP_PAD: Final = "2.16.840.1.101.3.4.1.48"
_AES256_KEY_LENGTH: Final = 32
_CCM_DEFAULT_TAG_LENGTH: Final = 12  # RFC 5084, section 3.1

# BouncyCastle writes 16,384 or 51,200 iterations. Half a million take a reader about a second, as does scrypt with
# a cost of 16,384 and blocks of 8.
_MAX_ITERATIONS: Final = 500_000
_MAX_KEY_LENGTH: Final = 64  # of the MAC; each further 64 bytes would cost all the iterations again
_MAX_SCRYPT_MEMORY: Final = 64 << 20
_MAX_SCRYPT_WORK: Final = 128 << 20

_REFUSED: Final = "the BCFKS keystore was tampered with, or the password is wrong"
_HINT: Final = "check the password"


def verify(check: asn1.Element, content: bytes, password: str) -> None:
    """Check PbkdMacIntegrityCheck ::= SEQUENCE { mac AlgorithmIdentifier, kdf AlgorithmIdentifier, OCTET STRING }.

    Args:
        check: that structure.
        content: the encoded store data.
        password: of the store.

    Raises IntegrityError when the MAC does not match, FormatError for unknown algorithms and excessive costs.
    """
    algorithm, derivation, value = check.expect(asn1.SEQUENCE).fields(3, 3)
    digest = _hmac(algorithm)
    key = _derive(derivation, "INTEGRITY_CHECK", password, None)
    if not hmac.compare_digest(hmac.digest(key, content, digest), _octets(value)):
        raise IntegrityError(_REFUSED, hint=_HINT)


def decrypt(content: asn1.Element, password: str) -> bytes:
    """The plain ObjectStoreData in an EncryptedObjectStoreData. Raises as `verify` does."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESCCM
    from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap_with_padding

    algorithm, data = content.fields(2, 2)
    name, parameters = identifier(algorithm)
    if name != oids.PBES2 or parameters is None:
        raise FormatError(f"unknown BCFKS encryption {name}")
    derivation, scheme = parameters.expect(asn1.SEQUENCE).fields(2, 2)
    cipher, settings = identifier(scheme)
    if cipher not in (_AES256_CCM, _AES256_WRAP_PAD):
        raise FormatError(f"unknown BCFKS cipher {cipher}")
    key = _derive(derivation, "STORE_ENCRYPTION", password, _AES256_KEY_LENGTH)
    try:
        if cipher == _AES256_WRAP_PAD:
            return aes_key_unwrap_with_padding(key, data.octets())
        if settings is None:
            raise FormatError("the BCFKS cipher has no parameters")
        nonce, *tag_length = settings.expect(asn1.SEQUENCE).fields(1, 2)
        size = tag_length[0].integer() if tag_length else _CCM_DEFAULT_TAG_LENGTH
        return AESCCM(key, size).decrypt(nonce.octets(), data.octets(), None)
    except (InvalidTag, InvalidUnwrap) as exc:
        raise IntegrityError(_REFUSED, hint=_HINT) from exc
    except (ValueError, OverflowError) as exc:
        raise FormatError(f"malformed BCFKS encryption: {exc}") from exc


def _derive(algorithm: asn1.Element, purpose: str, password: str, size: int | None) -> bytes:
    """A key for `purpose`; of the length in the parameters, else of `size` bytes."""
    name, parameters = identifier(algorithm)
    if name not in (oids.PBKDF2, _SCRYPT) or parameters is None:
        raise FormatError(f"unknown BCFKS key derivation {name}")
    fields = parameters.expect(asn1.SEQUENCE).fields(2, 5)
    secret = _pkcs12_bytes(password) + _pkcs12_bytes(purpose)
    return (_pbkdf2 if name == oids.PBKDF2 else _scrypt)(fields, secret, size)


def _pbkdf2(fields: list[asn1.Element], secret: bytes, size: int | None) -> bytes:
    """PBKDF2-params ::= SEQUENCE { salt, iterationCount, keyLength OPTIONAL, prf } (RFC 8018, A.2)."""
    salt, count, *rest = fields
    iterations = _bounded(count, _MAX_ITERATIONS, "iterations")
    if rest and rest[0].tag == asn1.INTEGER:
        size = _bounded(rest.pop(0), _MAX_KEY_LENGTH, "bytes of key")
    if size is None or not rest:
        raise FormatError("the BCFKS key derivation lacks parameters")
    return hashlib.pbkdf2_hmac(_hmac(rest[0]), secret, _octets(salt), iterations, size)


def _scrypt(fields: list[asn1.Element], secret: bytes, size: int | None) -> bytes:
    """scrypt-params ::= SEQUENCE { salt, cost, blockSize, parallelization, keyLength OPTIONAL } (RFC 7914, section 7).

    BouncyCastle takes the block size for the parallelization, whatever that says (BcFKSKeyStoreSpi.generateKey).
    """
    if len(fields) < 4:
        raise FormatError("the BCFKS key derivation lacks parameters")
    salt, cost_field, block_field, parallelization, *rest = fields
    parallelization.expect(asn1.INTEGER)
    cost = _bounded(cost_field, _MAX_SCRYPT_MEMORY // 128, "scrypt rounds")
    block = _bounded(block_field, _MAX_SCRYPT_MEMORY // 128 // cost, "bytes of scrypt blocks")
    if rest:
        size = _bounded(rest[0], _MAX_KEY_LENGTH, "bytes of key")
    if size is None:
        raise FormatError("the BCFKS key derivation lacks parameters")
    if 128 * cost * block * block > _MAX_SCRYPT_WORK:
        raise _excessive("scrypt work")
    try:
        return hashlib.scrypt(
            secret, salt=_octets(salt), n=cost, r=block, p=block, maxmem=2 * _MAX_SCRYPT_MEMORY, dklen=size
        )
    except ValueError as exc:  # a cost that is not a power of two, an empty salt
        raise FormatError(f"malformed scrypt parameters: {exc}") from exc


def _bounded(element: asn1.Element, most: int, what: str) -> int:
    number = element.integer()
    if not 0 < number <= most:
        raise _excessive(what)
    return number


def _excessive(what: str) -> FormatError:
    return FormatError(
        f"the BCFKS keystore asks for an unreasonable number of {what}",
        hint="no program writes such a store; it may be meant to exhaust its reader",
    )


def _hmac(algorithm: asn1.Element) -> str:
    """hashlib's name of the digest under an HMAC."""
    name, parameters = identifier(algorithm)
    if name not in _HMACS or not (parameters is None or parameters.raw == asn1.null()):
        raise FormatError(f"unknown BCFKS digest {name}")
    return _HMACS[name]


def _octets(element: asn1.Element) -> bytes:
    """The bytes of an OCTET STRING, and of nothing else: the integrity check does not cover its own fields."""
    if element.tag & ~asn1.CONSTRUCTED != asn1.OCTET_STRING:
        raise FormatError("a field of the BCFKS integrity check or encryption is no OCTET STRING")
    return element.octets()


def _pkcs12_bytes(text: str) -> bytes:
    """UTF-16BE and two zero bytes (PBEParametersGenerator.PKCS12PasswordToBytes); no bytes for an empty text."""
    return text.encode("utf-16-be", "surrogatepass") + b"\0\0" if text else b""
