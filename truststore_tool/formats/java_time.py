"""Java's dates: milliseconds since 1970 in UTC (java.util.Date), as JKS, BKS and Java's PKCS#12 hold them."""

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def from_milliseconds(milliseconds: int) -> datetime | None:
    """The date; None when it lies outside the years 1 to 9999, which datetime ends with."""
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None


def to_milliseconds(moment: datetime) -> int:
    """The milliseconds of a date, rounded down."""
    return (moment - _EPOCH) // _MILLISECOND
