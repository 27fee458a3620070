"""The short form of ``python -m tests.torture``: a few kills, a small crowd, a moment of mutation for each reader."""

import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.realtools import find
from tests.torture import crashes, crowds, directories, hostile, targets
from tests.torture.__main__ import short
from truststore_tool import files
from truststore_tool.errors import WriteError

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
        with files.locked(store, timeout=6):
            assert 20 <= now < 21
        holder.enter_context(files.locked(store))
        with pytest.raises(WriteError, match="for 6 seconds"), files.locked(store, timeout=6):
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
