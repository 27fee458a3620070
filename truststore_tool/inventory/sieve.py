"""What may hold certificates, by its first octets, whatever it is called: cheap, as it is asked of every file.

Of what passes most is decided by parsing it.
"""

from typing import Final, Literal

from truststore_tool.inventory import tars
from truststore_tool.inventory.words import perhaps_any

# What is read of a file at first. In what is no text, nothing is looked for beyond: it would be in a program, whose
# strings may lie anywhere in it. Of a text as much as `HEAD` is read before it is known what it is.
FIRST: Final = 256 << 10
HEAD: Final = 1 << 20

Archive = Literal["zip", "perhaps zip", "tar", "ar", "gzip", "bzip2", "xz", "zstd"]
Kind = Archive | Literal["", "store", "text", "long text", "sqlite", "unread"]
COMPRESSED: Final = frozenset({"gzip", "bzip2", "xz", "zstd"})
ARCHIVES: Final = COMPRESSED | {"zip", "perhaps zip", "tar", "ar"}

_MAGIC: Final[dict[int, tuple[tuple[bytes, Kind], ...]]] = {
    0x00: (
        (b"\0\0\0\1\0\0\0\x14", "store"),  # BKS and UBER: version, length of salt
        (b"\0\0\0\2\0\0\0\x14", "store"),
        (b"\0-\0-\0-\0-\0-\0B", "text"),
        (b"\0\x06\x15\x61\0\0\0", "unread"),
    ),
    0xFE: ((b"\xfe\xed\xfe\xed", "store"),),
    0xCE: ((b"\xce\xce\xce\xce", "store"),),
    0x1F: ((b"\x1f\x8b", "gzip"), (b"\x1f\x9d", "unread")),
    0x28: ((b"\x28\xb5\x2f\xfd", "zstd"),),
    0x42: ((b"BZh", "bzip2"),),
    0x4D: ((b"MZ", "perhaps zip"), (b"MSCF\0\0\0\0", "unread"), (b"MII", "text"), (b"MIA", "text")),  # DER in base64
    0x7A: ((b"zs7Ozg", "text"),),  # JCEKS, BKS and UBER, and twice in base64 PEM
    0x41: ((b"AAAAAQAAAB", "text"), (b"AAAAAgAAAB", "text")),
    0x54: ((b"TFMwdExTMUNSVWRKVG", "text"),),
    0x56: ((b"VEZNd2RFeFRNVU5TVldSS1ZH", "text"),),
    0x2D: ((b"-\0-\0-\0-\0-\0B\0", "text"),),  # PEM in UTF-16
    0x4A: ((b"JM\1\0PK\3\4", "zip"),),  # a module of a JDK
    0x51: ((b"QFI\xfb", "unread"),),
    0x4B: ((b"KDMV", "unread"),),
    0x76: ((b"vhdxfile", "unread"),),
    0x5D: ((b"\x5d\0\0\x80\0", "xz"),),  # what was before xz
    0x50: ((b"PK\3\4", "zip"), (b"PK\5\6", "zip")),
    0x52: ((b"Rar!\x1a\7", "unread"),),
    0x53: ((b"SQLite format 3\0", "sqlite"),),
    0xFD: ((b"\xfd7zXZ\0", "xz"),),
    0x23: ((b"#!", "perhaps zip"),),
    0x21: ((b"!<arch>\ndebian-binary", "ar"), (b"!<arch>\ndebian-split", "unread")),
    0x30: ((b"070701", "unread"), (b"070702", "unread")),
    0x37: ((b"7z\xbc\xaf\x27\x1c", "unread"),),
    0x04: ((b"\x04\x22\x4d\x18", "unread"),),
    0x4C: ((b"LZIP\1", "unread"),),
    0x68: ((b"hsqs", "unread"),),
    0xED: ((b"\xed\xab\xee\xdb", "unread"),),
}
_UNREAD: Final = {
    b"\x1f\x9d": "compress",
    b"MSCF": "a cabinet",
    b"Rar!": "RAR",
    b"!<ar": "a part of a Debian package",
    b"0707": "cpio",
    b"7z\xbc\xaf": "7z",
    b"\x04\x22\x4d\x18": "lz4",
    b"LZIP": "lzip",
    b"hsqs": "squashfs",
    b"\xed\xab\xee\xdb": "an RPM package",
    b"\0\x06\x15\x61": "a database of Berkeley DB 1, as cert8.db is",
    b"QFI\xfb": "a disk of QEMU",
    b"KDMV": "a disk of VMware",
    b"vhdx": "a disk of Hyper-V",
}
# Numbers of file systems, and where they stand: ext2 and its followers, ISO 9660.
_FILE_SYSTEMS: Final = ((1080, b"\x53\xef"), (32769, b"CD001"))
(_EXT_AT, _EXT), (_ISO_AT, _ISO) = _FILE_SYSTEMS
_SEQUENCE: Final = 0x30
# Every text is searched for each of these: longer ones, and such as do not end in a blank, are found quicker.
_BEGIN: Final = b"-----BEGIN"
# The same, and the first octets of a JKS, in base64; and what says that values of a text are in base64.
_BEGIN_ENCODED, JKS_ENCODED = b"LS0tLS1CRUdJTi", b"/u3+7QAAAA"
# What files of Kubernetes have in their first lines; and what holds values in base64 there.
_KUBERNETES, _SECRET, _BINARY, _NEAR = b"apiVersion", b"Secret", b"binaryData", 1024
_HOLDERS: Final = (_BINARY, b"kind: Secret", b'Secret"')
# Rare pieces of all of these.
_perhaps_speaks: Final = perhaps_any(b"-BEGIN", b"S1CRUdJ", b"u3+7QAAA", b"naryData", b"nd: Secret", b'Secret"')
# Lines of base64 have 64 octets, or more.
BASE64: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_IS_BASE64: Final = bytes(1 if octet in BASE64 else 0 for octet in range(256))
_LINE: Final = b"\1" * 60
# JKS and JCEKS in a file of Windows' registry.
_IN_HEX: Final = (b"fe,ed,fe,ed", b"ce,ce,ce,ce")
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_SIGNS_UTF16: Final = (b"B\0E\0G\0I\0N", *(sign.decode().encode("utf-16-le")[:-1] for sign in _IN_HEX))


