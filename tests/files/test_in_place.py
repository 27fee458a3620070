"""Files that are overwritten, as one must be that is mounted by itself: whole after the next run, whatever ends one."""

import errno
import json
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.faults import (
    IN_PLACE,
    NEW,
    NEW_ROOT,
    OLD,
    OLD_ROOT,
    OVERWRITING,
    PASSWORD,
    Outcome,
    compiled,
    outcomes,
    tearing,
)
from truststore_tool import files
from truststore_tool.errors import TrustStoreError, UnreadableError, WriteError
from truststore_tool.files.naming import MARK
from truststore_tool.stores import open_store

ROOT = Path(files.__file__).parent.parent.parent
Runs = Callable[[str], list[Outcome]]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """The outcomes of a scenario, which is gone through once."""
    return cache(lambda name: outcomes(name, tmp_path_factory.mktemp("faults")))


def state(content: dict[str, bytes]) -> str:
    """What is in the file or store: ``old``, ``new`` or ``half``."""
    ((path, data),) = ((path, data) for path, data in content.items() if path.startswith("store"))
    if path == "store":
        return {OLD: "old", NEW: "new"}.get(data, "half")
    try:
        roots = [entry.certificate for entry in open_store(data, PASSWORD).trusted()]
    except TrustStoreError:
        return "half"
    known = {"old": [OLD_ROOT], "new": [OLD_ROOT, NEW_ROOT]}
    return next((name for name, expected in known.items() if roots == expected), "half")


def journals(content: dict[str, bytes]) -> list[str]:
    return [path for path in content if path.endswith(".journal")]


def describe(outcome: Outcome) -> str:
    return f"{outcome.fault} at {outcome.call}: {outcome.status} {outcome.message}"


@pytest.mark.parametrize("name", OVERWRITING)
def test_whatever_call_is_the_last_the_next_run_finds_the_old_or_the_new(name: str, runs: Runs) -> None:
    clean, *struck = runs(name)
    assert (clean.status, state(clean.files)) == ("done", "new")
    for outcome in struck:
        now = state(outcome.files)
        assert (state(outcome.again), journals(outcome.again)) == ("new", []), describe(outcome)
        assert now != "half" or journals(outcome.files), describe(outcome)
        if outcome.status == "killed" or "is half written" in outcome.message:
            continue
        assert outcome.status in {"done", "WriteError", "UnreadableError"}, describe(outcome)
        assert not [path for path in outcome.files if ".tmp" in path], describe(outcome)
        written = outcome.status == "done" or "is written" in outcome.message
        assert now == ("new" if written else "old"), describe(outcome)


def test_some_were_half_written(runs: Runs) -> None:
    """Else nothing of all this was tried. A PEM that grows by a block has a whole one at any time."""
    for name in OVERWRITING.keys() - {"in place, pem"}:
        assert "half" in {state(outcome.files) for outcome in runs(name)}, name


def test_the_journal_is_on_the_disk_before_a_byte_changes(runs: Runs) -> None:
    kills = [outcome for outcome in runs("in place") if outcome.fault == "SIGKILL"]
    changed = next(at for at, outcome in enumerate(kills) if state(outcome.files) != "old")
    before = [outcome.call.split()[0] for outcome in kills[:changed]]
    assert before.index("renameat") > before.index("fsync")
    assert "fsync" in before[before.index("renameat") :]  # the name, too
    whole = next(outcome for outcome in kills if state(outcome.files) == "new")
    assert journals(whole.files)  # and it goes after the new content is there


@pytest.fixture
def store(tmp_path: Path) -> Path:
    tmp_path.chmod(0o755)
    path = tmp_path / "store"
    path.write_bytes(OLD)
    path.chmod(0o640)
    return path


def write(path: Path, data: bytes, manner: files.Manner, *, backup: bool = False) -> None:
    with files.locked(path, manner):
        files.replace(path, data, manner=manner, backup=backup)


