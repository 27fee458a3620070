"""``postgres explain``: every rule shown true by the real client in four situations.

An explanation is a prediction. Each case is explained; then psql, psycopg or the JDBC driver connects with the same
settings to the real server: as it is, after its authority changed, under a name that is not in its certificate, and
with TLS turned off.
"""

import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from pwd import getpwnam

import psycopg
import pytest

from tests.cli.harness import Tool
from tests.postgres.clients import ASK, Jvm, psql
from tests.postgres.foretold import LATER, Situation, predicted
from tests.postgres.server import Server, folder_of_servers
from tests.realtools import find
from tests.samples import own
from truststore_tool.errors import UsageError
from truststore_tool.postgres.explain import Explanation, explain
from truststore_tool.postgres.rules import RULES
from truststore_tool.postgres.settings import Surroundings

OLD = str(own("old-root.pem"))
FACTORY = "sslfactory=org.postgresql.ssl."


AS_IT_IS = Situation("old", tls=True, demanded=False, named=True)
OTHER_NAME = Situation("old", tls=True, demanded=False, named=False)
CHANGED = Situation("new", tls=True, demanded=False, named=True)
TRUSTED = frozenset({"old"})
REFUSED = "refused"  # in place of the rules: an error, as from the client


@dataclass(frozen=True)
class Case:
    """Settings, the environment and whether ~/.postgresql/root.crt is there; and the rules that must be named."""

    settings: str
    rules: str
    root: bool = False
    environment: dict[str, str] = field(default_factory=dict)


LIBPQ = (
    Case("", "libpq-default libpq-prefer libpq-root-default"),
    Case("", "libpq-default libpq-prefer-root", root=True),
    Case("sslmode=disable", "libpq-disable", root=True),
    Case("sslmode=allow", "libpq-allow", root=True),
    Case("sslmode=require", "libpq-require"),
    Case("sslmode=require", "libpq-require-root", root=True),
    Case(f"sslmode=require sslrootcert={OLD}", "libpq-require-root"),
    Case("sslmode=require sslrootcert=/nowhere", "libpq-require libpq-root-missing-unnoticed", root=True),
    Case("sslrootcert=/nowhere", "libpq-prefer libpq-root-missing-unnoticed", root=True),
    Case("sslmode=verify-ca", "libpq-verify-ca libpq-root-default", root=True),
    Case("sslmode=verify-ca", "libpq-root-missing"),
    Case("sslmode=verify-full", "libpq-verify-full", root=True),
    Case("sslmode=verify-full sslrootcert=/nowhere", "libpq-root-missing", root=True),
    Case("", "libpq-verify-full", environment={"PGSSLMODE": "verify-full", "PGSSLROOTCERT": OLD}),
    Case("sslmode=require", "libpq-require-root", environment={"PGSSLMODE": "verify-full", "PGSSLROOTCERT": OLD}),
    Case("", "libpq-require", environment={"PGREQUIRESSL": "1"}),
    Case("", "libpq-verify-full", environment={"PGSERVICE": "app", "PGSSLMODE": "disable"}),
    Case("service=app sslmode=verify-ca", "libpq-verify-ca"),
    Case("sslmode=nonsense", REFUSED),
    Case("sslmode=require sslrootcert=/", "libpq-require-root libpq-root-unusable"),
    Case("sslrootcert=/", "libpq-prefer-root libpq-root-unusable libpq-no-tls", root=True),
    Case("sslmode=verify-full sslcrl=/nowhere", "libpq-verify-full libpq-crl-missing", root=True),
)
JDBC = (
    Case("", "jdbc-default jdbc-prefer", root=True),
    Case("ssl=true", "jdbc-ssl jdbc-verify-full jdbc-root-default jdbc-jvm-store-unused", root=True),
    Case("ssl", "jdbc-ssl jdbc-verify-full", root=True),
    Case("ssl=true", "jdbc-ssl jdbc-root-missing"),
    Case("ssl=false", "jdbc-default jdbc-prefer"),
    Case("ssl=true&sslmode=require", "jdbc-require", root=True),
    Case("sslmode=disable", "jdbc-disable"),
    Case("sslmode=allow", "jdbc-allow"),
    Case("sslmode=require", "jdbc-require", root=True),
    Case(f"sslmode=require&sslrootcert={OLD}", "jdbc-require"),
    Case("sslmode=verify-ca", "jdbc-verify-ca", root=True),
    Case(f"sslmode=verify-full&sslrootcert={OLD}", "jdbc-verify-full jdbc-jvm-store-unused"),
    Case("sslmode=verify-full&sslrootcert=/nowhere", "jdbc-root-missing", root=True),
    Case(f"{FACTORY}DefaultJavaSSLFactory", "jdbc-java-factory jdbc-java-factory-prefer"),
    Case(f"sslmode=require&{FACTORY}DefaultJavaSSLFactory", "jdbc-java-factory"),
    Case(f"sslmode=allow&{FACTORY}DefaultJavaSSLFactory", "jdbc-allow jdbc-java-factory"),
    Case(f"ssl=true&{FACTORY}DefaultJavaSSLFactory&sslrootcert=/nowhere", "jdbc-ssl jdbc-java-factory"),
    Case(f"sslmode=verify-ca&{FACTORY}NonValidatingFactory", "jdbc-nonvalidating"),
    Case(f"{FACTORY}NonValidatingFactory", "jdbc-prefer jdbc-nonvalidating"),
    Case(f"sslmode=require&{FACTORY}SingleCertValidatingFactory&sslfactoryarg=file:{OLD}", "jdbc-single"),
    Case("sslmode=nonsense", REFUSED),
    Case(f"sslmod=verify-full&sslrootcert={OLD}", "jdbc-default jdbc-ignored"),
    Case("sslmode=verify-ca&sslrootcert=/", "jdbc-root-unusable", root=True),
    Case("sslmode=require&sslfactory=DefaultJavaSSLFactory", "jdbc-no-such-class"),
    Case("sslfactory=NonValidatingFactory", "jdbc-prefer jdbc-no-such-class"),
    Case(f"sslmode=verify-full&sslrootcert={OLD}&sslfactory=org.postgresql.ssl.jdbc4.LibPQFactory", "jdbc-verify-full"),
)
SYSTEM = (
    Case("sslrootcert=system", "libpq-root-system libpq-verify-full"),
    Case("sslrootcert=system sslmode=verify-full", "libpq-root-system libpq-verify-full"),
    Case("sslrootcert=system sslmode=require", REFUSED),
)


