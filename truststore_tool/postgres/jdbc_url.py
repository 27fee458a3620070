"""The URLs of the PostgreSQL JDBC driver, read as its Driver.parseURL reads them. No error ever shows a value."""

import re
from typing import Final
from urllib.parse import unquote_to_bytes

from truststore_tool.errors import UsageError
from truststore_tool.postgres.conninfo import Conninfo, require_text
from truststore_tool.postgres.keywords import MODES, check_host, check_path, nearest, refuse_more

JDBC_PREFIX: Final = "jdbc:postgresql:"

_HOST: Final = re.compile(r"(?:\[([^\[\]]*)\]|([^\[\]:]*))(?::(\d{1,9}))?")
_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SECRETS: Final = frozenset({"password", "sslpassword"})
_SHOWN: Final = frozenset({"host", "port", "dbname", "user", "ssl", "sslmode", "sslrootcert", "sslfactory"})


def parse_jdbc(text: str) -> Conninfo:
    """Read ``jdbc:postgresql://host:port/database?key=value&...`` (JDBC documentation, Connecting to the Database).

    Keys are the driver's own, apart from ``host``, ``port`` and ``dbname``. Raises UsageError for what the driver
    refuses, and where a password may be in the wrong place.
    """
    if not text.startswith(JDBC_PREFIX):
        raise UsageError("not a jdbc:postgresql: URL")
    require_text(text, "the JDBC URL")
    address, _, query = text.removeprefix(JDBC_PREFIX).partition("?")
    options: dict[str, str] = {}
    if address.startswith("//"):
        hosts, _, database = address[2:].partition("/")
        options |= _hosts(hosts)
    else:
        database = address.lstrip("/")
    if database:
        options["dbname"] = _decoded(database)
    for item in filter(None, query.split("&")):
        key, _, value = item.partition("=")
        options[key] = _decoded(value)
    for key, value in options.items():
        refuse_more("a parameter" if key not in _SHOWN else key, "" if key in _SECRETS else value)
        refuse_more("a parameter's name", key)
    for key in ("sslrootcert", "sslfactoryarg"):
        if not options.get(key, "").startswith("-----BEGIN"):
            check_path(options.get(key, "").removeprefix("file:"), key)
    mode = options.get("sslmode")
    if mode is not None and mode.lower() not in MODES:
        near = nearest(mode, MODES)
        hint = f"did you mean {near}?" if near else f"it is one of: {', '.join(MODES)}"
        raise UsageError("the JDBC driver knows no such sslmode", hint=hint)
    return Conninfo(options)


def _hosts(text: str) -> dict[str, str]:
    names, ports = [], []
    for item in text.split(","):
        found = _HOST.fullmatch(item)
        if not found or (found[3] and not 0 < int(found[3]) < 65536):
            raise UsageError(
                "malformed host or port in the JDBC URL",
                hint="user and password are parameters: ?user=...&password=...",
            )
        name = _decoded(found[1] if found[1] is not None else found[2])
        check_host(name, "the host of the JDBC URL")
        if name.startswith("@"):
            raise UsageError("an @ in the JDBC URL", hint="user and password are parameters: ?user=...&password=...")
        names.append(name)
        ports.append(found[3] or "")
    return {key: ",".join(words) for key, words in (("host", names), ("port", ports)) if ",".join(words)}


def _decoded(text: str) -> str:
    """Percent decoding as java.net.URLDecoder does it, for which a stray % is an error."""
    if _PERCENT.search(text):
        raise UsageError("malformed percent escape in the JDBC URL")
    decoded = unquote_to_bytes(text.replace("+", " ")).decode("utf-8", "surrogateescape")
    require_text(decoded, "the JDBC URL")
    return decoded
