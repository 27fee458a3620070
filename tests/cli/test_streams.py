"""Standard streams that are full or closed, and the end of the process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import samples
from tests.cli.harness import process
from tests.torture.mutation import put_text
from truststore_tool.formats import pem
from truststore_tool.stores import open_store

ROOT = samples.own("new-root.pem")
FULL = Path("/dev/full")
SHIMS = {
    "keytool -printcert": ["keytool", "-printcert", "-file", str(ROOT)],
    "openssl x509": ["openssl", "x509", "-in", str(ROOT)],
}
NATIVE = {
    "list": ["list", str(ROOT)],
    "list --json": ["list", "--json", str(ROOT)],
    "export": ["export", str(ROOT), "--all"],
    "convert": ["convert", str(ROOT), "-o", "-", "--to", "der"],
    "bundle": ["bundle", str(ROOT), "-o", "-", "--quiet"],
    "help": ["--help"],
}


def shell(words: list[str], redirections: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    """Run a command line with these redirections behind it, and the store password in the environment."""
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {redirections}', "sh", sys.executable, "-m", "truststore_tool", *words],
        capture_output=True,
        cwd=cwd,
        env={**os.environ, "TRUSTSTORE_PASSWORD": "changeit"},
        timeout=300,
    )


@pytest.mark.parametrize("name", NATIVE)
def test_output_that_does_not_arrive_is_exit_code_5(name: str, tmp_path: Path) -> None:
    done = shell(NATIVE[name], f"> {FULL}", tmp_path)
    lines = done.stderr.decode().splitlines()
    assert lines[-2:] == [
        "error: could not write the output: No space left on device",
        "hint: make room where it goes, and run again",
    ]
    assert not [line for line in lines[:-2] if not line.startswith("warning: ")]
    assert done.returncode == 5


@pytest.mark.parametrize("name", SHIMS)
def test_output_of_a_shim_that_does_not_arrive_is_exit_code_1(name: str, tmp_path: Path) -> None:
    done = shell(SHIMS[name], f"> {FULL}", tmp_path)
    program = name.partition(" ")[0]
    expected = f"{program}: standard output could not be written: No space left on device\n"
    assert (done.returncode, done.stderr.decode()) == (1, expected)


@pytest.mark.parametrize("name", NATIVE | SHIMS)
@pytest.mark.parametrize("closed", [">&-", "<&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_no_error(name: str, closed: str, tmp_path: Path) -> None:
    done = shell((NATIVE | SHIMS)[name], closed, tmp_path)
    assert (done.returncode, [line for line in done.stderr.splitlines() if b"warning: " not in line]) == (0, [])


def test_nothing_is_printed_into_a_store_that_takes_the_number_of_a_closed_stream(tmp_path: Path) -> None:
    words = ["import", "store.jks", str(ROOT), "--yes"]
    assert shell(words, "<&- >&- 2>&-", tmp_path).returncode == 0
    [entry] = open_store(tmp_path / "store.jks", "changeit").trusted()
    assert entry.certificate == samples.certificates(ROOT)[0]
    assert [path.name for path in tmp_path.iterdir()] == ["store.jks"]


def test_what_is_still_buffered_at_the_end_goes_out(tmp_path: Path) -> None:
    whole = shell(["export", str(samples.amazon("rds-global-bundle.pem")), "--all"], "| cat", tmp_path)
    assert whole.stdout.count(b"-----END CERTIFICATE-----") == 120


@pytest.mark.parametrize("words", [["list", "no-such-store"], ["no-such-command"], ["list", str(ROOT)]])
def test_the_short_end_and_the_long_end_of_the_process_say_the_same(words: list[str], tmp_path: Path) -> None:
    short = shell(words, "", tmp_path)
    debug = subprocess.run(
        [sys.executable, "-m", "truststore_tool", *words],
        capture_output=True,
        cwd=tmp_path,
        env={**os.environ, "TRUSTSTORE_PASSWORD": "changeit", "TRUSTSTORE_TOOL_DEBUG": "1"},
        timeout=300,
    )
    assert (debug.returncode, debug.stdout, debug.stderr) == (short.returncode, short.stdout, short.stderr)


OLD = samples.own("old-root.pem")
DSN = "host=h sslmode=require password=x"
# What is said on standard error beside the exit code: errors, usage, warnings, hints, notes, questions.
TALKING = {
    3: [
        "list missing",
        "import s.jks missing --yes",
        "verify s.jks --against missing",
        "postgres probe 127.0.0.1:1",
        "postgres sessions host=127.0.0.1",
        f"list {Path(__file__)}",
        "list s.jks --password-file missing",
    ],
    2: [
        "no-such-command",
        "list",
        "list s.jks --no-such",
        f"import s.jks {OLD}",
        "postgres explain host",
        "list certs",
        "list s.jks --password-env NO_SUCH_VARIABLE",
    ],
    4: ["list s.jks --password-file wrong"],
    5: ["convert s.jks -o no/such/x.p12", "export s.jks --all -o no/such/x.pem"],
    1: [
        f"verify s.jks --against {OLD}",
        "remove s.jks --alias no",
        f"import s.jks {OLD} --expect {'00' * 32}",
        "keytool -list -keystore missing -storepass changeit",
        "openssl x509 -in missing",
        "postgres explain DSN",
    ],
    0: [
        f"import s.jks {samples.own('new-server.pem')} --yes",
        f"postgres snippet env --bundle {ROOT}",
        f"import s.jks {OLD} --yes",
        "keytool -list -keystore s.jks -storepass changeit",
    ],
}


@pytest.mark.parametrize("where", [f"2> {FULL}", "2>&1 >/dev/null | true", "2>&-"])
@pytest.mark.parametrize(("code", "line"), [(code, line) for code, lines in TALKING.items() for line in lines])
def test_what_cannot_be_said_changes_nothing(code: int, line: str, where: str, tmp_path: Path) -> None:
    (tmp_path / "certs").mkdir()
    (tmp_path / "wrong").write_text("wrong\n")
    assert shell(["import", "s.jks", str(ROOT), "--yes"], "", tmp_path).returncode == 0
    words = [DSN if word == "DSN" else word for word in line.split()]
    piped = ["bash", "-c", f'"$@" {where}; exit ${{PIPESTATUS[0]}}', "bash", sys.executable, "-m", "truststore_tool"]
    done = subprocess.run(
        [*piped, *words],
        capture_output=True,
        cwd=tmp_path,
        env={**os.environ, "TRUSTSTORE_PASSWORD": "changeit"},
        timeout=300,
    )
    assert done.returncode == code


@pytest.mark.parametrize("where", [f"> {FULL}", "| true"])
def test_an_error_whose_report_does_not_arrive_is_said_all_the_same(where: str, tmp_path: Path) -> None:
    assert shell(["import", "s.jks", str(ROOT), "--yes"], "", tmp_path).returncode == 0
    piped = ["bash", "-c", f'"$@" {where}; exit ${{PIPESTATUS[0]}}', "bash", sys.executable, "-m", "truststore_tool"]
    done = subprocess.run(
        [*piped, "remove", "s.jks", "--alias", "no", "--json"],
        capture_output=True,
        cwd=tmp_path,
        env={**os.environ, "TRUSTSTORE_PASSWORD": "changeit"},
        timeout=300,
    )
    assert done.returncode == 1
    assert done.stderr.decode().splitlines() == [
        "error: not in the store: 'no'; nothing was removed",
        "hint: list the store to see its entries",
    ]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_terminal_that_lacks_a_character_sees_an_escape(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "漢.pem").write_text(pem.encode(put_text(samples.certificates(ROOT)[0], "漢")))
    environment = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = process("list", "漢.pem", env=environment, cwd=tmp_path)
    assert done.code == 0, done.err
    assert (r"\u6f22" if encoding == "latin-1" else "漢") in done.out  # click takes ASCII for a slip and writes UTF-8
    report = process("list", "--json", "漢.pem", env=environment, cwd=tmp_path).json
    assert "漢" in report["entries"][0]["certificates"][0]["subject"]
    assert process("list", "漢", env=environment, cwd=tmp_path).code == 3
