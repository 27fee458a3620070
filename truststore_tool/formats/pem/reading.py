"""PEM to a store: finding the certificate blocks in a file, and decoding them."""

import binascii
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Final, NamedTuple, NoReturn

from truststore_tool import asn1
from truststore_tool.errors import FormatError
from truststore_tool.formats import pkcs7
from truststore_tool.formats.pem import distrust
from truststore_tool.formats.pem.layout import LINE_END, Block, Layout
from truststore_tool.formats.pem.surroundings import Gap, lookalikes, survey
from truststore_tool.model import Certificate, DistrustedCertificate, Remark, TrustedEntry, TrustStore

_BOM: Final = b"\xef\xbb\xbf"
_DASHES: Final = b"-----"
_BLANKS: Final = b" \t\r\n\v\f"
_TRUSTED: Final = b"TRUSTED CERTIFICATE"  # OpenSSL: auxiliary trust settings follow the certificate (d2i_X509_AUX)
_CONTAINERS: Final = (b"PKCS7", b"PKCS #7 SIGNED DATA", b"CMS")
_SEQUENCE: Final = bytes([asn1.SEQUENCE])
_OID: Final = bytes([asn1.OBJECT_IDENTIFIER])

_ANY_BEGIN: Final = re.compile(rb"-----BEGIN [ -,.-~]{1,64}-----")
# The labels of blocks that hold certificates, from RFC 7468 (sections 5, 8, 9) and OpenSSL's pem.h.
_MARKER: Final = re.compile(
    rb"-----(?P<edge>BEGIN|END) (?P<label>(?:X509 |TRUSTED )?CERTIFICATE|PKCS7|PKCS #7 SIGNED DATA|CMS)-----"
)
_END_OF_LINE: Final = re.compile(rb"[ \t]*(?:\r?\n|\Z)")


class _Found(NamedTuple):
    """Where a certificate block lies: its number from 1, label, marker and body offsets."""

    number: int
    label: bytes
    start: int
    body: int
    body_end: int
    end: int


def detect(data: bytes) -> bool:
    """Whether the bytes hold a BEGIN line of any label. Text that a binary structure carries inside does not count."""
    if data[:1] == b"\0":
        return False
    inside = 0
    if data[:1] == _SEQUENCE and data[1:2] >= b"\x80":  # a length of several octets, which text does not begin with
        with suppress(FormatError):
            inside = asn1.read(data).next
    return any(match.start() >= inside and _starts_line(data, 0, match.start()) for match in _ANY_BEGIN.finditer(data))


def loads(data: bytes, password: str | None = None) -> TrustStore:  # noqa: ARG001 -- Format.loads takes one
    """Read every certificate of a PEM file, in file order and with its repetitions.

    Blocks labelled CERTIFICATE, X509 CERTIFICATE, TRUSTED CERTIFICATE, PKCS7 and CMS count. Any line ends, line
    lengths, indentation and blank lines are taken, and a byte order mark before a block.

    Raises FormatError, naming block and line, when such a block is not ended by its own label, is not base64, or is
    not exactly one DER structure of its kind.
    """
    texts: list[bytes] = []
    blocks: list[Block] = []
    notes: list[Remark] = []
    gaps: list[Gap] = []  # as `texts`, and without the blocks of distrusted certificates, which stay in those
    p11_kit = distrust.P11Kit.read(data)
    decoded = [(found, *_decode(data, found, notes)) for found in _scan(data)]
    reasons: dict[Certificate, str] = {}  # by certificate: another block of the same one does not make it trusted
    for found, certificates, settings in decoded:
        reason = distrust.by_openssl(settings) if settings else ""
        for certificate in certificates:
            if said := reason or p11_kit.against(certificate, found.start):
                reasons[certificate] = said
    position = read = 0
    restricted = unseen = 0
    for found, every, settings in decoded:
        if not every:
            continue
        gaps.append(Gap(read, data[read : found.start]))
        read = found.end
        certificates = tuple(certificate for certificate in every if certificate not in reasons) if reasons else every
        if not certificates:
            continue
        restricted += settings is not None and _limits(settings)
        if found.label in _CONTAINERS or not _is_regular(data, found):
            unseen += len(certificates)
        texts.append(data[position : found.start])
        blocks.append(Block(data, found.start, found.end, certificates))
        position = found.end
    texts.append(data[position:])
    gaps.append(Gap(read, data[read:]))
    if restricted:
        text = f"certificates with OpenSSL trust settings, which other formats cannot keep: {restricted}"
        notes.append(Remark("trust-settings", text))
    if unseen:
        text = f"certificates that OpenSSL does not see in this file (PKCS7 blocks, irregular lines): {unseen}"
        notes.append(Remark("not-found", text))
    notes += lookalikes(gaps)
    others, unread = survey(data, gaps)
    newline = LINE_END.search(data)
    return TrustStore(
        tuple(TrustedEntry("", certificate, origin=block) for block in blocks for certificate in block.certificates),
        format="pem",
        integrity="absent",
        distrusted=tuple(DistrustedCertificate(*item) for item in reasons.items()),
        notes=tuple(notes),
        others=others,
        unread=unread,
        facts=Layout(tuple(texts), tuple(blocks), newline[0] if newline else b"\n"),
    )


