"""Bytes from paths and back: the only room that opens a file for writing (POSIX only).

A store is never half written. Whoever changes one holds its lock; new content goes into a temporary beside the
target, is synced, read back and compared, and takes the target's name in one step. Whatever fails on the way,
at any point, leaves the old file or the new one.
"""

from truststore_tool.files.directories import making_directories, update_directory
from truststore_tool.files.locking import locked, tidy
from truststore_tool.files.reading import holds, is_directory, names_in, read, read_directory
from truststore_tool.files.replacing import replace, write_through

__all__ = [
    "holds",
    "is_directory",
    "locked",
    "making_directories",
    "names_in",
    "read",
    "read_directory",
    "replace",
    "tidy",
    "update_directory",
    "write_through",
]
