r"""PEM blocks that stand in texts of other kinds: YAML, JSON, XML, properties, environment files, URLs, source code.

Their line ends may be written out (``\n``, ``&#10;``, ``%0A``), and they may be quoted, indented, or a list of lines.
What stands behind a key is a bundle of its own. What is in base64 is `encoded`'s.
"""

import re
from collections.abc import Iterator
from typing import Final

from truststore_tool.inventory.sieve import BASE64
from truststore_tool.nouns import noun

_BEGIN: Final = b"-----BEGIN"
# Its blanks may be written as a URL has them, or broken over lines as YAML folds them.
_LABEL: Final = rb"[A-Z0-9 #+%\\\r\n\t]{1,100}"
_BLOCK: Final = re.compile(
    rb"-----BEGIN(?P<label>" + _LABEL + rb")-----"
    rb"(?P<body>[^-]{0,200000}+(?:-(?!----)[^-]{0,200000}+){0,99})-----END(?P<end>" + _LABEL + rb")-----"
)
_LABEL_PLAIN: Final = re.compile(rb" ?[A-Z0-9 #]{1,40}")
_LABEL_BLANK: Final = re.compile(rb"%20|[\\+\s]+")
# A key right before its value: ``ca.crt: |``, ``"ca": "``, ``CA=``, ``export CA='``. On the line above only where the
# text says that a value follows: else it is a comment that ends in a colon.
_KEY: Final = re.compile(
    rb"(?P<key>[A-Za-z0-9_][\w.\-/]{0,100})\\{0,7}[\"']?[ \t]*[:=][ \t]*"
    rb"(?:\\{0,7}[\"'](?:\\n|\s){0,20}|[|>][-+0-9]*[ \t]*\r?\n[ \t]{0,80}|\\\r?\n[ \t]{0,80}|)\Z"
)
_BEFORE: Final = 200  # octets in which a key is looked for
# What a key's value can begin behind; most blocks stand behind something else, and cost no search.
_OPENINGS: Final = (
    *(b":", b"=", b"'", b'"', b"\\", b"\\n"),
    *(sign + more for sign in (b"|", b">") for more in (b"", *(b"%d" % digit for digit in range(1, 10)))),
    *(sign + more + end for sign in (b"|", b">") for more in (b"", b"2", b"4") for end in (b"-", b"+")),
)
_BLANKS: Final = b" \t\r\n\v\f"
_BODY: Final = BASE64 + b"="
# Characters as URLs (RFC 3986, 2.1), XML (4.1) and JSON (RFC 8259, 7) write them.
_PERCENT: Final = re.compile(rb"%([0-7][0-9A-Fa-f])")
_REFERENCE: Final = re.compile(rb"&#(?:x0{0,4}([0-7]?[0-9A-Fa-f])|0{0,4}([0-9]{1,3}));|&quot;")
_CODE: Final = re.compile(rb"\\{1,7}u00([0-7][0-9A-Fa-f])")
_SLASH: Final = re.compile(rb"\\{1,7}/")
# Line ends that are written out, or continued; and how source code has strings that belong together.
_WRITTEN_OUT: Final = re.compile(
    rb"\\{1,7}(?:r\\{1,7}n|[nrt]|(?=[\"']|\r?\n))|[\"']\s*[+.&][\s_]*[\"']|[\"',;]|\s\+\s|\s"
)


@noun
class Embedded:
    """A value of a text: its key, or nothing where it has none, and what it is, PEM or a store as a file has it."""

    key: str
    data: bytes


def is_keyed(data: bytes) -> bool:
    """Whether PEM blocks stand there as values of keys, so that each is a bundle of its own."""
    return any(key_before(data, at) for at in _begins(data))


def blocks(data: bytes) -> Iterator[Embedded]:
    """PEM blocks in the text itself, those behind one key together, as a file has them; nothing is parsed yet."""
    key, found = "", list[bytes]()
    for at in _begins(data):
        match = _BLOCK.match(data, at)
        label = _plain(match["label"]) if match else None
        if match is None or label is None or label != _plain(match["end"]):
            continue
        named = key_before(data, at)
        if named and found:
            yield Embedded(key, b"".join(found))
            found = []
        key = named or key
        found.append(_tidied(label, match["body"], of_form=b"+" in match["label"]))
    if found:
        yield Embedded(key, b"".join(found))


def _begins(data: bytes) -> Iterator[int]:
    at = data.find(_BEGIN)
    while at >= 0:
        yield at
        at = data.find(_BEGIN, at + len(_BEGIN))


def key_before(data: bytes, at: int) -> str:
    """The key whose value begins at `at`; empty where none stands there."""
    before = data[max(0, at - _BEFORE) : at]
    if not before.rstrip(_BLANKS).endswith(_OPENINGS):
        return ""
    found = _KEY.search(before)
    return found["key"].decode("ascii", "replace") if found else ""


def _plain(label: bytes) -> bytes | None:
    """A label with the blanks that it means; None for what is no label."""
    text = _LABEL_BLANK.sub(b" ", label)
    return text[1:] if text[:1] == b" " and _LABEL_PLAIN.fullmatch(text) else None


def _tidied(label: bytes, body: bytes, *, of_form: bool) -> bytes:
    """A block as a file has it; `of_form` is how HTML's forms are encoded, with a plus sign for a blank."""
    text = body.replace(b"+", b" ") if of_form else body
    if text.translate(None, _BODY + _BLANKS):
        text = _PERCENT.sub(_character, text)
        text = _REFERENCE.sub(_referred, text)
        text = _SLASH.sub(b"/", _CODE.sub(_character, text))
        text = _WRITTEN_OUT.sub(b"", text)
    text = text.translate(None, _BLANKS)
    lines = b"\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    return b"-----BEGIN %b-----\n%b\n-----END %b-----\n" % (label, lines, label)


def _character(code: re.Match[bytes]) -> bytes:
    return bytes([int(code[1], 16)])


def _referred(found: re.Match[bytes]) -> bytes:
    code = int(found[1], 16) if found[1] else int(found[2] or 34)
    return bytes([code]) if code < 128 else b""
