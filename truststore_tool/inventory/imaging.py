"""What an archive holds, until it is known whether it is a container image, and then what a container sees of it."""

from collections.abc import Mapping
from typing import Final, Protocol

from truststore_tool.inventory import recording, sieve, tars
from truststore_tool.inventory.bounds import BrokenError, Budget, OverBoundError
from truststore_tool.inventory.haul import Haul, Sighting, moved, passing
from truststore_tool.inventory.images import DOCUMENT, Documents, digest_of, may_be_document, may_be_layer, normal
from truststore_tool.inventory.layers import Layer, effective
from truststore_tool.inventory.nouns import Place
from truststore_tool.inventory.sieve import COMPRESSED
from truststore_tool.inventory.streams import Digested, ViewStream
from truststore_tool.inventory.things import Thing
from truststore_tool.inventory.unpacking import decompressed
from truststore_tool.inventory.views import BytesView

_DOCUMENTS: Final = 64 << 20  # octets of all documents of an archive


class Looks(Protocol):
    """Whoever looks at what lies in layers, see `looking.Looker`."""

    all_layers: bool
    layers: Mapping[str, str] | None
    has_passwords: bool

    def look(self, thing: Thing, place: Place, budget: Budget, depth: int, haul: Haul) -> None:
        """Look at a file or a member."""


class Gathered:
    """Members of an archive as they come, until it is known whether it is an image."""

    def __init__(self, looker: Looks, place: Place, budget: Budget, depth: int) -> None:
        self._looker = looker
        self._place = place
        self._budget = budget
        self._depth = depth
        self._documents: dict[str, bytes] = {}
        self._layers: dict[str, Layer] = {}
        self._room = _DOCUMENTS
        self.links: dict[str, str] = {}
        self.hard_links: list[tuple[str, str]] = []

    def member(self, path: str, thing: Thing, haul: Haul) -> None:
        """Look at a file. Raises as `Looker.look` does."""
        haul.files += 1
        if may_be_document(path) and thing.head[:1] in (b"{", b"[") and (thing.size or DOCUMENT) < DOCUMENT:
            self._room -= len(document := thing.whole(DOCUMENT))
            if self._room < 0:
                raise OverBoundError(f"is a document beyond {_DOCUMENTS >> 20} MiB of such ones")
            self._documents[path] = document
        elif may_be_layer(path) and self._is_tar(thing):
            self._layers[path] = self._known_layer(path, thing, haul) or self._layer(path, thing)
            self._remember(self._layers[path], haul)
            return
        self._looker.look(thing, self._place.inside(path), self._budget, self._depth, haul)

    def finish(self, haul: Haul) -> None:
        """Say what containers see of the layers, or, of an archive that is no image, what lies in its members."""
        documents = Documents(self._documents, self.links | dict(self.hard_links))
        haul.items += [moved(item, self._place.inside(str(item.place))) for item in documents.doubts]
        used = {named.path for image in documents.images for named in image.layers}
        for path, layer in self._layers.items():
            haul.files += layer.haul.files
            haul.judged |= layer.haul.judged
            haul.layers |= layer.haul.layers
            layer.haul.files = 0
            if path not in used:
                haul.add_below(layer.haul, self._place.inside(path))
        for item in effective(documents.images, self._layers, all_layers=self._looker.all_layers):
            below = Place((*self._place.parts, *item.place.parts), item.place.layer, item.place.deleted)
            haul.items.append(moved(item, below))
        by_path = {item.place.parts: item for item in haul.items if isinstance(item, Sighting)}
        for name, target in self.hard_links:
            same = by_path.get((*self._place.parts, target))
            if same:
                haul.items.append(Sighting(self._place.inside(name), same.content))

    def _is_tar(self, thing: Thing) -> bool:
        """Whether it is a tar, packed or not; one that is empty has nothing but zeros in it, or nothing at all."""
        kind = sieve.kind_of(thing.head, thing.size)
        head = thing.head
        if kind in COMPRESSED:
            try:
                head = decompressed(kind, ViewStream(BytesView(head)), self._budget).read(tars.BLOCK)
            except BrokenError:
                return False
        return tars.is_tar(head) or not (head.strip(b"\0") or 0 < len(head) < tars.BLOCK)

    def _known_layer(self, path: str, thing: Thing, haul: Haul) -> Layer | None:
        """A layer that a cache has, by the digest that its bytes have; where they can be read once more."""
        if not self._looker.layers or not thing.is_view:
            return None
        digest = Digested(thing.stream(), _algorithm(path)).digest()
        try:
            layer = recording.layer_of(self._looker.layers[digest])
        except recording.UNREADABLE:
            return None
        if layer.packed != digest or recording.may_open(layer.haul, own=self._looker.has_passwords):
            return None
        haul.layers[digest] = ""
        return layer

    def _remember(self, layer: Layer, haul: Haul) -> None:
        """Write a layer down for a cache, where it will be the same again: not if others around it took its room."""
        if self._looker.layers is None or self._depth > 1 or not layer.packed or layer.packed in haul.layers:
            return
        if recording.is_lasting(layer.haul, own=self._looker.has_passwords):
            haul.layers[layer.packed] = recording.layer_out(layer)

    def _layer(self, path: str, thing: Thing) -> Layer:
        """What a layer of an image holds, read to its end, as its digests are those of all of it."""
        layer = self._layers[path] = Layer()  # also where all is spent on it: what was found until then is told
        with passing(layer.haul, Place(("",))):
            algorithm = _algorithm(path)
            packed = unpacked = Digested(thing.stream(), algorithm)
            if (kind := sieve.kind_of(thing.head, thing.size)) in COMPRESSED:
                unpacked = Digested(decompressed(kind, packed, self._budget), "sha256")
            elif algorithm != "sha256":
                unpacked = Digested(packed, "sha256")
            try:
                for member in tars.members(unpacked, self._budget):
                    self._of_layer(layer, member, normal(member.path))
            finally:
                layer.settle()
            layer.unpacked = unpacked.digest()
            layer.packed = packed.digest()
        return layer

    def _of_layer(self, layer: Layer, member: tars.TarMember, path: str) -> None:
        if layer.is_whiteout(path):
            return
        number = layer.comes(path, folder=member.kind == "directory")
        if member.kind == "directory":
            layer.folders.add(path)
            return
        nothing = member.kind == "hard link" and layer.has_nothing_at(normal(member.target))
        layer.files.add(path)
        if member.kind == "hard link":
            if not nothing:
                layer.tell(path, number, normal(member.target))
            return
        place, before = Place((path,)), len(layer.haul.items)
        if member.kind == "link":
            layer.haul.link(place, member.target)
        elif member.kind == "sparse":
            layer.haul.passed(place, "is a sparse file")
        elif member.kind == "file":
            layer.haul.files += 1
            with passing(layer.haul, place):
                there = Thing.of_stream(member.stream, member.size)
                self._looker.look(there, place, self._budget, self._depth + 1, layer.haul)
        if len(layer.haul.items) > before:
            layer.tell(path, number)


def _algorithm(path: str) -> str:
    """That of the digest that a blob is named by."""
    return (digest_of(path) or "sha256").partition(":")[0]
