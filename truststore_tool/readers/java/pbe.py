"""Password-based algorithms of PKCS#12 as Java's SunJCE provider has them, release by release.

Which algorithms a release knows is in `releases`; here is what it makes of their parameters
(com.sun.crypto.provider.PBES2Parameters and PBEParameters) and what it says of those it does not know.
"""

import hashlib
import hmac
import re
from typing import Final, NamedTuple

from truststore_tool import asn1, oids
from truststore_tool.asn1 import Element
from truststore_tool.errors import FormatError, IntegrityError
from truststore_tool.formats.crypto import kdf
from truststore_tool.formats.crypto import pbe as schemes
from truststore_tool.readers.base import UnknownError, Work
from truststore_tool.readers.java import releases
from truststore_tool.readers.java.loading import RefusedError, knows
from truststore_tool.readers.java.releases import Release

# Results of costly derivations by what they were made from: one file is read for many releases.

_MAX_ITERATIONS: Final = 5_000_000
# Java's own names of the digests that MACs name, and hashlib's.
_DIGESTS: Final = {
    "1.2.840.113549.2.2": ("MD2", None),
    oids.MD5: ("MD5", None),
    oids.SHA1: ("SHA1", "sha1"),
    oids.SHA224: ("SHA224", "sha224"),
    oids.SHA256: ("SHA256", "sha256"),
    oids.SHA384: ("SHA384", "sha384"),
    oids.SHA512: ("SHA512", "sha512"),
    oids.SHA512_224: ("SHA512/224", "sha512_224"),
    oids.SHA512_256: ("SHA512/256", "sha512_256"),
}
_TRUNCATED_PRFS: Final = (oids.HMAC_SHA512_224, oids.HMAC_SHA512_256)
_AES_KEYS: Final = {oids.AES128_CBC: 16, oids.AES256_CBC: 32}
# The HMACs that keytool names in a MAC when it is asked for PBEWith<HMAC>, in a form that no Java reads. Since the
# class KnownOIDs came (JDK 15), Java calls them by name.
_KNOWN_HMACS: Final = {oid: "HMAC" + digest.upper().replace("_", "/") for oid, digest in kdf.HMACS.items()}
_KNOWN_OIDS_LINE: Final = 15
# RFC 7292, appendix C; and what openssl writes and Java has no cipher for: 3DES with two keys.
_PBES1: Final = (
    oids.PBE_SHA1_RC4_128,
    oids.PBE_SHA1_RC4_40,
    oids.PBE_SHA1_3DES,
    oids.PBE_SHA1_RC2_128,
    oids.PBE_SHA1_RC2_40,
)
_NO_CIPHER: Final = (oids.PBE_SHA1_3DES_2KEY,)
# Below these are the ciphers that Java knows: PKCS #12 and #5, RSA, other ciphers of RSA Security, AES, OIW.
_CIPHERS: Final = (
    "1.2.840.113549.1.12.",
    "1.2.840.113549.1.5.",
    "1.2.840.113549.1.1.",
    "1.2.840.113549.3.",
    "1.2.840.113549.1.9.16.3.",
    "2.16.840.1.101.3.4.1",
    "1.3.14.3.2.",
)
_BAD_PADDING: Final = (
    "javax.crypto.BadPaddingException",
    "Given final block not properly padded. Such issues can arise if a bad key is used during decryption.",
)
# Hex 80 at the beginning of a number.
_NEEDLESS_OCTET: Final = re.compile(rb"(?:^|[\x00-\x7f])\x80")
# From here on PKCS12KeyStore leaves it to AlgorithmId to read parameters, and adds no words of its own.
_ALGORITHM_ID_LINE: Final = 21
_PARSING: Final = "PBE parameter parsing error: "


class Aes(NamedTuple):
    """PBES2 with AES-CBC as Java runs it: the length of the key follows from the cipher alone."""

    salt: bytes
    iterations: int
    prf: str
    key_size: int
    iv: bytes

    def decrypt(self, data: bytes, passphrase: kdf.Passphrase) -> bytes:
        """The plain bytes. Raises IntegrityError when the padding is wrong."""
        cipher = {size: oid for oid, size in _AES_KEYS.items()}[self.key_size]
        derivation = kdf.Pbkdf2(self.salt, self.iterations, self.key_size, self.prf)
        return schemes.Pbes2(derivation, cipher, self.iv).decrypt(data, passphrase)


Scheme = schemes.Pbes1 | Aes


