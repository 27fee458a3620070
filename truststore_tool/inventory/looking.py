"""Looking at one file of the file system: through all archives in it down to the stores, within bounds."""

import os
import posixpath
import stat
import zlib
from collections.abc import Iterator
from typing import Final

from truststore_tool.errors import TrustStoreError, UnreadableError
from truststore_tool.files import require_whole
from truststore_tool.files.naming import JOURNAL
from truststore_tool.inventory import ars, because, sieve, tars, zips
from truststore_tool.inventory.bounds import BrokenError, Budget, OverBoundError, SpentError
from truststore_tool.inventory.haul import Haul, Sharing, Sighting, passing
from truststore_tool.inventory.images import normal
from truststore_tool.inventory.imaging import Gathered
from truststore_tool.inventory.nouns import Judged, Place
from truststore_tool.inventory.sieve import ARCHIVES, FIRST, HEAD, Kind
from truststore_tool.inventory.streams import Stream
from truststore_tool.inventory.tasks import Orders
from truststore_tool.inventory.things import Thing
from truststore_tool.inventory.unpacking import decompressed
from truststore_tool.inventory.views import BytesView, FileView

_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CONFIGURATION: Final = 256 << 10  # octets of a file of settings that are read as such; what is behind is data
_MOST_REMEMBERED: Final = 10_000  # stores, and certificates in them
OPENING: Final = 64 << 10  # octets that are read in the time in which a file is opened and closed
_UNPACKED: Final = 6  # octets that come out of one of an archive, more or less
_ENDINGS: Final = {"gzip": (".gz",), "bzip2": (".bz2",), "xz": (".xz",), "zstd": (".zst",)}


class LargeError(Exception):
    """An archive that takes long to look at."""


