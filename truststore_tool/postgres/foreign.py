"""Settings as other clients than libpq write them: URLs, and the settings of Django. No error shows a value."""

import json
from ast import literal_eval
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from truststore_tool.errors import UsageError
from truststore_tool.postgres.conninfo import PARAMETER, require_text
from truststore_tool.postgres.keywords import KEYWORDS, check_host, refuse_more

SQLALCHEMY_DRIVERS: Final = ("psycopg", "psycopg2", "psycopg_async", "asyncpg", "pg8000")
_SECRETS: Final = frozenset({"password", "sslpassword", "user"})
# What Django takes out of OPTIONS, or gives psycopg beside libpq's parameters (db/backends/postgresql/base.py).
_DJANGOS_OWN: Final = frozenset(
    {
        "assume_role",
        "isolation_level",
        "pool",
        "server_side_binding",
        "cursor_factory",
        "prepare_threshold",
        "context",
        "autocommit",
    }
)


def driver_of(text: str) -> str | None:
    """The driver that the scheme of a SQLAlchemy URL names; None for other URLs."""
    scheme = text.partition("://")[0]
    dialect, plus, driver = scheme.partition("+")
    return driver if plus and dialect in {"postgresql", "postgres"} else None


def parse_url(text: str, *, first_at: bool = False, query_first: bool = False) -> dict[str, str]:
    """The parameters of a URL, by libpq's names for host, port, dbname, user and password.

    Args:
        text: the URL.
        first_at: whether the user name ends at the first @; else at the last one.
        query_first: whether a host, port or database behind the ? takes the place of that in front of it.

    Raises UsageError.
    """
    require_text(text, "the URL")
    if text != text.strip():
        raise UsageError("a blank before or behind the URL")
    try:
        parts = urlsplit(text)
        last = parts.query.removesuffix("&") if query_first else parts.query
        query = parse_qsl(last, keep_blank_values=True, strict_parsing=bool(last))
    except ValueError as exc:
        raise UsageError("malformed URL", hint="as in postgresql://user@db.example.com:5432/app?...") from exc
    place = parts.netloc
    who, _, where = place.partition("@") if first_at and "@" in place else place.rpartition("@")
    if PARAMETER.search(who):
        raise UsageError("a parameter before the @ of the URL", hint="parameters stand behind a ?")
    if "@" in where:
        raise UsageError("a second @ in the URL", hint="write an @ in a user name or password as %40")
    user, _, password = who.partition(":")
    hosts, ports = [], []
    for item in filter(None, where.split(",")):
        host, port = _host_and_port(item)
        hosts.append(host)
        ports.append(port)
    found = {
        "user": unquote(user),
        "password": unquote(password),
        "host": ",".join(hosts),
        "port": ",".join(ports) if any(ports) else "",
        "dbname": unquote(parts.path.removeprefix("/")),
    }
    options = {key: value for key, value in found.items() if value}
    names = [key for key, _ in query]
    if driver_of(text) is not None and len({*names}) < len(names):
        raise UsageError("a parameter stands twice behind the ? of the URL", hint="SQLAlchemy makes a list of them")
    for key, value in query:
        if query_first or key not in {"host", "port", "dbname", "database"} or key not in options:
            options[key] = value
    for key, value in options.items():
        refuse_more(key if key in KEYWORDS else "a parameter", "" if key in _SECRETS else value)
        refuse_more("a parameter's name", key)
    for name in options.get("host", "").split(","):
        check_host(name)
    for port in filter(None, options.get("port", "").split(",")):
        _check_port(port)
    return options


def _check_port(port: str) -> None:
    if not (port.isascii() and port.isdecimal() and 0 < int(port[:9]) < 65536):
        raise UsageError("malformed port in the URL")


def _host_and_port(item: str) -> tuple[str, str]:
    if item.startswith("["):
        host, bracket, rest = item[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise UsageError("malformed host in the URL", hint="an IPv6 address stands in brackets")
        port = rest[1:]
    else:
        host, _, port = item.partition(":")
    if port:
        _check_port(port)
    return unquote(host), port


def parse_django(text: str) -> dict[str, str]:
    """The parameters of libpq in the settings of Django: a database, or all DATABASES, as Python or JSON writes them.

    Raises UsageError, and for a database that is not PostgreSQL.
    """
    require_text(text, "the settings")
    settings = _literal(text)
    if "ENGINE" not in settings and isinstance(settings.get("default"), Mapping):
        settings = settings["default"]  # type: ignore[assignment]  # a Mapping, as was asked
    engine = str(settings.get("ENGINE", ""))
    if not engine.endswith(("postgresql", "postgresql_psycopg2", "postgis")):
        raise UsageError("no settings of a PostgreSQL database", hint="ENGINE is django.db.backends.postgresql")
    given = settings.get("OPTIONS") or {}
    if not isinstance(given, Mapping):
        raise UsageError("OPTIONS is no dictionary")
    options = {str(key): _text(value) for key, value in given.items() if key not in _DJANGOS_OWN}
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    options |= {name: _text(settings[key]) for key, name in names.items() if settings.get(key)}
    if "dbname" not in options and "service" not in options and settings.get("NAME") == "":
        raise UsageError("Django wants NAME, or a service in OPTIONS")
    return options


def _literal(text: str) -> Mapping[str, object]:
    hint = "write a database of DATABASES with its values, as json.dumps(settings.DATABASES['default'], default=str)"
    for read in (json.loads, literal_eval):
        try:
            found = read(text.strip())
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(found, Mapping):
            return found
    raise UsageError("this is no dictionary of Python or JSON", hint=hint)


def _text(value: object) -> str:
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise UsageError("a setting is neither a text nor a number", hint="psycopg takes texts and numbers only")
    return str(value)
