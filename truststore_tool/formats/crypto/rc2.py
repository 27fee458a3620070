"""RC2 in CBC mode with any number of effective key bits (RFC 2268).

Stores that Java wrote before 2021 keep their certificates under RC2 with 40 effective bits, which `cryptography`
does not offer. It protects nothing; it is here so that such stores can be read and kept as they are.
"""

import struct
from typing import Final

BLOCK: Final = 8

# The table of section 2: a permutation of 0..255 drawn from the digits of pi.
_PI: Final = bytes.fromhex(
    "d978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2"
    "179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82"
    "54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626"
    "6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7"
    "08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ec"
    "c2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731"
    "2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a9"
    "0d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad"
)
# Section 3.3: five mixing rounds, a mash, six, a mash, five.
_MASH_AFTER: Final = (4, 10)


def _expand(key: bytes, effective_bits: int) -> tuple[int, ...]:
    """The 64 sixteen-bit words of the expanded key (section 2)."""
    table = bytearray(key)
    for i in range(len(key), 128):
        table.append(_PI[(table[i - 1] + table[i - len(key)]) & 0xFF])
    size = (effective_bits + 7) // 8
    table[128 - size] = _PI[table[128 - size] & (0xFF >> (8 * size - effective_bits))]
    for i in range(127 - size, -1, -1):
        table[i] = _PI[table[i + 1] ^ table[i + size]]
    return struct.unpack("<64H", table)


def encrypt(key: bytes, effective_bits: int, iv: bytes, data: bytes) -> bytes:
    """Encrypt whole blocks of 8 bytes. `key` has 1 to 128 bytes, `effective_bits` is 1 to 1024, `iv` has 8 bytes."""
    words = _expand(key, effective_bits)
    a, b, c, d = struct.unpack("<4H", iv)
    out = []
    for plain in struct.iter_unpack("<4H", data):
        a, b, c, d = a ^ plain[0], b ^ plain[1], c ^ plain[2], d ^ plain[3]
        for turn in range(16):
            j = 4 * turn
            a = (a + words[j] + (d & c) + (~d & b)) & 0xFFFF
            a = ((a << 1) | (a >> 15)) & 0xFFFF
            b = (b + words[j + 1] + (a & d) + (~a & c)) & 0xFFFF
            b = ((b << 2) | (b >> 14)) & 0xFFFF
            c = (c + words[j + 2] + (b & a) + (~b & d)) & 0xFFFF
            c = ((c << 3) | (c >> 13)) & 0xFFFF
            d = (d + words[j + 3] + (c & b) + (~c & a)) & 0xFFFF
            d = ((d << 5) | (d >> 11)) & 0xFFFF
            if turn in _MASH_AFTER:
                a = (a + words[d & 63]) & 0xFFFF
                b = (b + words[a & 63]) & 0xFFFF
                c = (c + words[b & 63]) & 0xFFFF
                d = (d + words[c & 63]) & 0xFFFF
        out.append(struct.pack("<4H", a, b, c, d))
    return b"".join(out)


def decrypt(key: bytes, effective_bits: int, iv: bytes, data: bytes) -> bytes:
    """Decrypt whole blocks of 8 bytes; arguments as for `encrypt`."""
    words = _expand(key, effective_bits)
    previous = struct.unpack("<4H", iv)
    out = []
    for block in struct.iter_unpack("<4H", data):
        a, b, c, d = block
        for turn in range(15, -1, -1):
            if turn in _MASH_AFTER:
                d = (d - words[c & 63]) & 0xFFFF
                c = (c - words[b & 63]) & 0xFFFF
                b = (b - words[a & 63]) & 0xFFFF
                a = (a - words[d & 63]) & 0xFFFF
            j = 4 * turn
            d = ((d >> 5) | (d << 11)) & 0xFFFF
            d = (d - words[j + 3] - (c & b) - (~c & a)) & 0xFFFF
            c = ((c >> 3) | (c << 13)) & 0xFFFF
            c = (c - words[j + 2] - (b & a) - (~b & d)) & 0xFFFF
            b = ((b >> 2) | (b << 14)) & 0xFFFF
            b = (b - words[j + 1] - (a & d) - (~a & c)) & 0xFFFF
            a = ((a >> 1) | (a << 15)) & 0xFFFF
            a = (a - words[j] - (d & c) - (~d & b)) & 0xFFFF
        out.append(struct.pack("<4H", a ^ previous[0], b ^ previous[1], c ^ previous[2], d ^ previous[3]))
        previous = block
    return b"".join(out)
