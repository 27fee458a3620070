"""Dates as Java prints them: ``Thu Aug 22 17:08:50 UTC 2019`` (java.util.Date) and ``Nov 24, 2026`` (DateFormat).

Both in the default time zone, as a JVM finds it: TZ, else the system's.
"""

import os
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from typing import Final

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WELL_NAMED: Final = ("UTC", "GMT")  # the table is not loaded for these
_GREGORIAN_CYCLE: Final = timedelta(days=146097)  # 400 years, a whole number of weeks


def date_string(moment: datetime, jdk: int) -> str:
    """``Date.toString`` of that release: weekday, month, day, time, zone, year."""
    local, year = _localize(moment)
    clock = local.strftime("%H:%M:%S")
    return f"{_DAYS[local.weekday()]} {_MONTHS[local.month - 1]} {local.day:02} {clock} {_zone_name(local, jdk)} {year}"


def short_date(moment: datetime) -> str:
    """``DateFormat.getDateInstance()`` in English: ``Nov 24, 2026``."""
    local, year = _localize(moment)
    return f"{_MONTHS[local.month - 1]} {local.day}, {year}"


def _localize(moment: datetime) -> tuple[datetime, int]:
    """The moment in the default zone, and its year; years beyond 9999, which datetime lacks, come out too."""
    zone = _zone()
    try:
        local = moment.astimezone(zone)
        return local, local.year
    except OverflowError:
        shift = -_GREGORIAN_CYCLE if moment.year > 5000 else _GREGORIAN_CYCLE
        local = (moment + shift).astimezone(zone)
        return local, local.year + (400 if moment.year > 5000 else -400)


@cache
def _zone() -> tzinfo:
    """The default time zone; an unknown one is GMT, as in a JVM."""
    name = _zone_id()
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return _custom_zone(name)


def _custom_zone(name: str) -> tzinfo:
    """A zone like ``GMT+3`` or ``GMT-03:30`` (TimeZone.parseCustomTimeZone); GMT for anything else."""
    match = re.fullmatch(r"GMT([+-])(\d{1,2})(?::?(\d\d))?", name)
    sign, hours, minutes = match.groups("0") if match else ("+", "0", "0")
    offset = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    if not offset or int(hours) > 23 or int(minutes) > 59:
        return timezone(timedelta(), "GMT")
    return timezone(offset, f"GMT{sign}{int(hours):02}:{int(minutes):02}")


def _zone_id() -> str:
    """The zone's name as the JVM finds it on Unix (TimeZone_md.c): TZ, /etc/timezone, the target of /etc/localtime."""
    name = os.environ.get("TZ", "").removeprefix(":")
    if name:
        return name
    with suppress(OSError), open("/etc/timezone", encoding="ascii", errors="replace") as file:
        name = file.read().strip()
    if name:
        return "UTC" if name in ("Etc/UTC", "UTC") else name
    target = os.path.realpath("/etc/localtime")
    _, found, name = target.partition("zoneinfo/")
    return name if found else "UTC"


def _zone_name(local: datetime, jdk: int) -> str:
    """The zone's short name in English. Before 25 the JDK had names of its own; now an offset is shown as one."""
    name = local.tzname() or "GMT"
    zone = _zone_id()
    if jdk < 25 and zone not in _WELL_NAMED:
        from truststore_tool.shims.java.zones import SHORT_NAMES

        if zone in SHORT_NAMES:
            return SHORT_NAMES[zone][bool(local.dst())]
    return f"GMT{name[:3]}:{name[3:] or '00'}" if name[0] in "+-" else name
