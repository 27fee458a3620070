"""A store to PEM: what was not changed byte for byte, and new blocks where they belong."""

import binascii
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Final, NamedTuple

from truststore_tool.errors import FormatError
from truststore_tool.formats.pem import distrust
from truststore_tool.formats.pem.layout import Layout
from truststore_tool.model import Certificate, Entry, OpaqueEntry, TrustedEntry, TrustStore, noted
from truststore_tool.safe import printable

_COLUMNS: Final = 64  # RFC 7468, section 2


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
    (so usually at the end), in the file's own line ends, below the entry's comment. A key stands below its chain.

    Raises FormatError for keys of other formats, and other entries that are not certificates.
    """
    entries = store.entries
    for entry in entries:
        if isinstance(entry, OpaqueEntry) and entry.format != "pem":
            raise FormatError(
                f"PEM cannot take the {entry.kind} entry {entry.alias!r} as it is",
                hint="leave keys behind, or choose a keystore format",
            )
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


def _arrange(entries: Sequence[Entry], layout: Layout) -> Iterator[_Piece]:
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
            yield _Piece(True, _block(entry, opening).replace(b"\n", layout.newline))
        elif whole[number]:
            yield _Piece(not in_place, layout.blocks[number].raw)
            whole[number] = False  # its other certificates are written with it
    yield from (_Piece(False, text) for text in layout.texts[texts_written:])


def _block(entry: Entry, opening: str) -> bytes:
    """What is written for a new entry."""
    if isinstance(entry, TrustedEntry):
        return (opening + encode(entry.certificate, entry.comment)).encode()
    return "".join(map(encode, entry.certificates)).encode() + entry.payload


def _whole_blocks(entries: Sequence[Entry], numbers: list[int | None], layout: Layout) -> dict[int, bool]:
    """The numbers of the old blocks that are still all there and unchanged, each with True: it is to be written."""
    held: dict[int, list[Certificate]] = {}
    for entry, number in zip(entries, numbers, strict=True):
        if number is not None:
            held.setdefault(number, []).extend(entry.certificates)
    return {n: True for n, certificates in held.items() if tuple(certificates) == layout.blocks[n].certificates}
