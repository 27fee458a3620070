"""Where `openssl x509` takes its certificate from: PEM, DER or PKCS#12, told apart by content.

OpenSSL's own reading of PEM, which is not that of `truststore_tool.formats.pem`: a block may not be indented, nor
lack its END line; a block that cannot be read is passed over; trust settings may follow the certificate.
"""

import binascii
import os
import sys
from collections.abc import Callable, Iterator
from typing import Final

from truststore_tool import files
from truststore_tool.errors import FormatError, TrustStoreError
from truststore_tool.shims.openssl import is_newer
from truststore_tool.shims.openssl.certificate import Certificate, Trust, parse
from truststore_tool.shims.openssl.options import StopError

_LABELS: Final = (b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE")
_BEGIN: Final = b"-----BEGIN "
_END: Final = b"-----END "
_DASHES: Final = b"-----"
_BOM: Final = b"\xef\xbb\xbf"
# OpenSSL reads lines into a buffer of 255 octets; what is longer counts as several lines.
_LINE: Final = 254
# Behind a blank line, lines of data have this length, but for the last.
_LONGEST_DATA: Final = 64
# A header of this many characters or fewer cannot say that a block is encrypted, and is passed over.
_SHORTEST_HEADER: Final = 10
# At the end of a line, OpenSSL drops what a signed char calls at most a blank: controls, and all beyond ASCII.
_TRAILING: Final = bytes(range(0x21)) + bytes(range(0x80, 0x100))
# Only the first certificate of an input counts, so what lies behind this many octets is not read.
_MOST: Final = 256 * 1024 * 1024


def load(source: str | None, form: str | None, given: str | None) -> tuple[Certificate, Trust | None]:
    """The first certificate of a file (None: of standard input), and its trust settings, if it has any.

    `form` as for `read`; `given` is the password of a PKCS#12 file, None to ask for it. Raises StopError.
    """
    shown = "<stdin>" if source is None else source
    try:
        if source is None:
            data = sys.stdin.buffer.read(_MOST)
        else:
            files.require_whole(_path(source))
            with open(_path(source), "rb") as file:
                data = file.read(_MOST)
        return read(data, form, lambda: _ask() if given is None else given)
    except IsADirectoryError:
        reason = "is a directory"
    except (OSError, ValueError) as exc:
        opening = f"Could not open file or uri for loading certificate from {shown}"
        if is_newer():
            raise StopError(f"{opening}: {getattr(exc, 'strerror', None) or exc}", _stack(str(exc))) from exc
        raise StopError(opening, _stack(str(exc)), "Unable to load certificate") from exc
    except TrustStoreError as exc:
        reason = exc.message
    if is_newer():
        raise StopError(f"Could not find certificate from {shown}", _stack(reason))
    raise StopError(f"Could not read certificate from {shown}", _stack(reason), "Unable to load certificate")


def _path(source: str) -> str:
    """The file that a name or a file: URI with an absolute path stands for."""
    rest = source[5:] if source.lower().startswith("file:") else ""
    if not rest.startswith("/") or os.access(source, os.F_OK):
        return source
    return rest[2:] if rest.startswith("///") else rest


def _stack(reason: str) -> str:
    """A line of the shape of OpenSSL's error stack, which names what was wrong."""
    return f"0000000000000000:error:1608010C:STORE routines::unsupported::0:{reason}"


def password(source: str | None) -> str | None:
    """The password that `-passin` names, the first line of it; None without `-passin`. Raises StopError."""
    if source is None:
        return None
    kind, colon, rest = source.partition(":")
    if source == "stdin":
        return _first_line(0)
    if not colon:
        raise _no_password("Invalid password argument, missing ':' within the first 5 chars")
    match kind:
        case "pass":
            return rest
        case "env":
            if rest not in os.environ:
                raise _no_password(f"No environment variable {rest}")
            return os.environ[rest]
        case "file":
            try:
                return _first_line(os.open(rest, os.O_RDONLY))
            except OSError as exc:
                raise _no_password(f"Can't open file {rest}") from exc
        case "fd":
            return _first_line(int(rest) if rest.isdecimal() else 0)
        case _:
            raise _no_password(f'Invalid password argument, starting with "{kind}:"')


def _no_password(reason: str) -> StopError:
    return StopError(reason, "Error getting password")


def _first_line(descriptor: int) -> str:
    """The first line that a descriptor gives."""
    try:
        with os.fdopen(descriptor, "rb", buffering=0, closefd=False) as file:
            line = file.readline(1024)
    except OSError:
        line = b""
    if not line:
        raise _no_password("Error reading password from BIO")
    return os.fsdecode(line.partition(b"\n")[0].partition(b"\r")[0])


def _ask() -> str:
    """The password as typed: unseen at a terminal, else the next line of standard input."""
    prompt = "Enter pass phrase for PKCS12 import pass phrase:"
    try:
        descriptor = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        sys.stderr.write(f"{prompt}\n")
        sys.stderr.flush()
        return os.fsdecode(sys.stdin.buffer.readline().rstrip(b"\r\n"))
    os.close(descriptor)
    from getpass import getpass

    return getpass(prompt)


def read(data: bytes, form: str | None, password: Callable[[], str]) -> tuple[Certificate, Trust | None]:
    """The first certificate in `data`, and the trust settings beside it.

    `form` is ``"pem"``, ``"der"`` or None for either. `password` is asked only for a PKCS#12 file that an empty
    password does not open. Raises FormatError or IntegrityError when there is no certificate to be read.
    """
    if form != "pem" and data[:1] == b"\x30":
        try:
            return parse(data)[0], None  # trust settings count in PEM only
        except FormatError:
            if found := _pkcs12(data, password):
                return found
    if form != "der":
        for block in _blocks(data):
            try:
                return parse(block)
            except FormatError:
                continue
    raise FormatError("no certificate")


def _pkcs12(data: bytes, password: Callable[[], str]) -> tuple[Certificate, Trust | None] | None:
    """The certificate of a PKCS#12 file's key, else its first one, with its name and key id; None when it is none.

    Bag by bag and not as a TrustStore, which gives names to entries that have none, and hides key ids.
    """
    from truststore_tool import formats
    from truststore_tool.formats import pkcs12

    if not formats.get("pkcs12").detect(data):
        return None
    bags = pkcs12.certificate_bags(data, password)
    for bag in [bag for bag in bags if bag.has_key] or bags:
        alias = None if bag.name is None else bag.name.encode("utf-8", "replace")
        trust = None if alias is None and bag.key_id is None else Trust(alias=alias, key_id=bag.key_id)
        return parse(bag.der)[0], trust
    return None


def _lines(data: bytes, offset: int) -> Iterator[tuple[bytes, int]]:
    """Each line from `offset` on, its end included, and where it ends; long ones in the pieces OpenSSL reads."""
    while offset < len(data):
        newline = data.find(b"\n", offset, offset + _LINE)
        end = newline + 1 if newline >= 0 else min(offset + _LINE, len(data))
        yield data[offset:end], end
        offset = end


def _blocks(data: bytes) -> Iterator[bytes]:
    """The decoded content of each PEM block that may hold a certificate and can be decoded."""
    offset = 0
    while (found := data.find(_BEGIN, offset)) >= 0:
        start = max(offset, data.rfind(b"\n", offset, found) + 1)
        first = start == offset  # only what OpenSSL reads first may begin with a byte order mark
        for line, end in _lines(data, start):
            offset = end
            label = _label(line.removeprefix(_BOM) if first else line)
            first = False
            if label is not None:
                body, offset = _body(data, offset, label)
                if body is not None and label in _LABELS:
                    yield body
            if label is not None or line.endswith(b"\n"):
                break


def _label(line: bytes) -> bytes | None:
    """What the block that this line begins is called, or None when it begins none."""
    text = line.rstrip(_TRAILING)
    if text.startswith(_BEGIN) and text.endswith(_DASHES) and len(text) > len(_BEGIN):
        return text[len(_BEGIN) : -len(_DASHES)]
    return None


def _body(data: bytes, offset: int, label: bytes) -> tuple[bytes | None, int]:
    """The decoded lines up to the END line of `label`, and where that ends.

    None for a block that is broken, or has a header: then it is encrypted, and no certificate.
    """
    head: list[bytes] = []
    rest: list[bytes] | None = None
    partial = short = False
    for line, end in _lines(data, offset):
        offset = end
        text = line.rstrip(_TRAILING)
        was_partial, partial = partial, len(line) == _LINE and not line.endswith(b"\n")
        if text.startswith(_END):
            header = b"" if rest is None else b"\n".join([*head, b""])
            broken = text != _END + label + _DASHES or len(header) > _SHORTEST_HEADER
            body = head if rest is None else rest
            return None if broken else _decode(b"\n".join(body)), end
        if not text:
            if was_partial:
                continue
            if rest is not None:
                break
            rest = []
        elif rest is None:
            head.append(text)
        elif short or len(text) > _LONGEST_DATA:
            break
        else:
            rest.append(text)
            short = len(text) < _LONGEST_DATA
    return None, offset


def _decode(text: bytes) -> bytes | None:
    """Base64 as OpenSSL reads it: blanks anywhere, a dash ends it, groups of four must be whole; None when not."""
    digits = b"".join(text.partition(b"-")[0].split())
    try:
        return binascii.a2b_base64(digits, strict_mode=True) if len(digits) % 4 == 0 else None
    except binascii.Error:
        return None
