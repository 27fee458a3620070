"""Readers of which only is known what their makers write: what they make of a store is unknown, and why."""

from typing import Final

from truststore_tool.formats.base import Content
from truststore_tool.model import Certificate
from truststore_tool.nouns import noun
from truststore_tool.readers.base import Evidence, Reader, Reading

_KNOWN: Final = {
    "bcfips": Evidence(
        "documented",
        "Bouncy Castle FIPS user guide: in approved mode key stores are of type BCFKS; nobody has measured others",
    ),
    "android": Evidence(
        "documented",
        "Android's KeyStore reference: BKS by default, PKCS12 by Bouncy Castle, PEM and DER in a network security"
        " configuration; nobody has measured it",
    ),
}


@noun
class DocumentedReader:
    """A program of which nobody has measured anything.

    Attributes:
        name: its name, ``bcfips`` or ``android``.
    """

    name: str

    def read(self, data: Content, password: str | None) -> Reading:  # noqa: ARG002 -- see Reader
        """Nothing that is known."""
        return Reading(None, evidence=(_KNOWN[self.name],))

    def refuses(self, certificate: Certificate) -> str | None:  # noqa: ARG002 -- see Reader
        """None, as nobody knows."""
        return None

    def trusting(self) -> "DocumentedReader":
        """The same."""
        return self

    def reads_all_of(self, other: Reader) -> bool:
        """Whether the other one is the same."""
        return isinstance(other, DocumentedReader) and other.name == self.name
