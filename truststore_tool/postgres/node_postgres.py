"""How node-postgres (the package pg, 8.x) treats TLS, whose sslmode is not that of libpq."""

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Final

from truststore_tool.postgres import material
from truststore_tool.postgres.behaviour import DIRECT, Behaviour
from truststore_tool.postgres.change import FILE, Change
from truststore_tool.postgres.material import Authorities
from truststore_tool.postgres.settings import Setting, Surroundings

_MODES: Final = frozenset({"disable", "allow", "prefer", "require", "verify-ca", "verify-full", "no-verify"})
_FROM_ENVIRONMENT: Final = frozenset({"disable", "prefer", "require", "verify-ca", "verify-full", "no-verify"})
_WAYS: Final = (None, "", "postgres", "direct")
_NODES_OWN: Final = Setting("the authorities that Node brings", "the default")


def behaviour(options: Mapping[str, str], around: Surroundings) -> Behaviour:
    """What pg does with the parameters of a connection URL (pg-connection-string 2.x, index.js)."""
    host = options.get("host") or around.environment.get("PGHOST") or None
    port = options.get("port") or around.environment.get("PGPORT")
    level, mode, trouble = _level(options, around)
    way = options.get("sslnegotiation") or around.environment.get("PGSSLNEGOTIATION")
    if way not in _WAYS:
        trouble = "pg knows no such sslnegotiation"
    elif way == "direct" and level == "none":
        trouble = "sslnegotiation=direct needs TLS"
    given = options.get("sslrootcert")
    roots = Setting(given, "the URL") if given else _NODES_OWN
    authorities = material.of_node(given) if given else material.UNKNOWN
    tls = level != "none"
    if given and authorities.found is False:
        trouble = trouble or f"the root file {given} is missing"
    elif (given and authorities.unreadable) or (given and level in {"chain", "name"}):
        trouble = trouble or authorities.trouble
    for key in ("sslcert", "sslkey"):
        if options.get(key) and not around.exists(options[key]):
            trouble = trouble or f"the file {options[key]} that {key} names is missing"
    if host and "," in host:
        trouble = trouble or "pg knows one host only"
    socket = host is not None and host.startswith("/")
    if socket and tls:
        trouble = trouble or "through a Unix socket no server offers TLS, and pg insists on it"
    lax = around.environment.get("NODE_TLS_REJECT_UNAUTHORIZED") == "0"
    verifies = level in {"chain", "name"} and not lax
    local = socket and not tls
    return Behaviour(
        client="node-postgres",
        host=host,
        port=port,
        sslmode=mode,
        encryption="always" if tls else "never",
        roots=roots if verifies else None,
        roots_found=authorities.found if verifies else None,
        chain="always" if verifies else "never",
        host_name=level == "name",
        obstacle=trouble,
        doubts=tuple(_doubts(options, authorities, host, verifies=verifies, direct=way == "direct")),
        change=None if local else _change(options, around, authorities, level, lax=lax),
        rules=tuple(_rules(options, mode, level, lax=lax, given=given)),
        local=local and not trouble,
    )


def _level(options: Mapping[str, str], around: Surroundings) -> tuple[str, Setting, str | None]:
    """How far TLS goes: none, encrypted, chain or name; by which mode; and why it fails."""
    mode = options.get("sslmode")
    compatible = options.get("uselibpqcompat") == "true"
    if mode or any(options.get(key) for key in ("sslcert", "sslkey", "sslrootcert")):
        shown = Setting("verify-full", "as a certificate is in the URL")
        if mode:
            shown = Setting(mode if mode in _MODES else "unknown, so verify-full", "the URL")
        if mode == "disable":
            return "none", shown, None
        if compatible and mode in {"prefer", "require", "verify-ca"}:
            return _as_libpq(str(mode), options, shown)
        if mode == "no-verify" and not compatible:
            return "encrypted", shown, None
        return "name", shown, None
    ssl = options.get("ssl")
    if ssl in {"true", "1"} or (ssl is None and options.get("sslnegotiation") == "direct"):
        return "name", Setting("verify-full", "ssl in the URL" if ssl else "sslnegotiation in the URL"), None
    if ssl in {"0", ""}:
        return "none", Setting("disable", "ssl in the URL"), None
    if ssl == "no-verify":
        return "encrypted", Setting("no-verify", "ssl in the URL"), None
    if ssl is not None:
        return (
            "name",
            Setting("unknown", "ssl in the URL"),
            "pg fails over such a value of ssl where the server has TLS",
        )
    around_mode = around.environment.get("PGSSLMODE")
    if around_mode in _FROM_ENVIRONMENT:
        shown = Setting(str(around_mode), "the environment, PGSSLMODE")
        return {"disable": "none", "no-verify": "encrypted"}.get(str(around_mode), "name"), shown, None
    return "none", Setting("disable", "the default"), None


def _as_libpq(mode: str, options: Mapping[str, str], shown: Setting) -> tuple[str, Setting, str | None]:
    rooted = bool(options.get("sslrootcert"))
    if mode == "verify-ca":
        return "chain", shown, None if rooted else "with uselibpqcompat, verify-ca needs sslrootcert"
    return "chain" if mode == "require" and rooted else "encrypted", shown, None


def _doubts(
    options: Mapping[str, str], authorities: Authorities, host: str | None, *, verifies: bool, direct: bool
) -> Iterator[str]:
    if direct:
        yield DIRECT
    if authorities.doubt:
        yield authorities.doubt
    if verifies and _is_address(host):
        yield "which name is compared: releases of pg before 8.23.1 take localhost for that of an address"
    if options.get("sslcert") or options.get("sslkey"):
        yield "whether Node can use the client's own certificate and key"


def _is_address(host: str | None) -> bool:
    try:
        ip_address(host or "")
    except ValueError:
        return False
    return True


def _change(
    options: Mapping[str, str], around: Surroundings, authorities: Authorities, level: str, *, lax: bool
) -> Change | None:
    settings, drop = {}, []
    if level != "name" or options.get("sslmode", "verify-full") != "verify-full":
        settings["sslmode"] = "verify-full"
    if options.get("ssl") not in {None, "true", "1"}:
        drop.append("ssl")
    if not options.get("sslrootcert") or authorities.trouble or authorities.found is False:
        settings["sslrootcert"] = FILE
    if "sslmode" in settings and options.get("uselibpqcompat"):
        drop.append("uselibpqcompat")
    unset = ["NODE_TLS_REJECT_UNAUTHORIZED"] if lax else []
    if options.get("sslnegotiation") not in _WAYS:
        drop.append("sslnegotiation")
    elif not options.get("sslnegotiation") and around.environment.get("PGSSLNEGOTIATION") not in _WAYS:
        unset.append("PGSSLNEGOTIATION")
    mend = f"unset {' and '.join(unset)}" if unset else None
    return Change(settings, tuple(drop), None, mend) if settings or drop or mend else None


def _rules(options: Mapping[str, str], mode: Setting, level: str, *, lax: bool, given: str | None) -> Iterator[str]:
    compatible = options.get("uselibpqcompat") == "true"
    if mode.origin == "the default":
        yield "node-default"
    elif level == "none":
        yield "node-disable"
    elif level == "encrypted":
        yield "node-compatible" if compatible else "node-no-verify"
    else:
        if compatible:
            yield "node-compatible"
        elif mode.value != "verify-full":
            yield "node-alias"
        yield "node-chain" if level == "chain" else "node-verify-full"
        if not given:
            yield "node-roots"
    if lax and level in {"chain", "name"}:
        yield "node-lax"
    if level != "none":
        yield "node-insists"
