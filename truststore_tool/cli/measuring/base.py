"""What the programs that are asked have in common: how one is run, and what it is asked about."""

import os
import re
import shutil
import signal
import ssl
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from truststore_tool.fingerprints import Fingerprint
from truststore_tool.formats.base import Content
from truststore_tool.model import Certificate
from truststore_tool.readers.base import WRONG, Reader
from truststore_tool.readers.measured import WAYS, Answer, Way

PATIENCE: Final = 60.0  # seconds for each process
VARIABLE: Final = "TRUSTSTORE_TOOL_MEASURED"  # has the password, in the environment of a program
_PEM: Final = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class NoAnswerError(Exception):
    """A program cannot be asked, or says nothing that can be understood; the argument says why."""


class Program(NamedTuple):
    """A program.

    Attributes:
        name: what it is, with version and place.
        reader: whose prediction is held against it.
        ask: gives its answer about a store in one way; raises NoAnswerError. None where it is not to be asked that way.
    """

    name: str
    reader: Reader
    ask: Callable[["Store", Way], Answer | None]


class Store(NamedTuple):
    """A store as programs are asked about it; the password is None where it is not at hand."""

    path: str
    content: Content
    form: str
    password: str | None

    def secret(self, way: Way) -> str | None:
        """What is given as a password in that way; None for nothing."""
        return {WAYS[0]: self.password, WAYS[1]: WRONG, WAYS[2]: None}[way]


def run(
    *words: str | Path, stdin: bytes = b"", variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """A process that has ended. Raises NoAnswerError for one that cannot be started, or does not end.

    It has no terminal that it could ask, and where it is given up, so are the processes that it started.
    """
    environment = {**os.environ, "LC_ALL": "C.UTF-8", **(variables or {})}
    try:
        process = subprocess.Popen(  # noqa: S603 -- the programs that the user has
            [*map(str, words)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
    except (OSError, ValueError) as exc:
        raise NoAnswerError(f"it could not be started ({exc})") from exc
    with process:
        try:
            out, err = process.communicate(stdin, timeout=PATIENCE)
        except BaseException as exc:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            if isinstance(exc, subprocess.TimeoutExpired):
                raise NoAnswerError(f"it did not end within {PATIENCE:.0f} seconds") from None
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def place(program: str) -> Path | None:
    """Where the program of that name lies that PATH finds."""
    found = shutil.which(program)
    return Path(found).resolve() if found else None


def shown(output: bytes) -> tuple[Fingerprint, ...]:
    """The fingerprints of the certificates that a program prints as PEM."""
    blocks = (match[0].decode("ascii", "replace") for match in _PEM.finditer(output))
    try:
        return tuple(Certificate(ssl.PEM_cert_to_DER_cert(block)).sha256 for block in blocks)
    except ValueError as exc:
        raise NoAnswerError("it printed a certificate that cannot be read") from exc
