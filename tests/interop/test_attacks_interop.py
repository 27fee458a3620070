"""Fields that try to command the terminal, in the shims: they print what the real tools print, byte for byte."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_attacks import evil_certificate, evil_store
from tests.realtools import Jdk, find
from truststore_tool.formats import pem


def streams(words: list[str], folder: Path, **env: str) -> tuple[int, bytes, bytes]:
    done = subprocess.run(
        words,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=300,
        env={**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC", **env},
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("options", [["-list"], ["-list", "-v"], ["-list", "-rfc"]], ids=" ".join)
def test_keytool(jdks: list[Jdk], tmp_path: Path, options: list[str]) -> None:
    evil_store(tmp_path / "evil.jks")
    words = [*options, "-keystore", "evil.jks", "-storepass", "changeit"]
    for jdk in jdks:
        version = subprocess.run(
            [jdk.home / "bin" / "java", "-version"], capture_output=True, check=True
        ).stderr.decode()
        number = version.partition('"')[2].partition(".")[0]
        real = streams([str(jdk.keytool), *words], tmp_path)
        ours = streams(
            [sys.executable, "-m", "truststore_tool", "keytool", *words],
            tmp_path,
            TRUSTSTORE_TOOL_KEYTOOL_VERSION=number,
        )
        assert ours == real


@pytest.mark.parametrize(
    "options", [["-subject", "-issuer"], ["-text"], ["-subject", "-nameopt", "utf8"]], ids=" ".join
)
def test_openssl(tmp_path: Path, options: list[str]) -> None:
    (tmp_path / "evil.pem").write_text(pem.encode(evil_certificate()))
    words = ["x509", "-in", "evil.pem", "-noout", *options]
    real = streams([find("openssl"), *words], tmp_path)
    ours = streams([sys.executable, "-m", "truststore_tool", "openssl", *words], tmp_path)
    assert real[0] == 0
    assert ours == real
