"""Container images: which archive is one, its layers, and what of them a container sees.

``docker save`` writes a tar with a manifest.json (before 25 with folders of layers, then with blobs); others an OCI
layout (OCI Image Format, image-layout.md), as a folder or a tar. Whiteouts are those of layer.md: ``.wh.NAME`` takes
NAME of the layers below away, ``.wh..wh..opq`` all that lies in its folder below.
"""

import json
import posixpath
import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any, Final

from truststore_tool.inventory.because import of_image
from truststore_tool.inventory.haul import Haul, Item, Passed, moved
from truststore_tool.inventory.nouns import Mention, Place
from truststore_tool.nouns import noun, replace

DOCUMENT: Final = 4 << 20  # octets of a manifest, at most (the OCI distribution specification asks for no more)
_WHITEOUT: Final = ".wh."
_OPAQUE: Final = ".wh..wh..opq"
_LAYER: Final = re.compile(r"(?:blobs/[a-z0-9]+/[0-9a-f]{32,128}|(?:[^/]+/)?layer\.tar|[0-9a-f]{64}\.tar(?:\.gz)?)")
_DOCUMENT: Final = re.compile(
    r"index\.json|manifest\.json|[0-9a-f]{64}\.json|(?:sha256:)?[0-9a-f]{64}|blobs/[a-z0-9]+/[0-9a-f]{32,128}"
)
_DEPTH: Final = 8  # of an index in an index


def may_be_layer(path: str) -> bool:
    """Whether a member of an archive may be a layer, if the archive is an image."""
    return _LAYER.fullmatch(path) is not None


def may_be_document(path: str) -> bool:
    """Whether a member of an archive may be a manifest, a configuration or an index, if the archive is an image."""
    return _DOCUMENT.fullmatch(path) is not None


def digest_of(path: str) -> str | None:
    """The digest that a blob is named by, ``sha256:...``."""
    folder, _, name = path.rpartition("/")
    return f"{folder[6:]}:{name}" if folder.startswith("blobs/") else None


def normal(path: str) -> str:
    """A path in a layer without anything that leads up or around."""
    return posixpath.normpath("/" + path).lstrip("/")


class Paths:
    """A set of paths of a layer that takes eight octets for each: digests, as they may be a million."""

    def __init__(self) -> None:
        self._digests = array("Q")
        self._sorted = True

    def add(self, path: str) -> None:
        """Put a path in."""
        self._digests.append(_digest(path))
        self._sorted = False

    def __contains__(self, path: str) -> bool:
        if not self._sorted:
            self._digests = array("Q", sorted(self._digests))
            self._sorted = True
        at = bisect_left(self._digests, wanted := _digest(path))
        return at < len(self._digests) and self._digests[at] == wanted

    def dump(self) -> bytes:
        """The whole of it, to be given to `load`."""
        return self._digests.tobytes()

    @classmethod
    def load(cls, data: bytes) -> "Paths":
        """What `dump` gave. Raises ValueError for anything else."""
        made = cls()
        made._digests.frombytes(data)
        made._sorted = False
        return made


def _digest(path: str) -> int:
    return int.from_bytes(blake2b(path.encode("utf-8", "surrogateescape"), digest_size=8).digest(), "big")


class Layer:
    """What a layer holds, and what it takes away of those below.

    Attributes:
        haul: what was found in it; places begin with the path in the layer.
        files, folders: what it puts there.
        gone: paths that it takes away.
        emptied: folders of which it takes away all that lies in them below.
        hard_links: names that it gives to files, and which.
    """

    def __init__(self) -> None:
        self.haul = Haul()
        self.files = Paths()
        self.folders = Paths()
        self.gone: set[str] = set()
        self.emptied: set[str] = set()
        self.hard_links: list[tuple[str, str]] = []

    def is_whiteout(self, path: str) -> bool:
        """Take note of a member, if it only takes something away."""
        folder, _, name = path.rpartition("/")
        if not name.startswith(_WHITEOUT):
            return False
        if name == _OPAQUE:
            self.emptied.add(folder)
        elif not name.startswith(".wh..wh."):  # of aufs itself
            self.gone.add(posixpath.join(folder, name[len(_WHITEOUT) :]))
        return True

    def hides(self, path: str) -> bool:
        """Whether it takes away, or puts something in the place of, what a layer below has at `path`."""
        if path in self.files or path in self.folders or path in self.gone:
            return True
        folder = path
        while folder:
            folder = folder.rpartition("/")[0]
            if folder in self.emptied or (folder and (folder in self.gone or folder in self.files)):
                return True
        return False


