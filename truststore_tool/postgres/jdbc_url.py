"""The URLs of the PostgreSQL JDBC driver, read as its Driver.parseURL reads them. No error ever shows a value."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import unquote_to_bytes

from truststore_tool.errors import UsageError
from truststore_tool.postgres.conninfo import Conninfo, require_text
from truststore_tool.postgres.keywords import MODES, check_host, check_path, nearest, refuse_more

JDBC_PREFIX: Final = "jdbc:postgresql:"

# As org.postgresql.PGProperty of 42.5 has them; and what its names are called here.
_PARAMETERS: Final = """
    adaptiveFetch adaptiveFetchMaximum adaptiveFetchMinimum allowEncodingChanges ApplicationName
    assumeMinServerVersion authenticationPluginClassName autosave binaryTransfer binaryTransferDisable
    binaryTransferEnable cancelSignalTimeout cleanupSavepoints connectTimeout currentSchema
    databaseMetadataCacheFields databaseMetadataCacheFieldsMiB defaultRowFetchSize disableColumnSanitiser
    escapeSyntaxCallMode groupStartupParameters gssEncMode gsslib gssResponseTimeout hideUnprivilegedObjects
    hostRecheckSeconds jaasApplicationName jaasLogin kerberosServerName loadBalanceHosts localSocketAddress loggerFile
    loggerLevel loginTimeout logServerErrorDetail logUnclosedConnections maxResultBuffer options password PGDBNAME
    PGHOST PGPORT preferQueryMode preparedStatementCacheQueries preparedStatementCacheSizeMiB prepareThreshold
    protocolVersion quoteReturningIdentifiers readOnly readOnlyMode receiveBufferSize replication
    reWriteBatchedInserts sendBufferSize service socketFactory socketFactoryArg socketTimeout ssl sslcert sslfactory
    sslfactoryarg sslhostnameverifier sslkey sslmode sslpassword sslpasswordcallback sslResponseTimeout sslrootcert
    sspiServiceClass stringtype targetServerType tcpKeepAlive tcpNoDelay unknownLength user useSpnego
    xmlFactoryFactory
