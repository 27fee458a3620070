"""The order in which java.util.Hashtable enumerates its keys: JKS and JCEKS show their aliases in it."""

from collections.abc import Iterable
from typing import Final

_BUCKETS: Final = 11
_LOAD: Final = 0.75


def string_hash(text: str) -> int:
    """``String.hashCode``, as an unsigned 32-bit number."""
    octets = text.encode("utf-16-be", "surrogatepass")
    value = 0
    for i in range(0, len(octets), 2):
        value = (31 * value + (octets[i] << 8 | octets[i + 1])) & 0xFFFFFFFF
    return value


def enumeration_order(keys: Iterable[str]) -> list[str]:
    """The order of ``Hashtable.keys()`` once the keys were put in one after the other."""
    buckets: list[list[str]] = [[] for _ in range(_BUCKETS)]  # newest last
    for count, key in enumerate(keys):
        if count >= int(len(buckets) * _LOAD):
            buckets = _grown(buckets)
        buckets[(string_hash(key) & 0x7FFFFFFF) % len(buckets)].append(key)
    return [key for bucket in reversed(buckets) for key in reversed(bucket)]


def _grown(buckets: list[list[str]]) -> list[list[str]]:
    """``Hashtable.rehash``: from the top bucket down, newest first, each goes to the front of its new bucket."""
    wider: list[list[str]] = [[] for _ in range(2 * len(buckets) + 1)]
    for bucket in reversed(buckets):
        for key in reversed(bucket):
            wider[(string_hash(key) & 0x7FFFFFFF) % len(wider)].append(key)
    return wider
