"""Layers of container images, and what of them a container sees.

Whiteouts are those of layer.md (OCI Image Format): ``.wh.NAME`` takes NAME of the layers below away, ``.wh..wh..opq``
all that lies in its folder below. A layer is what its digests say, or that is told.
"""

import posixpath
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Final, NamedTuple

from truststore_tool.inventory.haul import Haul, Item, Passed, moved
from truststore_tool.inventory.images import Image, Named, unlike
from truststore_tool.inventory.nouns import Place
from truststore_tool.nouns import replace

_WHITEOUT: Final = ".wh."
# Of an archive: how often it is asked of a store whether a layer takes it away. Some hundred layers ask of thousands.
_MOST: Final = 2_000_000
_OPAQUE: Final = ".wh..wh..opq"
_MOST_NEW: Final = 1 << 16


class Paths:
    """A set of paths of a layer that takes eight octets for each: digests, as they may be a million."""

    def __init__(self) -> None:
        self._sorted = array("Q")
        self._new: set[int] = set()  # which are asked for while others are still put in

    def add(self, path: str) -> None:
        """Put a path in."""
        self._new.add(_digest(path))
        if len(self._new) >= _MOST_NEW:
            self._merge()

    def __contains__(self, path: str) -> bool:
        wanted = _digest(path)
        at = bisect_left(self._sorted, wanted)
        return wanted in self._new or (at < len(self._sorted) and self._sorted[at] == wanted)

    def _merge(self) -> None:
        self._sorted = array("Q", sorted((*self._sorted, *self._new)))
        self._new.clear()

    def dump(self) -> bytes:
        """The whole of it, to be given to `load`."""
        self._merge()
        return self._sorted.tobytes()

    @classmethod
    def load(cls, data: bytes) -> "Paths":
        """What `dump` gave. Raises ValueError for anything else."""
        made = cls()
        made._sorted.frombytes(data)
        made._merge()
        return made


# Of the few paths of stores each layer is asked.
@lru_cache(maxsize=1 << 14)
def _digest(path: str) -> int:
    return int.from_bytes(blake2b(path.encode("utf-8", "surrogateescape"), digest_size=8).digest(), "big")


class Step(NamedTuple):
    """That a member brought items, or is a hard link.

    Attributes:
        path: of the member.
        target: what it is a hard link to; None for one with items.
        end: how many items the layer had then.
        stays: whether no later member took its place.
    """

    path: str
    target: str | None
    end: int
    stays: bool = True


def _folders(path: str) -> Iterator[str]:
    """The folders above a path."""
    while path := path.rpartition("/")[0]:
        yield path


class Layer:
    """What a layer holds, and what it takes away of those below.

    Attributes:
        haul: what was found in it; places begin with the path in the layer.
        files, folders: what it puts there.
        gone: paths that it takes away.
        emptied: folders of which it takes away all that lies in them below.
        steps: how the items came, and hard links, in their order.
        packed, unpacked: the digests of its bytes, and of the tar in them; empty where it was not read to its end.
    """

    def __init__(self) -> None:
        self.haul = Haul()
        self.files = Paths()
        self.folders = Paths()
        self.gone: set[str] = set()
        self.emptied: set[str] = set()
        self.steps: list[Step] = []
        self.packed = self.unpacked = ""
        self._came = 0
        self._numbers: list[int] = []  # of the members of the steps
        self._at: dict[str, int] = {}  # by path of a step, and of a folder above one, the last member that came there
        self._above: dict[str, int] = {}

    def is_not(self, named: Named) -> str | None:
        """Why it is not the layer that an image names, or nobody knows, one line; None where it is.

        Of what was not read to its end is said elsewhere that it was not.
        """
        if not self.packed:
            return None
        if not (named.packed or named.unpacked):
            return "the image does not say which digest it has, so that nothing proves it"
        pairs = ((named.packed, self.packed), (named.unpacked, self.unpacked))
        return next((why for digest, had in pairs if digest and (why := unlike(digest, had))), None)

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

    def comes(self, path: str, *, folder: bool) -> int:
        """Take note that a member comes, whose number is returned: it takes the place of what was at its path before.

        Unless it is a folder, also of what was below that.
        """
        self._came += 1
        if path in self._at:
            self._at[path] = self._came
        if not folder and path in self._above:
            self._above[path] = self._came
        return self._came

    def tell(self, path: str, number: int, target: str | None = None) -> None:
        """Take note that the member of that number brought the newest items, or is a hard link."""
        self.steps.append(Step(path, target, len(self.haul.items)))
        self._numbers.append(number)
        self._at.setdefault(path, 0)
        for folder in _folders(path):
            self._above.setdefault(folder, 0)

    def has_nothing_at(self, path: str) -> bool:
        """Whether it has a file at that path, and nothing was found in it: as of most to which there are hard links."""
        return path in self.files and path not in self._at

    def settle(self) -> None:
        """Say of each step, when all members came, whether it stays."""
        for place, (step, number) in enumerate(zip(self.steps, self._numbers, strict=True)):
            above = max((self._above[folder] for folder in _folders(step.path)), default=0)
            if max(above, self._at[step.path]) > number:
                self.steps[place] = step._replace(stays=False)

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


