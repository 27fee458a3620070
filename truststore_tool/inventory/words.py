"""Looking for many words at once: what has none of them is done with, as most files are.

With the extra ``fast`` that takes one pass, about as long as copying the octets. Without it nothing is ruled out here,
and the searches that follow decide alone, as they do in any case on what is not ruled out.
"""

from collections.abc import Callable
from typing import Final, Literal

# More than 64 are looked for octet by octet, ten times as slowly.
MOST: Final = 64
# Every word that is there takes some 200 octets of memory while one looks: in what is longer nothing is ruled out.
LONGEST: Final = 2 << 20


def perhaps_any(*words: bytes) -> Callable[[bytes], object]:
    """What tells whether octets may hold one of the words; what it gives is false if they hold none.

    Args:
        words: at most `MOST`; the rarer their first octets, the quicker.
    """
    if len(words) > MOST:
        raise ValueError(f"more than {MOST} words")
    try:
        from ahocorasick_rs import MATCHKIND_LEFTMOST_FIRST, BytesAhoCorasick
    except ImportError:
        return _perhaps
    find = BytesAhoCorasick(words, matchkind=MATCHKIND_LEFTMOST_FIRST).find_matches_as_indexes
    return lambda data: len(data) > LONGEST or find(data)


def _perhaps(data: bytes) -> Literal[True]:  # noqa: ARG001 -- as the other has it
    return True
