"""Certificates that ask to be trusted."""

from collections.abc import Sequence
from typing import NamedTuple

from truststore_tool.model import Certificate


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
