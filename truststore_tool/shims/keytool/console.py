"""Standard streams as a JVM uses them: its charset on output, its ways of reading on input.

A password is read byte by byte. Every other answer is read by a reader of its own that takes whatever is there,
up to 8192 bytes, and keeps only the first line: what follows on a pipe is lost to the next question, as it is with
the real tool.
"""

import os
import sys
from collections.abc import Callable
from typing import Final

from truststore_tool.shims.keytool.errors import BrokenOutputError, KeytoolError

_BUFFER: Final = 8192
_MAX_RETRIES: Final = 20


def java_charset() -> str:
    """The charset of the locale: UTF-8, or ASCII where the locale does not say so."""
    locale = next((os.environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if os.environ.get(name)), "")
    return "utf-8" if locale.lower().replace("-", "").endswith("utf8") else "ascii"


def java_text(argument: str) -> str:
    """A word of the command line as Java sees it: bytes that the charset does not know become U+FFFD."""
    return os.fsencode(argument).decode(java_charset(), "replace")


def _to_stdout(step: Callable[[], object]) -> None:
    try:
        step()
    except BrokenPipeError:
        raise
    except OSError as exc:
        raise BrokenOutputError(exc.strerror) from exc


class Console:
    """Standard input, output and error of one run."""

    def __init__(self, jdk: int) -> None:
        self._charset = java_charset()
        self._jdk = jdk
        self._pending = b""

    def out(self, text: str) -> None:
        """Text to standard output."""
        self.out_bytes(self._encode(text))

    def out_bytes(self, data: bytes) -> None:
        """Bytes to standard output. Raises BrokenOutputError."""
        _to_stdout(lambda: sys.stdout.buffer.write(data))

    def flush(self) -> None:
        """Let all that was written go out. Raises BrokenOutputError."""
        _to_stdout(sys.stdout.buffer.flush)

    def err(self, text: str) -> None:
        """Text to standard error, behind all that was written to standard output."""
        self.flush()
        sys.stderr.buffer.write(self._encode(text))
        sys.stderr.buffer.flush()

    def _encode(self, text: str) -> bytes:
        """Characters that the charset lacks become ``?``, one for each UTF-16 unit."""
        if self._charset == "ascii" and not text.isascii():
            text = "".join(c if c.isascii() else "?" * (1 + (c > "\uffff")) for c in text)
        return text.encode("utf-8", "replace")

    # Input ------------------------------------------------------------------------------------------------

    def read_all(self) -> bytes:
        """Everything that is left on standard input."""
        chunks = [self._pending]
        while chunk := os.read(0, _BUFFER):
            chunks.append(chunk)
        self._pending = b""
        return b"".join(chunks)

    def password(self, prompt: str) -> str | None:
        """Ask for a password; None for an empty line or the end of input. Bytes become characters one by one."""
        self.err(prompt)
        if os.isatty(0):
            return self._hidden_line() or None
        if self._jdk >= 25 and not self._available():
            self.err("[WARNING: Input may be visible on screen] ")
        line = self._line(take_all=False)
        return None if not line else line.decode("latin-1")

    def line(self, prompt: str) -> str | None:
        """Ask for a line; None at the end of input."""
        self.err(prompt)
        line = self._line(take_all=True)
        return None if line is None else line.decode(self._charset, "replace")

    def agrees(self, question: str) -> bool:
        """Ask a yes/no question until it is answered; nothing means no."""
        for _ in range(_MAX_RETRIES + 1):
            answer = (self.line(question) or "no").lower().replace("-", "")
            if answer in ("y", "yes"):
                return True
            if answer in ("n", "no", ""):
                return False
            self.err("Wrong answer, try again\n")
        raise KeytoolError("Too many retries, program terminated", "java.lang.RuntimeException")

    def _available(self) -> bool:
        """Whether standard input has something to read at this moment (InputStream.available)."""
        if self._pending:
            return True
        from select import select

        if not select([0], [], [], 0)[0]:
            return False
        self._pending = os.read(0, _BUFFER)
        return bool(self._pending)

    def _line(self, *, take_all: bool) -> bytes | None:
        """The next line without its end, or None; with `take_all` the rest of the buffer is dropped."""
        while b"\n" not in self._pending:
            chunk = os.read(0, _BUFFER)
            if not chunk:
                break
            self._pending += chunk
        if not self._pending:
            return None
        line, _, rest = self._pending.partition(b"\n")
        self._pending = b"" if take_all else rest
        return line.removesuffix(b"\r")

    def _hidden_line(self) -> str:
        """A line typed at the terminal without echo."""
        import termios

        old = termios.tcgetattr(0)
        silent = [*old]
        silent[3] &= ~termios.ECHO
        try:
            termios.tcsetattr(0, termios.TCSAFLUSH, silent)
            line = self._line(take_all=False)
        finally:
            termios.tcsetattr(0, termios.TCSAFLUSH, old)
            self.err("\n")
        return (line or b"").decode(self._charset, "replace")
