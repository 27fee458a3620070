"""The arithmetic of the benchmarks, without timing anything that matters."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench import instructions, table
from tests.bench.material import certificate
from tests.bench.measure import Case, Command, Figure, compare, run
from tests.bench.scale import exponent
from tests.realtools import HERE, find

FAST = Command(("true",))
SLOW = Command(("sleep", "0.2"))


def test_ratio_is_ours_in_terms_of_theirs(tmp_path: Path) -> None:
    figure = compare("group", Case("name", SLOW, FAST, "true", 0.5), 3, tmp_path)
    assert figure.ours is not None
    assert figure.ours >= 0.2
    assert figure.theirs is not None
    assert figure.theirs < figure.ours
    assert figure.value is not None
    assert figure.value > 1
    assert figure.met is False


def test_missing_program_leaves_a_figure_without_verdict(tmp_path: Path) -> None:
    figure = compare("group", Case("name", FAST, Command(("no-such-program",)), "nothing", 1), 1, tmp_path)
    assert (figure.theirs, figure.value, figure.met) == (None, None, None)


def test_failing_command_ends_the_benchmarks(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="exited 7: oh"):
        run(Command(("sh", "-c", "echo oh >&2; exit 7")), tmp_path)
    assert run(Command(("sh", "-c", "exit 7"), codes=(7,)), tmp_path).seconds > 0


def test_files_are_fresh_before_each_run(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("as it was")
    (tmp_path / "gone").write_text("left over")
    command = Command(("sh", "-c", "grep -q 'as it was' changed && test ! -e gone && echo new | tee changed > gone"),
                      {"changed": "kept", "gone": None})  # fmt: skip
    for _ in range(2):
        run(command, tmp_path)


def test_peak_memory_is_that_of_the_command(tmp_path: Path) -> None:
    # In a process of its own: a child starts out with the peak of the process that forked it, here that of the tests.
    program = """
import sys
from pathlib import Path
from tests.bench.measure import Command, run
print(run(Command((sys.executable, "-c", "b'x' * 200_000_000")), Path(sys.argv[1])).peak)
"""
    shown = subprocess.run([sys.executable, "-c", program, tmp_path], cwd=HERE.parent, capture_output=True, check=True)
    assert 200_000_000 < int(shown.stdout) < 240_000_000


@pytest.mark.parametrize(("power", "expected"), [(1, 1.0), (2, 2.0), (0, 0.0)])
def test_exponent_of_growth(power: int, expected: float) -> None:
    assert exponent({size: 0.003 * size**power for size in (1_000, 10_000, 100_000)}) == pytest.approx(expected)


def test_material_is_distinct_certificates_with_names() -> None:
    made = [certificate(number) for number in range(30)]
    assert len({made_one.der for made_one in made}) == 30
    assert "CN=Bench authority 0000029" in str(made[29].x509.subject.rfc4514_string())


def test_table_and_json_say_the_same() -> None:
    figures = [
        Figure("g", "quick", 0.05, 20.0, "keytool", 0.0025, 0.004),
        Figure("g", "late", 0.3, 0.1, "p11-kit", 3.0, 2),
        Figure("g", "alone", 1.0, None, "", None, None),
    ]
    assert [table.row(figure) for figure in figures] == [
        "| quick | 50 ms | 20.0 s | keytool | 0.0025 | 0.004 | yes |",
        "| late | 300 ms | 100 ms | p11-kit | 3.00 | 2 | **no** |",
        "| alone | 1000 ms | - | - | - | - | - |",
    ]
    assert table.summary(figures) == "1 of 2 limits met\n  not met: late"
    read = json.loads(table.to_json(figures, 9))
    assert [item["met"] for item in read["figures"]] == [True, False, None]
    assert read["runs"] == 9
    assert set(read["machine"]) == {"date", "processor", "memory", "system", "python", "load"}


def test_instructions_are_counted_or_said_not_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find("valgrind")
    few, many = (instructions.count(tmp_path, (sys.executable, "-IS", "-c", f"sum(range({n}))")) for n in (1, 400_000))
    assert few is not None
    assert many is not None
    assert few > 10_000_000  # an interpreter's start
    assert 4_000_000 < many - few < 1_000_000_000  # ten and more for each turn of the loop
    monkeypatch.setenv("PATH", str(tmp_path))
    assert instructions.count(tmp_path, (sys.executable, "-c", "pass")) is None
