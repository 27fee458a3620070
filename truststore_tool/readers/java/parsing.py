"""Certificates out of bytes as the JDK's CertificateFactory finds them (sun.security.provider.X509Factory)."""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from truststore_tool import asn1
from truststore_tool.errors import FormatError
from truststore_tool.readers.base import Work, once
from truststore_tool.readers.java import pem
from truststore_tool.readers.java.algorithms import PublicKey
from truststore_tool.readers.java.certificate import JavaCertificate
from truststore_tool.readers.java.der import (
    CERTIFICATE_EXCEPTION,
    IO_EXCEPTION,
    PARSING_EXCEPTION,
    JavaFormatError,
)
from truststore_tool.readers.java.plain import is_plain


def first_certificate(data: bytes, jdk: int) -> JavaCertificate:
    """The first certificate in PEM or DER; what follows it does not matter. Raises JavaFormatError."""
    for block in _blocks(data, jdk):
        return JavaCertificate(block, jdk).check()
    raise JavaFormatError("Empty input")


class Judged(NamedTuple):
    """What the parser of a release makes of a certificate: why it refuses it, or the key in it."""

    refusal: str | None
    key: PublicKey | None


def judged(der: bytes, jdk: int, work: Work) -> Judged:
    """As `why_refused`; each certificate is parsed once a release."""

    return once(work, (jdk, der), lambda: _judged(der, jdk))


# A scan comes across the same roots in one store after the other.
@lru_cache(maxsize=2048)
def _judged(der: bytes, jdk: int) -> Judged:
    """X509Factory and X509CertImpl wrap what their parts throw, each part in its own way."""
    try:
        block = next(_blocks(der, jdk), b"")
    except JavaFormatError as exc:
        return Judged(f"{CERTIFICATE_EXCEPTION}: Could not parse certificate: {exc}", None)
    try:
        certificate = JavaCertificate(block, jdk)
        _ = certificate.signature_algorithm, certificate.signature
    except JavaFormatError as exc:
        return Judged(_wrapped(exc, f"{CERTIFICATE_EXCEPTION}: Unable to initialize, "), None)
    try:
        return Judged(None, certificate.check().public_key)
    except JavaFormatError as exc:
        return Judged(_wrapped(exc, f"{PARSING_EXCEPTION}: "), None)


def _wrapped(exc: JavaFormatError, wrapping: str) -> str:
    return f"{wrapping}{exc}" if exc.kind == IO_EXCEPTION else str(exc)


def why_refused(der: bytes, jdk: int) -> str | None:
    """What that release (17 or 25) says when it refuses a certificate in DER, or None when it takes it.

    The verdict is CertificateFactory.generateCertificate's (sun.security.provider.X509Factory, X509CertImpl), which
    is also KeyStore's for JKS, JCEKS and PKCS#12: one certificate refused, and the whole store cannot be loaded. Octets
    behind the certificate do not matter. The text is what the factory throws, as Throwable.toString gives it.
    """
    return judged(der, jdk, {}).refusal


def all_certificates(data: bytes, jdk: int) -> list[JavaCertificate]:
    """All certificates in PEM, DER or PKCS#7, which may be mixed; none in empty data. Raises JavaFormatError."""
    if not data:
        return []
    found: list[JavaCertificate] = []
    for block in _blocks(data, jdk):
        bundled = None if found else _signed_data(block)
        if bundled is not None:
            return [JavaCertificate(der, jdk).check() for der in bundled]
        certificate = JavaCertificate(block, jdk)
        found.append(certificate if is_plain(block) else certificate.check())
    if not found:
        raise JavaFormatError("No certificate data found", CERTIFICATE_EXCEPTION)
    return found


def _signed_data(block: bytes) -> tuple[bytes, ...] | None:
    """The certificates of a PKCS#7 SignedData, or None when the block is something else."""
    from truststore_tool import formats

    pkcs7 = formats.get("pkcs7")
    if not pkcs7.detect(block):
        return None
    try:
        return tuple(certificate.der for certificate in pkcs7.loads(block, None).all_certificates())
    except FormatError:
        return None


def _blocks(data: bytes, jdk: int) -> Iterator[bytes]:
    """The decoded blocks, one behind the other. Raises JavaFormatError for a damaged one."""
    offset = 0
    while offset < len(data):
        if data[offset] == asn1.SEQUENCE:
            try:
                end = asn1.read(data, offset).next
            except FormatError as exc:
                raise JavaFormatError("Incomplete BER/DER data") from exc
            yield data[offset:end]
        else:
            found = pem.block(data, offset, jdk)
            if found is None:
                return
            block, end = found
            yield block
        offset = end
