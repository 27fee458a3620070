"""Inputs made from inputs: blind damage, and damage that leaves the structure around it whole.

Blind damage seldom comes past the first length that no longer fits. So DER is also changed element by element, with
the lengths around it made right again, and numbers are overwritten where big-endian ones may stand.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from random import Random
from typing import Final, NamedTuple

from truststore_tool.model import Certificate

# Longer mutants cost time and say no more.
LONGEST: Final = 64 * 1024
_NUMBERS: Final = (
    0,
    1,
    2,
    0x7F,
    0x80,
    0xFF,
    0x100,
    0x7FFF,
    0x8000,
    0xFFFF,
    0x10000,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
)
_TAGS: Final = (
    *(0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0A, 0x0C, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1A, 0x1C, 0x1E, 0x1F),
    *(0x24, 0x30, 0x31, 0x80, 0x81, 0x82, 0xA0, 0xA1, 0xA2, 0xA3, 0xBF),
)
_CONTENTS: Final = (
    b"",
    b"\x00",
    b"\xff",
    b"\x80",
    b"\xff" * 9,
    b"\x7f" * 40,
    b"\x00\x00",
    b"\x30\x80\x00\x00",
    b"\xd8\x00\xdc",
    b"\xc0\x80",
    b"\x1b[2J\r\n",
    "\u202e\u2028\U0001f512".encode(),
    b"99991231235959Z",
    b"000000000000Z",
    b"9" * 400,
    b"\x06\x03\x55\x1d\x11",
    b"\x2a" + b"\xff" * 60 + b"\x7f",
)
_PIECES: Final = (
    b"-----BEGIN CERTIFICATE-----\n",
    b"-----END CERTIFICATE-----\n",
    b"-----BEGIN ENCRYPTED PRIVATE KEY-----",
    b"-----BEGIN TRUSTED CERTIFICATE-----\r\n",
    b"-----",
    b"Proc-Type: 4,ENCRYPTED\n\n",
    b"=",
    b"\n\n",
    b"\r",
    b"\xef\xbb\xbf",
    b"\x00",
    *_CONTENTS,
)


def mutate(rng: Random, pool: Sequence[bytes]) -> bytes:
    """One to four changes of a random member of `pool`."""
    data = rng.choice(pool)
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        change = rng.choice(_DER_CHANGES) if data[:1] == b"\x30" and rng.random() < 0.7 else rng.choice(_CHANGES)
        data = change(rng, data, pool)[:LONGEST]
    return data


def mutate_words(rng: Random, pool: Sequence[bytes]) -> bytes:
    """Changes of a command line: its words lie between NUL octets. No word leads out of the current directory."""
    words = rng.choice(pool).split(b"\0")
    vocabulary = [word for line in pool for word in line.split(b"\0")]
    for _ in range(rng.choice((1, 1, 2, 3, 5))):
        at = rng.randrange(len(words) + 1)
        match rng.randrange(6):
            case 0:
                words.insert(at, rng.choice(vocabulary))
            case 1 if words:
                del words[at - 1]
            case 2 if words:
                words[at - 1] = rng.choice(vocabulary)
            case 3 if words:
                words[at - 1] = mutate(rng, [words[at - 1] or b"-"])[:300]
            case 4:
                words[at:at] = words[:3]
            case _:
                rng.shuffle(words)
    return b"\0".join(word.replace(b"/", b"") for word in words)


# Blind damage ------------------------------------------------------------------------------------------------

_Change = Callable[[Random, bytes, Sequence[bytes]], bytes]


def _place(rng: Random, data: bytes) -> tuple[int, int]:
    """A stretch of the data, mostly short."""
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + rng.choice((1, 2, 4, 8, rng.randrange(1, 200), len(data))))


def _flip(rng: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    if not data:
        return b"\0"
    at = rng.randrange(len(data))
    return data[:at] + bytes((data[at] ^ (1 << rng.randrange(8)),)) + data[at + 1 :]


def _overwrite(rng: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    start, stop = _place(rng, data)
    return data[:start] + rng.randbytes(stop - start) + data[stop:]


def _number(rng: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A big-endian number, of a kind that lengths and counts are wrong with, over what stands there."""
    size = rng.choice((1, 2, 4, 8))
    at = rng.randrange(max(1, len(data) - size + 1))
    value = rng.choice((*_NUMBERS, len(data), len(data) - at, len(data) - at - size))
    if rng.random() < 0.4:
        value = int.from_bytes(data[at : at + size], "big") + rng.choice((-1, 1))
    return data[:at] + (value % (1 << 8 * size)).to_bytes(size, "big") + data[at + size :]