@pytest.mark.parametrize("data", [NEW, b"short", b"", NEW * 1000], ids=["longer", "shorter", "empty", "large"])
def test_the_file_stays_the_same_one(store: Path, data: bytes) -> None:
    link = store.with_name("other")
    link.hardlink_to(store)
    before = store.stat()
    write(store, data, IN_PLACE)
    after = store.stat()
    assert store.read_bytes() == link.read_bytes() == data
    assert (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode)
    assert sorted(path.name for path in store.parent.iterdir()) == ["other", "store"]


def test_pieces_are_put_together(store: Path) -> None:
    with files.locked(store, IN_PLACE):
        files.replace(store, iter([NEW, NEW]), manner=IN_PLACE)
    assert store.read_bytes() == NEW + NEW


def test_a_backup_is_made_first(store: Path) -> None:
    write(store, NEW, IN_PLACE, backup=True)
    assert (store.read_bytes(), store.with_name("store.bak").read_bytes()) == (NEW, OLD)


def test_a_new_file_is_made_as_ever(tmp_path: Path) -> None:
    write(tmp_path / "store", NEW, IN_PLACE)
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_the_user_is_told(store: Path) -> None:
    said: list[str] = []
    write(store, NEW, IN_PLACE._replace(tell=said.append))
    assert said == [f"{store} is overwritten in place: who reads it at this moment may see half of it"]


def test_a_directory_where_others_write_holds_no_journal(store: Path) -> None:
    store.parent.chmod(0o1777)
    with pytest.raises(WriteError, match=r"no journal of it can be kept in .*: others can write there"):
        write(store, NEW, IN_PLACE)
    assert store.read_bytes() == OLD
    apart = store.with_name("apart")
    apart.mkdir(mode=0o700)
    write(store, NEW, IN_PLACE._replace(journal=apart))
    assert store.read_bytes() == NEW
    assert list(apart.iterdir()) == []
    apart.chmod(0o770)
    with pytest.raises(WriteError, match="others can write there"):
        write(store, OLD, IN_PLACE._replace(journal=apart))
    with pytest.raises(WriteError, match="no journal can be kept in"):
        write(store, OLD, IN_PLACE._replace(journal=store.with_name("missing") / "apart"))
    assert store.read_bytes() == NEW
    apart.chmod(0o700)
    if os.geteuid() == 0:
        os.chown(apart, 4242, 4242)
        with pytest.raises(WriteError, match="others can write there"):
            write(store, OLD, IN_PLACE._replace(journal=apart))
    assert store.read_bytes() == NEW


def test_a_directory_for_journals_is_made_for_its_owner_alone(store: Path) -> None:
    volume = store.with_name("volume")
    volume.mkdir()
    volume.chmod(0o777)  # as Kubernetes makes those of pods
    manner = IN_PLACE._replace(journal=volume / "journals")
    files.require_place(store, manner)
    assert list(volume.iterdir()) == []
    write(store, NEW, manner)
    assert store.read_bytes() == NEW
    assert stat.S_IMODE((volume / "journals").stat().st_mode) == 0o700
    assert list((volume / "journals").iterdir()) == []
    with pytest.raises(WriteError, match="no journal can be kept in"):
        files.require_place(store, IN_PLACE._replace(journal=volume / "no" / "journals"))


