"""Clients of which only the documentation was read: Npgsql, and Go's lib/pq and pgx. None was tried."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from truststore_tool.errors import UsageError
from truststore_tool.postgres import material
from truststore_tool.postgres.behaviour import MODES, Behaviour, Encryption, encryption
from truststore_tool.postgres.change import FILE, Change
from truststore_tool.postgres.keywords import check_host, nearest, refuse_more
from truststore_tool.postgres.material import Authorities
from truststore_tool.postgres.settings import ROOT_FILE, Setting, Surroundings

UNTRIED: Final = "what it really does: only its documentation was read"
_DEFAULTS: Final = {"lib-pq": "require", "pgx": "prefer", "npgsql": "prefer"}
_OWN_ROOTS: Final = Setting("the authorities of the system", "the default")
_ADO_PAIR: Final = re.compile(r"\s*([^=;]+?)\s*=\s*(?:\"((?:[^\"]|\"\")*)\"|'((?:[^']|'')*)'|([^;]*?))\s*(?:;|\Z)")
_ADO_NAMES: Final = {
    "host": "host", "server": "host", "port": "port", "database": "dbname", "db": "dbname", "username": "user",
    "userid": "user", "uid": "user", "password": "password", "pwd": "password", "sslmode": "sslmode",
    "rootcertificate": "sslrootcert", "trustservercertificate": "trust", "sslcertificate": "sslcert",
    "sslkey": "sslkey", "sslpassword": "sslpassword", "passfile": "passfile",
}  # fmt: skip
_ADO_TLS: Final = ("sslmode", "rootcertificate", "trustservercertificate")


def parse_ado(text: str) -> dict[str, str]:
    """The parameters of a connection string of Npgsql, by libpq's names; names without case and blanks.

    Raises UsageError for what is malformed, and for what is nearly one of the parameters about TLS.
    """
    options: dict[str, str] = {}
    position = 0
    while text[position:].strip(" ;"):
        found = _ADO_PAIR.match(text, position)
        if not found or found.end() == position:
            raise UsageError("malformed connection string", hint="as in: Host=db.example.com;SSL Mode=VerifyFull")
        name = re.sub(r"\s", "", found[1]).lower()
        value = next((part for part in found.groups()[1:] if part is not None), "")
        if name not in _ADO_NAMES and (near := nearest(name, _ADO_TLS)):
            raise UsageError("Npgsql knows no such parameter", hint=f"did you mean {near}?")
        options[_ADO_NAMES.get(name, name)] = value
        position = found.end()
    for key in ("port", "sslmode", "sslrootcert", "trust"):
        refuse_more(key, options.get(key, ""))
    for name in options.get("host", "").split(","):
        check_host(name)
    if not options.get("port", "1").isdecimal():
        raise UsageError("Port is no number")
    return options


def behaviour(client: str, options: Mapping[str, str], around: Surroundings) -> Behaviour:
    """What ``npgsql``, ``lib-pq`` or ``pgx`` are documented to do with these parameters. Raises UsageError."""
    found = {name: Setting(value, "the connection string") for name, value in options.items()}
    variables = {"sslrootcert": "PGSSLROOTCERT"} | (
        {} if client == "npgsql" else {"sslmode": "PGSSLMODE", "host": "PGHOST"}
    )
    for name, variable in variables.items():
        if name not in found and around.environment.get(variable):
            found[name] = Setting(around.environment[variable], f"the environment, {variable}")
    mode = _mode(client, found)
    roots, authorities = _authorities(client, mode.value, found, around)
    verifies = mode.value.startswith("verify") or (client != "npgsql" and mode.value == "require" and roots is not None)
    host = found.get("host")
    socket = host is not None and all(name.startswith("/") for name in host.value.split(","))
    encrypted: Encryption = "never" if socket else encryption(mode.value)
    obstacle = None
    if verifies and not socket:
        missing = f"the root file {roots.value} is missing" if roots and authorities.found is False else None
        obstacle = missing or authorities.trouble
    good = verifies and obstacle is None
    return Behaviour(
        client=client,
        host=host.value if host else None,
        port=found["port"].value if "port" in found else None,
        sslmode=mode,
        encryption=encrypted,
        roots=(roots or _OWN_ROOTS) if verifies else None,
        roots_found=authorities.found if verifies else None,
        chain="always" if verifies and not socket else "never",
        host_name=mode.value == "verify-full",
        obstacle=obstacle,
        doubts=() if socket else tuple(_doubts(authorities)),
        change=None if socket else _change(client, mode.value, good=good),
        rules=tuple(_rules(client, mode, verifies=verifies)),
        local=socket,
    )


def _doubts(authorities: Authorities) -> Iterator[str]:
    if authorities.doubt:
        yield authorities.doubt
    yield UNTRIED


def _mode(client: str, found: Mapping[str, Setting]) -> Setting:
    given = found.get("sslmode")
    if given is None:
        return Setting(_DEFAULTS[client], "the default")
    value = given.value
    if client == "npgsql":
        plain = re.sub(r"[\s_-]", "", value).lower()
        value = next((mode for mode in MODES if mode.replace("-", "") == plain), value)
    if value not in MODES:
        near = nearest(value, MODES)
        raise UsageError(f"{client} knows no such sslmode", hint=f"did you mean {near}?" if near else None)
    return Setting(value, given.origin)


def _authorities(
    client: str, mode: str, found: Mapping[str, Setting], around: Surroundings
) -> tuple[Setting | None, Authorities]:
    given = found.get("sslrootcert")
    if given is None or not given.value or given.value == "system":
        default = f"{around.home}/{ROOT_FILE}"
        if client == "pgx" and given is None and around.exists(default):
            return Setting(default, "the default"), material.file_alone(default, "go")
        return None, material.UNKNOWN
    if mode in {"disable", "allow", "prefer"}:
        return given, material.UNKNOWN
    return given, material.file_alone(given.value, "go") if client != "npgsql" else material.present(given.value)


def _change(client: str, mode: str, *, good: bool) -> Change | None:
    if good and mode == "verify-full":
        return None
    if client == "npgsql":
        return Change({"SSL Mode": "VerifyFull", "Root Certificate": FILE})
    return Change({"sslmode": "verify-full", "sslrootcert": FILE})


def _rules(client: str, mode: Setting, *, verifies: bool) -> Iterator[str]:
    if mode.origin == "the default":
        yield f"{client}-default"
    yield f"{client}-verifies" if verifies else f"{client}-does-not-verify"
