"""Bytes from paths and back: the only room that opens a file for writing (POSIX only).

A store is never half written. Whoever changes one holds its lock; new content goes into a temporary beside the
target, is synced, read back and compared, and takes the target's name in one step. Whatever fails on the way,
at any point, leaves the old file or the new one. Only where that is asked for (see `Manner`), a file is overwritten
instead: then it is whole again after the next run.

A run that only reads imports nothing of how files are written.
"""

from typing import TYPE_CHECKING, Final

from truststore_tool.files.reading import holds, is_directory, names_in, read, read_directory, require_whole

if TYPE_CHECKING:
    from truststore_tool.files.directories import making_directories, update_directory
    from truststore_tool.files.locking import locked, settle, tidy
    from truststore_tool.files.manner import Manner
    from truststore_tool.files.replacing import replace, require_file, require_place, write_through

__all__ = [
    "Manner",
    "holds",
    "is_directory",
    "locked",
    "making_directories",
    "names_in",
    "read",
    "read_directory",
    "replace",
    "require_file",
    "require_place",
    "require_whole",
    "settle",
    "tidy",
    "update_directory",
    "write_through",
]

_HOMES: Final = {
    "Manner": "manner",
    "locked": "locking",
    "making_directories": "directories",
    "replace": "replacing",
    "require_file": "replacing",
    "require_place": "replacing",
    "settle": "locking",
    "tidy": "locking",
    "update_directory": "directories",
    "write_through": "replacing",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