def _starts_line(data: bytes, edge: int, offset: int) -> bool:
    """Whether only blanks or a byte order mark stand before `offset` on its line, which begins at `edge` or later."""
    while offset > edge and data[offset - 1] in b" \t":
        offset -= 1
    return offset == edge or data[offset - 1] in b"\r\n" or data.startswith(_BOM, offset - 3, offset)


def _scan(data: bytes) -> Iterator[_Found]:
    """The certificate blocks of a file. Raises FormatError when BEGIN and END do not pair up."""
    number = 0
    edge = 0  # the end of the last block: END and the next BEGIN on one line occur where files were joined carelessly
    marker = _MARKER.search(data)
    while marker:
        if not _starts_line(data, edge, marker.start()):
            marker = _MARKER.search(data, marker.end())
            continue
        number += 1
        if marker["edge"] == b"END":
            _damaged(data, number, marker.start(), "has an END line without its BEGIN line")
        end_line = b"-----END %b-----" % marker["label"]
        body_end = data.find(_DASHES, marker.end())
        if body_end < 0 or not data.startswith(end_line, body_end):
            _damaged(data, number, marker.start(), f"is not ended by its {end_line.decode()} line")
        edge = body_end + len(end_line)
        yield _Found(number, marker["label"], marker.start(), marker.end(), body_end, edge)
        marker = _MARKER.search(data, edge)


def _decode(data: bytes, found: _Found, notes: list[Remark]) -> tuple[tuple[Certificate, ...], asn1.Element | None]:
    """The certificates of a block, and OpenSSL's trust settings if there are any."""
    text = data[found.body : found.body_end].translate(None, _BLANKS)
    try:
        # Java does not need the padding; if anything else is cut off, the DER below shows it.
        der = binascii.a2b_base64(text + b"=" * (-len(text) % 4), strict_mode=True)
        element = asn1.read(der)
        if pkcs7.is_signed_data(element):  # the JDK looks at the content too, whatever the label (X509Factory)
            signed = pkcs7.parse(element)
            if signed.others:
                others = f"block {found.number}: {signed.others} members are no X.509 certificates"
                notes.append(Remark("other-content", others))
            return tuple(map(Certificate, signed.certificates)), None
        if found.label in _CONTAINERS and der.startswith(_OID, element.content):
            return (), None  # encrypted or otherwise without certificates: text, as a key is
        if element.tag != asn1.SEQUENCE or not der.startswith(_SEQUENCE, element.content):
            raise FormatError("it holds no certificate")
        auxiliary = der[element.next :]
        if not auxiliary:
            return (Certificate(der),), None
        if found.label != _TRUSTED:
            raise FormatError(f"{len(auxiliary)} bytes follow its certificate")
        settings = asn1.read_exactly(auxiliary)
        distrust.by_openssl(settings)  # which raises for what are no such settings
        return (Certificate(element.raw),), settings
    except binascii.Error as exc:
        _damaged(data, found.number, found.start, f"is no base64 ({exc})", exc)
    except FormatError as exc:
        _damaged(data, found.number, found.start, f"is damaged: {exc.message}", exc)


def _limits(settings: asn1.Element) -> bool:
    """Whether trust settings limit the use of a certificate, by purposes that are trusted or rejected."""
    return any(purposes is not None for purposes in distrust.Purposes.of(settings))


def _is_regular(data: bytes, found: _Found) -> bool:
    """Whether OpenSSL reads the block: markers alone on their lines, no empty line, padded."""
    body = data[found.body : found.body_end]
    if any(odd in body for odd in (b"\n\n", b"\r", b" ", b"\t")):
        body = _tidied(body)
    return (
        data[found.start - 1 : found.start] in (b"", b"\n", _BOM[-1:])
        and body[:1] == body[-1:] == b"\n"
        and (len(body) - body.count(b"\n")) % 4 == 0
        and not any(odd in body for odd in (b"\n\n", b" ", b"\t"))
        and _END_OF_LINE.match(data, found.end) is not None
    )


def _tidied(body: bytes) -> bytes:
    """The body without the blanks and carriage returns that OpenSSL passes over.

    It takes an empty line at the top for the end of headers that are not there; below it, blanks only end lines.
    """
    *lines, last = body.split(b"\n")
    lines = [line.rstrip(b" \t\r") for line in lines]
    if lines[1:2] == [b""]:
        del lines[1]
    else:
        lines = [line.translate(None, b" \t\r") for line in lines]
    return b"\n".join([*lines, last])


def _damaged(data: bytes, number: int, offset: int, what: str, cause: Exception | None = None) -> NoReturn:
    line = len(LINE_END.findall(data, 0, offset)) + 1
    raise FormatError(
        f"certificate block {number} (line {line}) {what}",
        hint="fetch the file again from its source, or repair that block",
    ) from cause
