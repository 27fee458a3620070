"""What ``openssl pkcs12 -nokeys`` makes of a PKCS#12 file (apps/pkcs12.c): MAC first, then each part of the file."""

import hmac
from collections.abc import Iterator
from typing import Final, NamedTuple, Self

from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError, IntegrityError
from truststore_tool.formats.crypto import kdf, pbe
from truststore_tool.formats.crypto.kdf import Passphrase, UnknownAlgorithmError, passphrases
from truststore_tool.formats.pkcs12 import macs
from truststore_tool.formats.pkcs12.layout import Pfx
from truststore_tool.formats.pkcs12.safebags import Bag, Safe
from truststore_tool.readers.base import UnknownError
from truststore_tool.readers.openssl import certificate
from truststore_tool.readers.openssl.bundles import Held, RefusedError

WRONG_MAC: Final = "Mac verify error: invalid password?"
UNREADABLE: Final = "Error outputting keys and certificates"
NO_FIPS: Final = "Error verifying PKCS12 MAC; no PKCS12KDF support."
_SAFE_CONTENTS_BAG: Final = "1.2.840.113549.1.12.10.1.6"
# The ciphers that OpenSSL 3 keeps in its legacy provider, as it calls them.
LEGACY: Final = {
    oids.PBE_SHA1_RC4_128: "RC4",
    oids.PBE_SHA1_RC4_40: "RC4-40",
    oids.PBE_SHA1_RC2_128: "RC2-CBC",
    oids.PBE_SHA1_RC2_40: "RC2-40-CBC",
    oids.RC2_CBC: "RC2-CBC",
}


class _Md5Mac(NamedTuple):
    """A MAC with MD5, which Java and we do not know (RFC 7292, appendix B.4)."""

    salt: bytes
    iterations: int
    value: bytes

    @classmethod
    def parse(cls, element: asn1.Element, problem: str) -> Self:
        """Read MacData. Raises RefusedError for a bare HMAC, UnknownError with the problem for other algorithms."""
        info, salt, *count = element.fields(2, 3)
        algorithm, value = info.fields(2, 2)
        oid = kdf.identifier(algorithm)[0]
        if oid in kdf.HMACS:
            raise RefusedError(WRONG_MAC)
        if oid != oids.MD5:
            raise UnknownError(problem)
        return cls(salt.octets(), kdf.iterations(count[0]) if count else 1, value.octets())

    def matches(self, content: asn1.Octets, passphrase: Passphrase) -> bool:
        """Whether this is the MAC of `content` under the password."""
        key = kdf.pkcs12_kdf("md5", kdf.MAC, passphrase.bmp, self.salt, self.iterations, 16)
        return hmac.compare_digest(self.value, hmac.digest(key, content, "md5"))


def load(data: bytes, password: str | None, *, legacy: bool, fips: bool = False) -> list[Held]:
    """The certificates of a file. Raises RefusedError where the program reads none, UnknownError where nobody knows.

    Args:
        data: the file.
        password: no password is what an empty one is: the program asks, and is answered with the return key.
        legacy: whether the ciphers of the legacy provider are there.
        fips: whether only those of the FIPS provider are, which has nothing of RFC 7292's own: neither its MAC nor
            its ciphers. That is measured with 3.5, which knows PBMAC1.
    """
    try:
        pfx = Pfx.parse(data)
        asn1.read(data).expect(asn1.SEQUENCE).fields(2, 3)[1].fields(2, 2)[1].expect(asn1.context(0))
        passphrase = _verified(pfx, password or "", fips)
        return [held for safe in pfx.safes for held in _held(safe, passphrase, legacy, fips)]
    except FormatError as exc:
        raise RefusedError("", exc.message) from exc


def _verified(pfx: Pfx, password: str, fips: bool) -> Passphrase:
    """The encoding of the password under which the MAC is right; any without a MAC."""
    candidates = passphrases(password)
    if pfx.mac is None:
        return candidates[0]
    try:
        mac: macs.AnyMac | _Md5Mac = macs.parse(pfx.mac)
    except UnknownAlgorithmError as exc:
        if fips:
            raise RefusedError(NO_FIPS) from exc
        mac = _Md5Mac.parse(pfx.mac, exc.message)
    if isinstance(mac, macs.Pbmac1):
        if not fips:
            raise UnknownError("a MAC by PBMAC1, which OpenSSL 3.4 reads, and 3.0 does not")
    elif fips:
        raise RefusedError(NO_FIPS)
    content = pfx.content.view()
    # An empty password is tried as none at all first.
    tried = (*reversed(candidates), *_as_before_1_1(password))
    found = next((candidate for candidate in tried if mac.matches(content, candidate)), None)
    if found is None:
        raise RefusedError(WRONG_MAC)
    return found


