"""A sign of life on a terminal while something takes long."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Final

from truststore_tool.safe import printable

_PATIENCE: Final = 0.7  # seconds; most work is done by then, and loading the spinner alone would take a tenth of it


@contextmanager
def working(what: str, *, quiet: bool = False) -> Iterator[None]:
    """Show `what` with a spinner on standard error once the body has run for a while; nothing when that is no terminal.

    The body must not prompt.
    """
    if quiet or not sys.stderr.isatty():
        yield
        return
    done = Event()
    watcher = Thread(target=_spin, args=(printable(what), done), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _spin(what: str, done: Event) -> None:
    if done.wait(_PATIENCE):
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status(Text(what)):
        done.wait()
