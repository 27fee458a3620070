"""What hostile input is fed to. Each target takes bytes; what it may raise is TrustStoreError and nothing else."""

import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from tests.samples import RDS_2019_SHA1, RDS_2019_SHA256
from tests.torture import mutation, seeds
from truststore_tool import asn1, formats
from truststore_tool.errors import TrustStoreError
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.formats import capath
from truststore_tool.formats.java import serialized
from truststore_tool.model import Certificate, OpaqueEntry, TrustedEntry, TrustStore
from truststore_tool.operations.describe import describe
from truststore_tool.operations.listing import list_store
from truststore_tool.render import as_json, tables, text
from truststore_tool.safe import printable

_NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)


class BrokenPromiseError(Exception):
    """No crash, but an answer that must not be: what was written is not what was read, or a control got out."""


@dataclass(frozen=True)
class Target:
    """Something that reads what strangers wrote.

    Attributes:
        run: reads one input.
        seeds: the inputs that mutation begins with.
        mutate: how they are changed.
        read: the reading alone, without all that `run` does with what was read.
    """

    run: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]
    mutate: Callable[[Random, list[bytes]], bytes] = mutation.mutate
    read: Callable[[bytes], object] | None = None


def targets() -> dict[str, Target]:
    """All targets by name."""
    codecs = {
        name: Target(
            partial(_decode, name),
            seeds.pem_files if name == "pem" else partial(seeds.of_format, name),
            read=partial(_read, name),
        )
        for name in formats.FILE_NAMES
    }
    return {
        **codecs,
        "pkcs12-bags": Target(_decode_bags, _bag_seeds, read=lambda data: _read("pkcs12", _unprotected(data))),
        "capath": Target(_decode_directory, seeds.directories, read=lambda data: capath.loads(_files(data))),
        "certificate": Target(_read_fields, seeds.certificate_files),
        "java-object": Target(_walk_object, _sealed_objects),
        "java-value": Target(_read_object, _sealed_objects),
        "fingerprint": Target(_parse_fingerprint, _fingerprints),
        "openssl-print": Target(_openssl_print, lambda: [*seeds.certificate_files(), *seeds.pem_files()]),
        "openssl-argv": Target(_openssl_line, seeds.openssl_lines, mutation.mutate_words),
        "keytool-print": Target(_keytool_print, lambda: [*seeds.certificate_files(), *seeds.pem_files()]),
        "keytool-argv": Target(_keytool_line, seeds.keytool_lines, mutation.mutate_words),
    }


# Codecs ------------------------------------------------------------------------------------------------------


def _decode(name: str, data: bytes) -> None:
    """Detect, read, list, open the keys, and write again: what is written must say what was read."""
    codec = formats.get(name)
    codec.detect(data)
    password = None if codec.has_password and len(data) % 2 else seeds.PASSWORD
    store = codec.loads(data, password)
    list_store(store)
    if codec.keys is not None and sum(data[-4:]) % 8 == 0:  # to open a key is slow by design
        openers = {"private-key": codec.keys.open, "secret-key": codec.keys.open_secret}
        for entry in store.entries[:1]:
            opener = openers.get(entry.kind)
            if isinstance(entry, OpaqueEntry) and opener is not None:
                with contextlib.suppress(TrustStoreError):
                    opener(entry, seeds.PASSWORD)
    if codec.dumps is not None:
        with contextlib.suppress(TrustStoreError):
            again = codec.loads(codec.dumps(store, seeds.PASSWORD), password)
            if outline(again) != outline(store):
                raise BrokenPromiseError("what was written is not what was read")


def _read(name: str, data: bytes) -> TrustStore:
    codec = formats.get(name)
    codec.detect(data)
    return codec.loads(data, seeds.PASSWORD)


def outline(store: TrustStore) -> list[tuple[str, str, tuple[bytes, ...]]]:
    """What a store says: alias, kind and certificates of each entry."""
    return [(entry.alias, entry.kind, tuple(c.der for c in entry.certificates)) for entry in store.entries]


_BAGS_AT: Final = asn1.oid("1.2.840.113549.1.7.1")


def _decode_bags(data: bytes) -> None:
    """The SafeContents inside a PKCS#12 that nothing protects, so that mutants come past its outer layers."""
    _decode("pkcs12", _unprotected(data))


def _unprotected(data: bytes) -> bytes:
    safe = asn1.sequence(_BAGS_AT, asn1.explicit(0, asn1.octet_string(data)))
    content = asn1.explicit(0, asn1.octet_string(asn1.sequence(safe)))
    return asn1.sequence(asn1.integer(3), asn1.sequence(_BAGS_AT, content))


def _bag_seeds() -> list[bytes]:
    """The SafeContents of the PKCS#12 seeds, where they are not encrypted."""
    found = []
    for data in seeds.of_format("pkcs12"):
        with contextlib.suppress(TrustStoreError):
            content = asn1.read(data).children()[1].children()[1].inner().unwrapped()
            parts = [info.children() for info in content.children()]
            found += [info[1].inner().octets() for info in parts if info and info[0].oid() == "1.2.840.113549.1.7.1"]
    return found


def _files(data: bytes) -> dict[str, bytes]:
    parts = data.split(b"\0")
    return dict(zip((os.fsdecode(name) for name in parts[::2]), parts[1::2], strict=False))