def foretold(text: str, case: Case, around: Surroundings) -> Explanation | None:
    """The explanation, with the rules of the case; None when it is an error, as it must be then."""
    if case.rules == REFUSED:
        with pytest.raises(UsageError):
            explain(text, around)
        return None
    found = explain(text, around)
    assert set(case.rules.split()) <= {rule.code for rule in found.rules}, case
    return found


def surroundings(case: Case, homes: dict[bool, Path], **more: str) -> Surroundings:
    """What the client of this case finds around it."""
    return Surroundings({**case.environment, **more}, str(homes[case.root]))


@pytest.fixture
def homes(tmp_path: Path) -> dict[bool, Path]:
    """Home folders without and with a root file; a service in each."""
    found = {}
    for rooted in (False, True):
        folder = found[rooted] = tmp_path / f"home-{rooted}"
        (folder / ".postgresql").mkdir(parents=True)
        (folder / ".pg_service.conf").write_text(
            f"[app]\nsslmode=verify-full\nsslrootcert={OLD}\n[other]\nsslmode=allow\n"
        )
        if rooted:
            shutil.copy(OLD, folder / ".postgresql" / "root.crt")
    return found


def situations(server: Server) -> Iterable[tuple[Situation, str]]:
    """Puts the server into each situation; gives it and the host under which to connect."""
    yield AS_IT_IS, "localhost"
    yield OTHER_NAME, LATER
    server.use("new")
    yield CHANGED, "localhost"
    server.set("ssl = off")
    yield Situation("new", tls=False, demanded=False, named=True), "localhost"


