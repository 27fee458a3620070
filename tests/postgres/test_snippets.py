"""``postgres snippet``: what is pasted connects, and verifies the server and its name."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from tests.cli.harness import Tool
from tests.postgres.clients import ASK, Jvm, node_modules
from tests.postgres.server import Server, folder_of_servers, free_port, server_user
from tests.realtools import find, missing
from tests.samples import own

ELSEWHERE = "127.0.0.2"  # the same server under a name that is not in its certificate
PYTHON = {
    "psycopg": 'print("t" if connection.execute("{ask}").fetchone()[0] else "f")',
    "sqlalchemy": 'print("t" if engine.connect().exec_driver_sql("{ask}").scalar() else "f")',
    "sqlalchemy-pg8000": 'print("t" if engine.connect().exec_driver_sql("{ask}").scalar() else "f")',
    "sqlalchemy-asyncpg": """
import asyncio
async def ask():
    async with engine.connect() as connection:
        return (await connection.exec_driver_sql("{ask}")).scalar()
print("t" if asyncio.run(ask()) else "f")
""",
    "asyncpg": """
import asyncio
async def ask():
    return await (await connect()).fetchval("{ask}")
print("t" if asyncio.run(ask()) else "f")
""",
    "pg8000": """
cursor = connection.cursor()
cursor.execute("{ask}")
print("t" if cursor.fetchone()[0] else "f")
""",
    "django": """
import django
from django.conf import settings
settings.configure(DATABASES=DATABASES)
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("{ask}")
    print("t" if cursor.fetchone()[0] else "f")
""",
}
TESTED = ("psql", "libpq", "env", "pgadmin", "node-postgres", *PYTHON)


@pytest.fixture
def bundle(tool: Tool, tmp_path: Path) -> Path:
    """A bundle with the old root, in a place that needs quoting everywhere."""
    folder = tmp_path / 'it\'s a "place" & more%20'
    folder.mkdir()
    assert tool("bundle", own("old-root.pem"), "-o", folder / "chain.pem").code == 0
    return folder / "chain.pem"


def shell(text: str) -> str:
    """What a shell prints that was given this text; "failed" when it ended with an error."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    done = subprocess.run(["bash", "-c", text], capture_output=True, text=True, env=env, timeout=300)
    return done.stdout.strip() if done.returncode == 0 else "failed"


def python(text: str) -> str:
    """The same for Python."""
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=300)
    return done.stdout.strip() if done.returncode == 0 else "failed"


def paste(client: str, blocks: list[dict[str, str]]) -> list[str]:
    """Whether by TLS, as each pasted block says: "t", or "failed"."""
    texts = [block["text"] for block in blocks]
    match client:
        case "psql":
            return [shell(f'{texts[0]} -w -X -A -t -c "{ASK}"')]
        case "libpq":
            return [shell(f'psql "$(cat <<\'END\'\n{text}\nEND\n)" -w -X -A -t -c "{ASK}"') for text in texts]
        case "env":
            return [shell(f'{texts[0]}\npsql -w -X -A -t -c "{ASK}"')]
        case "node-postgres":
            return [node(texts[0])]
        case known if known in PYTHON:
            module = known.rpartition("-")[2]
            if find_spec(module) is None:
                missing(module)
            return [python(f"{texts[0]}\n{PYTHON[known].replace('{ask}', ASK)}")]
        case _:
            return [pgadmin(texts[0])]


def node(text: str) -> str:
    """The same for Node."""
    look = f"""
(async () => {{
  await client.connect();
  console.log((await client.query("{ASK}")).rows[0].ssl ? "t" : "f");
  await client.end();
}})().catch(() => process.exit(1));"""
    env = {**os.environ, "NODE_PATH": str(node_modules())}
    done = subprocess.run([find("node"), "-e", f"{text}\n{look}"], capture_output=True, text=True, env=env, timeout=300)
    return done.stdout.strip() if done.returncode == 0 else "failed"


def pgadmin(text: str) -> str:
    """pgAdmin cannot run here; it hands these parameters to psycopg."""
    import json

    entry = json.loads(text)["Servers"]["1"]
    given = {"host": entry["Host"], "port": entry["Port"], "dbname": entry["MaintenanceDB"], "user": entry["Username"]}
    try:
        with psycopg.connect(**given, **entry["ConnectionParameters"]) as connection:
            return "t" if connection.execute(ASK).fetchone() == (True,) else "f"
    except psycopg.OperationalError:
        return "failed"


def at(server: Server, host: str = "localhost") -> tuple[str, ...]:
    """The options that name the test server."""
    return "--host", host, "--port", str(server.port), "--dbname", "postgres", "--user", "reader"


@pytest.mark.parametrize("client", TESTED)
def test_what_is_pasted_connects_and_verifies(client: str, tool: Tool, server: Server, bundle: Path) -> None:
    right = tool("postgres", "snippet", client, "--bundle", bundle, *at(server), "--json")
    assert right.code == 0, right.err
    assert set(paste(client, right.json["blocks"])) == {"t"}
    wrong = tool("postgres", "snippet", client, "--bundle", bundle, *at(server, ELSEWHERE), "--json")
    assert set(paste(client, wrong.json["blocks"])) == {"failed"}
    unknown = tool("postgres", "snippet", client, "--bundle", own("new-root.pem"), *at(server), "--json")
    assert set(paste(client, unknown.json["blocks"])) == {"failed"}


