"""Connection strings: libpq's two forms, read as libpq reads them. No error and no repr ever shows a value."""

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import unquote_to_bytes

from truststore_tool.errors import AS_NPGSQL, UsageError
from truststore_tool.nouns import field, noun
from truststore_tool.postgres.keywords import check_keyword, check_values

_URI: Final = re.compile(r"postgres(?:ql)?://")
_BLANK: Final = r"[ \t\n\v\f\r]"
_PAIR: Final = re.compile(
    rf"{_BLANK}*([^= \t\n\v\f\r]*){_BLANK}*="
    + rf"{_BLANK}*(?:'((?:[^'\\]|\\.)*)'|((?!')(?:[^ \t\n\v\f\r\\]|\\.|\\\Z)*))",
    re.DOTALL,
)
_END: Final = re.compile(rf"{_BLANK}*\Z")
_ESCAPE: Final = re.compile(r"\\(.|\Z)", re.DOTALL)
_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})|%00")
# The userinfo, if any, ends before the first / with the first @.
_USER: Final = re.compile(r"([^@/:]*)(?::([^@/]*))?@")
_HOST: Final = re.compile(r"(?:\[([^\]]+)\](?=[:/?,]|\Z)|((?!\[)[^:/?,]*))(?::([^/?,]*))?")
PARAMETER: Final = re.compile(r"[;?&,]\s*\w+=")
# Somebody else's: key=value pairs parted by semicolons (Npgsql, ODBC), a driver's name in the scheme (SQLAlchemy).
_ADO: Final = re.compile(
    r"\s*\w[\w ]*=[^;=]*;\s*(?:host|server|data source|database|initial catalog|port|user ?(?:name|id)?|pwd|password"
    r"|ssl ?mode|trust ?server ?certificate|timeout|pooling)\s*=",
    re.IGNORECASE,
)
_ODBC: Final = re.compile(r"(?:^|;)\s*(?:driver|dsn|uid|pwd|servername)\s*=", re.IGNORECASE)
_SCHEME: Final = re.compile(r"(\w+)(?:\+\w+)?:/", re.ASCII)


@noun
class Conninfo:
    """Connection parameters as somebody wrote them, by keyword.

    Attributes:
        options: their values.
        aliases: of parameters that were set under another name that libpq takes for it, that name.
    """

    options: Mapping[str, str] = field(repr=False)
    aliases: Mapping[str, str] = field(default_factory=dict)

    @property
    def password(self) -> str | None:
        """The password in it, to be sent to the server only."""
        return self.options.get("password")


def parse(text: str) -> Conninfo:
    """Read ``postgresql://...`` or ``keyword=value ...`` (PostgreSQL documentation, Connection Strings).

    Several hosts are kept as libpq keeps them, joined by commas. Raises UsageError for what libpq cannot read.
    """
    require_text(text, "the connection string")
    is_uri = _URI.match(text) is not None
    options: dict[str, str] = {}
    aliases: dict[str, str] = {}
    for number, (name, text_of_it) in enumerate(_uri_pairs(text) if is_uri else _keyword_pairs(text), 1):
        key, value = _meant(name, text_of_it, is_uri=is_uri)
        check_keyword(key, number, "the connection URI" if is_uri else "the connection string")
        options[key] = value
        aliases.pop(key, None)
        if key != name:
            aliases[key] = name
    return Conninfo(options, aliases)


def _meant(name: str, value: str, *, is_uri: bool) -> tuple[str, str]:
    """What libpq takes a parameter for."""
    if name == "requiressl":  # fe-connect.c, conninfo_storeval
        return "sslmode", "require" if value.startswith("1") else "prefer"
    # As in URLs of the JDBC driver, for compatibility (PostgreSQL documentation, Connection URIs).
    return ("sslmode", "require") if is_uri and (name, value) == ("ssl", "true") else (name, value)


def parse_and_check(text: str) -> Conninfo:
    """As `parse`, but UsageError as well for values by which libpq does not connect, or where a password may be."""
    try:
        given = parse(text)
        check_values(given.options)
    except UsageError:
        _refuse_foreign(text)
        raise
    return given


def require_text(text: str, where: str) -> None:
    """Raise UsageError for bytes that are not UTF-8, which Python keeps as lone surrogates, and for zero bytes."""
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise UsageError(f"{where} holds bytes that are not UTF-8")


def _refuse_foreign(text: str) -> None:
    """Raise UsageError when what libpq refuses is meant for another client."""
    if _ADO.match(text) or _ODBC.search(text):
        family = "ODBC" if _ODBC.search(text) else "Npgsql (ADO.NET)"
        raise UsageError(
            f"this looks like a connection string of {family}, not of libpq",
            hint="libpq's is like: host=db.example.com dbname=app user=me sslmode=verify-full",
            remedy=None if family == "ODBC" else AS_NPGSQL,
        )
    if _SCHEME.match(text) and not _URI.match(text):
        raise UsageError(
            "this URL is not one of libpq", hint="libpq's begin with postgresql:// and name no driver in the scheme"
        )


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
    authority = _USER.match(rest)
    if authority:
        if PARAMETER.search(authority[0]):
            raise UsageError("a parameter before the @ of the connection URI", hint="parameters stand behind a ?")
        for key, word in (("user", authority[1]), ("password", authority[2])):
            if word:
                yield key, _decoded(word)
        rest = rest[authority.end() :]
    names, ports, position = [], [], -1
    while position < 0 or rest[position : position + 1] == ",":
        found = _HOST.match(rest, position + 1)
        if not found:
            raise UsageError("malformed host in the connection URI", hint="an IPv6 address stands in brackets")
        if "@" in found[0]:
            raise UsageError("a second @ in the connection URI", hint="write an @ in a user name or password as %40")
        names.append(found[1] or found[2] or "")
        ports.append(found[3] or "")
        position = found.end()
    for key, words in (("host", names), ("port", ports)):
        if joined := ",".join(words):
            yield key, _decoded(joined)
    path, question, query = rest[position:].partition("?")
    if "@" in path + query and not authority:
        raise UsageError(
            "an @ behind a / in the connection URI", hint="write a / in a user name or password as %2F, an @ as %40"
        )
    if path[1:]:
        yield "dbname", _decoded(path[1:])
    # The last & may end the query; two together enclose a parameter without a name.
    for item in query.removesuffix("&").split("&") if question and query else ():
        if item.count("=") != 1:
            raise UsageError("malformed query in the connection URI", hint="each parameter is keyword=value")
        key, value = map(_decoded, item.split("="))
        yield key, value


def _decoded(text: str) -> str:
    """Percent decoding as libpq does it: a stray % is an error, and so is a zero byte."""
    if _PERCENT.search(text):
        raise UsageError("malformed percent escape in the connection URI")
    if re.search(_BLANK, text):
        raise UsageError(
            "a blank in the connection URI", hint="releases of libpq take it for different things: write %20"
        )
    decoded = unquote_to_bytes(text).decode("utf-8", "surrogateescape")
    require_text(decoded, "the connection URI")
    return decoded
