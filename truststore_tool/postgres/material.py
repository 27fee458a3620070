"""The files that a client reads for TLS, judged as it reads them: authorities, and its own certificate and key."""

import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from truststore_tool import files, readers
from truststore_tool.errors import FormatError, UnreadableError
from truststore_tool.formats.base import Content
from truststore_tool.model import Certificate
from truststore_tool.nouns import noun, replace
from truststore_tool.readers.base import Reading
from truststore_tool.readers.source import named

_JVMS: Final = ("java17", "java25")


@noun
class Authorities:
    """What a client finds where it looks for authorities.

    Attributes:
        found: whether there is anything; None when that cannot be known from here.
        trouble: why no server is ever verified by it, though it is there.
        doubt: why it could not be judged.
        unreadable: whether `trouble` is that it cannot be read at all.
    """

    found: bool | None
    trouble: str | None = None
    doubt: str | None = None
    unreadable: bool = False

    @property
    def is_usable(self) -> bool:
        """Whether there is something that servers can be verified by, as far as is known."""
        return self.found is True and not self.trouble and not self.doubt


UNKNOWN: Final = Authorities(None)
MISSING: Final = Authorities(False)


def root_file(path: str, reader: str) -> Authorities:
    """A file of authorities, as ``libpq``, ``pgjdbc``, ``python3`` ... read it."""
    return _read(_as_java(path) if reader == "pgjdbc" else path, (reader,), expires=reader != "pgjdbc")


def trust_store(path: str, password: str | None) -> Authorities:
    """A key store, as the default trust manager of a JVM reads it with that password, or without one."""
    return _read(_as_java(path), _JVMS, password=password, expires=False)


def single_certificate(path: str) -> Authorities:
    """A file of one certificate, as Java's CertificateFactory.generateCertificate reads it."""
    content, state = content_of(_as_java(path))
    if state or not isinstance(content, bytes):
        return state or Authorities(True, f"{path} is a directory")
    return certificate_in(content, path)


def certificate_in(data: bytes, place: str) -> Authorities:
    """The same of what is in `place`."""
    from truststore_tool.readers.java.der import JavaFormatError
    from truststore_tool.readers.java.parsing import first_certificate

    failures = []
    for jdk in (17, 25):
        try:
            first_certificate(data, jdk)
        except JavaFormatError as exc:
            failures.append(str(exc))
    if len(failures) == 1:
        return Authorities(True, doubt=f"Java 17 and 25 make different things of {place}")
    return Authorities(
        True, f"Java reads no certificate from {place}: {failures[0]}{named(data)}" if failures else None
    )


def _as_java(path: str) -> str:
    """A path as java.io.File has it: without a / at its end."""
    return path.rstrip("/") or path


def _read(path: str, names: tuple[str, ...], *, password: str | None = None, expires: bool) -> Authorities:
    content, state = content_of(path)
    if state:
        return state
    assert content is not None  # noqa: S101 -- or there is a state
    readings = [readers.named(name).read(content, password) for name in names]
    judged = {_trouble(path, reading, expires=expires) for reading in readings}
    if len(judged) > 1:
        return Authorities(True, doubt=f"what is made of {path} depends on the release")
    found = judged.pop()
    return replace(found, trouble=f"{found.trouble}{named(content)}") if found.trouble else found


def content_of(path: str) -> tuple[Content | None, Authorities | None]:
    """What is there, nothing of a directory; or what is to be said where that cannot be read."""
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 -- a Path has no / at its end, by which a file is none
    except (OSError, ValueError):  # where one may not look, or no name can be so long: nor finds the client anything
        return None, MISSING
    if stat.S_ISDIR(mode):
        return {}, None
    if not stat.S_ISREG(mode) and path != "/dev/null":
        return None, Authorities(True, doubt=f"{path} is no file: what it gives is known when it is read")
    try:
        files.require_whole(path)
        with open(path, "rb") as file:  # noqa: PTH123
            return file.read(), None
    except UnreadableError as exc:
        return None, Authorities(True, doubt=f"{path} cannot be judged: {exc.message.rpartition(': ')[2]}")
    except PermissionError:
        return None, Authorities(True, f"{path} may not be read by this user", unreadable=True)
    except OSError as exc:
        return None, Authorities(True, f"{path} cannot be read: {exc.strerror}", unreadable=True)


def _trouble(path: str, reading: Reading, *, expires: bool) -> Authorities:
    if reading.loads is None or (reading.loads and reading.anchors is None):
        why = reading.evidence[0].source if reading.evidence else "nobody has looked"
        return Authorities(True, doubt=f"what is made of {path} is not known: {why}")
    if not reading.loads:
        reason = ": ".join(filter(None, (reading.error, reading.cause)))
        return Authorities(True, f"{path} cannot be used: {reason}")
    anchors = reading.anchors or ()
    if not anchors and reading.left_out:
        return Authorities(True, f"{path} holds no authority that is trusted: {reading.left_out[0].reason}")
    if not anchors and not reading.leaves:
        return Authorities(True, f"{path} holds no certificate")
    if expires and all(map(_has_expired, anchors)):
        return Authorities(True, f"all authorities in {path} have expired")
    return Authorities(True)


