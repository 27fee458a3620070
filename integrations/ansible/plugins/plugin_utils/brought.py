"""What the collector of a host sends, unpacked: nothing of it is believed before it was looked at."""

from __future__ import annotations

import binascii
import json
import zlib
from typing import Any, NamedTuple

from .files_on_hosts import HostError

_TOLD = 256 << 20  # octets of what is told beside the contents: a million links and names


class Brought(NamedTuple):
    """What came from a host.

    Attributes:
        roots: the paths that were walked, as the host understood them.
        files: path and content of each file.
        passed: paths that were not looked at, and why.
        links: paths of symbolic links, and what they point to.
        unreadable: those of the roots that could not be read.
        looked_at: how many files were looked at.
        complete: whether the walk came to its end.
    """

    roots: list[str]
    files: list[tuple[str, bytes]]
    passed: list[tuple[str, str]]
    links: list[tuple[str, str]]
    unreadable: list[str]
    looked_at: int
    complete: bool


def unpacked(collected: str, most: int) -> Brought:
    """What `Collector.packed` gave, whose contents have at most `most` octets. Raises HostError for anything else."""
    try:
        machine = zlib.decompressobj()
        data = machine.decompress(binascii.a2b_base64(collected), _TOLD + most)
        head, _newline, contents = data.partition(b"\n")
        told: dict[str, Any] = json.loads(head)
        if not machine.eof or sum(told["sizes"]) != len(contents):
            raise ValueError
        at, pieces = 0, []
        for size in told["sizes"]:
            pieces.append(contents[at : at + size])
            at += size
        return Brought(
            [str(path) for path in told["roots"]],
            [(str(path), pieces[number]) for path, number in told["files"]],
            [(str(path), str(why)) for path, why in told["passed"]],
            [(str(path), str(target)) for path, target in told["links"]],
            [str(path) for path in told["unreadable"]],
            int(told["looked_at"]),
            bool(told["complete"]),
        )
    except (ValueError, KeyError, TypeError, IndexError, RecursionError, zlib.error) as exc:
        raise HostError("what the collector sent from the host is damaged (run it again)") from exc
