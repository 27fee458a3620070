"""Who reads a store, and because of what: files of configuration that name it, and places that programs know."""

import posixpath
import re
from collections.abc import Iterable
from typing import Final

from truststore_tool.inventory.nouns import Mention, Place, ReadBy

_JAVA_VERSION: Final = re.compile(rb'^JAVA_VERSION="([0-9._]+)"', re.MULTILINE)


def worth_reading(path: str) -> bool:
    """Whether a file of that path may name stores or say who reads those beside it; asked of every file, so cheap."""
    return path.endswith("/release")


def mentions(place: Place, data: bytes) -> tuple[Mention, ...]:
    """The stores that a file names, of which `worth_reading` said yes; at most its first MiB is given.

    A path that is not absolute is meant from the folder of the file: the ``release`` of a JDK names
    ``lib/security/cacerts``, the METADATA of certifi ``../certifi/cacert.pem``. Never raises for what is in the file.
    """
    found = _JAVA_VERSION.search(data)
    if found is None:
        return ()
    by = ReadBy("Java", f"release beside it: {found[1].decode()}")
    return tuple(Mention(place, f"{folder}lib/security/cacerts", by) for folder in ("", "jre/"))


class Readers:
    """Who reads what, from all mentions of a scan."""

    def __init__(self, mentioned: Iterable[Mention]) -> None:
        self._by: dict[tuple[str, ...], list[ReadBy]] = {}
        for item in mentioned:
            *around, path = item.place.parts
            named = posixpath.normpath(posixpath.join(posixpath.dirname(path), item.store))
            self._by.setdefault((*around, named), []).append(item.by)

    def of(self, place: Place) -> tuple[ReadBy, ...]:
        """Who reads the store at that place, each once: by mention in the same archive or image, or by the path itself.

        Absolute paths are those of the image that the place lies in, or else of the machine.
        """
        return tuple(dict.fromkeys(self._by.get(place.parts, ())))
