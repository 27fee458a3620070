"""Python, libpq, Node and the openssl command read bundles as predicted, and say what is predicted."""

import os
import shutil
import socket
import ssl
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests import debian, samples
from tests.readers import pem_grid, programs
from tests.realtools import absent, find
from truststore_tool import readers
from truststore_tool.formats import capath
from truststore_tool.model import TrustedEntry, TrustStore
from truststore_tool.readers.base import Reading

_CONNECT = """
require('tls').connect({port: PORT, host: '127.0.0.1', servername: 'localhost'}, function () {
    console.log(this.authorized)
    this.destroy()
}).on('error', error => console.log(error.code))
"""
# One file of the grid in so many is shown to programs that take long to start.
EVERY = 40


def written(folder: Path, every: int = 1) -> dict[str, Path]:
    files = {}
    for number, (name, data) in enumerate(pem_grid.cases()):
        if number % every == 0 and data[:1] != b"\x30":
            files[name] = folder / f"{number}.pem"
            files[name].write_bytes(data)
    return files


def certificates(reading: Reading) -> int:
    held = {*(reading.anchors or ()), *(left.certificate for left in reading.left_out)}
    return len(held)


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_every_python_reads_what_is_predicted(version: str, tmp_path: Path) -> None:
    interpreter = programs.pythons().get(version)
    if interpreter is None:
        absent(f"Python {version}")
    files = written(tmp_path)
    _compare(version, files, programs.python_view([interpreter], files.values()))


def test_python_3_13_with_a_newer_openssl_reads_what_is_predicted() -> None:
    there = debian.there()
    with there.shared() as (outside, inside):
        files = written(outside, 4)
        view = programs.python_view(there.command("python3"), [f"{inside}/{file.name}" for file in files.values()])
        _compare("3.13", files, view)


def _compare(version: str, files: Mapping[str, Path], view: programs.PythonView) -> None:
    reader = readers.named("python3.13" if version >= "3.13" else "python3")
    assert (view.strict, view.partial) == (version >= "3.13",) * 2
    for (name, file), answer in zip(files.items(), view.files, strict=True):
        reading = reader.read(file.read_bytes(), None)
        if isinstance(answer, str):
            assert reading.loads is False, name
            assert f"ssl.SSLError: {answer}".startswith(f"{reading.error} (_ssl.c"), name
        else:
            assert reading.loads is True, name
            assert certificates(reading) == answer, name


def test_the_openssl_command_says_what_is_predicted(tmp_path: Path) -> None:
    program, reader = find("openssl"), readers.named("openssl3")
    leaf = samples.own("new-server.pem")
    for name, file in written(tmp_path, EVERY).items():
        reading = reader.read(file.read_bytes(), None)
        done = subprocess.run([program, "verify", "-CAfile", file, leaf], capture_output=True, check=False)
        said = done.stderr.decode()
        assert reading.loads is not said.startswith("Error loading file"), name
        for words in filter(None, (reading.error, reading.cause)):
            assert f":{words}:" in said, name


def test_the_openssl_command_finds_in_a_directory_what_is_predicted(tmp_path: Path) -> None:
    program, reader = find("openssl"), readers.named("openssl3")
    roots = [samples.certificates(samples.own(f"{name}-root.pem"))[0] for name in ("new", "old", "same-subject")]
    made = capath.dumps(TrustStore(tuple(TrustedEntry("", root) for root in roots), format="capath"))
    for change, files in _directories(dict(made)):
        folder = tmp_path / change
        folder.mkdir()
        for name, data in files.items():
            (folder / name).write_bytes(data)
        anchors = reader.read(files, None).anchors or ()
        for root in roots:
            file = tmp_path / "root.pem"
            file.write_bytes(pem_grid.block(root.der))
            options = ("-no_check_time", "-no-CAfile", "-no-CAstore", "-CApath", folder)
            done = subprocess.run([program, "verify", *options, file], capture_output=True, check=False)
            assert (done.returncode == 0) == (root in anchors), (change, root.subject, done.stderr)


def _directories(files: dict[str, bytes]) -> Iterator[tuple[str, dict[str, bytes]]]:
    first, *others = sorted(files)
    twin = next((name for name in files if name.endswith(".1")), first)
    yield "whole", files
    yield "gap", {name: data for name, data in files.items() if name != twin.replace(".1", ".0")}
    yield "no-certificate", {**files, twin.replace(".1", ".0"): b"hello\n"}
    yield "renamed", {name.replace(".0", ".pem"): data for name, data in files.items()}
    yield "zeros", {name.replace(".1", ".01"): data for name, data in files.items()}
    yield "upper", {name.upper(): data for name, data in files.items()}
    yield "indented", {name: b" " + data if name == first else data for name, data in files.items()}
    yield "damaged-behind", {name: data + b"-----BEGIN X-----\n!\n-----END X-----\n" for name, data in files.items()}
    yield "all-in-one", {first: b"".join(files.values()), **dict.fromkeys(others, b"")}


def test_libpq_says_what_is_predicted(tmp_path: Path) -> None:
    program, reader = find("psql"), readers.named("libpq")
    files = written(tmp_path, EVERY)
    (tmp_path / "folder").mkdir()
    with _listening(_say_yes_to_tls) as port:
        for name, file in {**files, "a directory": tmp_path / "folder"}.items():
            reading = reader.read({} if file.is_dir() else file.read_bytes(), None)
            where = f"host=127.0.0.1 port={port} sslmode=verify-ca sslrootcert={file}"
            done = subprocess.run([program, where], capture_output=True, check=False, timeout=300)
            said = done.stderr.decode().replace(f' "{file}"', "")
            assert ("could not read root certificate file" in said) is (reading.loads is False), (name, said)
            assert (reading.error or "") in said, name


def test_node_trusts_what_is_predicted(tmp_path: Path) -> None:
    program, reader = shutil.which("node") or absent("Node"), readers.named("node20")
    root = samples.certificates(samples.own("new-root.pem"))[0]
    script = tmp_path / "connect.js"
    seen: Counter[bool] = Counter()
    with _listening(_speak_tls) as port:
        script.write_text(_CONNECT.replace("PORT", str(port)))
        for name, file in written(tmp_path, 2 * EVERY).items():
            # What is behind a block that cannot be read is not reached.
            file.write_bytes(file.read_bytes() + pem_grid.block(root.der))
            reading = reader.read(file.read_bytes(), None)
            trusts = root in (reading.anchors or ())
            done = subprocess.run(
                [program, script],
                env={**os.environ, "NODE_EXTRA_CA_CERTS": str(file)},
                capture_output=True,
                check=False,
                timeout=300,
            )
            said = done.stderr.decode()
            assert (done.stdout == b"true\n") is trusts, (name, done.stdout, said)
            assert ("Ignoring extra certs" in said) is (reading.error is not None), (name, said)
            assert (reading.error or "").partition("load failed: ")[2] in said, (name, said)
            seen[trusts] += 1
    assert min(seen.values()) > 3


@contextmanager
def _listening(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server on this machine that answers each connection so; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection, suppress(OSError):
                    answer(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def _say_yes_to_tls(connection: socket.socket) -> None:
    """As a PostgreSQL server answers SSLRequest; libpq reads its root file then."""
    connection.recv(8)
    connection.sendall(b"S")


def _speak_tls(connection: socket.socket) -> None:
    """As a server whose certificate the sample root signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(samples.own("new-chain.pem"), samples.own("new-server.key"))
    with context.wrap_socket(connection, server_side=True) as secure:
        secure.recv(1)
