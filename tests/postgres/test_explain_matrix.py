"""A sample of the matrix: nothing is otherwise than foretold or cleared falsely, and the one change helps."""

from pathlib import Path

from tests.postgres.explain_matrix import AFTERWARDS, mend, play, sample, summed_up, unmended
from tests.postgres.server import Server


def test_a_sample_comes_true_and_the_one_change_helps(server: Server, tmp_path: Path) -> None:
    for name in ("before", "changing", "after"):
        (tmp_path / name).mkdir()
    cases = sample(tmp_path, 36, 20261126)
    counts, wrong = summed_up(play(server, cases, tmp_path / "before"))
    assert not wrong, "\n".join(map(str, wrong))
    assert counts["false all-clears"] == 0
    assert counts["agree"] > 240
    changed = mend(cases, tmp_path / "changing")
    assert len(changed) > 15
    useless = unmended(play(server, changed, tmp_path / "after", AFTERWARDS))
    assert not useless, "\n".join(useless)
