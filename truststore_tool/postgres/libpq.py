"""How libpq, and so psql, psycopg, pgAdmin and many others, treats TLS."""

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Final

from truststore_tool.nouns import noun
from truststore_tool.postgres import material, revocation
from truststore_tool.postgres.behaviour import DIRECT, MODES, Behaviour, ChainCheck, Encryption, encryption
from truststore_tool.postgres.change import FILE, NAME, Change
from truststore_tool.postgres.material import Authorities
from truststore_tool.postgres.revocation import Lists
from truststore_tool.postgres.settings import ROOT_FILE, Setting, Surroundings

SYSTEM: Final = "system"
_BY_SYSTEM: Final = "the default with sslrootcert=system"
_GOES_ON: Final = frozenset({"disable", "allow", "prefer"})
_BY_KERBEROS: Final = "gssencmode=require asks for encryption by Kerberos, in which TLS and certificates have no part"
_OLD_VERSIONS: Final = frozenset({"tlsv1", "tlsv1.1"})


@noun
class _State:
    """What is set and what is found where, before it is known what comes of it."""

    settings: Mapping[str, Setting]
    mode: Setting
    roots: Setting
    authorities: Authorities
    socket: bool
    nameless: bool
    own_trouble: str | None
    own_doubt: str | None
    lists: Lists | None

    def value(self, keyword: str) -> str | None:
        """The value of a parameter that is set."""
        return self.settings[keyword].value if keyword in self.settings else None

    @property
    def counting(self) -> Lists | None:
        """The revocation lists, where they are looked at."""
        beside = self.roots.value != SYSTEM and self.authorities.is_usable
        return self.lists if beside and self.mode.value != "disable" else None

    @property
    def verifies(self) -> bool:
        """Whether the chain is verified where there is TLS: wherever there is a root file, whatever the mode says."""
        return self.authorities.found is not False and self.mode.value != "disable"


def behaviour(found: Mapping[str, Setting], around: Surroundings) -> Behaviour:
    """What libpq does with these settings (`settings.for_libpq`)."""
    state = _state(found, around)
    server = found.get("host") or found.get("hostaddr")
    obstacle, hindrance = (None, None) if state.socket else _hindrances(state)
    never = state.socket or hindrance
    return Behaviour(
        client="libpq",
        host=server.value if server else None,
        port=state.value("port"),
        sslmode=state.mode,
        encryption="never" if never else _encryption(state),
        roots=state.roots,
        roots_found=state.authorities.found,
        chain="never" if never else _chain(state),
        host_name=state.mode.value == "verify-full",
        obstacle=obstacle,
        hindrance=hindrance,
        doubts=() if state.socket else tuple(_doubts(state)),
        change=None if state.socket else _change(state),
        rules=("libpq-socket",) if state.socket else tuple(_rules(state, around, hindered=hindrance is not None)),
        local=state.socket,
    )


def _state(found: Mapping[str, Setting], around: Surroundings) -> _State:
    roots = found.get("sslrootcert") or Setting(f"{around.home}/{ROOT_FILE}", "the default")
    system = roots.value == SYSTEM
    default = Setting("verify-full", _BY_SYSTEM) if system else Setting("prefer", "the default")
    mode = found.get("sslmode") or default
    entries = _entries(found.get("host"), found.get("hostaddr"))
    trouble, doubt = None, None
    if not ("sslcertmode" in found and found["sslcertmode"].value == "disable"):
        certificate, key, password = (
            found[name].value if name in found else default
            for name, default in (
                ("sslcert", f"{around.home}/.postgresql/postgresql.crt"),
                ("sslkey", f"{around.home}/.postgresql/postgresql.key"),
                ("sslpassword", ""),
            )
        )
        trouble, doubt = material.client_trouble(certificate, key, password)
    authorities = _of_system(around) if system else material.root_file(roots.value, "libpq")
    return _State(
        settings=found,
        mode=mode,
        roots=roots,
        authorities=authorities,
        socket=all(not number and (not name or name.startswith(("/", "@"))) for name, number in entries),
        nameless=any(number and (not name or name.startswith(("/", "@"))) for name, number in entries),
        own_trouble=trouble,
        own_doubt=doubt,
        lists=_lists(found, None if system or not authorities.is_usable else roots.value, around),
    )


def _lists(found: Mapping[str, Setting], roots: str | None, around: Surroundings) -> Lists | None:
    file, folder = (found[name].value if name in found else None for name in ("sslcrl", "sslcrldir"))
    return revocation.lists(file, folder, f"{around.home}/.postgresql/root.crl", roots)


def _entries(host: Setting | None, address: Setting | None) -> list[tuple[str, str]]:
    """The name and the address of each host, either of which may be empty; libpq tries one after the other."""
    names, numbers = (setting.value.split(",") if setting else [] for setting in (host, address))
    return list(zip_longest(names, numbers, fillvalue="")) or [("", "")]


