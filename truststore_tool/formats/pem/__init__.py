"""PEM: certificates in base64 between BEGIN and END lines (RFC 7468), with any text around them.

A bundle that loses a certificate in silence is the worst thing that can happen here. So a certificate block that is
damaged is an error that names the block and its line, and what merely looks like a certificate is counted in a note.
Everything that is not a certificate (comments, keys, CRLs) is text: it is kept and written back byte for byte.
"""

from typing import Final

from truststore_tool.formats.base import Format
from truststore_tool.formats.pem.reading import detect, loads
from truststore_tool.formats.pem.writing import dumps, encode

__all__ = ["PEM", "detect", "dumps", "encode", "loads"]

PEM: Final = Format(
    name="pem",
    title="PEM",
    suffixes=(".pem", ".crt", ".ca-bundle"),
    detect=detect,
    loads=loads,
    dumps=dumps,
    has_aliases=False,
    has_password=False,
)
