"""Container images: which archive is one, by its documents, and the layers that these name.

``docker save`` writes a tar with a manifest.json (before 25 with folders of layers, then with blobs); others an OCI
layout (OCI Image Format, image-layout.md), as a folder or a tar. Nobody is believed what a document says of another
whose bytes have another digest: that is told.
"""

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from truststore_tool import digests
from truststore_tool.inventory.because import of_image
from truststore_tool.inventory.haul import Passed
from truststore_tool.inventory.nouns import Mention, Place
from truststore_tool.inventory.streams import ALGORITHMS
from truststore_tool.nouns import noun

DOCUMENT: Final = 4 << 20  # octets of a manifest, at most (the OCI distribution specification asks for no more)
_BLOB: Final = r"blobs/[a-z0-9]+/[0-9a-f]{32,128}"
_LAYER: Final = re.compile(rf"{_BLOB}|(?:[^/]+/)?layer\.tar|(?:sha256:)?[0-9a-f]{{64}}\.tar(?:\.gz|\.zst)?")
_DOCUMENT: Final = re.compile(rf"(?:index|manifest|config|[0-9a-f]{{64}})\.json|(?:sha256:)?[0-9a-f]{{64}}|{_BLOB}")
# A configuration of ``docker save``, and of those who write what it does: called by its digest, or by any other name.
_BY_DIGEST: Final = re.compile(r"(?:sha256:)?([0-9a-f]{64})(?:\.json)?")
_DEPTH: Final = 8  # of an index in an index
_LINKS: Final = 40  # that are followed for one path
_CONFIGURATIONS: Final = (
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
)
_ATTESTATION: Final = "application/vnd.in-toto+json"


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


def unlike(digest: str, had: str) -> str | None:
    """Why bytes that had a digest are not those that another names, or nobody knows, one line; None where they are."""
    if had == digest:
        return None
    if digest.partition(":")[0] not in ALGORITHMS:
        return f"{digest} is of a kind that is not checked"
    return f"its bytes had {had}, and not {digest}"


def normal(path: str) -> str:
    """A path in a layer without anything that leads up or around."""
    return posixpath.normpath("/" + path).lstrip("/")


@noun
class Named:
    """A layer as an image names it.

    Attributes:
        path: where it lies in the archive.
        digest: what it is called by in the paths of a scan.
        packed: the digest that its bytes must have; None where the image gives none.
        unpacked: the digest that the tar in them must have (``diff_ids`` of the configuration); None likewise.
    """

    path: str
    digest: str
    packed: str | None = None
    unpacked: str | None = None


@noun
class Image:
    """The layers of one image, from the lowest, and who reads what."""

    layers: tuple[Named, ...]
    mentions: tuple[Mention, ...] = ()


