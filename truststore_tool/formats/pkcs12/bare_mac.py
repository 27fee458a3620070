"""The MAC that keytool 25 writes where macAlgorithm is one of PBES2, as PBEWithHmacSHA256; no program reads it.

It names the HMAC where RFC 7292 has a digest, and its key comes from PBKDF2 with that HMAC: as many *bits* as the
digest's block has octets (com.sun.crypto.provider.PBMAC1Core; measured with what keytool 25 wrote).
"""

import hashlib
import hmac

from truststore_tool import asn1
from truststore_tool.errors import FormatError, IntegrityError
from truststore_tool.formats.crypto import kdf
from truststore_tool.formats.pkcs12 import macs
from truststore_tool.formats.pkcs12.layout import WRONG_HINT, Pfx, encode


def with_readable_mac(data: bytes, password: str) -> bytes:
    """The file with a MAC as keytool writes it by default, once its own was found to be right.

    Raises IntegrityError when it is not: the password is wrong or the file was changed; FormatError for another MAC.
    """
    pfx = Pfx.parse(data)
    if pfx.mac is None:
        raise FormatError("the file has no MAC")
    info, salt, *count = pfx.mac.expect(asn1.SEQUENCE).fields(2, 3)
    algorithm, value = info.expect(asn1.SEQUENCE).fields(2, 2)
    digest = kdf.HMACS.get(kdf.identifier(algorithm)[0])
    if digest is None:
        raise FormatError("the MAC of the file is no bare HMAC")
    work = kdf.iterations(count[0]) if count else 1
    passphrase = kdf.passphrases(password)[0]
    bits = hashlib.new(digest).block_size
    key = hashlib.pbkdf2_hmac(digest, passphrase.utf8, salt.octets(), work, bits // 8)
    if not hmac.compare_digest(value.octets(), hmac.digest(key, pfx.content.view(), digest)):
        raise IntegrityError("wrong password, or the store was changed since it was written", hint=WRONG_HINT)
    return encode([safe.element.raw for safe in pfx.safes], macs.modern(), passphrase)
