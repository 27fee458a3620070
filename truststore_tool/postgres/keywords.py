"""The connection parameters that libpq knows, and the values that it refuses before it connects (PostgreSQL 18).

No error shows a value, nor a keyword that is not nearly one of libpq's: either may be a password, or a part of one.
"""

import re
from base64 import b64decode
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import Final
from urllib.parse import unquote

from truststore_tool.errors import UsageError

# Each with the variable that sets it, if any (PostgreSQL documentation, Parameter Key Words; Environment Variables).
KEYWORDS: Final = {
    "host": "PGHOST", "hostaddr": "PGHOSTADDR", "port": "PGPORT", "dbname": "PGDATABASE", "user": "PGUSER",
    "password": "PGPASSWORD", "passfile": "PGPASSFILE", "require_auth": "PGREQUIREAUTH",
    "channel_binding": "PGCHANNELBINDING", "connect_timeout": "PGCONNECT_TIMEOUT",
    "client_encoding": "PGCLIENTENCODING", "options": "PGOPTIONS", "application_name": "PGAPPNAME",
    "fallback_application_name": "", "keepalives": "", "keepalives_idle": "", "keepalives_interval": "",
    "keepalives_count": "", "tcp_user_timeout": "", "replication": "", "gssencmode": "PGGSSENCMODE",
    "sslmode": "PGSSLMODE", "sslnegotiation": "PGSSLNEGOTIATION", "sslcompression": "PGSSLCOMPRESSION",
    "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY", "sslkeylogfile": "", "sslpassword": "",
    "sslcertmode": "PGSSLCERTMODE", "sslrootcert": "PGSSLROOTCERT", "sslcrl": "PGSSLCRL",
    "sslcrldir": "PGSSLCRLDIR", "sslsni": "PGSSLSNI", "requirepeer": "PGREQUIREPEER",
    "min_protocol_version": "PGMINPROTOCOLVERSION", "max_protocol_version": "PGMAXPROTOCOLVERSION",
    "ssl_min_protocol_version": "PGSSLMINPROTOCOLVERSION", "ssl_max_protocol_version": "PGSSLMAXPROTOCOLVERSION",
    "krbsrvname": "PGKRBSRVNAME", "gsslib": "PGGSSLIB", "gssdelegation": "PGGSSDELEGATION",
    "scram_client_key": "", "scram_server_key": "", "service": "PGSERVICE",
    "target_session_attrs": "PGTARGETSESSIONATTRS", "load_balance_hosts": "PGLOADBALANCEHOSTS",
    "oauth_issuer": "", "oauth_client_id": "", "oauth_client_secret": "", "oauth_scope": "",
}  # fmt: skip
SECRETS: Final = frozenset({"password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key"})