def test_the_text_is_what_is_pasted(tool: Tool, server: Server, bundle: Path) -> None:
    done = tool("postgres", "snippet", "psql", "--bundle", bundle, *at(server))
    assert shell(f'{done.out.strip()} -w -X -A -t -c "{ASK}"') == "t"
    assert "password" not in done.out


@pytest.mark.parametrize("kind", ["bundle", "keystore.jks", "keystore.p12"])
def test_the_jdbc_driver_connects_and_verifies(
    kind: str, tool: Tool, server: Server, bundle: Path, java: Jvm, monkeypatch: pytest.MonkeyPatch
) -> None:
    option = ("--bundle", bundle)
    if kind != "bundle":
        option = ("--store", bundle.parent / kind)
        assert tool("import", option[1], own("old-root.pem"), "--yes").code == 0
    here, elsewhere = (
        tool("postgres", "snippet", "jdbc", *option, *at(server, host), "--json").json["blocks"]
        for host in ("localhost", ELSEWHERE)
    )
    if kind != "bundle":
        assert "changeit" not in here[1]["text"]
        options = shell(f'export TRUSTSTORE_PASSWORD=changeit\n{here[1]["text"]}\necho "$JDK_JAVA_OPTIONS"')
        assert ("trustStorePassword=changeit" in options) == (kind == "keystore.p12")
        # The launcher's own quoting has no escape for a quotation mark inside quotes; such a path cannot be given.
        monkeypatch.setenv("JDK_JAVA_OPTIONS", options.replace(str(bundle.parent), str(link(bundle.parent))))
    good, bad = java.ask(*(("connect", blocks[0]["text"], "", "") for blocks in (here, elsewhere)))
    assert good == "tls=true"
    assert "could not be verified by hostnameverifier" in bad
    server.use("new")
    (gone,) = java.ask(("connect", here[0]["text"], "", ""))
    assert "unable to find valid certification path" in gone


def link(folder: Path) -> Path:
    """Another name for a folder, with blanks only."""
    name = folder.parent / "a place"
    if not name.exists():
        name.symlink_to(folder)
    return name


@contextmanager
def pgbouncer(configuration: str, folder: Path) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """The port of a pgbouncer that was given this configuration, and what it takes to run here."""
    port = free_port()
    (folder / "users.txt").write_text('"reader" ""\n')
    here = f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = trust\n"
    (folder / "pgbouncer.ini").write_text(f"{configuration}\n{here}auth_file = {folder / 'users.txt'}\n")
    command = [find("pgbouncer"), "-q", str(folder / "pgbouncer.ini")]
    with subprocess.Popen(command, user=server_user(), cwd="/", stderr=subprocess.DEVNULL) as process:
        try:
            yield port, process
        finally:
            process.kill()


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that pgbouncer's user may enter."""
    with folder_of_servers() as folder:
        yield folder


def through(port: int) -> str:
    """Whether the server behind pgbouncer is reached by TLS; "failed" when it is not reached."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            with psycopg.connect(host="127.0.0.1", port=port, user="reader", dbname="postgres") as connection:
                return "t" if connection.execute(ASK).fetchone() == (True,) else "f"
        except psycopg.OperationalError as exc:
            if "Connection refused" not in str(exc):
                return "failed"
            time.sleep(0.05)
    raise TimeoutError("pgbouncer did not start")


def test_pgbouncer_connects_verifies_and_reads_a_changed_bundle(
    tool: Tool, server: Server, place: Path, tmp_path: Path
) -> None:
    chain = place / "chain.pem"
    chain.write_bytes(own("old-root.pem").read_bytes())
    impatient = "server_login_retry = 0.1\nquery_wait_timeout = 1"
    done = tool("postgres", "snippet", "pgbouncer", "--bundle", chain, *at(server))
    with pgbouncer(done.out, place) as (port, _):
        assert through(port) == "t"
    wrong = tool("postgres", "snippet", "pgbouncer", "--bundle", chain, *at(server, ELSEWHERE))
    with pgbouncer(wrong.out + impatient, place) as (port, _):
        assert through(port) == "failed"
    server.use("new")
    with pgbouncer(done.out + impatient, place) as (port, process):
        assert through(port) == "failed"
        assert tool("bundle", own("old-root.pem"), own("new-root.pem"), "-o", tmp_path / "both.pem").code == 0
        chain.write_bytes((tmp_path / "both.pem").read_bytes())
        process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 60
        while through(port) != "t":
            assert time.monotonic() < deadline


def test_what_a_client_cannot_read_is_refused(tool: Tool) -> None:
    assert tool("import", "keystore.jks", own("old-root.pem"), "--yes").code == 0
    done = tool("postgres", "snippet", "psql", "--store", "keystore.jks")
    assert done.code == 2
    assert re.search(r"psql does not read jks: .*keystore\.jks", done.err)
    assert "truststore-tool bundle" in done.err
    assert tool("postgres", "snippet", "psql").code == 2
    assert tool("postgres", "snippet", "nonsense", "--bundle", own("old-root.pem")).code == 2
    assert tool("postgres", "snippet", "psql", "--bundle", own("old-root.pem"), "--host", "a\nb").code == 2
