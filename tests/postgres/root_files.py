"""Root files of every kind that people have, each with the authorities by which a server can be verified with it."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.realtools import run
from tests.samples import own

OLD = own("old-root.pem").read_bytes()
NEW = own("new-root.pem").read_bytes()
INTERMEDIATE = own("old-intermediate.pem").read_bytes()
EXPIRED = own("expired-root.pem").read_bytes()
KEY = own("old-server.key").read_bytes()


@dataclass(frozen=True)
class RootFile:
    """A path and the server chains (``old``, ``new``) that some client may verify by what is there."""

    kind: str
    path: Path
    trusts: frozenset[str]


def _der(pem: bytes) -> bytes:
    return run("openssl", "x509", "-outform", "DER", stdin=pem)


def _contents(folder: Path) -> Iterator[tuple[str, bytes, str]]:
    bundle = folder / "bundle.pem"
    bundle.write_bytes(OLD + INTERMEDIATE)
    both = OLD + NEW
    yield "good", OLD, "old"
    yield "good with what stands above", b"Subject: somebody\n\n" + OLD + b"\ntrailing words\n", "old"
    yield "good with CRLF", OLD.replace(b"\n", b"\r\n"), "old"
    yield "good with a byte order mark", b"\xef\xbb\xbf" + OLD, "old"
    yield "both", both, "old new"
    yield "the next authority alone", NEW, "new"
    yield "the chain with its root", OLD + INTERMEDIATE, "old"
    yield "an intermediate alone", INTERMEDIATE, "old"
    yield "the server's certificate", own("old-server.pem").read_bytes(), "old"
    yield "a key and the root", KEY + OLD, "old"
    yield "expired", EXPIRED, ""
    yield "expired and good", EXPIRED + OLD, "old"
    yield "DER", _der(OLD), "old"
    yield "DER, both", _der(OLD) + _der(NEW), "old new"
    yield "empty", b"", ""
    yield "blank", b"\n\n", ""
    yield "HTML", b"<html><body><h1>404 Not Found</h1></body></html>\n", ""
    yield "HTML around it", b"<html><pre>\n" + OLD + b"</pre></html>\n", "old"
    yield "cut off", OLD[:-60], "old"
    yield "good, then cut off", NEW + OLD[:-60], "new"
    yield "damaged inside", OLD.replace(OLD[200:204], b"AAAA", 1), "old"
    yield "a key alone", KEY, ""
    yield "TRUSTED CERTIFICATE", run("openssl", "x509", "-trustout", stdin=OLD), "old"
    yield (
        "X509 CERTIFICATE",
        OLD.replace(b"BEGIN CERT", b"BEGIN X509 CERT").replace(b"END CERT", b"END X509 CERT"),
        "old",
    )
    crl2pkcs7 = ("openssl", "crl2pkcs7", "-nocrl", "-certfile", bundle)
    yield "PKCS#7", run(*crl2pkcs7), "old"
    yield "PKCS#7 in DER", run(*crl2pkcs7, "-outform", "DER"), "old"
    yield "UTF-16", OLD.decode().encode("utf-16"), "old"
    yield "indented", b"".join(b"  " + line for line in OLD.splitlines(keepends=True)), "old"
    yield "one line", OLD.replace(b"\n", b" "), "old"
    yield "PKCS#12", _keystore(folder, "p12"), "old"
    yield "JKS", _keystore(folder, "jks"), "old"


def _keystore(folder: Path, kind: str) -> bytes:
    from tests.cli.harness import process

    place = folder / f"made.{kind}"
    done = process("import", place, own("old-root.pem"), "--yes", env={"TRUSTSTORE_PASSWORD": "changeit"})
    assert done.code == 0, done.err
    return place.read_bytes()


def root_files(folder: Path) -> list[RootFile]:
    """Make them; and two that are none."""
    made = []
    for number, (kind, data, trusts) in enumerate(_contents(folder)):
        path = folder / f"root{number}.crt"
        path.write_bytes(data)
        made.append(RootFile(kind, path, frozenset(trusts.split())))
    (folder / "directory").mkdir()
    hashed = folder / "hashed"
    hashed.mkdir()
    (hashed / "old.pem").write_bytes(OLD)
    subprocess.run(["openssl", "rehash", hashed], check=True)
    missing = folder / "nowhere.crt"
    return [
        *made,
        RootFile("directory", folder / "directory", frozenset()),
        RootFile("hashed directory", hashed, frozenset({"old"})),
        RootFile("missing", missing, frozenset()),
    ]
