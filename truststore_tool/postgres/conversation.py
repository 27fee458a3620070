"""TLS over a link: the handshake, a goodbye, and what the server says against the client in between.

In TLS 1.3 a client is done before the server has looked at the client's certificate (RFC 8446, 4.4.2.4 and 6.2): what
it makes of that, or of its absence, comes behind the handshake.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Literal

from truststore_tool.errors import UnreadableError
from truststore_tool.nouns import noun
from truststore_tool.postgres.link import Link
from truststore_tool.tls import unverified_chain

if TYPE_CHECKING:
    import ssl

ClientCertificate = Literal["demanded", "refused"]

# How long a server may take to hang up behind our goodbye, and so to say that it misses a certificate.
_PATIENCE: Final = 2.0
# What servers say that get no certificate from a client that has to show one: OpenSSL in TLS 1.3 and 1.2, and Java.
_DEMANDS: Final = ("alert certificate required", "alert handshake failure", "alert bad certificate")


@noun
class Ending:
    """How a conversation ended.

    Attributes:
        tls: the connection, with all that the server showed.
        client_certificate: what the server has against the client: it ``"demanded"`` a certificate that it was not
            shown, or ``"refused"`` the one that it was; None for neither.
        words: in what words, as OpenSSL names them.
    """

    tls: "ssl.SSLObject"
    client_certificate: ClientCertificate | None = None
    words: str = ""


def converse(link: Link, context: "ssl.SSLContext", name: str | None, *, armed: bool) -> Ending:
    """Shake hands over the link, then say goodbye (close_notify): no other byte follows the handshake.

    Args:
        link: the connection.
        context: how to verify the server.
        name: for SNI.
        armed: whether the context has a client's certificate.

    Raises UnreadableError; caused by ssl.SSLError where OpenSSL ended the handshake.
    """
    import ssl

    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname=name)
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
        complaint = _complaint(exc, armed) if unverified_chain(tls) else None
        if complaint:
            return Ending(tls, complaint, words(exc))
        raise UnreadableError(f"{link.target}: TLS handshake failed: {words(exc)}") from exc
    with suppress(ssl.SSLError):  # it would wait for the server's own goodbye
        tls.unwrap()
    _last_words(link, outgoing)
    for data in _aftermath(link):
        incoming.write(data)
        try:
            tls.read(1)
        except ssl.SSLError as exc:
            if complaint := _complaint(exc, armed):
                return Ending(tls, complaint, words(exc))
    return Ending(tls)


def _aftermath(link: Link) -> Iterator[bytes]:
    """What the server sends until it hangs up, or has had its time."""
    link.hurry(_PATIENCE)
    with suppress(UnreadableError):
        while data := link.receive():
            yield data


def _complaint(error: "ssl.SSLError", armed: bool) -> ClientCertificate | None:
    """What an alert of a server that has shown its certificate means."""
    said = words(error)
    if armed:
        return "refused" if " alert " in f" {said} " and "certificate verify" not in said else None
    return "demanded" if said.endswith(_DEMANDS) else None


def _last_words(link: Link, outgoing: "ssl.MemoryBIO") -> None:
    """Send what TLS still has to say: the end of the handshake, an alert. The server may be gone already."""
    with suppress(UnreadableError):
        link.send(outgoing.read())


def words(error: "ssl.SSLError") -> str:
    """What OpenSSL says, in words; its reasons are names such as WRONG_VERSION_NUMBER."""
    verify = getattr(error, "verify_message", None)
    if verify:
        return f"certificate verify failed: {verify}"
    reason = (error.reason or "").lower().replace("_", " ")
    if reason == "excessive message size":
        return "the certificate chain is longer than OpenSSL takes (100 kB), so that no client takes it"
    return reason or "the server does not speak TLS"
