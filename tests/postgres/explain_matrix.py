"""What `postgres explain` foretells of generated settings, beside real clients that connect with them.

    python -m tests.postgres.explain_matrix [COUNT] [--seed SEED]

Each case is explained; then psycopg, psql or the JDBC driver in each JVM connects with the same settings to a real
server, in every situation. Exit code 1 says that a client did otherwise than foretold, where no reason is listed.
"""

import argparse
import os
import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import psycopg

from tests.postgres.clients import ASK, Asked, Jvm, jvm, psql
from tests.postgres.foretold import LATER, Situation, predicted
from tests.postgres.root_files import OLD, RootFile, root_files
from tests.postgres.server import HBA, PASSWORD, Server, folder_of_servers, postgresql
from tests.realtools import jdk_homes
from tests.samples import own
from truststore_tool.errors import UsageError
from truststore_tool.postgres.change import FILE, NAME
from truststore_tool.postgres.explain import Explanation, explain
from truststore_tool.postgres.settings import Surroundings

ROOT = str(own("old-root.pem"))
MODES = ("", "disable", "allow", "prefer", "require", "verify-ca", "verify-full")
ALL = frozenset({"old", "new"})


@dataclass(frozen=True)
class Case:
    """Settings beside host and port.

    Attributes:
        client: who connects with them: ``libpq`` or ``jdbc``.
        settings: parameters of the connection.
        trusts: the server chains that the authorities may verify.
        home: what lies in the home folder, by path.
        environment: variables; for ``jdbc`` options of the JVM under the name JAVA_TOOL_OPTIONS.
        by_number: whether the server is named by its address alone.
    """

    client: str
    settings: Mapping[str, str]
    trusts: frozenset[str] = ALL
    home: Mapping[str, bytes | Path] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    by_number: bool = False

    def __str__(self) -> str:
        words = [f"{key}={value}" for key, value in {**self.settings, **self.environment}.items()]
        return " ".join([self.client, *words, *self.home, "hostaddr" if self.by_number else ""]).rstrip()


@dataclass(frozen=True)
class Outcome:
    """What was said of a case in a situation, and what the client did: ``tls``, ``plain`` or ``fails``."""

    case: Case
    client: str
    situation: Situation
    said: Explanation | None
    did: str
    words: str

    @property
    def foretold(self) -> str:
        """What was foretold."""
        return predicted(self.said, self.situation, self.case.trusts)

    @property
    def agrees(self) -> bool:
        """Whether it did so."""
        return self.foretold == self.did

    @property
    def is_judged(self) -> bool:
        """Whether anything was foretold for certain."""
        return self.said is None or not self.said.doubts

    @property
    def is_cleared_falsely(self) -> bool:
        """Whether settings that were called good let somebody pose as the server, or do not connect at all."""
        if self.said is None or not self.said.is_good or self.case.by_number:
            return False
        right = self.situation.named and self.situation.tls and self.situation.chain in self.case.trusts
        return self.did != ("tls" if right else "fails")

    def __str__(self) -> str:
        return f"{self.client}: {self.case} | {self.situation}: said {self.foretold}, did {self.did}: {self.words}"


def _roots(files: Sequence[RootFile]) -> Iterator[tuple[dict[str, str], frozenset[str], dict[str, bytes | Path]]]:
    """Where the root file is named, what it trusts, and what lies in the home folder."""
    yield {}, frozenset(), {}
    for file in files:
        yield {"sslrootcert": str(file.path)}, file.trusts, {}
        if file.kind in {"good", "both", "DER", "empty", "an intermediate alone", "directory", "HTML", "expired"}:
            yield {}, file.trusts, {".postgresql/root.crt": file.path}


def libpq_cases(files: Sequence[RootFile]) -> Iterator[Case]:
    """All of them."""
    for mode in MODES:
        given = {"sslmode": mode} if mode else {}
        for where, trusts, home in _roots(files):
            yield Case("libpq", {**given, **where}, trusts, home)
        good = {"sslrootcert": str(own("old-root.pem"))}
        old = frozenset({"old"})
        for more in _more_of_libpq():
            yield Case("libpq", {**given, **good, **more.settings}, old, more.home, more.environment, more.by_number)
            yield Case("libpq", {**given, **more.settings}, frozenset(), more.home, more.environment, more.by_number)
        around = {"PGSSLMODE": mode} if mode else {}
        yield Case("libpq", {}, old, {}, {**around, "PGSSLROOTCERT": str(own("old-root.pem"))})
        yield Case("libpq", {"service": "app"}, old, _service(sslmode=mode, **good))
        yield Case("libpq", {"service": "app", **given}, old, _service(**good), {"PGSSLMODE": "disable"})
        for system in _systems(files):
            yield Case("libpq", {**given, "sslrootcert": "system"}, system.trusts, {}, system.environment)