"""
PARAMETERS: Final = frozenset(_PARAMETERS.split())
PARAMETER_NAMES: Final = {"PGHOST": "host", "PGPORT": "port", "PGDBNAME": "dbname"}
SERVICE_PARAMETERS: Final = PARAMETERS | {"host", "port", "dbname"}
# Of newer releases of the driver, which the one of 42.5 ignores.
NEWER: Final = frozenset({"sslNegotiation", "channelBinding"})
_NUMBER: Final = r"\d{1,9}"
# What the driver surely takes, where it does not connect with just anything.
_TAKEN: Final = {
    **dict.fromkeys(
        ("adaptiveFetchMaximum", "adaptiveFetchMinimum", "cancelSignalTimeout", "connectTimeout",
         "databaseMetadataCacheFields", "databaseMetadataCacheFieldsMiB", "defaultRowFetchSize", "prepareThreshold",
         "preparedStatementCacheQueries", "preparedStatementCacheSizeMiB", "receiveBufferSize", "sendBufferSize",
         "socketTimeout", "sslResponseTimeout", "unknownLength"),
        rf"{_NUMBER}|-1",
    ),
    **dict.fromkeys(("connectTimeout", "defaultRowFetchSize", "socketTimeout", "sslResponseTimeout"), _NUMBER),
    **dict.fromkeys(("binaryTransferDisable", "binaryTransferEnable"), rf"({_NUMBER}(,{_NUMBER})*)?"),
    "autosave": "(?i)always|never|conservative",
    "gssEncMode": "(?i)disable|allow|prefer|require",
    "maxResultBuffer": rf"({_NUMBER}[KMGTP]?)?",
    "protocolVersion": "3?",
    "stringtype": "unspecified|varchar",
    "targetServerType": "any|primary|master|slave|secondary|preferSlave|preferSecondary|preferPrimary",
}  # fmt: skip
# Those that bear on TLS: what is nearly one of them was meant to be one.
_OF_TLS: Final = ("ssl", "sslmode", "sslrootcert", "sslfactory", "sslfactoryarg", "sslhostnameverifier", "service")

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
    if address in {"//", "///"}:
        database = ""
    elif address.startswith("//"):
        if address.count("/") != 3:
            raise UsageError(
                "the JDBC driver wants one / behind host and port", hint="as in jdbc:postgresql://db.example.com/app"
            )
        hosts, _, database = address[2:].partition("/")
        options |= _hosts(hosts)
    elif address.startswith("/"):
        raise UsageError("malformed JDBC URL", hint="as in jdbc:postgresql://db.example.com/app")
    else:
        database = address
    if database:
        options["dbname"] = _decoded(database)
    of_address = dict(options)
    for item in filter(None, query.split("&")):
        key, _, value = item.partition("=")
        upper = key.upper()
        name = PARAMETER_NAMES.get(key) or PARAMETER_NAMES.get(f"PG{upper}") or key
        options[name] = _decoded(value)
    _check_ports(options, of_address)
    for key, value in options.items():
        refuse_more("a parameter" if key not in _SHOWN else key, "" if key in _SECRETS else value)
        refuse_more("a parameter's name", key)
    for key in ("sslrootcert", "sslfactoryarg"):
        if not options.get(key, "").startswith("-----BEGIN"):
            check_path(options.get(key, "").removeprefix("file:"), key)
    check_mode(options.get("sslmode"))
    return Conninfo(options)


def _check_ports(options: dict[str, str], of_address: dict[str, str]) -> None:
    """Raise UsageError unless there is a port for each host (org.postgresql.util.PGPropertyUtil).

    Args:
        options: all parameters; those behind the ? go before those in front of it.
        of_address: what stands in front of it, where each host has a port, if only the default one.
    """
    if options.get("host") == of_address.get("host") and options.get("port") == of_address.get("port"):
        return
    hosts = options.get("host", "localhost").split(",")
    count = len(of_address.get("host", "localhost").split(","))
    ports = options.get("port", ",".join(["5432"] * count)).split(",")
    valid = all(port.isascii() and port.isdecimal() and 0 < int(port[:9]) < 65536 for port in ports)
    if len(hosts) != len(ports) or not (all(hosts) and valid):
        raise UsageError("the JDBC driver wants a port for each host, from 1 to 65535")


def check_mode(mode: str | None) -> None:
    """Raise UsageError for an sslmode by which the driver does not begin to connect (org.postgresql.jdbc.SslMode)."""
    if mode is not None and mode.lower() not in MODES:
        near = nearest(mode, MODES)
        hint = f"did you mean {near}?" if near else f"it is one of: {', '.join(MODES)}"
        raise UsageError("the JDBC driver knows no such sslmode", hint=hint)


def untaken(options: Mapping[str, str]) -> Iterator[str]:
    """Parameters of which it is not known that the driver takes their values (org.postgresql.PGProperty)."""
    yield from (key for key, taken in _TAKEN.items() if key in options and not re.fullmatch(taken, options[key]))


def slips(options: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Parameters that are nearly one of those about TLS, and which; the driver ignores them without a word."""
    for key in options:
        near = None if key in PARAMETERS else nearest(key, _OF_TLS)
        if near:
            yield key, near


def _hosts(text: str) -> dict[str, str]:
    names, ports = [], []
    for item in text.split(","):
        found = _HOST.fullmatch(item)
        if not found or (found[3] and not 0 < int(found[3]) < 65536):
            raise UsageError(
                "malformed host or port in the JDBC URL",
                hint="user and password are parameters: ?user=...&password=...",
            )
        name = found[1] if found[1] is not None else found[2]
        check_host(name, "the host of the JDBC URL")
        if (found[1] is not None and ":" not in name) or (found[1] is None and "%" in name):
            raise UsageError("malformed host in the JDBC URL", hint="%XX is not decoded there; brackets are for IPv6")
        if name.startswith("@"):
            raise UsageError("an @ in the JDBC URL", hint="user and password are parameters: ?user=...&password=...")
        if not name and "," in text:
            raise UsageError("an empty host in the JDBC URL")
        names.append(name)
        ports.append(found[3] or "")
    ports = ports if any(ports) else []
    return {key: ",".join(words) for key, words in (("host", names), ("port", ports)) if words}


def _decoded(text: str) -> str:
    """Percent decoding as java.net.URLDecoder does it, for which a stray % is an error."""
    if _PERCENT.search(text):
        raise UsageError("malformed percent escape in the JDBC URL")
    decoded = unquote_to_bytes(text.replace("+", " ")).decode("utf-8", "surrogateescape")
    require_text(decoded, "the JDBC URL")
    return decoded
