"""DER: one X.509 certificate, or several end to end, without any frame.

A certificate is cut out along its lengths and kept as it stands, also when it is BER or otherwise odd
(X.690; RFC 5280, 4.1): judging it is left to those who use it.
"""

from typing import Final

from truststore_tool import asn1
from truststore_tool.errors import FormatError
from truststore_tool.formats.base import Format, trailing
from truststore_tool.model import Certificate, TrustedEntry, TrustStore


def is_certificate(element: asn1.Element) -> bool:
    """Whether an element has the shape of an X.509 certificate (RFC 5280, 4.1), as CRLs, requests and keys have not."""
    try:
        parts = element.expect(asn1.SEQUENCE).children()
        if [part.tag for part in parts] != [asn1.SEQUENCE, asn1.SEQUENCE, asn1.BIT_STRING]:
            return False
        tags = [field.tag for field in parts[0].children()]
    except FormatError:
        return False
    if tags[:1] == [asn1.context(0)]:
        del tags[0]
    # serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo
    return tags[:6] == [asn1.INTEGER] + 5 * [asn1.SEQUENCE]


def detect(data: bytes) -> bool:
    """Whether the bytes begin with a certificate in DER."""
    try:
        return data[:1] == b"\x30" and is_certificate(asn1.read(data))
    except FormatError:
        return False


def loads(data: bytes, password: str | None = None) -> TrustStore:  # noqa: ARG001 -- Format.loads takes one
    """Read certificates that follow one another without a gap.

    Bytes after the last one are not read, as the JDK does not read them, and the store says so; but what begins
    like a further certificate and is cut short is an error. Raises FormatError.
    """
    entries: list[TrustedEntry] = []
    offset = 0
    while data[offset : offset + 1] == b"\x30":
        try:
            element = asn1.read(data, offset)
        except FormatError as exc:
            raise FormatError(
                f"certificate {len(entries) + 1} (byte {offset}) is cut short or damaged",
                hint="fetch the file again from its source",
            ) from exc
        if not is_certificate(element):
            break
        if len(entries) == asn1.MAX_ELEMENTS:
            raise FormatError(f"more than {asn1.MAX_ELEMENTS} certificates end to end")
        entries.append(TrustedEntry("", Certificate(element.raw)))
        offset = element.next
    if not entries:
        raise FormatError("not a certificate in DER")
    unread = trailing(data, offset, "the last certificate")
    return TrustStore(tuple(entries), format="der", integrity="absent", unread=unread)


def dumps(store: TrustStore, password: str | None = None) -> bytes:  # noqa: ARG001 -- Format.dumps takes one
    """The certificates of the store end to end, in its order. Raises FormatError for entries of another kind."""
    entries = trusted_only(store, "DER")
    for entry in entries:
        if not _is_one(entry.certificate.der):
            raise FormatError("one of the certificates is malformed, and nobody would find it in a DER file")
    return b"".join(entry.certificate.der for entry in entries)


def _is_one(data: bytes) -> bool:
    try:
        return is_certificate(asn1.read_exactly(data))
    except FormatError:
        return False


def trusted_only(store: TrustStore, title: str) -> list[TrustedEntry]:
    """The entries of a store, all of them certificates, for a format that holds nothing else.

    Raises FormatError, naming alias and the format's `title`, when the store has an entry of another kind.
    """
    entries: list[TrustedEntry] = []
    for entry in store.entries:
        if not isinstance(entry, TrustedEntry):
            raise FormatError(
                f"{title} holds certificates only and cannot take the {entry.kind} entry {entry.alias!r}",
                hint="leave keys behind, or choose a keystore format",
            )
        entries.append(entry)
    return entries


DER: Final = Format(
    name="der",
    title="DER",
    suffixes=(".der", ".cer"),
    detect=detect,
    loads=loads,
    dumps=dumps,
    has_aliases=False,
    has_password=False,
)