def _service(**settings: str) -> dict[str, bytes | Path]:
    lines = "".join(f"{key}={value}\n" for key, value in settings.items() if value)
    return {".pg_service.conf": f"[other]\nsslmode=disable\n[app]\n{lines}".encode()}


def _more_of_libpq() -> Iterator[Case]:
    """What may be set beside mode and root file."""
    certificate, key = own("old-server.pem").read_bytes(), own("old-server.key").read_bytes()
    yield Case("", {}, by_number=True)
    yield Case("", {"gssencmode": "require"})
    yield Case("", {"sslnegotiation": "postgres"})
    yield Case("", {"sslnegotiation": "direct"})
    yield Case("", {"sslmode": "nonsense"})
    yield Case("", {"sslmod": "verify-full"})
    yield Case("", {"requiressl": "1"})
    yield Case("", {}, environment={"PGREQUIRESSL": "1"})
    yield Case("", {"ssl_min_protocol_version": "TLSv1.3"})
    yield Case("", {"ssl_max_protocol_version": "TLSv1.2"})
    yield Case("", {"ssl_max_protocol_version": "TLSv1.1"})
    yield Case("", {"ssl_min_protocol_version": "TLSv1", "ssl_max_protocol_version": "TLSv1.1"})
    yield Case("", {"sslcrl": "/nowhere"})
    yield Case("", {"sslcrldir": "/nowhere"})
    yield Case("", {"channel_binding": "require", "user": "app", "password": PASSWORD})
    yield Case("", {"channel_binding": "disable", "user": "app", "password": PASSWORD})
    yield Case("", {"sslcertmode": "disable"}, home={".postgresql/postgresql.crt": certificate})
    yield Case("", {"sslcertmode": "allow"})
    yield Case("", {"sslcertmode": "require"})
    yield Case("", {}, home={".postgresql/postgresql.crt": certificate})
    yield Case("", {}, home={".postgresql/postgresql.crt": certificate, ".postgresql/postgresql.key": key})
    yield Case("", {}, home={".postgresql/postgresql.crt": b"nonsense", ".postgresql/postgresql.key": key})
    yield Case("", {}, home={".postgresql/postgresql.crt": certificate, ".postgresql/postgresql.key": b"nonsense"})
    other = own("new-server.key").read_bytes()
    yield Case("", {}, home={".postgresql/postgresql.crt": certificate, ".postgresql/postgresql.key": other})
    yield Case("", {"sslcert": "/nowhere"}, home={".postgresql/postgresql.crt": certificate})
    yield Case("", {"sslcert": str(own("old-server.pem")), "sslkey": "/nowhere"})


def _systems(files: Sequence[RootFile]) -> Iterator[Case]:
    """Where OpenSSL is told to look."""
    by_kind = {file.kind: file for file in files}
    for file, folder in (
        ("good", "directory"),
        ("good", "missing"),
        ("missing", "hashed directory"),
        ("missing", "directory"),
        ("DER", "missing"),
        ("HTML", "hashed directory"),
        ("the next authority alone", "hashed directory"),
    ):
        trusts = by_kind[file].trusts | by_kind[folder].trusts
        found = {"SSL_CERT_FILE": str(by_kind[file].path), "SSL_CERT_DIR": str(by_kind[folder].path)}
        yield Case("", {}, trusts, environment=found)


_SSL = "org.postgresql.ssl."


