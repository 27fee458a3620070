"""Programs that read certificates with OpenSSL, as judges: each is asked about many files in one process."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

# Loads each file named on standard input, and prints the words of the error, or the DER of what is in the store.
_PYTHON: Final = """
import json, ssl, sys
for name in sys.stdin.read().split("\\n")[:-1]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cafile=name)
    except ssl.SSLError as exc:
        print(json.dumps(str(exc)))
    else:
        print(json.dumps(context.cert_store_stats()["x509"]))
context = ssl.create_default_context()
print(json.dumps([bool(context.verify_flags & flag) for flag in (ssl.VERIFY_X509_STRICT, 0x80000)]))
"""


class PythonView(NamedTuple):
    """What a Python's ssl made of files: for each the error or the number of certificates; and two of its flags."""

    files: tuple[str | int, ...]
    strict: bool
    partial: bool


@cache
def pythons() -> Mapping[str, Path]:
    """Interpreters by version, such as 3.13: this one, and those of pyenv."""
    found = {f"{sys.version_info[0]}.{sys.version_info[1]}": Path(sys.executable)}
    for home in sorted(Path("~/.pyenv/versions").expanduser().glob("3.1*")):
        found.setdefault(".".join(home.name.split(".")[:2]), home / "bin" / "python3")
    return {version: path for version, path in found.items() if path.exists()}


def python_view(interpreter: Sequence[str | Path], files: Iterable[Path | str]) -> PythonView:
    """What the ssl module of an interpreter makes of files; `interpreter` is how to start it."""
    names = "".join(f"{file}\n" for file in files)
    done = subprocess.run([*interpreter, "-c", _PYTHON], input=names, capture_output=True, text=True, check=True)
    *answers, (strict, partial) = map(json.loads, done.stdout.splitlines())
    return PythonView(tuple(answers), strict, partial)


class Printed(NamedTuple):
    """What `openssl pkcs12 -nokeys` printed: standard output and error, and whether it failed."""

    out: bytes
    err: str
    failed: bool


def openssl_pkcs12(
    data: bytes, password: str, options: Sequence[str] = (), program: Sequence[str] = ("openssl",)
) -> Printed:
    """The certificates of a PKCS#12 file as the command prints them; `program` is how to start it."""
    command = [*program, "pkcs12", "-nokeys", "-passin", f"pass:{password}", *options]
    done = subprocess.run(
        command, input=data, capture_output=True, check=False, env={**os.environ, "LC_ALL": "C.UTF-8"}
    )
    return Printed(done.stdout, done.stderr.decode("utf-8", "replace"), done.returncode != 0)
