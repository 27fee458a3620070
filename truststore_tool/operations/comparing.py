"""Two stores side by side, certificate by certificate, whatever their formats."""

from truststore_tool.model import Certificate, TrustStore
from truststore_tool.nouns import noun
from truststore_tool.operations.aliases import shown_alias
from truststore_tool.operations.describe import CertificateFacts, describe


@noun
class OneSided:
    """A certificate that only one of the stores trusts, with its alias there."""

    alias: str
    certificate: CertificateFacts


@noun
class Shared:
    """A certificate that both stores trust, with its aliases (equal ones, where a format has no aliases)."""

    left: str
    right: str
    certificate: CertificateFacts


@noun
class DiffReport:
    """Trusted certificates of the left store only, of the right store only, and of both."""

    left_only: tuple[OneSided, ...]
    right_only: tuple[OneSided, ...]
    both: tuple[Shared, ...]

    @property
    def same(self) -> bool:
        """Whether the stores trust the same certificates."""
        return not self.left_only and not self.right_only


def compare(left: TrustStore, right: TrustStore) -> DiffReport:
    """Compare what two stores trust. Loose certificates and keys do not count: they are trusted by nobody."""
    lefts, rights = _aliases(left), _aliases(right)
    return DiffReport(
        tuple(OneSided(alias, describe(c)) for c, alias in lefts.items() if c not in rights),
        tuple(OneSided(alias, describe(c)) for c, alias in rights.items() if c not in lefts),
        tuple(Shared(alias, rights[c], describe(c)) for c, alias in lefts.items() if c in rights),
    )


def _aliases(store: TrustStore) -> dict[Certificate, str]:
    found: dict[Certificate, str] = {}
    for entry in store.trusted():
        found.setdefault(entry.certificate, shown_alias(entry))
    return found
