"""Long names, locks that cannot be had, and directories that are made: all of it, or nothing is left."""

import errno
import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.test_files import answer, python
from truststore_tool import files
from truststore_tool.errors import WriteError
from truststore_tool.files import naming


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def failing(code: int) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    return fail


# Long names -----------------------------------------------------------------------------------------------------

LONG = [
    *("n" * length for length in (120, 121, 228, 229, 247, 248, 251, 255)),
    "é" * 127,
    "\U0001f512" * 63,
    "\udcff" * 255,
]


@pytest.mark.parametrize("name", LONG, ids=lambda name: f"{len(os.fsencode(name))} bytes")
def test_a_name_may_be_as_long_as_the_file_system_takes(tmp_path: Path, name: str) -> None:
    store = tmp_path / name
    for number in range(3):
        with files.locked(store):
            assert len(names(tmp_path)) == (number > 0) + max(number - 1, 0) + 1  # the store, backups, the lock
            with pytest.raises(WriteError, match="another process"), files.locked(store, timeout=0):
                pytest.fail("two held the lock")
            saved = files.replace(store, b"%d" % number, backup=True)
        assert (saved is None) == (number == 0)
        if saved:
            assert saved.read_bytes() == b"%d" % (number - 1)
    assert store.read_bytes() == b"2"
    assert len(names(tmp_path)) == 3


@pytest.mark.parametrize("name", LONG, ids=lambda name: f"{len(os.fsencode(name))} bytes")
def test_so_may_that_of_a_directory(tmp_path: Path, name: str) -> None:
    certs = tmp_path / name
    with files.locked(certs):
        files.update_directory(certs, {}, {name: b"new"})
        files.update_directory(certs, {name: b"new"}, {name: b"newer"}, backup=True)
    assert files.read_directory(certs) == {name: b"newer"}
    assert len(names(tmp_path)) == 2


def test_what_a_killed_run_left_of_a_long_name_goes_and_what_others_left_stays(tmp_path: Path) -> None:
    store, twin = tmp_path / ("n" * 255), tmp_path / ("n" * 254 + "m")
    code = """
        from truststore_tool.files import temporaries
        folder, name = os.open(sys.argv[1], 0), sys.argv[2]
        with files.locked(Path(sys.argv[1], name)), temporaries.temporary(folder, name, b"half", None):
            os._exit(0)
    """
    for path in (store, twin):
        answer(python(code, tmp_path, path.name))
    assert len(names(tmp_path)) == 4
    files.tidy(store)
    assert len(names(tmp_path)) == 2
    with files.locked(twin):
        pass
    assert names(tmp_path) == []


def test_it_is_a_name_under_file_systems_that_take_143_bytes() -> None:
    for name in LONG:
        for made in (naming.lock_of(name), naming.temporary_of(name)):
            assert len(os.fsencode(made)) <= 143


# Locks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EIO])
@pytest.mark.parametrize("there", [False, True])
def test_a_lock_that_cannot_be_had_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, there: bool
) -> None:
    if there:
        (tmp_path / "store").write_bytes(b"old")
    before = names(tmp_path)
    monkeypatch.setattr(fcntl, "flock", failing(code))
    with pytest.raises(WriteError, match="could not write") as caught, files.locked(tmp_path / "store"):
        pytest.fail("without a lock")
    assert caught.value.hint is not None
    if code != errno.EIO:
        assert "NFS" in caught.value.hint
    files.tidy(tmp_path / "store")
    assert names(tmp_path) == before


def test_a_lock_file_of_another_process_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".store.lock").write_bytes(b"")
    monkeypatch.setattr(fcntl, "flock", failing(errno.ENOLCK))
    with pytest.raises(WriteError), files.locked(tmp_path / "store"):
        pytest.fail("without a lock")
    assert names(tmp_path) == [".store.lock"]


# Directories ----------------------------------------------------------------------------------------------------

CONTENT = {f"0000000{number}.0": b"x" * number for number in range(4)}


def step(monkeypatch: pytest.MonkeyPatch, name: str, at: int, code: int) -> list[int]:
    """Let the `at`-th call of a function of `os` fail; gives what counts down to it."""
    real, left = getattr(os, name), [at]

    def counted(*arguments: object, **options: object) -> object:
        left[0] -= 1
        if not left[0]:
            raise OSError(code, os.strerror(code))
        return real(*arguments, **options)

    monkeypatch.setattr(os, name, counted)
    return left


STEPS = ["mkdir", "open", "fsync", "rename", "link", "unlink"]


