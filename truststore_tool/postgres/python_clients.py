"""How the Python drivers that are not libpq treat TLS: asyncpg and pg8000."""

from collections.abc import Iterator, Mapping
from typing import Final

from truststore_tool.errors import UsageError
from truststore_tool.postgres import material
from truststore_tool.postgres.behaviour import MODES, Behaviour, ChainCheck, encryption
from truststore_tool.postgres.change import FILE, Change
from truststore_tool.postgres.keywords import nearest, shown
from truststore_tool.postgres.material import Authorities
from truststore_tool.postgres.settings import ROOT_FILE, Setting, Surroundings

_CONNECTION: Final = frozenset(
    {"host", "port", "dbname", "database", "user", "password", "passfile", "service", "target_session_attrs",
     "krbsrvname", "gsslib"}
)  # fmt: skip
_OF_TLS: Final = {
    "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY",
    "sslcrl": "PGSSLCRL", "sslnegotiation": "PGSSLNEGOTIATION",
    "ssl_min_protocol_version": "PGSSLMINPROTOCOLVERSION", "ssl_max_protocol_version": "PGSSLMAXPROTOCOLVERSION",
}  # fmt: skip
# Settings of the server that any server knows; asyncpg sends what it does not know itself as such.
_OF_SERVER: Final = frozenset(
    {"application_name", "client_encoding", "datestyle", "search_path", "timezone", "statement_timeout",
     "lock_timeout", "idle_in_transaction_session_timeout", "options"}
)  # fmt: skip
# What asyncpg.connect takes beside, of which none has to do with TLS.
_ARGUMENTS: Final = frozenset(
    {"timeout", "command_timeout", "statement_cache_size", "max_cached_statement_lifetime",
     "max_cacheable_statement_size", "prepared_statement_name_func", "loop", "record_class"}
)  # fmt: skip


def asyncpg(options: Mapping[str, str], around: Surroundings, *, by_arguments: bool = False) -> Behaviour:
    """What asyncpg (0.30 or later) does with the parameters of a DSN.

    With `by_arguments` they are those of asyncpg.connect, as SQLAlchemy passes them: there the mode is called ssl.
    Raises UsageError for a mode that it does not know.
    """
    found = dict(_around(around))
    found |= {name: Setting(value, "the URL") for name, value in options.items()}
    unknown = _unknown(options, by_arguments=by_arguments)
    if by_arguments:
        found = {name: setting for name, setting in found.items() if name != "sslmode" or setting.origin != "the URL"}
        if "ssl" in options:
            found["sslmode"] = Setting(options["ssl"], "the URL, ssl")
    host = found.get("host")
    socket = host is not None and all(name.startswith("/") for name in host.value.split(","))
    mode = found.get("sslmode") or Setting("prefer", "the default")
    if mode.value not in MODES:
        near = nearest(mode.value, MODES)
        raise UsageError("asyncpg knows no such sslmode", hint=f"did you mean {near}?" if near else None)
    named = found.get("sslrootcert")
    roots = named if named and named.value else Setting(f"{around.home}/{ROOT_FILE}", "the default")
    loads = mode.value in {"require", "verify-ca", "verify-full"}
    authorities = material.file_alone(roots.value, "python3") if loads else material.UNKNOWN
    obstacle = unknown or _obstacle(mode.value, roots, authorities, found, around)
    verifies = loads and authorities.found is not False
    chain: ChainCheck = "always" if verifies else "never"
    good = verifies and not authorities.trouble
    return Behaviour(
        client="asyncpg",
        host=host.value if host else None,
        port=found["port"].value if "port" in found else None,
        sslmode=mode,
        encryption="never" if socket else encryption(mode.value),
        roots=roots if loads else None,
        roots_found=authorities.found if loads else None,
        chain="never" if socket else chain,
        host_name=mode.value == "verify-full",
        obstacle=obstacle,
        doubts=() if socket else tuple(_doubts(options, authorities, found, around, by_arguments=by_arguments)),
        change=None if socket else _change(mode.value, roots, options, good=good, by_arguments=by_arguments),
        rules=tuple(_rules(mode, roots, authorities, loads=loads, by_arguments=by_arguments, unknown=unknown)),
        local=socket and not obstacle,
    )


def _around(around: Surroundings) -> Iterator[tuple[str, Setting]]:
    for name, variable in {"host": "PGHOST", "port": "PGPORT", **_OF_TLS}.items():
        if around.environment.get(variable):
            yield name, Setting(around.environment[variable], f"the environment, {variable}")


def _unknown(options: Mapping[str, str], *, by_arguments: bool) -> str | None:
    """Why a parameter that asyncpg does not know keeps it from connecting."""
    if by_arguments:
        of_sqlalchemy = {"prepared_statement_cache_size", "async_fallback"}
        known = _CONNECTION | _ARGUMENTS | of_sqlalchemy | {"ssl", "direct_tls", "servicefile"}
        wrong = next((key for key in options if key not in known), None)
        return f"asyncpg.connect takes no argument {shown(wrong)}" if wrong else None
    known = _CONNECTION | _OF_TLS.keys() | {"sslpassword"}
    wrong = next((key for key in options if key not in known and (key == "ssl" or nearest(key, _OF_TLS))), None)
    return (
        f"asyncpg sends {shown(wrong, (*_OF_TLS, 'ssl'))} to the server as a setting, which the server does not know"
        if wrong
        else None
    )


