"""PEM: certificates in base64 between BEGIN and END lines (RFC 7468), with any text around them.

A bundle that loses a certificate in silence is the worst thing that can happen here. So a certificate block that is
damaged is an error that names the block and its line, and what merely looks like a certificate is counted in a note.
Everything that is not a certificate (comments, keys, CRLs) is text: it is kept and written back byte for byte.
"""

import binascii
import re
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from typing import Final, NamedTuple, NoReturn

from truststore_tool import asn1
from truststore_tool.errors import FormatError
from truststore_tool.formats import distrust, pkcs7
from truststore_tool.formats.base import Format
from truststore_tool.formats.der import trusted_only
from truststore_tool.model import Certificate, DistrustedCertificate, Note, TrustedEntry, TrustStore, noted
from truststore_tool.nouns import noun
from truststore_tool.safe import printable

_BOM: Final = b"\xef\xbb\xbf"
_DASHES: Final = b"-----"
_BLANKS: Final = b" \t\r\n\v\f"
_COLUMNS: Final = 64  # RFC 7468, section 2
_TRUSTED: Final = b"TRUSTED CERTIFICATE"  # OpenSSL: auxiliary trust settings follow the certificate (d2i_X509_AUX)
_CONTAINERS: Final = (b"PKCS7", b"PKCS #7 SIGNED DATA", b"CMS")
_SEQUENCE: Final = bytes([asn1.SEQUENCE])
_OID: Final = bytes([asn1.OBJECT_IDENTIFIER])

_ANY_BEGIN: Final = re.compile(rb"-----BEGIN [ -,.-~]{1,64}-----")
# The labels of blocks that hold certificates, from RFC 7468 (sections 5, 8, 9) and OpenSSL's pem.h.
_MARKER: Final = re.compile(
    rb"-----(?P<edge>BEGIN|END) (?P<label>(?:X509 |TRUSTED )?CERTIFICATE|PKCS7|PKCS #7 SIGNED DATA|CMS)-----"
)
# What only people take for a certificate: wrong case, too few dashes, unknown label, not at the start of a line.
_LOOKALIKE: Final = re.compile(rb"-[ \t]*BEGIN[ \t][^\r\n-]{0,32}CERTIFICATE(?! *REQUEST)", re.IGNORECASE)
# Blocks that hold no certificate, and what people call them (RFC 7468, sections 6, 7, 10 to 13; OpenSSL's pem.h).
_OTHER_BLOCK: Final = re.compile(
    rb"-----BEGIN (?P<label>(?:ANY |ENCRYPTED |RSA |EC |DSA |OPENSSH )?PRIVATE KEY|(?:RSA |DSA |ECDSA )?PUBLIC KEY"
    rb"|(?:NEW )?CERTIFICATE REQUEST|X509 CRL|(?:EC|DSA|DH|X9\.42 DH) PARAMETERS|ATTRIBUTE CERTIFICATE"
    rb"|OCSP (?:REQUEST|RESPONSE)|PKCS7|PKCS #7 SIGNED DATA|CMS)-----(?:[^-]|-(?!----))*-----END (?P=label)-----"
)
_CALLED: Final = (
    (b"PRIVATE KEY", "private key"),
    (b"PUBLIC KEY", "public key"),
    (b"CERTIFICATE REQUEST", "certificate request"),
    (b"OCSP REQUEST", "OCSP request"),
    (b"OCSP RESPONSE", "OCSP response"),
    (b"CRL", "CRL"),
    (b"PARAMETERS", "set of parameters"),
    (b"ATTRIBUTE CERTIFICATE", "attribute certificate"),
)
# What text does not have, and what a certificate looks like that has lost its BEGIN line.
_NO_TEXT: Final = re.compile(rb"[^\t\n\v\f\r\x1a\x20-\x7e\x80-\xff]")
_BARE_BASE64: Final = re.compile(
    rb"^[ \t]*([A-Za-z0-9+/]{38,}(?:[A-Za-z0-9+/]{2}|[A-Za-z0-9+/]=|==))[ \t]*\r?$", re.MULTILINE
)
# Lines of the same alphabet that people write: a ruler of one sign, a digest (SHA-1 to SHA-512) in hex.
_PROSE: Final = re.compile(
    rb"([+/])\1*|(?=.*[0-9])(?:[0-9a-fA-F]{40}|[0-9a-fA-F]{56}|[0-9a-fA-F]{64}|[0-9a-fA-F]{96}|[0-9a-fA-F]{128})"
)
_END_OF_LINE: Final = re.compile(rb"[ \t]*(?:\r?\n|\Z)")
_LINE_END: Final = re.compile(rb"\r\n|\n|\r")


