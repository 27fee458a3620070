"""The errors that callers are meant to see. Imports nothing of its own, so that every room may raise them.

Each names what went wrong in one line (`message`) and what to do about it (`hint`). Third-party
exceptions are translated into one of these where they arise, with ``raise ... from exc``. What an
error means for the process (its exit code) is decided once, in the command line's boundary.
"""

from typing import Final, Self

# Remedies: ways out that lie with the caller.
LEAVE_KEYS: Final = "leave-keys"  # carry certificates only
OTHER_KEY: Final = "other-key"  # give the password that a key has by itself, or carry certificates only
REMOVE_KEYS: Final = "remove-keys"  # say that keys may be removed, too
OTHER_ALIAS: Final = "other-alias"  # ask for another alias
TAKE_CHAINS: Final = "take-chains"  # take the certificates in the chains of keys, too
SKIP_UNREADABLE: Final = "skip-unreadable"  # leave out what cannot be read
SKIP_UNUSABLE: Final = "skip-unusable"  # leave out certificates that a reader cannot use, or name other readers
OTHER_READERS: Final = "other-readers"  # name other programs as those that must be able to read the store
PROTECT_ANEW: Final = "protect-anew"  # protect the store in another way, whoever used it till now
EXPECT_FILE: Final = "expect-file"  # compare with the certificates of a file in place of fingerprints
FROM_A_FILE: Final = "from-a-file"  # give the password in a file
KEY_PASSWORD: Final = "of-the-key"  # noqa: S105 -- give the password of a client's key
MORE_TIME: Final = "more-time"  # wait longer for an answer
AS_NPGSQL: Final = "as-npgsql"  # read settings as those of Npgsql
TLS_AT_ONCE: Final = "tls-at-once"  # begin with TLS, without asking for it first
IN_PLACE: Final = "in-place"  # write into the file that is there, instead of putting another in its place
JOURNAL: Final = "journal"  # name a directory for the journal of that
MORE_PATIENCE: Final = "more-patience"  # wait longer for another writer
ASK_FIRST: Final = "ask-first"  # ask for TLS before beginning with it


class TrustStoreError(Exception):
    """Root of all expected errors.

    Args:
        message: one line, no trailing full stop; never holds a password.
        hint: one line that says what the user can do, or None.
        remedy: one of the names above: a way out for which the caller finds the words, as it knows its own options.
    """

    def __init__(self, message: str, *, hint: str | None = None, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.remedy = remedy

    def at(self, place: object) -> Self:
        """The same error with the path or name of where it happened before its message."""
        return type(self)(f"{place}: {self.message}", hint=self.hint, remedy=self.remedy)


class UsageError(TrustStoreError):
    """The caller asked for something contradictory or incomplete (exit code 2)."""


class ExistsError(UsageError):
    """There is something where a new file was to be made (exit code 2)."""


class FindingError(TrustStoreError):
    """The answer is no: an expectation was not met, so nothing was done (exit code 1)."""


class UnreadableError(TrustStoreError):
    """The input is missing or cannot be read (exit code 3)."""


class FormatError(UnreadableError):
    """The bytes are not what their format demands: truncated, malformed, or of no known format (exit code 3)."""


class IntegrityError(TrustStoreError):
    """The password is wrong, or the store was tampered with; most formats cannot tell which (exit code 4)."""


class PasswordRequiredError(IntegrityError):
    """The store cannot be opened or written without a password and none was given (exit code 4)."""


class WriteError(TrustStoreError):
    """The target could not be written; it is as it was before (exit code 5)."""


def require_type(what: str, value: object, *types: type) -> None:
    """Raise TypeError, by which `what` of a caller's is of another type, unless it is of one of these.

    The value is not shown: it may be a password.
    """
    if not isinstance(value, types):
        names = " or ".join("None" if each is type(None) else each.__name__ for each in types)
        raise TypeError(f"{what} must be {names}, not {type(value).__name__}")
