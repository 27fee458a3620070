"""The real clients: psql, psycopg and the JDBC driver in a JVM."""

import base64
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.realtools import HERE, find, jdk_homes, missing, node_package, run

_DRIVERS = ("/usr/share/java/postgresql.jar",)

# What a client must not find in the environment or the home folder of the person who runs the tests.
_BARE = {name: value for name, value in os.environ.items() if not name.startswith("PG")}


@dataclass(frozen=True)
class Psql:
    """How a run of psql ended."""

    code: int
    out: str
    err: str

    @property
    def tls(self) -> bool:
        """Whether it was connected by TLS; asks nothing unless it was connected."""
        assert self.code == 0, self.err
        return self.out.strip() == "t"


ASK = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"


def psql(dsn: str, home: Path, env: Mapping[str, str] | None = None) -> Psql:
    """Connect with psql and ask the server whether by TLS; `home` is where it looks for ~/.postgresql."""
    done = subprocess.run(
        [find("psql"), "-w", "-X", "-A", "-t", "-c", ASK, dsn],
        capture_output=True,
        text=True,
        # libpq takes the home folder from HOME since version 15, from the user database before.
        env={**_BARE, "HOME": str(home), "LC_ALL": "C", "PGCONNECT_TIMEOUT": "10", **(env or {})},
        timeout=300,
    )
    return Psql(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True)
class Jvm:
    """A JVM with the JDBC driver."""

    java: Path
    classpath: str

    def ask(self, *requests: Sequence[str | Path], options: Sequence[str] = (), home: Path | None = None) -> list[str]:
        """The answers of one JVM to these requests of PgClient.java; `home` is where the driver looks for its files."""
        text = "".join("\t".join(_encoded(word) for word in request) + "\n" for request in requests)
        place = [f"-Duser.home={home}"] if home else []
        command = [str(self.java), "-Xshare:auto", "-XX:TieredStopAtLevel=1", *place, *options, "-cp", self.classpath]
        answers = run(*command, "PgClient", stdin=text.encode()).decode().splitlines()
        assert len(answers) == len(requests)
        return answers

    def start(self, options: Sequence[str] = ()) -> "Asked":
        """A JVM that stays, to be asked one request after the other."""
        command = [str(self.java), "-Xshare:auto", "-XX:TieredStopAtLevel=1", *options, "-cp", self.classpath]
        return Asked(subprocess.Popen([*command, "PgClient"], stdin=subprocess.PIPE, stdout=subprocess.PIPE))


@dataclass(frozen=True)
class Asked:
    """A running JVM with PgClient.java."""

    process: "subprocess.Popen[bytes]"

    def ask(self, *request: str | Path) -> str:
        """Its answer to one request."""
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write("\t".join(map(_encoded, request)).encode() + b"\n")
        stdin.flush()
        answer = stdout.readline()
        assert answer, "the JVM has ended"
        return answer.decode().rstrip("\n")

    def close(self) -> None:
        """End it."""
        self.process.communicate(timeout=120)


def _encoded(word: str | Path) -> str:
    return base64.b64encode(str(word).encode()).decode()


def jvm(classes: Path) -> Jvm:
    """The first JDK, with the client compiled into `classes`; or a skip."""
    return jvms(classes)[0]


def jvms(classes: Path) -> list[Jvm]:
    """Every JDK, with the client compiled into `classes` by the first; or a skip."""
    homes = jdk_homes()
    driver = driver_jar()
    if not homes:
        missing("a JDK")
    source = HERE / "postgres" / "PgClient.java"
    run(homes[0] / "bin" / "javac", "--release", "17", "-cp", driver, "-d", classes, source)
    return [Jvm(home / "bin" / "java", f"{classes}:{driver}") for home in homes]


def driver_jar() -> str:
    """The JDBC driver: TRUSTSTORE_TOOL_PGJDBC, or where Debian's package puts it; or a skip."""
    named = os.environ.get("TRUSTSTORE_TOOL_PGJDBC")
    found = next((place for place in ([named] if named else _DRIVERS) if Path(place).exists()), None)
    return found or missing("the PostgreSQL JDBC driver")


def node_modules() -> Path:
    """The folder with node-postgres."""
    return node_package("pg").parent
