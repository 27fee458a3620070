"""The short form of ``python -m tests.torture``: a few kills, a small crowd, a moment of mutation for each reader."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.readers import oddities
from tests.realtools import find, jdk_homes, missing
from tests.torture import crashes, crowds, differential, directories, guided, hostile, targets, torn
from tests.torture.__main__ import short
from tests.torture.builders import Mutant
from truststore_tool import files
from truststore_tool.errors import WriteError
from truststore_tool.formats.java import jks_reading

EXTENT = short()


def test_kills_leave_the_old_store_or_the_new_one() -> None:
    find("cc")
    figures = crashes.run(EXTENT.cases, EXTENT.processes)
    assert figures.findings == []
    assert figures.kills > 20
    assert figures.left["old"]
    assert figures.left["new"]
    assert figures.strays


def test_kills_leave_a_directory_in_which_openssl_finds_what_stays() -> None:
    find("cc")
    figures = directories.run(EXTENT.directories)
    assert figures.findings == []
    assert figures.kills > 20
    assert set(figures.left) == {"old", "new"}


def test_what_a_kill_within_a_write_leaves_is_finished_by_the_next_run() -> None:
    find("cc")
    figures = torn.strike(EXTENT.torn)
    assert figures.findings == []
    assert figures.kills == figures.left.total() == EXTENT.torn
    assert set(figures.half) == set(torn.FORMATS)
    assert figures.half.total() > EXTENT.torn / 2
    assert figures.asked


@pytest.mark.parametrize(("name", "shims"), EXTENT.crowds)
def test_nothing_is_lost_in_a_crowd(name: str, shims: int) -> None:
    figures = crowds.gather(name, EXTENT.crowd, EXTENT.crowd * shims // 100)
    assert figures.findings == []
    assert figures.processes == EXTENT.crowd
    assert figures.reads


@pytest.mark.parametrize("target", targets.targets())
def test_hostile_input_meets_documented_errors_only(target: str, tmp_path: Path) -> None:
    figures = hostile.attack(target, EXTENT.seconds, 1, tmp_path, with_bulk=EXTENT.bulk)
    # How long something took is for the long form to judge, which a person looks at.
    assert not [finding for finding in figures.findings if not finding.startswith("slow:")]
    assert figures.executions


@pytest.fixture(scope="module")
def jvm() -> Iterator[differential.Judge]:
    if not jdk_homes():
        missing("a JDK")
    with differential.judge() as judge:
        yield judge


def test_java_trusts_nothing_in_damaged_stores_that_is_not_shown(jvm: differential.Judge) -> None:
    figures = differential.run(jvm, EXTENT.mutants[0], seed=1, seconds=EXTENT.mutants[1])
    assert figures.findings == {}
    # Many are read by both: what is compared is not what both refuse.
    assert figures.shared > figures.mutants / 10


def test_what_java_trusts_and_we_do_not_show_is_found(jvm: differential.Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jks_reading, "_TYPES_READ", (b"X.509",))  # as it was: nothing but the usual name of the type
    monkeypatch.setattr(jks_reading, "certificate_der", bytes)  # and whatever is in a block was taken for DER
    smuggled = ("type 'x509'", "certificate in PEM")
    mutants = [Mutant(odd.storetype, odd.data) for odd in oddities.java_stores() if odd.what in smuggled]
    figures = differential.Figures()
    jvm.ask(mutants)
    for mutant in mutants:
        differential.compare(figures, mutant, jvm.answer())
    assert set(figures.findings) == {
        f"{name}: {what}"
        for name in ("JKS", "JCEKS")
        for what in (
            "Java trusts what we do not show",
            "Java reads what we refuse: FormatError: the key store holds a certificate that is not X.#",
        )
    }


@pytest.mark.parametrize("target", targets.targets())
def test_the_seeds_of_guided_fuzzing_meet_documented_errors_only(target: str, tmp_path: Path) -> None:
    """The short form: inputs that libFuzzer would begin with; and a moment of itself, where it is there."""
    figures = hostile.attack(target, 0, 1, tmp_path, with_bulk=False)
    assert figures.executions >= len(targets.targets()[target].seeds())
    assert not [finding for finding in figures.findings if not finding.startswith("slow:")]


def test_guided_fuzzing_finds_nothing(tmp_path: Path) -> None:
    if not guided.available():  # an extra of its own: the seeds went through every target above
        return
    figures = guided.attack("jks", EXTENT.guided, tmp_path)
    assert figures.findings == {}
    assert figures.executions > 100
    assert figures.coverage > 50


def test_a_finding_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(data: bytes) -> None:
        if len(data) > 3:
            raise KeyError(len(data))
        bytearray(200_000_000)

    broken = targets.Target(run, lambda: [b"", b"four"])
    monkeypatch.setattr(targets, "targets", lambda: {"broken": broken})
    figures = hostile.attack("broken", 0.05, 1, tmp_path, with_bulk=False)
    assert {finding.partition(" ")[0] for finding in figures.findings} == {"KeyError", "large:"}
    assert figures.findings["KeyError at elsewhere: #"] == b"four".hex()


def test_a_queue_that_moves_is_waited_for_and_one_that_stands_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "store"
    now = 0.0
    leaves: list[float] = []  # when each holder gives the lock to the next one
    with ExitStack() as holder:

        def sleep(seconds: float) -> None:
            nonlocal now
            now += seconds
            if leaves and now >= leaves[0]:
                del leaves[0]
                holder.close()
                if leaves:
                    holder.enter_context(files.locked(store))

        monkeypatch.setattr(time, "sleep", sleep)
        monkeypatch.setattr(time, "monotonic", lambda: now)
        holder.enter_context(files.locked(store))
        leaves += (5, 10, 15, 20)
        with files.locked(store, files.Manner(lock_timeout=6)):
            assert 20 <= now < 21
        holder.enter_context(files.locked(store))
        with pytest.raises(WriteError, match="for 6 seconds"), files.locked(store, files.Manner(lock_timeout=6)):
            pass
        assert 26 <= now < 28


def test_what_a_kill_left_is_tidied_up_unless_somebody_is_at_work(tmp_path: Path) -> None:
    store = tmp_path / "store"
    ours, others = tmp_path / ".store.0123456789abcdef.tmp", tmp_path / ".other.0123456789abcdef.tmp"
    for path in (store, ours, others, tmp_path / ".store.lock"):
        path.write_bytes(b"x")
    files.tidy(store)
    assert sorted(path.name for path in tmp_path.iterdir()) == [others.name, "store"]
    with files.locked(store):
        ours.write_bytes(b"x")
        files.tidy(store)
        assert ours.exists()
    files.tidy(tmp_path / "no" / "such" / "place")
