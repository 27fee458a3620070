"""The one lock of a file, held by real processes, left by killed ones, and refused by the file system."""

import errno
import fcntl
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.files.processes import answer, names, python
from truststore_tool import files
from truststore_tool.errors import WriteError


class TestLock:
    def test_nothing_of_it_stays(self, tmp_path: Path) -> None:
        with files.locked(tmp_path / "store"):
            assert names(tmp_path) == [".store.lock"]
        assert names(tmp_path) == []

    def test_a_second_holder_waits_and_is_told(self, tmp_path: Path) -> None:
        with files.locked(tmp_path / "store"):
            started = time.monotonic()
            with (
                pytest.raises(WriteError, match=r"another process .* for 0\.3 seconds") as caught,
                files.locked(tmp_path / "store", files.Manner(lock_timeout=0.3)),
            ):
                pytest.fail("two held the lock")
            assert time.monotonic() - started >= 0.3
            assert caught.value.hint is not None
            assert names(tmp_path) == [".store.lock"]
        with files.locked(tmp_path / "store", files.Manner(lock_timeout=0)):
            pass

    def test_a_holder_is_waited_for_half_a_minute(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        now = 0.0

        def sleep(seconds: float) -> None:
            nonlocal now
            assert 0 < seconds <= 0.1  # that somebody waited longer than need be is not to be felt
            now += seconds

        monkeypatch.setattr(time, "sleep", sleep)
        monkeypatch.setattr(time, "monotonic", lambda: now)
        with files.locked(tmp_path / "store"):
            with pytest.raises(WriteError, match="for 30 seconds"), files.locked(tmp_path / "store"):
                pytest.fail("two held the lock")
            assert 30 <= now < 31

    def test_a_link_and_its_target_are_one_store(self, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "link").symlink_to("elsewhere/store")
        with (
            files.locked(tmp_path / "link"),
            pytest.raises(WriteError, match="another process"),
            files.locked(tmp_path / "elsewhere" / "store", files.Manner(lock_timeout=0)),
        ):
            pytest.fail("two held the lock")

    def test_another_store_in_the_directory_is_free(self, tmp_path: Path) -> None:
        with files.locked(tmp_path / "one"), files.locked(tmp_path / "two", files.Manner(lock_timeout=0)):
            assert names(tmp_path) == [".one.lock", ".two.lock"]

    def test_the_dead_hold_nothing(self, tmp_path: Path) -> None:
        target = tmp_path / "store"
        target.write_bytes(b"old")
        code = """
            from truststore_tool.files import temporaries
            folder = os.open(sys.argv[2], 0)
            with files.locked(Path(sys.argv[1])), temporaries.temporary(folder, "store", b"half", None):
                print("locked", flush=True)
                sys.stdin.read()
        """
        process = python(code, target, tmp_path, stdin=subprocess.PIPE)
        assert process.stdout
        assert process.stdin
        assert select.select([process.stdout], [], [], 30)[0]
        with pytest.raises(WriteError, match="another process"), files.locked(target, files.Manner(lock_timeout=0)):
            pytest.fail("two held the lock")
        process.send_signal(signal.SIGKILL)
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()
        left = names(tmp_path)
        assert len(left) == 3
        users = [".store.tmp", ".other.0123456789abcdef.tmp", "store.0123456789abcdef.tmp", ".store.0123.tmp"]
        for name in users:
            (tmp_path / name).write_bytes(b"a user's own")
        with files.locked(target, files.Manner(lock_timeout=0)):
            assert names(tmp_path) == sorted([".store.lock", "store", *users])
        assert names(tmp_path) == sorted(["store", *users])

    def test_a_lock_file_that_its_holder_just_removed_is_no_lock(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        flock = fcntl.flock

        def late(descriptor: int, operation: int) -> None:
            monkeypatch.setattr(fcntl, "flock", flock)
            (tmp_path / ".store.lock").unlink()  # what another process may do between our open and our flock
            flock(descriptor, operation)

        monkeypatch.setattr(fcntl, "flock", late)
        with files.locked(tmp_path / "store"):
            assert names(tmp_path) == [".store.lock"]
            with (
                pytest.raises(WriteError, match="another process"),
                files.locked(tmp_path / "store", files.Manner(lock_timeout=0)),
            ):
                pytest.fail("two held the lock")

    def test_a_link_in_its_place_is_not_followed(self, tmp_path: Path) -> None:
        (tmp_path / ".store.lock").symlink_to("victim")
        with pytest.raises(WriteError, match="could not write"), files.locked(tmp_path / "store"):
            pytest.fail("a link was followed")
        assert not (tmp_path / "victim").exists()

    def test_the_error_of_the_body_comes_through(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError), files.locked(tmp_path / "store"):
            raise FileNotFoundError
        assert names(tmp_path) == []

    def test_a_directory_that_vanishes_meanwhile(self, tmp_path: Path) -> None:
        folder = tmp_path / "folder"
        folder.mkdir()
        with files.locked(folder / "store"):
            (folder / ".store.lock").unlink()
            folder.rmdir()
            with pytest.raises(WriteError, match="No such file"):
                files.replace(folder / "store", b"new")
        assert names(tmp_path) == []

    def test_many_writers_lose_nothing(self, tmp_path: Path) -> None:
        target = tmp_path / "counter"
        target.write_bytes(b"")
        code = """
            target = Path(sys.argv[1])
            for number in range(40):
                with files.locked(target):
                    files.replace(target, files.read(target) + f"{sys.argv[2]} {number}\\n".encode())
        """
        for process in [python(code, target, who) for who in "abc"]:
            answer(process)
        lines = target.read_text().splitlines()
        assert sorted(lines) == sorted(f"{who} {number}" for who in "abc" for number in range(40))
        for who in "abc":
            assert [line for line in lines if line[0] == who] == [f"{who} {number}" for number in range(40)]
        assert names(tmp_path) == ["counter"]


def failing(code: int) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    return fail


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
