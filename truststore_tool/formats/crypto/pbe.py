"""Password-based encryption: the ciphers of PKCS#12 (RFC 7292, appendix C) and PBES2 (RFC 8018, section 6.2)."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError, IntegrityError
from truststore_tool.formats.crypto import kdf, rc2
from truststore_tool.formats.crypto.kdf import Passphrase, UnknownAlgorithmError
from truststore_tool.nouns import noun, replace

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import CipherAlgorithm


class Cipher(NamedTuple):
    """A cipher: its family, the bytes of its key, the bytes of its block (1 for a stream cipher)."""

    family: str
    key_size: int
    block: int


_AES: Final = "AES"
_TRIPLE_DES: Final = "TripleDES"
_RC2: Final = "RC2"
_RC4: Final = "RC4"

# RFC 7292, appendix C: pbeWithSHAAnd...
_PBES1: Final = {
    oids.PBE_SHA1_RC4_128: Cipher(_RC4, 16, 1),
    oids.PBE_SHA1_RC4_40: Cipher(_RC4, 5, 1),
    oids.PBE_SHA1_3DES: Cipher(_TRIPLE_DES, 24, 8),
    oids.PBE_SHA1_3DES_2KEY: Cipher(_TRIPLE_DES, 16, 8),
    oids.PBE_SHA1_RC2_128: Cipher(_RC2, 16, 8),
    oids.PBE_SHA1_RC2_40: Cipher(_RC2, 5, 8),
}
# RFC 8018, B.2 and RFC 3565: the encryption schemes of PBES2, all in CBC mode with the IV as parameter.
_PBES2: Final = {
    oids.AES128_CBC: Cipher(_AES, 16, 16),
    "2.16.840.1.101.3.4.1.22": Cipher(_AES, 24, 16),
    oids.AES256_CBC: Cipher(_AES, 32, 16),
    "1.2.840.113549.3.7": Cipher(_TRIPLE_DES, 24, 8),
}
# RFC 8018, B.2.3: how RC2 names its effective key bits; from 256 on the number stands for itself.
_RC2_VERSIONS: Final = {160: 40, 120: 64, 58: 128}
_RC2_DEFAULT_BITS: Final = 32
_SALT_SIZE: Final = 20  # what the JDK writes


@noun
class Pbes1:
    """One of the schemes of RFC 7292, appendix C, all with SHA-1.

    Attributes:
        oid: the scheme.
        salt: the salt.
        count: the iteration count.
    """

    oid: str
    salt: bytes
    count: int

    @classmethod
    def parse(cls, oid: str, parameters: asn1.Element) -> Self:
        """Read pkcs-12PbeParams."""
        salt, count = parameters.expect(asn1.SEQUENCE).fields(2, 2)
        return cls(oid, salt.octets(), kdf.iterations(count))

    def decrypt(self, data: asn1.Octets, passphrase: Passphrase) -> bytes:
        """The plain bytes. Raises IntegrityError when the padding shows that the password is wrong."""
        return _unpadded(self._run(data, passphrase, False), _PBES1[self.oid].block)

    def encrypt(self, data: bytes, passphrase: Passphrase) -> bytes:
        """The encrypted bytes; to be used once on a `renewed` scheme."""
        return self._run(_padded(data, _PBES1[self.oid].block), passphrase, True)

    def _run(self, data: asn1.Octets, passphrase: Passphrase, encrypting: bool) -> bytes:
        cipher = _PBES1[self.oid]
        key = kdf.pkcs12_kdf("sha1", kdf.KEY, passphrase.bmp, self.salt, self.count, cipher.key_size)
        iv = b""
        if cipher.block > 1:
            iv = kdf.pkcs12_kdf("sha1", kdf.IV, passphrase.bmp, self.salt, self.count, cipher.block)
        return _crypt(cipher, 8 * cipher.key_size, key, iv, data, encrypting)

    def renewed(self) -> Self:
        """The same scheme with a fresh salt, from which key and IV follow."""
        return replace(self, salt=kdf.new_salt(self.salt))

    def encoded(self) -> bytes:
        """The AlgorithmIdentifier."""
        return asn1.sequence(asn1.oid(self.oid), asn1.sequence(asn1.octet_string(self.salt), asn1.integer(self.count)))


@noun
class Pbes2:
    """PBES2 (RFC 8018, section 6.2).

    Attributes:
        kdf: the key derivation.
        oid: the encryption scheme.
        iv: its initialization vector, one block.
        rc2_version: RC2's own name for its effective key bits; None for other ciphers or where absent.
    """

    kdf: kdf.Pbkdf2
    oid: str
    iv: bytes
    rc2_version: int | None = None

    @classmethod
    def parse(cls, parameters: asn1.Element) -> Self:
        """Read PBES2-params. Raises UnknownAlgorithmError for a derivation or cipher that is not known."""
        derivation, scheme = kdf.parameters_in(parameters, 2, 2)
        if derivation.tag == asn1.OBJECT_IDENTIFIER:  # Java before 12 wrote the whole AlgorithmIdentifier (JDK-8202837)
            derivation, scheme = kdf.parameters_in(scheme, 2, 2)
        oid, iv = kdf.identifier(scheme)
        if oid not in _PBES2 and oid != oids.RC2_CBC:
            raise UnknownAlgorithmError(f"encryption scheme {oid} is not known")
        if iv is None:
            raise FormatError("the encryption scheme has no initialization vector")
        version = None
        if oid == oids.RC2_CBC and iv.tag == asn1.SEQUENCE:
            *versions, iv = iv.fields(1, 2)
            version = versions[0].integer() if versions else None
        found = cls(kdf.Pbkdf2.parse(derivation), oid, iv.octets(), version)
        cipher = found._cipher
        if len(found.iv) != cipher.block:
            raise FormatError("the initialization vector is not one block long")
        return found

    @property
    def _rc2_bits(self) -> int:
        bits = _RC2_DEFAULT_BITS
        if self.rc2_version is not None:
            bits = _RC2_VERSIONS.get(self.rc2_version, self.rc2_version if self.rc2_version >= 256 else 0)
        if not 0 < bits <= 1024:
            raise FormatError("the effective key bits of RC2 are out of range")
        return bits

    @property
    def _cipher(self) -> Cipher:
        if self.oid != oids.RC2_CBC:
            return _PBES2[self.oid]
        size = self.kdf.size(1, -(-self._rc2_bits // 8))
        return Cipher(_RC2, min(size, 128), rc2.BLOCK)

    @property
    def key_size(self) -> int:
        """The bytes of the cipher's key."""
        return self._cipher.key_size

    @property
    def count(self) -> int:
        """The iteration count."""
        return self.kdf.count

    def decrypt(self, data: asn1.Octets, passphrase: Passphrase) -> bytes:
        """The plain bytes. Raises IntegrityError when the padding shows that the password is wrong."""
        return _unpadded(self._run(data, passphrase, False), len(self.iv))

    def encrypt(self, data: bytes, passphrase: Passphrase) -> bytes:
        """The encrypted bytes; to be used once on a `renewed` scheme."""
        return self._run(_padded(data, len(self.iv)), passphrase, True)

    def _run(self, data: asn1.Octets, passphrase: Passphrase, encrypting: bool) -> bytes:
        cipher = self._cipher
        bits = self._rc2_bits if cipher.family == _RC2 else 8 * cipher.key_size
        key = self.kdf.derive(passphrase, cipher.key_size)
        return _crypt(cipher, bits, key, self.iv, data, encrypting)

    def renewed(self) -> Self:
        """The same scheme with a fresh salt and IV."""
        return replace(self, kdf=self.kdf.renewed(), iv=os.urandom(len(self.iv)))

    def encoded(self) -> bytes:
        """The AlgorithmIdentifier."""
        iv = asn1.octet_string(self.iv)
        if self.rc2_version is not None:
            iv = asn1.sequence(asn1.integer(self.rc2_version), iv)
        return asn1.sequence(
            asn1.oid(oids.PBES2), asn1.sequence(self.kdf.encoded(), asn1.sequence(asn1.oid(self.oid), iv))
        )


