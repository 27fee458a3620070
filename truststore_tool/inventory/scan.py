"""The scan as a whole: walk, look at each file, put together what was found."""

from collections.abc import Callable, Sequence
from contextlib import closing

from truststore_tool.inventory import crew
from truststore_tool.inventory.assembling import Asked, assemble
from truststore_tool.inventory.cache import Cache
from truststore_tool.inventory.haul import Haul, Link, Sharing
from truststore_tool.inventory.links import leading_out
from truststore_tool.inventory.listing import Exclusion
from truststore_tool.inventory.nouns import Inventory
from truststore_tool.inventory.tasks import Orders
from truststore_tool.inventory.walk import Walk
from truststore_tool.inventory.worker import Worker
from truststore_tool.nouns import noun, replace

# Told now and then: how many files were looked at, and how many stores were found.
Progress = Callable[[int, int], None]


@noun
class Tour:
    """Where a scan goes; see `Walk`.

    Attributes:
        roots: files and folders.
        exclude: globs of what is left out.
        everywhere: whether it goes into other file systems.
    """

    roots: tuple[str, ...]
    exclude: tuple[str, ...] = ()
    everywhere: bool = False


def scan(
    tour: Tour,
    orders: Orders,
    asked: Asked,
    *,
    jobs: int,
    progress: Progress | None = None,
    cache: Cache | None = None,
) -> Inventory:
    """Walk, look and put together, in so many processes. When interrupted, what was found so far, not `complete`.

    What a `cache` knows of a file that has not changed is not looked at again; it knows of all files afterwards.
    """
    if cache is not None:
        orders = replace(orders, layers=cache.layers)
    walk = Walk(tour.roots, everywhere=tour.everywhere)
    haul, sharing = Haul(), Sharing()
    complete = True
    try:
        with closing(crew.look(walk, Worker(orders, Exclusion(tour.exclude), cache), jobs)) as looked:
            for brought in looked:
                for each in (brought.haul, *(there for _, there in brought.full)):
                    sharing.share(each)
                haul.add(brought.haul)
                if cache is not None:
                    cache.take(brought)
                if progress is not None:
                    progress(haul.files, len(haul.judged))
    except KeyboardInterrupt:
        complete = False
    haul.add(walk.haul)
    links = [item for item in haul.items if isinstance(item, Link) and len(item.place.parts) == 1]
    haul.items += leading_out(links, tour.roots, walk.kernels)
    return assemble(haul, tour.roots, walk.unreadable, asked, complete=complete)


def roots_of(paths: Sequence[str]) -> tuple[str, ...]:
    """The paths as they are shown: without slashes at their ends."""
    return tuple(path.rstrip("/") or "/" for path in paths)
