"""The server that is meant: a host name or address, and a port."""

import re
from typing import Final

from truststore_tool.errors import UsageError
from truststore_tool.nouns import noun

DEFAULT_PORT: Final = 5432

# [address]:port, host:port or host; several colons without brackets are an IPv6 address.
_BRACKETED: Final = re.compile(r"\[(?P<host>[^\[\]]+)\](?::(?P<port>\d{1,5}))?")
_PLAIN: Final = re.compile(r"(?P<host>[^\s:/@\[\]]+)(?::(?P<port>\d{1,5}))?")
_ADDRESS: Final = re.compile(r"(?P<host>[0-9A-Fa-f:.]+(?:%\w+)?)")
# Endings of files that lie around where certificates do; none is a top-level domain.
_FILE: Final = re.compile(
    r"[/\\]|^[.~]|\.(?:pem|crt|cer|der|csr|key|p7[bc]?|p12|pfx|pkcs12|jks|jceks|bks|bcfks|txt)$", re.I
)


def looks_like_a_file(text: str) -> bool:
    """Whether the text can only be meant as the name of a file, there or not: no host is called like that."""
    return "://" not in text and _FILE.search(text) is not None


@noun
class Target:
    """Where a server listens, and under which name it is asked for.

    Attributes:
        host, port: what is connected to.
        name: the name that clients know it by, where it is another than `host`, as behind a tunnel.
        address: the one of the host's numeric addresses that is meant; None for whichever answers.
    """

    host: str
    port: int = DEFAULT_PORT
    name: str | None = None
    address: str | None = None

    @property
    def known_as(self) -> str:
        """The name that its certificate has to be for."""
        return self.name or self.host

    @classmethod
    def parse(cls, text: str) -> "Target":
        """Read ``HOST``, ``HOST:PORT``, ``[ADDRESS]:PORT`` or a bare IPv6 address. Raises UsageError.

        No error repeats the text: it may be a connection string, or user and password.
        """
        if "://" in text or "@" in text or "=" in text:
            raise UsageError("this is a connection string, not HOST[:PORT]", hint="name only host and port")
        if looks_like_a_file(text):
            raise UsageError("this is the name of a file, not HOST[:PORT]", hint="name a server")
        found = _BRACKETED.fullmatch(text) or _PLAIN.fullmatch(text)
        if found is None and text.count(":") > 1:
            found = _ADDRESS.fullmatch(text)
        if found is None:
            raise UsageError("not a HOST[:PORT]", hint="as in db.example.com:5432 or [::1]:5432")
        host, port = found["host"], int(found.groupdict().get("port") or DEFAULT_PORT)
        if not 0 < port < 65536:
            raise UsageError("not a port", hint="as in db.example.com:5432 or [::1]:5432")
        try:
            host.encode("idna")
        except UnicodeError as exc:
            raise UsageError("not a host name", hint="as in db.example.com:5432 or [::1]:5432") from exc
        return cls(host, port)

    def __str__(self) -> str:
        place = f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
        return f"{place} ({self.address})" if self.address and self.address != self.host else place