@pytest.mark.parametrize("name", STEPS)
def test_a_directory_is_made_as_a_whole_or_not_at_all(tmp_path: Path, name: str) -> None:
    for at in range(1, 100):
        with pytest.MonkeyPatch.context() as patch:
            left = step(patch, name, at, errno.ENOSPC)
            try:
                files.update_directory(tmp_path / "certs", {}, CONTENT)
            except WriteError as exc:
                if "is written" not in exc.message:
                    assert names(tmp_path) == [], (name, at)
            if left[0] > 0:
                break
        if (tmp_path / "certs").exists():
            assert files.read_directory(tmp_path / "certs") == CONTENT
            for path in (tmp_path / "certs").iterdir():
                path.unlink()
            (tmp_path / "certs").rmdir()
    assert left[0] > 0
    assert files.read_directory(tmp_path / "certs") == CONTENT
    assert names(tmp_path) == ["certs"]


@pytest.mark.parametrize("backup", [False, True])
@pytest.mark.parametrize("name", STEPS)
def test_when_not_all_can_be_added_nothing_is(tmp_path: Path, name: str, backup: bool) -> None:
    certs = tmp_path / "certs"
    certs.mkdir()
    (certs / "00000009.0").write_bytes(b"stays")
    before = files.read_directory(certs)
    for at in range(1, 200):
        with pytest.MonkeyPatch.context() as patch:
            left = step(patch, name, at, errno.ENOSPC)
            try:
                files.update_directory(certs, before, {**before, **CONTENT}, backup=backup)
            except WriteError as exc:
                if "is written" not in exc.message:
                    assert files.read_directory(certs) == before, (name, at)
                    assert not [path for path in certs.iterdir() if path.name.startswith(".")]
                    assert names(tmp_path) == ["certs"], (name, at)
            if left[0] > 0:
                break
        for path in tmp_path.glob("certs*/*"):
            if path.name in CONTENT or path.parent != certs:
                path.unlink()
        for path in tmp_path.glob("certs.bak*"):
            path.rmdir()
    assert left[0] > 0
    assert names(tmp_path) == ["certs", "certs.bak"][: 1 + backup]


def test_what_came_to_be_in_its_place_meanwhile_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync

    def late(descriptor: int) -> None:
        (tmp_path / "certs").mkdir(exist_ok=True)
        (tmp_path / "certs" / "00000000.0").write_bytes(b"another's")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", late)
    with pytest.raises(WriteError, match="could not write"):
        files.update_directory(tmp_path / "certs", {}, CONTENT)
    assert (tmp_path / "certs" / "00000000.0").read_bytes() == b"another's"
    assert names(tmp_path) == ["certs"]


@pytest.mark.parametrize("step", ["a file in it", "the rename"])
def test_what_a_killed_run_left_of_a_new_directory_goes(tmp_path: Path, step: str) -> None:
    code = f"""
        real, certs = os.rename, Path(sys.argv[1], "certs")
        def last(source, target, **options):
            if target == "certs" or {step == "a file in it"}:
                os._exit(0)
            real(source, target, **options)
        os.rename = last
        with files.locked(certs):
            files.update_directory(certs, {{}}, {CONTENT!r})
    """
    for again in (files.tidy, lambda certs: files.locked(certs).__enter__()):
        answer(python(code, tmp_path))
        assert len(names(tmp_path)) == 2
        holder = again(tmp_path / "certs")
        assert [name for name in names(tmp_path) if name != ".certs.lock"] == []
        del holder
        files.tidy(tmp_path / "certs")
        assert names(tmp_path) == []


def test_a_strange_file_in_it_ends_a_backup_and_nothing_is_left(tmp_path: Path) -> None:
    certs = tmp_path / "certs"
    certs.mkdir()
    os.mkfifo(certs / "fifo")
    with pytest.raises(WriteError, match="'fifo' is no file"):
        files.update_directory(certs, {}, CONTENT, backup=True)
    assert (names(tmp_path), names(certs)) == (["certs"], ["fifo"])


def test_directories_that_were_made_for_nothing_go_again(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()

    def fail(kept: str | None) -> None:
        assert (tmp_path / "a" / "b" / "c").is_dir()
        if kept:
            (tmp_path / "a" / kept).write_bytes(b"")
        raise KeyError

    for kept, left in [(None, []), ("kept", ["kept"]), ("b/kept", ["b", "kept"])]:
        with pytest.raises(KeyError), files.making_directories(tmp_path / "a" / "b" / "c"):
            fail(kept)
        assert names(tmp_path / "a") == left
    assert names(tmp_path / "a" / "b") == ["kept"]
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WriteError, match="could not write"), files.making_directories(tmp_path / "file" / "b"):
        pytest.fail("a file is no directory")
