"""Text from files made harmless for a terminal: for every renderer, and for the comments that are written into PEM."""

import unicodedata
from typing import Final

# Control, format (bidirectional overrides among them), surrogate, private-use, unassigned, line and paragraph ends.
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def printable(text: str) -> str:
    """`text` with every character that could move the cursor, reorder or hide text shown as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape(char) if is_hidden(char) else char for char in text)


def is_hidden(char: str) -> bool:
    """Whether a character could move the cursor, reorder or hide text, or is none."""
    return unicodedata.category(char) in _HIDDEN


def _escape(char: str) -> str:
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def encodable(text: str) -> str:
    """`text` as UTF-8 can hold it: octets of a file's name that are no text, and lone surrogates, shown as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
