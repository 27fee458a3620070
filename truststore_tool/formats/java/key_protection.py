"""How JKS and JCEKS protect private keys: two algorithms of Sun's own around a PKCS#8 PrivateKeyInfo.

The result is a PKCS#8 EncryptedPrivateKeyInfo (RFC 5208, 6) under an OID of Sun's.
Sources: sun.security.provider.KeyProtector; com.sun.crypto.provider.KeyProtector and PBES1Core.
"""

import os
from typing import TYPE_CHECKING, Final

from truststore_tool import asn1, digests
from truststore_tool.errors import FormatError, IntegrityError, UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.modes import CBC

JKS_PROTECTOR: Final = "1.3.6.1.4.1.42.2.17.1.1"
JCEKS_PROTECTOR: Final = "1.3.6.1.4.1.42.2.19.1"  # PBEWithMD5AndTripleDES

_SHA1_SIZE: Final = 20
_ITERATIONS: Final = 200_000  # what JceKeyStore writes
_MAX_ITERATIONS: Final = 5_000_000  # what it reads; the file chooses this number
NOT_OPENED: Final = "the password does not open the key"
HINT: Final = "a key may have a password of its own"


def password_bytes(password: str) -> bytes:
    """A Java char[] as JKS digests it: UTF-16 code units, big-endian."""
    return password.encode("utf-16-be", "surrogatepass")


def protector(protected: bytes) -> str | None:
    """The OID of the algorithm that protects a key, or None when the bytes do not say."""
    try:
        return _parse(protected)[0]
    except FormatError:
        return None


def unprotect(protected: bytes, password: str) -> bytes:
    """The PKCS#8 PrivateKeyInfo (DER) inside `protected`, under either algorithm.

    Raises IntegrityError when the password is wrong and FormatError when the bytes are malformed.
    """
    oid, parameters, content = _parse(protected)
    if oid == JKS_PROTECTOR:
        return _jks_unprotect(content, password)
    if oid == JCEKS_PROTECTOR and parameters is not None:
        return _jceks_unprotect(parameters, content, password)
    raise FormatError(f"the key is protected by an algorithm that Java's key stores do not know ({oid})")


def _parse(protected: bytes) -> tuple[str, asn1.Element | None, bytes]:
    """Algorithm OID, its parameters and the encrypted content. The parameters may be missing altogether."""
    fields = asn1.read_exactly(protected).expect(asn1.SEQUENCE).children()
    if len(fields) != 2:
        raise FormatError("a protected key is not an EncryptedPrivateKeyInfo")
    algorithm = fields[0].expect(asn1.SEQUENCE).children()
    if not algorithm:
        raise FormatError("a protected key names no algorithm")
    return algorithm[0].oid(), algorithm[1] if len(algorithm) > 1 else None, fields[1].octets()


def _encrypted(oid: str, parameters: bytes, content: bytes) -> bytes:
    algorithm = asn1.sequence(asn1.oid(oid), parameters)
    return asn1.sequence(algorithm, asn1.octet_string(content))


# JKS: the key is XORed with a chain of SHA-1 digests, and a digest of the plain key tells wrong passwords.


def jks_protect(pkcs8: bytes, password: str) -> bytes:
    """`pkcs8` under the algorithm that every JKS reader knows."""
    secret = password_bytes(password)
    salt = os.urandom(_SHA1_SIZE)
    content = b"".join((salt, _xor_chain(pkcs8, salt, secret), _sha1(secret + pkcs8)))
    return _encrypted(JKS_PROTECTOR, asn1.null(), content)


def _jks_unprotect(content: bytes, password: str) -> bytes:
    if len(content) < 2 * _SHA1_SIZE:
        raise FormatError("a protected key is cut short")
    secret = password_bytes(password)
    salt, encrypted, check = content[:_SHA1_SIZE], content[_SHA1_SIZE:-_SHA1_SIZE], content[-_SHA1_SIZE:]
    plain = _xor_chain(encrypted, salt, secret)
    if not digests.same(check, _sha1(secret + plain)):
        raise IntegrityError(NOT_OPENED, hint=HINT)
    return plain


