"""Archives and compressed files: what they are, and what is inside, as far as that costs little to see."""

import io
import zlib
from collections.abc import Sequence
from typing import Final

from truststore_tool.meant import Meant, der

_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
# By the first bytes: the name, and the program that unpacks it.
_OTHERS: Final = (
    (b"\x28\xb5\x2f\xfd", "a file compressed with zstd", "zstd -d"),
    (b"\xfd7zXZ\0", "a file compressed with xz", "xz -d"),
    (b"BZh", "a file compressed with bzip2", "bzip2 -d"),
    (b"\x04\x22\x4d\x18", "a file compressed with lz4", "lz4 -d"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "7z x"),
    (b"Rar!", "a RAR archive", "unrar x"),
    (b"MSCF", "a cabinet file of Windows", "cabextract"),
    (b"!<arch>\n", "a package of Debian, or another archive of ar", "ar x"),
    (b"\xed\xab\xee\xdb", "an RPM package", "rpm2cpio"),
)
# What is looked at of the inside: enough for the headers of what is there, and nothing that could be a bomb.
_LOOKED_AT: Final = 64 * 1024
_MOST_MEMBERS: Final = 1000
_SHOWN: Final = 4
_NAME_SIZE: Final = 80
_BLOCK: Final = 512


def recognised(data: bytes) -> Meant | None:
    """An archive or a compressed file, with the names of its members, or what it holds."""
    if data.startswith(_GZIP):
        return _gzip(data)
    if data.startswith(_ZIP):
        return Meant(f"a ZIP archive{_listed(_zip_members(data))}", "take the file out of it first: unzip")
    if _is_tar(data):
        return Meant(f"a tar archive{_listed(_tar_members(data))}", "take the file out of it first: tar -xf")
    for magic, what, program in _OTHERS:
        if data.startswith(magic):
            return Meant(what, f"unpack it first: {program}")
    return None


def _gzip(data: bytes) -> Meant:
    try:
        inside = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data, _LOOKED_AT)
    except zlib.error:
        return Meant("a damaged file compressed with gzip", "fetch it again from its source")
    if _is_tar(inside):
        hint = "take the file out of it first: tar -xzf"
        return Meant(f"a tar archive compressed with gzip{_listed(_tar_members(inside))}", hint)
    held = _called(inside)
    return Meant(f"a file compressed with gzip{f' ({held} is in it)' if held else ''}", "unpack it first: gzip -d")


def _called(data: bytes) -> str:
    """What the beginning of a file shows it to be."""
    if data.startswith((b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")):
        return "a key store of Java"
    if b"-----BEGIN " in data:
        return "a PEM"
    return f"a {name}" if (name := der.kind_of(data)) else ""


def _is_tar(data: bytes) -> bool:
    return data[257:262] == b"ustar"


def _tar_members(data: bytes) -> list[str]:
    """The names of members, up to where the data ends; those of long names are not put together."""
    names: list[str] = []
    offset = 0
    while len(names) < _MOST_MEMBERS and _is_tar(header := data[offset : offset + _BLOCK]):
        size = header[124:136].strip(b"\0 ")
        if not size.isdigit() or set(size) - set(b"01234567"):
            break
        if header[156:157] in b"0\0":
            names.append(header[:100].partition(b"\0")[0].decode("utf-8", "replace"))
        offset += _BLOCK + -(-int(size, 8) // _BLOCK) * _BLOCK
    return names


def _zip_members(data: bytes) -> list[str]:
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(io.BytesIO(data)) as archive:
            return [item.filename for item in archive.infolist()[:_MOST_MEMBERS] if not item.is_dir()]
    except (BadZipFile, ValueError, NotImplementedError, OSError):
        return []


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(name[:_NAME_SIZE] for name in names[:_SHOWN])
    return f" ({shown}{', ...' if len(names) > _SHOWN else ''})" if names else ""
