"""Parameters with values that a client refuses: none of them is cleared by ``postgres explain``."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.postgres.clients import Jvm
from tests.postgres.server import Server
from tests.samples import own
from truststore_tool.errors import UsageError
from truststore_tool.postgres.explain import explain
from truststore_tool.postgres.jdbc_url import PARAMETERS
from truststore_tool.postgres.keywords import KEYWORDS
from truststore_tool.postgres.settings import Surroundings

ROOT = own("old-root.pem")
VALUES = ("x", "", "-1", " 1", "1")
# Who is asked for, where, and what only the server can refuse.
# A sslkeylogfile would be written.
_OF_LIBPQ = {
    "host", "hostaddr", "port", "dbname", "user", "service", "options", "replication", "client_encoding",
    "sslkeylogfile",
}  # fmt: skip
_OF_JDBC = {"PGHOST", "PGPORT", "PGDBNAME", "user", "password", "options", "localSocketAddress", "sslResponseTimeout"}


def is_cleared(text: str, around: Surroundings) -> bool:
    try:
        return explain(text, around).is_good
    except UsageError:
        return False


@contextmanager
def bare(home: Path) -> Iterator[None]:
    """Without the variables that libpq looks at."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("PG")]:
            patch.delenv(name)
        patch.setenv("HOME", str(home))
        patch.chdir(home)
        yield


def connects(text: str) -> bool:
    try:
        psycopg.connect(text).close()
    except psycopg.Error:
        return False
    return True


def falsely(cleared: Callable[[str], bool], real: dict[str, bool]) -> list[str]:
    """What is cleared and does not connect; there must be some of either kind."""
    said = {text: cleared(text) for text in real}
    assert {True, False} == {*said.values()} == {*real.values()}
    return [text for text, good in said.items() if good and not real[text]]


def test_no_value_that_libpq_refuses_is_cleared(server: Server, tmp_path: Path) -> None:
    base = f"host=localhost port={server.port} user=reader dbname=postgres sslmode=verify-full sslrootcert={ROOT}"
    words = ["none,none", "!none,none", "!", "none,", "NONE", "md5,!none", "scram-sha-256, none"]
    odd = {f"{base} {name}='{value}'" for name in KEYWORDS.keys() - _OF_LIBPQ for value in VALUES}
    odd |= {f"{base} require_auth='{value}'" for value in words}
    odd |= {f"{base} min_protocol_version={least} max_protocol_version=3.0" for least in ("3.0", "latest")}
    odd |= {f"{base} sslrootcert={ROOT}{end}" for end in ("/", "/.", "//")}
    odd |= {f"{base} host={host} hostaddr=127.0.0.1" for host in ("/nowhere", "@nowhere", "localhost")}
    with bare(tmp_path):
        real = {text: connects(text) for text in odd}
    assert falsely(lambda text: is_cleared(text, Surroundings({}, str(tmp_path))), real) == []


def test_no_value_that_the_jdbc_driver_refuses_is_cleared(server: Server, java: Jvm, tmp_path: Path) -> None:
    base = f"jdbc:postgresql://localhost:{server.port}/postgres?sslmode=verify-full&sslrootcert={ROOT}"
    urls = [f"{base}&{name}={value}" for name in sorted(PARAMETERS - _OF_JDBC) for value in VALUES[:3]]
    urls += [f"{base}&sslrootcert={ROOT}{end}" for end in ("/", "/.", "//")]
    urls += [base.replace("localhost", host) for host in ("", "[127.0.0.1]", "localhos%74", "localhost")]
    answers = java.ask(*(("connect", url, "reader", "") for url in urls), home=tmp_path)
    real = {url: answer == "tls=true" for url, answer in zip(urls, answers, strict=True)}
    assert falsely(lambda url: is_cleared(url, Surroundings({}, str(tmp_path))), real) == []


@pytest.mark.parametrize(
    ("options", "connects"),
    [
        ("-Dcom.sun.net.ssl.checkRevocation=true", False),
        ("-Djdk.tls.client.protocols=TLSv1.1", False),
        ("-Djava.security.debug=none", True),
        ("-Dunrelated=1", True),
    ],
)
@pytest.mark.parametrize("variable", ["JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS"])
def test_options_of_the_jvm_that_bear_on_tls_are_not_judged(
    server: Server, java: Jvm, tmp_path: Path, variable: str, options: str, connects: bool
) -> None:
    url = f"jdbc:postgresql://localhost:{server.port}/postgres?sslmode=verify-full&sslrootcert={ROOT}"
    (answer,) = java.ask(("connect", url, "reader", ""), options=options.split())
    assert (answer == "tls=true") is connects
    found = explain(url, Surroundings({variable: options}, str(tmp_path)))
    assert found.is_good is (options == "-Dunrelated=1")
    name = options[2:].partition("=")[0]
    assert found.is_good or any(name in doubt for doubt in found.doubts)


def test_what_else_comes_into_a_jvm_is_not_judged(tmp_path: Path) -> None:
    url = f"jdbc:postgresql://h/d?sslmode=verify-full&sslrootcert={ROOT}"
    for options in ("@/nowhere", "-javaagent:a.jar", "-agentlib:a", "-Xbootclasspath/a:a.jar", "-XX:VMOptionsFile=a"):
        assert explain(url, Surroundings({"JDK_JAVA_OPTIONS": options}, str(tmp_path))).doubts
    last = {"JAVA_TOOL_OPTIONS": "-Djavax.net.ssl.trustStore=/a", "_JAVA_OPTIONS": "-Djavax.net.ssl.trustStore=/b"}
    found = explain(f"{url}&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory", Surroundings(last, str(tmp_path)))
    assert found.roots is not None
    assert found.roots.value == "/b"
    for newer in ("sslNegotiation=direct", "channelBinding=require"):
        assert explain(f"{url}&{newer}", Surroundings({}, str(tmp_path))).doubts
