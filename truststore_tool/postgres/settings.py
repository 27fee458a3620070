"""Where a client's TLS settings come from: its connection string, a service file, the environment, its defaults."""

import os
import re
import shlex
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from truststore_tool.errors import UsageError
from truststore_tool.nouns import field, noun
from truststore_tool.postgres.conninfo import Conninfo, require_text
from truststore_tool.postgres.jdbc_url import PARAMETER_NAMES, SERVICE_PARAMETERS
from truststore_tool.postgres.keywords import KEYWORDS, SECRETS, check_path, check_together, check_values, refuse_more

ROOT_FILE: Final = ".postgresql/root.crt"
_PLAIN: Final = re.compile(r"[\w.-]{1,64}")  # a name that may be repeated
# Properties that bear on TLS (JSSE Reference Guide, Customizing JSSE; PKI Programmers Guide), and options by which
# others come in.
_BEARING_ON_TLS: Final = (
    "jdk.tls.", "jdk.security.", "jdk.internal.tls", "jdk.certpath", "com.sun.net.ssl.", "com.sun.security.",
    "sun.security.", "java.security.", "jsse.", "ocsp.", "org.postgresql.",
)  # fmt: skip
_INTRUDING: Final = (
    "@",
    "-javaagent",
    "-agent",
    "-Xbootclasspath",
    "-XX:Flags",
    "-XX:VMOptionsFile",
    "-classpath",
    "-cp",
    "--",
)
_TRUST_STORE: Final = "javax.net.ssl.trustStore"


@noun
class Setting:
    """A value and where it comes from, in words."""

    value: str
    origin: str


@noun
class Surroundings:
    """What a client finds around it.

    Attributes:
        environment: its variables.
        home: the home folder, as HOME or else the user database has it.
        account_home: as the user database has it, which a JVM goes by; None where that is the same.
    """

    environment: Mapping[str, str] = field(repr=False)
    home: str
    account_home: str | None = None

    @classmethod
    def here(cls) -> "Surroundings":
        """Those of this process."""
        import pwd

        try:
            account = pwd.getpwuid(os.getuid()).pw_dir
        except KeyError:
            account = "?"  # which is what a JVM makes of it
        return cls(dict(os.environ), str(Path.home()), account)

    def exists(self, path: str) -> bool:
        """Whether there is such a file. An unreadable folder hides its files, from the client too."""
        with suppress(OSError, ValueError):  # where we may not look, or no name can be so long
            return os.path.exists(path)  # noqa: PTH110 -- a Path has no / at its end, by which a file is none
        return False

    def jvm_options(self) -> list[str]:
        """Options that reach every JVM started from here, the last ones in force (java(1), Using the JDK_JAVA_OPTIONS
        Launcher Environment Variable; JVM TI, JAVA_TOOL_OPTIONS; HotSpot, _JAVA_OPTIONS)."""
        names = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")
        text = " ".join(self.environment.get(name, "") for name in names)
        try:
            return shlex.split(text)
        except ValueError:
            return text.split()


def for_libpq(given: Conninfo, around: Surroundings) -> dict[str, Setting]:
    """The settings of a libpq client that are set anywhere, but for its secrets; those set to nothing are missing.

    The connection string comes first, then the service, then the environment. Raises UsageError for what libpq refuses
    before it connects: a service that is named and not found, values that it does not know.
    """
    found = {}
    for keyword, variable in KEYWORDS.items():
        if variable in around.environment and keyword not in SECRETS:
            require_text(around.environment[variable], variable)
            found[keyword] = Setting(around.environment[variable], f"the environment, {variable}")
    if "sslmode" not in found and around.environment.get("PGREQUIRESSL", "").startswith("1"):
        found["sslmode"] = Setting("require", "the environment, PGREQUIRESSL")
    service = given.options.get("service", around.environment.get("PGSERVICE"))
    if service is not None:
        place, options = _service(service, around)
        called = f"service {service}" if _PLAIN.fullmatch(service) else "the service"
        found |= {name: Setting(value, f"{called} in {place}") for name, value in options.items()}
    for name, value in given.options.items():
        alias = given.aliases.get(name)
        found[name] = Setting(value, f"the connection string, {alias}" if alias else "the connection string")
    values = {name: setting.value for name, setting in found.items() if name not in SECRETS}
    check_values(values)
    check_together(values)
    return {name: setting for name, setting in found.items() if values.get(name)}


def _service(name: str, around: Surroundings) -> tuple[str, dict[str, str]]:
    """The file that defines a service, and its settings (PostgreSQL documentation, The Connection Service File)."""
    named = around.environment.get("PGSERVICEFILE")
    own = named if named is not None else f"{around.home}/.pg_service.conf"
    # Fixed when libpq is built; this is where Debian has it.
    shared = f"{around.environment.get('PGSYSCONFDIR', '/etc/postgresql-common')}/pg_service.conf"
    if named is not None:
        require_text(named, "PGSERVICEFILE")
        check_path(named, "PGSERVICEFILE")
    for place in (own, shared):
        options = _section(place, name, required=place is named)
        if options is not None:
            return place, options
    called = repr(name) if _PLAIN.fullmatch(name) else "of that name"
    raise UsageError(f"there is no service {called} in {own} or {shared}", hint="libpq would not connect either")