_SSL_VERSIONS: Final = ("tlsv1", "tlsv1.1", "tlsv1.2", "tlsv1.3")
_METHODS: Final = ("password", "md5", "gss", "sspi", "scram-sha-256", "oauth", "none")
_PROTOCOLS: Final = ("3.0", "3.2", "latest")
MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_CHOICES: Final = {
    "sslmode": MODES,
    "channel_binding": ("disable", "prefer", "require"),
    "gssencmode": ("disable", "prefer", "require"),
    "sslnegotiation": ("postgres", "direct"),
    "sslcertmode": ("disable", "allow", "require"),
    "target_session_attrs": ("any", "read-write", "read-only", "primary", "standby", "prefer-standby"),
    "load_balance_hosts": ("disable", "random"),
    "min_protocol_version": _PROTOCOLS,
    "max_protocol_version": _PROTOCOLS,
}
_INTEGERS: Final = frozenset(
    {"connect_timeout", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"}
)
_NOT_NEGATIVE: Final = frozenset({"keepalives_idle", "keepalives_interval", "keepalives_count"})
# As strtol reads it: white space around, a sign.
_INTEGER: Final = re.compile(r"[ \t\n\v\f\r]*[+-]?[0-9]{1,10}[ \t\n\v\f\r]*")

# Where a value holds more than itself: another parameter, or what looks like a password.
_MORE: Final = re.compile(
    r"(?:pass|pwd|secret)\w*[\s\"']*[=:]|(?:password|passwd|pwd)\s|;\s*\w[\w ]*=|[&?]\w+="
    r"|:/\S*@|^(?![A-Za-z]:[\\/])[^@]*:[^@]*@",
    re.IGNORECASE,
)
# What a path that will be shown does not hold, lest it be something else; a Windows path begins like a scheme.
_NO_PATH: Final = re.compile(r"[=;\"'\n]|(?<!^[A-Za-z]):/|(?<!^[A-Za-z]):[^@]*@")
_PATHS: Final = frozenset({"sslrootcert", "sslcert", "sslkey", "sslcrl", "sslcrldir"})
_CLASS: Final = re.compile(r"[a-z]\w*(?:\.[a-z]\w*)*\.[A-Z]\w*", re.ASCII)
# A name, an IPv4 address, or one with a port that somebody put behind: anything that a resolver may be asked for.
_NAME: Final = re.compile(r"[^\s@:;=&?/\\'\"<>(){}\[\]|`$#]*")


def check_keyword(keyword: str, number: int, where: str) -> None:
    """Raise UsageError when libpq does not know the `number`th keyword of `where`; say which is near."""
    if keyword in KEYWORDS:
        return
    near = nearest(keyword, KEYWORDS)
    if near:
        raise UsageError(f"libpq knows no parameter {keyword} ({where})", hint=f"did you mean {near}?")
    raise UsageError(
        f"libpq does not know parameter {number} of {where}",
        hint="ssl=true is for URIs alone; elsewhere say sslmode=require" if keyword == "ssl" else None,
    )


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was meant, when only its case differs or it is at most two slips away."""
    plain = re.sub(r"[\s_-]", "", word.lower())
    for name in known:
        if plain == re.sub(r"[_-]", "", name):
            return name
    near = min(known, key=lambda name: _slips(word.lower(), name))
    return near if len(word) > 3 and _slips(word.lower(), near) <= min(2, len(near) // 3) else None


def shown(name: str, known: Iterable[str] = KEYWORDS) -> str:
    """A parameter's name where it is surely one, as it is nearly one that is known; else words for it."""
    return name if name in known or nearest(name, known) else "one of the parameters"


def shown_class(name: str) -> str:
    """The name of a Java class, as long as it looks like one with its package."""
    return name if _CLASS.fullmatch(name) else "that class"


def _slips(one: str, other: str) -> int:
    """How many letters must be put in, left out or changed (Levenshtein)."""
    row = list(range(len(other) + 1))
    for number, char in enumerate(one[:40], 1):
        last, row[0] = row[0], number
        for place, wanted in enumerate(other, 1):
            last, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, last + (char != wanted))
    return row[-1]


def check_values(values: Mapping[str, str]) -> None:
    """Raise UsageError for each value by which libpq does not even begin to connect, and for what hides in one.

    Args:
        values: as they are in force, by keyword; an empty one is not the same as none.
    """
    for keyword, value in values.items():
        if keyword not in SECRETS and keyword != "options":
            refuse_more(keyword, value)
    for keyword, choices in _CHOICES.items():
        if keyword in values and values[keyword] not in choices:
            near = nearest(values[keyword], choices)
            raise UsageError(
                f"libpq knows no such {keyword}" if values[keyword] else f"libpq refuses an empty {keyword}",
                hint=f"did you mean {near}?" if near else f"it is one of: {', '.join(choices)}",
            )
    for keyword in _INTEGERS & values.keys():
        if not _is_integer(values[keyword]):
            raise UsageError(f"{keyword} must be a number")
        if keyword in _NOT_NEGATIVE and int(values[keyword]) < 0:
            raise UsageError(f"{keyword} is negative, which the system refuses")
    for keyword in ("scram_client_key", "scram_server_key"):
        if keyword in values and not _is_scram_key(values[keyword]):
            raise UsageError(f"{keyword} is no key of SCRAM-SHA-256 in base64, by which libpq does not connect")
    _check_methods(values.get("require_auth", ""))
    for name in values.get("host", "").split(","):
        check_host(name)
    if any(number and not _is_address(number) for number in values.get("hostaddr", "").split(",")):
        raise UsageError("hostaddr is no address", hint="a name belongs into host")
    for port in filter(None, values.get("port", "").split(",")):
        if not _is_integer(port) or not 0 < int(port) < 65536:
            raise UsageError("port is no number from 1 to 65535")
    for keyword in ("ssl_min_protocol_version", "ssl_max_protocol_version"):
        if values.get(keyword, "").lower() not in ("", *_SSL_VERSIONS):
            raise UsageError(f"libpq knows no such {keyword}", hint="it is one of: TLSv1, TLSv1.1, TLSv1.2, TLSv1.3")


