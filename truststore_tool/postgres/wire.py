"""The TLS handshake with a PostgreSQL server, and nothing after it.

Three ways lead to TLS: an SSLRequest packet that the server answers with one byte and direct TLS with ALPN since
PostgreSQL 17 (PostgreSQL documentation, Message Flow, "SSL Session Encryption"), and plain TLS, as proxies offer it.
"""

import struct
from collections.abc import Iterable
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, Literal

from truststore_tool.errors import TLS_AT_ONCE, FindingError, UnreadableError
from truststore_tool.model import Certificate
from truststore_tool.nouns import noun
from truststore_tool.postgres.link import Link, connect
from truststore_tool.postgres.target import Target
from truststore_tool.tls import unverified_chain

if TYPE_CHECKING:
    import ssl

Negotiation = Literal["ssl-request", "direct", "tls"]

DEFAULT_TIMEOUT: Final = 10.0
ALPN: Final = "postgresql"

# Length 8, and the code that takes the place of a protocol version: 1234 in the high half, 5679 in the low.
_SSL_REQUEST: Final = struct.pack("!iHH", 8, 1234, 5679)
_LONGEST_ERROR: Final = 4096


@noun
class Handshake:
    """What a server showed in one TLS handshake.

    Attributes:
        host, port: as they were asked for.
        address: the numeric address that answered.
        negotiation: how TLS was reached.
        protocol: as OpenSSL names it, e.g. ``"TLSv1.3"``.
        cipher, bits: the cipher suite and the size of its key.
        alpn: the application protocol that the server chose, or None.
        chain: the certificates that the server sent, its own first; unverified.
    """

    host: str
    port: int
    address: str
    negotiation: Negotiation
    protocol: str
    cipher: str
    bits: int
    alpn: str | None
    chain: tuple[Certificate, ...]


def shake(target: Target, negotiation: Negotiation = "ssl-request", timeout: float = DEFAULT_TIMEOUT) -> Handshake:
    """Shake hands without verifying anything, with whatever protocol and cipher the server still speaks.

    Args:
        timeout: seconds for all of it.

    Raises UnreadableError when the server cannot be reached, is late or speaks something else, and FindingError when
    it refuses TLS.
    """
    with connect(target, timeout) as link:
        tls = _handshake(link, negotiation, _lenient_context())
        cipher, _, bits = tls.cipher() or ("unknown", "", 0)
        return Handshake(
            host=target.host,
            port=target.port,
            address=link.address,
            negotiation=negotiation,
            protocol=tls.version() or "unknown",
            cipher=cipher,
            bits=bits or 0,
            alpn=tls.selected_alpn_protocol(),
            chain=tuple(map(Certificate, unverified_chain(tls))),
        )


def refusal(
    target: Target,
    anchors: Iterable[Certificate],
    negotiation: Negotiation = "ssl-request",
    timeout: float = DEFAULT_TIMEOUT,
) -> str | None:
    """Why OpenSSL, set up as libpq sets it up and trusting just `anchors`, refuses the server now; None if it does not.

    This is what ``sslmode=verify-ca`` does, done for real. The host name is not looked at. Raises as `shake` does.
    """
    import ssl

    # As libpq: no partial chains, no strict mode, the library's own ciphers (fe-secure-openssl.c, initialize_SSL), at
    # the level of Debian and others that build it stricter than Python's own may be.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.set_ciphers("DEFAULT:@SECLEVEL=2")
    ders = b"".join(certificate.der for certificate in anchors)
    try:
        if ders:
            context.load_verify_locations(cadata=ders)
    except ssl.SSLError as exc:
        return f"the certificates cannot be loaded: {_words(exc)}"
    try:
        with connect(target, timeout) as link:
            _handshake(link, negotiation, context)
    except UnreadableError as exc:
        if isinstance(exc.__cause__, ssl.SSLError):
            return _words(exc.__cause__)
        raise
    return None


def _handshake(link: Link, negotiation: Negotiation, context: "ssl.SSLContext") -> "ssl.SSLObject":
    if negotiation == "ssl-request":
        _request_tls(link)
    elif negotiation == "direct":
        context.set_alpn_protocols([ALPN])
    return _tls(link, context)


def _request_tls(link: Link) -> None:
    """Ask for TLS; exactly one byte is read, so that nothing sent before the handshake can pass for part of it."""
    link.send(_SSL_REQUEST)
    match link.receive(1):
        case b"S":
            return
        case b"N":
            raise FindingError(f"{link.target} refuses TLS", hint="the server runs with ssl = off")
        case b"E":
            raise UnreadableError(f"{link.target} answered with an error: {_error_message(link)}")
        case b"":
            raise UnreadableError(f"{link.target} closed the connection when asked for TLS")
        case other:
            raise UnreadableError(
                f"{link.target} does not speak PostgreSQL: it answered byte 0x{other.hex()} when asked for TLS",
                remedy=TLS_AT_ONCE,
            )


def _error_message(link: Link) -> str:
    """The text of an ErrorResponse whose type byte was read (PostgreSQL documentation, Message Formats)."""
    data = b""
    while len(data) < 4 or len(data) < min(int.from_bytes(data[:4], "big"), _LONGEST_ERROR):
        more = link.receive(_LONGEST_ERROR)
        if not more:
            break
        data += more
    fields = data[4:_LONGEST_ERROR].split(b"\0")
    text = next((field[1:] for field in fields if field[:1] == b"M"), b"") or data[4:84]
    return text.decode("utf-8", "replace").strip() or "no text"


def _tls(link: Link, context: "ssl.SSLContext") -> "ssl.SSLObject":
    """Shake hands over the link, then say goodbye (close_notify): no other byte follows the handshake."""
    import ssl

    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname=_server_name(link.target.host))
    try:
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                link.send(outgoing.read())
                data = link.receive()
                if not data:
                    raise UnreadableError(f"{link.target} closed the connection during the TLS handshake") from None
                incoming.write(data)
    except ssl.SSLError as exc:
        _last_words(link, outgoing)
        raise UnreadableError(f"{link.target}: TLS handshake failed: {_words(exc)}") from exc
    with suppress(ssl.SSLError):  # it would wait for the server's own goodbye, which nobody needs
        tls.unwrap()
    _last_words(link, outgoing)
    return tls


def _last_words(link: Link, outgoing: "ssl.MemoryBIO") -> None:
    """Send what TLS still has to say: the end of the handshake, an alert. The server may be gone already."""
    with suppress(UnreadableError):
        link.send(outgoing.read())


def _server_name(host: str) -> str | None:
    """The name for SNI, which libpq sends since version 14: host names, no addresses (RFC 6066, section 3)."""
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return host
    return None


def _lenient_context() -> "ssl.SSLContext":
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # An old server is to be seen as it is; nothing secret crosses this connection.
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:!aNULL:@SECLEVEL=0")
    return context


def _words(error: "ssl.SSLError") -> str:
    """What OpenSSL says, in words; its reasons are names such as WRONG_VERSION_NUMBER."""
    verify = getattr(error, "verify_message", None)
    if verify:
        return f"certificate verify failed: {verify}"
    reason = (error.reason or "").lower().replace("_", " ")
    if reason == "excessive message size":
        return "the certificate chain is longer than OpenSSL takes (100 kB), so that no client takes it"
    return reason or "the server does not speak TLS"