def wrong_password(reason: str) -> RefusedError:
    """What Java says whenever it fails to decrypt a part of the file, or to read what it has decrypted."""
    cause = f"java.security.UnrecoverableKeyException: failed to decrypt safe contents entry: {reason}"
    return RefusedError("java.io.IOException", "keystore password was incorrect", cause=cause)


def parse(algorithm: Element, release: Release) -> Scheme:
    """The scheme that an AlgorithmIdentifier names to this release. Raises RefusedError, or UnknownError."""
    oid, parameters = kdf.identifier(algorithm)
    if oid == oids.PBES2 and parameters is not None:
        return _parse_pbes2(parameters, release)
    if not oid.startswith(_CIPHERS) or oid in _NO_CIPHER:
        words = f"Cannot find any provider supporting {oid}"
        if release.line >= _ALGORITHM_ID_LINE:
            words = "Null or empty transformation"
        raise wrong_password(f"java.security.NoSuchAlgorithmException: {words}")
    if oid not in _PBES1 or parameters is None:
        raise UnknownError(f"nobody has looked at {oid} in {release}")
    salt, count = parameters.expect(asn1.SEQUENCE).fields(2, 2)
    return schemes.Pbes1(oid, salt.expect(asn1.OCTET_STRING).value, _iterations(count))


def _parse_pbes2(parameters: Element, release: Release) -> Aes:
    derivation, scheme = parameters.expect(asn1.SEQUENCE).children()[:2]
    wrapped = derivation.tag == asn1.OBJECT_IDENTIFIER  # as Java before 12 wrote them
    if not knows(release, releases.PBES2):
        if wrapped:
            raise UnknownError(f"nobody has looked at PBES2 as Java before 12 wrote it in {release}")
        raise _bad_parameter("ObjectIdentifier() -- data isn't an object ID (tag = 48)", release, releases.PBES2)
    if wrapped:
        derivation, scheme = scheme.expect(asn1.SEQUENCE).children()[:2]
    name, fields = kdf.identifier(derivation)
    if name != oids.PBKDF2 or fields is None:
        raise _bad_parameter(_PARSING + "expecting the object identifier for PBKDF2", release)
    salt, count, *rest = fields.expect(asn1.SEQUENCE).children()
    if salt.tag != asn1.OCTET_STRING:
        raise _bad_parameter(_PARSING + "not an ASN.1 OCTET STRING tag", release)
    prf = _prf(rest, release)
    cipher, *iv = scheme.expect(asn1.SEQUENCE).children()
    key_size = _AES_KEYS.get(cipher.oid())
    if key_size is None:
        raise _bad_parameter(_PARSING + "expecting the object identifier for AES cipher", release)
    return Aes(salt.value, _iterations(count), prf, key_size, iv[0].expect(asn1.OCTET_STRING).value)


def _prf(rest: list[Element], release: Release) -> str:
    """The PRF by what follows the iteration count: maybe a key length, which is not used, and maybe the PRF."""
    if rest and rest[0].tag == asn1.INTEGER:
        rest = rest[1:]
    elif not knows(release, releases.PBES2_WITHOUT_KEY_LENGTH):
        return oids.HMAC_SHA1
    prf = kdf.identifier(rest[0])[0] if rest else oids.HMAC_SHA1
    if prf not in kdf.HMACS or (prf in _TRUNCATED_PRFS and not knows(release, releases.PRF_SHA512_TRUNCATED)):
        words = _PARSING + "expecting the object identifier for a HmacSHA key derivation function"
        raise _bad_parameter(words, release, releases.PRF_SHA512_TRUNCATED)
    return prf


def _bad_parameter(words: str, release: Release, feature: releases.Feature | None = None) -> RefusedError:
    evidence = feature.evidence if feature else ()
    if release.line >= _ALGORITHM_ID_LINE:
        return RefusedError("java.io.IOException", words, evidence=evidence)
    cause = f"java.io.IOException: {words}"
    return RefusedError("java.io.IOException", f"parseAlgParameters failed: {words}", cause=cause, evidence=evidence)


def _iterations(element: Element) -> int:
    count = element.integer()
    if count > _MAX_ITERATIONS:
        raise RefusedError("java.io.IOException", "cert PBE iteration count too large")
    if count < 1:
        raise wrong_password("java.security.InvalidAlgorithmParameterException")
    return count


def passphrases(password: str, release: Release) -> tuple[kdf.Passphrase, ...]:
    """What Java tries in turn; RefusedError for characters that it does not take (com.sun.crypto.provider.PBEKey)."""
    plain = all(" " <= character <= "~" for character in password)
    if not plain and not knows(release, releases.NON_ASCII_PASSWORDS):
        words = "getSecretKey failed: Password is not ASCII"
        raise RefusedError("java.io.IOException", words, evidence=releases.NON_ASCII_PASSWORDS.evidence)
    return kdf.passphrases(password)