def _as_before_1_1(password: str) -> Iterator[Passphrase]:
    """What the program tries at last: the password as if its UTF-8 were Latin-1 (OPENSSL_uni2utf8 in apps/pkcs12.c)."""
    wide = password.encode("utf-8", "surrogatepass").decode("latin-1")
    if not password.isascii():
        yield from passphrases(wide)


def _held(safe: Safe, passphrase: Passphrase, legacy: bool, fips: bool) -> Iterator[Held]:
    if safe.problem is not None:
        if safe.problem.startswith("content type"):
            return  # which is passed over
        raise UnknownError(safe.problem)
    if safe.content is None:
        return
    scheme = safe.scheme
    if fips and scheme is not None and not isinstance(scheme, pbe.Pbes2):
        raise RefusedError(UNREADABLE)
    if scheme is not None and not legacy and (cipher := LEGACY.get(scheme.oid)):
        raise RefusedError(UNREADABLE, f"unsupported, Algorithm ({cipher} : 0)")
    try:
        if scheme is not None:
            _check_encrypted(safe.element, scheme)
        plain = safe.content.octets() if scheme is None else _decrypted(safe, scheme, passphrase)
        bags = asn1.read(plain).expect(asn1.SEQUENCE).children()
        for element in bags:
            yield from _certificates(_bag(element))
    except IntegrityError as exc:
        raise RefusedError(UNREADABLE) from exc
    except FormatError as exc:
        raise RefusedError(UNREADABLE, exc.message) from exc


def _decrypted(safe: Safe, scheme: pbe.Scheme, passphrase: Passphrase) -> bytes:
    assert safe.content is not None  # noqa: S101 -- the caller looked
    try:
        return scheme.decrypt(safe.content.view(), passphrase)
    except UnknownAlgorithmError as exc:
        raise UnknownError(exc.message) from exc


def _bag(element: asn1.Element) -> Bag:
    """A SafeBag. FormatError for one that is not as RFC 7292 has it, which Java reads all the same."""
    _oid, wrapper, *rest = element.expect(asn1.SEQUENCE).fields(2, 3)
    wrapper.expect(asn1.context(0))
    for attributes in rest:
        attributes.expect(asn1.SET).children()
    return Bag.parse(element)


def _check_encrypted(element: asn1.Element, scheme: pbe.Scheme) -> None:
    """FormatError for EncryptedData, or parameters of its algorithm, that are not as the standards have them."""
    wrapper = element.fields(2, 2)[1].expect(asn1.context(0))
    info = wrapper.inner().expect(asn1.SEQUENCE).fields(2, 3)[1]
    _oid, parameters = info.fields(3, 3)[1].expect(asn1.SEQUENCE).fields(2, 2)
    if not isinstance(scheme, pbe.Pbes2):
        return
    derivation, cipher = parameters.expect(asn1.SEQUENCE).fields(2, 2)
    cipher.expect(asn1.SEQUENCE).fields(2, 2)
    derivation.expect(asn1.SEQUENCE).fields(2, 2)[1].expect(asn1.SEQUENCE).fields(2, 4)
    if scheme.kdf.key_length not in (None, scheme.key_size):
        raise FormatError("the derived key is not as long as the cipher wants")


def _certificates(bag: Bag) -> Iterator[Held]:
    """Those of a bag, and of the bags that one may hold."""
    if bag.oid == _SAFE_CONTENTS_BAG:
        for element in bag.value.expect(asn1.SEQUENCE).items():
            yield from _certificates(_bag(element))
    elif bag.oid == oids.CERT_BAG:
        kind, wrapper = bag.value.expect(asn1.SEQUENCE).fields(2, 2)
        if kind.oid() == oids.X509_CERTIFICATE:
            content = wrapper.expect(asn1.context(0)).inner().expect(asn1.OCTET_STRING)
            yield Held(certificate.read(content.value), None)