def is_text(first: bytes) -> bool:
    """Whether what begins so is a text, also one in UTF-16."""
    return b"\0" not in first or first[:2] in _UTF16


def kind_of(head: bytes, size: int | None) -> Kind:
    """What a file may be that begins with `head` and has `size` octets; empty for what holds no certificate.

    ``text`` is one in which something looks like a certificate, ``long text`` one that may, beyond its head.
    """
    if len(head) < 2:
        return ""
    first = head[0]
    for magic, kind in _MAGIC.get(first, ()):
        if head.startswith(magic):
            if kind != "perhaps zip":
                return kind
            if _ends_as_zip(head, size):
                return kind
    if first == _SEQUENCE and head[1] >= 0x80:
        return "store"
    if b"\0" in head[148:156] and tars.is_tar(head):  # where the checksum of a header ends
        return "tar"
    if _perhaps_speaks(head) and (_BEGIN in head or (b"\0" not in head and says_encoded(head))):
        return "text"
    if head[:2] in _UTF16 and any(sign in head for sign in _SIGNS_UTF16):
        return "text"
    # The first kilobyte of one is empty, or code that starts a machine.
    if (head.startswith(_EXT, _EXT_AT) or head.startswith(_ISO, _ISO_AT)) and b"\0" in head:
        return "unread"
    return "long text" if len(head) >= HEAD and size != len(head) and b"\0" not in head else ""


def speaks_of_certificates(piece: bytes) -> bool:
    """Whether a piece of text has something that looks like a certificate."""
    return bool(_perhaps_speaks(piece)) and (_BEGIN in piece or says_encoded(piece))


def says_encoded(piece: bytes) -> bool:
    """Whether a piece of text may have certificates or stores in base64."""
    return (
        _BEGIN_ENCODED in piece
        or JKS_ENCODED in piece
        or (_is_of_kubernetes(piece) and any(holder in piece for holder in _HOLDERS))
    )


def _is_of_kubernetes(piece: bytes) -> bool:
    return (
        piece.find(_KUBERNETES, 0, _NEAR) >= 0
        or piece.find(_SECRET, 0, _NEAR) >= 0
        or piece.find(_BINARY, 0, _NEAR) >= 0
    )


def may_be_encoded(head: bytes) -> bool:
    """Whether a file of settings may have any store as a value: a line of base64, or more, or a JKS in hex.

    As that takes long, it is not asked of every text.
    """
    return _LINE in head.translate(_IS_BASE64) or any(sign in head for sign in _IN_HEX)


def name_of_unread(head: bytes) -> str:
    """What an archive is that is not read."""
    return next((name for magic, name in _UNREAD.items() if head.startswith(magic)), "a file system")


def _ends_as_zip(head: bytes, size: int | None) -> bool:
    """Whether a script or program may have a zip behind it: that of one that is not there whole is looked at later."""
    return size != len(head) or head.rfind(b"PK\5\6", -(22 + 0xFFFF)) >= 0
