"""PEM: certificates in base64 between BEGIN and END lines (RFC 7468), with any text around them.

A bundle that loses a certificate in silence is the worst thing that can happen here. So a certificate block that is
damaged is an error that names the block and its line, and what merely looks like a certificate is counted in a note.
Everything that is not a certificate (comments, keys, CRLs) is text: it is kept and written back byte for byte. Whoever
wants a key with its certificates asks for it (`private_keys.in_store`), as each certificate counts by itself.
"""

from typing import Final

from truststore_tool.formats.base import Format, KeyCodec
from truststore_tool.formats.pem.reading import detect, loads
from truststore_tool.formats.pem.writing import dumps, encode
from truststore_tool.model import OpaqueEntry, TrustStore

__all__ = ["PEM", "detect", "dumps", "encode", "loads"]


def _open(entry: OpaqueEntry, password: str | None) -> bytes:
    from truststore_tool.formats import private_keys

    return private_keys.open_entry(entry, password)


def _seal(entry: OpaqueEntry, pkcs8: bytes, password: str | None) -> OpaqueEntry:
    from truststore_tool.formats import private_keys

    return private_keys.seal_entry(entry, pkcs8, password)


def _rekey(store: TrustStore, old: str, new: str) -> TrustStore:  # noqa: ARG001 -- the signature of KeyCodec
    return store  # the file has no password that its keys could follow


PEM: Final = Format(
    name="pem",
    title="PEM",
    suffixes=(".pem", ".crt", ".ca-bundle"),
    detect=detect,
    loads=loads,
    dumps=dumps,
    has_aliases=False,
    has_password=False,
    keys=KeyCodec(_open, _seal, _rekey),
    keys_beside=True,
)