class Documents:
    """The documents of an archive, and the images that it is by these; none where it is none.

    Attributes:
        images: each once.
        doubts: which documents are not there, or not what others say of them; their places are paths in the archive.
    """

    def __init__(self, documents: Mapping[str, bytes], links: Mapping[str, str]) -> None:
        """`documents`: members by their paths; `links`: symbolic and hard links, with the paths that they lead to."""
        self._documents = documents
        self._doubts: dict[Passed, None] = {}
        self.images = tuple(dict.fromkeys((*self._docker(links), *self._oci())))
        self.doubts = tuple(self._doubts)

    def _docker(self, links: Mapping[str, str]) -> Iterator[Image]:
        listed = _parsed(self._documents.get("manifest.json"))
        for entry in listed if isinstance(listed, list) else ():
            if not isinstance(entry, dict) or not isinstance(entry.get("Layers"), list):
                continue
            name = str(entry.get("Config"))
            called = _BY_DIGEST.fullmatch(name)
            config = self._read(name, digest_of(name) or (f"sha256:{called[1]}" if called else None))
            layers = []
            for unpacked, name in zip(_diff_ids(config, len(entry["Layers"])), map(str, entry["Layers"]), strict=True):
                path = _end(name, links)
                shown = digest_of(path) or unpacked or f"sha256:{name.partition('/')[0]}"
                layers.append(Named(path, shown, digest_of(path), unpacked))
            yield Image(tuple(layers), of_image(config))

    def _oci(self) -> Iterator[Image]:
        index = _parsed(self._documents.get("index.json"))
        waiting, seen = [(index, 0)], set[str]()
        while waiting:
            document, depth = waiting.pop()
            if not isinstance(document, dict):
                continue
            if depth and isinstance(document.get("layers"), list):
                yield from self._of_manifest(document)
            listed = document.get("manifests") if depth < _DEPTH else None
            for item in listed if isinstance(listed, list) else ():
                digest = _digest_in(item)
                if digest and digest not in seen:
                    seen.add(digest)
                    # Of several platforms mostly not all are there.
                    there = _blob(digest) in self._documents or "platform" not in item
                    waiting.append((self._read(_blob(digest), digest) if there else None, depth + 1))
        if seen and not any(_blob(digest) in self._documents for digest in seen):
            self._doubts[Passed(Place(("index.json",)), "names manifests, of which none is in the image")] = None

    def _of_manifest(self, manifest: Mapping[str, Any]) -> Iterator[Image]:
        listed = manifest["layers"]
        said = _digest_in(manifest.get("config"))
        # What an image has beside tars are layers of a kind that is not read; attestations and artifacts are none.
        is_image = _kind(manifest.get("config")) in _CONFIGURATIONS
        counts = [_is_layer(item) or (is_image and _kind(item) not in ("", _ATTESTATION)) for item in listed]
        if not any(counts):
            return
        config = self._read(_blob(said), said)
        pairs = zip(map(_digest_in, listed), _diff_ids(config, len(listed)), counts, strict=True)
        layers = (Named(_blob(digest), digest, digest, unpacked) for digest, unpacked, is_layer in pairs if is_layer)
        yield Image(tuple(layers), of_image(config))

    def _read(self, path: str, digest: str | None) -> Any:
        """A document that another names, by its digest unless that is None; None for what is not there or no JSON."""
        data = self._documents.get(path)
        found = _parsed(data)
        why = None
        if data is None:
            why = "is named by the image, and is not in it, or is no document"
        elif found is None:
            why = "is named by the image, and is no document"
        elif digest is not None:
            algorithm = digest.partition(":")[0]
            known = algorithm if algorithm in ALGORITHMS else "sha256"
            why = unlike(digest, f"{known}:{digests.digest(known, data).hex()}")
        if why:
            self._doubts[Passed(Place((path,)), why)] = None
        return found


def _diff_ids(config: object, count: int) -> list[str | None]:
    """The digests of so many layers unpacked, as a configuration gives them."""
    root = config.get("rootfs") if isinstance(config, dict) else None
    given = root.get("diff_ids") if isinstance(root, dict) else None
    found = [item if isinstance(item, str) else None for item in given] if isinstance(given, list) else []
    return [*found, *[None] * count][:count]


def _digest_in(descriptor: object) -> str:
    digest = descriptor.get("digest") if isinstance(descriptor, dict) else None
    return digest if isinstance(digest, str) else ""


def _blob(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/', 1)}"


def _is_layer(item: object) -> bool:
    return "tar" in _kind(item)


def _kind(item: object) -> str:
    """The media type of a descriptor; that of a layer, where none is given."""
    return str(item.get("mediaType", "tar")) if isinstance(item, dict) else ""


def _end(path: str, links: Mapping[str, str]) -> str:
    """Where links lead; somewhere on the way, where that is a circle."""
    for _ in range(_LINKS):
        path = links.get(path, path)
    return path


def _parsed(data: bytes | None) -> Any:
    try:
        return json.loads(data) if data is not None else None
    except (ValueError, RecursionError):
        return None