class Looker:
    """Looks at files, and remembers what it made of bytes, as the same ones lie at many places.

    Attributes:
        spent: about how many octets it has looked at so far, those in archives as well, and what takes as long.
    """

    def __init__(self, orders: Orders) -> None:
        self._bounds = orders.bounds
        self._candidates = orders.candidates
        self._now = orders.now
        self.all_layers = orders.all_layers
        self.layers = orders.layers
        self.has_passwords = bool(orders.candidates.own)
        self.spent = 0
        self._known: dict[str, Judged | str | None] = {}
        self._remembered = 0
        self._sharing = Sharing()

    def file(self, path: str, most: int | None = None) -> Haul | None:
        """What a regular file holds; a link is not followed.

        None for one that was read and holds nothing: most do not, and each costs as little as can be. Raises LargeError
        for an archive of more than `most` octets.
        """
        try:
            descriptor = os.open(path, _READ)
        except FileNotFoundError:
            return Haul()  # gone since
        except OSError as exc:
            return _unreadable(path, exc)
        try:
            status = os.fstat(descriptor)
            size = status.st_size
            if not (size and stat.S_ISREG(status.st_mode)):
                return None
            head = os.read(descriptor, size if size < FIRST else FIRST)
            if size > FIRST and sieve.is_text(head):
                head += os.read(descriptor, HEAD - FIRST)
            self.spent += len(head) + OPENING
            if head.startswith(JOURNAL):
                return _unlooked(path, "is the journal of a run that overwrites a store")
            kind = sieve.kind_of(head, size)
            if kind == "gzip" and size == len(head) and _packs_nothing(head):
                kind = ""
            if not kind and not _may_say_something(path, head):
                return None
            if kind in ARCHIVES:
                if most is not None and size > most:
                    raise LargeError
                self.spent += size * _UNPACKED
            haul = self._file(path, Thing(head, size, FileView(descriptor, 0, size)), kind)
            if kind or haul.items:
                require_whole(path)
            return haul
        except UnreadableError as exc:
            return _unlooked(path, f"cannot be read: {exc.message.rpartition(': ')[2]}")
        except OSError as exc:
            return _unreadable(path, exc)
        finally:
            os.close(descriptor)

    def octets(self, path: str, data: bytes) -> Haul:
        """What a file holds whose octets were brought here from where it lies, at `path`."""
        thing = Thing.of_view(BytesView(data))
        return self._file(path, thing, sieve.kind_of(thing.head, thing.size))

    def _file(self, path: str, thing: Thing, kind: Kind) -> Haul:
        haul, place = Haul(), Place((path,))
        haul.files = 1
        with passing(haul, place, SpentError):
            self._look(thing, kind, place, Budget(self._bounds, thing.size or 0), 0, haul)
        return haul

    def layout(self, folder: str) -> Haul:
        """What an OCI layout holds that is a folder: index.json and blobs."""
        haul = Haul()
        place = Place((folder,))
        total = sum(size for _, size in _files_below(folder))
        budget = Budget(self._bounds, total)
        gathered = Gathered(self, place, budget, 1)
        for path, size in _files_below(folder):
            with passing(haul, place.inside(path)):
                descriptor = os.open(os.path.join(folder, path), _READ)
                try:
                    gathered.member(path, Thing.of_view(FileView(descriptor, 0, size)), haul)
                finally:
                    os.close(descriptor)
        gathered.finish(haul)
        return haul

    def look(self, thing: Thing, place: Place, budget: Budget, depth: int, haul: Haul) -> None:
        """Look at a file or a member; `depth` is how many archives it lies in.

        Raises OverBoundError, BrokenError and OSError.
        """
        self._look(thing, sieve.kind_of(thing.head, thing.size), place, budget, depth, haul)

    def _look(self, thing: Thing, kind: Kind, place: Place, budget: Budget, depth: int, haul: Haul) -> None:
        if because.worth_reading(place.parts[-1]):
            haul.items += because.mentions(place, thing.head[:_CONFIGURATION])
            if not kind and _may_hold_values(thing.head):
                kind = "text"
        match kind:
            case "":
                return
            case "store" | "text":
                self._stores(thing.whole(self._bounds.store), place, budget, haul)
            case "long text":
                self._long_text(thing, place, budget, haul)
            case "sqlite":
                from truststore_tool.inventory import nss

                if nss.is_nss(thing.head):
                    self._judge(thing.whole(self._bounds.store), place, budget, haul, of_nss=True)
            case "unread":
                raise BrokenError(f"is an archive of a kind that is not read ({sieve.name_of_unread(thing.head)})")
            case _ if depth >= self._bounds.nesting:
                raise OverBoundError(f"lies in more than {depth} archives inside each other")
            case "zip" | "perhaps zip":
                self._zip(thing, place, budget, depth, haul, sure=kind == "zip")
            case "tar":
                self._tar(thing.stream(), place, budget, depth, haul)
            case "ar":
                self._ar(thing.stream(), place, budget, depth, haul)
            case "gzip" | "bzip2" | "xz" | "zstd":
                inner = Thing.of_stream(decompressed(kind, thing.stream(), budget))
                if tars.is_tar(inner.head):
                    self._tar(inner.stream(), place, budget, depth, haul)
                else:
                    self.look(inner, place.inside(_without(place, kind)), budget, depth + 1, haul)

    def _stores(self, data: bytes, place: Place, budget: Budget, haul: Haul) -> None:
        from truststore_tool.inventory import opening

        for key, value in opening.stores_in(data):
            self._judge(value, place.inside(key) if key else place, budget, haul)

    def _long_text(self, thing: Thing, place: Place, budget: Budget, haul: Haul) -> None:
        """A text that is longer than what was read of it at first."""
        most = self._bounds.store
        stream = thing.stream()
        kept: list[bytes] = []  # of what cannot be read once more
        size, last = 0, b""
        while piece := stream.read(HEAD):
            size += len(piece)
            if size > most:
                raise OverBoundError(f"is a text of more than {most >> 20} MiB, and was looked at as far")
            if b"\0" in piece:
                return
            if not thing.is_view:
                kept.append(piece)
            if sieve.speaks_of_certificates(last + piece):
                break
            last = piece[-20:]
        else:
            return
        if thing.is_view:
            self._stores(thing.whole(most), place, budget, haul)
            return
        kept.append(stream.read(most - size + 1))
        if size + len(kept[-1]) > most:
            raise OverBoundError(f"is larger than {most >> 20} MiB")
        self._stores(b"".join(kept), place, budget, haul)

    def _judge(self, data: bytes, place: Place, budget: Budget, haul: Haul, *, of_nss: bool = False) -> None:
        from truststore_tool.inventory import opening

        identity = opening.identity(data)
        if identity not in self._known:
            if self._remembered >= _MOST_REMEMBERED:
                self._known.clear()
                self._remembered = 0
            try:
                judge = opening.judge_nss(data) if of_nss else opening.judge(data, self._candidates, self._now)
                self._known[identity] = judge and self._sharing.shared(judge)
            except TrustStoreError as exc:
                self._known[identity] = exc.message
            made = self._known[identity]
            self._remembered += 1 + (len(made.certificates) if isinstance(made, Judged) else 0)
        found = self._known[identity]
        if isinstance(found, str):
            haul.passed(place, found)
        elif found is not None:
            budget.store()
            haul.items.append(Sighting(place, identity))
            haul.judged[identity] = found

    def _zip(self, thing: Thing, place: Place, budget: Budget, depth: int, haul: Haul, *, sure: bool) -> None:
        with budget.holding(thing.view) as view:
            if not sure and zips.find_end(view) is None:
                if sieve.speaks_of_certificates(thing.head):
                    self._stores(thing.whole(self._bounds.store), place, budget, haul)
                return
            for member in zips.members(view, budget):
                inside = place.inside(member.path)
                with passing(haul, inside):
                    stored = member.view()
                    there = Thing.of_view(stored) if stored else Thing.of_stream(member.stream(budget))
                    haul.files += 1
                    self.look(there, inside, budget, depth + 1, haul)

    def _tar(self, stream: Stream, place: Place, budget: Budget, depth: int, haul: Haul) -> None:
        gathered = Gathered(self, place, budget, depth + 1)
        try:
            for member in tars.members(stream, budget):
                path = member.path.removeprefix("./")
                inside = place.inside(path)
                if member.kind == "link":
                    gathered.links[path] = normal(posixpath.join(posixpath.dirname(path), member.target))
                    haul.link(inside, member.target)
                elif member.kind == "hard link":
                    gathered.hard_links.append((path, member.target.removeprefix("./")))
                elif member.kind == "sparse":
                    haul.passed(inside, "is a sparse file")
                elif member.kind == "file":
                    with passing(haul, inside):
                        gathered.member(path, Thing.of_stream(member.stream, member.size), haul)
        finally:
            gathered.finish(haul)

    def _ar(self, stream: Stream, place: Place, budget: Budget, depth: int, haul: Haul) -> None:
        for member in ars.members(stream, budget):
            inside = place.inside(member.name)
            with passing(haul, inside):
                haul.files += 1
                there = Thing.of_stream(member.stream, member.size)
                if member.is_tar and sieve.kind_of(there.head, there.size) not in ARCHIVES:
                    raise BrokenError("is no tar, or one that is compressed in a way that is not read")
                self.look(there, inside, budget, depth + 1, haul)


