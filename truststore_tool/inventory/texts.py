"""Certificates and stores that stand in texts of other kinds: YAML, JSON, properties, environment files, source code.

A PEM text may stand there with its line ends written out as ``\\n``, in quotes, indented, or in base64; a binary store
only in base64. Each value is looked at by itself, as several bundles may stand in one file.
"""

import re
from collections.abc import Iterator
from typing import Final

from truststore_tool import formats
from truststore_tool.inventory.sieve import may_be_encoded, says_encoded
from truststore_tool.meant import der
from truststore_tool.nouns import noun

_BLOCK: Final = re.compile(
    rb"-----BEGIN (?P<label>[A-Z0-9 #]{1,40})-----(?P<body>[^-]{0,200000}(?:-(?!----)[^-]{0,200000}){0,99})"
    rb"-----END (?P=label)-----"
)
# A key right before its value: ``ca.crt: |``, ``"ca": "``, ``CA=``, ``export CA='``. On the line above only where the
# text says that a value follows: else it is a comment that ends in a colon.
_KEY: Final = re.compile(
    rb"(?P<key>[A-Za-z0-9_][\w.\-/]{0,100})[\"']?[ \t]*[:=][ \t]*"
    rb"(?:[\"'](?:\\n|\s){0,20}|[|>][-+0-9]*[ \t]*\r?\n[ \t]{0,80}|\\\r?\n[ \t]{0,80}|)\Z"
)
_BEFORE: Final = 200  # octets in which a key is looked for
_BEGIN: Final = b"-----BEGIN "
_WRITTEN_OUT: Final = re.compile(rb"\\+(?:r\\+n|[nrt]|u000[aAdD]|(?=\r?\n))|[\"',;]|\s\+\s|\s")
# What base64 of a store begins with: sure signs, and such as any structure in DER or BER begins with, of which only the
# value of a key counts.
_SURE: Final = rb"LS0tLS1CRUdJTi|TFMwdExTMUNSVWRKVG|/u3\+7Q|zs7Ozg"
_UNSURE: Final = rb"MI[A-Z]|AAAAA[Qg]"
_VALUE: Final = re.compile(
    rb"(?:[:=][ \t]*(?:!!binary[ \t]*)?(?:[|>][-+0-9]*[ \t]*\r?\n[ \t]{0,80})?[\"']?(?P<unsure>"
    + _UNSURE
    + rb")|(?<![A-Za-z0-9+/])(?P<sure>"
    + _SURE
    + rb"))(?P<rest>[A-Za-z0-9+/]{8,}"
    rb"(?:\\?\r?\n[ \t]*[A-Za-z0-9+/]+={0,2}(?=[ \t]*[\"']?[ \t]*(?:\\?\r?\n|\Z)))*={0,2})"
)
# Values in base64 that do not say by themselves what they are count where a text says that they are such.
_SAYS_BASE64: Final = re.compile(rb"binaryData|kind[\"']?\s*:\s*[\"']?Secret")
_STORES: Final = frozenset(
    {"PKCS#12", "PKCS#7", "BCFKS"}
)  # of the structures that are values; a certificate is no store there


@noun
class Embedded:
    """A value of a text: its key, or nothing where it has none, and what it is, PEM or a store as a file has it."""

    key: str
    data: bytes


def is_keyed(data: bytes) -> bool:
    """Whether PEM blocks stand there as values of keys, so that each is a bundle of its own."""
    at = data.find(_BEGIN)
    while at >= 0:
        if _key_before(data, at):
            return True
        at = data.find(_BEGIN, at + len(_BEGIN))
    return False


def embedded(data: bytes) -> Iterator[Embedded]:
    """The values of a text that may be stores or bundles; nothing is parsed yet."""
    yield from _inline(data)
    if not (says_encoded(data) or may_be_encoded(data)):
        return
    base64 = _SAYS_BASE64.search(data) is not None
    for match in _VALUE.finditer(data):
        start = match.start("sure" if match["sure"] else "unsure")
        inside, notes = formats.unwrapped(data[start : match.end()].replace(b"\\", b""))
        if not notes or not isinstance(inside, bytes):
            continue
        if base64 or match["sure"] or inside[:1] != b"\x30" or der.kind_of(inside) in _STORES:
            yield Embedded(_key_before(data, start), inside)


def _inline(data: bytes) -> Iterator[Embedded]:
    """PEM blocks in the text itself, those behind one key together."""
    key, blocks = "", list[bytes]()
    for match in _BLOCK.finditer(data):
        named = _key_before(data, match.start())
        if named and blocks:
            yield Embedded(key, b"".join(blocks))
            blocks = []
        key = named or key
        blocks.append(_tidied(match["label"], match["body"]))
    if blocks:
        yield Embedded(key, b"".join(blocks))


def _key_before(data: bytes, at: int) -> str:
    """The key whose value begins at `at`; empty where none stands there."""
    found = _KEY.search(data[max(0, at - _BEFORE) : at])
    return found["key"].decode("ascii", "replace") if found else ""


def _tidied(label: bytes, body: bytes) -> bytes:
    text = _WRITTEN_OUT.sub(b"", body)
    lines = b"\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    return b"-----BEGIN %b-----\n%b\n-----END %b-----\n" % (label, lines, label)
