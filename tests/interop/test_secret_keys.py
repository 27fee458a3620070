"""Secret keys between JCEKS and PKCS#12: made by keytool, moved by our convert and our shim, opened by every JVM."""

from pathlib import Path

import pytest

from tests.cli.harness import process
from tests.realtools import Jdk, Request, run

ENV = {"TRUSTSTORE_PASSWORD": "changeit"}
TYPES = {"jceks": "JCEKS", "pkcs12": "PKCS12"}
ALGORITHMS = {"aes": ("AES", "256"), "desede": ("DESede", "168"), "hmac": ("HmacSHA256", "256")}


def made(jdk: Jdk, folder: Path, kind: str) -> Path:
    """A store by keytool with a secret key of each algorithm."""
    store = folder / f"made.{kind}"
    for alias, (algorithm, size) in ALGORITHMS.items():
        run(jdk.keytool, "-genseckey", "-alias", alias, "-keyalg", algorithm, "-keysize", size, "-keystore", store,
            "-storetype", kind, "-storepass", "changeit", "-keypass", "changeit")  # fmt: skip
    return store


def keys(jdk: Jdk, kind: str, store: Path, password: str) -> dict[str, tuple[str, str | None]]:
    """Kind and digest of each key, as this JVM opens it."""
    (view,) = jdk.read(Request(TYPES[kind], store, password, ("changeit",)))
    assert view.error is None
    return {entry.alias: (entry.kind, entry.key) for entry in view.entries}


@pytest.mark.parametrize(("source", "target"), [("jceks", "pkcs12"), ("pkcs12", "jceks")])
def test_convert_moves_secret_keys(jdks: list[Jdk], tmp_path: Path, source: str, target: str) -> None:
    for jdk in jdks:
        folder = tmp_path / jdk.home.name
        folder.mkdir()
        store = made(jdk, folder, source)
        done = process("convert", store, "-o", folder / "out", "--to", target, env=ENV)
        assert done.code == 0, done.err
        before = keys(jdk, source, store, "changeit")
        assert all(digest is not None for _, digest in before.values())
        for other in jdks:
            assert keys(other, target, folder / "out", "changeit") == before


@pytest.mark.parametrize("source", TYPES)
@pytest.mark.parametrize("target", TYPES)
def test_importkeystore_moves_secret_keys_as_keytool_does(jdk: Jdk, tmp_path: Path, source: str, target: str) -> None:
    store = made(jdk, tmp_path, source)
    words = ["-importkeystore", "-srckeystore", str(store), "-deststoretype", target]
    words += ["-srcstorepass", "changeit", "-deststorepass", "another-one"]
    if source == "jceks":
        words += ["-srcalias", "aes", "-srckeypass", "changeit", "-destkeypass", "another-one"]
    else:
        words += ["-srcalias", "aes"]
    run(jdk.keytool, *words, "-destkeystore", tmp_path / "theirs")
    done = process("keytool", *words, "-destkeystore", tmp_path / "ours")
    assert done.code == 0, done.out + done.err
    theirs = keys(jdk, target, tmp_path / "theirs", "another-one")
    assert theirs["aes"][1] is not None
    assert keys(jdk, target, tmp_path / "ours", "another-one") == theirs


def test_a_wrong_password_moves_nothing(jdk: Jdk, tmp_path: Path) -> None:
    store = made(jdk, tmp_path, "jceks")
    run(jdk.keytool, "-storepasswd", "-keystore", store, "-storepass", "changeit", "-new", "another-one")
    done = process("convert", store, "-o", tmp_path / "out.p12", env={"TRUSTSTORE_PASSWORD": "another-one"})
    assert done.code == 4
    assert not (tmp_path / "out.p12").exists()
