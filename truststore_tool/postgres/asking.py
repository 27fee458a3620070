"""Asking a PostgreSQL server that nobody vouches for: what it answers is bounded in time and memory."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from select import select
from types import TracebackType
from typing import Any, Final, TypeVar, overload

from truststore_tool.errors import MORE_TIME, UnreadableError, UsageError
from truststore_tool.extras import how_to_install
from truststore_tool.postgres.asked import TOO_MUCH

NAME: Final = "truststore-tool"

# Where this process finds modules the other one finds them, too, and nowhere else.
_PROGRAM: Final = "import sys; sys.path[:] = sys.argv[1:]; from truststore_tool.postgres.asked import main; main()"
_START: Final = 30.0  # seconds for the other process to start
_PATIENCE: Final = 1.0  # seconds for the other process to say goodbye to the server

T = TypeVar("T")
_AT_ONCE: Final = "a server that begins with TLS at once is asked with sslnegotiation=direct, which libpq 17 knows"
# What libpq says of servers that begin with TLS at once, as behind what ends TLS in front of them.
_WAYS_OUT: Final = {
    "closed the connection unexpectedly": _AT_ONCE,
    "invalid response to SSL negotiation": _AT_ONCE,
    "without ALPN": "it is not PostgreSQL that ends TLS there: ask the server behind it",
}


class Connection:
    """A session of one's own with a server. Its methods raise UnreadableError, one line without a password.

    Args:
        options: connection parameters by keyword; what is missing comes from where libpq looks for it.
        timeout: seconds for logging in, and for each question.

    Raises UsageError when psycopg is missing or the options are wrong.
    """

    def __init__(self, options: Mapping[str, str], timeout: float) -> None:
        if find_spec("psycopg") is None:
            raise UsageError("psycopg is not installed", hint=how_to_install("postgres"))
        self._timeout = timeout
        # In a session of its own: Ctrl-C is for this process, which then ends that one.
        self._process = subprocess.Popen(  # noqa: S603 -- this program itself
            [sys.executable, "-P", "-c", _PROGRAM, *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        given = {"fallback_application_name": NAME, "connect_timeout": str(max(2, round(timeout)))}
        try:
            self._hear(_START)
            answer = self._say({**given, **options, "client_encoding": "UTF8"})
            if "wrong" in answer:
                raise UsageError(f"the connection parameters are wrong: {answer['wrong']}")
        except BaseException:
            self._end(0)
            raise
        self.server_version: int = answer["server_version"]  # as server_version_num, e.g. 150008
        self.software: str = answer["software"]  # as it is said, e.g. "15.8 (Debian 15.8-1)" or "1.18.0/bouncer"
        self.backend_pid: int = answer["backend_pid"]  # as it was told at login, for cancelling

    @overload
    def ask(self, query: str, columns: Sequence[str], row: Callable[[Sequence[str | None]], T]) -> list[T]: ...
    @overload
    def ask(
        self, query: str, columns: Sequence[str], row: Callable[[Sequence[str | None]], T], *, unless_refused: str
    ) -> list[T] | None: ...
    def ask(
        self,
        query: str,
        columns: Sequence[str],
        row: Callable[[Sequence[str | None]], T],
        *,
        unless_refused: str | None = None,
    ) -> list[T] | None:
        """The rows that answer a query.

        Args:
            query: one SELECT.
            columns: what its columns are called.
            row: makes a row of the texts of its values; it may raise KeyError and ValueError.
            unless_refused: the SQLSTATE of an error for which None is returned.
        """
        answer = self._say(query, unless_refused)
        if "columns" not in answer:
            return None
        if answer["columns"] != [*columns]:
            raise self.nonsense()
        try:
            return [row(values) for values in answer["rows"]]
        except (KeyError, ValueError) as exc:
            raise self.nonsense() from exc

    def ask_named(self, query: str) -> list[dict[str, str | None]]:
        """The rows that answer a query of which it is not known what columns it has."""
        answer = self._say(query)
        return [dict(zip(answer["columns"], values, strict=True)) for values in answer["rows"]]

    def nonsense(self) -> UnreadableError:
        """The error for an answer that no PostgreSQL gives."""
        return UnreadableError(
            "the server's answer makes no sense: it does not have the columns that were asked for, or no such values",
            hint="is it PostgreSQL itself? a pooler's own console, for one, is not",
        )

    def _say(self, line: object, unless_refused: str | None = None) -> dict[str, Any]:
        """What the other process answers to a line."""
        assert self._process.stdin is not None  # noqa: S101 -- it was asked for
        try:
            self._process.stdin.write(json.dumps(line).encode() + b"\n")
            self._process.stdin.flush()
            heard = self._hear(self._timeout)
        except OSError:
            heard = b""
        if not heard.endswith(b"\n"):
            raise UnreadableError(f"the server cannot be asked: {TOO_MUCH}")
        answer: dict[str, Any] = json.loads(heard)
        if "error" in answer and (unless_refused is None or answer.get("state") != unless_refused):
            raise UnreadableError(f"the server cannot be asked: {answer['error']}", hint=_way_out(answer["error"]))
        return answer

    def _hear(self, timeout: float) -> bytes:
        """A line from the other process; less when that ends before."""
        assert self._process.stdout is not None  # noqa: S101 -- it was asked for
        deadline, heard = time.monotonic() + timeout, b""
        source = self._process.stdout.fileno()
        chunks = []
        while not heard.endswith(b"\n"):
            if not select([source], [], [], max(0, deadline - time.monotonic()))[0]:
                raise UnreadableError("the server does not answer in time", remedy=MORE_TIME)
            heard = os.read(source, 1 << 16)
            if not heard:
                break
            chunks.append(heard)
        return b"".join(chunks)

    def _end(self, patience: float) -> None:
        """Let the other process say goodbye, and end it."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end(_PATIENCE if kind is None else 0)


def _way_out(said: str) -> str | None:
    """What helps against some errors of libpq, by its words."""
    return next((way for words, way in _WAYS_OUT.items() if words in said), None)
