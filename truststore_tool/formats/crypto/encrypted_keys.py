"""Private keys under a password, as PKCS#8 holds them: EncryptedPrivateKeyInfo (RFC 5958, section 3)."""

from truststore_tool import asn1
from truststore_tool.errors import FormatError, IntegrityError
from truststore_tool.formats.crypto import kdf, pbe
from truststore_tool.formats.crypto.kdf import Passphrase


def sealed(pkcs8: bytes, scheme: pbe.Scheme, passphrase: Passphrase) -> bytes:
    """An EncryptedPrivateKeyInfo (DER) around a PrivateKeyInfo."""
    return asn1.sequence(scheme.encoded(), asn1.octet_string(scheme.encrypt(pkcs8, passphrase)))


def opened(info: asn1.Element, password: str) -> tuple[bytes, pbe.Scheme]:
    """The PrivateKeyInfo (DER) in an EncryptedPrivateKeyInfo, and how it was encrypted.

    Raises IntegrityError when the password is wrong, UnknownAlgorithmError for an encryption that is not known here.
    """
    algorithm, encrypted = info.expect(asn1.SEQUENCE).fields(2, 2)
    scheme = pbe.parse(algorithm)
    for passphrase in (*kdf.passphrases(password), *kdf.old_passphrases(password)):
        try:
            key = scheme.decrypt(encrypted.octets(), passphrase)
            asn1.read(key).expect(asn1.SEQUENCE).inner().expect(asn1.INTEGER)
        except kdf.UnknownAlgorithmError:
            raise
        except (IntegrityError, FormatError):
            continue
        return key, scheme
    raise IntegrityError("the password does not open the private key", hint="the key may have a password of its own")
