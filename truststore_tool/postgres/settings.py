"""Where a client's TLS settings come from: its connection string, a service file, the environment, its defaults."""

import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from truststore_tool.errors import UsageError
from truststore_tool.nouns import field, noun
from truststore_tool.postgres.conninfo import Conninfo

# The settings that matter here, and the variables that set them (PostgreSQL documentation, Environment Variables).
VARIABLES: Final = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "service": "PGSERVICE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}
ROOT_FILE: Final = ".postgresql/root.crt"
_TRUST_STORE: Final = "-Djavax.net.ssl.trustStore="
_USER_HOME: Final = "-Duser.home="


@noun
class Setting:
    """A value and where it comes from, in words."""

    value: str
    origin: str


@noun
class Surroundings:
    """What a client finds around it: environment variables and a home folder."""

    environment: Mapping[str, str] = field(repr=False)
    home: str

    @classmethod
    def here(cls) -> "Surroundings":
        """Those of this process."""
        return cls(dict(os.environ), str(Path.home()))

    def exists(self, path: str) -> bool:
        """Whether there is such a file. An unreadable folder hides its files, from the client too."""
        return Path(path).exists()

    def jvm_options(self) -> list[str]:
        """Options that reach every JVM started from here (java(1), Using the JDK_JAVA_OPTIONS Launcher
        Environment Variable; JVM TI, JAVA_TOOL_OPTIONS)."""
        text = " ".join(self.environment.get(name, "") for name in ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"))
        try:
            return shlex.split(text)
        except ValueError:
            return text.split()


def for_libpq(given: Conninfo, around: Surroundings) -> dict[str, Setting]:
    """The settings of a libpq client that are set anywhere.

    The connection string comes first, then the service, then the environment. Raises UsageError when a service is
    named and there is none of that name.
    """
    found = {name: Setting(value, f"the environment, {variable}") for name, variable, value in _environment(around)}
    if "sslmode" not in found and around.environment.get("PGREQUIRESSL", "").startswith("1"):
        found["sslmode"] = Setting("require", "the environment, PGREQUIRESSL")
    service = given.options.get("service") or around.environment.get("PGSERVICE")
    if service:
        place, options = _service(service, around)
        found |= {name: Setting(value, f"service {service} in {place}") for name, value in options.items() if value}
    found |= {name: Setting(value, "the connection string") for name, value in given.options.items() if value}
    return {name: setting for name, setting in found.items() if name in VARIABLES}


def _environment(around: Surroundings) -> Iterator[tuple[str, str, str]]:
    for name, variable in VARIABLES.items():
        if value := around.environment.get(variable):
            yield name, variable, value


def _service(name: str, around: Surroundings) -> tuple[str, dict[str, str]]:
    """The file that defines a service, and its settings (PostgreSQL documentation, The Connection Service File)."""
    own = around.environment.get("PGSERVICEFILE") or f"{around.home}/.pg_service.conf"
    # Fixed when libpq is built; this is where Debian has it.
    shared = f"{around.environment.get('PGSYSCONFDIR', '/etc/postgresql-common')}/pg_service.conf"
    for place in (own, shared):
        options = _section(place, name)
        if options is not None:
            return place, options
    raise UsageError(f"there is no service {name!r} in {own} or {shared}", hint="libpq would not connect either")


def _section(place: str, name: str) -> dict[str, str] | None:
    try:
        lines = Path(place).read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    found: dict[str, str] | None = None
    for line in map(str.strip, lines):
        if line.startswith("["):
            if found is not None:
                break
            found = {} if line == f"[{name}]" else None
        elif found is not None and line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found[key] = value
    return found


@noun
class JvmSettings:
    """What a JVM is told from outside: its trust store, if any, and the home folder it takes for the user's."""

    trust_store: Setting | None
    home: str


def for_jvm(around: Surroundings) -> JvmSettings:
    """The settings of every JVM that starts in these surroundings; those on its own command line are not known."""
    store, home = None, around.home
    for option in around.jvm_options():
        if option.startswith(_TRUST_STORE):
            store = Setting(option.removeprefix(_TRUST_STORE), "javax.net.ssl.trustStore in the environment")
        elif option.startswith(_USER_HOME):
            home = option.removeprefix(_USER_HOME)
    return JvmSettings(store, home)