def _unreadable(path: str, exc: OSError) -> Haul:
    return _unlooked(path, f"cannot be read: {exc.strerror}")


def _unlooked(path: str, why: str) -> Haul:
    haul = Haul()
    haul.passed(Place((path,)), why)
    return haul


def _may_say_something(path: str, head: bytes) -> bool:
    """Whether a file that is of no kind may be settings that name stores, or have one in base64."""
    if b"\0" in head[:512] or not because.worth_reading(path):
        return False
    return because.may_mention(path, head[:_CONFIGURATION]) or _may_hold_values(head)


def _may_hold_values(head: bytes) -> bool:
    from truststore_tool.inventory import encoded

    return encoded.may_hold_values(head)


def _packs_nothing(packed: bytes) -> bool:
    """Whether a small file of gzip, as pages of a manual are, is whole and holds nothing to look at."""
    machine = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        data = machine.decompress(packed, HEAD)
    except zlib.error:
        return False
    return machine.eof and not machine.unused_data and not sieve.kind_of(data, len(data))


def _without(place: Place, kind: str) -> str:
    """What a compressed file is called when it is not."""
    name = posixpath.basename(place.parts[-1])
    return next((name.removesuffix(ending) for ending in _ENDINGS[kind] if name.endswith(ending)), name)


def _files_below(folder: str) -> Iterator[tuple[str, int]]:
    """The regular files below a folder, by their path from there, and their sizes; links are not followed."""
    for where, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(where, name)
            status = os.lstat(path)
            if stat.S_ISREG(status.st_mode):
                yield os.path.relpath(path, folder), status.st_size