@pytest.fixture
def interrupted(store: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The journal of a store whose overwriting ended after half of the new content; nobody cleaned up."""
    kept: list[bytes] = []
    real = os.write

    def stop(descriptor: int, data: bytes) -> int:
        if os.fstat(descriptor).st_ino != store.stat().st_ino:
            return real(descriptor, data)
        journal = store.with_name(".store.journal")
        kept.append(journal.read_bytes())
        assert stat.S_IMODE(journal.stat().st_mode) == 0o600
        raise OSError(errno.EIO, "stopped")

    monkeypatch.setattr(os, "write", stop)
    with pytest.raises(WriteError, match="is half written: stopped"):
        write(store, NEW, IN_PLACE)
    monkeypatch.undo()
    assert store.with_name(".store.journal").read_bytes() == kept[0]
    store.write_bytes(NEW[:250] + OLD[250:])
    return store.with_name(".store.journal")


def test_a_journal_says_which_file_it_is_of_and_what_was_and_is_to_be_in_it(interrupted: Path, store: Path) -> None:
    magic, head, rest = interrupted.read_bytes().split(b"\n", 2)
    status = store.stat()
    said = json.loads(head)
    assert magic == b"truststore-tool journal 1"
    assert (said["path"], said["device"], said["inode"]) == (str(store), status.st_dev, status.st_ino)
    assert rest == OLD + NEW
    assert (said["old_size"], said["new_size"]) == (len(OLD), len(NEW))
    # as sha256sum says of the two
    assert said["old_sha256"] == "fc635147ce9c9440430f1c3d6e6f43c2eff2fd28c1176219f9d8aec086e54733"
    assert said["new_sha256"] == "ca399be0bfc40a0e221a781d990a041b43045f92b3d229291b10667685d02e1e"


def test_whoever_locks_the_file_next_finishes_what_was_begun(interrupted: Path, store: Path) -> None:
    said: list[str] = []
    with files.locked(store, files.Manner(tell=said.append)):
        assert store.read_bytes() == NEW
    assert said == [f"{store}: a run was stopped while it overwrote it; it is finished now"]
    assert not interrupted.exists()


def test_a_half_written_store_is_not_read(interrupted: Path, store: Path) -> None:
    for path in (store, store.parent / "." / "store"):
        with pytest.raises(UnreadableError, match="a run that overwrites it has not ended") as caught:
            open_store(path)
        assert str(interrupted) in (caught.value.hint or "")
    files.settle(store)
    assert store.read_bytes() == NEW
    assert not interrupted.exists()


def test_readers_know_of_a_journal_elsewhere_by_the_variable_that_writers_go_by(
    interrupted: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apart = store.with_name("apart")
    apart.mkdir(mode=0o700)
    monkeypatch.setenv("TRUSTSTORE_TOOL_JOURNAL", str(apart))
    files.settle(store)
    link = store.with_name("link")
    link.symlink_to("store")
    other = store.with_name("other")
    other.hardlink_to(store)
    half = NEW[:100] + OLD[100:]
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from tests.faults import NEW, IN_PLACE\n"
        "from truststore_tool import files\n"
        "with files.locked(Path(sys.argv[1]), IN_PLACE): files.replace(Path(sys.argv[1]), NEW, manner=IN_PLACE)\n"
    )
    store.write_bytes(OLD)
    preload = {"LD_PRELOAD": str(compiled(apart)), **tearing(store, 0, 100)}
    done = subprocess.run([sys.executable, "-c", script, link], cwd=ROOT, env={**os.environ, **preload})
    assert (done.returncode, store.read_bytes()) == (-signal.SIGKILL, half)
    assert not interrupted.exists()
    for path in (store, link):
        with pytest.raises(UnreadableError, match="has not ended"):
            files.read(path)
    monkeypatch.delenv("TRUSTSTORE_TOOL_JOURNAL")
    with pytest.raises(UnreadableError, match="has not ended") as caught:  # its attribute says so, under any name
        files.read(other)
    assert f"with its journal {apart}/.store." in (caught.value.hint or "")
    os.removexattr(store, MARK)
    assert files.read(other) == half  # where there are no attributes, nothing says where to look
    monkeypatch.setenv("TRUSTSTORE_TOOL_JOURNAL", str(apart))
    files.settle(link)
    assert files.read(store) == NEW
    assert [path.name for path in apart.iterdir()] == ["faults.so"]


@pytest.mark.parametrize("begun", [b"", NEW[:100]], ids=["not begun", "begun"])
def test_the_mark_of_a_file_that_is_overwritten_goes_with_the_journal(
    interrupted: Path, store: Path, begun: bytes
) -> None:
    assert bytes(interrupted) == os.getxattr(store, MARK)
    store.write_bytes(begun + OLD[len(begun) :])
    files.settle(store)
    assert MARK not in os.listxattr(store)
    write(store, NEW * 2, IN_PLACE)
    assert MARK not in os.listxattr(store)


def test_what_takes_the_place_of_a_half_written_file_is_whole(interrupted: Path, store: Path) -> None:
    interrupted.unlink()
    os.setxattr(store, "user.kept", b"1")
    with pytest.raises(UnreadableError, match="has not ended"):
        files.read(store)
    write(store, NEW, files.Manner(), backup=True)
    assert files.read(store) == NEW
    assert os.listxattr(store) == ["user.kept"]


@pytest.mark.parametrize("value", ["missing", "apart"])
def test_a_variable_that_names_no_directory_matters_only_to_who_overwrites(
    store: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    store.with_name("apart").mkdir(mode=0o700)
    monkeypatch.chdir(store.parent)
    monkeypatch.setenv("TRUSTSTORE_TOOL_JOURNAL", value if value == "apart" else str(store.parent / "no" / value))
    reason = "not absolute" if value == "apart" else "No such file"
    with pytest.raises(WriteError, match=rf"no journal can be kept in .*{value}: .*{reason}"):
        write(store, NEW, IN_PLACE)
    write(store, NEW, files.Manner())
    assert files.read(store) == NEW


def as_another_file(_: Path, store: Path) -> None:
    other = store.with_name("fresh")
    other.write_bytes(store.read_bytes())
    other.replace(store)


def renamed_in(journal: Path, store: Path) -> None:
    journal.write_bytes(journal.read_bytes().replace(bytes(store), bytes(store.with_name("stork"))))


def as_a_link(journal: Path, store: Path) -> None:
    journal.rename(store.with_name("elsewhere"))
    journal.symlink_to("elsewhere")


HARM: dict[str, Callable[[Path, Path], object]] = {
    "the store was changed since": lambda _, store: store.write_bytes(b"another program\n" * 32),
    "the store is longer": lambda _, store: store.write_bytes(NEW + b"more"),
    "the store is another file": as_another_file,
    "the store is gone": lambda _, store: store.unlink(),
    "another path": renamed_in,
    "another device": lambda journal, _: journal.write_bytes(
        re.sub(rb'"device": \d+', b'"device": 1', journal.read_bytes())
    ),
    "cut off": lambda journal, _: journal.write_bytes(journal.read_bytes()[:-1]),
    "other content": lambda journal, _: journal.write_bytes(journal.read_bytes()[:-9] + b"falsified"),
    "open to others": lambda journal, _: journal.chmod(0o640),
    "with another name": lambda journal, store: store.with_name("elsewhere").hardlink_to(journal),
    "a link": as_a_link,
}


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM)
def test_a_journal_that_does_not_fit_in_every_field_is_not_followed(
    interrupted: Path, store: Path, harm: Callable[[Path, Path], object]
) -> None:
    harm(interrupted, store)
    before = store.read_bytes() if store.exists() else None
    with pytest.raises(WriteError, match="is no journal of ours, or not of what is in the file"):
        write(store, b"else", IN_PLACE)
    assert (store.read_bytes() if store.exists() else None) == before
    assert interrupted.exists()


def test_two_that_overwrite_take_turns_though_nothing_can_be_written_beside(
    store: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in two containers that one file is mounted into. Root may write anywhere, so the lock file is refused here."""
    real = os.open

    def refusing(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if str(path).endswith(".lock"):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return real(path, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", refusing)
    apart = [tmp_path_factory.mktemp(name, numbered=True) for name in ("one", "two")]
    manners = [files.Manner("needed", journal=journal, lock_timeout=20) for journal in apart]
    for journal in apart:
        journal.chmod(0o700)
    with pytest.raises(WriteError, match="Read-only file system"):
        write(store, NEW, files.Manner())
    order: list[str] = []

    def second() -> None:
        with files.locked(store, manners[1]):
            order.append("second")

    with files.locked(store, manners[0]):
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.2)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