def _decode_directory(data: bytes) -> None:
    files = _files(data)
    store = capath.loads(files)
    written = capath.dumps(store)
    if any("/" in name for name in written.keys() - files.keys()):
        raise BrokenPromiseError(f"a file outside of the directory: {sorted(written)}")
    list_store(store)


def _walk_object(data: bytes) -> None:
    serialized.extent(data, 0)


def _read_object(data: bytes) -> None:
    repr(serialized.read(data))


def _sealed_objects() -> list[bytes]:
    from tests.formats.test_javaobjects import SEALED_KEY, WHOLE_OBJECTS

    return [SEALED_KEY, *(b"\xac\xed\x00\x05" + item for item in WHOLE_OBJECTS.values())]


# Fields and renderers ----------------------------------------------------------------------------------------


def _read_fields(data: bytes) -> None:
    """All fields of a certificate, as objects, as text and as JSON: nothing that a terminal obeys may get out."""
    certificate = Certificate(data)
    facts = describe(certificate)
    report = list_store(TrustStore((TrustedEntry(facts.subject or "unknown", certificate),)))
    shown = [printable(line) for line in text.certificate_lines(facts, _NOW)]
    row = ("alias", facts.subject or "", facts.issuer or "")
    shown += [
        "".join(tables.plain(tables.Table(("a", "b", "c"), (row,)))).removesuffix("\n"),
        as_json.to_json("list", report),
    ]
    for line in shown[:-1]:
        if not line.isprintable() and printable(line) != line:
            raise BrokenPromiseError(f"not printable: {line!r}")
    shown[-1].encode()
    readers: tuple[Callable[[], object], ...] = (
        lambda: certificate.version,
        lambda: certificate.public_key_der,
        lambda: certificate.signature_algorithm_oid,
        lambda: certificate.extensions,
        lambda: certificate.x509,
        lambda: capath.subject_hash(certificate),
        lambda: capath.subject_hash_old(certificate),
    )
    for read in readers:
        with contextlib.suppress(TrustStoreError):
            read()


def _parse_fingerprint(data: bytes) -> None:
    str(Fingerprint.parse(data.decode("utf-8", "surrogateescape")))


def _fingerprints() -> list[bytes]:
    lines = (RDS_2019_SHA1, f"sha256 Fingerprint={RDS_2019_SHA256}", "SHA1:" + RDS_2019_SHA1.replace(":", "").lower())
    return [line.encode() for line in lines]


# The other tools' command lines ------------------------------------------------------------------------------


@contextlib.contextmanager
def _streams() -> Iterator[None]:
    """Standard streams that lead nowhere."""
    old = sys.stdin, sys.stdout, sys.stderr
    sys.stdin = io.TextIOWrapper(io.BytesIO())
    sys.stdout = io.TextIOWrapper(io.BytesIO())
    sys.stderr = io.TextIOWrapper(io.BytesIO())
    try:
        yield
    finally:
        sys.stdin, sys.stdout, sys.stderr = old


def prepare(folder: Path) -> None:
    """Make `folder` the current directory, with the files that command lines name, and nothing beyond it reachable."""
    from truststore_tool.shims import keytool

    os.chdir(folder)
    restore()
    os.environ.update(JAVA_HOME=str(folder / "no-jdk"), PASSWORD=seeds.PASSWORD)
    for name in ("TRUSTSTORE_PASSWORD", "TRUSTSTORE_TOOL_KEYTOOL_VERSION"):
        os.environ.pop(name, None)
    keytool._home = lambda: str(folder)


def restore() -> None:
    """The current directory as it was: what a command line changed is there again, what it made is gone."""
    for path in Path().iterdir():
        if path.is_file() or path.is_symlink():
            path.unlink()
    jks, p12 = formats.get("jks"), seeds.of_format("pkcs12")
    assert jks.dumps is not None
    Path("cert.pem").write_bytes(seeds.pem_files()[0])
    Path("cert.der").write_bytes(seeds.certificates()[0].der)
    Path("store.jks").write_bytes(jks.dumps(seeds.store(2, "jks"), seeds.PASSWORD))
    Path("store.p12").write_bytes(p12[3])


def _openssl_print(data: bytes) -> None:
    from truststore_tool.shims.openssl import x509 as openssl_x509

    Path("hostile").write_bytes(data)
    what = "-text -fingerprint -subject -issuer -serial -dates -email -ocsp_uri -ocspid -modulus -pubkey -hash"
    with _streams():
        openssl_x509.run(["-in", "hostile", "-noout", *what.split()])


def _openssl_line(data: bytes) -> None:
    from truststore_tool.shims.openssl import x509 as openssl_x509

    with _streams():
        openssl_x509.run([os.fsdecode(word) for word in data.split(b"\0")])


def _keytool_print(data: bytes) -> None:
    from truststore_tool.shims import keytool

    Path("hostile").write_bytes(data)
    with _streams():
        keytool.run(["-printcert", "-file", "hostile", *(["-rfc"] if len(data) % 5 == 0 else ["-v"])])


def _keytool_line(data: bytes) -> None:
    from truststore_tool.shims import keytool

    with _streams():
        keytool.run([os.fsdecode(word) for word in data.split(b"\0")])