Scheme = Pbes1 | Pbes2


def parse(algorithm: asn1.Element) -> Scheme:
    """The scheme that an AlgorithmIdentifier names.

    Raises UnknownAlgorithmError when it is not known here, FormatError when its parameters are malformed or ask
    for more than kdf.MAX_ITERATIONS.
    """
    oid, parameters = kdf.identifier(algorithm)
    if oid != oids.PBES2 and oid not in _PBES1:
        raise UnknownAlgorithmError(f"encryption algorithm {oid} is not known")
    if parameters is None:
        raise FormatError("the encryption algorithm has no parameters")
    return Pbes2.parse(parameters) if oid == oids.PBES2 else Pbes1.parse(oid, parameters)


def modern() -> Pbes2:
    """What JDK 17 encrypts with: AES-256, PBKDF2 with HMAC-SHA256, 10,000 iterations; fresh salt and IV."""
    return new_pbes2(oids.AES256_CBC, oids.HMAC_SHA256, 10_000)


def new_pbes1(oid: str, count: int) -> Pbes1:
    """A scheme of RFC 7292, appendix C, with a fresh salt as long as Java's."""
    return Pbes1(oid, os.urandom(_SALT_SIZE), count)


def new_pbes2(oid: str, prf: str, count: int) -> Pbes2:
    """PBES2 with a fresh salt and IV: the OIDs of a cipher other than RC2 and of a function in kdf.HMACS."""
    cipher = _PBES2[oid]
    derivation = kdf.Pbkdf2(os.urandom(_SALT_SIZE), count, cipher.key_size, prf)
    return Pbes2(derivation, oid, os.urandom(cipher.block))


