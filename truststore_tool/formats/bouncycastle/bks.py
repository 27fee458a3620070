"""BKS and UBER: BouncyCastle's older keystores (org.bouncycastle.jcajce.provider.keystore.bc.BcKeyStoreSpi).

Read only, through pyjks, which is an optional dependency: it needs a C extension for UBER's Twofish cipher. Nothing
else imports it. What pyjks does not check (iteration counts, ends of a file) is checked here first.
"""

import struct
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Final, Literal

from truststore_tool.errors import FormatError, IntegrityError, PasswordRequiredError, TrustStoreError, UnreadableError
from truststore_tool.extras import how_to_install
from truststore_tool.formats import java_time
from truststore_tool.formats.base import Format
from truststore_tool.model import Certificate, Entry, Integrity, OpaqueEntry, TrustedEntry, TrustStore

_Name = Literal["bks", "uber"]

_HEADER: Final = struct.Struct(">LL20sL")  # version, salt length, salt, iterations
_SALT_LENGTH: Final = 20
_MAX_ITERATIONS: Final = 1024 << 6  # what BouncyCastle accepts; it writes 1024 to 2047
_MAX_UBER_SIZE: Final = 4 << 20  # pyjks decrypts block by block in Python: half a second a megabyte
_DIGEST_LENGTH: Final = 20
_BLOCK_LENGTH: Final = 16
_LAST_ENTRY_TYPE: Final = 4


def detect_bks(data: bytes) -> bool:
    """Whether the bytes begin like a BKS keystore: its header and the fixed fields of a first entry."""
    if not _has_header(data, (1, 2)):
        return False
    start = _HEADER.size
    kind = data[start : start + 1]
    if kind == b"\0":  # no entries: only the digest follows
        return len(data) == start + 1 + _DIGEST_LENGTH
    alias_end = start + 3 + int.from_bytes(data[start + 1 : start + 3], "big")
    # The two upper bytes of a date in milliseconds are zero until the year 10889, and ones before 1970.
    return b"\0" < kind <= bytes([_LAST_ENTRY_TYPE]) and data[alias_end : alias_end + 2] in (b"\0\0", b"\xff\xff")


def detect_uber(data: bytes) -> bool:
    """Whether the bytes are a header as BKS has it and whole blocks of a cipher."""
    size = len(data) - _HEADER.size
    return _has_header(data, (1,)) and size > 0 and size % _BLOCK_LENGTH == 0 and not detect_bks(data)


def loads_bks(data: bytes, password: str | None) -> TrustStore:
    """Read a BKS keystore; without a password its integrity stays unchecked, as in BouncyCastle.

    Raises FormatError, IntegrityError (wrong password or tampered with), and UnreadableError without pyjks.
    """
    _check_header(data, "BKS")
    jks = _import_pyjks()
    with _translated(jks, "BKS"):
        if password:
            entries = jks.BksKeyStore.loads(data, password, try_decrypt_keys=False).entries
        else:
            body = data[_HEADER.size :]
            entries, size = jks.BksKeyStore._load_bks_entries(body, "bks", None, try_decrypt_keys=False)
            if size + _DIGEST_LENGTH > len(body):
                raise FormatError("the BKS keystore is cut short")
    return _store(jks, "bks", entries, "verified" if password else "unchecked")


def loads_uber(data: bytes, password: str | None) -> TrustStore:
    """Read a UBER keystore, which is encrypted as a whole.

    Raises FormatError, PasswordRequiredError, IntegrityError (wrong password or tampered with), and UnreadableError
    without pyjks or its Twofish extension.
    """
    _check_header(data, "UBER")
    if password is None:
        raise PasswordRequiredError(
            "a UBER keystore is encrypted and shows nothing without its password", hint="give the store's password"
        )
    if len(data) > _MAX_UBER_SIZE:
        raise FormatError(f"the UBER keystore is larger than the {_MAX_UBER_SIZE} bytes that are read of this format")
    jks = _import_pyjks()
    _import_twofish()
    with _translated(jks, "UBER"):
        entries = jks.UberKeyStore.loads(data, password, try_decrypt_keys=False).entries
    return _store(jks, "uber", entries, "verified")


