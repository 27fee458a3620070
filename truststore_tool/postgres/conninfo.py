"""Connection strings: libpq's two forms and the JDBC driver's URL. No error and no repr ever shows a value."""

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import unquote_plus, unquote_to_bytes

from truststore_tool.errors import UsageError
from truststore_tool.nouns import field, noun

JDBC_PREFIX: Final = "jdbc:postgresql:"

_URI: Final = re.compile(r"postgres(?:ql)?://")
_PAIR: Final = re.compile(r"\s*(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?!')(?:[^\s\\]|\\.|\\\Z)*))", re.DOTALL)
_END: Final = re.compile(r"\s*\Z")
_ESCAPE: Final = re.compile(r"\\(.|\Z)", re.DOTALL)
_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})|%00")
_HOST: Final = re.compile(r"(?:\[([^\[\]]*)\]|([^\[\]:]*))(?::(\d*))?")


@noun
class Conninfo:
    """Connection parameters as somebody wrote them, by keyword."""

    options: Mapping[str, str] = field(repr=False)

    @property
    def password(self) -> str | None:
        """The password in it, to be sent to the server only."""
        return self.options.get("password")


def parse(text: str) -> Conninfo:
    """Read ``postgresql://...`` or ``keyword=value ...`` (PostgreSQL documentation, Connection Strings).

    Several hosts are kept as libpq keeps them, joined by commas. Raises UsageError.
    """
    pairs = _uri_pairs(text) if _URI.match(text) else _keyword_pairs(text)
    return Conninfo(dict(pairs))


def parse_jdbc(text: str) -> Conninfo:
    """Read ``jdbc:postgresql://host:port/database?key=value&...`` (JDBC documentation, Connecting to the Database).

    Keys are the driver's own, apart from ``host``, ``port`` and ``dbname``. Raises UsageError.
    """
    if not text.startswith(JDBC_PREFIX):
        raise UsageError("not a jdbc:postgresql: URL")
    address, _, query = text.removeprefix(JDBC_PREFIX).partition("?")
    options: dict[str, str] = {}
    if address.startswith("//"):
        hosts, _, database = address[2:].partition("/")
        options |= dict(_hosts(hosts, "the JDBC URL"))
    else:
        database = address.lstrip("/")
    if database:
        options["dbname"] = unquote_plus(database)
    for item in filter(None, query.split("&")):
        key, _, value = item.partition("=")
        options[key] = unquote_plus(value)
    return Conninfo(options)


def _keyword_pairs(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    while not _END.match(text, position):
        found = _PAIR.match(text, position)
        if not found:
            raise UsageError("malformed connection string", hint="as in: host=db.example.com dbname=app user=me")
        key, quoted, bare = found.groups()
        yield key, _ESCAPE.sub(r"\1", quoted if quoted is not None else bare or "")
        position = found.end()


def _uri_pairs(text: str) -> Iterator[tuple[str, str]]:
    rest = text.partition("://")[2]
    # As libpq: whatever stands before the first @ that no / precedes is the user.
    authority = re.match(r"[^@/]*@", rest)
    if authority:
        user, _, password = rest[: authority.end() - 1].partition(":")
        yield from ((key, _decoded(word)) for key, word in (("user", user), ("password", password)) if word)
        rest = rest[authority.end() :]
    path, _, query = rest.partition("?")
    hosts, _, database = path.partition("/")
    yield from _hosts(hosts, "the connection URI")
    if database:
        yield "dbname", _decoded(database)
    for item in query.split("&") if query else ():
        key, equals, value = item.partition("=")
        if not equals:
            raise UsageError("malformed query in the connection URI")
        key, value = _decoded(key), _decoded(value)
        # As in URLs of the JDBC driver, for compatibility (PostgreSQL documentation, Connection URIs).
        yield ("sslmode", "require") if (key, value) == ("ssl", "true") else (key, value)


def _hosts(text: str, where: str) -> Iterator[tuple[str, str]]:
    names, ports = [], []
    for item in text.split(","):
        found = _HOST.fullmatch(item)
        if not found:
            raise UsageError(f"malformed host or port in {where}")
        names.append(_decoded(found[1] if found[1] is not None else found[2]))
        ports.append(found[3] or "")
    for key, words in (("host", names), ("port", ports)):
        if joined := ",".join(words):
            yield key, joined


def _decoded(text: str) -> str:
    """Percent decoding as libpq does it: a stray % is an error, and so is a zero byte."""
    if _PERCENT.search(text):
        raise UsageError("malformed percent escape in the connection URI")
    return unquote_to_bytes(text).decode("utf-8", "surrogateescape")
