"""Who reads a store, and because of what: files of configuration that name it, and places that programs know."""

from collections.abc import Iterable

from truststore_tool.inventory.nouns import Mention, Place, ReadBy


def worth_reading(path: str) -> bool:
    """Whether a file of that path may name stores or say who reads those beside it; asked of every file, so cheap."""
    return False


def mentions(place: Place, data: bytes) -> tuple[Mention, ...]:
    """The stores that a file names, of which `worth_reading` said yes; at most its first MiB is given.

    A path that is not absolute is meant from the folder of the file: the ``release`` of a JDK names
    ``lib/security/cacerts``, the METADATA of certifi ``../certifi/cacert.pem``. Never raises for what is in the file.
    """
    return ()


class Readers:
    """Who reads what, from all mentions of a scan."""

    def __init__(self, mentioned: Iterable[Mention]) -> None:
        self._mentioned = tuple(mentioned)

    def of(self, place: Place) -> tuple[ReadBy, ...]:
        """Who reads the store at that place, each once: by mention, in the same archive or image, or by the path itself.

        Absolute paths are those of the image that the place lies in, or else of the machine.
        """
        return ()
