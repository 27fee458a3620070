"""PKCS#7 and CMS: the certificates that a SignedData carries (RFC 2315, section 9.1; RFC 5652, section 5.1).

Files called .p7b or .p7c are a degenerate SignedData: certificates and CRLs, signed by nobody. The certificates of
a message that somebody did sign are read just the same; its signature proves nothing here and is not looked at.
"""

from typing import Final

from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError
from truststore_tool.formats.base import Format, trailing
from truststore_tool.formats.der import trusted_only
from truststore_tool.model import Certificate, Note, Remark, TrustedEntry, TrustStore, noted
from truststore_tool.nouns import noun

_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
_SIGNED_DATA_DER: Final = asn1.oid(_SIGNED_DATA)
_CERTIFICATES: Final = asn1.context(0)
_CRLS: Final = asn1.context(1)


@noun
class SignedData(Note):
    """What a SignedData holds for a trust store.

    Attributes:
        certificates: DER of each certificate, in the order of the encoding.
        crls: the ``crls [1]`` element as it stands, or nothing.
        others: how many members of the certificate set are not X.509 certificates (attribute certificates and such).
    """

    certificates: tuple[bytes, ...]
    crls: bytes
    others: int


def is_signed_data(element: asn1.Element) -> bool:
    """Whether an element is a ContentInfo whose type is SignedData."""
    return element.tag == asn1.SEQUENCE and element.data.startswith(_SIGNED_DATA_DER, element.content)


def parse(element: asn1.Element) -> SignedData:
    """Read a ContentInfo, DER or BER. Raises FormatError when it is not a SignedData or is malformed."""
    if not is_signed_data(element):
        raise FormatError("PKCS#7 structure is no SignedData, so it holds no certificates")
    content = element.children()
    if len(content) != 2:
        raise FormatError("malformed PKCS#7 ContentInfo")
    certificates: list[bytes] = []
    crls = b""
    others = 0
    for part in content[1].expect(asn1.context(0)).inner().expect(asn1.SEQUENCE).children():
        if part.tag == _CERTIFICATES:
            members = part.children()
            # CertificateChoices: anything but a plain certificate bears a context tag (RFC 5652, 10.2.2).
            certificates += [member.raw for member in members if member.tag == asn1.SEQUENCE]
            others += sum(member.tag != asn1.SEQUENCE for member in members)
        elif part.tag == _CRLS:
            crls = part.raw
    return SignedData(tuple(certificates), crls, others)


def detect(data: bytes) -> bool:
    """Whether the bytes begin with a PKCS#7 SignedData in DER or BER."""
    try:
        return data[:1] == b"\x30" and is_signed_data(asn1.read(data))
    except FormatError:
        return False


def loads(data: bytes, password: str | None = None) -> TrustStore:  # noqa: ARG001 -- Format.loads takes one
    """Read the certificates of a SignedData in the order of its encoding. Raises FormatError."""
    element = asn1.read(data)
    signed = parse(element)
    notes = []
    if signed.others:
        text = f"{signed.others} members of the certificate set are no X.509 certificates and were skipped"
        notes.append(Remark("other-content", text))
    return TrustStore(
        tuple(TrustedEntry("", Certificate(der)) for der in signed.certificates),
        format="pkcs7",
        integrity="absent",
        notes=tuple(notes),
        others=("CRL",) if signed.crls else (),
        unread=trailing(data, element.next, "the PKCS#7 structure"),
        facts=signed,
    )


def dumps(store: TrustStore, password: str | None = None) -> bytes:  # noqa: ARG001 -- Format.dumps takes one
    """A degenerate SignedData of the store's certificates, and of the CRLs that the file it came from had.

    DER would sort the set of certificates (X.690, 11.6). openssl and Java write and show them in the order they
    were given, and people read that order as a chain; so the store's order stays.

    Raises FormatError for entries that are not certificates.
    """
    certificates = b"".join(entry.certificate.der for entry in trusted_only(store, "PKCS#7"))
    signed = noted(store.facts, SignedData)
    return asn1.sequence(
        _SIGNED_DATA_DER,
        asn1.explicit(
            0,
            asn1.sequence(
                asn1.integer(1),
                asn1.set_of(),  # digestAlgorithms
                asn1.sequence(asn1.oid(oids.DATA)),
                asn1.tlv(_CERTIFICATES, certificates) if certificates else b"",
                signed.crls if signed else b"",
                asn1.set_of(),  # signerInfos
            ),
        ),
    )


PKCS7: Final = Format(
    name="pkcs7",
    title="PKCS#7",
    suffixes=(".p7b", ".p7c", ".p7"),
    detect=detect,
    loads=loads,
    dumps=dumps,
    has_aliases=False,
    has_password=False,
)
