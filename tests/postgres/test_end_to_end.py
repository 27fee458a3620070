"""The whole rotation, as its transcript shows it: run against a real server, each command prints what is printed."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.pages import steps
from tests.postgres.clients import driver_jar
from tests.postgres.server import Server
from tests.realtools import HERE, find, jdk_homes, missing
from tests.samples import SAMPLES

TRANSCRIPT = HERE.parent / "docs" / "postgresql.md"
PORT = "5432"  # in the transcript; the test server has another


def surroundings(folder: Path, server: Server) -> dict[str, str]:
    """The folder that the transcript is typed in, and its environment."""
    homes = jdk_homes() or [Path(missing("a JDK"))]
    (folder / "sample_certs").symlink_to(SAMPLES)
    (folder / "postgresql.jar").symlink_to(driver_jar())
    (folder / "Connect.java").symlink_to(HERE / "postgres" / "Connect.java")
    binaries = folder / "bin"
    binaries.mkdir()
    for name, arguments in (("truststore-tool", "-m truststore_tool"), ("python3", "")):
        program = binaries / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments} "$@"\n')
        program.chmod(0o755)
    find("psql")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    path = os.pathsep.join([str(binaries), str(homes[0] / "bin"), os.environ["PATH"]])
    places = {"PGDATA": str(server.folder), "HOME": str(folder), "JAVA_HOME": str(homes[0])}
    return {**clean, **places, "PATH": path, "LC_ALL": "C"}


def follow(text: str, folder: Path, env: dict[str, str], server: Server, without: str = "") -> list[str]:
    """Run each command of a page, and hold what it prints, but for `without`, against what the page shows.

    What the page exports is in `env` then. Returns what was printed.
    """
    seen = []
    for command, expected in steps(text, "sh-session"):
        if command.startswith("export "):
            name, _, value = command.removeprefix("export ").partition("=")
            env[name] = shlex.split(value)[0]
            continue
        before = server.logged()
        shell = ["bash", "-c", f"{command} 2>&1"]
        done = subprocess.run(shell, cwd=folder, env=env, capture_output=True, text=True, timeout=300)
        assert done.stdout.replace(without, "") == expected, command
        seen.append(done.stdout)
        if "pg_reload_conf" in command:
            server.wait_for_reload(before)
    return seen


def test_the_transcript_is_what_happens(server: Server, tmp_path: Path) -> None:
    text = TRANSCRIPT.read_text().replace(PORT, str(server.port))
    env = surroundings(tmp_path, server)
    # Newer JDKs put the name of the TLS alert before the reason.
    seen = follow(text, tmp_path, env, server, without="(certificate_unknown) ")
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        psycopg.connect(env["DB"], sslrootcert=str(tmp_path / "forgotten-chain.pem"))
    everything = "".join(seen)
    # The transcript must keep showing what it is there for.
    assert everything.count("TLSv1.3\n") == 7
    assert "certificate verify failed" in everything
    assert "unable to find valid certification path" in everything
    assert "NOT TRUSTED by forgotten-keystore" in everything
    assert "NOT TRUSTED by forgotten-chain.pem" in everything
