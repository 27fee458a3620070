"""`doctor --measure`: real programs beside their predictions, and programs that lie, hang or are not there."""

import io
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.harness import Done, Tool
from tests.realtools import Jdk, Request, absent, find, run
from tests.samples import amazon, own
from truststore_tool.cli.measuring import base

G1 = amazon("rds-ca-rsa2048-g1-us-east-1.pem")
SECRET = "changeit"


def measured(done: Done, program: str) -> dict[str, Any]:
    """What was measured with the program whose name begins so."""
    (found,) = [item for item in done.json["stores"][0]["measured"] if item["program"].startswith(program)]
    assert isinstance(found, dict)
    return found


def unmeasured(done: Done) -> dict[str, str]:
    return {item["program"]: item["reason"] for item in done.json["stores"][0]["unmeasured"]}


def program(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(("#!/bin/sh", *lines, "")))
    path.chmod(0o755)


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder that is all of PATH, and no JAVA_HOME."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return folder


def fake_jdk(jdk: Jdk, folder: Path, *lines: str) -> Path:
    """A JDK with the release and properties of another, and a keytool of a few lines."""
    (folder / "conf" / "security").mkdir(parents=True)
    shutil.copy(jdk.home / "release", folder)
    shutil.copy(jdk.home / "conf" / "security" / "java.security", folder / "conf" / "security")
    program(folder / "bin" / "keytool", *lines)
    return folder


@pytest.mark.parametrize("profile", ["modern", "passwordless"])
def test_what_real_programs_do_is_shown_beside_what_was_predicted(
    tool: Tool, jdks: list[Jdk], monkeypatch: pytest.MonkeyPatch, profile: str
) -> None:
    assert tool("import", "ours.p12", G1, "--yes", "--profile", profile).code == 0
    if profile == "passwordless":
        monkeypatch.delenv("TRUSTSTORE_PASSWORD")
        jdks = jdks[:1]
    names = [word for jdk in jdks for word in ("--for", f"jdk:{jdk.home}")]
    done = tool("doctor", "ours.p12", *names, "--measure", "--json")
    assert done.code == 0
    passwords = {"with the password": SECRET, "with a wrong password": "another-one", "without a password": None}
    if profile == "passwordless":
        passwords["with the password"] = None
    for jdk in jdks:
        views = jdk.read(*(Request("PKCS12", Path("ours.p12").absolute(), secret) for secret in passwords.values()))
        results = measured(done, f"{jdk.home.resolve()}/bin/keytool (java")["results"]
        for result, (way, view) in zip(results, zip(passwords, views, strict=True), strict=True):
            assert (result["way"], result["loads"], result["agrees"]) == (way, view.error is None, True)
            assert (result["count"] or 0) == len(view.trusted)
    version = run(find("openssl"), "version").decode().split()[1]
    results = measured(done, f"{Path(find('openssl')).resolve()} ({version})")["results"]
    assert [r["count"] for r in results] == ([1, None, None] if profile == "modern" else [1, 1, 1])
    assert all(result["agrees"] for item in done.json["stores"][0]["measured"] for result in item["results"])


def test_of_pem_openssl_python_and_node_show_what_they_take(tool: Tool, alone: Path) -> None:
    node = shutil.which("node", path="/usr/local/bin:/usr/bin") or absent("Node")
    for name, path in (("node", node), ("openssl", "/usr/bin/openssl")):
        (alone / name).symlink_to(path)
    mixed = G1.read_bytes() + own("new-intermediate.pem").read_bytes()
    Path("mixed.pem").write_bytes(mixed)
    Path("broken.pem").write_bytes(mixed.rstrip(b"\n") + mixed)  # two blocks meet in one line
    done = tool("doctor", "mixed.pem", "--measure", "--json")
    assert done.code == 0
    openssl, python = measured(done, "/usr/bin/openssl"), measured(done, sys.executable)
    assert [(r["loads"], r["count"], r["agrees"]) for r in openssl["results"]] == [(True, 1, True)]
    assert [(r["loads"], r["count"], r["agrees"]) for r in python["results"]] == [(True, 2, True)]
    assert python["reader"] == ("python3.13" if sys.version_info >= (3, 13) else "python3")
    broken = tool("doctor", "broken.pem", "--measure", "--json")
    for item in ("/usr/bin/openssl", sys.executable):
        assert [(r["loads"], r["agrees"]) for r in measured(broken, item)["results"]] == [(False, True)]
    if subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.startswith("v20."):
        (result,) = measured(broken, str(Path(node).resolve()))["results"]
        assert result["agrees"]
        assert "Ignoring extra certs" in result["error"]
    assert "keytool" in unmeasured(done)
    assert "1 anchor, as predicted" in tool("doctor", "mixed.pem", "--measure").out


