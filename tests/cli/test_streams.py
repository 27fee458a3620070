"""Standard streams that are full or closed, and the end of the process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import samples
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
        timeout=60,
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
        timeout=60,
    )
    assert (debug.returncode, debug.stdout, debug.stderr) == (short.returncode, short.stdout, short.stderr)
