"""What an explanation says of a situation, in a word."""

from dataclasses import dataclass

from truststore_tool.postgres.explain import Explanation

LATER = "127.0.0.2"  # a loopback address that is not in the servers' certificates


@dataclass(frozen=True)
class Situation:
    """How the server is, and how it is called.

    Attributes:
        chain: what it shows: ``old`` or ``new``.
        tls: whether it offers TLS.
        demanded: whether it demands it.
        named: whether it is called by a name that is in its certificate.
    """

    chain: str
    tls: bool
    demanded: bool
    named: bool

    def __str__(self) -> str:
        words = [self.chain, "TLS" if self.tls else "no TLS"]
        words += ["demanded"] if self.demanded else []
        words += [] if self.named else ["another name"]
        return ", ".join(words)


def predicted(found: Explanation | None, situation: Situation, trusts: frozenset[str]) -> str:
    """``tls``, ``plain`` or ``fails``; None stands for settings that are refused."""
    if found is None or found.obstacle:
        return "fails"
    plain = "fails" if situation.demanded else "plain"
    if found.encryption == "never" or not situation.tls:
        return "fails" if found.encryption == "always" else plain
    if found.encryption == "if-demanded" and not situation.demanded:
        return "plain"
    unknown = situation.chain not in trusts and found.after_change in {"fails", "falls-back"}
    if not (found.hindrance or unknown or (not situation.named and _compares_names(found))):
        return "tls"
    return plain if found.after_change == "falls-back" else "fails"


def _compares_names(found: Explanation) -> bool:
    """Whether the name is compared. A factory that verifies no chain leaves that as it is, in JDBC."""
    if found.client == "jdbc":
        return found.sslmode.value == "verify-full"
    return found.verifies_host
