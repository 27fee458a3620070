"""What callers hand in, before anything is done with it: a TypeError for what is of another type than it may be."""

from collections.abc import Iterable
from datetime import datetime
from types import NoneType

from truststore_tool.errors import UsageError, require_type
from truststore_tool.model import Certificate, OpaqueEntry, TrustedEntry, TrustStore


def require_store(store: TrustStore) -> None:
    """Raise TypeError for what is no store, or holds what is no entry; UsageError for a date without a time zone."""
    require_type("the store", store, TrustStore)
    require_type("the format of the store", store.format, str)
    require_type("the entries of the store", store.entries, tuple)
    for entry in store.entries:
        require_type("an entry of the store", entry, TrustedEntry, OpaqueEntry)
        require_type("the alias of an entry", entry.alias, str)
        require_moment("the date of an entry", entry.created)
        for certificate in entry.certificates:
            require_certificate(certificate)


def require_certificate(certificate: Certificate) -> None:
    """Raise TypeError for what is no certificate."""
    require_type("a certificate", certificate, Certificate)


def require_moment(what: str, moment: datetime | None) -> None:
    """Raise TypeError for what is no moment, UsageError for one without a time zone. None passes."""
    require_type(what, moment, datetime, NoneType)
    if moment is not None and moment.tzinfo is None:
        raise UsageError(f"{what} has no time zone", hint="pass an aware datetime, as datetime.now(UTC)")


def require_several(what: str, several: Iterable[object]) -> None:
    """Raise TypeError for one thing, a text above all, where several are expected."""
    if isinstance(several, str | bytes | bytearray) or not isinstance(several, Iterable):
        raise TypeError(f"{what} must be a list or tuple, not {type(several).__name__}")
