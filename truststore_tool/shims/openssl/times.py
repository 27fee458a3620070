"""The moments of a certificate as OpenSSL prints them."""

from typing import Final

from truststore_tool import asn1
from truststore_tool.errors import FormatError

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def moment(time: asn1.Element, *, iso: bool = False) -> bytes:
    """A validity's time, in GMT, as RFC 822 or ISO 8601 write it."""
    try:
        when = time.time()
    except FormatError:
        return b"Bad time value"
    if iso:
        return when.strftime("%Y-%m-%d %H:%M:%SZ").encode()
    return f"{_MONTHS[when.month - 1]} {when.day:2} {when:%H:%M:%S} {when.year} GMT".encode()