def _section(place: str, name: str, *, required: bool) -> dict[str, str] | None:
    """The settings of a service in a file, None when it is not there (fe-connect.c, parseServiceFile)."""
    try:
        lines = Path(place).read_bytes().decode("utf-8", "surrogateescape").split("\n")
    except (OSError, ValueError) as exc:
        if required:
            raise UsageError(
                f"the service file {place} cannot be read",
                hint="without it libpq does not connect; unset PGSERVICEFILE",
            ) from exc
        return None
    found: dict[str, str] | None = None
    for number, line in enumerate((line.strip(" \t\n\v\f\r") for line in lines), 1):
        if line.startswith("["):
            if found is not None:
                break
            found = {} if line[1:].startswith(f"{name}]") else None
        elif found is not None and line and not line.startswith("#"):
            require_text(line, f"line {number} of the service file {place}")
            key, equals, value = line.partition("=")
            if not equals or key not in KEYWORDS or key == "service":
                raise UsageError(
                    f"libpq refuses line {number} of the service file {place}",
                    hint="each line is keyword=value, without blanks, with a keyword of libpq's but service",
                )
            found.setdefault(key, value)
    return found


@noun
class JvmSettings:
    """What a JVM is told from outside.

    Attributes:
        trust_store, password: of its trust store, if one is named.
        home: the folder that it takes for the user's.
        doubt: what else about the JVM's default for TLS is set, and is not judged.
        unknown: options that may change what TLS takes, whoever asks for it.
    """

    trust_store: Setting | None
    home: str
    password: str | None = field(default=None, repr=False)
    doubt: str | None = None
    unknown: tuple[str, ...] = ()


def for_jvm(around: Surroundings) -> JvmSettings:
    """The settings of every JVM that starts in these surroundings; those on its own command line are not known."""
    given = {}
    unknown = []
    for option in around.jvm_options():
        if option.startswith("-D"):
            name, _, value = option[2:].partition("=")
            given[name] = value
        elif option.startswith(_INTRUDING):
            unknown.append(f"a JVM option that begins with {next(filter(option.startswith, _INTRUDING))}")
    for name in (_TRUST_STORE, "user.home"):
        check_path(given.get(name, ""), name)
    store = given.get(_TRUST_STORE)
    kinds = (f"{_TRUST_STORE}Type", f"{_TRUST_STORE}Provider")
    odd = next((name for name in kinds if _is_odd(given.get(name))), None)
    odd = odd or next((name for name in given if name.startswith("javax.net.ssl.keyStore")), None)
    unknown += [name for name in given if name.startswith(_BEARING_ON_TLS) and _PLAIN.fullmatch(name)]
    return JvmSettings(
        Setting(store, f"{_TRUST_STORE} in the environment") if store else None,
        given.get("user.home") or around.account_home or around.home,
        given.get(f"{_TRUST_STORE}Password") or None,
        f"what {odd} makes of the JVM's default" if odd else None,
        tuple(unknown),
    )


def _is_odd(kind: str | None) -> bool:
    """Whether a type of key store is neither of those that a JVM reads under either name (keystore.type.compat)."""
    return bool(kind) and str(kind).lower() not in {"jks", "pkcs12"}


def for_jdbc(given: Conninfo, jvm: JvmSettings, around: Surroundings) -> dict[str, Setting]:
    """The settings of the JDBC driver: those of the URL, then those of the service that it names.

    Raises UsageError for a service by which the driver does not connect (org.postgresql.jdbcurlresolver).
    """
    found = {name: Setting(value, "the URL") for name, value in given.options.items()}
    name = given.options.get("service")
    if name is None:
        return found
    places = (around.environment.get("PGSERVICEFILE", "").strip(), f"{jvm.home}/.pg_service.conf")
    shared = around.environment.get("PGSYSCONFDIR", "").strip()
    place = places[0] or (places[1] if around.exists(places[1]) else f"{shared}/pg_service.conf" if shared else "")
    called = repr(name) if _PLAIN.fullmatch(name) else "of that name"
    options = None
    if place:
        check_path(place, "the service file")
        options = service_of_jdbc(place, name)
    if options is None:
        where = place or f"{places[1]}, and PGSERVICEFILE and PGSYSCONFDIR are not set"
        raise UsageError(f"there is no service {called} in {where}", hint="the JDBC driver would not connect either")
    for key, value in options.items():
        refuse_more("a parameter of the service", "" if key in SECRETS else value)
    return {key: Setting(value, f"service {called} in {place}") for key, value in options.items()} | found


def service_of_jdbc(place: str, name: str) -> dict[str, str] | None:
    """The settings of a service in a file, as the JDBC driver reads it (PgServiceConfParser); None without one."""
    try:
        lines = Path(place).read_bytes().decode("utf-8", "replace").splitlines()
    except (OSError, ValueError) as exc:
        raise UsageError(f"the service file {place} cannot be read", hint="the JDBC driver does not connect") from exc
    found: dict[str, str] | None = None
    for number, line in enumerate((line.strip() for line in lines), 1):
        if not line or line.startswith("#"):
            continue
        if line.startswith("[") and line.endswith("]"):
            if found is not None:
                break
            found = {} if line[1:-1] == name else None
        elif found is not None:
            key, _, value = line.partition("=")
            if len(key) < 2 or "=" not in line or key not in SERVICE_PARAMETERS:
                raise UsageError(
                    f"the JDBC driver refuses line {number} of the service file {place}",
                    hint="each line is name=value, without blanks, with a parameter of the driver's but service",
                )
            if value:
                found.setdefault(PARAMETER_NAMES.get(key, key), value)
    return found