@noun(eq=False)
class Block(Note):
    """A block of the file that holds certificates.

    Attributes:
        data, start, end: the file, and where in it the block is, from its BEGIN to its END marker.
        certificates: what it holds: one certificate, or those of a PKCS#7 structure.
    """

    data: bytes
    start: int
    end: int
    certificates: tuple[Certificate, ...]

    @property
    def raw(self) -> bytes:
        """The block as it stands in the file."""
        return self.data[self.start : self.end]


@noun(eq=False)
class Layout(Note):
    """A PEM file cut into what holds certificates and what does not.

    Attributes:
        texts: the text before each block, then the text after the last one; always one more than blocks.
        blocks: the certificate blocks in file order.
        newline: the line end that the file uses.
    """

    texts: tuple[bytes, ...]
    blocks: tuple[Block, ...]
    newline: bytes


class _Gap(NamedTuple):
    """What lies between two blocks, and where in the file it begins."""

    start: int
    text: bytes


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
    notes: list[str] = []
    gaps: list[_Gap] = []  # as `texts`, and without the blocks of distrusted certificates, which stay in those
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
        gaps.append(_Gap(read, data[read : found.start]))
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
    gaps.append(_Gap(read, data[read:]))
    if restricted:
        notes.append(f"certificates with OpenSSL trust settings, which other formats cannot keep: {restricted}")
    if unseen:
        notes.append(f"certificates that OpenSSL does not see in this file (PKCS7 blocks, irregular lines): {unseen}")
    notes += _lookalikes(gaps)
    others, unread = _survey(data, gaps)
    newline = _LINE_END.search(data)
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


def _decode(data: bytes, found: _Found, notes: list[str]) -> tuple[tuple[Certificate, ...], asn1.Element | None]:
    """The certificates of a block, and OpenSSL's trust settings if there are any."""
    text = data[found.body : found.body_end].translate(None, _BLANKS)
    try:
        # Java does not need the padding; if anything else is cut off, the DER below shows it.
        der = binascii.a2b_base64(text + b"=" * (-len(text) % 4), strict_mode=True)
        element = asn1.read(der)
        if pkcs7.is_signed_data(element):  # the JDK looks at the content too, whatever the label (X509Factory)
            signed = pkcs7.parse(element)
            if signed.others:
                notes.append(f"block {found.number}: {signed.others} members are no X.509 certificates")
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
    return any(part.tag in (asn1.SEQUENCE, asn1.context(0)) for part in settings.children())


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
    line = len(_LINE_END.findall(data, 0, offset)) + 1
    raise FormatError(
        f"certificate block {number} (line {line}) {what}",
        hint="fetch the file again from its source, or repair that block",
    ) from cause


def _lookalikes(gaps: list[_Gap]) -> Iterator[str]:
    """A note on what looks like the start of a certificate but was left in the text."""
    count = sum(len(_LOOKALIKE.findall(gap.text)) for gap in gaps)
    if count:
        yield f"not read, though it looks like the start of a certificate: {count} lines"


