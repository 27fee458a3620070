"""Certificates that a task, a lookup or a filter names, all on the controller."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from truststore_tool import sources
from truststore_tool.errors import UsageError
from truststore_tool.findings import Finding, Place, finding
from truststore_tool.model import Certificate
from truststore_tool.operations.candidates import Candidate

# What tells a certificate in the playbook from the name of a file.
INLINE = "-----BEGIN"
_WORDS = (sources.CERTIFI, sources.SYSTEM)


class Collected(NamedTuple):
    """Certificates in the order of their sources, those that a source marks as not trusted, and what to say of them."""

    candidates: list[Candidate]
    distrusted: list[Certificate]
    findings: list[Finding]


def collect(names: Sequence[str], find: Callable[[str], str], password: str | None = None) -> Collected:
    """The certificates of sources.

    Args:
        names: each a text of PEM, ``certifi``, ``system``, or a file or directory of any format.
        find: where a file is.
        password: of those that are keystores.

    Raises as `truststore_tool.sources.gather` does, and as `find`.
    """
    given: dict[str, bytes] = {}
    places = []
    for number, name in enumerate(names):
        if INLINE in name:
            places.append(f"certificates[{number}]")
            given[places[-1]] = name.encode()
        elif name == sources.STDIN:
            raise UsageError("a task has no standard input", hint="name a file, or give the text of a certificate")
        else:
            places.append(name if name in _WORDS or not name else find(name))
    return _gathered(places, given, password)


def collect_data(values: Sequence[str | bytes], password: str | None = None) -> Collected:
    """The certificates in texts or bytes of any format, base64 around it or not. Raises as `collect` does."""
    given = {f"value {n}": v if isinstance(v, bytes) else v.encode() for n, v in enumerate(values, 1)}
    return _gathered(list(given), given, password)


def _gathered(names: Sequence[str], given: Mapping[str, bytes], password: str | None) -> Collected:
    gathered = sources.gather(names, password, stdin=bytes, given=given)
    findings = [note for source in gathered for note in source.notes]
    left_out = [item for source in gathered for item in source.left_out]
    findings += [finding(i.what.rule, Place(i.source), f"left out: {i.what}", level="warning") for i in left_out]
    return Collected(
        [Candidate(certificate, source.name) for source in gathered for certificate in source.certificates],
        [item.certificate for source in gathered for item in source.distrusted],
        findings,
    )