def jdbc_cases(files: Sequence[RootFile]) -> Iterator[Case]:
    """All of them."""
    by_kind = {file.kind: file for file in files}
    old = frozenset({"old"})
    good = {"sslrootcert": str(own("old-root.pem"))}
    for given in [{"sslmode": mode} if mode else {} for mode in MODES] + [{"ssl": "true"}, {"ssl": ""}, {"ssl": "1"}]:
        for where, trusts, home in _roots(files):
            yield Case("jdbc", {**given, **where}, trusts, home)
        for name in (
            "LibPQFactory", f"{_SSL}LibPQFactory", f"{_SSL}jdbc4.LibPQFactory", "", "com.example.Factory",
            "DefaultJavaSSLFactory", "NonValidatingFactory", f"{_SSL}NonValidatingFactory", f"{_SSL}NoSuchFactory",
            f"{_SSL}DbKeyStoreSocketFactory", "javax.net.ssl.SSLSocketFactory",
        ):  # fmt: skip
            yield Case("jdbc", {**given, **good, "sslfactory": name}, old)
        for name in ("", "Verifier", f"{_SSL}PGjdbcHostnameVerifier", f"{_SSL}jdbc4.LibPQFactory", "com.example.V"):
            yield Case("jdbc", {**given, **good, "sslhostnameverifier": name}, old)
        for store in ("JKS", "PKCS#12", "missing", "directory", "empty", "HTML", "good"):
            for secret in ("", "changeit", "wrong"):
                options = f"-Djavax.net.ssl.trustStore={by_kind[store].path}"
                if secret:
                    options += f" -Djavax.net.ssl.trustStorePassword={secret}"
                around = {"JAVA_TOOL_OPTIONS": options}
                factory = {"sslfactory": f"{_SSL}DefaultJavaSSLFactory"}
                yield Case("jdbc", {**given, **factory}, by_kind[store].trusts, {}, around)
        for kind in ("good", "DER", "HTML", "missing", "directory", "the next authority alone", "both", "PKCS#7"):
            argument = {"sslfactoryarg": f"file:{by_kind[kind].path}"}
            factory = {"sslfactory": f"{_SSL}SingleCertValidatingFactory"}
            first = by_kind[kind].trusts & old or by_kind[kind].trusts
            yield Case("jdbc", {**given, **factory, **argument}, first)
        for text in ("", "file:", "nonsense", str(own("old-root.pem")), OLD.decode(), "env:NOT_SET"):
            yield Case("jdbc", {**given, **factory, "sslfactoryarg": text}, old)
        yield Case("jdbc", {**given, **factory}, old)
        yield Case("jdbc", {**given, "sslrootcert": ""}, frozenset(), {".postgresql/root.crt": OLD})
        yield Case("jdbc", {"service": "app", **given}, old, _service(**good))
        yield Case("jdbc", {"service": "app"}, old, _service(**given, **good))
        yield Case("jdbc", {"service": "app"}, old, _service(sslmod="prefer"))
        yield Case("jdbc", {"service": "app", **given}, old, {})
        yield Case("jdbc", {**given, **good, "gssEncMode": "require"}, old)
        yield Case("jdbc", {**given, **good, "sslpasswordcallback": "com.example.C"}, old)
    for slip in ("sslmod", "SSLMODE", "sslMode", "ssl_mode"):
        yield Case("jdbc", {slip: "verify-full", **good}, old)
    for bad in ("", "nonsense", "VERIFY-FULL", "verify_full", "no-verify"):
        yield Case("jdbc", {"sslmode": bad, **good}, old)


SITUATIONS = tuple(
    Situation(chain, tls=tls, demanded=demanded, named=named)
    for chain, tls, demanded, hosts in (
        ("old", True, False, (True, False)),
        ("old", True, True, (True,)),
        ("new", True, False, (True,)),
        ("new", False, False, (True,)),
    )
    for named in hosts
)

# Those in which it shows whether a change helped: the right server, another name, another authority.
AFTERWARDS = tuple(each for each in SITUATIONS if each.tls and not each.demanded)


def put(server: Server, situation: Situation) -> None:
    """Put the server into a situation."""
    (server.folder / "pg_hba.conf").write_text(
        "\n".join(line.replace("host ", "hostssl ") if situation.demanded else line for line in HBA) + "\n"
    )
    with (server.folder / "postgresql.conf").open("a") as conf:
        conf.write(f"ssl = {'on' if situation.tls else 'off'}\n")
    server.use(situation.chain)


def lay(home: Path, case: Case) -> Path:
    """Make the home folder of a case, and what lies in it; returns it."""
    home.mkdir()
    for name, content in case.home.items():
        place = home / name
        place.parent.mkdir(exist_ok=True)
        if isinstance(content, Path) and content.is_dir():
            place.mkdir()
        elif isinstance(content, bytes) or content.is_file():
            place.write_bytes(content.read_bytes() if isinstance(content, Path) else content)
            place.chmod(0o600)
    return home