def _insert(rng: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice(_PIECES) + data[at:]


def _remove(rng: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    start, stop = _place(rng, data)
    return data[:start] + data[stop:]


def _repeat(rng: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    start, stop = _place(rng, data)
    return data[:start] + data[start:stop] * rng.choice((2, 3, 10, 100)) + data[stop:]


def _cut(rng: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _splice(rng: Random, data: bytes, pool: Sequence[bytes]) -> bytes:
    start, stop = _place(rng, data)
    other = rng.choice(pool)
    first, last = _place(rng, other)
    return data[:start] + other[first:last] + data[stop:]


_CHANGES: Final[tuple[_Change, ...]] = (_flip, _overwrite, _number, _number, _insert, _remove, _repeat, _cut, _splice)


# Damage inside DER -------------------------------------------------------------------------------------------


class _Node(NamedTuple):
    """An element: where header, content and end are, and the place of the one around it in the list of nodes."""

    start: int
    content: int
    stop: int
    parent: int


@lru_cache(maxsize=2048)
def _nodes(data: bytes) -> tuple[_Node, ...]:
    """The elements of DER, as far as they fit, also those inside OCTET STRINGs that look like structures."""
    found: list[_Node] = []
    waiting = [(0, len(data), -1)]
    while waiting and len(found) < 2000:
        start, end, parent = waiting.pop()
        if start + 2 > end:
            continue
        head, size = start + 2, data[start + 1]
        if size > 0x80:
            head += size & 0x7F
            size = int.from_bytes(data[start + 2 : head], "big")
        if size == 0x80 or head + size > end:
            continue
        found.append(_Node(start, head, head + size, parent))
        waiting.append((head + size, end, parent))
        if data[start] & 0x20 or (data[start] in (0x03, 0x04) and data[head : head + 1] in (b"\x30", b"\x00")):
            inside = head + (data[start] == 0x03)
            waiting.append((inside, head + size, len(found) - 1))
    return tuple(found)


def put_text(certificate: Certificate, text: str) -> Certificate:
    """The certificate with `text` in place of every text in its subject and issuer; its signature is void then."""
    data = certificate.der
    count = sum(data[node.start] in (0x0C, 0x13) for node in _nodes(data))
    for number in range(count):
        nodes = _nodes(data)
        texts = sorted((node for node in nodes if data[node.start] in (0x0C, 0x13)), key=lambda node: node.start)
        data = _put(data, nodes, texts[number], _tlv(b"\x0c", text.encode()))
    return Certificate(data)


def _length(size: int) -> bytes:
    if size < 0x80:
        return bytes((size,))
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets),)) + octets


def _put(data: bytes, nodes: Sequence[_Node], node: _Node, fresh: bytes) -> bytes:
    """The data with other bytes in place of a node, and the lengths of all nodes around it made right."""
    start, stop = node.start, node.stop
    while node.parent >= 0:
        node = nodes[node.parent]
        content = data[node.content : start] + fresh + data[stop : node.stop]
        fresh = data[node.start : node.start + 1] + _length(len(content)) + content
        start, stop = node.start, node.stop
    return data[:start] + fresh + data[stop:]


def _der(make: Callable[[Random, bytes, bytes, bytes, Sequence[bytes]], bytes]) -> _Change:
    """A change of one element, given the random numbers, its tag, its content, itself, and the pool."""

    def change(rng: Random, data: bytes, pool: Sequence[bytes]) -> bytes:
        nodes = _nodes(data)
        if not nodes:
            return _flip(rng, data, pool)
        node = rng.choice(nodes)
        tag, content = data[node.start : node.start + 1], data[node.content : node.stop]
        return _put(data, nodes, node, make(rng, tag, content, data[node.start : node.stop], pool))

    return change


def _tlv(tag: bytes, content: bytes) -> bytes:
    return tag + _length(len(content)) + content


def _other_element(rng: Random, _tag: bytes, _content: bytes, _raw: bytes, pool: Sequence[bytes]) -> bytes:
    other = rng.choice(pool)
    nodes = _nodes(other)
    if not nodes:
        return b"\x05\x00"
    node = rng.choice(nodes)
    return other[node.start : node.stop]


_DER_CHANGES: Final[tuple[_Change, ...]] = (
    _der(lambda rng, _tag, content, _raw, _pool: _tlv(bytes((rng.choice(_TAGS),)), content)),
    _der(lambda rng, tag, _content, _raw, _pool: _tlv(tag, rng.choice(_CONTENTS))),
    _der(lambda rng, tag, content, _raw, _pool: _tlv(tag, _flip(rng, content, ()))),
    _der(lambda rng, tag, content, _raw, _pool: _tlv(tag, _number(rng, content, ()))),
    _der(lambda rng, _tag, _content, raw, _pool: raw * rng.choice((0, 2, 3, 50))),
    _der(lambda _rng, tag, content, _raw, _pool: bytes((tag[0] | 0x20,)) + b"\x80" + content + b"\0\0"),
    _der(
        lambda rng, _tag, _content, raw, _pool: b"\x30\x80" * (n := rng.choice((1, 30, 60, 2000))) + raw + b"\0\0" * n
    ),
    _der(lambda rng, tag, content, _raw, _pool: tag + b"\x84" + rng.randbytes(4) + content),
    _der(lambda _rng, tag, content, _raw, _pool: tag + b"\x84" + len(content).to_bytes(4, "big") + content),
    _der(_other_element),
)
