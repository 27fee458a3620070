"""Collecting the certificates of sources, and saying what was left out."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import typer

from truststore_tool.cli.opening import standard_input
from truststore_tool.cli.options import SkipUnreadable, SkipUnusable
from truststore_tool.cli.output import Output
from truststore_tool.cli.progress import working
from truststore_tool.cli.secrets import Passwords
from truststore_tool.cli.several import Several
from truststore_tool.errors import UnreadableError
from truststore_tool.findings import Place, finding
from truststore_tool.model import Certificate, Remark, TrustStore
from truststore_tool.nouns import replace
from truststore_tool.operations.candidates import Candidate
from truststore_tool.operations.checking import at

if TYPE_CHECKING:
    from truststore_tool.readers.base import Asked
    from truststore_tool.sources import Distrusted, LeftOut

_NOTHING_LEFT: Final = "each of its certificates would keep a reader from the new store"


class Collected(NamedTuple):
    """The certificates of the sources in their order, each with the name of its source, and what was left out.

    `distrusted` are those that a source marks as not trusted: among what was left out, or kept at the end.
    """

    candidates: list[Candidate]
    left_out: "tuple[LeftOut, ...]"
    distrusted: "tuple[Distrusted, ...]"


class Selection(NamedTuple):
    """What is taken of the sources, as the options say."""

    include_chains: bool = False
    skip_unreadable: bool = False
    skip_unusable: bool = False


Selecting = Annotated[
    Selection,
    Several(
        {
            "include_chains": (
                Annotated[
                    bool,
                    typer.Option("--include-chains", help="Take the chains of keys in a store, too."),
                ],
                False,
            ),
            "skip_unreadable": (SkipUnreadable, False),
            "skip_unusable": (SkipUnusable, False),
        },
        Selection,
    ),
]


def gather(
    names: Sequence[str],
    passwords: Passwords,
    output: Output,
    selection: Selection = Selection(),  # noqa: B008 -- it is frozen
    *,
    keep_distrusted: bool = False,
) -> Collected:
    """Read the sources. Notes on them, what was left out, and what is kept though distrusted, go to standard error."""
    from truststore_tool import sources

    with working("reading the sources", quiet=output.quiet):
        gathered = sources.gather(
            names,
            stdin=standard_input,
            others=passwords.of_sources(),
            own={name: password.reveal() for name, password in passwords.own.items() if name in names},
            include_chains=selection.include_chains,
            skip_unreadable=selection.skip_unreadable,
            keep_distrusted=keep_distrusted,
        )
    for source in gathered:
        output.warn(source.notes)
    left_out = tuple(item for source in gathered for item in source.left_out)
    _say_left_out(output, left_out, "of the sources")
    candidates = [Candidate(certificate, source.name) for source in gathered for certificate in source.certificates]
    distrusted = tuple(item for source in gathered for item in source.distrusted)
    if keep_distrusted:
        for item in distrusted:
            output.warn(at(item.left_out.source, [item.left_out.what]))
        candidates += [Candidate(item.certificate, source.name) for source in gathered for item in source.distrusted]
    return Collected(candidates, left_out, distrusted)


def usable(collected: Collected, form: str, asked: "Sequence[Asked] | None", output: Output) -> Collected:
    """What was collected without the certificates that a reader of such a store refuses, which are named and counted.

    Args:
        form: the name of the store's format.
        asked: names of the readers that count; None for those that such stores are usually meant for.

    Raises UnreadableError when nothing is left.
    """
    from truststore_tool.sources import LeftOut

    refused = _unusable((candidate.certificate for candidate in collected.candidates), form, asked)
    kept = [candidate for candidate in collected.candidates if candidate.certificate not in refused]
    found = [candidate for candidate in collected.candidates if candidate.certificate in refused]
    left_out = tuple(LeftOut(candidate.source, refused[candidate.certificate]) for candidate in found)
    _say_left_out(output, left_out, "as unusable")
    if left_out and not kept:
        raise UnreadableError("nothing is left of the sources", hint=_NOTHING_LEFT)
    return collected._replace(candidates=kept, left_out=(*collected.left_out, *left_out))


def without_unusable(
    store: TrustStore, source: str, form: str, asked: "Sequence[Asked] | None", output: Output
) -> tuple[TrustStore, tuple[str, ...]]:
    """A store read from `source` without the certificates that a reader of stores of the format `form` refuses.

    Beside it stands what is said of each of these. The chains of keys stay as they are. Raises UnreadableError when
    no certificate is left.
    """
    certificates = [entry.certificate for entry in store.trusted()] + [item.certificate for item in store.loose]
    from truststore_tool.sources import LeftOut

    refused = _unusable(certificates, form, asked)
    _say_left_out(output, [LeftOut(source, what) for what in refused.values()], "as unusable")
    if refused and len(refused) == len(set(certificates)):
        raise UnreadableError("nothing is left of the store", hint=_NOTHING_LEFT)
    left = replace(
        store,
        entries=tuple(e for e in store.entries if e.kind != "trusted" or e.certificates[0] not in refused),
        loose=tuple(item for item in store.loose if item.certificate not in refused),
    )
    return left, tuple(refused.values())


def _unusable(
    certificates: Iterable[Certificate], form: str, asked: "Sequence[Asked] | None"
) -> dict[Certificate, Remark]:
    """Each certificate that a reader refuses, and what is to be said of it."""
    from truststore_tool.readers import gate

    refusals = gate.unusable(dict.fromkeys(certificates), gate.judges_of(form, asked))
    return {r.certificate: Remark("unparsable-certificate", gate.worded([r])) for r in refusals if r.certificate}


def _say_left_out(output: Output, left_out: "Sequence[LeftOut]", why: str) -> None:
    """Name and count what was left out, which is no error where that was asked for."""
    output.warn(finding(i.what.rule, Place(i.source), f"left out: {i.what}", level="warning") for i in left_out)
    if left_out:
        output.talk(f"left out {why}: {len(left_out)}")
