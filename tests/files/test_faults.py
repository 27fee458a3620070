"""Whatever system call of a save fails or is the last one: the file is the old or the new one, and all is said."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.faults import NEW, NEW_ROOT, OLD, OLD_ROOT, PASSWORD, SCENARIOS, Outcome, outcomes
from truststore_tool.stores import open_store

# The steps that must be among those that are struck; without this the library might catch nothing and all would pass.
STEPS = {"open", "openat", "flock", "write", "fsync", "close", "read", "renameat", "unlinkat"}
# What is changed file by file: a fault leaves some of them new.
PIECEMEAL = {"directory", "directory backup"}
EXPECTED = {"done", "killed", "WriteError", "UnreadableError"}


Runs = Callable[[str], list[Outcome]]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """The outcomes of a scenario, which is gone through once."""
    return cache(lambda name: outcomes(name, tmp_path_factory.mktemp("faults")))


@pytest.fixture(params=sorted(SCENARIOS))
def scenario(request: pytest.FixtureRequest, runs: Runs) -> tuple[str, list[Outcome]]:
    name = str(request.param)
    return name, runs(name)


def describe(outcome: Outcome) -> str:
    return f"{outcome.fault} at {outcome.call}: {outcome.status} {outcome.message}"


def test_every_step_of_a_save_is_struck(scenario: tuple[str, list[Outcome]]) -> None:
    _, (clean, *struck) = scenario
    assert clean.status == "done"
    assert {outcome.call.split()[0] for outcome in struck} >= STEPS
    assert {outcome.fault for outcome in struck} == {"SIGKILL", "EIO", "ENOSPC", "falsified"}
    assert all(outcome.status == "killed" for outcome in struck if outcome.fault == "SIGKILL")


def test_content_is_on_the_disk_before_its_name_is(runs: Runs) -> None:
    calls = list(dict.fromkeys(outcome.call for outcome in runs("replace") if outcome.call))
    steps = ["flock 1", "write 1", "fsync 1", "renameat 1", "fsync 2", "unlinkat 1"]
    assert [call for call in calls if call in steps] == steps
    assert calls.index("fsync 1") < calls.index("read 1") < calls.index("renameat 1")


def test_a_directory_that_is_not_synced_is_an_error_that_says_what_is_there(runs: Runs) -> None:
    unsynced = [outcome for outcome in runs("replace") if outcome.call == "fsync 2" and outcome.fault == "EIO"]
    assert [(outcome.status, outcome.files) for outcome in unsynced] == [("WriteError", {"store": NEW})]
    assert "store is written, but may be lost in a power failure" in unsynced[0].message


def test_a_disk_that_keeps_other_bytes_is_found_out(scenario: tuple[str, list[Outcome]]) -> None:
    name, (_, *struck) = scenario
    falsified = [outcome for outcome in struck if outcome.fault == "falsified"]
    assert falsified
    for outcome in falsified:
        assert outcome.status == "WriteError", describe(outcome)
        assert "other bytes were read back" in outcome.message
        if name not in PIECEMEAL:
            assert {p: d for p, d in outcome.files.items() if not p.startswith(".")} == before(name, struck)


def test_each_file_is_the_old_or_the_new_one(scenario: tuple[str, list[Outcome]]) -> None:
    name, (clean, *struck) = scenario
    new = {path: data for path, data in clean.files.items() if not path.endswith(".bak")}
    old = before(name, struck)
    for outcome in struck:
        for path in old.keys() | new.keys():
            assert outcome.files.get(path) in (old.get(path), new.get(path)), f"{describe(outcome)}: {path}"


def test_an_error_is_of_ours_and_leaves_the_old_file(scenario: tuple[str, list[Outcome]]) -> None:
    name, (clean, *struck) = scenario
    old = before(name, struck)
    for outcome in struck:
        assert outcome.status in EXPECTED, describe(outcome)
        now = {path: data for path, data in outcome.files.items() if not Path(path).name.startswith(".")}
        if outcome.status == "done":
            assert now == clean.files, describe(outcome)
        elif outcome.status == "WriteError" and "is written" not in outcome.message and name not in PIECEMEAL:
            assert now == old, describe(outcome)


def test_an_error_leaves_no_temporary(scenario: tuple[str, list[Outcome]]) -> None:
    _, (_, *struck) = scenario
    for outcome in struck:
        if outcome.status != "killed":
            assert not [path for path in outcome.files if ".tmp" in path], describe(outcome)


def test_the_next_run_ends_as_if_nothing_had_been(scenario: tuple[str, list[Outcome]]) -> None:
    name, (clean, *struck) = scenario
    if "backup" in name:
        for outcome in struck:
            rest, new = (
                {path: data for path, data in each.items() if ".bak" not in path}
                for each in (outcome.again, clean.files)
            )
            assert rest == new, describe(outcome)
    else:
        for outcome in struck:
            assert outcome.again == clean.files, describe(outcome)


def test_kills_do_leave_something_to_remove(scenario: tuple[str, list[Outcome]]) -> None:
    _, (_, *struck) = scenario
    killed = [path for outcome in struck if outcome.status == "killed" for path in outcome.files]
    assert any(".tmp" in path for path in killed)
    assert any(path.endswith(".lock") for path in killed)


def test_a_backup_is_whole_or_the_store_is_untouched(runs: Runs) -> None:
    for outcome in runs("backup"):
        if outcome.files["store"] == NEW:
            assert outcome.files["store.bak"] == OLD, describe(outcome)
        else:
            assert outcome.files.get("store.bak", b"") in (OLD, b""), describe(outcome)
        if outcome.status == "WriteError" and "is written" not in outcome.message:
            assert "store.bak" not in outcome.files, describe(outcome)


def test_the_copy_of_a_directory_is_whole_or_not_there(runs: Runs) -> None:
    whole = {"00000001.0": OLD, "00000002.0": OLD, "link": OLD}
    seen = set()
    for outcome in runs("directory backup"):
        copy = {Path(path).name: data for path, data in outcome.files.items() if path.startswith("certs.bak/")}
        assert copy in ({}, whole), describe(outcome)
        assert copy or outcome.files.keys() >= {f"certs/{name}" for name in whole}, describe(outcome)
        seen.add(bool(copy))
    assert seen == {False, True}


def test_a_new_directory_is_whole_or_not_there(runs: Runs) -> None:
    seen = set()
    for outcome in runs("new directory"):
        made = {Path(path).name: data for path, data in outcome.files.items() if path.startswith("certs/")}
        assert made in ({}, {"00000001.0": NEW, "00000003.0": NEW}), describe(outcome)
        seen.add(bool(made))
    assert seen == {False, True}


@pytest.mark.parametrize("name", ["jks", "pem"])
def test_a_store_holds_the_old_or_the_new_roots(name: str, runs: Runs) -> None:
    seen = set()
    for outcome in runs(name):
        store = open_store(outcome.files[f"store.{name}"], PASSWORD)
        seen.add(tuple(entry.certificate for entry in store.trusted()))
    assert seen == {(OLD_ROOT,), (OLD_ROOT, NEW_ROOT)}


def before(name: str, struck: list[Outcome]) -> dict[str, bytes]:
    """The files of a scenario as they were prepared: those a kill at the very first call left."""
    first = struck[0]
    assert (first.fault, first.status) == ("SIGKILL", "killed")
    if name in {"replace", "pieces", "backup"}:
        assert first.files == {"store": OLD}
    return first.files
