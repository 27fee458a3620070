"""The TLS handshake with a PostgreSQL server, and nothing after it.

Three ways lead to TLS: an SSLRequest packet that the server answers with one byte and direct TLS with ALPN since
PostgreSQL 17 (PostgreSQL documentation, Message Flow, "SSL Session Encryption"), and plain TLS, as proxies offer it.
"""

import struct
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, Literal

from truststore_tool.errors import ASK_FIRST, TLS_AT_ONCE, FindingError, UnreadableError
from truststore_tool.model import Certificate
from truststore_tool.nouns import noun
from truststore_tool.postgres.conversation import ClientCertificate, Ending, converse, words
from truststore_tool.postgres.credentials import Credentials
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
_PATIENCE: Final = 2.0
# Who refuses TLS, by its answer when it is asked again.
_WITHOUT_TLS: Final = {
    b"E": "PostgreSQL answers, and runs with ssl = off",
    b"N": "pgbouncer answers, as it seems, and runs with client_tls_sslmode = disable",
    b"": "PostgreSQL runs with ssl = off then, pgbouncer with client_tls_sslmode = disable",
}


@noun
class Handshake:
    """What a server showed in one TLS handshake.

    Attributes:
        address: the numeric address that answered.
        protocol: as OpenSSL names it, e.g. ``"TLSv1.3"``.
        cipher, bits: the cipher suite and the size of its key.
        alpn: the application protocol that the server chose, or None.
        client_certificate: what the server has against the client, as in `conversation.Ending`.
        complaint: in what words.
        chain: the certificates that the server sent, its own first; unverified.
    """

    address: str
    protocol: str
    cipher: str
    bits: int
    alpn: str | None
    client_certificate: ClientCertificate | None
    complaint: str
    chain: tuple[Certificate, ...]


@noun
class Trial:
    """What came of a handshake that verifies the server.

    Attributes:
        refusal: why OpenSSL refuses it; None if it does not.
        chain: what the server sent, where it was accepted.
        same: whether it is the OpenSSL that verdicts are of, 3.0.
    """

    refusal: str | None
    chain: tuple[Certificate, ...] = ()
    same: bool = False


def shake(
    target: Target,
    negotiation: Negotiation = "ssl-request",
    timeout: float = DEFAULT_TIMEOUT,
    *,
    credentials: Credentials | None = None,
    sends_name: bool = True,
) -> Handshake:
    """Shake hands without verifying anything, with whatever protocol and cipher the server still speaks.

    Args:
        timeout: seconds for all of it.
        credentials: what the client shows, to a server that asks.
        sends_name: whether the name of the server is sent (SNI), where it is no address.

    A server that ends the handshake for want of a client's certificate has shown its own before. Raises UnreadableError
    when the server cannot be reached, is late or speaks something else, and FindingError when it refuses TLS.
    """
    context = _lenient_context()
    if credentials:
        credentials.arm(context)
    name = server_name(target.known_as) if sends_name else None
    with connect(target, timeout) as link:
        ended = _handshake(link, negotiation, context, name, armed=credentials is not None)
        cipher, protocol, bits = ended.tls.cipher() or ("unknown", "unknown", 0)
        return Handshake(
            address=link.address,
            protocol=ended.tls.version() or protocol,
            cipher=cipher,
            bits=bits or 0,
            alpn=ended.tls.selected_alpn_protocol(),
            client_certificate=ended.client_certificate,
            complaint=ended.words,
            chain=tuple(map(Certificate, unverified_chain(ended.tls))),
        )


def tried(
    target: Target,
    anchors: Iterable[Certificate],
    negotiation: Negotiation = "ssl-request",
    timeout: float = DEFAULT_TIMEOUT,
    *,
    credentials: Credentials | None = None,
) -> Trial:
    """Whether OpenSSL, set up as libpq sets it up and trusting just `anchors`, refuses the server now.

    This is what ``sslmode=verify-ca`` does, done for real. The host name is not looked at. Raises as `shake` does.
    """
    import ssl

    # As libpq: no partial chains, no strict mode, the library's own ciphers (fe-secure-openssl.c, initialize_SSL), at
    # the level of Debian and others that build it stricter than Python's own may be.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.set_ciphers("DEFAULT:@SECLEVEL=2")
    if credentials:
        credentials.arm(context)
    same = ssl.OPENSSL_VERSION.startswith("OpenSSL 3.0.")
    ders = b"".join(certificate.der for certificate in anchors)
    try:
        if ders:
            context.load_verify_locations(cadata=ders)
    except ssl.SSLError as exc:
        return Trial(f"the certificates cannot be loaded: {words(exc)}", same=same)
    try:
        with connect(target, timeout) as link:
            name = server_name(target.known_as)
            ended = _handshake(link, negotiation, context, name, armed=credentials is not None)
    except UnreadableError as exc:
        if isinstance(exc.__cause__, ssl.SSLError):
            return Trial(words(exc.__cause__), same=same)
        raise
    return Trial(None, tuple(map(Certificate, unverified_chain(ended.tls))), same)


def _handshake(
    link: Link, negotiation: Negotiation, context: "ssl.SSLContext", name: str | None, *, armed: bool
) -> Ending:
    if negotiation == "ssl-request":
        _request_tls(link)
        return converse(link, context, name, armed=armed)
    if negotiation == "direct":
        context.set_alpn_protocols([ALPN])
    try:
        return converse(link, context, name, armed=armed)
    except UnreadableError as exc:
        if link.is_silent or getattr(exc.__cause__, "reason", None) == "WRONG_VERSION_NUMBER":
            raise UnreadableError(exc.message, hint=exc.hint, remedy=exc.remedy or ASK_FIRST) from exc.__cause__
        raise


def _request_tls(link: Link) -> None:
    """Ask for TLS; exactly one byte is read, so that nothing sent before the handshake can pass for part of it."""
    link.send(_SSL_REQUEST)
    try:
        answer = link.receive(1)
    except UnreadableError as exc:
        if isinstance(exc.__cause__, ConnectionResetError):
            raise UnreadableError(exc.message, hint=exc.hint, remedy=exc.remedy or TLS_AT_ONCE) from exc.__cause__
        raise
    match answer:
        case b"S":
            return
        case b"N":
            raise FindingError(f"{link.target} refuses TLS", hint=_WITHOUT_TLS[_asked_again(link)])
        case b"E":
            raise UnreadableError(f"{link.target} answered with an error: {_error_message(link)}")
        case b"":
            raise UnreadableError(f"{link.target} closed the connection when asked for TLS", remedy=TLS_AT_ONCE)
        case other:
            raise UnreadableError(
                f"{link.target} does not speak PostgreSQL: it answered byte 0x{other.hex()} when asked for TLS",
                remedy=TLS_AT_ONCE,
            )


def _asked_again(link: Link) -> bytes:
    """What a server without TLS answers to a second request: pgbouncer no again, PostgreSQL an error; else nothing."""
    link.hurry(_PATIENCE)
    try:
        link.send(_SSL_REQUEST)
        answer = link.receive(1)
    except UnreadableError:
        return b""
    return answer if answer in _WITHOUT_TLS else b""


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


def server_name(host: str) -> str | None:
    """The name for SNI, which libpq sends since version 14 unless it looks like an address (fe-secure-openssl.c)."""
    return None if ":" in host or not host.strip("0123456789.") else host


def _lenient_context() -> "ssl.SSLContext":
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # An old server is to be seen as it is; nothing secret crosses this connection.
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:!aNULL:@SECLEVEL=0")
    return context