class Clients:
    """The real clients, with the home folders of the cases."""

    def __init__(self, folder: Path, cases: Sequence[Case]) -> None:
        self.homes: dict[int, Path] = {}
        classes = folder / "classes"
        classes.mkdir()
        self._machines: dict[str, Jvm] = {}
        self._classes = classes
        self._running: dict[tuple[str, str], Asked] = {}
        for number, case in enumerate(cases):
            self.homes[id(case)] = lay(folder / f"home{number}", case)

    def explained(self, case: Case, text: str) -> Explanation | None:
        """The explanation of a connection string; None where it is an error."""
        try:
            return explain(text, Surroundings(case.environment, str(self.homes[id(case)])))
        except UsageError:
            return None

    def outcomes(self, server: Server, cases: Sequence[Case], situation: Situation) -> Iterator[Outcome]:
        """What all cases come to in a situation, into which the server was put."""
        host = "localhost" if situation.named else LATER
        of_libpq = [case for case in cases if case.client == "libpq"]
        for number, case in enumerate(of_libpq):
            text = _conninfo(case, host)
            said = self.explained(case, text)
            base = f"port={server.port} dbname=postgres {text}"
            met = replace(situation, named=situation.named or "host" in case.settings)
            yield Outcome(case, "psycopg", met, said, *_by_psycopg(base, case, self.homes[id(case)]))
            if number % 4 == 0 and not _only_newer(case):
                yield Outcome(case, "psql", met, said, *_by_psql(base, case, self.homes[id(case)]))
        yield from self._of_jdbc(server, [case for case in cases if case.client == "jdbc"], situation, host)

    def _of_jdbc(self, server: Server, cases: Sequence[Case], situation: Situation, host: str) -> Iterator[Outcome]:
        if cases and not self._machines:
            self._machines = _machines(self._classes)
        for case in cases:
            url, options = _url(case, host, server.port), case.environment.get("JAVA_TOOL_OPTIONS", "")
            said = self.explained(case, url)
            for name, machine in self._machines.items():
                if (name, options) not in self._running:
                    self._running[name, options] = machine.start(options.split())
                running = self._running[name, options]
                running.ask("home", self.homes[id(case)])
                answer = running.ask("connect", url, "reader", "")
                did = {"tls=true": "tls", "tls=false": "plain"}.get(answer, "fails")
                yield Outcome(case, name, situation, said, did, answer)

    def close(self) -> None:
        """End the JVMs."""
        for running in self._running.values():
            running.close()


def _machines(classes: Path) -> dict[str, Jvm]:
    first = jvm(classes)
    return {home.name: Jvm(home / "bin" / "java", first.classpath) for home in jdk_homes()}


def _conninfo(case: Case, host: str) -> str:
    where = {"hostaddr": "127.0.0.1" if host == "localhost" else host} if case.by_number else {"host": host}
    settings = {"user": "reader", **where, **case.settings}
    if "gssencmode" not in settings:
        settings["gssencmode"] = "disable"
    return " ".join(f"{key}='{value}'" for key, value in settings.items())


def _url(case: Case, host: str, port: int) -> str:
    query = "&".join(f"{key}={quote(value, safe='/:.')}" for key, value in case.settings.items())
    return f"jdbc:postgresql://{host}:{port}/postgres?{query}"


def _only_newer(case: Case) -> bool:
    """Whether psql 15 does not know what is set."""
    newer = {"sslcertmode", "sslnegotiation"} & case.settings.keys()
    return bool(newer) or case.settings.get("sslrootcert") == "system"


@contextmanager
def environment(case: Case, home: Path) -> Iterator[None]:
    """Let this process have the environment of a case."""
    before = dict(os.environ)
    for name in [name for name in before if name.startswith(("PG", "SSL_CERT"))]:
        del os.environ[name]
    os.environ.update({**case.environment, "HOME": str(home), "PGCONNECT_TIMEOUT": "10"})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _by_psycopg(text: str, case: Case, home: Path) -> tuple[str, str]:
    with environment(case, home):
        try:
            with psycopg.connect(text) as it:
                return ("tls" if it.execute(ASK).fetchone() == (True,) else "plain"), ""
        except psycopg.Error as exc:
            return "fails", " ".join(str(exc).split())


def _by_psql(text: str, case: Case, home: Path) -> tuple[str, str]:
    done = psql(text, home, case.environment)
    return ("fails" if done.code else "tls" if done.tls else "plain"), " ".join(done.err.split())


# What is known to be otherwise than foretold, and why; by what its words hold.
LISTED: Mapping[str, str] = {}


def reason(outcome: Outcome) -> str | None:
    """Why an outcome may be otherwise than foretold; None where it may not."""
    if not outcome.is_judged:
        return "said: not judged"
    return next((why for words, why in LISTED.items() if words in outcome.words), None)


