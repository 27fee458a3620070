"""Whether certificates may become trusted: somebody gave their fingerprints, says yes, or said that none is needed."""

import sys
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Self

import typer

from truststore_tool.errors import FindingError, UsageError
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.model import Certificate, Remark
from truststore_tool.nouns import noun
from truststore_tool.operations.describe import CertificateFacts, describe
from truststore_tool.render import text
from truststore_tool.safe import printable


@noun(frozen=False)
class Approval:
    """What a caller said of certificates that are to be trusted.

    Attributes:
        expected: their fingerprints.
        unasked: whether nobody need be asked.
        confirmed: those to which a person said yes; None as long as nobody was asked.
    """

    expected: tuple[Fingerprint, ...]
    unasked: bool
    confirmed: frozenset[Certificate] | None = None

    @classmethod
    def of(cls, expect: Sequence[str] | None, *, yes: bool, dry_run: bool) -> Self:
        """As the options ``--expect``, ``--yes`` and ``--dry-run`` say."""
        return cls(tuple(Fingerprint.parse(item) for item in expect or ()), yes or dry_run)

    @property
    def asks(self) -> bool:
        """Whether a person must be asked."""
        return not (self.expected or self.unasked)

    def require_somebody(self) -> None:
        """Raise UsageError when a person must be asked and none is there."""
        if self.asks and not sys.stdin.isatty():
            raise UsageError(
                "nobody is there to confirm the certificates",
                hint="give --expect FINGERPRINT, or --yes to trust them unseen",
            )

    def ask(self, certificates: Sequence[Certificate], store: str, now: datetime) -> None:
        """Show what would become trusted in `store` and ask the terminal, default no. FindingError when refused."""
        if certificates:
            self.require_somebody()
            _ask([describe(certificate) for certificate in certificates], store, now)
        self.confirmed = (self.confirmed or frozenset()) | set(certificates)

    def check(
        self,
        store: str,
        every: Sequence[Certificate],
        fresh: Sequence[Certificate],
        distrusted: Collection[Certificate] = (),
    ) -> tuple[Remark, ...]:
        """Let `fresh`, of all certificates that were looked at, become trusted in `store`; see `require_expected`.

        Returns what to say of them. Raises FindingError for one that was not expected, or came after a person
        had said yes to others. Where a person is yet to be asked, nothing is raised.
        """
        if self.confirmed is not None and not self.confirmed.issuperset(fresh):
            raise FindingError(f"{store} was changed while its certificates were being confirmed", hint="run again")
        if not self.expected:
            return ()
        from truststore_tool.operations.expecting import require_expected

        return require_expected(every, fresh, self.expected, distrusted)


def _ask(certificates: Sequence[CertificateFacts], store: str, now: datetime) -> None:
    for facts in certificates:
        for line in text.certificate_lines(facts, now):
            typer.echo(printable(line), err=True)
        typer.echo("", err=True)
    these = "this certificate" if len(certificates) == 1 else f"these {len(certificates)} certificates"
    if not typer.confirm(f"Trust {these} in {printable(store)}?", default=False, err=True):
        raise FindingError("not trusted; nothing was written")
