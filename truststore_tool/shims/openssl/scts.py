"""Signed certificate timestamps (RFC 6962, 3.2 and 3.3) as OpenSSL prints them."""

from datetime import UTC, datetime, timedelta
from typing import Final

from truststore_tool.errors import FormatError

_SIGNATURES: Final = {b"\4\3": "ecdsa-with-SHA256", b"\4\1": "sha256WithRSAEncryption"}
_LOG_ID: Final = 32
_HEAD: Final = 1 + _LOG_ID + 8 + 2
_WIDTH: Final = 16


def render(octets: bytes, indent: int) -> bytes:
    """A SignedCertificateTimestampList. Raises FormatError when its lengths do not add up."""
    body = _vector(octets, 0)
    if len(body) != len(octets) - 2:
        raise FormatError("bytes follow the timestamps")
    shown = []
    offset = 0
    while offset < len(body):
        one = _vector(body, offset)
        offset += 2 + len(one)
        shown.append(_timestamp(one, indent))
    return b"\n".join(shown)


def _vector(data: bytes, offset: int) -> bytes:
    """A vector with a length of two octets."""
    size = int.from_bytes(data[offset : offset + 2], "big")
    if offset + 2 + size > len(data):
        raise FormatError("a timestamp is cut short")
    return data[offset + 2 : offset + 2 + size]


def _timestamp(sct: bytes, indent: int) -> bytes:
    head = f"{'':{indent}}Signed Certificate Timestamp:\n{'':{indent + 4}}Version   : "
    wide = indent + 16
    if not sct or sct[0] != 0:
        return f"{head}unknown\n{'':{wide}}{_hex(sct, wide)}".encode()
    extensions = _vector(sct, _HEAD - 2)
    signature = _vector(sct, _HEAD + len(extensions) + 2)
    algorithm = sct[_HEAD + len(extensions) : _HEAD + len(extensions) + 2]
    milliseconds = int.from_bytes(sct[1 + _LOG_ID : 1 + _LOG_ID + 8], "big")
    pad = " " * (indent + 4)
    return (
        f"{head}v1 (0x0)\n"
        f"{pad}Log ID    : {_hex(sct[1 : 1 + _LOG_ID], wide)}\n"
        f"{pad}Timestamp : {_moment(milliseconds)}\n"
        f"{pad}Extensions: {_hex(extensions, wide) if extensions else 'none'}\n"
        f"{pad}Signature : {_SIGNATURES.get(algorithm, algorithm.hex().upper())}\n"
        f"{' ' * wide}{_hex(signature, wide)}"
    ).encode()


def _moment(milliseconds: int) -> str:
    try:
        when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    except OverflowError:
        raise FormatError("a timestamp beyond all years") from None
    return f"{when:%b} {when.day:2} {when:%H:%M:%S}.{milliseconds % 1000:03} {when.year} GMT"


def _hex(octets: bytes, indent: int) -> str:
    lines = [octets[at : at + _WIDTH].hex(":").upper() for at in range(0, len(octets), _WIDTH)]
    return (":\n" + " " * indent).join(lines)
