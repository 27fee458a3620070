"""Certificate extensions as OpenSSL prints them (X509V3_extensions_print); what it does not know, as raw octets."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError
from truststore_tool.extensions import Extension
from truststore_tool.shims.openssl import general_names as general
from truststore_tool.shims.openssl import is_newer, objects, options
from truststore_tool.shims.openssl.extension_values import NEWER, RENDERERS
from truststore_tool.shims.openssl.lines import indented

# Octets; of the indentation beyond six, every four blanks or fewer take one away (BIO_dump_indent).
_WIDEST_DUMP: Final = 16
# Their fields run into each other at a place that depends on the indentation.
_DISTRIBUTION_POINTS: Final = (oids.CRL_DISTRIBUTION_POINTS, oids.FRESHEST_CRL)


def render(extensions: Iterable[Extension], flags: int, indent: int) -> bytes:
    """The extensions, each below a line of its name. `flags` are the bits of `-certopt`."""
    parts = []
    for extension in extensions:
        name = objects.long_name(extension.oid).encode()
        parts.append(b"%*s%s: %s\n" % (indent, b"", name, b"critical" if extension.critical else b""))
        parts.append(_value(extension, flags, indent + 4) + b"\n")
    return b"".join(parts)


def _value(extension: Extension, flags: int, indent: int) -> bytes:
    if is_newer() and extension.oid in NEWER:
        with suppress(FormatError):
            # A line that says nothing has no indentation.
            lines = NEWER[extension.oid](asn1.read(extension.value))
            return b"\n".join(b" " * indent + line if line and line[:1] != b"<" else line for line in lines)
    renderer = RENDERERS.get(extension.oid)
    known = renderer is not None or extension.oid in _DISTRIBUTION_POINTS
    try:
        if extension.oid in _DISTRIBUTION_POINTS:
            return general.distribution_points(asn1.read(extension.value), indent)
        if renderer is not None:
            return b"\n".join(b" " * indent + line for line in renderer(asn1.read(extension.value)))
    except FormatError:
        pass
    match flags & options.UNKNOWN_MASK:
        case options.UNKNOWN_ERROR:
            return b" " * indent + (b"<Parse Error>" if known else b"<Not Supported>")
        case options.UNKNOWN_DUMP:
            return indented(_hex_dump(extension.value, _WIDEST_DUMP - (max(indent - 6, 0) + 3) // 4), indent)
        case _:
            return b" " * indent + general.printable(extension.value)


def check(extension: Extension) -> None:
    """Raises FormatError for one that cannot be read."""
    value = asn1.read(extension.value)
    if extension.oid in _DISTRIBUTION_POINTS:
        general.distribution_points(value, 0)
    elif extension.oid in RENDERERS:
        RENDERERS[extension.oid](value)


def _hex_dump(octets: bytes, width: int) -> list[bytes]:
    """Offset, hex and characters, so many octets a line."""
    lines = []
    for at in range(0, len(octets), width):
        row = octets[at : at + width]
        pairs = "".join(f"{octet:02x}{'-' if place == 7 else ' '}" for place, octet in enumerate(row))
        shown = "".join(chr(octet) if 0x20 <= octet <= 0x7E else "." for octet in row)
        lines.append(f"{at:04x} - {pairs:<{3 * width}}  {shown}".encode())
    return lines