def _has_expired(certificate: Certificate) -> bool:
    try:
        return certificate.not_after < datetime.now(UTC)
    except FormatError:
        return False


def client_trouble(certificate: str, key: str, password: str | None) -> tuple[str | None, str | None]:
    """Why libpq does not come to use its own certificate, and what about it could not be judged; None for no reason.

    It reads a chain and a key in PEM, the key in DER too (fe-secure-openssl.c, initialize_SSL).
    """
    from truststore_tool.readers.openssl import bundles

    content, state = content_of(certificate)
    if state is MISSING:
        return None, None
    if state:
        return state.trouble, state.doubt
    data = content if isinstance(content, bytes) else b""
    held, failure = bundles.one_by_one(data, (bundles.CERTIFICATE, bundles.OLD, bundles.TRUSTED))
    if not held or failure is not None:
        return f"the client's certificate {certificate} is no PEM file of certificates{named(data)}", None
    if ":" in key:  # that one is in the keeping of an engine
        return None, f"whether the engine has the key {key.partition(':')[0]}:..."
    if trouble := _key_trouble(key):
        return f"the client's certificate {certificate} is there, and its key {key} {trouble}", None
    return _pair_trouble(Certificate(held[0].fields.raw), key, password)


def _key_trouble(path: str) -> str | None:
    """Why libpq does not use such a file as a private key, None if it does."""
    try:
        found = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return "is missing"
    if not stat.S_ISREG(found.st_mode):
        return "is no file"
    # Root's may be readable for a group, as where the system keeps keys for it.
    others = stat.S_IWGRP | stat.S_IXGRP | stat.S_IRWXO if found.st_uid == 0 else stat.S_IRWXG | stat.S_IRWXO
    return "may be used by others (chmod 600)" if found.st_mode & others else None


def _pair_trouble(certificate: Certificate, key: str, password: str | None) -> tuple[str | None, str | None]:
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    content, state = content_of(key)
    if state or not isinstance(content, bytes):
        return (state.trouble if state else None), f"whether {key} can be read"
    secret = password.encode() if password else None
    wrong = []
    for load in (serialization.load_pem_private_key, serialization.load_der_private_key):
        try:
            ours = load(content, secret).public_key()
            theirs = x509.load_der_x509_certificate(certificate.der).public_key()
        except Exception as exc:  # whatever it is, OpenSSL may do better
            wrong.append(exc)
            continue
        info = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        if ours.public_bytes(*info) == theirs.public_bytes(*info):
            return None, None
        return f"the client's key {key} is not that of its certificate", None
    return None, f"whether the client's key {key} can be read with the password that is set, or without one"


def directories(paths: list[str]) -> Authorities:
    """Directories of which OpenSSL looks authorities up by their hash (SSL_CERT_DIR)."""
    judged = [_read_directory(path) for path in filter(None, paths)]
    return next((each for each in judged if each.found and not each.trouble), judged[0] if judged else MISSING)


def _read_directory(path: str) -> Authorities:
    content: dict[str, bytes] = {}
    try:
        for each in sorted(Path(path).iterdir()):
            if each.is_file():
                files.require_whole(each)
                content[each.name] = each.read_bytes()
    except OSError:
        return MISSING
    except UnreadableError as exc:
        return Authorities(True, doubt=f"{path} cannot be judged: {exc.message}")
    return _trouble(path, readers.named("python3").read(content, None), expires=True)


def file_alone(path: str, reader: str) -> Authorities:
    """As `root_file`, of programs that take no directory here."""
    if Path(path).is_dir():
        return Authorities(True, f"{path} is a directory", unreadable=True)
    return root_file(path, reader)


def present(path: str) -> Authorities:
    """Whether there is something, of whose reader nothing is known."""
    content, state = content_of(path)
    if state:
        return state
    return Authorities(True, doubt=f"what is made of {path}", trouble=None if content else f"{path} holds nothing")


def of_node(path: str) -> Authorities:
    """A file of authorities that is given to tls.connect of Node; an empty text there is none, and Node's own count."""
    found = file_alone(path, "node20")
    content, _ = content_of(path)
    if content == b"":
        return Authorities(True, f"{path} is empty, and Node then takes its own authorities")
    if isinstance(content, bytes) and b"BEGIN TRUSTED" in content:
        return Authorities(True, doubt=f"what Node makes of the TRUSTED CERTIFICATE in {path}")
    return found
