"""What the text around the certificate blocks holds: other blocks, and what may be certificates that were not read."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from truststore_tool.formats.pem.layout import LINE_END
from truststore_tool.meant import called
from truststore_tool.model import Remark

# What only people take for a certificate: wrong case, too few dashes, unknown label, not at the start of a line.
_LOOKALIKE: Final = re.compile(rb"-[ \t]*BEGIN[ \t][^\r\n-]{0,32}CERTIFICATE(?! *REQUEST)", re.IGNORECASE)
# Blocks that hold no certificate (RFC 7468, sections 6, 7, 10 to 13; OpenSSL's pem.h).
_OTHER_BLOCK: Final = re.compile(
    rb"-----BEGIN (?P<label>(?:ANY |ENCRYPTED |RSA |EC |DSA |OPENSSH )?PRIVATE KEY|(?:RSA |DSA |ECDSA )?PUBLIC KEY"
    rb"|(?:NEW )?CERTIFICATE REQUEST|X509 CRL|(?:EC|DSA|DH|X9\.42 DH) PARAMETERS|ATTRIBUTE CERTIFICATE"
    rb"|OCSP (?:REQUEST|RESPONSE)|PKCS7|PKCS #7 SIGNED DATA|CMS)-----[^-]*+(?:-(?!----)[^-]*+)*-----END (?P=label)-----"
)
_NO_CERTIFICATES: Final = "message without certificates"  # what PKCS7 and CMS are, where they are here
# What text does not have, and what a certificate looks like that has lost its BEGIN line.
_NO_TEXT: Final = re.compile(rb"[^\t\n\v\f\r\x1a\x20-\x7e\x80-\xff]")
_BARE_BASE64: Final = re.compile(
    rb"^[ \t]*([A-Za-z0-9+/]{38,}(?:[A-Za-z0-9+/]{2}|[A-Za-z0-9+/]=|==))[ \t]*\r?$", re.MULTILINE
)
# Lines of the same alphabet that people write: a ruler of one sign, a digest (SHA-1 to SHA-512) in hex.
_PROSE: Final = re.compile(
    rb"([+/])\1*|(?=.*[0-9])(?:[0-9a-fA-F]{40}|[0-9a-fA-F]{56}|[0-9a-fA-F]{64}|[0-9a-fA-F]{96}|[0-9a-fA-F]{128})"
)


class Gap(NamedTuple):
    """What lies between two blocks, and where in the file it begins."""

    start: int
    text: bytes


def lookalikes(gaps: list[Gap]) -> Iterator[Remark]:
    """A note on what looks like the start of a certificate but was left in the text."""
    count = sum(len(_LOOKALIKE.findall(gap.text)) for gap in gaps)
    if count:
        yield Remark("lookalike", f"not read, though it looks like the start of a certificate: {count} lines")


def survey(data: bytes, gaps: list[Gap]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the text around the blocks holds: the names of other blocks, and what no reader of text makes sense of."""
    others: list[str] = []
    unread: list[str] = []
    for start, text in gaps:
        if len(text) < 3 or text.isspace():
            continue
        others += (called(match["label"]) or _NO_CERTIFICATES for match in _OTHER_BLOCK.finditer(text))
        rest = _OTHER_BLOCK.sub(_only_line_ends, text)
        what, found = "bytes that are no text", _NO_TEXT.search(rest)
        if found is None:
            what = "base64 outside of any block"
            found = next((line for line in _BARE_BASE64.finditer(rest) if not _PROSE.fullmatch(line[1])), None)
        if found is not None:
            line = len(LINE_END.findall(data, 0, start)) + len(LINE_END.findall(rest, 0, found.start())) + 1
            unread.append(f"line {line}: {what}")
    return tuple(others), tuple(unread)


def _only_line_ends(block: re.Match[bytes]) -> bytes:
    """What stays of a block so that lines are still counted."""
    return b"".join(LINE_END.findall(block[0]))