def _xor_chain(data: bytes, salt: bytes, secret: bytes) -> bytes:
    """`data` XOR the chain of digests that starts at `salt`; undoes itself."""
    chain = []
    link = salt
    for _ in range(0, len(data), _SHA1_SIZE):
        link = _sha1(secret + link)
        chain.append(link)
    stream = b"".join(chain)[: len(data)]
    return (int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(data), "big")


def _sha1(data: bytes) -> bytes:
    return digests.digest("sha1", data)


# JCEKS: triple DES in CBC mode with PKCS#5 padding; key and IV come from the password by a chain of MD5 digests.


def jceks_protect(pkcs8: bytes, password: str) -> bytes:
    """`pkcs8` under JCEKS's stronger algorithm, with the iteration count of current JDKs.

    Raises UsageError for a password beyond printable ASCII, which JDK 17 could not open the key with.
    """
    return _encrypted(JCEKS_PROTECTOR, *triple_des_encrypt(pkcs8, password))


def triple_des_encrypt(plain: bytes, password: str) -> tuple[bytes, bytes]:
    """`plain` under PBEWithMD5AndTripleDES: the PBE parameters (DER), and the encrypted content.

    Raises UsageError as `jceks_protect` does.
    """
    from cryptography.hazmat.primitives.padding import PKCS7

    if not (password.isascii() and password.isprintable()):
        raise UsageError("JCEKS cannot protect a key under a password that is not ASCII", hint="use an ASCII password")
    salt = os.urandom(8)
    while salt[:4] == salt[4:]:  # such salts are weak, and JDKs disagree about them
        salt = os.urandom(8)
    padder = PKCS7(64).padder()
    encryptor = _triple_des(salt, _ITERATIONS, password).encryptor()
    content = encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()
    return asn1.sequence(asn1.octet_string(salt), asn1.integer(_ITERATIONS)), content


def _jceks_unprotect(parameters: asn1.Element, content: bytes, password: str) -> bytes:
    plain = triple_des_decrypt(parameters, content, password)
    try:
        # The padding of a wrongly decrypted key is right once in 256 times: look at what was decrypted.
        asn1.read_exactly(plain).expect(asn1.SEQUENCE)
    except FormatError as exc:
        raise IntegrityError(NOT_OPENED, hint=HINT) from exc
    return plain


def triple_des_decrypt(parameters: asn1.Element, content: bytes, password: str) -> bytes:
    """What `triple_des_encrypt` encrypted; under a wrong password once in 256 times something else.

    Raises IntegrityError when the padding shows that the password is wrong, and FormatError when the parameters are
    malformed or demand too much work.
    """
    from cryptography.hazmat.primitives.padding import PKCS7

    fields = parameters.expect(asn1.SEQUENCE).children()
    if len(fields) != 2:
        raise FormatError("a protected key has malformed PBE parameters")
    salt, iterations = fields[0].octets(), fields[1].integer()
    if len(salt) != 8 or salt[:4] == salt[4:] or not 0 < iterations <= _MAX_ITERATIONS:
        raise FormatError("a protected key has PBE parameters that are not accepted")
    decryptor = _triple_des(salt, iterations, password).decryptor()
    unpadder = PKCS7(64).unpadder()
    try:
        padded = decryptor.update(content) + decryptor.finalize()
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError as exc:
        raise IntegrityError(NOT_OPENED, hint=HINT) from exc


def _triple_des(salt: bytes, iterations: int, password: str) -> "Cipher[CBC]":
    """The cipher that PBEWithMD5AndTripleDES derives: each half of the salt is digested by itself."""
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    secret = password.encode("utf-8", "surrogatepass")
    material = b""
    for half in (salt[:4], salt[4:]):
        digest = half
        for _ in range(iterations):
            digest = digests.digest("md5", digest + secret)
        material += digest
    return Cipher(TripleDES(material[:24]), CBC(material[24:]))
