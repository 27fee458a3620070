"""Signed certificate timestamps (RFC 6962, 3.2 and 3.3) as OpenSSL prints them."""

from datetime import UTC, datetime, timedelta
from typing import Final

from truststore_tool.errors import FormatError

_SIGNATURES: Final = {b"\4\3": "ecdsa-with-SHA256", b"\4\1": "sha256WithRSAEncryption"}
_LOG_ID: Final = 32
_HEAD: Final = 1 + _LOG_ID + 8 + 2
_WIDTH: Final = 16
_COLUMN: Final = 16


def render(octets: bytes) -> list[bytes]:
    """The lines of a SignedCertificateTimestampList. Raises FormatError when its lengths do not add up."""
    body = _vector(octets, 0)
    if len(body) != len(octets) - 2:
        raise FormatError("bytes follow the timestamps")
    shown: list[str] = []
    offset = 0
    while offset < len(body):
        one = _vector(body, offset)
        offset += 2 + len(one)
        shown += _timestamp(one)
    return [line.encode() for line in shown]


def _vector(data: bytes, offset: int) -> bytes:
    """A vector with a length of two octets."""
    size = int.from_bytes(data[offset : offset + 2], "big")
    if offset + 2 + size > len(data):
        raise FormatError("a timestamp is cut short")
    return data[offset + 2 : offset + 2 + size]


def _timestamp(sct: bytes) -> list[str]:
    head = "Signed Certificate Timestamp:"
    if not sct or sct[0] != 0:
        return [head, "    Version   : unknown", *_hex("", sct)]
    extensions = _vector(sct, _HEAD - 2)
    signature = _vector(sct, _HEAD + len(extensions) + 2)
    algorithm = sct[_HEAD + len(extensions) : _HEAD + len(extensions) + 2]
    milliseconds = int.from_bytes(sct[1 + _LOG_ID : 1 + _LOG_ID + 8], "big")
    return [
        head,
        "    Version   : v1 (0x0)",
        *_hex("    Log ID    : ", sct[1 : 1 + _LOG_ID]),
        f"    Timestamp : {_moment(milliseconds)}",
        *(_hex("    Extensions: ", extensions) if extensions else ["    Extensions: none"]),
        f"    Signature : {_SIGNATURES.get(algorithm, algorithm.hex().upper())}",
        *_hex("", signature),
    ]


def _moment(milliseconds: int) -> str:
    try:
        when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    except OverflowError:
        raise FormatError("a timestamp beyond all years") from None
    return f"{when:%b} {when.day:2} {when:%H:%M:%S}.{milliseconds % 1000:03} {when.year} GMT"


def _hex(label: str, octets: bytes) -> list[str]:
    """Lines of octets in one column, the label before the first; one line where there are no octets."""
    rows = [octets[at : at + _WIDTH].hex(":").upper() for at in range(0, len(octets), _WIDTH)] or [""]
    ends = [":"] * (len(rows) - 1) + [""]
    lines = [f"{'':{_COLUMN}}{row}{end}" for row, end in zip(rows, ends, strict=True)]
    return [label.ljust(_COLUMN) + lines[0][_COLUMN:], *lines[1:]]
