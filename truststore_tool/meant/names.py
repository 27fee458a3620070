"""What was meant by the name of a file that is not there."""

import re
from typing import Final

_FETCHED: Final = "nothing is fetched from the network: fetch it first (curl -fsSLO), and check its fingerprint"
_KNOWN: Final = (
    (re.compile(r"file:/", re.IGNORECASE), "give the path alone, without file:"),
    (re.compile(r"(?:https?|ftps?|s3|gs):/", re.IGNORECASE), _FETCHED),
    (re.compile(r"(?:jdbc:)?(?:postgres|postgresql):/", re.IGNORECASE), "that is no file: postgres explain reads it"),
    (re.compile(r"[\w-]+(?:\.[\w-]+)+:\d{1,5}"), "that is a server: postgres probe shows what it sends"),
    (re.compile(r"~"), "the shell puts the home directory in place of ~ only where it is not quoted"),
    (re.compile(r".*\$\{?\w"), "a variable stands in it that the shell did not put in: is it in single quotes?"),
    (re.compile(r"[A-Za-z]:\\"), "that is a path of Windows: under WSL it begins with /mnt/c"),
)


def way_out(name: str) -> str | None:
    """The hint for a name that no file has, where it is known what such a name is; else None."""
    return next((hint for pattern, hint in _KNOWN if pattern.match(name)), None)
