"""PKCS#12 files whose password OpenSSL before 1.1 encoded: each octet of its UTF-8 as a character of its own."""

import subprocess
from pathlib import Path

import pytest

from tests.cli.harness import Tool, process
from tests.realtools import Jdk, Request, find
from tests.samples import own

PASSWORD = "pässwörd"


def openssl(*words: str | Path, password: str = PASSWORD) -> subprocess.CompletedProcess[bytes]:
    env = {"P": password, "LC_ALL": "C.UTF-8"}
    return subprocess.run([find("openssl"), "pkcs12", *words], env=env, capture_output=True)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Such a file, made by an OpenSSL of today that is given the wrong characters; it says itself what that is."""
    made = tmp_path / "old.p12"
    words = ("-export", "-in", own("new-server.pem"), "-inkey", own("new-server.key"), "-name", "server")
    ways = ("-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1", "-passout", "env:P")
    assert openssl(*words, *ways, "-out", made, password=PASSWORD.encode().decode("latin-1")).returncode == 0
    read = openssl("-in", made, "-passin", "env:P", "-nokeys")
    assert (read.returncode, b"using broken algorithm" in read.stderr) == (0, True)
    return made


def test_it_is_opened_and_mended(tool: Tool, jdks: list[Jdk], monkeypatch: pytest.MonkeyPatch, old: Path) -> None:
    monkeypatch.setenv("TRUSTSTORE_PASSWORD", PASSWORD)
    monkeypatch.setenv("NEW", "changeit")
    listed = tool("list", old, "--json")
    assert (listed.code, [e["kind"] for e in listed.json["entries"]]) == (0, ["private-key"])
    assert [f["rule"] for f in listed.json["findings"]] == ["password-not-ascii"]
    assert [jdk.read(Request("PKCS12", old, PASSWORD))[0].error is None for jdk in jdks] == [False, False]
    wrong = tool("list", old, "--password-env", "NEW")
    assert wrong.code == 4
    assert tool("passwd", old, "--new-password-env", "NEW").code == 0
    for jdk in jdks:
        (view,) = jdk.read(Request("PKCS12", old, "changeit", ("changeit",)))
        assert [(entry.alias, entry.key is not None) for entry in view.entries] == [("server", True)]


@pytest.mark.parametrize("release", ["17", "25"])
def test_the_keytool_shim_does_not_open_it_as_keytool_does_not(jdks: list[Jdk], old: Path, release: str) -> None:
    words = ["-list", "-keystore", str(old), "-storepass:env", "P"]
    env = {"P": PASSWORD, "LC_ALL": "C.UTF-8", "TZ": "UTC", "TRUSTSTORE_TOOL_KEYTOOL_VERSION": release}
    jdk = jdks[("17", "25").index(release)]
    real = subprocess.run([jdk.keytool, *words], env=env, capture_output=True)
    ours = process("keytool", *words, env=env)
    assert (ours.code, ours.out) == (real.returncode, real.stdout.decode())
    assert real.returncode == 1
