"""The times of a certificate as Java reads them (DerInputBuffer and DerValue, getUTCTime and getGeneralizedTime)."""

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final

from truststore_tool import asn1
from truststore_tool.readers.java.der import JavaFormatError

_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(microsecond=0, tzinfo=UTC)


def parse(tag: int, content: bytes) -> datetime:
    """The moment of an ASN.1 time (aware, UTC). Raises JavaFormatError where the JDK refuses it.

    Java takes what asn1 takes and the 30th of February, but no missing zone and no odd digits.
    """
    kind = "UTC" if tag == asn1.UTC_TIME else "Generalized"
    match = _form(kind).fullmatch(content.decode("ascii", "replace"))
    if match is None:
        wrong = "offset" if _form(kind).fullmatch(content.decode("ascii", "replace") + "Z") else "format"
        raise JavaFormatError(f"Parse {kind} time, invalid {wrong}")
    *digits, sign, hours, minutes = match.groups("0")
    year, month, day, hour, minute, second = map(int, digits)
    if tag == asn1.UTC_TIME:
        year += 1900 if year >= 50 else 2000
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 60):
        raise JavaFormatError(f"Parse {kind} time, invalid format")
    offset = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    if int(hours) >= 24 or int(minutes) >= 60:
        raise JavaFormatError(f"Parse {kind} time, +hhmm")
    try:
        start = datetime(year, month, 1, hour, minute, second, tzinfo=UTC)
        return start + timedelta(days=day - 1) - offset
    except (ValueError, OverflowError):
        # Java has the year 0, and those behind 9999 that an offset leads to; the nearest moment stands for them.
        return _FIRST if year < 5000 else _LAST


@cache
def _form(kind: str) -> re.Pattern[str]:
    """The digits of a UTCTime or GeneralizedTime, the sign of its offset, and the offset's."""
    year, fraction = (r"(\d\d)", "") if kind == "UTC" else (r"(\d{4})", r"(?:[.,]\d+)?")
    pair = r"(\d\d)"
    return re.compile(rf"{year}{pair * 4}(?:{pair}{fraction})?(?:Z|([+-]){pair}{pair})")
