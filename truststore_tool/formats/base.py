"""What every format offers. A format is one file in this folder that ends in an object satisfying `Format`."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from truststore_tool.model import Note, OpaqueEntry, TrustStore
from truststore_tool.nouns import field, noun

# keytool refuses shorter passwords for a new store, and opens whatever is there (sun.security.tools.keytool.Main).
SHORTEST_NEW_PASSWORD: Final = 6

# What a store is made of: the bytes of a file, or the names of a directory's files to their bytes.
Content = bytes | Mapping[str, bytes]


@noun
class Directory(Note):
    """`TrustStore.facts` of a store that is a directory: its files as they were, by their names."""

    files: Mapping[str, bytes]


@noun
class Format:
    """A codec: content in, a store out, and back. Its content is of one kind only, which `is_directory` tells.

    Attributes:
        name: what users call it, e.g. ``"pkcs12"``; the value of `TrustStore.format`.
        title: how it is written in text, e.g. ``"PKCS#12"``.
        suffixes: file name endings, with the dot, by which this format is chosen for a new file.
        detect: whether bytes are of this format; looks at content only, cheaply, and never raises.
        loads: ``loads(data, password) -> TrustStore``. `password` is None when there is none to try. Raises
            FormatError (malformed), PasswordRequiredError (nothing can be read without one) or IntegrityError
            (wrong password or broken digest). It never changes the bytes of an opaque entry.
        dumps: ``dumps(store, password)`` gives the content, or None for a format that is only read. The store may have
            come from any format. Raises FormatError when an entry cannot be written in this format and
            PasswordRequiredError when the format needs a password.
        has_aliases: whether entries have aliases.
        has_dates: whether entries have the date on which they were made.
        has_password: whether a new store of this format is protected by a password.
        needs_ascii: whether Java opens it under passwords of ASCII characters only (javax.crypto.spec.PBEKeySpec's
            users in the JDK up to 17).
        is_directory: whether its content is a directory, which holds a certificate once, and in no order.
        protect: ``protect(store, profile, password) -> TrustStore``: the store as it is to be saved under a profile, a
            named way of protecting it; None where there are none. Raises UsageError for an unknown name.
        keys: how its keys are opened and sealed, or None where it has none.
        keys_beside: whether a key stands beside certificates each of which counts by itself, so that `loads` gives no
            entry for the key, though `dumps` takes one and writes its chain and the key.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    detect: Callable[[Any], bool]
    loads: Callable[[Any, str | None], TrustStore]
    dumps: Callable[[TrustStore, str | None], Any] | None
    has_aliases: bool
    has_password: bool
    keys: "KeyCodec | None" = None
    needs_ascii: bool = False
    has_dates: bool = False
    is_directory: bool = False
    protect: "Callable[[TrustStore, str, str | None], TrustStore] | None" = None
    keys_beside: bool = False


@noun
class SecretKey:
    """A secret key out of any format.

    Attributes:
        algorithm: Java's name for what the key is for, e.g. ``"AES"`` or ``"HmacSHA256"``.
        key: the bare key.
    """

    algorithm: str
    key: bytes = field(repr=False)


@noun
class KeyCodec:
    """What a format can do with the private and secret keys it holds.

    Attributes:
        open: ``open(entry, password) -> bytes``: the PKCS#8 PrivateKeyInfo (DER) of a private-key entry of this
            format; a key that is not encrypted opens with any password, and without one. Raises IntegrityError when
            the password is wrong, PasswordRequiredError when it is None and needed.
        seal: ``seal(entry, pkcs8, password) -> OpaqueEntry``: the same alias, chain and date, with the key
            protected under `password` in this format's own way. `entry` may come from any format. Raises
            PasswordRequiredError when the password is None and the format does not hold keys as they are.
        rekey: ``rekey(store, old, new) -> TrustStore``: the store with all that the store password protects moved
            to a new password, ready for ``dumps(store, new)``. Formats whose keys keep their own password return
            the store unchanged.
        open_secret: ``open_secret(entry, password) -> SecretKey``: as `open`, for a secret-key entry. Raises
            FormatError, too, when the key is of a kind that is not known. None where the format has no secret keys.
        seal_secret: ``seal_secret(entry, secret, password) -> OpaqueEntry``: as `seal`, for a secret key. Raises
            FormatError when the format has no name for its algorithm.
        own_passwords: whether each key of a store may have a password of its own, as programs expect it.
    """

    open: Callable[[OpaqueEntry, str | None], bytes]
    seal: Callable[[OpaqueEntry, bytes, str | None], OpaqueEntry]
    rekey: Callable[[TrustStore, str, str], TrustStore]
    open_secret: Callable[[OpaqueEntry, str], SecretKey] | None = None
    seal_secret: Callable[[OpaqueEntry, SecretKey, str], OpaqueEntry] | None = None
    own_passwords: bool = False


def trailing(data: bytes, end: int, what: str) -> tuple[str, ...]:
    """A line for `TrustStore.unread` if more than blanks and NUL padding stands behind `what`, which ends at `end`."""
    return (f"{len(data) - end} bytes behind {what}",) if data[end:].strip(b"\0 \t\r\n") else ()
