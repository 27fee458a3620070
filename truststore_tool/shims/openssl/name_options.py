"""The words of `-nameopt`, and the bits that they set and clear."""

from collections.abc import Mapping
from typing import Final

from truststore_tool.shims.openssl import is_newer

# The flags of <openssl/asn1.h> and <openssl/x509.h>: `-nameopt` adds and takes away bits, so their layout matters.
ESC_2253: Final = 0x1
ESC_CTRL: Final = 0x2
ESC_MSB: Final = 0x4
ESC_QUOTE: Final = 0x8
UTF8_CONVERT: Final = 0x10
IGNORE_TYPE: Final = 0x20
SHOW_TYPE: Final = 0x40
DUMP_ALL: Final = 0x80
DUMP_UNKNOWN: Final = 0x100
DUMP_DER: Final = 0x200
ESC_2254: Final = 0x400
ESCAPES: Final = ESC_2253 | ESC_2254 | ESC_QUOTE | ESC_CTRL | ESC_MSB
SEP_COMMA_PLUS: Final = 1 << 16
SEP_CPLUS_SPC: Final = 2 << 16
SEP_SPLUS_SPC: Final = 3 << 16
SEP_MULTILINE: Final = 4 << 16
SEP_MASK: Final = 0xF << 16
DN_REV: Final = 1 << 20
FN_LONG: Final = 1 << 21
FN_OID: Final = 2 << 21
FN_NONE: Final = 3 << 21
FN_MASK: Final = 3 << 21
SPC_EQ: Final = 1 << 23
DUMP_UNKNOWN_FIELDS: Final = 1 << 24
FN_ALIGN: Final = 1 << 25
ALL: Final = 0xFFFFFFFF

RFC2253_STRING: Final = ESC_2253 | ESC_CTRL | ESC_MSB | UTF8_CONVERT | DUMP_UNKNOWN | DUMP_DER
RFC2253: Final = RFC2253_STRING | SEP_COMMA_PLUS | DN_REV | DUMP_UNKNOWN_FIELDS
ONELINE: Final = RFC2253_STRING | ESC_QUOTE | SEP_CPLUS_SPC | SPC_EQ
MULTILINE: Final = ESC_CTRL | ESC_MSB | SEP_MULTILINE | SPC_EQ | FN_LONG | FN_ALIGN
COMPAT: Final = 0
# What `openssl x509` of 3.5 prints names with unless told otherwise; before, ONELINE.
PLAIN: Final = ESC_CTRL | UTF8_CONVERT | DUMP_UNKNOWN | DUMP_DER | SEP_CPLUS_SPC

# Each name of -nameopt: the bits it sets, and the bits it clears first.
_OPTIONS: Final = {
    "esc_2253": (ESC_2253, 0),
    "esc_2254": (ESC_2254, 0),
    "esc_ctrl": (ESC_CTRL, 0),
    "esc_msb": (ESC_MSB, 0),
    "use_quote": (ESC_QUOTE, 0),
    "utf8": (UTF8_CONVERT, 0),
    "ignore_type": (IGNORE_TYPE, 0),
    "show_type": (SHOW_TYPE, 0),
    "dump_all": (DUMP_ALL, 0),
    "dump_nostr": (DUMP_UNKNOWN, 0),
    "dump_der": (DUMP_DER, 0),
    "compat": (COMPAT, ALL),
    "sep_comma_plus": (SEP_COMMA_PLUS, SEP_MASK),
    "sep_comma_plus_space": (SEP_CPLUS_SPC, SEP_MASK),
    "sep_semi_plus_space": (SEP_SPLUS_SPC, SEP_MASK),
    "sep_multiline": (SEP_MULTILINE, SEP_MASK),
    "dn_rev": (DN_REV, 0),
    "nofname": (FN_NONE, FN_MASK),
    "sname": (0, FN_MASK),
    "lname": (FN_LONG, FN_MASK),
    "align": (FN_ALIGN, 0),
    "oid": (FN_OID, FN_MASK),
    "space_eq": (SPC_EQ, 0),
    "dump_unknown": (DUMP_UNKNOWN_FIELDS, 0),
    "rfc2253": (RFC2253, ALL),
    "oneline": (ONELINE, ALL),
    "multiline": (MULTILINE, ALL),
    "ca_default": (MULTILINE, ALL),
}


def default() -> int:
    """The flags of a name where no `-nameopt` is given."""
    return PLAIN if is_newer() else ONELINE


def parse(text: str, flags: int) -> int | None:
    """Apply a `-nameopt` value, e.g. ``"RFC2253,-dn_rev"``, to `flags`; None when a word of it is unknown."""
    changed = apply_words(text, flags, _OPTIONS)
    if changed is None:
        return None
    return changed if changed == COMPAT or changed & SEP_MASK else changed | SEP_CPLUS_SPC


def apply_words(text: str, flags: int, table: Mapping[str, tuple[int, int]]) -> int | None:
    """Set the bits that each word of a list names, or clear them where a minus stands before it; None: unknown word.

    `table` says for each word in lower case which bits it sets, and which it clears first.
    """
    for word in split_list(text):
        sign = word[:1]
        option = table.get((word[1:] if sign in "+-" else word).lower())
        if option is None:
            return None
        bits, cleared = option
        flags = flags & ~cleared & ~bits if sign == "-" else flags & ~cleared | bits
    return flags


def split_list(text: str) -> list[str]:
    """The names of an OpenSSL list ``name[:value],...``; a list with an empty name or value counts as empty."""
    words = []
    for item in text.replace("\r", "\n").partition("\n")[0].split(","):
        name, colon, value = item.partition(":")
        if not name.strip() or (colon and not value.strip()):
            return []
        words.append(name.strip())
    return words


def is_multiline(flags: int) -> bool:
    """Whether these options print one attribute a line."""
    return flags & SEP_MASK == SEP_MULTILINE