def sample(folder: Path, count: int | None, seed: int) -> list[Case]:
    """So many cases, or all of them. In a sample there are only two ways to start a JVM, which takes its time."""
    files = root_files(folder)
    cases = [*libpq_cases(files), *jdbc_cases(files)]
    if count is None:
        return cases
    chance = random.Random(seed)  # noqa: S311
    options = sorted({case.environment["JAVA_TOOL_OPTIONS"] for case in cases if _has_options(case)})
    few = {chance.choice(options)}
    cases = [case for case in cases if not _has_options(case) or case.environment["JAVA_TOOL_OPTIONS"] in few]
    return chance.sample(cases, min(count, len(cases)))


def _has_options(case: Case) -> bool:
    return "JAVA_TOOL_OPTIONS" in case.environment


def play(
    server: Server, cases: Sequence[Case], folder: Path, situations: Sequence[Situation] = SITUATIONS
) -> Iterator[Outcome]:
    """What comes of the cases in situations."""
    with closing(Clients(folder, cases)) as clients:
        for situation in situations:
            put(server, situation)
            yield from clients.outcomes(server, cases, situation)


def mended(case: Case, home: Path) -> tuple[Case, Path | None] | None:
    """The case after the one change, and where a bundle has still to be put, outside its home folder.

    None where there is no change, or one that is for people to make.
    """
    text = _conninfo(case, "localhost") if case.client == "libpq" else _url(case, "localhost", 5432)
    try:
        remedy = explain(text, Surroundings(case.environment, str(home))).remedy
    except UsageError:
        return None
    if remedy is None or remedy.mend:
        return None
    filled = {key: {FILE: ROOT, NAME: "localhost"}.get(value, value) for key, value in remedy.settings.items()}
    settings = {**{key: value for key, value in case.settings.items() if key not in remedy.drop}, **filled}
    lies = dict(case.home)
    place = Path(remedy.put) if remedy.put else None
    if place and place.is_relative_to(home):
        lies[str(place.relative_to(home))] = OLD
        place = None
    elif place and not place.is_relative_to(home.parents[1]):
        return None
    trusts = frozenset({"old"}) if remedy.put or FILE in remedy.settings.values() else case.trusts
    return Case(case.client, settings, trusts, lies, case.environment, case.by_number), place


def unmended(outcomes: Iterable[Outcome]) -> list[str]:
    """What the one change did not help: clients that do not verify, or that do not connect to the right server."""
    found = []
    for outcome in outcomes:
        if outcome.said is None or not (outcome.said.is_good or outcome.said.doubts):
            found.append(f"not good: {outcome}")
        elif not outcome.said.doubts and (outcome.is_cleared_falsely or not outcome.agrees):
            found.append(str(outcome))
    return found


def mend(cases: Sequence[Case], folder: Path) -> list[Case]:
    """Those that the one change can be made to, after it."""
    with closing(Clients(folder, cases)) as clients:
        found = [after for case in cases if (after := mended(case, clients.homes[id(case)]))]
    for place in {place for _, place in found if place}:  # not sooner: cases share such places
        place.write_bytes(OLD)
    return [case for case, _ in found]


def summed_up(outcomes: Iterable[Outcome]) -> tuple[Counter[str], list[Outcome]]:
    """Counts, and what may not be."""
    counts: Counter[str] = Counter()
    wrong = []
    for outcome in outcomes:
        counts["comparisons"] += 1
        counts["agree"] += outcome.agrees
        counts["false all-clears"] += outcome.is_cleared_falsely
        why = None if outcome.agrees else reason(outcome)
        if why:
            counts[f"otherwise, {why}"] += 1
        if outcome.is_cleared_falsely or not (outcome.agrees or why):
            wrong.append(outcome)
    return counts, wrong


def main(arguments: Sequence[str]) -> int:
    """Run the matrix and print its figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.postgres.explain_matrix", description=__doc__)
    parser.add_argument("count", type=int, nargs="?")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    with TemporaryDirectory() as name, folder_of_servers() as place, postgresql(place) as server:
        before, changing, after = (Path(name) / each for each in ("before", "changing", "after"))
        for each in (before, changing, after):
            each.mkdir()
        cases = sample(before, given.count, given.seed)
        counts, wrong = summed_up(play(server, cases, before))
        print(f"{len(cases)} cases, each in {len(SITUATIONS)} situations")
        for label, number in counts.items():
            print(f"{number:7} {label}", flush=True)
        for outcome in wrong:
            print(outcome, flush=True)
        changed = mend(cases, changing)
        useless = unmended(play(server, changed, after, AFTERWARDS))
        print(f"{len(changed)} cases after the one change: {len(useless)} times it did not help", *useless, sep="\n")
    return 1 if wrong or useless else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
