"""How keytool fails: a Java exception on standard output, or a usage error with the help text."""

from typing import Final

from truststore_tool.errors import JOURNAL, TrustStoreError
from truststore_tool.files.naming import JOURNAL_VARIABLE

EXCEPTION: Final = "java.lang.Exception"
IO_EXCEPTION: Final = "java.io.IOException"
FILE_NOT_FOUND: Final = "java.io.FileNotFoundException"
ILLEGAL_ARGUMENT: Final = "java.lang.IllegalArgumentException"
KEY_STORE: Final = "java.security.KeyStoreException"


class KeytoolError(TrustStoreError):
    """What keytool reports as ``keytool error: <class>: <message>``, exit code 1.

    Args:
        message: the exception's message.
        kind: the exception's class.
        cause: what -v adds below the stack trace as ``Caused by:``, with the number of frames it leaves out.
    """

    def __init__(self, message: str, kind: str = EXCEPTION, *, cause: tuple[str, int] | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.cause = cause

    @property
    def trace(self) -> str:
        """What -v prints of it. The frames, which are places in Java source files, are left out."""
        caused = "" if self.cause is None else f"Caused by: {self.cause[0]}\n\t... {self.cause[1]} more\n"
        return f"{self}\n{caused}"

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}" if self.message else self.kind


class NoPlaceError(KeytoolError):
    """No file of that name can be made, as its folder is missing: the real tool says so when all else is said."""


def file_error(name: str, error: TrustStoreError) -> KeytoolError:
    """What Java says of a file that could not be read or written: the reason is the last part of our own message."""
    reason = error.message.rpartition(": ")[2]
    if error.remedy == JOURNAL:
        reason += f"; name a directory of yours for the journal of an overwriting in {JOURNAL_VARIABLE}"
    return KeytoolError(f"{name} ({reason})", FILE_NOT_FOUND)


class IllegalOptionError(TrustStoreError):
    """A command line that keytool answers with one line and its help, exit code 1."""


class GivenUpError(TrustStoreError):
    """Three failures at a password prompt: keytool says so and exits 0, having done nothing."""


class OutOfScopeError(TrustStoreError):
    """Something the real keytool does and this one does not; one line, exit code 1, nothing changed."""


class BrokenOutputError(Exception):
    """Standard output took no more, as on a full disk. The real tool stays silent and exits 0; we say so and exit 1."""