def test_predictions_come_true_for_psql(server: Server, homes: dict[bool, Path]) -> None:
    for situation, host in situations(server):
        for case in LIBPQ:
            dsn = f"host={host} {case.settings}"
            found = foretold(dsn, case, surroundings(case, homes))
            base = f"{dsn} port={server.port} user=reader dbname=postgres gssencmode=disable"
            done = psql(base, homes[case.root], case.environment)
            outcome = "fails" if done.code else "tls" if done.tls else "plain"
            assert outcome == predicted(found, situation, TRUSTED), (situation, case, done.err)
            if situation == CHANGED and found and found.verifies_server:
                assert "certificate verify failed" in done.err


@pytest.mark.parametrize("case", [*LIBPQ, *SYSTEM], ids=lambda case: f"{case.settings} {case.environment} {case.root}")
def test_predictions_come_true_for_psycopg(
    case: Case, server: Server, homes: dict[bool, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    around = {**case.environment, "HOME": str(homes[case.root]), "SSL_CERT_FILE": OLD}
    for name, value in around.items():
        monkeypatch.setenv(name, value)
    # Reloading the server for each case takes too long; the other situations were psql's.
    for situation, host in ((AS_IT_IS, "localhost"), (OTHER_NAME, LATER)):
        dsn = f"host={host} {case.settings}"
        found = foretold(dsn, case, surroundings(case, homes))
        try:
            with psycopg.connect(f"{dsn} port={server.port} user=reader dbname=postgres gssencmode=disable") as it:
                outcome = "tls" if it.execute(ASK).fetchone() == (True,) else "plain"
        except psycopg.OperationalError:
            outcome = "fails"
        assert outcome == predicted(found, situation, TRUSTED), (situation, case)


def test_predictions_come_true_for_the_jdbc_driver(
    server: Server, homes: dict[bool, Path], java: Jvm, tool: Tool, tmp_path: Path
) -> None:
    assert tool("import", "jvm.jks", OLD, "--yes").code == 0
    # The JVM trusts the authority throughout: where the driver verifies nobody or asks for a file, it does not matter.
    option = f"-Djavax.net.ssl.trustStore={tmp_path / 'jvm.jks'}"
    for situation, host in situations(server):
        requests: list[tuple[str, ...]] = []
        urls = [f"jdbc:postgresql://{host}:{server.port}/postgres?{case.settings}" for case in JDBC]
        for case, url in zip(JDBC, urls, strict=True):
            requests += [("home", str(homes[case.root])), ("connect", url, "reader", "")]
        answers = java.ask(*requests, options=[option])[1::2]
        for case, url, answer in zip(JDBC, urls, answers, strict=True):
            found = foretold(url, case, surroundings(case, homes, JAVA_TOOL_OPTIONS=option))
            outcome = {"tls=true": "tls", "tls=false": "plain"}.get(answer, "fails")
            assert outcome == predicted(found, situation, TRUSTED), (situation, case, answer)


def test_a_unix_socket_knows_no_tls(server: Server, homes: dict[bool, Path]) -> None:
    dsn = f"host={server.folder} sslmode=verify-full"
    found = explain(dsn, Surroundings({}, str(homes[False])))
    assert [rule.code for rule in found.rules] == ["libpq-socket"]
    assert (found.encryption, found.obstacle, found.is_good) == ("never", None, True)
    assert not psql(f"{dsn} port={server.port} user=reader dbname=postgres", homes[False]).tls


def test_every_host_is_judged(server: Server, homes: dict[bool, Path]) -> None:
    """A Unix socket first clears nothing of those behind it, which libpq tries when that is not there."""
    around = Surroundings({}, str(homes[False]))
    for hosts in ("/nowhere,localhost", "localhost,/nowhere", "@nowhere,localhost"):
        dsn = f"host={hosts} sslmode=prefer"
        found = explain(dsn, around)
        assert not found.is_good, hosts
        assert found.encryption == "if-offered"
        done = psql(f"{dsn} port={server.port} user=reader dbname=postgres gssencmode=disable", homes[False])
        assert (done.code, done.tls) == (0, True), done.err
        assert explain(f"host={hosts} sslmode=verify-full sslrootcert={OLD}", around).is_good
    assert explain("host=/nowhere,@elsewhere,", around).is_good
    assert not explain("host=db,/nowhere hostaddr=127.0.0.1,127.0.0.2", around).is_good
    assert explain(f"host=db gssencmode=require sslmode=verify-full sslrootcert={OLD}", around).obstacle
    assert not explain("host=/nowhere gssencmode=require sslmode=verify-full", around).obstacle


def test_a_clients_own_certificate_without_its_key(server: Server, homes: dict[bool, Path]) -> None:
    folder = homes[True] / ".postgresql"
    around = Surroundings({}, str(homes[True]))
    own_key = own("old-server.key").read_bytes()

    def agree(settings: str) -> bool:
        """What psql does is what was foretold; whether it connects."""
        dsn = f"host=localhost {settings}"
        found = explain(dsn, around)
        done = psql(f"{dsn} port={server.port} user=reader dbname=postgres gssencmode=disable", homes[True])
        assert (done.code == 0) is (found.obstacle is None), (settings, done.err, found.obstacle)
        return done.code == 0

    assert agree("sslmode=verify-full")
    shutil.copy(own("old-server.pem"), folder / "postgresql.crt")
    assert not agree("sslmode=verify-full")  # no key
    assert not agree("sslmode=require")
    assert agree("sslmode=prefer")
    assert agree("sslmode=verify-full sslcert=/nowhere")
    (folder / "postgresql.key").mkdir()
    assert not agree("sslmode=verify-full")
    (folder / "postgresql.key").rmdir()
    for mode, usable in ((0o600, True), (0o644, False), (0o604, False)):
        (folder / "postgresql.key").write_bytes(own_key)
        (folder / "postgresql.key").chmod(mode)
        assert agree("sslmode=verify-full") is usable, oct(mode)
        assert agree(f"sslmode=require sslcert={own('old-server.pem')} sslkey={folder / 'postgresql.key'}") is usable
    assert not agree("sslmode=disable channel_binding=require")


def test_hostaddr_alone_leaves_no_name_to_verify(server: Server, homes: dict[bool, Path]) -> None:
    dsn = "hostaddr=127.0.0.1 sslmode=verify-full"
    found = explain(dsn, Surroundings({}, str(homes[True])))
    assert "libpq-hostaddr" in {rule.code for rule in found.rules}
    assert found.obstacle is not None
    done = psql(f"{dsn} port={server.port} user=reader dbname=postgres gssencmode=disable", homes[True])
    assert done.code != 0
    assert "host name" in done.err
    good = f"{dsn} host=localhost"
    assert explain(good, Surroundings({}, str(homes[True]))).verifies_host
    assert psql(f"{good} port={server.port} user=reader dbname=postgres gssencmode=disable", homes[True]).tls


def test_libpq_before_16_takes_system_for_a_file(server: Server, homes: dict[bool, Path]) -> None:
    dsn = "host=127.0.0.2 sslrootcert=system"
    assert "libpq-root-system-old" in {rule.code for rule in explain(dsn, Surroundings({}, str(homes[False]))).rules}
    done = psql(f"{dsn} port={server.port} user=reader dbname=postgres gssencmode=disable", homes[False])
    if "PostgreSQL) 15" in psql_version():
        assert done.tls  # neither chain nor name were verified
    else:
        assert done.code != 0


def psql_version() -> str:
    """What psql says it is."""
    from tests.realtools import find, run

    return run(find("psql"), "--version").decode()


def test_every_rule_has_a_case() -> None:
    shown = {code for case in (*LIBPQ, *JDBC, *SYSTEM) for code in case.rules.split()} - {REFUSED}
    elsewhere = {
        "libpq-socket",
        "libpq-hostaddr",
        "libpq-root-system-old",
        # in test_revocation and test_direct_tls:
        "libpq-crl-unread",
        "libpq-crl-unused",
        "libpq-crl-wanted",
        "libpq-direct",
        # in the matrix:
        "libpq-channel-binding",
        "libpq-root-system-environment",
        "jdbc-java-store-missing",
        "jdbc-socket-factory",
        "jdbc-custom-factory",
        "jdbc-custom-verifier",
    }
    assert shown | elsewhere == set(RULES)
    assert all(rule.source for rule in RULES.values())


def test_classes_of_others_are_not_judged(homes: dict[bool, Path]) -> None:
    around = Surroundings({}, str(homes[True]))
    found = explain("jdbc:postgresql://h/d?ssl=true&sslfactory=com.example.Factory", around)
    assert (found.verifies_server, found.after_change) == (False, "depends")
    named = explain("jdbc:postgresql://h/d?ssl=true&sslhostnameverifier=com.example.Verifier", around)
    assert (named.verifies_server, named.verifies_host) == (True, False)
    assert "jdbc-custom-verifier" in {rule.code for rule in named.rules}


def test_the_command_shows_no_password(tool: Tool, monkeypatch: pytest.MonkeyPatch, homes: dict[bool, Path]) -> None:
    monkeypatch.setenv("HOME", str(homes[True]))
    for name in ("PGHOST", "PGSSLMODE", "PGSSLROOTCERT"):
        monkeypatch.delenv(name, raising=False)
    for text in ("postgresql://u:s3cret@db/d", "host=db password=s3cret", "jdbc:postgresql://db/d?password=s3cret"):
        for flags in ((), ("--json",)):
            done = tool("postgres", "explain", text, *flags)
            assert done.code == 1
            assert "the password stands on it, where others can see it" in done.err
            assert "s3cret" not in done.out + done.err
    good = tool("postgres", "explain", "host=db sslmode=verify-full", "--json")
    assert good.code == 0
    assert good.json["good"] is True
    assert good.json["roots"]["value"] == f"{homes[True]}/.postgresql/root.crt"
    monkeypatch.setenv("PGHOST", "db")
    monkeypatch.setenv("PGSSLMODE", "verify-ca")
    from_environment = tool("postgres", "explain")
    assert from_environment.code == 1
    assert "sslmode:          verify-ca (the environment, PGSSLMODE)" in from_environment.out
    assert "The one change:   set sslmode=verify-full in place of verify-ca" in from_environment.out


def test_a_service_that_is_not_there(tool: Tool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "some").touch()
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "some"))
    monkeypatch.setenv("PGSYSCONFDIR", str(tmp_path))
    done = tool("postgres", "explain", "service=nowhere")
    assert done.code == 2
    assert "there is no service 'nowhere'" in done.err


