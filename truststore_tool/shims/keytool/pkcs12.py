"""New PKCS#12 stores as the ``keystore.pkcs12.*`` properties ask for them (java.security, PKCS12KeyStore)."""

import re
from collections.abc import Mapping
from typing import Final

from truststore_tool import oids
from truststore_tool.formats import pkcs12
from truststore_tool.model import TrustStore
from truststore_tool.shims.keytool.errors import IO_EXCEPTION, KeytoolError

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
    "pbewithsha1anddesede": oids.PBE_SHA1_3DES,
    "pbewithsha1andrc2_128": oids.PBE_SHA1_RC2_128,
    "pbewithsha1andrc2_40": oids.PBE_SHA1_RC2_40,
}
_PBES2: Final = re.compile(r"pbewithhmacsha(1|224|256|384|512)andaes_(128|256)")
_HMACS: Final = {"1": 7, "224": 8, "256": 9, "384": 10, "512": 11}  # under 1.2.840.113549.2
_AES_CBC: Final = {"128": oids.AES128_CBC, "256": oids.AES256_CBC}
_MACS: Final = {
    "hmacpbesha1": oids.SHA1,
    "hmacpbesha224": oids.SHA224,
    "hmacpbesha256": oids.SHA256,
    "hmacpbesha384": oids.SHA384,
    "hmacpbesha512": oids.SHA512,
}


def is_passwordless(properties: Mapping[str, str]) -> bool:
    """Whether a new store is to have neither encryption nor a MAC."""
    wanted = _wanted(properties)
    return wanted[_CERTIFICATES] == wanted[_MAC] == "NONE"


def new_store(properties: Mapping[str, str]) -> TrustStore:
    """An empty PKCS#12 store that will be saved as the properties say. Raises KeytoolError for an unknown algorithm."""
    wanted = _wanted(properties)
    if wanted == _DEFAULTS:
        return TrustStore(format="pkcs12")
    encryption = _encryption(wanted[_CERTIFICATES], int(wanted["certPbeIterationCount"]))
    mac = None
    if wanted[_MAC] != "NONE":
        mac = pkcs12.MacAlgorithm(_lookup(_MACS, wanted[_MAC]), int(wanted["macIterationCount"]))
    return pkcs12.new_store(encryption, mac)


def _wanted(properties: Mapping[str, str]) -> dict[str, str]:
    base = _LEGACY if _PREFIX + "legacy" in properties else _DEFAULTS
    return {name: properties.get(_PREFIX + name, default) for name, default in base.items()}


def _encryption(name: str, count: int) -> pkcs12.Encryption | None:
    """How certificates are encrypted; None for not at all."""
    if name == "NONE":
        return None
    match = _PBES2.fullmatch(name.lower())
    if match is None:
        return pkcs12.Encryption(_lookup(_PBES1, name), count)
    return pkcs12.Encryption(_AES_CBC[match[2]], count, f"1.2.840.113549.2.{_HMACS[match[1]]}")


def _lookup(table: Mapping[str, str], name: str) -> str:
    try:
        return table[name.lower()]
    except KeyError:
        raise KeytoolError(
            f"java.security.NoSuchAlgorithmException: unrecognized algorithm name: {name}", IO_EXCEPTION
        ) from None