def effective(images: Iterable[Image], layers: Mapping[str, Layer], *, all_layers: bool) -> Iterator[Item]:
    """What containers of some images see of what was found in their layers, each once.

    Places begin with the digest of the layer; of one that has another it is told. With `all_layers` also what no
    container sees, marked as deleted.
    """
    seen: dict[Item, bool] = {}
    left = _MOST
    for image in images:
        alive: dict[str, list[Item]] = {}
        for named in image.layers:
            digest, layer = named.digest, layers.get(named.path)
            why = layer.is_not(named) if layer else "is not in the image, or is no archive"
            if why:
                seen[Passed(Place((digest,), digest), why)] = True
            if layer is None:
                continue
            left -= 1 + len(alive) + len(layer.steps)
            if left < 0:
                seen[Passed(Place((digest,), digest), "is one of more layers than are put together")] = True
                break
            below = dict(alive)
            for hidden in [at for at in alive if layer.hides(at)]:
                for item in alive.pop(hidden):
                    seen.setdefault(item, False)
            put, over = _put(layer, digest, below)
            alive |= put
            for item in over:
                seen.setdefault(item, False)
        for items in alive.values():
            seen |= dict.fromkeys(items, True)
        for mention in image.mentions:
            seen[_in_layer(mention, image.layers[-1].digest)] = True
    for item, visible in seen.items():
        if visible:
            yield item
        elif all_layers and not isinstance(item, Passed):
            yield moved(item, replace(item.place, deleted=True))


def _put(layer: Layer, digest: str, below: Mapping[str, list[Item]]) -> tuple[dict[str, list[Item]], list[Item]]:
    """What a layer puts where, and what it put there before.

    A hard link may name what the layer takes away itself, of the layers below or of its own.
    """
    put: dict[str, list[Item]] = {}
    over: list[Item] = []
    done = 0
    for path, target, end, _ in layer.steps:
        items = [_in_layer(item, digest) for item in layer.haul.items[done:end]]
        done = end
        if target is not None:
            items = [_renamed(item, path, digest) for item in put.get(target) or below.get(target) or ()]
        over += put.get(path, ())
        put[path] = items
    last = {step.path: step.stays for step in layer.steps}
    for path in [path for path, stays in last.items() if not stays]:
        over += put.pop(path)
    # What could not be read of the layer itself is no path that another layer may take away.
    put[f"/{digest}"] = [_in_layer(item, digest) for item in layer.haul.items[done:]]
    return put, over


def _in_layer(item: Item, digest: str) -> Item:
    first, *inner = item.place.parts
    return moved(item, Place((f"{digest}/{first}" if first else digest, *inner), digest))


def _renamed(item: Item, name: str, digest: str) -> Item:
    return moved(item, Place((f"{digest}/{name}", *item.place.parts[1:]), digest))
