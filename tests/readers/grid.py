"""The grid: stores as all kinds of programs write them, to be read by every Java."""

import ssl
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from tests import samples
from tests.readers.jvms import Jvm
from truststore_tool import formats
from truststore_tool.model import TrustedEntry, TrustStore

PASSWORD: Final = "changeit"
CERTIFICATES: Final = tuple(samples.certificates(samples.amazon("rds-global-bundle.pem")))[:3]
_NAMED: Final = tuple((f"ca{number}", certificate.der) for number, certificate in enumerate(CERTIFICATES))
_ALGORITHMS: Final = (
    "NONE",
    *(f"PBEWithSHA1And{cipher}" for cipher in ("RC2_40", "RC2_128", "RC4_40", "RC4_128", "DESede")),
    *(f"PBEWithHmacSHA{digest}AndAES_{bits}" for digest in ("1", "224", "256", "384", "512") for bits in (128, 256)),
    *(f"PBEWithHmacSHA512/{size}AndAES_{bits}" for size in (224, 256) for bits in (128, 256)),
)
_MACS: Final = (
    "NONE",
    *(f"HmacPBESHA{digest}" for digest in ("1", "224", "256", "384", "512", "512/224", "512/256")),
    "PBEWithHmacSHA256",
)
_PREFIX: Final = "keystore.pkcs12."
_QUICK: Final = (f"{_PREFIX}certPbeIterationCount=100", f"{_PREFIX}macIterationCount=100")
_OPENSSL_CIPHERS: Final = (
    "NONE",
    *(f"PBE-SHA1-{cipher}" for cipher in ("RC2-40", "RC2-128", "RC4-40", "RC4-128", "2DES", "3DES")),
    *("AES-128-CBC", "AES-192-CBC", "AES-256-CBC", "DES-EDE3-CBC", "CAMELLIA-128-CBC"),
)
_OPENSSL_MACS: Final = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha512-224", "sha512-256", None)


class Made(NamedTuple):
    """A store: what it is called, its bytes, its type to Java, its password."""

    name: str
    data: bytes
    storetype: str = "PKCS12"
    password: str = PASSWORD


def by_java(writer: Jvm) -> Iterator[Made]:
    """Every combination of keystore.pkcs12.*, as keytool -J-D takes them; and the other types."""
    for algorithm in _ALGORITHMS:
        for mac in _MACS:
            settings = (f"{_PREFIX}certProtectionAlgorithm={algorithm}", f"{_PREFIX}macAlgorithm={mac}", *_QUICK)
            data = writer.make("PKCS12", PASSWORD, _NAMED, settings)
            if data is not None:
                yield Made(f"{writer.name} {algorithm} {mac}", data)
    for storetype in ("JKS", "JCEKS", "CaseExactJKS", "PKCS12"):
        for names in (("ca", "cb", "cc"), ("CA", "ca", "Cb")):
            entries = zip(names, (certificate.der for certificate in CERTIFICATES), strict=True)
            data = writer.make(storetype, PASSWORD, entries)
            if data is not None:
                kind = "JKS" if storetype == "CaseExactJKS" else storetype
                yield Made(f"{writer.name} {storetype} {' '.join(names)}", data, kind)


def by_openssl(folder: Path) -> Iterator[Made]:
    """What openssl pkcs12 -export writes: without a key, and with one."""
    certificates = folder / "ca.pem"
    certificates.write_text("".join(ssl.DER_cert_to_PEM_cert(certificate.der) for certificate in CERTIFICATES))
    key = ("-inkey", str(samples.own("new-server.key")), "-in", str(samples.own("new-server.pem")))
    for number, cipher in enumerate(_OPENSSL_CIPHERS):
        for digest in _OPENSSL_MACS:
            content = ("-nokeys", "-in", str(certificates)) if number % 2 else (*key, "-name", "Server")
            mac = ("-nomac",) if digest is None else ("-macalg", digest)
            data = _openssl("-certpbe", cipher, "-legacy", "-iter", "100", *mac, *content)
            if data is not None:
                yield Made(f"openssl {cipher} {digest} {content[0]}", data)
    for password in ("", "grün", "two words"):
        for options in ((), ("-legacy",), ("-certpbe", "NONE")):
            data = _openssl(*options, "-iter", "100", "-nokeys", "-in", str(certificates), password=password)
            if data is not None:
                yield Made(f"openssl {password!r} {' '.join(options)}", data, password=password)


def _openssl(*options: str, password: str = PASSWORD) -> bytes | None:
    command = ["openssl", "pkcs12", "-export", *options, "-passout", f"pass:{password}"]
    done = subprocess.run(command, capture_output=True, check=False)
    return None if done.returncode else done.stdout


def by_cryptography() -> Iterator[Made]:
    """What cryptography's serialize_java_truststore writes."""
    trusted = [
        pkcs12.PKCS12Certificate(x509.load_der_x509_certificate(certificate.der), name)
        for certificate, name in zip(CERTIFICATES, (b"One", b"one", None), strict=True)
    ]
    builder = serialization.PrivateFormat.PKCS12.encryption_builder().kdf_rounds(100)
    password = PASSWORD.encode()
    yield Made("cryptography best", pkcs12.serialize_java_truststore(trusted, _best(password)))
    yield Made("cryptography none", pkcs12.serialize_java_truststore(trusted, serialization.NoEncryption()))
    for algorithm in pkcs12.PBES:
        for digest in (hashes.SHA1(), hashes.SHA256()):  # noqa: S303 -- what old programs read
            encryption = builder.key_cert_algorithm(algorithm).hmac_hash(digest).build(password)
            yield Made(
                f"cryptography {algorithm.name} {digest.name}", pkcs12.serialize_java_truststore(trusted, encryption)
            )


def _best(password: bytes) -> serialization.KeySerializationEncryption:
    return serialization.BestAvailableEncryption(password)


def by_us() -> Iterator[Made]:
    """What we write."""
    entries = tuple(
        TrustedEntry(alias, certificate) for (alias, _), certificate in zip(_NAMED, CERTIFICATES, strict=True)
    )
    for name in ("jks", "jceks", "pkcs12"):
        dumps = formats.get(name).dumps
        assert dumps is not None
        yield Made(f"ours {name}", dumps(TrustStore(entries, format=name), PASSWORD), name.upper())


def damaged(stores: Iterable[Made]) -> Iterator[Made]:
    """Stores that are cut short, or are none at all."""
    for store in stores:
        yield store._replace(name=f"{store.name}, cut", data=store.data[: len(store.data) // 2])
    for data in (b"", b"\0", b"hello", b"-----BEGIN CERTIFICATE-----\n", CERTIFICATES[0].der):
        for storetype in ("PKCS12", "JKS", "JCEKS"):
            yield Made(f"{data[:5]!r} as {storetype}", data, storetype)


def every(writers: Sequence[Jvm], folder: Path) -> list[Made]:
    """All of it."""
    made = [store for writer in writers for store in by_java(writer)]
    ours = list(by_us())
    return [*made, *by_openssl(folder), *by_cryptography(), *ours, *damaged(ours)]
