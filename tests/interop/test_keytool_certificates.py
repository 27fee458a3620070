"""The certificate block, byte for byte as the JDK's keytool prints it."""

import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.realtools import Jdk
from tests.samples import SAMPLES, own
from tests.shims import odd_certificates
from tests.shims.forge import certificate, pem

Printed = tuple[int, bytes, bytes]

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Dubai", "America/Sao_Paulo")


def _environment(jdk: Jdk, zone: str = "UTC") -> dict[str, str]:
    release = (jdk.home / "release").read_text()
    version = "25" if 'JAVA_VERSION="25' in release else "17"
    return {**os.environ, "LC_ALL": "C", "TZ": zone, "TRUSTSTORE_TOOL_KEYTOOL_VERSION": version}


def _printed(program: list[str], path: Path, environment: dict[str, str], *options: str) -> Printed:
    command = [*program, "-printcert", *options, "-file", str(path)]
    done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, env=environment, timeout=120)
    return done.returncode, done.stdout, done.stderr


def _both(jdk: Jdk, path: Path, zone: str = "UTC", *options: str) -> tuple[Printed, Printed]:
    environment = _environment(jdk, zone)
    real = _printed([str(jdk.keytool)], path, environment, *options)
    ours = _printed([sys.executable, "-m", "truststore_tool", "keytool"], path, environment, *options)
    return real, ours


def test_every_shape_is_printed_as_the_jdk_prints_it(jdks: list[Jdk], tmp_path: Path) -> None:
    bundle = tmp_path / "all.pem"
    made = odd_certificates.all_of_them()
    bundle.write_bytes(b"".join(map(pem, made.values())))
    for jdk in jdks:
        real, ours = _both(jdk, bundle)
        assert ours == real
        assert real[1].count(b"Owner: ") == len(made)


def test_the_sample_certificates_are_printed_as_the_jdk_prints_them(jdks: list[Jdk], tmp_path: Path) -> None:
    bundle = tmp_path / "all.pem"
    bundle.write_bytes(
        b"".join(path.read_bytes() for path in sorted(SAMPLES.glob("*/*.pem")) if b"CERT" in path.read_bytes())
    )
    for jdk in jdks:
        real, ours = _both(jdk, bundle)
        assert ours == real
        assert real[1].count(b"Owner: ") > 10


def test_the_roots_of_certifi_are_printed_as_the_jdk_prints_them(jdks: list[Jdk]) -> None:
    import certifi

    for jdk in jdks:
        real, ours = _both(jdk, Path(certifi.where()))
        assert ours == real


@pytest.mark.parametrize("zone", ZONES)
def test_dates_are_in_the_local_time_zone(jdk: Jdk, tmp_path: Path, zone: str) -> None:
    path = tmp_path / "dated.pem"
    path.write_bytes(pem(certificate()))
    real, ours = _both(jdk, path, zone)
    assert ours == real


@pytest.mark.parametrize("title", sorted(odd_certificates.refused()))
def test_what_the_jdk_refuses_is_refused(jdk: Jdk, tmp_path: Path, title: str) -> None:
    path = tmp_path / "refused.der"
    path.write_bytes(odd_certificates.refused()[title])
    real, ours = _both(jdk, path)
    assert real[0] == 1
    assert ours == real


def test_pem_output_has_the_line_ends_of_the_release(jdks: list[Jdk], tmp_path: Path) -> None:
    path = tmp_path / "a.pem"
    path.write_bytes(pem(certificate()))
    for jdk in jdks:
        real, ours = _both(jdk, path, "UTC", "-rfc")
        assert ours == real


@contextmanager
def _tls_server(chain: Path, key: Path) -> Iterator[int]:
    """A TLS server that shows `chain` to whoever connects; gives its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with suppress(OSError), context.wrap_socket(connection, server_side=True) as wrapped:
                    wrapped.recv(1)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


@pytest.mark.parametrize("options", [(), ("-rfc",)])
def test_the_chain_of_a_tls_server_is_printed_as_the_jdk_prints_it(jdk: Jdk, options: tuple[str, ...]) -> None:
    with _tls_server(own("new-chain.pem"), own("new-server.key")) as port:
        words = ["-printcert", *options, "-sslserver", f"127.0.0.1:{port}"]
        real, ours = (
            subprocess.run([*program, *words], capture_output=True, env=_environment(jdk), timeout=300)
            for program in ([str(jdk.keytool)], [sys.executable, "-m", "truststore_tool", "keytool"])
        )
    assert (ours.returncode, ours.stdout, ours.stderr) == (real.returncode, real.stdout, real.stderr)
    assert real.stdout.count(b"BEGIN CERTIFICATE" if options else b"Owner: ") >= 2
