"""Certificates out of bytes as the JDK's CertificateFactory finds them (sun.security.provider.X509Factory)."""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Final

from truststore_tool import asn1
from truststore_tool.errors import FormatError
from truststore_tool.readers.java.certificate import JavaCertificate
from truststore_tool.readers.java.der import JavaFormatError

# Five hyphens open a header; before 25 they must begin a line, or be the first that is read.
_OPENING: Final = {17: re.compile(rb"(?<=[\r\n])-{5}"), 25: re.compile(rb"-{5}")}
_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
_BLANKS: Final = b"\t\n\r "


def first_certificate(data: bytes, jdk: int) -> JavaCertificate:
    """The first certificate in PEM or DER; what follows it does not matter. Raises JavaFormatError."""
    for block in _blocks(data, jdk):
        return JavaCertificate(block, jdk).check()
    raise JavaFormatError("Empty input")


def why_refused(der: bytes, jdk: int) -> str | None:
    """What that release (17 or 25) says when it refuses a certificate in DER, or None when it takes it.

    The verdict is CertificateFactory.generateCertificate's (sun.security.provider.X509Factory, X509CertImpl), which
    is also KeyStore's for JKS, JCEKS and PKCS#12: one certificate refused, and the whole store cannot be loaded. Octets
    behind the certificate do not matter. The text is an exception of the parser as Throwable.toString gives it; Java
    may wrap it in another.
    """
    try:
        first_certificate(der, jdk)
    except JavaFormatError as exc:
        return str(exc)
    return None


def all_certificates(data: bytes, jdk: int) -> list[JavaCertificate]:
    """All certificates in PEM, DER or PKCS#7, which may be mixed; none in empty data. Raises JavaFormatError."""
    if not data:
        return []
    found: list[JavaCertificate] = []
    for block in _blocks(data, jdk):
        bundled = None if found else _signed_data(block)
        if bundled is not None:
            return [JavaCertificate(der, jdk).check() for der in bundled]
        found.append(JavaCertificate(block, jdk).check())
    if not found:
        raise JavaFormatError("No certificate data found", "java.security.cert.CertificateException")
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
            start = offset
            if not data.startswith(b"-----", offset):
                opening = _OPENING[25 if jdk >= 25 else 17].search(data, offset)
                if opening is None:
                    return
                start = opening.start()
            block, end = _pem_block(data, start)
            yield block
        offset = end


def _pem_block(data: bytes, start: int) -> tuple[bytes, int]:
    """The content of the PEM block whose header starts there, and where the block ends.

    Any label will do if both ends agree. White space is skipped wherever it stands; anything else must be Base64.
    """
    line_end = _LINE_END.search(data, start)
    footer = -1 if line_end is None else data.find(b"-", line_end.end())
    if line_end is None or footer < 0:
        raise JavaFormatError("Incomplete data")
    header = data[start : line_end.start()]
    text = data[line_end.end() : footer].translate(None, _BLANKS)
    # A footer ends where the header's line ended, or at a newline.
    stops = [b"\n", b"\r"] if line_end[0] == b"\r" else [b"\n"]
    stop = min((found for found in (data.find(mark, footer) for mark in stops) if found >= 0), default=len(data))
    _check_ends(header.rstrip(), data[footer:stop].replace(b"\r", b"").rstrip())
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4 if b"=" not in text else 0), validate=True), stop + 1
    except binascii.Error as exc:
        raise JavaFormatError(f"java.lang.IllegalArgumentException: {exc}") from exc


def _check_ends(header: bytes, footer: bytes) -> None:
    label = header[11:-5]
    if len(header) < 16 or not header.startswith(b"-----BEGIN ") or not header.endswith(b"-----"):
        raise JavaFormatError("Illegal header: " + header.decode("latin-1"))
    if footer != b"-----END " + label + b"-----":
        raise JavaFormatError("Illegal footer: " + footer.decode("latin-1"))
