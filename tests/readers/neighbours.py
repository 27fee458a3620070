"""Neighbours of certificates: each is one with a field changed, its lengths made right again. The same for one seed."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from truststore_tool import asn1
from truststore_tool.errors import FormatError

_TAGS: Final = (
    0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0A, 0x0C, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1A, 0x1B, 0x1C, 0x1E, 0x1F,
    0x24, 0x23, 0x30, 0x31, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0xA0, 0xA1, 0xA2, 0xA3, 0xA4,
    0xA5, 0xA6, 0x40, 0xC0, 0x00, 0x9F,
)  # fmt: skip
_CONTENTS: Final = (
    b"", b"\0", b"\1", b"\2", b"\xff", b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\0\x80\0\0\0", b"\0\0", b"\7\x80",
    b"\x09\x80", b"\0\xff\xff", b"\7", b"a@", b"@", b".", b"a@.", b"*.example", b"*", b".example", b"a b", b"a..b",
    b"-a", b"a-", b"a_b.c", b"a.b.", b"1.2.3.4", b"xn--a", b"\xc3\xa9", b"http://", b"http:///", b"http://a b/",
    b"a/b", b"http://a_b/", b"http://[::1]/", b"http://[::g]/", b"ldap:///c", b"urn:x:y", b":", b"http://a.b.:80/",
    b"http://1.2.3/", b"\1\2\3", b"\1\2\3\4", b"\1\2\3\4\xff\xff\xff\0", b"200101000000Z", b"2001010000Z",
    b"200101000000", b"200101000000+0100", b"200101000000-2500", b"20010100000Z", b"200230000000Z", b"201301000000Z",
    b"200101240000Z", b"200101006000Z", b"200101000060Z", b"200101000000z", b"20200101000000Z", b"20200101000000.5Z",
    b"20200101000000.Z", b"20200101000000,25Z", b"202001010000Z", b"20200101000000.1234567Z", b"00000101000000Z",
    b"99991231235959Z", b"20200101000000+0000", b"20200101000000.5+0100", b"\x2a", b"\x80\1", b"\x2a\x80",
    b"\x2a\x80\1", b"\x88\x37\1", b"\x2a\x90\x80\x80\x80\x80\x80\x80\1", b"\x7f", b"\x55\x1d\x25\0",
)  # fmt: skip
_OIDS: Final = (
    "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.5", "1.2.840.113549.1.1.7", "1.2.840.113549.1.1.10",
    "1.2.840.113549.1.1.11", "1.2.840.10040.4.1", "1.2.840.10040.4.3", "1.2.840.10045.2.1", "1.2.840.10045.4.3.2",
    "1.2.840.10045.4.3", "1.2.840.10046.2.1", "1.2.840.113549.1.3.1", "1.3.101.110", "1.3.101.111", "1.3.101.112",
    "1.3.101.113", "1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.10", "1.3.36.3.3.2.8.1.1.7",
    "1.2.156.10197.1.301", "1.2.156.10197.1.501", "2.5.8.1.1", "1.3.14.3.2.12", "1.3.14.3.2.15",
    "2.16.840.1.101.3.4.3.17", "2.16.840.1.101.3.4.3.18", "2.16.840.1.101.3.4.4.1", "1.2.840.113549.1.5.13",
    "1.2.840.113549.1.5.3", "1.2.840.113549.1.12.1.3", "1.2.840.113549.1.12.1.6", "2.16.840.1.101.3.4.1.2",
    "2.16.840.1.101.3.4.1.6", "1.2.840.113549.3.7", "1.2.840.113549.3.2", "1.3.14.3.2.7",
    "1.2.840.113549.1.9.16.3.18", "1.2.840.113549.1.9.16.3.17", "2.16.840.1.101.3.4.2.1", "1.3.14.3.2.26",
    "1.2.840.113549.1.1.8", "1.2.3.4",
)  # fmt: skip
EXTENSIONS: Final = (
    *(f"2.5.29.{arc}" for arc in (9, *range(14, 22), *range(27, 34), 35, 36, 37, 46, 54)),
    "1.3.6.1.5.5.7.1.1", "1.3.6.1.5.5.7.1.11", "1.3.6.1.5.5.7.48.1.5", "2.16.840.1.113730.1.1",
)  # fmt: skip


@dataclass
class Node:
    """One element: its tag, and its content or its parts; `bits` and `octets` strings may have parts as well."""

    tag: int
    content: bytes = b""
    parts: list["Node"] = field(default_factory=list)
    prefix: bytes = b""
    indefinite: bool = False
    padded: int = 0

    def encode(self) -> bytes:
        """Its encoding, with the lengths that fit."""
        body = self.prefix + b"".join(part.encode() for part in self.parts) + self.content
        if self.indefinite:
            return bytes([self.tag | 0x20, 0x80]) + body + b"\0\0"
        size = len(body)
        octets = size.to_bytes((size.bit_length() + 7) // 8 or 1, "big")
        if self.padded:
            octets = bytes(self.padded) + octets
        short = size < 0x80 and not self.padded
        length = bytes([size]) if short else bytes([0x80 | len(octets)]) + octets
        return bytes([self.tag]) + length + body

    def all(self) -> Iterator["Node"]:
        """This node and all below."""
        yield self
        for part in self.parts:
            yield from part.all()


def tree(data: bytes) -> Node:
    """The one element that `data` is."""
    return _node(asn1.read(data))


def _node(element: asn1.Element) -> Node:
    if element.tag & 0x20:
        return Node(element.tag, parts=[_node(child) for child in element.children()])
    value = element.value
    skip = {0x04: 0, 0x03: 1}.get(element.tag)
    if (
        skip is not None
        and len(value) > skip + 1
        and value[skip] in (0x30, 0x03, 0x04, 0x02)
        and value[:skip] in (b"", b"\0")
    ):
        try:
            inner = asn1.read(value, skip)
            if inner.next == len(value):
                return Node(element.tag, parts=[_node(inner)], prefix=value[:skip])
        except FormatError:
            pass
    return Node(element.tag, value)


def mutate(der: bytes, rng: random.Random, donors: Sequence[Node] = ()) -> bytes:
    """`der` with one to three changes."""
    root = tree(der)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        _criticals(root, rng)
        _change(root, rng, donors)
    data = root.encode()
    if rng.random() < 0.01:
        data += rng.choice((b"\0", b"\5\0"))
    return data


def _criticals(root: Node, rng: random.Random) -> None:
    """Often makes every extension critical, for Java forgives those that are not."""
    if rng.random() < 0.4:
        return
    for node in root.all():
        if node.tag == 0x30 and len(node.parts) in (2, 3) and node.parts[0].tag == 6 and node.parts[-1].tag == 4:
            node.parts = [node.parts[0], Node(1, b"\xff"), node.parts[-1]]


def _change(root: Node, rng: random.Random, donors: Sequence[Node]) -> None:
    nodes = list(root.all())
    node = rng.choice(nodes)
    match rng.randrange(13):
        case 0:
            node.tag = rng.choice(_TAGS)
        case 1 | 2:
            node.parts, node.prefix, node.content = [], b"", rng.choice(_CONTENTS)
        case 3 if node.parts:
            del node.parts[rng.randrange(len(node.parts))]
        case 4 if node.parts:
            node.parts.insert(rng.randrange(len(node.parts) + 1), rng.choice(node.parts))
        case 5 if node.parts:
            rng.shuffle(node.parts)
        case 6 if node.parts:
            made = rng.choice(
                (Node(5), Node(2, b"\1"), Node(0x80, b"\1"), Node(0x30), Node(1, b"\0"), Node(1, b"\xff"))
            )
            node.parts.insert(rng.randrange(len(node.parts) + 1), made)
        case 7:
            node.indefinite = rng.random() < 0.5
            node.padded = 0 if node.indefinite else rng.randrange(1, 4)
        case 8:
            node.content += rng.choice((b"\0", b"\5\0", b"\x30\0", b"a"))
        case 9 if node.content:
            at = rng.randrange(len(node.content))
            node.content = node.content[:at] + bytes([rng.randrange(256)]) + node.content[at + 1 :]
        case 10 if node.content:
            node.content = node.content[: rng.randrange(len(node.content))]
        case 11:
            kinds = [n for n in nodes if n.tag == 6 and n.content]
            if kinds:
                chosen = rng.choice(kinds)
                is_extension = chosen.content[:2] == b"\x55\x1d" or rng.random() < 0.1
                chosen.content = asn1.oid(rng.choice(EXTENSIONS if is_extension else _OIDS))[2:]
        case 12 if donors:
            donor = rng.choice(donors)
            node.tag, node.content, node.parts, node.prefix = donor.tag, donor.content, list(donor.parts), donor.prefix
        case _:
            node.content = rng.choice(_CONTENTS) if not node.parts else node.content
