"""Certificates that ask to be trusted."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from truststore_tool.errors import FindingError
from truststore_tool.model import Certificate, TrustStore


class Candidate(NamedTuple):
    """A certificate that asks to be trusted, and the name of the source it came from."""

    certificate: Certificate
    source: str


def distinct(candidates: Sequence[Candidate]) -> dict[Certificate, Candidate]:
    """The candidates without repetitions, in order."""
    found: dict[Certificate, Candidate] = {}
    for candidate in candidates:
        found.setdefault(candidate.certificate, candidate)
    return found


def require_trustable(store: TrustStore, certificates: Iterable[Certificate]) -> None:
    """Raise FindingError when `store` marks one of the certificates as not trusted: adding it would not undo that."""
    reasons = {item.certificate: item.reason for item in store.distrusted}
    for certificate in certificates if reasons else ():
        if certificate in reasons:
            raise FindingError(
                f"SHA-256 {certificate.sha256} is {reasons[certificate]} in the store",
                hint="take that block out of the file, if it is to be trusted",
            )
