"""How the PostgreSQL JDBC driver (42.2.5 or later) treats TLS."""

from collections.abc import Iterator, Mapping
from typing import Final

from truststore_tool.nouns import noun
from truststore_tool.postgres.behaviour import MODES, Behaviour, ChainCheck, encryption
from truststore_tool.postgres.settings import ROOT_FILE, JvmSettings, Setting, Surroundings

_PACKAGE: Final = "org.postgresql.ssl."
_VERIFYING: Final = ("verify-ca", "verify-full")

LIBPQ: Final = "LibPQFactory"
BLIND: Final = "NonValidatingFactory"


@noun
class _Trust:
    """What a socket factory looks at: the authorities, whether they are there, and whether the chain is verified."""

    roots: Setting | None
    found: bool | None
    chain: ChainCheck


def behaviour(options: Mapping[str, str], jvm: JvmSettings, around: Surroundings) -> Behaviour:
    """What the driver does with the parameters of a URL, in such a JVM."""
    mode = _mode(options)
    factory = options.get("sslfactory", LIBPQ).removeprefix(_PACKAGE)
    trust = _trust(factory, mode.value, options, jvm, around)
    verifier = bool(options.get("sslhostnameverifier"))
    return Behaviour(
        client="jdbc",
        host=options.get("host"),
        port=options.get("port"),
        sslmode=mode,
        encryption=encryption(mode.value),
        roots=trust.roots,
        roots_found=trust.found,
        chain=trust.chain,
        host_name=mode.value == "verify-full" and not verifier,
        obstacle=_obstacle(mode.value, trust),
        rules=tuple(_rules(mode, factory, trust, options)),
    )


def _mode(options: Mapping[str, str]) -> Setting:
    """The mode in force (org.postgresql.jdbc.SslMode.of)."""
    if "sslmode" in options:
        return Setting(options["sslmode"].lower(), "the URL")
    if options.get("ssl", "false").lower() in {"", "true"}:
        return Setting("verify-full", "ssl=true in the URL")
    return Setting("prefer", "the default")


def _trust(factory: str, mode: str, options: Mapping[str, str], jvm: JvmSettings, around: Surroundings) -> _Trust:
    # A factory that verifies does so in every mode that gets as far as TLS.
    wherever: ChainCheck = "if-tls"
    if mode == "disable":
        wherever = "never"
    elif mode == "require" or mode in _VERIFYING:
        wherever = "always"
    match factory:
        case "LibPQFactory":
            if mode not in _VERIFYING:
                return _Trust(None, None, "never")
            given = options.get("sslrootcert")
            roots = Setting(given, "the URL") if given else Setting(f"{jvm.home}/{ROOT_FILE}", "the default")
            return _Trust(roots, around.exists(roots.value), "always")
        case "DefaultJavaSSLFactory":
            if jvm.trust_store:
                return _Trust(jvm.trust_store, around.exists(jvm.trust_store.value), wherever)
            return _Trust(Setting("the JVM's trust store", "sslfactory"), None, wherever)
        case "SingleCertValidatingFactory":
            return _Trust(Setting(options.get("sslfactoryarg", ""), "sslfactoryarg"), None, wherever)
        case "NonValidatingFactory":
            return _Trust(None, None, "never")
        case _:
            return _Trust(None, None, "unknown")


def _rules(mode: Setting, factory: str, trust: _Trust, options: Mapping[str, str]) -> Iterator[str]:
    if mode.origin != "the URL":
        yield "jdbc-default" if mode.value == "prefer" else "jdbc-ssl"
    if factory != BLIND or mode.value not in _VERIFYING:
        yield f"jdbc-{mode.value}"
    match factory:
        case "LibPQFactory":
            if trust.roots and trust.roots.origin == "the default":
                yield "jdbc-root-default"
            if trust.found is False:
                yield "jdbc-root-missing"
            if trust.roots:
                yield "jdbc-jvm-store-unused"
        case "DefaultJavaSSLFactory":
            yield "jdbc-java-factory"
            if mode.value == "prefer":
                yield "jdbc-java-factory-prefer"
        case "SingleCertValidatingFactory":
            yield "jdbc-single"
        case "NonValidatingFactory":
            yield "jdbc-nonvalidating"
        case _:
            yield "jdbc-custom-factory"
    if options.get("sslhostnameverifier"):
        yield "jdbc-custom-verifier"


def _obstacle(mode: str, trust: _Trust) -> str | None:
    if mode not in MODES:
        return f"there is no sslmode {mode}"
    if trust.roots and trust.found is False:
        return f"{trust.roots.value} is missing"
    return None