def decrypt(scheme: Scheme, data: bytes, passphrase: kdf.Passphrase, work: Work) -> bytes:
    """The plain bytes of a part of the file. Raises RefusedError for a wrong password."""
    key = (scheme, data, passphrase)
    if key not in work:
        try:
            work[key] = scheme.decrypt(data, _as_cipher_key(passphrase))
        except (IntegrityError, FormatError):
            work[key] = None
    plain: bytes | None = work[key]
    if plain is None:
        raise RefusedError(*_BAD_PADDING)
    return plain


def _as_cipher_key(passphrase: kdf.Passphrase) -> kdf.Passphrase:
    """RFC 7292's ciphers are given the low seven bits of each octet of UTF-8 (PKCS12PBECipherCore.implInit).

    It makes a difference to passwords that are not ASCII: stores of others under these do not open.
    """
    if passphrase.utf8.isascii():
        return passphrase
    narrow = bytes(octet & 0x7F for octet in passphrase.utf8).decode("ascii")
    return kdf.Passphrase(narrow.encode("utf-16-be") + b"\0\0", passphrase.utf8)


def check_mac(element: Element, content: bytes, password: str, release: Release, work: Work) -> None:
    """Raises RefusedError unless the MAC (RFC 7292, section 4) is one that this release knows, and is right."""
    info, salt, *rest = _fields(element, 2, 3, "MacData")
    algorithm, value = _fields(info, 2, 2, "DigestInfo")
    oid, parameters = kdf.identifier(algorithm)
    if parameters is not None and parameters.tag == asn1.NULL and parameters.value:
        raise RefusedError("java.io.IOException", "invalid NULL")
    count = rest[0].integer() if rest else 1
    if oid == oids.PBMAC1 and knows(release, releases.PBMAC1):
        raise UnknownError(f"no {release} was there to be asked about PBMAC1")
    unknown = _KNOWN_HMACS.get(oid, oid) if release.line >= _KNOWN_OIDS_LINE else oid
    name, digest = _DIGESTS.get(oid, (unknown, None))
    if count > _MAX_ITERATIONS:
        raise _bad_mac(f"java.security.InvalidAlgorithmParameterException: MAC iteration count too large: {count}")
    if digest is None or (name != "SHA1" and not knows(release, releases.HMAC_PBE_SHA2)):
        raise _bad_mac(f"java.security.NoSuchAlgorithmException: Algorithm HmacPBE{name} not available")
    try:
        candidates = passphrases(password, release)
    except RefusedError as exc:
        raise _bad_mac(exc.error) from exc
    if count < 1:
        raise _bad_mac("java.security.InvalidAlgorithmParameterException")
    for passphrase in candidates:
        key = (digest, octets(salt), count, passphrase)
        if key not in work:
            size = hashlib.new(digest).digest_size
            work[key] = kdf.pkcs12_kdf(digest, kdf.MAC, passphrase.bmp, octets(salt), count, size)
        if hmac.compare_digest(hmac.digest(work[key] or b"", content, digest), octets(value)):
            return
    raise _bad_mac("java.security.UnrecoverableKeyException: Failed PKCS12 integrity checking")


def octets(element: Element) -> bytes:
    """The bytes of an OCTET STRING (DerValue.getOctetString)."""
    if element.tag & ~asn1.CONSTRUCTED != asn1.OCTET_STRING:
        raise RefusedError("java.io.IOException")
    return element.octets()


def oid(element: Element) -> str:
    """An OBJECT IDENTIFIER, of which Java wants every number in as few octets as it takes (ObjectIdentifier.check)."""
    if _NEEDLESS_OCTET.search(element.value):
        raise RefusedError("java.io.IOException")
    return element.oid()


def _fields(element: Element, least: int, most: int, name: str) -> list[Element]:
    found = element.expect(asn1.SEQUENCE).children()
    if not least <= len(found) <= most:
        raise RefusedError("sun.security.pkcs.ParsingException", f"Invalid length for {name}")
    return found


def _bad_mac(cause: str) -> RefusedError:
    return RefusedError(
        "java.io.IOException",
        f"Integrity check failed: {cause}",
        cause=cause,
        evidence=releases.HMAC_PBE_SHA2.evidence if "NoSuchAlgorithm" in cause else (),
    )
