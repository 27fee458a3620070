"""How the PostgreSQL JDBC driver (42.2.5 or later) treats TLS."""

from collections.abc import Iterator, Mapping
from typing import Final

from truststore_tool.nouns import noun
from truststore_tool.postgres import jdbc_url, material
from truststore_tool.postgres.behaviour import Behaviour, ChainCheck, encryption
from truststore_tool.postgres.change import FILE, Change
from truststore_tool.postgres.jdbc_url import NEWER
from truststore_tool.postgres.keywords import shown_class
from truststore_tool.postgres.material import Authorities
from truststore_tool.postgres.settings import ROOT_FILE, JvmSettings, Setting, Surroundings

_PACKAGE: Final = "org.postgresql.ssl."
_VERIFYING: Final = ("verify-ca", "verify-full")
_ALWAYS: Final = ("require", *_VERIFYING)

LIBPQ: Final = "LibPQFactory"
JAVA: Final = "DefaultJavaSSLFactory"
SINGLE: Final = "SingleCertValidatingFactory"
BLIND: Final = "NonValidatingFactory"
_FACTORIES: Final = (LIBPQ, JAVA, SINGLE, BLIND)
# Other names of the normal one (org.postgresql.core.SocketFactoryFactory), and of the normal verifier.
_NORMAL: Final = frozenset({f"{_PACKAGE}{LIBPQ}", f"{_PACKAGE}jdbc4.{LIBPQ}"})
_NORMAL_VERIFIER: Final = f"{_PACKAGE}PGjdbcHostnameVerifier"
_OTHER: Final = "other"
_ABSENT: Final = "absent"


@noun
class _Trust:
    """What a socket factory looks at: the authorities, what is there, and whether the chain is verified."""

    roots: Setting | None
    authorities: Authorities
    chain: ChainCheck


def behaviour(options: Mapping[str, Setting], jvm: JvmSettings, around: Surroundings) -> Behaviour:
    """What the driver does with these settings (`settings.for_jdbc`), in such a JVM. Raises UsageError for bad ones."""
    jdbc_url.check_mode(options["sslmode"].value if "sslmode" in options else None)
    mode = _mode(options)
    factory = _factory(options)
    trust = _trust(factory, mode.value, options, jvm, around)
    host, port = options.get("host"), options.get("port")
    trouble = _trouble(mode.value, factory, trust, options)
    kerberos = _value(options, "gssEncMode").lower() == "require"
    return Behaviour(
        client="jdbc",
        host=host.value if host else None,
        port=port.value if port else None,
        sslmode=mode,
        encryption=encryption(mode.value),
        roots=trust.roots,
        roots_found=trust.authorities.found,
        chain=trust.chain,
        host_name=mode.value == "verify-full" and _verifier(options) is None,
        obstacle=_BY_KERBEROS if kerberos else trouble if mode.value in _ALWAYS else None,
        hindrance=None if mode.value in _ALWAYS or kerberos else trouble,
        doubts=tuple(_doubts(mode.value, factory, trust, options, jvm)),
        change=_change(mode.value, factory, trust, options),
        rules=tuple(_rules(mode, factory, trust, options)),
    )


_BY_KERBEROS: Final = "gssEncMode=require asks for encryption by Kerberos, in which TLS and certificates have no part"


def _value(options: Mapping[str, Setting], key: str) -> str:
    return options[key].value if key in options else ""


def _mode(options: Mapping[str, Setting]) -> Setting:
    """The mode in force (org.postgresql.jdbc.SslMode.of)."""
    if "sslmode" in options:
        return Setting(options["sslmode"].value.lower(), options["sslmode"].origin)
    if "ssl" in options and options["ssl"].value.lower() in {"", "true"}:
        return Setting("verify-full", f"ssl=true in {options['ssl'].origin}")
    return Setting("prefer", "the default")


def _factory(options: Mapping[str, Setting]) -> str:
    """Which factory is instantiated: one of `_FACTORIES`, another, or none, as there is no class of that name."""
    if "sslfactory" not in options or options["sslfactory"].value in _NORMAL:
        return LIBPQ
    name = options["sslfactory"].value
    if name in {f"{_PACKAGE}{known}" for known in _FACTORIES}:
        return name.removeprefix(_PACKAGE)
    return _ABSENT if not name or name in _FACTORIES or name == "NonValidatingSSLFactory" else _OTHER


