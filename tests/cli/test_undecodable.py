"""Bytes that are not UTF-8 in every argument and variable: an expected end with a line, never a bug's."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.harness import Tool
from tests.samples import own

BYTES = b"a\xffb"
FILES = {"NEW": str(own("new-root.pem")), "OLD": str(own("old-root.pem")), "B": os.fsdecode(BYTES)}
# B stands for the bytes, alone or in a word.
LINES = """
B
list B
list s.jks --format B
list s.jks --password-env B
list s.jks --password-file B
list s.jks --password-fd B
list s.jks --B
import B.jks NEW --yes
import B/x NEW --yes
import s.jks B --yes
import s.jks OLD --yes --alias B
import n.p12 OLD --yes --alias B
import n.pem OLD --yes --alias B
import s.jks OLD --expect B
import s.jks OLD --yes --source-password-file B
import s.jks OLD --yes --source-password-env B
fingerprint B
verify s.jks --against B
verify B --against NEW
convert s.jks -o B
convert s.jks -o x.p12 --to B
convert s.jks -o B --to capath
bundle B -o x.pem
bundle NEW -o B.pem
diff s.jks B
export s.jks --alias B
export s.jks --all -o B.pem
remove s.jks --alias B
rename s.jks B c
rename s.jks new-root B
passwd s.jks --new-password-file B
passwd s.jks --new-password-env B
shims install B
shims B
postgres B
postgres explain host=B
postgres explain B=x
postgres explain postgresql://B/d
postgres explain postgresql://h/d?sslrootcert=B
postgres explain postgresql://h/d?sslrootcert=%ff
postgres explain postgresql://%ff@h/d
postgres explain jdbc:postgresql://B/d
postgres explain jdbc:postgresql://h/B
postgres explain jdbc:postgresql://h/d?B
postgres explain jdbc:postgresql://h/d?ssl=true&sslrootcert=B
postgres explain jdbc:postgresql://h/d?ssl=true&sslrootcert=%ff
postgres explain service=B
postgres sessions host=B
postgres sessions user=B
postgres sessions postgresql://%ff@127.0.0.1/d
postgres sessions postgresql://u@127.0.0.1/%ff
postgres sessions service=B
postgres sessions --watch B
postgres probe B
postgres probe h:B
postgres probe 127.0.0.1:1 --store B
postgres probe 127.0.0.1:1 --bundle B
postgres probe 127.0.0.1:1 --expect-ca B
postgres rotation --current B --next NEW --store s.jks
postgres rotation --current NEW --next B --store s.jks
postgres snippet B --bundle NEW
postgres snippet psql --bundle B
postgres snippet psql --bundle NEW --host B
postgres snippet psql --bundle NEW --port B
postgres snippet jdbc --store s.jks --user B
""".strip().split("\n")
IN_STRINGS = [line for line in LINES if "explain " in line or ("sessions " in line and "--" not in line)]


@pytest.mark.parametrize("more", [[], ["--json"]])
@pytest.mark.parametrize("line", LINES)
def test_in_an_argument(tool: Tool, line: str, more: list[str]) -> None:
    assert tool("import", "s.jks", FILES["NEW"], "--yes", "--alias", "new-root").code == 0
    words = [FILES.get(word) or word.replace("B", FILES["B"]) for word in line.split()]
    done = tool(*words, *more)
    assert done.code in ((2,) if line in IN_STRINGS else (0, 1, 2, 3, 4, 5)), done.err
    if done.code:
        assert done.err or done.out
    if line in IN_STRINGS:
        assert "not UTF-8" in done.err


VARIABLES = ["PGHOST", "PGPORT", "PGSERVICE", "PGSERVICEFILE", "PGSYSCONFDIR", "PGSSLMODE", "PGSSLROOTCERT", "HOME"]


@pytest.mark.parametrize(
    "variable", [*VARIABLES, "JAVA_TOOL_OPTIONS", "SSL_CERT_FILE", "TRUSTSTORE_PASSWORD", "COLUMNS"]
)
def test_in_a_variable(variable: str, tmp_path: Path) -> None:
    """In a process of its own: how Python reads them is part of it."""
    value = b"-Djavax.net.ssl.trustStore=/" + BYTES if variable.startswith("JAVA") else BYTES
    url = "jdbc:postgresql://h/d?sslmode=require&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory"
    for words in (["postgres", "explain", "host=h"], ["postgres", "explain", url], ["list", FILES["NEW"]]):
        command = [sys.executable, "-m", "truststore_tool", *words]
        environment = {**os.environb, variable.encode(): value}
        done = subprocess.run(command, env=environment, capture_output=True, cwd=tmp_path, timeout=300)
        assert done.returncode in (0, 1, 2, 3, 4), done.stderr
        if words[-1] == "host=h" and variable in {"PGPORT", "PGSERVICE", "PGSSLMODE", "PGSSLROOTCERT"}:
            assert done.returncode == 2
            assert b"not UTF-8" in done.stderr


def test_in_a_service_file(tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    (tmp_path / "services").write_bytes(b"[other]\nuser=\xff\n[x]\nhost=h\n[y]\nsslrootcert=/\xff\n[z]\nhost=\0\n")
    assert tool("postgres", "explain", "service=x").code == 1
    for service in "yz":
        done = tool("postgres", "explain", f"service={service}")
        assert done.code == 2
        assert "not UTF-8" in done.err


@pytest.mark.parametrize(
    "line", ["explain host=NAME", "explain host=h sslrootcert=/NAME", "rotation --current NAME --next NEW --store s"]
)
def test_a_name_that_no_file_system_takes(tool: Tool, line: str) -> None:
    command, _, dsn = line.partition(" ")
    given = [dsn] if command == "explain" else dsn.split()
    words = [word.replace("NAME", "x" * 5000) if word != "NEW" else FILES[word] for word in given]
    assert tool("postgres", command, *words).code in (1, 2, 3)


@pytest.mark.parametrize("seconds", ["nan", "inf", "-inf", "1e400", "-1", "0"])
@pytest.mark.parametrize("line", ["probe 127.0.0.1:1 --timeout", "sessions host=127.0.0.1 --every", "sessions --watch"])
def test_a_number_of_seconds_that_is_none(tool: Tool, line: str, seconds: str) -> None:
    if line.endswith("--watch") and seconds == "0":
        return
    assert tool("postgres", *line.split(), seconds).code == 2
