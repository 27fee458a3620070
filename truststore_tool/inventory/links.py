"""Links of a file system that lead out of what was walked over: what they lead to was not looked at."""

import errno
import os
import posixpath
import stat
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from truststore_tool.inventory.haul import Link, Passed
from truststore_tool.inventory.nouns import LEADS_OUT

_NOTHING: Final = frozenset((errno.ENOENT, errno.ENOTDIR, errno.ELOOP))


def leading_out(links: Iterable[Link], roots: Sequence[str], kernels: frozenset[int]) -> Iterator[Passed]:
    """Those that lead to a file or a folder that lies below none of `roots`, each with where it leads.

    What lies in a file system of the kernel (`kernels`, devices) is nobody's file. A link that leads nowhere, or in a
    circle, has nothing behind it. That of several links in a row is not asked at each, as all below a root are walked
    over.
    """
    real = [os.path.realpath(root) for root in roots]
    below = tuple(f"{root.rstrip('/')}/" for root in dict.fromkeys((*roots, *real)))
    for link in links:
        path = link.place.parts[0]
        target = posixpath.join(posixpath.dirname(path), link.target)
        if ".." not in link.target.lstrip("./").split("/") and f"{posixpath.normpath(target)}/".startswith(below):
            continue
        try:
            status = os.stat(path)
        except OSError as exc:
            if exc.errno not in _NOTHING:
                yield Passed(link.place, f"{LEADS_OUT}{link.target}, which cannot be read: {exc.strerror}")
            continue
        end = os.path.realpath(path)
        if status.st_dev in kernels or not stat.S_ISREG(status.st_mode) | stat.S_ISDIR(status.st_mode):
            continue
        if not f"{end}/".startswith(below):
            yield Passed(link.place, f"{LEADS_OUT}{end}")