def _padded(data: bytes, block: int) -> bytes:
    """With the padding of RFC 8018 (6.1.1, step 4); stream ciphers have none."""
    if block == 1:
        return data
    size = block - len(data) % block
    return data + bytes((size,)) * size


def _unpadded(data: bytes, block: int) -> bytes:
    """Without the padding. Raises IntegrityError when there is none, as after a wrong password."""
    if block == 1:
        return data
    size = data[-1] if data else 0
    if not 0 < size <= block or data[-size:] != bytes((size,)) * size:
        raise IntegrityError("wrong password, or the encrypted part was changed")
    return data[:-size]


def decrypted(cipher: Cipher, key: bytes, iv: bytes, data: bytes) -> bytes:
    """What a cipher in CBC mode encrypted under just that key. Raises IntegrityError when the padding is wrong."""
    return _unpadded(_crypt(cipher, 8 * cipher.key_size, key, iv, data, False), cipher.block)


def _crypt(cipher: Cipher, bits: int, key: bytes, iv: bytes, data: asn1.Octets, encrypting: bool) -> bytes:
    """Run the cipher in CBC mode (or as a stream) over whole blocks. `bits` are the effective key bits of RC2."""
    if len(data) % cipher.block:
        raise IntegrityError("the encrypted part is cut short")
    if cipher.family == _RC2 and not bits == 8 * cipher.key_size == 128:  # RC2 of 128 bits is all they offer
        return (rc2.encrypt if encrypting else rc2.decrypt)(key, bits, iv, bytes(data))
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4, RC2, TripleDES
    from cryptography.hazmat.primitives.ciphers import Cipher as Machine
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    algorithms: dict[str, Callable[[bytes], CipherAlgorithm]] = {
        _AES: AES,
        _TRIPLE_DES: TripleDES,
        _RC2: RC2,
        _RC4: ARC4,
    }
    if cipher.family == _TRIPLE_DES and len(key) == 16:
        key += key[:8]
    try:
        machine = Machine(algorithms[cipher.family](key), CBC(iv) if iv else None)
        context = machine.encryptor() if encrypting else machine.decryptor()
        return context.update(data) + context.finalize()
    except UnsupportedAlgorithm as exc:
        raise UnknownAlgorithmError(f"{cipher.family} is not available in this build of OpenSSL") from exc
