"""The certificate in a block of octets, as the JDK's CertificateFactory reads it (sun.security.provider.X509Factory).

JKS, JCEKS and PKCS#12 hold each certificate in such a block, and Java gives all of them to that factory: what is in
PEM there, or has octets behind it, or is in BER, is read and trusted like any other.
"""

import binascii
import re
from typing import Final

from truststore_tool import asn1
from truststore_tool.errors import FormatError

# As X509Factory.readOneBlock: any label will do if both ends agree, and white space is skipped wherever it stands.
_PEM: Final = re.compile(
    rb"-----BEGIN (?P<label>[^\r\n]*)-----[^\S\r\n]*(?:\r\n|\r|\n)(?P<text>[^-]*)-----END (?P=label)-----[^\S\r\n]*"
    rb"(?:[\r\n]|\Z)"
)
_OPENING: Final = re.compile(rb"-{5}(?=BEGIN )")
# Base64 takes a third more than what it stands for, and blank lines are not expected.
_LONGEST_PEM: Final = 1 << 20


def certificate_der(block: bytes) -> bytes:
    """What X509Certificate.getEncoded gives of the certificate that is read from the block.

    A block that holds none comes back as it is.
    """
    if block[:2] == b"\x30\x82" and len(block) == 4 + int.from_bytes(block[2:4], "big") and block[2]:
        return block  # as nearly all are
    found = _definite(block) if block[:1] == b"\x30" else _from_pem(block)
    return found if found != block and _is_certificate(found) else block


def _is_certificate(der: bytes) -> bool:
    """Whether it has the fields of a certificate. No Java reads what has not."""
    try:
        fields = asn1.read(der).fields(3, 3)
    except FormatError:
        return False
    return [field.tag for field in fields] == [asn1.SEQUENCE, asn1.SEQUENCE, asn1.BIT_STRING]


def _from_pem(block: bytes) -> bytes:
    if len(block) > _LONGEST_PEM:
        return block
    for opening in _OPENING.finditer(block):
        if found := _PEM.match(block, opening.start()):
            try:
                return _definite(binascii.a2b_base64(found["text"]))
            except binascii.Error:
                return block
    return block


def _definite(block: bytes) -> bytes:
    """The element that the block begins with, its length in the shortest form.

    One of indefinite length is written anew as sun.security.util.DerIndefLenConverter does.
    """
    try:
        element = asn1.read(block)
        if element.next == element.stop:
            return asn1.tlv(element.tag, element.value)
        return _converted(element)
    except FormatError:
        return block


def _converted(element: asn1.Element) -> bytes:
    if element.tag > 0xFF:
        return element.raw
    if element.next == element.stop:
        return asn1.tlv(element.tag, element.value)
    return asn1.tlv(element.tag, *(_converted(item) for item in element.children()))
