"""Which format a new store has: what is said in so many words, else what its name says."""

import os
from pathlib import Path
from types import NoneType

from truststore_tool import files, formats
from truststore_tool.errors import UsageError, require_type
from truststore_tool.files.problems import placed
from truststore_tool.stores.reading import path_of


def new_format(path: str | os.PathLike[str], wanted: str | None = None, usual: str = "jks") -> str:
    """The format for a new store: the one `wanted`, else what the file name's ending asks for.

    A directory that is a CApath stays one, and a new name that ends in a slash becomes one; a name without an ending
    takes the `usual` format. Raises UsageError when `wanted` is no format, for a directory that is no CApath, and for
    an ending that asks for no format, or for one that is only read: a name that says one thing over content of
    another misleads whoever opens it next.
    """
    require_type("the format", wanted, str, NoneType)
    place = path_of(path)
    if wanted is not None:
        return formats.get(wanted).name
    if files.is_directory(place):
        with placed(place):
            return formats.detect(dict.fromkeys(files.names_in(place), b"")).name
    return named_format(os.fspath(path), usual)


def named_format(path: str, usual: str = "jks") -> str:
    """As `new_format`, of the name alone: nothing is looked at."""
    if path.endswith("/"):
        return formats.DIRECTORY
    suffix = Path(path).suffix
    if not suffix:
        return usual
    found = formats.by_suffix(suffix)
    if found is None:
        raise UsageError(f"{path}: no format is known by {suffix!r}", hint=f"name one: {', '.join(formats.writable())}")
    if found.dumps is None:
        raise UsageError(
            f"{path}: {found.title} stores are only read", hint=f"choose one of {', '.join(formats.writable())}"
        )
    return found.name
