"""A sample of the matrix: nothing is otherwise than foretold, and nothing is cleared falsely."""

from pathlib import Path

from tests.postgres.explain_matrix import mend, play, sample, summed_up, unmended
from tests.postgres.server import Server


def test_a_sample_comes_true(server: Server, tmp_path: Path) -> None:
    cases = sample(tmp_path, 60, 20261126)
    counts, wrong = summed_up(play(server, cases, tmp_path))
    assert not wrong, "\n".join(map(str, wrong))
    assert counts["false all-clears"] == 0
    assert counts["agree"] > 300


def test_the_one_change_helps(server: Server, tmp_path: Path) -> None:
    for name in ("before", "after"):
        (tmp_path / name).mkdir()
    changed = mend(sample(tmp_path, 45, 2), tmp_path / "before")
    assert len(changed) > 20
    useless = unmended(play(server, changed, tmp_path / "after"))
    assert not useless, "\n".join(useless)
