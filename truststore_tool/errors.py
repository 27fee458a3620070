"""The errors that callers are meant to see. Imports nothing, so that every room may raise them.

Each names what went wrong in one line (`message`) and what to do about it (`hint`). Third-party
exceptions are translated into one of these where they arise, with ``raise ... from exc``. What an
error means for the process (its exit code) is decided once, in the command line's boundary.
"""


class TrustStoreError(Exception):
    """Root of all expected errors.

    Args:
        message: one line, no trailing full stop; never holds a password.
        hint: one line that says what the user can do, or None.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(TrustStoreError):
    """The caller asked for something contradictory or incomplete (exit code 2)."""


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
