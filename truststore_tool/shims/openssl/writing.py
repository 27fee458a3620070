"""Where the output of `openssl x509` goes, and what is said when it cannot."""

import os
import sys

from truststore_tool.errors import TrustStoreError
from truststore_tool.shims.openssl.options import StopError


def check(target: str) -> None:
    """Refuse what can never be written before anything is printed. Raises StopError."""
    if not target:
        raise _unwritable(target, "No such file or directory")
    if os.path.isdir(target):
        raise _unwritable(target, "Is a directory")


def _unwritable(target: str, reason: str) -> StopError:
    return StopError(f'Can\'t open "{target}" for writing, {reason}')


def write(target: str | None, data: bytes) -> None:
    """To standard output; or to the file in one step; or straight into what is no file, as /dev/null or a FIFO.

    Raises StopError when it cannot be written; a file is then as it was.
    """
    if target is None:
        to_stdout(data)
        return
    from pathlib import Path

    from truststore_tool import files
    from truststore_tool.shims.overwriting import manner

    path = Path(target)
    try:
        if path.exists() and not path.is_file():
            files.write_through(path, data)
            return
        with files.locked(path, manner()):
            files.replace(path, data, manner=manner())
    except OSError as exc:
        raise _unwritable(target, exc.strerror or str(exc)) from exc
    except TrustStoreError as exc:
        cause = exc.__cause__
        reason = cause.strerror if isinstance(cause, OSError) else None
        raise _unwritable(target, reason or exc.message.rpartition(": ")[2]) from exc


def tidy(target: str) -> None:
    """Remove what a killed run left beside a file that nothing was written to."""
    from pathlib import Path

    from truststore_tool import files

    files.tidy(Path(target))


def pem(label: bytes, data: bytes) -> bytes:
    """A PEM block as OpenSSL writes it."""
    from binascii import b2a_base64

    lines = [b2a_base64(data[at : at + 48]) for at in range(0, len(data), 48)]
    return b"-----BEGIN %s-----\n%s-----END %s-----\n" % (label, b"".join(lines), label)


def to_stdout(data: bytes) -> None:
    """Write to standard output; it is no error when nobody reads it any more.

    Raises StopError when it takes no more, as on a full disk, where the real tool stays silent and exits 0.
    """
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    except OSError as exc:
        raise StopError(f"openssl: standard output could not be written: {exc.strerror}") from exc


def to_stderr(text: str) -> None:
    """Write to standard error, in the octets that the arguments came in."""
    sys.stderr.buffer.write(os.fsencode(text))
    sys.stderr.buffer.flush()
