"""Where a client's TLS settings come from: its connection string, a service file, the environment, its defaults."""

import os
import re
import shlex
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from truststore_tool.errors import UsageError
from truststore_tool.nouns import field, noun
from truststore_tool.postgres.conninfo import Conninfo, require_text
from truststore_tool.postgres.keywords import KEYWORDS, SECRETS, check_path, check_together, check_values

ROOT_FILE: Final = ".postgresql/root.crt"
_PLAIN: Final = re.compile(r"[\w.-]{1,64}")  # a name that may be repeated
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
        with suppress(OSError, ValueError):  # where we may not look, or no name can be so long
            return Path(path).exists()
        return False

    def key_trouble(self, path: str) -> str | None:
        """Why libpq does not use such a file as a private key, None if it does (fe-secure-openssl.c)."""
        try:
            found = Path(path).stat()
        except (OSError, ValueError):
            return "is missing"
        if not stat.S_ISREG(found.st_mode):
            return "is no file"
        # Root's may be readable for a group, as where the system keeps keys for it.
        others = stat.S_IWGRP | stat.S_IXGRP | stat.S_IRWXO if found.st_uid == 0 else stat.S_IRWXG | stat.S_IRWXO
        return "may be used by others (chmod 600)" if found.st_mode & others else None

    def jvm_options(self) -> list[str]:
        """Options that reach every JVM started from here (java(1), Using the JDK_JAVA_OPTIONS Launcher
        Environment Variable; JVM TI, JAVA_TOOL_OPTIONS)."""
        text = " ".join(self.environment.get(name, "") for name in ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"))
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
    found |= {name: Setting(value, "the connection string") for name, value in given.options.items()}
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
    """What a JVM is told from outside: its trust store, if any, and the home folder it takes for the user's."""

    trust_store: Setting | None
    home: str


def for_jvm(around: Surroundings) -> JvmSettings:
    """The settings of every JVM that starts in these surroundings; those on its own command line are not known."""
    store, home = None, around.home
    for option in around.jvm_options():
        if option.startswith(_TRUST_STORE):
            store = Setting(option.removeprefix(_TRUST_STORE), "javax.net.ssl.trustStore in the environment")
            check_path(store.value, "javax.net.ssl.trustStore")
        elif option.startswith(_USER_HOME):
            home = option.removeprefix(_USER_HOME)
            check_path(home, "user.home")
    return JvmSettings(store, home)
