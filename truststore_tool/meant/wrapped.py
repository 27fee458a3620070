r"""Certificates, keys and stores in a wrapping that programs do not take off: UTF-16, base64, ``\n`` in two characters.

PowerShell writes UTF-16; Kubernetes and the variables of CI systems hold base64, of a whole store as well; JSON and env
files hold the line ends of a PEM as ``\n``. What is inside is plain, so a source is read through it.
"""

import binascii
import re
from typing import Final, NamedTuple

from truststore_tool.meant import Meant, der

_BOM: Final = b"\xef\xbb\xbf"
_UTF16: Final = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
# Two bytes of ASCII, or of a structure, that follow are one such character: what is in them would be lost. The price is
# that a comment in Chinese, Japanese or Korean keeps a file from being read.
_STRANGE: Final = re.compile("[^\t\n\r\x1a -~\xa0-\u2aff\ufeff]")
_BARE_UTF16: Final = {b"-\0-\0": "utf-16-le", b"\0-\0-": "utf-16-be"}
_BLANKS: Final = b" \t\r\n\v\f"
_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_SHORTEST: Final = 64  # characters; a key of Ed25519 in PKCS#8 has as many
# Where one text in base64 ends and the next begins: an empty line, or behind the padding.
_NEXT: Final = re.compile(rb"\r?\n[ \t\r]*\n\s*|(?<==)\s+(?=[^\s=])")
_BLOCK: Final = re.compile(
    rb"-----BEGIN (?P<label>[^-\r\n]{1,64})-----(?P<body>[^-]*+(?:-(?!----)[^-]*+)*)-----END (?P=label)-----"
)
# Text that was quoted several times has several signs before each; without a bound, many of them would cost the square.
_LINE_END: Final = re.compile(rb"(?:\\{1,7}r)?\\{1,7}n|\\{1,7}r")
_CHARACTER: Final = re.compile(rb"\\{1,7}u00([0-7][0-9A-Fa-f])")
_OPENING: Final = (b"=", b":", b'"', b"'", b"`", b">")
_MOST: Final = 3  # wrappings inside one another: UTF-16 around base64 around a PEM with \n
_MAGIC: Final = (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce", b"\0\0\0\1", b"\0\0\0\2")


class Unwrapped(NamedTuple):
    """What was inside a wrapping, and what that was, e.g. ``"text in UTF-16"``."""

    data: bytes
    wrapping: str


def unwrapped(data: bytes) -> Unwrapped | None:
    """What is inside, if that is a PEM, a structure in DER or a key store; None where nothing such is wrapped."""
    names: list[str] = []
    for _ in range(_MOST):  # what is inside is smaller each time
        step = _from_utf16(data) or _from_escapes(data) or _from_base64(data)
        if step is None:
            break
        data = step.data
        names.append(step.wrapping)
    return Unwrapped(data, ", and in that ".join(names)) if names and _is_plain(data) else None


def recognised(data: bytes) -> Meant | None:
    """For who cannot take what is wrapped: the target of a change, or whoever asks what programs make of it."""
    found = unwrapped(data)
    if found is None:
        return None
    return Meant(f"{found.wrapping}, which programs do not read", "make a file of it that they read, with convert")


def _is_plain(data: bytes) -> bool:
    return data.startswith(_MAGIC) or b"-----BEGIN " in data or bool(der.kind_of(data))


def _from_utf16(data: bytes) -> Unwrapped | None:
    encoding = _UTF16.get(data[:2]) or _BARE_UTF16.get(data[:4])
    if encoding is None:
        return None
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    if _STRANGE.search(text):
        return None
    return Unwrapped(text.removeprefix("\ufeff").encode("utf-8", "surrogatepass"), "text in UTF-16")


def _from_escapes(data: bytes) -> Unwrapped | None:
    r"""Each block whose line ends are ``\n`` on lines of its own, as JSON and shells quote it; the rest stays.

    So is one that begins behind a sign of assignment or a quotation mark, which nobody finds either.
    """
    names: set[str] = set()

    def plain(match: re.Match[bytes]) -> bytes:
        body = match["body"]
        if _LINE_END.search(body) is not None:
            names.add(r"a PEM whose line ends are \n in two characters")
        elif data[max(0, match.start() - 4) : match.start()].rstrip(b" \t")[-1:] in _OPENING:
            names.add("a PEM inside other text")
        else:
            return match[0]
        body = _CHARACTER.sub(lambda code: bytes([int(code[1], 16)]), _LINE_END.sub(b"\n", body)).replace(b"\\", b"")
        return b"\n-----BEGIN %b-----%b-----END %b-----\n" % (match["label"], body, match["label"])

    text = _BLOCK.sub(plain, data)
    return Unwrapped(text, " and ".join(sorted(names))) if names else None


def _from_base64(data: bytes) -> Unwrapped | None:
    text = data.removeprefix(_BOM).strip(_BLANKS + b"\"'")
    if len(text) < _SHORTEST or text.translate(None, _ALPHABET + _BLANKS + b"="):
        return None
    decoded = _decoded(text)
    if decoded is None:
        parts = [_decoded(part) for part in _NEXT.split(text)]
        decoded = None if None in parts else b"".join(part for part in parts if part)
    if decoded is None:
        return None
    return Unwrapped(decoded, "base64 without BEGIN lines" if der.kind_of(decoded) else "base64")


def _decoded(text: bytes) -> bytes | None:
    try:
        return binascii.a2b_base64(text.translate(None, _BLANKS), strict_mode=True)
    except binascii.Error:
        return None