def test_a_keytool_that_does_otherwise_is_a_finding(
    tool: Tool, jdk: Jdk, alone: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert tool("import", "ours.jks", G1, "--yes").code == 0
    assert tool("doctor", "ours.jks", "--measure").code == 0, alone
    words = ('echo "$@" >>"$OUT/arguments"', 'echo "$TRUSTSTORE_TOOL_MEASURED" >>"$OUT/secrets"')
    liar = fake_jdk(jdk, tmp_path / "liar", *words, "echo 'Your keystore contains 0 entries'")
    monkeypatch.setenv("JAVA_HOME", str(liar))
    monkeypatch.setenv("OUT", str(tmp_path))
    done = tool("doctor", "ours.jks", "--measure", "--json")
    assert done.code == 1
    found = [item for item in done.json["stores"][0]["findings"] if item["rule"] == "measured-otherwise"]
    assert {item["level"] for item in found} == {"error"}
    assert "with the password: 0 anchors; predicted of" in found[0]["message"]
    assert "report it" in found[0]["fix"]
    results = {r["way"]: r["agrees"] for r in measured(done, f"{liar}/bin/keytool")["results"]}
    assert results == dict.fromkeys(("with the password", "with a wrong password", "without a password"), False)
    # The password is in the environment of just the one who is to have it, and in no argument.
    assert SECRET not in (tmp_path / "arguments").read_text()
    assert (tmp_path / "secrets").read_text().splitlines()[0] == SECRET
    assert SECRET not in (tmp_path / "secrets").read_text().splitlines()[1:]
    assert "0 anchors; predicted: 1 anchor" in tool("doctor", "ours.jks", "--measure").out


def test_an_openssl_that_does_otherwise_is_a_finding(tool: Tool, alone: Path) -> None:
    assert tool("import", "ours.p12", G1, "--yes", "--profile", "compat").code == 0
    program(alone / "openssl", 'case $1 in version) echo "OpenSSL 3.0.1 14 Dec 2021";; esac')
    done = tool("doctor", "ours.p12", "--measure")
    assert done.code == 1
    assert f"{alone}/openssl (3.0.1), with the password: 0 certificates; predicted of openssl3: 1" in done.out
    assert f"{alone}/openssl (3.0.1, -legacy), with" in done.out


def test_what_cannot_be_measured_is_said_and_is_no_finding(
    tool: Tool, jdk: Jdk, alone: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert tool("import", "ours.jks", G1, "--yes").code == 0
    done = tool("doctor", "ours.jks", "--measure", "--json")
    assert done.code == 0
    assert set(unmeasured(done)) == {"keytool", "openssl", "node"}
    assert "not measured: node: there is none on PATH" in tool("doctor", "ours.jks", "--measure").out

    program(alone / "openssl", "echo LibreSSL 3.9.0")
    program(alone / "node", "echo v99.0.0")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    done = tool("doctor", "ours.jks", "--measure", "--json")
    assert done.code == 0
    reasons = unmeasured(done)
    assert "no prediction" in reasons[f"{alone}/openssl (LibreSSL 3.9.0)"]
    assert "no prediction" in reasons[f"{alone}/node (v99.0.0)"]
    assert "no file called release" in reasons[f"{tmp_path}/bin/keytool"]

    monkeypatch.setattr(base, "PATIENCE", 0.5)
    monkeypatch.setenv("JAVA_HOME", str(fake_jdk(jdk, tmp_path / "slow", "/bin/sleep 999", "echo never")))
    program(alone / "openssl", "exit 3")
    done = tool("doctor", "ours.jks", "--measure", "--json")
    assert done.code == 0
    (slow,) = [reason for name, reason in unmeasured(done).items() if "slow/bin/keytool" in name]
    assert "did not end" in slow
    monkeypatch.setattr(base, "PATIENCE", 60)
    monkeypatch.setenv("JAVA_HOME", str(fake_jdk(jdk, tmp_path / "odd", "echo what; exit 7")))
    done = tool("doctor", "ours.jks", "--measure", "--json")
    assert done.code == 0
    (odd,) = [reason for name, reason in unmeasured(done).items() if "odd/bin/keytool" in name]
    assert "code 7" in odd


def test_without_the_password_nobody_is_asked_with_it(
    tool: Tool, jdk: Jdk, alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tool("import", "ours.p12", G1, "--yes").code == 0
    monkeypatch.delenv("TRUSTSTORE_PASSWORD")
    done = tool("doctor", "ours.p12", "--for", f"jdk:{jdk.home}", "--measure", "--json")
    ways = [result["way"] for result in measured(done, str(jdk.home.resolve()))["results"]]
    assert ways == ["with a wrong password", "without a password"]
    assert alone.exists()


def test_standard_input_is_not_measured(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(G1.read_bytes())))
    done = tool("doctor", "-", "--measure", "--json")
    assert done.code == 0
    assert "standard input" in unmeasured(done)["every program"]


def test_what_is_mended_is_measured_afterwards(tool: Tool) -> None:
    assert tool("doctor", "x.p12", "--measure", "--fix").code == 2
