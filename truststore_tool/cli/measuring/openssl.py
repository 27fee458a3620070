"""The openssl that is on PATH."""

import re
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from truststore_tool import readers
from truststore_tool.cli.measuring.base import VARIABLE, NoAnswerError, Program, Store, place, run, shown
from truststore_tool.formats.base import Content
from truststore_tool.model import Certificate
from truststore_tool.readers.measured import WAYS, Answer, Unmeasured, Way

_ERROR: Final = re.compile(r":error:[0-9A-F]+:[^:]*:[^:]*:([^:]*):")
# How many certificates openssl is asked about: each takes a process.
_MOST: Final = 200


def openssls(store: Store, lost: list[Unmeasured]) -> Iterator[Program]:
    """The openssl of PATH; for PKCS#12 also with its legacy provider."""
    path = place("openssl")
    if path is None:
        lost.append(Unmeasured("openssl", "there is none on PATH"))
        return
    try:
        words = run(path, "version").stdout.decode("utf-8", "replace").split()[:2]
    except NoAnswerError as exc:
        lost.append(Unmeasured(str(path), str(exc)))
        return
    version = words[1] if words[:1] == ["OpenSSL"] and len(words) > 1 else ""
    names = {"3": ("openssl3", "openssl3-legacy"), "1.1": ("openssl1.1",)}
    line = next((line for line in names if version.startswith(f"{line}.")), None)
    if line is None:
        lost.append(Unmeasured(f"{path} ({' '.join(words)})", "there is no prediction for this version"))
        return
    for name in names[line]:
        legacy = ("-legacy",) if name.endswith("-legacy") else ()
        if legacy and store.form != "pkcs12":
            continue
        shown = f"{path} ({version}{', -legacy' if legacy else ''})"
        yield Program(shown, readers.named(name, store.form), _Openssl(path, legacy).ask)


class _Openssl(NamedTuple):
    path: Path
    legacy: tuple[str, ...]

    def ask(self, store: Store, way: Way) -> Answer | None:
        """openssl pkcs12, x509 or verify, whichever reads such a file. Only PKCS#12 has passwords there."""
        if store.form == "pkcs12":
            secret = {VARIABLE: store.secret(way) or ""}
            words = ("pkcs12", "-in", store.path, "-nokeys", *self.legacy, "-passin", f"env:{VARIABLE}")
            done = run(self.path, *words, variables=secret)
            if done.returncode:
                return Answer(False, _reason(done), "certificate")
            return Answer(True, None, "certificate", shown(done.stdout))
        if way != WAYS[2]:
            return None
        if store.form == "der":
            done = run(self.path, "x509", "-inform", "DER", "-in", store.path)
            if done.returncode:
                return Answer(False, _reason(done), "certificate")
            return Answer(True, None, "certificate", shown(done.stdout))
        return self._anchors(store)

    def _anchors(self, store: Store) -> Answer:
        """Of the certificates that signed themselves in a PEM file or CApath: which of them end their own chain."""
        place = ("-CAfile", store.path) if isinstance(store.content, bytes) else ("-no-CAfile", "-CApath", store.path)
        words = ("verify", "-no_check_time", "-no-CAstore", *place)
        said = run(self.path, *words, stdin=b"")
        if said.stderr.startswith(b"Error loading file"):
            return Answer(False, _reason(said))
        reading = readers.named("openssl3").read(store.content, None)
        seen = {*(reading.anchors or ()), *(left.certificate for left in reading.left_out)}
        roots = [certificate for certificate in seen if certificate.is_self_issued]
        if len(roots) > _MOST or _has_settings(store.content):
            return Answer(True)
        trusted = [root for root in roots if run(self.path, *words, stdin=_block(root)).returncode == 0]
        return Answer(True, shown=tuple(root.sha256 for root in trusted))


def _has_settings(content: Content) -> bool:
    files = (content,) if isinstance(content, bytes) else content.values()
    return any(b"BEGIN TRUSTED CERTIFICATE" in data for data in files)


def _block(certificate: Certificate) -> bytes:
    return ssl.DER_cert_to_PEM_cert(certificate.der).encode()


def _reason(done: subprocess.CompletedProcess[bytes]) -> str:
    """The reason that OpenSSL gives first; else the first line that it says."""
    text = done.stderr.decode("utf-8", "replace")
    found = _ERROR.search(text)
    return found[1] if found else (text.strip().splitlines() or [f"code {done.returncode}"])[0]
