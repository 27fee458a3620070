"""Digests of small data without OpenSSL, which `hashlib` loads first: a tenth of what a small command executes.

Where much is to be digested, or `hashlib` is loaded anyway, it is quicker and asked instead.
"""

import sys
from _operator import _compare_digest  # where hmac has it from, without what hmac loads beside
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hashlib import _Hash

# Python's own modules, which hashlib falls back to where there is no OpenSSL.
_BUILT_IN: Final = {"md5": "_md5", "sha1": "_sha1", "sha256": "_sha2" if sys.version_info >= (3, 12) else "_sha256"}
# From this many octets on OpenSSL has made up for its loading.
_LARGE: Final = 1 << 20


def new(name: str, size: int = _LARGE) -> "_Hash":
    """A digest object that is to be given some `size` octets. Raises ValueError for a name that hashlib lacks."""
    if size < _LARGE and name in _BUILT_IN and "hashlib" not in sys.modules:
        try:
            made: _Hash = getattr(import_module(_BUILT_IN[name]), name)(usedforsecurity=False)
        except ImportError:
            pass  # a Python whose builder left them out
        else:
            return made
    import hashlib

    return hashlib.new(name, usedforsecurity=False)


def same(one: bytes, other: bytes) -> bool:
    """Whether two digests are equal, in a time that does not tell where they differ."""
    return _compare_digest(one, other)


def digest(name: str, data: bytes) -> bytes:
    """The digest of `data` under a name that hashlib knows. Raises ValueError for another one."""
    made = new(name, len(data))
    made.update(data)
    return made.digest()
