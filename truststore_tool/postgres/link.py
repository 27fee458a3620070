"""A connection on which every step must end before one deadline."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Final, TypeVar

from truststore_tool.errors import MORE_TIME, UnreadableError
from truststore_tool.nouns import noun
from truststore_tool.postgres.target import Target

if TYPE_CHECKING:
    import socket

# More than any handshake needs: OpenSSL itself takes 100 kB of certificates.
_MOST: Final = 1 << 20
_CHUNK: Final = 1 << 14

T = TypeVar("T")


@noun(frozen=False)
class Link:
    """A TCP connection with a deadline for all that happens on it, and a bound on what it takes in.

    Its methods raise UnreadableError, one line that names the server.

    Attributes:
        target: the server.
        address: the numeric address that answered.
        deadline: on the clock of `time.monotonic`.
    """

    target: Target
    address: str
    deadline: float
    _socket: "socket.socket"
    _received: int = 0

    @property
    def is_silent(self) -> bool:
        """Whether nothing has been received yet."""
        return not self._received

    def hurry(self, seconds: float) -> None:
        """From now on wait no longer than that."""
        self.deadline = min(self.deadline, time.monotonic() + seconds)

    def send(self, data: bytes) -> None:
        """Send all of `data`."""
        self._step("write", lambda: self._socket.sendall(data))

    def receive(self, most: int = _CHUNK) -> bytes:
        """At most `most` bytes, at least one; none when the server closed the connection."""
        data = self._step("answer", lambda: self._socket.recv(most))
        self._received += len(data)
        if self._received > _MOST:
            raise UnreadableError(f"{self.target}: sent more than {_MOST} bytes where a TLS handshake is expected")
        return data

    def _step(self, what: str, action: Callable[[], T]) -> T:
        try:
            self._socket.settimeout(remaining(self.target, self.deadline))
            return action()
        except TimeoutError as exc:
            raise too_late(self.target) from exc
        except OSError as exc:
            raise UnreadableError(f"{self.target}: no {what}: {exc.strerror or exc}") from exc

    def __enter__(self) -> "Link":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._socket.close()


class UnknownHostError(UnreadableError):
    """The name of the host means nothing to the resolver (exit code 3)."""


def connect(target: Target, timeout: float) -> Link:
    """Connect to the first of the host's addresses that answers.

    Args:
        timeout: seconds for resolving, connecting and all that will happen on the connection.

    Raises UnreadableError.
    """
    import socket

    deadline = time.monotonic() + timeout
    reason = "no address"
    for family, kind, protocol, _, address in _resolve(target, deadline):
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(remaining(target, deadline))
            connection.connect(address)
        except TimeoutError as exc:
            connection.close()
            raise too_late(target) from exc
        except OSError as exc:
            connection.close()
            reason = exc.strerror or str(exc)
        else:
            return Link(target, str(address[0]), deadline, connection)
    raise UnreadableError(f"could not connect to {target}: {reason}", hint="check host, port and firewall")


def addresses(target: Target, timeout: float) -> tuple[str, ...]:
    """The numeric addresses of the host, each once, in the resolver's order. Raises UnreadableError."""
    found = _resolve(target, time.monotonic() + timeout)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def _resolve(target: Target, deadline: float) -> list[tuple[int, int, int, str, tuple[str, int]]]:
    """The addresses of the host. The resolver knows no time-out, so it works in a thread that may be left behind."""
    import socket
    from queue import Empty, SimpleQueue
    from threading import Thread

    answers: SimpleQueue[object] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(target.address or target.host, target.port, type=socket.SOCK_STREAM))
        except OSError as exc:
            answers.put(exc)

    Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=remaining(target, deadline))
    except Empty:
        raise too_late(target) from None
    if isinstance(answer, list):
        return answer
    reason = answer.strerror if isinstance(answer, OSError) else answer
    raise UnknownHostError(f"could not resolve {target.host}: {reason}", hint="check the host name")


def remaining(target: Target, deadline: float) -> float:
    """Seconds until the deadline; UnreadableError when it has passed."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise too_late(target)
    return left


def too_late(target: Target) -> UnreadableError:
    """The error for a server that did not do its part in time."""
    return UnreadableError(f"{target}: no answer in time", hint="check host and port", remedy=MORE_TIME)
