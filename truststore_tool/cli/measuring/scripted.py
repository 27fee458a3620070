"""Programs that are asked by a script of a few lines: Python's ssl, and Node."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from truststore_tool import readers
from truststore_tool.cli.measuring.base import NoAnswerError, Program, Store, place, run
from truststore_tool.readers.measured import WAYS, Answer, Unmeasured, Way

_PYTHON: Final = """
import json, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
said = [sys.version.split()[0], ssl.OPENSSL_VERSION, sys.version_info[:2] >= (3, 13)]
if len(sys.argv) > 1:
    try:
        context.load_verify_locations(cafile=sys.argv[1])
        said.append(context.cert_store_stats()["x509"])
    except ssl.SSLError as exc:
        said.append(str(exc))
print(json.dumps(said))
"""


def pythons(store: Store, lost: list[Unmeasured]) -> Iterator[Program]:
    """This Python, and the python3 of PATH."""
    for path in dict.fromkeys(filter(None, (Path(sys.executable), place("python3")))):
        try:
            said = json.loads(run(path, "-I", "-c", _PYTHON).stdout)
            version, library, strict = said
        except (NoAnswerError, ValueError, TypeError) as exc:
            lost.append(Unmeasured(str(path), f"it does not say which Python it is ({type(exc).__name__})"))
            continue
        name = f"{path} (Python {version}, {library})"
        if not isinstance(store.content, bytes):
            lost.append(Unmeasured(name, "of a directory it reads nothing before a chain is verified"))
            continue
        yield Program(name, readers.named("python3.13" if strict else "python3", store.form), _Python(path).ask)


class _Python(NamedTuple):
    path: Path

    def ask(self, store: Store, way: Way) -> Answer | None:
        """SSLContext.load_verify_locations, which takes no password."""
        if way != WAYS[2]:
            return None
        done = run(self.path, "-I", "-c", _PYTHON, store.path)
        try:
            answer = json.loads(done.stdout)[3]
        except (ValueError, IndexError, TypeError) as exc:
            raise NoAnswerError(f"it ended with code {done.returncode}, and no answer") from exc
        if isinstance(answer, int):
            return Answer(True, None, "certificate", count=answer)
        return Answer(False, f"ssl.SSLError: {answer}", "certificate")


def nodes(store: Store, lost: list[Unmeasured]) -> Iterator[Program]:
    """The node of PATH."""
    path = place("node")
    if path is None:
        lost.append(Unmeasured("node", "there is none on PATH"))
        return
    try:
        version = run(path, "--version").stdout.decode("utf-8", "replace").strip()
    except NoAnswerError as exc:
        lost.append(Unmeasured(str(path), str(exc)))
        return
    name = f"{path} ({version})"
    if not version.startswith("v20."):
        lost.append(Unmeasured(name, "there is no prediction for this version"))
    elif not isinstance(store.content, bytes):
        lost.append(Unmeasured(name, "it reads files only"))
    else:
        yield Program(name, readers.named("node20", store.form), _Node(path).ask)


class _Node(NamedTuple):
    path: Path

    def ask(self, store: Store, way: Way) -> Answer | None:
        """NODE_EXTRA_CA_CERTS, of which it says only what goes wrong; it goes on without these certificates then."""
        if way != WAYS[2]:
            return None
        variables = {"NODE_EXTRA_CA_CERTS": store.path, "NODE_OPTIONS": ""}
        done = run(self.path, "-e", "require('tls').createSecureContext()", variables=variables)
        if done.returncode:
            raise NoAnswerError(f"it ended with code {done.returncode}")
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        warning = next((line for line in said if line.startswith("Warning: Ignoring extra certs")), None)
        return Answer(True, warning, "certificate")
