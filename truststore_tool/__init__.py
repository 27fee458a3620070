"""Trust stores in pure Python: open, change and save JKS, JCEKS, PKCS#12, PEM, DER, PKCS#7 and CApath.

Importing this package costs nothing; each name is loaded when it is first used (PEP 562).
"""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from truststore_tool.errors import (
        FindingError,
        FormatError,
        IntegrityError,
        PasswordRequiredError,
        TrustStoreError,
        UnreadableError,
        UsageError,
        WriteError,
    )
    from truststore_tool.fingerprints import Fingerprint
    from truststore_tool.model import Certificate, OpaqueEntry, TrustedEntry, TrustStore
    from truststore_tool.stores import open_store, save_store, update_store

__version__ = "0.2.0"

__all__ = [
    "Certificate",
    "FindingError",
    "Fingerprint",
    "FormatError",
    "IntegrityError",
    "OpaqueEntry",
    "PasswordRequiredError",
    "TrustStore",
    "TrustStoreError",
    "TrustedEntry",
    "UnreadableError",
    "UsageError",
    "WriteError",
    "open_store",
    "save_store",
    "update_store",
]

_HOMES: Final = {
    "Certificate": "model",
    "Fingerprint": "fingerprints",
    "OpaqueEntry": "model",
    "TrustStore": "model",
    "TrustedEntry": "model",
    "open_store": "stores",
    "save_store": "stores",
    "update_store": "stores",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'errors')}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