def _survey(data: bytes, gaps: list[_Gap]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the text around the blocks holds: the names of other blocks, and what no reader of text makes sense of."""
    others: list[str] = []
    unread: list[str] = []
    for start, text in gaps:
        if len(text) < 3 or text.isspace():
            continue
        others += (_called(match["label"]) for match in _OTHER_BLOCK.finditer(text))
        rest = _OTHER_BLOCK.sub(_only_line_ends, text)
        what, found = "bytes that are no text", _NO_TEXT.search(rest)
        if found is None:
            what = "base64 outside of any block"
            found = next((line for line in _BARE_BASE64.finditer(rest) if not _PROSE.fullmatch(line[1])), None)
        if found is not None:
            line = len(_LINE_END.findall(data, 0, start)) + len(_LINE_END.findall(rest, 0, found.start())) + 1
            unread.append(f"line {line}: {what}")
    return tuple(others), tuple(unread)


def _only_line_ends(block: re.Match[bytes]) -> bytes:
    """What stays of a block so that lines are still counted."""
    return b"".join(_LINE_END.findall(block[0]))


def _called(label: bytes) -> str:
    return next((name for ending, name in _CALLED if label.endswith(ending)), "message without certificates")


# Writing ---------------------------------------------------------------------------------------------------


def encode(certificate: Certificate, comment: str = "") -> str:
    """A CERTIFICATE block of 64 columns with LF line ends; before it each line of `comment`, escaped, after ``# ``."""
    text = binascii.b2a_base64(certificate.der, newline=False).decode("ascii")
    lines = [f"# {printable(line)}".rstrip() for line in comment.splitlines()]  # people look at PEM on terminals
    lines.append("-----BEGIN CERTIFICATE-----")
    lines += [text[i : i + _COLUMNS] for i in range(0, len(text), _COLUMNS)]
    lines.append("-----END CERTIFICATE-----\n")
    return "\n".join(lines)


def dumps(store: TrustStore, password: str | None = None) -> bytes:  # noqa: ARG001 -- Format.dumps takes one
    """The store as a PEM file; one that came from a PEM file keeps its text and its untouched blocks byte for byte.

    Text around a block stays when the block is removed. A new certificate is written where it stands among the entries
    (so usually at the end), in the file's own line ends, below the entry's comment.

    Raises FormatError for entries that are not certificates.
    """
    entries = trusted_only(store, "PEM")
    layout = noted(store.facts, Layout) or Layout((b"",), (), b"\n")
    out = BytesIO()  # which takes half of the memory of a list that is joined
    at_line_start = True
    for piece in _arrange(entries, layout):
        if piece.needs_line and not at_line_start:
            out.write(layout.newline)
        out.write(piece.data)
        if piece.data:
            at_line_start = piece.data.endswith((b"\n", b"\r"))
    return out.getvalue()


class _Piece(NamedTuple):
    """Bytes to write, and whether they must begin a line."""

    needs_line: bool
    data: bytes


def _arrange(entries: list[TrustedEntry], layout: Layout) -> Iterator[_Piece]:
    """What the new file is made of: the old one's texts in their order, its blocks, and newly written ones."""
    number_of = {id(block): number for number, block in enumerate(layout.blocks)}
    numbers = [number_of.get(id(entry.origin)) for entry in entries]
    last_old = max((place for place, number in enumerate(numbers) if number is not None), default=-1)
    whole = _whole_blocks(entries, numbers, layout)
    opening = distrust.opening(layout.texts)
    texts_written = 0
    for place, (entry, number) in enumerate(zip(entries, numbers, strict=True)):
        if place > last_old:
            texts_due = len(layout.texts)
        elif number is None:
            texts_due = 0
        else:
            texts_due = number + 1
        in_place = texts_due > texts_written
        yield from (_Piece(False, text) for text in layout.texts[texts_written:texts_due])
        texts_written = max(texts_written, texts_due)
        if number is None or number not in whole:
            block = (opening + encode(entry.certificate, entry.comment)).encode()
            yield _Piece(True, block.replace(b"\n", layout.newline))
        elif whole[number]:
            yield _Piece(not in_place, layout.blocks[number].raw)
            whole[number] = False  # its other certificates are written with it
    yield from (_Piece(False, text) for text in layout.texts[texts_written:])


def _whole_blocks(entries: list[TrustedEntry], numbers: list[int | None], layout: Layout) -> dict[int, bool]:
    """The numbers of the old blocks that are still all there and unchanged, each with True: it is to be written."""
    held: dict[int, list[Certificate]] = {}
    for entry, number in zip(entries, numbers, strict=True):
        if number is not None:
            held.setdefault(number, []).append(entry.certificate)
    return {n: True for n, certificates in held.items() if tuple(certificates) == layout.blocks[n].certificates}


PEM: Final = Format(
    name="pem",
    title="PEM",
    suffixes=(".pem", ".crt", ".ca-bundle"),
    detect=detect,
    loads=loads,
    dumps=dumps,
    has_aliases=False,
    has_password=False,
)