def _obstacle(
    mode: str, roots: Setting, authorities: Authorities, found: Mapping[str, Setting], around: Surroundings
) -> str | None:
    if mode == "disable":
        return None
    if authorities.found is False and (roots.origin != "the default" or mode != "require"):
        return f"the root file {roots.value} is missing"
    if authorities.trouble:
        return authorities.trouble
    crl = found.get("sslcrl")
    if mode in {"require", "verify-ca", "verify-full"} and crl and not around.exists(crl.value):
        return f"the file {crl.value} that sslcrl names is missing"
    if "sslcert" in found and not around.exists(found["sslcert"].value):
        return f"the client's certificate {found['sslcert'].value} is missing"
    return None


def _doubts(
    options: Mapping[str, str],
    authorities: Authorities,
    found: Mapping[str, Setting],
    around: Surroundings,
    *,
    by_arguments: bool,
) -> Iterator[str]:
    if authorities.doubt:
        yield authorities.doubt
    if "sslcert" in found or around.exists(f"{around.home}/.postgresql/postgresql.crt"):
        yield "whether Python can use the client's own certificate and key"
    if "sslcrl" in found or around.exists(f"{around.home}/.postgresql/root.crl"):
        yield "whether there is a valid revocation list of every authority above the server's certificate"
    if {"ssl_min_protocol_version", "ssl_max_protocol_version", "sslnegotiation", "direct_tls"} & found.keys():
        yield "what comes of the versions of TLS and the way to it that are set"
    if by_arguments and (texts := [key for key in options if key in _ARGUMENTS]):
        yield f"whether asyncpg takes a text for {texts[0]}"
    if "service" in options or "PGSERVICE" in around.environment:
        yield "what the service sets: it is not read here"
    known = _CONNECTION | _OF_TLS.keys() | _OF_SERVER | {"sslpassword"}
    if not by_arguments and (others := [key for key in options if key.lower() not in known]):
        yield f"whether the server takes the setting {shown(others[0])}, as which asyncpg sends it"


def _change(mode: str, roots: Setting, options: Mapping[str, str], *, good: bool, by_arguments: bool) -> Change | None:
    unknown = [key for key in options if _unknown({key: ""}, by_arguments=by_arguments)]
    if good and mode == "verify-full" and not unknown:
        return None
    wrong = tuple(dict.fromkeys(shown(key) for key in unknown))
    if by_arguments:
        put = None if good else f"{roots.value}"
        return Change({} if mode == "verify-full" else {"ssl": "verify-full"}, wrong, put)
    settings = {} if mode == "verify-full" else {"sslmode": "verify-full"}
    if not good:
        settings["sslrootcert"] = FILE
    return Change(settings, wrong)


def _rules(
    mode: Setting, roots: Setting, authorities: Authorities, *, loads: bool, by_arguments: bool, unknown: str | None
) -> Iterator[str]:
    if mode.origin == "the default":
        yield "asyncpg-default"
    verified = mode.value == "require" and authorities.found
    yield f"asyncpg-{mode.value}-root" if verified else f"asyncpg-{mode.value}"
    if loads and roots.origin == "the default":
        yield "asyncpg-root-default"
    if loads and authorities.trouble:
        yield "asyncpg-root-unusable"
    if by_arguments:
        yield "asyncpg-arguments"
    if unknown and not by_arguments:
        yield "asyncpg-settings"


def pg8000(options: Mapping[str, str], around: Surroundings) -> Behaviour:  # noqa: ARG001 -- nor does it
    """What pg8000 does with a URL of SQLAlchemy, whose parameters are its arguments: TLS takes an object, no text."""
    known = {"host", "port", "dbname", "database", "user", "password", "timeout", "application_name", "tcp_keepalive"}
    wrong = next((key for key in options if key not in known), None)
    obstacle = None
    if wrong in {"ssl_context", "unix_sock", "source_address", "sock", "startup_params", "replication"}:
        obstacle = f"{wrong} in a URL is a text, which pg8000 cannot use"
    elif wrong:
        obstacle = f"pg8000.connect takes no argument {shown(wrong)}"
    text = "give the engine connect_args={'ssl_context': context}, of ssl.create_default_context(cafile=FILE)"
    return Behaviour(
        client="pg8000",
        host=options.get("host"),
        port=options.get("port"),
        sslmode=Setting("prefer", "what pg8000 does without ssl_context"),
        encryption="if-offered",
        roots=None,
        roots_found=None,
        chain="never",
        host_name=False,
        obstacle=obstacle,
        change=Change({}, mend=text),
        rules=("pg8000-default", "pg8000-context"),
    )