def _of_system(around: Surroundings) -> Authorities:
    """What OpenSSL finds by itself: a file and a directory, either of which may be missing (X509_get_default_cert_*).

    Where both are named there is nothing else; where OpenSSL was built to look is not known.
    """
    file, folder = (around.environment.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"))
    if file is None or folder is None:
        return material.UNKNOWN
    of_file = material.root_file(file, "libpq")
    if of_file.found and not of_file.trouble:
        return of_file
    of_folder = material.directories(folder.split(":"))
    if of_folder.found and not of_folder.trouble:
        return of_folder
    return Authorities(True, f"neither SSL_CERT_FILE={file} nor SSL_CERT_DIR={folder} holds an authority")


def _hindrances(state: _State) -> tuple[str | None, str | None]:
    """Why it does not connect; or else why TLS does not come about, so that it goes on without."""
    mode = state.mode.value
    if mode not in MODES:
        return f"there is no sslmode {mode}", None
    if state.value("gssencmode") == "require":
        return _BY_KERBEROS, None
    if state.roots.value == SYSTEM and mode != "verify-full":
        return f"sslrootcert=system is refused with sslmode={mode}", None
    if state.authorities.found is False and mode.startswith("verify"):
        return f"the root file {state.roots.value} is missing", None
    if state.nameless and mode == "verify-full":
        return "hostaddr is set and host names no server, so that there is no name to verify", None
    binding = state.value("channel_binding") == "require"
    if mode == "disable":
        demands = [name for name in ("channel_binding", "sslcertmode") if state.value(name) == "require"]
        return (f"{demands[0]}=require needs TLS, which sslmode=disable excludes" if demands else None), None
    trouble = state.authorities.trouble or state.own_trouble or (state.counting.trouble if state.counting else None)
    if trouble and (mode not in _GOES_ON or binding):
        return trouble, None
    return None, trouble


def _encryption(state: _State) -> Encryption:
    if state.mode.value == "prefer" and state.value("channel_binding") == "require":
        return "always"
    return encryption(state.mode.value)


def _chain(state: _State) -> ChainCheck:
    if not state.verifies:
        return "never"
    match state.mode.value:
        case "prefer":
            return "always" if state.value("channel_binding") == "require" else "unless-it-fails"
        case "allow":
            return "if-tls"
        case _:
            return "always"


def _doubts(state: _State) -> Iterator[str]:
    if state.mode.value == "disable":
        return
    if state.authorities.doubt:
        yield state.authorities.doubt
    if state.own_doubt:
        yield state.own_doubt
    if state.counting and state.counting.doubt:
        yield state.counting.doubt
    if state.value("sslnegotiation") == "direct":
        yield DIRECT
    if state.value("sslcertmode") == "require":
        yield "whether the server asks for a client's certificate, without which sslcertmode=require does not connect"
    if (state.value("ssl_max_protocol_version") or "").lower() in _OLD_VERSIONS:
        yield "whether OpenSSL and the server still speak a TLS as old as ssl_max_protocol_version"
    if state.value("channel_binding") == "require" and state.mode.value in {"allow", "prefer"}:
        yield "whether the server lets it log in as channel_binding=require demands"


def _rules(state: _State, around: Surroundings, *, hindered: bool) -> Iterator[str]:
    mode, roots, there = state.mode, state.roots, state.authorities.found
    if mode.origin == "the default":
        yield "libpq-default"
    if roots.origin == "the default":
        yield "libpq-root-default"
    if roots.value == SYSTEM:
        yield from ("libpq-root-system", "libpq-root-system-old")
        if {"SSL_CERT_FILE", "SSL_CERT_DIR"} & around.environment.keys():
            yield "libpq-root-system-environment"
    with_root = there and mode.value in {"prefer", "require"}
    yield f"libpq-{mode.value}-root" if with_root else f"libpq-{mode.value}"
    if there is False and mode.value.startswith("verify"):
        yield "libpq-root-missing"
    elif there is False and roots.origin != "the default":
        yield "libpq-root-missing-unnoticed"
    elif state.verifies and state.authorities.trouble:
        yield "libpq-root-unusable"
    if hindered:
        yield "libpq-no-tls"
    if state.nameless and mode.value == "verify-full":
        yield "libpq-hostaddr"
    if lists := state.counting:
        yield f"libpq-crl-{lists.ignored or 'wanted'}"
    elif state.value("sslcrl") or state.value("sslcrldir"):
        yield "libpq-crl-unused"
    if state.value("sslnegotiation") == "direct":
        yield "libpq-direct"
    if state.value("channel_binding") == "require":
        yield "libpq-channel-binding"


def _change(state: _State) -> Change | None:
    """What leads to a connection that is verified."""
    settings: dict[str, str] = {}
    mend = None
    missing = state.authorities.found is False
    put = state.roots.value if missing and state.mode.value.startswith("verify") else None
    replaced = not put and (missing or state.authorities.trouble or state.authorities.doubt)
    if state.nameless:
        settings["host"] = NAME
    old = (
        state.roots.value == SYSTEM
        and state.mode.origin != "the connection string"
        and state.authorities.trouble is None
    )
    if state.mode.value != "verify-full" or old or (replaced and state.mode.origin == _BY_SYSTEM):
        settings["sslmode"] = "verify-full"
    if replaced:
        settings["sslrootcert"] = FILE
    if state.value("gssencmode") == "require":
        settings["gssencmode"] = "disable"
    if (state.value("ssl_max_protocol_version") or "").lower() in _OLD_VERSIONS:
        settings["ssl_max_protocol_version"] = "TLSv1.3"
    lists = state.lists
    if lists and not lists.ignored and (lists.trouble or replaced or put):
        mend = f"see that valid revocation lists of every authority above the server's certificate are at {lists.place}"
    if state.own_trouble:
        mend = f"see to the client's own certificate: {state.own_trouble}"
    why = "libpq before version 16 then refuses instead of verifying nobody" if old else None
    alias = state.mode.origin.removeprefix("the connection string, ")
    drop = (alias,) if alias in {"requiressl", "ssl"} and "sslmode" in settings else ()
    if not (settings or put or mend):
        return None
    return Change(settings, drop, put, mend, why)