def _check_methods(text: str) -> None:
    """Raise UsageError for what libpq takes for no list of ways to log in (fe-connect.c, parse of require_auth)."""
    words = text.split(",") if text else []
    plain = [word.removeprefix("!") for word in words]
    if any(word not in _METHODS for word in plain):
        near = next((near for word in plain if word not in _METHODS and (near := nearest(word, _METHODS))), None)
        hint = f"did you mean {near}?" if near else f"it is of: {', '.join(_METHODS)}; or of these with a ! before each"
        raise UsageError("libpq knows no such require_auth", hint=hint)
    if len({*plain}) < len(plain) or len({word.startswith("!") for word in words}) > 1:
        raise UsageError("libpq refuses a require_auth that names one twice, or some with a ! and some without")


def check_together(values: Mapping[str, str]) -> None:
    """Raise UsageError for values that are fine alone and by which, together, libpq does not begin to connect."""
    _check_hosts(values)
    _check_tls(values)


def refuse_more(keyword: str, value: str) -> None:
    """Raise UsageError for a value that holds what looks like a password, or another parameter."""
    if _MORE.search(value) or _MORE.search(unquote(value)) or (keyword in _PATHS and _NO_PATH.search(value)):
        raise UsageError(
            f"{keyword} holds another parameter, or what looks like a password",
            hint="libpq's parameters are parted by blanks, or by & behind the ? of a URI; those of JDBC by &",
        )


def check_path(path: str, name: str) -> None:
    """Raise UsageError for what is hardly a path, and had better not be shown as one."""
    if _NO_PATH.search(path) or _MORE.search(path):
        raise UsageError(f"{name} holds something beside a path", hint="a path has no =, no ; and no quotes here")


def check_host(host: str, keyword: str = "host") -> None:
    """Raise UsageError for what is neither a host name nor an address, nor the directory of a socket."""
    if host.startswith(("/", "@")):
        check_path(host, keyword)
        return
    if ":" in host and _is_address(host):
        return
    if not _NAME.fullmatch(host):
        hint = "write an @ in a user name or password as %40" if "@" in host else None
        if ":" in host:
            hint = "the port is a parameter of its own; an IPv6 address in a URI stands in brackets"
        raise UsageError(f"{keyword} is no host name and no address", hint=hint)


def _check_hosts(values: Mapping[str, str]) -> None:
    names, numbers, ports = (
        values[keyword].split(",") if values.get(keyword) else [] for keyword in ("host", "hostaddr", "port")
    )
    if names and numbers and len(names) != len(numbers):
        raise UsageError(f"libpq cannot match {len(names)} host names to {len(numbers)} of hostaddr")
    count = len(numbers) or len(names) or 1
    if len(ports) not in (0, 1, count):
        raise UsageError(f"libpq cannot match {len(ports)} ports to {count} {'host' if count == 1 else 'hosts'}")


def _check_tls(values: Mapping[str, str]) -> None:
    least = values.get("ssl_min_protocol_version", "tlsv1.2").lower()
    most = values.get("ssl_max_protocol_version", "").lower()
    if least and most and least > most:
        raise UsageError("ssl_min_protocol_version is above ssl_max_protocol_version")
    if values.get("max_protocol_version") == "3.0" and values.get("min_protocol_version", "3.0") != "3.0":
        raise UsageError("min_protocol_version is above max_protocol_version")
    system = values.get("sslrootcert") == "system"
    mode = values.get("sslmode", "verify-full" if system else "prefer")
    if system and mode != "verify-full":
        raise UsageError(
            f"libpq refuses sslrootcert=system with sslmode={mode}", hint="only sslmode=verify-full goes with it"
        )
    if values.get("sslnegotiation") == "direct" and mode in {"disable", "allow", "prefer"}:
        raise UsageError(
            f"libpq refuses sslnegotiation=direct with sslmode={mode}", hint="set sslmode=verify-full as well"
        )


def _is_integer(text: str) -> bool:
    return _INTEGER.fullmatch(text) is not None and -(2**31) <= int(text) < 2**31


def _is_scram_key(text: str) -> bool:
    try:
        return len(b64decode(text, validate=True)) == 32
    except ValueError:
        return False


def _is_address(text: str) -> bool:
    try:
        ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True
