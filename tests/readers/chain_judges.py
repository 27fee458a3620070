"""The real judges of chains: OpenSSL's verification, set up as libpq sets it up, and TLS clients of JVMs."""

import base64
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.readers import libcrypto
from tests.realtools import jdk_homes, missing, run
from truststore_tool.model import Certificate
from truststore_tool.readers.java.pkix import JDKS, Jdk

SOURCE: Final = Path(__file__).with_name("ChainJudge.java")
TRUSTED: Final = "trusted"


@dataclass(frozen=True)
class Neighbour:
    """What is sent and trusted, and the server's private key; `strange` says what is not as usual."""

    strange: str
    sent: tuple[Certificate, ...]
    anchors: tuple[Certificate, ...]
    key: Any

    def write(self, folder: Path) -> tuple[Path, Path, Path]:
        """Files of the anchors, of what is sent, and of the server's own."""
        folder.mkdir()
        paths = folder / "anchors.pem", folder / "sent.pem", folder / "leaf.pem"
        for path, certificates in zip(paths, (self.anchors, self.sent, self.sent[:1]), strict=True):
            path.write_bytes(pem(certificates))
        return paths


def pem(certificates: Sequence[Certificate]) -> bytes:
    """The certificates as a PEM file."""
    lines = (base64.encodebytes(certificate.der) for certificate in certificates)
    return b"".join(b"-----BEGIN CERTIFICATE-----\n%b-----END CERTIFICATE-----\n" % line for line in lines)


def openssl_says(case: Neighbour, at: datetime) -> str:
    """``trusted``, or what this machine's OpenSSL has against the chain at security level 2."""
    sent = [certificate.der for certificate in case.sent]
    return libcrypto.refusal(sent, pem(case.anchors), at) or TRUSTED


@dataclass(frozen=True)
class ChainJvm:
    """A running JVM with the judge in it."""

    jdk: Jdk
    process: subprocess.Popen[bytes]

    def says(self, case: Neighbour, protocol: str = "", suites: str = "") -> str:
        """``trusted``, ``error: ...`` where its client refuses, or ``server: ...`` where its server cannot.

        `protocol` is the newest that the server can, if empty; `suites` the start of the names of the cipher suites
        that both offer.
        """
        kinds = {"EC": "EC", "RSA": "RSA", "DSA": "DSA", "Ed": "EdDSA"}
        name = next(kinds[start] for start in kinds if type(case.key).__name__.startswith(start))
        key = case.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        protocol = protocol or ("TLSv1.2" if name == "DSA" else "TLSv1.3")
        certificates = (",".join(_encoded(c.der) for c in listed) for listed in (case.sent, case.anchors))
        return self._ask(protocol, suites, f"{name}:{_encoded(key)}", *certificates)

    def block(self, certificate: Certificate) -> None:
        """Have it refuse the certificate from now on, as if it stood in lib/security/blocked.certs."""
        assert self._ask("block", certificate.sha256.hex.upper()) == "ok"

    def _ask(self, *words: str) -> str:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("\t".join(words).encode() + b"\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().decode().rstrip("\n")


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def homes() -> dict[Jdk, Path]:
    """The homes of the JDKs whose judgement is predicted; a skip where one is not there."""
    found: dict[Jdk, Path] = {}
    for jdk in JDKS:
        home = next((home for home in jdk_homes() if f'JAVA_VERSION="{jdk}' in (home / "release").read_text()), None)
        found[jdk] = home or missing(f"a JDK {jdk}")
    return found


@contextmanager
def running(classes: Path) -> Iterator[Mapping[Jdk, ChainJvm]]:
    """A JVM for each release, with the judge compiled into the folder `classes`."""
    found = homes()
    run(found[JDKS[0]] / "bin" / "javac", "-nowarn", "-d", classes, SOURCE)
    with ExitStack() as stack:
        yield {jdk: stack.enter_context(_started(jdk, home, classes)) for jdk, home in found.items()}


@contextmanager
def _started(jdk: Jdk, home: Path, classes: Path) -> Iterator[ChainJvm]:
    opened = "--add-opens=java.base/sun.security.util=ALL-UNNAMED"
    quick = ("-Xshare:auto", "-XX:TieredStopAtLevel=1", "-Xmx256m")
    command: list[str | Path] = [home / "bin" / "java", *quick, opened, "-cp", classes, "ChainJudge"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield ChainJvm(jdk, process)
        assert process.stdin
        process.stdin.close()
