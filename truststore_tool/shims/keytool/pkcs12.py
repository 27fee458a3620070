"""New PKCS#12 stores as the ``keystore.pkcs12.*`` properties ask for them (java.security, PKCS12KeyStore)."""

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from truststore_tool.model import TrustStore
from truststore_tool.shims.keytool.errors import IO_EXCEPTION, KeytoolError

if TYPE_CHECKING:
    from truststore_tool.formats.crypto.pbe import Scheme

_PREFIX: Final = "keystore.pkcs12."
_CERTIFICATES: Final = "certProtectionAlgorithm"
_MAC: Final = "macAlgorithm"
_DEFAULTS: Final = {
    _CERTIFICATES: "PBEWithHmacSHA256AndAES_256",
    "certPbeIterationCount": "10000",
    _MAC: "HmacPBESHA256",
    "macIterationCount": "10000",
}
# What -J-Dkeystore.pkcs12.legacy stands for.
_LEGACY: Final = {
    _CERTIFICATES: "PBEWithSHA1AndRC2_40",
    "certPbeIterationCount": "50000",
    _MAC: "HmacPBESHA1",
    "macIterationCount": "100000",
}
_PBES1: Final = {
    "pbewithsha1anddesede": "1.2.840.113549.1.12.1.3",
    "pbewithsha1andrc2_128": "1.2.840.113549.1.12.1.5",
    "pbewithsha1andrc2_40": "1.2.840.113549.1.12.1.6",
}
_PBES2 = re.compile(r"pbewithhmacsha(1|224|256|384|512)andaes_(128|256)")
_HMACS: Final = {"1": 7, "224": 8, "256": 9, "384": 10, "512": 11}  # under 1.2.840.113549.2
_AES_CBC: Final = {"128": "2.16.840.1.101.3.4.1.2", "256": "2.16.840.1.101.3.4.1.42"}
_MACS: Final = {
    "hmacpbesha1": "1.3.14.3.2.26",
    "hmacpbesha224": "2.16.840.1.101.3.4.2.4",
    "hmacpbesha256": "2.16.840.1.101.3.4.2.1",
    "hmacpbesha384": "2.16.840.1.101.3.4.2.2",
    "hmacpbesha512": "2.16.840.1.101.3.4.2.3",
}
_SALT_SIZE: Final = 20


def is_passwordless(properties: Mapping[str, str]) -> bool:
    """Whether a new store is to have neither encryption nor a MAC."""
    wanted = _wanted(properties)
    return wanted[_CERTIFICATES] == wanted[_MAC] == "NONE"


def new_store(properties: Mapping[str, str]) -> TrustStore:
    """An empty PKCS#12 store that will be saved as the properties say. Raises KeytoolError for an unknown algorithm."""
    wanted = _wanted(properties)
    if wanted == _DEFAULTS:
        return TrustStore(format="pkcs12")
    from truststore_tool import asn1
    from truststore_tool.formats.pkcs12.layout import Layout
    from truststore_tool.formats.pkcs12.macs import Mac
    from truststore_tool.formats.pkcs12.safebags import Safe

    scheme = _scheme(wanted[_CERTIFICATES], int(wanted["certPbeIterationCount"]))
    mac = None
    if wanted[_MAC] != "NONE":
        digest = _lookup(_MACS, wanted[_MAC])
        mac = Mac(digest, os.urandom(_SALT_SIZE), int(wanted["macIterationCount"]))
    empty = Safe(asn1.read(asn1.sequence()), scheme=scheme, bags=())
    return TrustStore(format="pkcs12", facts=Layout(b"", (empty,), mac, rekeyed=True))


def _wanted(properties: Mapping[str, str]) -> dict[str, str]:
    base = _LEGACY if _PREFIX + "legacy" in properties else _DEFAULTS
    return {name: properties.get(_PREFIX + name, default) for name, default in base.items()}


def _scheme(name: str, count: int) -> "Scheme | None":
    """How certificates are encrypted; None for not at all."""
    from truststore_tool.formats.crypto import kdf, pbe

    if name == "NONE":
        return None
    match = _PBES2.fullmatch(name.lower())
    if match is None:
        return pbe.Pbes1(_lookup(_PBES1, name), os.urandom(_SALT_SIZE), count)
    bits = match[2]
    derivation = kdf.Pbkdf2(os.urandom(_SALT_SIZE), count, int(bits) // 8, f"1.2.840.113549.2.{_HMACS[match[1]]}")
    return pbe.Pbes2(derivation, _AES_CBC[bits], os.urandom(16))


def _lookup(table: Mapping[str, str], name: str) -> str:
    try:
        return table[name.lower()]
    except KeyError:
        raise KeytoolError(
            f"java.security.NoSuchAlgorithmException: unrecognized algorithm name: {name}", IO_EXCEPTION
        ) from None
