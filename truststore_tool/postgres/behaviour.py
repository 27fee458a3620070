"""What a client does with TLS, in the terms that libpq and the JDBC driver have in common."""

from typing import Final, Literal

from truststore_tool.nouns import noun
from truststore_tool.postgres.change import Change
from truststore_tool.postgres.settings import Setting

Encryption = Literal["never", "if-demanded", "if-offered", "always"]
ChainCheck = Literal["never", "unless-it-fails", "if-tls", "always", "unknown"]

# What is not known of sslnegotiation=direct.
DIRECT: Final = (
    "whether the server takes TLS from the first byte: PostgreSQL does since version 17, and hardly any pooler does"
)
MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


@noun
class Behaviour:
    """What a client does.

    Attributes:
        client: ``"libpq"``, ``"jdbc"`` or another of `explain.CLIENTS`.
        host, port: of the server, as set; None for the client's default.
        sslmode: the mode in force.
        encryption: whether TLS is used: never, only if the server refuses anything else, if it offers it, or always.
        roots: where the authorities are that it trusts, if it looks for any.
        roots_found: whether that is there; None when that cannot be known from here.
        chain: whether the server's chain is verified: never; always; only where TLS is used (``if-tls``); verified, but
            a failure only leads to going on without TLS (``unless-it-fails``).
        host_name: whether the host name is compared where the chain is verified.
        obstacle: why it does not connect at all.
        hindrance: why TLS does not come about, where it goes on without: with `encryption` ``never`` always, else
            where the server does not offer TLS.
        doubts: what could not be judged.
        change: the one change to make; None when there is none.
        rules: the codes of the rules that say so.
        local: whether no network lies between, as through a Unix socket.
    """

    client: str
    host: str | None
    port: str | None
    sslmode: Setting
    encryption: Encryption
    roots: Setting | None
    roots_found: bool | None
    chain: ChainCheck
    host_name: bool
    obstacle: str | None
    rules: tuple[str, ...]
    hindrance: str | None = None
    doubts: tuple[str, ...] = ()
    change: Change | None = None
    local: bool = False


def encryption(mode: str) -> Encryption:
    """Whether TLS is used in an sslmode; the same in both clients."""
    match mode:
        case "disable":
            return "never"
        case "allow":
            return "if-demanded"
        case "prefer":
            return "if-offered"
        case _:
            return "always"
