"""What an earlier scan made of files and layers, so that those that did not change are not read again.

A file is the same where its path, device, inode, size and both its times are; a layer of an image where its digest is,
which is taken anew of its bytes. The first line of a cache has the digest of all that is behind it: JSON, about files
with something in them and about layers, and for each folder the keys of the files in it that hold nothing. It has
certificates and names of files in it, and no keys and no passwords; whoever may write it says what a scan finds.
"""

import json
import os
import re
import struct
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import sha256
from typing import Any, Final

from truststore_tool import __version__
from truststore_tool.errors import UsageError
from truststore_tool.inventory.haul import Haul
from truststore_tool.inventory.recording import (
    UNREADABLE,
    Certificates,
    certificates_of,
    haul_of,
    is_lasting,
    item_out,
    judged_of,
    judged_out,
    may_open,
)
from truststore_tool.inventory.tasks import KEY_SIZE, Brought, Key, Orders, Where, latest
from truststore_tool.nouns import names

_MAGIC: Final = b'{"truststore-tool scan cache": '
_FIRST: Final = re.compile(rb'\{"truststore-tool scan cache": 3, "sha256": "([0-9a-f]{64})"\}\n')
_KEY: Final = struct.Struct(f"{KEY_SIZE}s")
_FOLDER: Final = struct.Struct("<16sQ")  # a folder, and how many octets the keys of its files have
_NOT_YET: Final = 2_000_000_000  # nanoseconds: what changed so shortly before a scan may change in the same tick again
_MOST_OF_LAYERS: Final = 64 << 20  # characters of all layers
# What is read, and how, hangs on these.
_MODULES: Final = ("cryptography-", "pyjks-", "zstandard-", "backports")