def _has_header(data: bytes, versions: tuple[int, ...]) -> bool:
    if len(data) < _HEADER.size:
        return False
    version, salt_length, _, _ = _HEADER.unpack_from(data)
    return version in versions and salt_length == _SALT_LENGTH


def _check_header(data: bytes, title: str) -> None:
    """Raise FormatError for a header that BouncyCastle would refuse, before pyjks believes it."""
    if not _has_header(data, (1, 2)):
        raise FormatError(f"not a {title} keystore")
    *_, iterations = _HEADER.unpack_from(data)
    if not 0 < iterations <= _MAX_ITERATIONS:
        raise FormatError(
            f"the {title} keystore asks for {iterations} iterations of key derivation",
            hint=f"at most {_MAX_ITERATIONS} are accepted, as by BouncyCastle",
        )


def _import_pyjks() -> Any:
    try:
        import jks
    except ImportError as exc:
        raise UnreadableError(
            "BKS and UBER keystores need pyjks, which is not installed", hint=how_to_install("legacy")
        ) from exc
    return jks


def _import_twofish() -> None:
    """Import pyjks' cipher module, which asks the module `imp` (gone since Python 3.12) where its extension lies."""
    stand_in = ModuleType("imp")
    vars(stand_in)["find_module"] = _find_module
    before = sys.modules.get("imp")
    sys.modules["imp"] = stand_in
    try:
        import twofish  # noqa: F401 -- pyjks finds it imported
    except (ImportError, OSError) as exc:
        raise UnreadableError(
            "UBER keystores need the Twofish extension of pyjks", hint=how_to_install("legacy")
        ) from exc
    finally:
        del sys.modules["imp"]
        if before is not None:
            sys.modules["imp"] = before


def _find_module(name: str) -> tuple[None, str]:
    """What twofish uses of imp.find_module: the path, second in a tuple."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ImportError(f"no module named {name}")
    return None, spec.origin


@contextmanager
def _translated(jks: Any, title: str) -> Iterator[None]:
    """Turn what pyjks raises into our errors; on malformed input it leaks errors of its parsers and of Python."""
    try:
        yield
    except TrustStoreError:
        raise
    except (jks.KeystoreSignatureException, jks.DecryptionFailureException) as exc:
        raise IntegrityError(
            f"the {title} keystore was tampered with, or the password is wrong", hint="check the password"
        ) from exc
    except Exception as exc:
        raise FormatError(f"malformed {title} keystore: {exc or type(exc).__name__}") from exc


def _store(jks: Any, name: _Name, entries: Mapping[str, Any], integrity: Integrity) -> TrustStore:
    return TrustStore(
        tuple(_entry(jks, name, alias, entry) for alias, entry in entries.items()), format=name, integrity=integrity
    )


def _entry(jks: Any, name: _Name, alias: str, entry: Any) -> Entry:
    created = _moment(entry.timestamp)
    if isinstance(entry, jks.BksTrustedCertEntry):
        return TrustedEntry(alias, Certificate(entry.cert), created)
    # What is in a sealed entry shows only under its password; Java takes a key with a chain for a private one.
    chain = tuple(Certificate(item.cert) for item in entry.cert_chain)
    payload = entry.encoded if isinstance(entry, jks.BksKeyEntry) else entry._encrypted
    return OpaqueEntry(alias, "private-key" if chain else "secret-key", name, payload, chain, created)


def _moment(milliseconds: int) -> datetime | None:
    """Java's milliseconds since 1970, which pyjks reads as unsigned; None beyond the years of datetime."""
    signed = milliseconds - (1 << 64) if milliseconds >> 63 else milliseconds
    return java_time.from_milliseconds(signed)


BKS: Final = Format(
    name="bks",
    title="BKS",
    suffixes=(".bks",),
    detect=detect_bks,
    loads=loads_bks,
    dumps=None,
    has_aliases=True,
    has_password=True,
)
UBER: Final = Format(
    name="uber",
    title="UBER",
    suffixes=(".uber", ".ubr"),
    detect=detect_uber,
    loads=loads_uber,
    dumps=None,
    has_aliases=True,
    has_password=True,
)
