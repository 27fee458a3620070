"""NSS databases of certificates (``cert9.db``), as Firefox, Chromium and curl built with NSS keep them.

SQLite, whose table nssPublic has a row for each PKCS#11 object and a column for each attribute (NSS,
lib/softoken/sdb.c): numbers are stored in four octets, big-endian. The trust in a certificate is an object of its own,
which names the certificate by issuer and serial number (pkcs11n.h).
"""

import sqlite3
from typing import Final

from truststore_tool.errors import FormatError
from truststore_tool.inventory.nouns import Held, Kind
from truststore_tool.model import Certificate

_CLASS, _LABEL, _VALUE, _ISSUER, _SERIAL = "a0", "a3", "a11", "a81", "a82"
_SERVER_AUTH: Final = "ace536358"  # CKA_TRUST_SERVER_AUTH
_IS_CERTIFICATE: Final = b"\0\0\0\1"  # CKO_CERTIFICATE
_IS_TRUST: Final = b"\xce\x53\x43\x53"  # CKO_NSS_TRUST
# CKT_NSS_TRUSTED_DELEGATOR; CKT_NSS_TRUSTED is a server by itself, which issues nothing.
_TRUSTED: Final = b"\xce\x53\x43\x52"
_NOT_TRUSTED: Final = b"\xce\x53\x43\x5a"  # CKT_NSS_NOT_TRUSTED
_TABLE: Final = b"nssPublic"
_STEPS: Final = 10_000_000
_MOST: Final = 100_000


def is_nss(data: bytes) -> bool:
    """Whether a SQLite file seems to be such a database."""
    return _TABLE in data[: 1 << 20]


def read(data: bytes) -> tuple[Held, ...]:
    """The certificates of a database: anchors are those that are trusted to issue certificates of servers.

    It is opened in memory. Raises FormatError for what is no such database, or a damaged one.
    """
    # A database in WAL mode cannot be opened in memory unless it says that it is none (file format, offsets 18 and 19).
    plain = data[:18] + b"\1\1" + data[20:]
    database = sqlite3.connect(":memory:")
    try:
        database.deserialize(plain)
        database.execute("PRAGMA trusted_schema=OFF")
        database.execute("PRAGMA query_only=ON")
        left = iter(range(_STEPS // 1000))
        database.set_progress_handler(lambda: next(left, None) is None, 1000)
        columns = {row[1] for row in database.execute("PRAGMA table_info(nssPublic)")}
        kind = database.execute("SELECT type FROM sqlite_master WHERE name='nssPublic'").fetchone()
        if kind != ("table",) or not {_CLASS, _VALUE, _ISSUER, _SERIAL} <= columns:
            raise FormatError("a database without the table of NSS")
        trust = _trust(database) if _SERVER_AUTH in columns else {}
        label = _LABEL if _LABEL in columns else "NULL"
        rows = database.execute(
            f"SELECT {_VALUE}, {_ISSUER}, {_SERIAL}, {label} FROM nssPublic WHERE {_CLASS}=? LIMIT {_MOST}",  # noqa: S608 -- names of our own
            (_IS_CERTIFICATE,),
        )
        return tuple(_held(row, trust) for row in rows if isinstance(row[0], bytes))
    except (sqlite3.Error, MemoryError, OverflowError) as exc:
        raise FormatError(f"a damaged database of NSS: {exc}") from exc
    finally:
        database.close()


def _trust(database: sqlite3.Connection) -> dict[tuple[bytes, bytes], bytes]:
    rows = database.execute(
        f"SELECT {_ISSUER}, {_SERIAL}, {_SERVER_AUTH} FROM nssPublic WHERE {_CLASS}=? LIMIT {_MOST}",  # noqa: S608 -- names of our own
        (_IS_TRUST,),
    )
    return {(issuer, serial): value for issuer, serial, value in rows}


def _held(row: tuple[bytes, bytes, bytes, bytes | None], trust: dict[tuple[bytes, bytes], bytes]) -> Held:
    der, issuer, serial, label = row
    said = trust.get((issuer, serial))
    kind: Kind = "anchor" if said == _TRUSTED else "distrusted" if said == _NOT_TRUSTED else "loose"
    alias = label.decode("utf-8", "replace").rstrip("\0") if isinstance(label, bytes) else ""
    return Held(Certificate(der), kind, alias)