def _verifier(options: Mapping[str, Setting]) -> str | None:
    """The verifier of host names that takes the place of the driver's own."""
    name = options["sslhostnameverifier"].value if "sslhostnameverifier" in options else None
    return None if name == _NORMAL_VERIFIER else name


def _trust(factory: str, mode: str, options: Mapping[str, Setting], jvm: JvmSettings, around: Surroundings) -> _Trust:
    # A factory that verifies does so in every mode that gets as far as TLS.
    wherever: ChainCheck = "never" if mode == "disable" else "always" if mode in _ALWAYS else "if-tls"
    match factory:
        case "LibPQFactory":
            if mode not in _VERIFYING:
                return _Trust(None, material.UNKNOWN, "never")
            roots = options.get("sslrootcert") or Setting(f"{jvm.home}/{ROOT_FILE}", "the default")
            return _Trust(roots, material.root_file(roots.value, "pgjdbc"), "always")
        case "DefaultJavaSSLFactory":
            store = jvm.trust_store
            if store is None:
                return _Trust(Setting("the JVM's trust store", "sslfactory"), material.UNKNOWN, wherever)
            return _Trust(store, material.trust_store(store.value, jvm.password), wherever)
        case "SingleCertValidatingFactory":
            text = _value(options, "sslfactoryarg")
            return _Trust(Setting(text, "sslfactoryarg"), _single(text, around), wherever)
        case "NonValidatingFactory":
            return _Trust(None, material.UNKNOWN, "never")
        case _:
            return _Trust(None, material.UNKNOWN, "never" if mode == "disable" else "unknown")


def _single(text: str, around: Surroundings) -> Authorities:
    """The certificate that sslfactoryarg of SingleCertValidatingFactory names."""
    kind, _, rest = text.partition(":")
    if kind == "file" and rest:
        return material.single_certificate(rest)
    if kind == "env" and rest:
        content = around.environment.get(rest)
        if content is None:
            return Authorities(True, f"the variable {rest} that sslfactoryarg names is not set")
        return material.certificate_in(content.encode("utf-8", "surrogateescape"), f"the variable {rest}")
    if text.startswith("-----BEGIN CERTIFICATE-----"):
        return material.certificate_in(text.encode(), "sslfactoryarg")
    if kind in {"classpath", "sysprop"} and rest:
        return Authorities(None, doubt=f"what the JVM finds under {kind}:")
    return Authorities(True, f"{SINGLE} needs sslfactoryarg=file:PATH, or the like")


def _trouble(mode: str, factory: str, trust: _Trust, options: Mapping[str, Setting]) -> str | None:
    """Why TLS does not come about."""
    if mode == "disable":
        return None
    if factory == _ABSENT:
        return f"there is no such class as sslfactory names; the driver's own begin with {_PACKAGE}"
    if factory == LIBPQ and trust.authorities.found is False and trust.roots:
        return f"{trust.roots.value} is missing"
    if factory == SINGLE and trust.authorities.found is False:
        return "the file that sslfactoryarg names is missing"
    if mode == "verify-full" and (verifier := _verifier(options)) is not None and "." not in verifier:
        return "there is no such class as sslhostnameverifier names"
    if mode == "verify-full" and "host" in options and not options["host"].value:
        return "the URL names no host, so that there is no name to verify"
    if factory == JAVA and _falls_back(trust):
        return None
    return trust.authorities.trouble


def _falls_back(trust: _Trust) -> bool:
    """Whether the JVM passes over the store that it was told of (sun.security.ssl.TrustStoreManager)."""
    return trust.authorities.found is False


