"""Binary files: stores of other programs, stores that were damaged on their way, and what is in DER."""

import re
from typing import Final

from truststore_tool.meant import WAYS_OUT, Meant, der, with_article

_REPLACED: Final = "�".encode()
_JKS: Final = b"\xfe\xed\xfe\xed"
_AS_LATIN_1: Final = _JKS.decode("latin-1").encode()
_PKCS12: Final = re.compile(rb"\x30[\x81-\x84].{1,4}?\x02\x01\x03\x30", re.DOTALL)
_MANGLED: Final = "a key store that was treated as text, which destroyed it"
_FILTERING: Final = "fetch it again, and let nothing change it: resource filtering of Maven, an editor, a text column"
_FEWEST_LINE_ENDS: Final = 3
# By the first bytes: what it is, and the way out.
_KNOWN: Final = (
    (b"L\0\0\0\x01\x14\x02\0", "a shortcut of Windows", "give the file that it leads to"),
    (b"\0\0\0\0CERT", "a serialized store of Windows (.sst)", "export it as PKCS #7 (.p7b)"),
    (
        b"SQLite format 3\0",
        "a database of SQLite, such as NSS's cert9.db",
        "take a certificate out of NSS: certutil -L -d sql:DIRECTORY -n NAME -a",
    ),
    (
        b"\0\x06\x15\x61",
        "a database of Berkeley DB, such as NSS's cert8.db",
        "take a certificate out of it: certutil -L",
    ),
    (b"kych", "a keychain of macOS", "export from it: security find-certificate -a -p KEYCHAIN"),
    (b"\xa1\xf8\x4e", "a wallet of Oracle that opens by itself (cwallet.sso)", "give the ewallet.p12 beside it"),
    (b"Salted__", "a file encrypted by openssl enc", "decrypt it first: openssl enc -d"),
    (b"\x7fELF", "a program of Linux", "check the path"),
    (b"MZ", "a program of Windows", "check the path"),
    (b"\xca\xfe\xba\xbe", "a class of Java", "check the path"),
    (b"%PDF-", "a PDF document", "fetch the certificate itself"),
    (b"\x89PNG", "an image", "check the path"),
    (b"\xff\xd8\xff", "an image", "check the path"),
    (b"\xd0\xcf\x11\xe0", "a document of Office, or an installer of Windows", "check the path"),
)


def recognised(data: bytes) -> Meant | None:
    """A binary file that is no store, or one that is damaged in a way that can be told."""
    for magic, what, hint in _KNOWN:
        if data.startswith(magic):
            return Meant(what, hint)
    return _damaged(data) or _der(data)


def _damaged(data: bytes) -> Meant | None:
    binary = any(octet < 9 for octet in data[:4096])  # as no text has them
    if binary and data.count(_REPLACED) > 1:
        return Meant(f"{_MANGLED} (bytes were replaced by U+FFFD)", _FILTERING)
    if data.startswith(b"????\0\0\0"):
        return Meant(f"{_MANGLED} (bytes were replaced by ?)", _FILTERING)
    if data.startswith(_AS_LATIN_1):
        return Meant(f"{_MANGLED} (it was taken for Latin-1, and written as UTF-8)", _FILTERING)
    line_ends = data.count(b"\n")
    if binary and line_ends >= _FEWEST_LINE_ENDS and line_ends == data.count(b"\r\n"):
        hint = "fetch it again as binary: git with '*.jks binary' in .gitattributes, FTP in its binary mode"
        return Meant("a binary file whose line ends were made those of Windows, which destroyed it", hint)
    announced = der.announced(data)
    if announced is not None and announced > len(data) and binary:
        name = "PKCS#12" if _PKCS12.match(data) else "structure in DER"
        what = f"a {name} that is cut short: its header says {announced} bytes, and the file has {len(data)}"
        return Meant(what, "fetch it again from its source")
    return None


def _der(data: bytes) -> Meant | None:
    name = der.kind_of(data)
    return Meant(with_article(name), WAYS_OUT[name]) if name in WAYS_OUT else None
