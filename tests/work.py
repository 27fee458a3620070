"""Work, counted rather than timed: the count is the same on every machine, whatever else it has to do."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


@contextmanager
def at_most(steps: int) -> Iterator[None]:
    """Fail as soon as what is called within runs more than `steps` lines of Python; each turn of a loop counts anew."""
    left = steps

    def trace(_frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal left
        left -= event == "line"
        assert left >= 0, f"more than {steps} steps"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


class Watched(bytes):
    """Bytes that count how many octets are cut out of them."""

    taken = 0

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        self.taken += 1 if isinstance(found, int) else len(found)
        return found
