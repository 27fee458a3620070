"""What a verdict says is missing is what is missing: where it is put right, the real client takes the chain.

Or it refuses it for the reason that is then given, which is about another thing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.readers import chain_judges
from tests.readers.chain_drafts import NOW
from tests.readers.chain_graphs import graph
from tests.readers.chain_judges import TRUSTED, ChainJvm, Neighbour, openssl_says, pem
from tests.readers.chain_neighbours import neighbour
from truststore_tool.model import Certificate
from truststore_tool.readers.chains import subject_der
from truststore_tool.readers.hostnames import TlsReader
from truststore_tool.readers.java.pkix import Jdk
from truststore_tool.readers.source import Source
from truststore_tool.readers.verdict import Reason, Verdict, judge_chain

COUNT = 40
MISSING = {"unknown-ca", "root-missing", "no-path", "namesake"}


def _judged(case: Neighbour, reader: TlsReader, known: Sequence[Certificate]) -> Verdict:
    return judge_chain(Source.of("s", reader, pem(case.anchors)), case.sent, NOW, known)


def _mended(case: Neighbour, reason: Reason, known: Sequence[Certificate]) -> Neighbour | None:
    """The case after what the reason says was done; None where it says nothing to do."""
    if reason.look_for:
        found = next(c for c in known if c.sha256 == reason.look_for)
        assert str(found.subject) in reason.text or reason.code == "root-missing"
        return replace(case, anchors=(*case.anchors, found))
    if reason.code == "namesake":
        return min((_alone(case, kept) for kept in case.anchors), key=lambda one: not _judged(one, "libpq", ()).trusted)
    return None


def _alone(case: Neighbour, kept: Certificate) -> Neighbour:
    """Without those of the same name."""
    others = (c for c in case.anchors if subject_der(c) != subject_der(kept))
    return replace(case, anchors=(kept, *others))


@pytest.mark.parametrize("reader", ["libpq", "java"])
def test_what_is_said_to_be_missing_is_all_that_is_missing(reader: TlsReader, tmp_path: Path) -> None:
    seen = set()
    with chain_judges.running(tmp_path) as jvms:
        for case in (make(seed) for make in (neighbour, graph) for seed in range(COUNT)):
            known = (*case.sent, *case.anchors)
            for dropped in case.anchors:
                poorer = replace(case, anchors=tuple(c for c in case.anchors if c != dropped))
                for reason in _judged(poorer, reader, known).reasons if poorer.anchors else ():
                    mended = _mended(poorer, reason, known)
                    if mended is None:
                        continue
                    after = _judged(mended, reader, known)
                    if [r.code for r in after.reasons] == ["namesake"] and "another key" in reason.text:
                        mended = _mended(mended, after.reasons[0], known)  # the one that was spoken of
                        assert mended
                        after = _judged(mended, reader, known)
                    assert not MISSING & {r.code for r in after.reasons}, (case.strange, reason, after.reasons)
                    if after.is_judged:
                        assert after.trusted is _really(mended, reader, jvms), (case.strange, reason, after.reasons)
                    seen.add((reason.code, after.trusted))
    assert ("unknown-ca", True) in seen


def _really(case: Neighbour, reader: TlsReader, jvms: Mapping[Jdk, ChainJvm]) -> bool:
    if reader == "libpq":
        return openssl_says(case, NOW) == TRUSTED
    return all(jvm.says(case) == TRUSTED for jvm in jvms.values())