class Cache:
    """What is known of files, from an earlier scan and of this one.

    Attributes:
        layers: by their digests, what is known of layers from an earlier scan.
        empty: of files that held nothing then the keys, sorted, one behind the other, by the folders that they were in.
    """

    def __init__(self, orders: Orders) -> None:
        self._own = bool(orders.candidates.own)
        self._orders: list[Any] = [*(getattr(orders.bounds, name) for name in names(orders.bounds))]
        self._orders += [orders.all_layers, orders.candidates.usual, *_installed()]
        self._began = int(orders.now.timestamp() * 1_000_000_000)
        self.empty: dict[Where, bytes] = {}
        self._full: dict[Key, Haul] = {}
        self.layers: dict[str, str] = {}
        self._is_loaded = False
        self._new_empty: dict[Where, bytearray] = {}
        self._new_full: dict[Key, Haul] = {}
        self._new_layers: dict[str, str] = {}

    def load(self, data: bytes) -> str | None:
        """Take over what `dump` gave after an earlier scan; why that is not used, one line, where it is not.

        Raises UsageError for what is no cache; nothing at all is an empty one.
        """
        if not data:
            return None
        if not data.startswith(_MAGIC):
            raise UsageError("the cache is a file of another kind", hint="name a new file, or remove that one")
        first = _FIRST.match(data)
        if first is None:
            return "another release wrote it, or it is damaged"
        body = data[first.end() :]
        if sha256(body).hexdigest() != first[1].decode():
            return "it is damaged"
        line, _, rows = body.partition(b"\n")
        try:
            head = json.loads(line)
            if head["release"] != __version__:
                return "another release wrote it"
            if head["orders"] != self._orders:
                return "it is of a scan with other bounds, or with other modules installed"
            certificates = certificates_of(head["certificates"])
            judged = {each["content"]: judged_of(each, certificates) for each in head["judged"]}
            full = {bytes.fromhex(key): haul_of(items, files, judged) for key, files, items, _ in head["full"]}
            for key, _, _, layers in head["full"]:
                full[bytes.fromhex(key)].layers = dict.fromkeys(layers, "")
            known = {str(digest): str(text) for digest, text in head["layers"].items()}
            self.empty = dict(_folders(rows))
        except (*UNREADABLE, struct.error):
            return "it is damaged"
        self._full, self.layers = full, known
        self._is_loaded = True
        return None

    def get(self, key: Key) -> Haul | None:
        """What is in a file, which is an archive or holds something; None where that is not known."""
        known = self._full.get(key)
        return None if known is None or may_open(known, own=self._own) else known

    def lasts(self, key: Key, haul: Haul) -> bool:
        """Whether what was found may be told again: not where it has only just changed, or another time brings more."""
        if latest(key) > self._began - _NOT_YET or not haul.files:
            return False
        return not haul.items or is_lasting(haul, own=self._own)

    def take(self, brought: Brought) -> None:
        """Remember what was brought."""
        self._new_layers |= brought.haul.layers
        for where in brought.unchanged:
            self._new_empty.setdefault(where, bytearray()).extend(self.empty[where])
        for where, keys in brought.empty.items():
            self._new_empty.setdefault(where, bytearray()).extend(keys)
        self._new_full |= {key: self._full[key] for key in brought.known}
        for key, haul in brought.full:
            haul.layers = dict.fromkeys(haul.layers, "")
            self._new_full[key] = haul

    @property
    def is_new(self) -> bool:
        """Whether more, or other, is known than was loaded."""
        same = self._new_empty == self.empty and self._new_full.keys() == self._full.keys()
        return not (self._is_loaded and same) or any(self._new_layers.values())

    def dump(self) -> bytes:
        """All that is known of the files of this scan, and of their layers."""
        certificates = Certificates()
        judged = {content: each for haul in self._new_full.values() for content, each in haul.judged.items()}
        head = {
            "release": __version__,
            "orders": self._orders,
            "full": [
                [key.hex(), haul.files, [item_out(item) for item in haul.items], sorted(haul.layers)]
                for key, haul in self._new_full.items()
            ],
            "layers": dict(self._kept_layers()),
            "judged": [judged_out(each, certificates) for each in judged.values()],
            "certificates": certificates.out(),
        }
        pieces = [json.dumps(head).encode("ascii") + b"\n", *_rows(self._new_empty)]
        digest = sha256()
        for piece in pieces:
            digest.update(piece)
        return b"".join([b'%b3, "sha256": "%b"}\n' % (_MAGIC, digest.hexdigest().encode()), *pieces])

    def _kept_layers(self) -> Iterator[tuple[str, str]]:
        """The layers of the files of this scan, as long as they are not too much."""
        room = _MOST_OF_LAYERS
        used = {digest: "" for haul in self._new_full.values() for digest in haul.layers} | self._new_layers
        for digest, text in sorted(used.items()):
            kept = text or self.layers.get(digest, "")
            room -= len(kept)
            if kept and room >= 0:
                yield digest, kept


def _installed() -> list[str]:
    """Versions of what reads files, apart from this package: Python's, and the folders that pip names after them.

    To ask importlib.metadata would take as long as to see whether twenty thousand files have changed.
    """
    found = [".".join(map(str, sys.version_info[:2]))]
    for folder in dict.fromkeys(sys.path):
        with suppress(OSError):  # as a zip
            names = os.listdir(folder or ".")
            found += sorted(name for name in names if name.endswith("-info") and name.startswith(_MODULES))
    return found


def parted(keys: bytes | bytearray) -> Iterator[Key]:
    """The keys that stand one behind the other."""
    return (key for (key,) in _KEY.iter_unpack(keys))


def _rows(empty: Mapping[Where, bytearray]) -> Iterator[bytes]:
    for where, keys in sorted(empty.items()):
        yield _FOLDER.pack(where, len(keys)) + b"".join(sorted(parted(keys)))


def _folders(rows: bytes) -> Iterator[tuple[Where, bytes]]:
    """What `_rows` gave. Raises struct.error for what is cut short."""
    at = 0
    while at < len(rows):
        where, size = _FOLDER.unpack_from(rows, at)
        at += _FOLDER.size
        yield where, rows[at : at + size]
        at += size
