"""How libpq, and so psql, psycopg, pgAdmin and many others, treats TLS."""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Final

from truststore_tool.postgres.behaviour import MODES, Behaviour, ChainCheck, encryption
from truststore_tool.postgres.settings import ROOT_FILE, Setting, Surroundings

SYSTEM: Final = "system"
_BY_KERBEROS: Final = "gssencmode=require asks for encryption by Kerberos, in which TLS and certificates have no part"


def behaviour(found: dict[str, Setting], around: Surroundings) -> Behaviour:
    """What libpq does with these settings (`settings.for_libpq`)."""
    host, address = found.get("host"), found.get("hostaddr")
    server = host or address
    roots = found.get("sslrootcert") or Setting(f"{around.home}/{ROOT_FILE}", "the default")
    system = roots.value == SYSTEM
    there = None if system else around.exists(roots.value)
    default = (
        Setting("verify-full", "the default with sslrootcert=system") if system else Setting("prefer", "the default")
    )
    mode = found.get("sslmode") or default
    entries = _entries(host, address)
    nameless = any(number and not name for name, number in entries)
    socket = all(not number and (not name or name.startswith(("/", "@"))) for name, number in entries)
    rules = ["libpq-socket"] if socket else _rules(mode, roots, there, nameless=nameless)
    gss = found["gssencmode"].value == "require" if "gssencmode" in found else False
    refused = _obstacle(mode.value, roots, there, nameless=nameless)
    return Behaviour(
        client="libpq",
        host=server.value if server else None,
        port=found["port"].value if "port" in found else None,
        sslmode=mode,
        encryption="never" if socket else encryption(mode.value),
        roots=roots,
        roots_found=there,
        chain="never" if socket else _chain(mode.value, there is not False),
        host_name=mode.value == "verify-full",
        obstacle=None if socket else _BY_KERBEROS if gss else refused or _client_refused(mode.value, found, around),
        rules=tuple(rules),
    )


def _entries(host: Setting | None, address: Setting | None) -> list[tuple[str, str]]:
    """The name and the address of each host, either of which may be empty; libpq tries one after the other."""
    names, numbers = (setting.value.split(",") if setting else [] for setting in (host, address))
    return list(zip_longest(names, numbers, fillvalue="")) or [("", "")]


def _chain(mode: str, roots: bool) -> ChainCheck:
    """Whether the chain is verified: wherever there is a root file, whatever the mode says."""
    if not roots or mode == "disable":
        return "never"
    if mode == "prefer":
        return "unless-it-fails"
    return "if-tls" if mode == "allow" else "always"


def _rules(mode: Setting, roots: Setting, there: bool | None, *, nameless: bool) -> Iterator[str]:
    if mode.origin == "the default":
        yield "libpq-default"
    if roots.origin == "the default":
        yield "libpq-root-default"
    if roots.value == SYSTEM:
        yield from ("libpq-root-system", "libpq-root-system-old")
    with_root = there and mode.value in {"prefer", "require"}
    yield f"libpq-{mode.value}-root" if with_root else f"libpq-{mode.value}"
    if there is False and mode.value.startswith("verify"):
        yield "libpq-root-missing"
    elif there is False and roots.origin != "the default":
        yield "libpq-root-missing-unnoticed"
    if nameless and mode.value == "verify-full":
        yield "libpq-hostaddr"


def _obstacle(mode: str, roots: Setting, there: bool | None, *, nameless: bool) -> str | None:
    if mode not in MODES:
        return f"there is no sslmode {mode}"
    if roots.value == SYSTEM and mode != "verify-full":
        return f"sslrootcert=system is refused with sslmode={mode}"
    if there is False and mode.startswith("verify"):
        return f"the root file {roots.value} is missing"
    if nameless and mode == "verify-full":
        return "hostaddr is set and host is not, so that there is no name to verify"
    return None


def _client_refused(mode: str, found: dict[str, Setting], around: Surroundings) -> str | None:
    """Why the client's own side of TLS does not come about (fe-secure-openssl.c, initialize_SSL; fe-auth.c).

    In the modes that go on without TLS that is what then happens, which they do not exclude anyway.
    """
    if mode == "disable" and "channel_binding" in found and found["channel_binding"].value == "require":
        return "channel_binding=require needs TLS, which sslmode=disable excludes"
    if mode in {"disable", "allow", "prefer"} or ("sslcertmode" in found and found["sslcertmode"].value == "disable"):
        return None
    certificate = found["sslcert"].value if "sslcert" in found else f"{around.home}/.postgresql/postgresql.crt"
    key = found["sslkey"].value if "sslkey" in found else f"{around.home}/.postgresql/postgresql.key"
    if not around.exists(certificate) or ":" in key:  # that one is in the keeping of an engine
        return None
    trouble = around.key_trouble(key)
    return f"the client's certificate {certificate} is there, and its key {key} {trouble}" if trouble else None