def _doubts(mode: str, factory: str, trust: _Trust, options: Mapping[str, Setting], jvm: JvmSettings) -> Iterator[str]:
    if "socketFactory" in options:
        yield f"what socketFactory={shown_class(options['socketFactory'].value)} does on the way to the server"
    values = {name: setting.value for name, setting in options.items()}
    yield from (f"whether the driver takes the value of {name}" for name in jdbc_url.untaken(values))
    if mode == "disable":
        return
    if trust.authorities.doubt:
        yield trust.authorities.doubt
    if factory == JAVA and _falls_back(trust) and trust.roots:
        yield f"{trust.roots.value} is missing or no file, and the JVM then takes its own cacerts: what is in them"
    if factory == JAVA and jvm.doubt:
        yield jvm.doubt
    yield from (f"what {name} changes in TLS" for name in jvm.unknown)
    yield from (f"what {name} does in releases of the driver that know it" for name in sorted(NEWER & options.keys()))
    if factory == _OTHER:
        yield f"what sslfactory={shown_class(options['sslfactory'].value)} verifies, if there is such a class"
    if mode == "verify-full" and (verifier := _verifier(options)) is not None:
        yield f"what sslhostnameverifier={shown_class(verifier)} verifies, if there is such a class"
    if factory == LIBPQ and "sslpasswordcallback" in options:
        callback = shown_class(options["sslpasswordcallback"].value)
        yield f"whether there is a class {callback}, without which there is no TLS"


def _change(mode: str, factory: str, trust: _Trust, options: Mapping[str, Setting]) -> Change | None:
    settings, drop, put = {}, [], None
    usable = factory in {LIBPQ, JAVA, SINGLE} and not (trust.authorities.trouble or trust.authorities.doubt)
    usable = usable and not (trust.authorities.found is False or "socketFactory" in options)
    if not usable or (factory == LIBPQ and mode not in _VERIFYING):
        drop += [key for key in ("sslfactory", "sslfactoryarg", "socketFactory") if _in_url(options, key)]
        if factory != LIBPQ and "sslfactory" not in drop and "sslfactory" in options:
            settings["sslfactory"] = f"{_PACKAGE}{LIBPQ}"
        if factory == LIBPQ and mode in _VERIFYING and trust.authorities.found is False and trust.roots:
            put = trust.roots.value
        else:
            settings["sslrootcert"] = FILE
    if mode != "verify-full":
        settings = {"sslmode": "verify-full", **settings}
    if _verifier(options) is not None:
        if _in_url(options, "sslhostnameverifier"):
            drop.append("sslhostnameverifier")
        else:
            settings["sslhostnameverifier"] = _NORMAL_VERIFIER
    if _value(options, "gssEncMode").lower() == "require":
        settings["gssEncMode"] = "disable"
    if "sslpasswordcallback" in options:
        drop.append("sslpasswordcallback")
    nameless = "host" in options and not options["host"].value
    mend = "name the server in the URL, as in jdbc:postgresql://db.example.com/app" if nameless else None
    return Change(settings, tuple(drop), put, mend) if settings or drop or put or mend else None


def _in_url(options: Mapping[str, Setting], key: str) -> bool:
    return key in options and options[key].origin == "the URL"


def _rules(mode: Setting, factory: str, trust: _Trust, options: Mapping[str, Setting]) -> Iterator[str]:
    if mode.origin == "the default":
        yield "jdbc-default"
    elif "sslmode" not in options:
        yield "jdbc-ssl"
    if any(jdbc_url.slips(key for key, setting in options.items() if setting.origin == "the URL")):
        yield "jdbc-ignored"
    if factory != BLIND or mode.value not in _VERIFYING:
        yield f"jdbc-{mode.value}"
    match factory:
        case "LibPQFactory":
            if trust.roots and trust.roots.origin == "the default":
                yield "jdbc-root-default"
            if trust.authorities.found is False:
                yield "jdbc-root-missing"
            elif trust.authorities.trouble:
                yield "jdbc-root-unusable"
            if trust.roots:
                yield "jdbc-jvm-store-unused"
        case "DefaultJavaSSLFactory":
            yield "jdbc-java-factory"
            if mode.value == "prefer":
                yield "jdbc-java-factory-prefer"
            if mode.value != "disable" and _falls_back(trust):
                yield "jdbc-java-store-missing"
        case "SingleCertValidatingFactory":
            yield "jdbc-single"
        case "NonValidatingFactory":
            yield "jdbc-nonvalidating"
        case "absent":
            yield "jdbc-no-such-class"
        case _:
            yield "jdbc-custom-factory"
    if _verifier(options) is not None:
        yield "jdbc-custom-verifier"
    if "socketFactory" in options:
        yield "jdbc-socket-factory"
