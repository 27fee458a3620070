"""How a file is to be written, and what is said meanwhile."""

from collections.abc import Callable
from typing import Final, Literal, NamedTuple

from truststore_tool.files.problems import StrPath


def _nobody(line: str) -> None:
    """Tell nobody."""


class Manner(NamedTuple):
    """How a file is to be written.

    Attributes:
        in_place: ``"never"``: the new content takes the name of the old in one step. ``"always"``: a file that is there
            is overwritten, as one must be that is mounted by itself; a new one is made as ever. ``"needed"``: it is
            overwritten where the system lets nothing take its name.
        journal: the directory for the journal of an overwriting; None for the one that TRUSTSTORE_TOOL_JOURNAL names,
            else the one in which the file lies.
        lock_timeout: how many seconds one other process may keep the lock before that is an error.
        tell: given lines for the user meanwhile, as that another process is waited for.
    """

    in_place: Literal["never", "needed", "always"] = "never"
    journal: StrPath | None = None
    lock_timeout: float = 30.0
    tell: Callable[[str], None] = _nobody


USUAL: Final = Manner()