@noun
class Image:
    """The layers of one image, from the lowest: the path of each in the archive, and its digest; who reads what."""

    layers: tuple[tuple[str, str], ...]
    mentions: tuple[Mention, ...] = ()


def images(documents: Mapping[str, bytes], links: Mapping[str, str]) -> list[Image]:
    """The images that an archive is, by its documents; none where it is none.

    Args:
        documents: members by their paths.
        links: symbolic links of the archive, with the paths that they lead to.
    """
    found = [*_docker(documents, links), *_oci(documents)]
    return list(dict.fromkeys(found))


def _docker(documents: Mapping[str, bytes], links: Mapping[str, str]) -> Iterator[Image]:
    listed = _parsed(documents.get("manifest.json"))
    for entry in listed if isinstance(listed, list) else ():
        if not isinstance(entry, dict) or not isinstance(entry.get("Layers"), list):
            continue
        config = _parsed(documents.get(str(entry.get("Config"))))
        root = config.get("rootfs") if isinstance(config, dict) else None
        unpacked = root.get("diff_ids") if isinstance(root, dict) else None
        digests = unpacked if isinstance(unpacked, list) else []
        layers = []
        for number, name in enumerate(map(str, entry["Layers"])):
            path = links.get(name, name)
            said = str(digests[number]) if number < len(digests) else f"sha256:{name.partition('/')[0]}"
            layers.append((path, digest_of(path) or said))
        yield Image(tuple(layers), of_image(config))


def _oci(documents: Mapping[str, bytes]) -> Iterator[Image]:
    index = _parsed(documents.get("index.json"))
    waiting, seen = [(index, 0)], set[str]()
    while waiting:
        document, depth = waiting.pop()
        if not isinstance(document, dict):
            continue
        if isinstance(document.get("layers"), list) and depth:
            digests = [str(item.get("digest")) for item in document["layers"] if _is_layer(item)]
            if digests:
                layers = tuple((_blob(digest), digest) for digest in digests)
                config = document.get("config")
                said = str(config.get("digest")) if isinstance(config, dict) else ""
                yield Image(layers, of_image(_parsed(documents.get(_blob(said)))))
        for item in document.get("manifests") or () if depth < _DEPTH else ():
            digest = str(item.get("digest")) if isinstance(item, dict) else ""
            if digest and digest not in seen:
                seen.add(digest)
                waiting.append((_parsed(documents.get(_blob(digest))), depth + 1))


def _blob(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/', 1)}"


def _is_layer(item: object) -> bool:
    return isinstance(item, dict) and "tar" in str(item.get("mediaType", "tar"))


def _parsed(data: bytes | None) -> Any:
    try:
        return json.loads(data) if data is not None else None
    except (ValueError, RecursionError):
        return None


def effective(images: Iterable[Image], layers: Mapping[str, Layer], *, all_layers: bool) -> Iterator[Item]:
    """What containers of some images see of what was found in their layers, each once.

    Places begin with the digest of the layer. With `all_layers` also what no container sees, marked as deleted.
    """
    seen: dict[Item, bool] = {}
    for image in images:
        alive: dict[str, list[Item]] = {}
        for path, digest in image.layers:
            layer = layers.get(path)
            if layer is None:
                seen[Passed(Place((digest,), digest), "is not in the image, or is no archive")] = True
                continue
            for hidden in [at for at in alive if layer.hides(at)]:
                for item in alive.pop(hidden):
                    seen.setdefault(item, False)
            for item in layer.haul.items:
                alive.setdefault(item.place.parts[0], []).append(_in_layer(item, digest))
            for name, target in layer.hard_links:
                if target in alive:
                    alive[name] = [_renamed(item, name, digest) for item in alive[target]]
        for items in alive.values():
            seen |= dict.fromkeys(items, True)
        for mention in image.mentions:
            seen[_in_layer(mention, image.layers[-1][1])] = True
    for item, visible in seen.items():
        if visible:
            yield item
        elif all_layers and not isinstance(item, Passed):
            yield moved(item, replace(item.place, deleted=True))


def _in_layer(item: Item, digest: str) -> Item:
    first, *inner = item.place.parts
    return moved(item, Place((f"{digest}/{first}" if first else digest, *inner), digest))


def _renamed(item: Item, name: str, digest: str) -> Item:
    return moved(item, Place((f"{digest}/{name}", *item.place.parts[1:]), digest))