def test_a_jvm_does_not_go_by_home(java: Jvm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"):
        monkeypatch.delenv(name, raising=False)
    settings = subprocess.run([java.java, "-XshowSettings:properties", "-version"], capture_output=True, text=True)
    (home,) = [line.split("= ")[1] for line in settings.stderr.splitlines() if line.strip().startswith("user.home")]
    around = Surroundings.here()
    found = explain("jdbc:postgresql://db/app?sslmode=verify-full", around)
    assert home != str(tmp_path)
    assert found.roots is not None
    assert found.roots.value == f"{home}/.postgresql/root.crt"
    assert explain("host=db sslmode=verify-full", around).roots != found.roots


def test_what_this_user_may_not_read(server: Server) -> None:
    """psql and the command, both as a user who may not read the root file."""
    if os.getuid() != 0:
        pytest.skip("only root can become somebody else")
    with folder_of_servers() as folder:
        folder.chmod(0o755)
        root = folder / "root.crt"
        shutil.copy(OLD, root)
        root.chmod(0o600)
        shutil.chown(root, "root")
        for mode in ("require", "prefer", "verify-full"):
            dsn = f"host=localhost sslmode={mode} sslrootcert={root}"
            base = f"{dsn} port={server.port} user=reader dbname=postgres gssencmode=disable"
            psql_of = [find("psql"), "-w", "-X", "-A", "-t", "-c", ASK, base]
            env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
            did = subprocess.run(psql_of, capture_output=True, text=True, user="nobody", env=env, cwd="/")
            outcome = "fails" if did.returncode else "tls" if did.stdout.strip() == "t" else "plain"
            pid = os.fork()
            if pid == 0:  # the same process, but as nobody: it has imported what nobody may not read
                os.setuid(getpwnam("nobody").pw_uid)
                found = explain(dsn, Surroundings({}, "/nonexistent"))
                os._exit(0 if predicted(found, AS_IT_IS, TRUSTED) == outcome and not found.is_good else 1)
            assert os.waitpid(pid, 0)[1] == 0, (mode, outcome)
            assert outcome == ("plain" if mode == "prefer" else "fails")
