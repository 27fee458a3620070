"""Go as a reader of PEM bundles: CertPool.AppendCertsFromPEM of crypto/x509, over pem.Decode of encoding/pem.

What is damaged, or no certificate to Go, it passes over in silence. A block is the last BEGIN line before an END line.
"""

import binascii
from collections.abc import Iterator
from typing import Final

from truststore_tool.formats.base import Content
from truststore_tool.model import Certificate
from truststore_tool.nouns import field, noun
from truststore_tool.readers.base import Evidence, LeftOut, Reader, Reading, Work, once
from truststore_tool.readers.go_certificate import UnknownError, why_refused

_BEGIN: Final = b"-----BEGIN "
_END: Final = b"\n-----END "
_DASHES: Final = b"-----"
_NOTHING: Final = "AppendCertsFromPEM returned false"
_EVIDENCE: Final = (
    Evidence("documented", "crypto/x509: negative serials are refused since Go 1.23, unless GODEBUG or go.mod say so"),
    Evidence("measured", "Go 1.24.4, 1.27.3"),
)


@noun
class GoReader:
    """Programs in Go that take their roots from a PEM file; `work` is what other readers of it have worked out."""

    work: Work = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        """Its name."""
        return "go"

    def read(self, data: Content, password: str | None) -> Reading:  # noqa: ARG002 -- see Reader
        """What AppendCertsFromPEM takes from a file."""
        anchors: dict[Certificate, None] = {}
        left_out: list[LeftOut] = []
        try:
            for der in _certificates(data) if isinstance(data, bytes) else ():
                if reason := self._judged(der):
                    left_out.append(LeftOut(Certificate(der), reason))
                else:
                    anchors[Certificate(der)] = None
        except UnknownError as exc:
            return Reading(None, evidence=(Evidence("inferred", f"nobody has looked: {exc}"),))
        if not anchors:
            return Reading(False, _NOTHING, None, (), (), tuple(left_out), _EVIDENCE)
        return Reading(True, None, None, tuple(anchors), (), tuple(left_out), _EVIDENCE)

    def refuses(self, certificate: Certificate) -> str | None:
        """The error of ParseCertificate; None where there is none, or nobody knows."""
        try:
            return self._judged(certificate.der)
        except UnknownError:
            return None

    def _judged(self, der: bytes) -> str | None:
        return once(self.work, ("go", der), lambda: why_refused(der))

    def trusting(self) -> "GoReader":
        """The same."""
        return self

    def reads_all_of(self, other: Reader) -> bool:
        """Whether the other one is Go, too."""
        return isinstance(other, GoReader)


def _certificates(data: bytes) -> Iterator[bytes]:
    """The content of the blocks that are called CERTIFICATE and have no header, as pem.Decode finds them."""
    offset = 0
    while (end := data.find(_END, offset)) >= 0:
        trailer = end + len(_END)
        start = data.rfind(_BEGIN, offset, end)
        # The next search begins behind this END line's hyphens, unless the block is whole.
        past, offset = offset, trailer
        if start < past or (start > past and data[start - 1 : start] != b"\n"):
            continue
        label, body = _line(data, start + len(_BEGIN))
        if not label.endswith(_DASHES):
            continue
        label = label[: -len(_DASHES)]
        headers = False
        while body < len(data):
            line, following = _line(data, body)
            if b":" not in line:
                break
            headers, body = True, following
        if body >= len(data):
            return
        if headers and end < body:
            continue
        mark = label + _DASHES
        if not data.startswith(mark, trailer) or _line(data, trailer + len(mark))[0]:
            continue
        der = _decoded(data[body:end])
        if der is None:
            continue
        offset = _line(data, trailer)[1]
        if label == b"CERTIFICATE" and not headers:
            yield der


def _line(data: bytes, start: int) -> tuple[bytes, int]:
    """The line that begins there without blanks at its end, and where the next one begins."""
    newline = data.find(b"\n", start)
    end, following = (len(data), len(data)) if newline < 0 else (newline, newline + 1)
    if newline > start and data[newline - 1 : newline] == b"\r":
        end -= 1
    return data[start:end].rstrip(b" \t"), following


def _decoded(text: bytes) -> bytes | None:
    """Base64 as base64.StdEncoding reads it, padded and without blanks but those that Go passes over."""
    digits = text.translate(None, b" \t\r\n")
    try:
        return binascii.a2b_base64(digits, strict_mode=True) if len(digits) % 4 == 0 else None
    except binascii.Error:
        return None
