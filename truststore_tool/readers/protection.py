"""How a PKCS#12 file is protected, as far as that shows without its password: what its readers must know."""

from typing import Final

from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError
from truststore_tool.formats.crypto import kdf, pbe
from truststore_tool.formats.pkcs12 import codec as pkcs12
from truststore_tool.formats.pkcs12 import layout
from truststore_tool.nouns import noun

_LEGACY: Final = (
    oids.PBE_SHA1_RC4_128,
    oids.PBE_SHA1_RC4_40,
    oids.PBE_SHA1_RC2_128,
    oids.PBE_SHA1_RC2_40,
)
_TRUNCATED: Final = (oids.HMAC_SHA512_224, oids.HMAC_SHA512_256)


@noun
class Protection:
    """What protects a file.

    Attributes:
        rules: names of the rules that its algorithms fall under.
        encrypted: whether a part of it is encrypted.
    """

    rules: frozenset[str]
    encrypted: bool


def of(data: bytes) -> Protection:
    """The protection of a PKCS#12 file. Raises FormatError when it cannot be taken apart."""
    pfx = layout.Pfx.parse(data)
    schemes = [safe.scheme for safe in pfx.safes if safe.scheme is not None]
    found = {rule for scheme in schemes for rule in _rules_of(scheme)}
    if pfx.mac is not None:
        found |= _rules_of_mac(pfx.mac)
    return Protection(frozenset(found), any(safe.locked for safe in pfx.safes))


def rules_of(data: bytes) -> frozenset[str]:
    """The rules that a file falls under; none for what is no PKCS#12 as it stands."""
    return of(data).rules if pkcs12.detect(data) else frozenset()


def is_unprovable(data: bytes) -> bool:
    """Whether a file is a PKCS#12 whose MAC no program can check."""
    return "mac-nobody-reads" in rules_of(data)


def _rules_of(scheme: pbe.Scheme) -> set[str]:
    if isinstance(scheme, pbe.Pbes1):
        return {"fips-algorithm", *(["needs-legacy-provider"] if scheme.oid in _LEGACY else [])}
    found = {"pbes2-too-new"}
    if scheme.kdf.key_length is None:
        found.add("pbes2-no-keylength")
    if scheme.kdf.prf in _TRUNCATED:
        found.add("prf-too-new")
    return found


def _rules_of_mac(mac: asn1.Element) -> set[str]:
    """The key of RFC 7292's MAC is derived in a way that FIPS 140 does not know, whatever the digest."""
    try:
        algorithm = mac.expect(asn1.SEQUENCE).children()[0].children()[0]
        oid = kdf.identifier(algorithm)[0]
    except IndexError as exc:
        raise FormatError("malformed MAC in a PKCS#12 file") from exc
    if oid in kdf.HMACS:
        return {"mac-nobody-reads"}
    if oid == oids.PBMAC1:
        return {"mac-too-new"}
    return {"fips-algorithm", *(["mac-too-new"] if oid != oids.SHA1 else [])}
