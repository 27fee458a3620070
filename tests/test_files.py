"""Reading, locking and replacing files, against the file system itself."""

import errno
import fcntl
import os
import resource
import select
import signal
import stat
import subprocess
import sys
import tempfile
import textwrap
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.realtools import missing
from truststore_tool import files
from truststore_tool.errors import UnreadableError, WriteError
from truststore_tool.files import reading

NOBODY = 65534


def python(code: str, *arguments: str | Path, stdin: int | None = None) -> subprocess.Popen[bytes]:
    """Another process that runs `code`, with `files`, `errors`, `os`, `sys` and `Path` imported."""
    prelude = "import os, sys\nfrom pathlib import Path\nfrom truststore_tool import errors, files\n"
    words = [sys.executable, "-c", prelude + textwrap.dedent(code), *map(str, arguments)]
    return subprocess.Popen(words, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def answer(process: subprocess.Popen[bytes]) -> str:
    """What the other process printed; it must end well."""
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err.decode()
    return out.decode()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@contextmanager
def umask(value: int) -> Iterator[None]:
    before = os.umask(value)
    try:
        yield
    finally:
        os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A directory that other users reach, which those of pytest are not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
        Path(folder).chmod(0o755)


class TestRead:
    def test_the_bytes_of_a_file(self, tmp_path: Path) -> None:
        data = os.urandom(3_000_000)
        (tmp_path / "a").write_bytes(data)
        assert files.read(tmp_path / "a") == data

    @pytest.mark.parametrize("change", [0, 1_500_000, 2_999_999])
    def test_whether_a_file_holds_bytes(self, tmp_path: Path, change: int) -> None:
        data = os.urandom(3_000_000)
        other = data[:change] + bytes((data[change] ^ 1,)) + data[change + 1 :]
        (tmp_path / "a").write_bytes(data)
        assert files.holds(tmp_path / "a", data)
        for wrong in (other, data[:-1], data + b"x", b""):
            assert not files.holds(tmp_path / "a", wrong)
        with pytest.raises(UnreadableError, match="could not read"):
            files.holds(tmp_path / "missing", data)

    def test_a_fifo_is_read_to_its_end(self, tmp_path: Path) -> None:
        fifo = tmp_path / "fifo"
        os.mkfifo(fifo)
        writer = python("Path(sys.argv[1]).write_bytes(b'certificate' * 100_000)", fifo)
        assert files.read(fifo) == b"certificate" * 100_000
        answer(writer)

    def test_standard_input_by_its_path(self) -> None:
        reader = python("print(files.read(Path('/dev/stdin')))", stdin=subprocess.PIPE)
        out, _ = reader.communicate(b"piped", timeout=60)
        assert out == b"b'piped'\n"

    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("missing", "No such file"),
            ("folder", "Is a directory"),
            ("folder/a/b", "No such file"),
            ("nul\0", "null"),
            ("\udcff\ud800", "surrogates"),
            ("n" * 300, "too long"),
            ("loop", "symbolic links"),
        ],
    )
    def test_what_cannot_be_read_is_said_in_one_line(self, tmp_path: Path, name: str, reason: str) -> None:
        (tmp_path / "folder").mkdir()
        (tmp_path / "loop").symlink_to("loop")
        with pytest.raises(UnreadableError) as caught:
            files.read(tmp_path / name)
        assert caught.value.message.startswith("could not read ")
        assert reason in caught.value.message
        assert "\n" not in caught.value.message

    def test_without_permission(self, shared: Path) -> None:
        secret = shared / "secret"
        secret.write_bytes(b"x")
        secret.chmod(0)
        told = as_another_user(shared, "files.read(target / 'secret')", kind="UnreadableError")
        assert "Permission denied" in told

    def test_an_endless_device_is_given_up(self) -> None:
        with pytest.raises(UnreadableError, match="larger than"):
            files.read(Path("/dev/zero"))

    def test_the_largest_file_and_the_longest_stream_are_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reading, "MAX_SIZE", 1000)
        for size in (1000, 1001):
            (tmp_path / "file").write_bytes(b"x" * size)
            end, start = os.pipe()
            os.write(start, b"x" * size)
            os.close(start)
            for path in (tmp_path / "file", Path(f"/dev/fd/{end}")):
                if size == 1000:
                    assert files.read(path) == b"x" * size
                else:
                    with pytest.raises(UnreadableError, match="larger than 1000 bytes"):
                        files.read(path)
            os.close(end)

    def test_what_cannot_be_known_to_be_a_directory_is_none(self, shared: Path) -> None:
        (shared / "folder").mkdir()
        assert files.is_directory(shared / "folder")
        for name in ("missing", "n" * 300, "nul\0", "\udcff\ud800"):
            assert not files.is_directory(shared / name)
        (shared / "folder" / "inner").mkdir()
        (shared / "folder").chmod(0o600)
        code = "print(files.is_directory(target / 'folder' / 'inner')); raise errors.UnreadableError('')"
        assert as_another_user(shared, code, kind="UnreadableError").split() == ["False"]

    def test_a_huge_file_is_refused_before_it_is_read(self, tmp_path: Path) -> None:
        huge = tmp_path / "huge"
        with huge.open("wb") as file:
            file.truncate(1 << 40)
        tracemalloc.start()
        try:
            with pytest.raises(UnreadableError, match="larger than"):
                files.read(huge)
            assert tracemalloc.get_traced_memory()[1] < 1_000_000
        finally:
            tracemalloc.stop()


class TestReplace:
    def test_a_new_file_gets_what_the_umask_leaves(self, tmp_path: Path) -> None:
        for mask in (0o022, 0o077, 0o002):
            target = tmp_path / f"new-{mask:o}"
            with umask(mask):
                assert files.replace(target, b"content") is None
            assert target.read_bytes() == b"content"
            assert mode(target) == 0o666 & ~mask

    @pytest.mark.parametrize("bits", [0o600, 0o640, 0o664, 0o4755, 0o666])
    def test_the_mode_stays(self, tmp_path: Path, bits: int) -> None:
        target = tmp_path / "store"
        target.write_bytes(b"old")
        target.chmod(bits)
        with umask(0o077):
            files.replace(target, b"new")
        assert (target.read_bytes(), mode(target)) == (b"new", bits)

    def test_owner_and_group_stay(self, tmp_path: Path) -> None:
        if os.geteuid() != 0:
            missing("root, who alone can give files away,")
        target = tmp_path / "store"
        target.write_bytes(b"old")
        target.chmod(0o640)
        os.chown(target, 1234, 4321)
        files.replace(target, b"new")
        status = target.stat()
        assert (status.st_uid, status.st_gid, mode(target)) == (1234, 4321, 0o640)

    def test_an_owner_that_cannot_be_kept_is_an_error(self, shared: Path) -> None:
        if os.geteuid() != 0:
            missing("root, who alone can give files away,")
        target = shared / "store"
        target.write_bytes(b"old")
        target.chmod(0o666)
        shared.chmod(0o777)
        told = as_another_user(shared, "files.replace(target / 'store', b'new')", kind="WriteError")
        assert "its owner and group could not be kept" in told
        assert target.read_bytes() == b"old"
        assert names(shared) == ["store"]

    def test_an_access_control_list_stays(self, tmp_path: Path) -> None:
        target = tmp_path / "store"
        target.write_bytes(b"old")
        # user::rw-, user:1234:r--, group::---, mask::r--, other::--- as the kernel stores it (linux/posix_acl_xattr.h).
        entries = (
            (0x01, 6, 0xFFFFFFFF),
            (0x02, 4, 1234),
            (0x04, 0, 0xFFFFFFFF),
            (0x10, 4, 0xFFFFFFFF),
            (0x20, 0, 0xFFFFFFFF),
        )
        acl = (2).to_bytes(4, "little") + b"".join(
            tag.to_bytes(2, "little") + bits.to_bytes(2, "little") + who.to_bytes(4, "little")
            for tag, bits, who in entries
        )
        try:
            os.setxattr(target, "system.posix_acl_access", acl)
        except OSError as exc:
            if exc.errno != errno.EOPNOTSUPP:
                raise
            missing("a file system with access control lists")
        files.replace(target, b"new")
        assert os.getxattr(target, "system.posix_acl_access") == acl
        assert mode(target) == 0o640

    def test_links_are_followed_to_their_target(self, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        (tmp_path / "real" / "store").write_bytes(b"old")
        (tmp_path / "second").symlink_to("real/store")
        (tmp_path / "first").symlink_to(tmp_path / "second")
        saved = files.replace(tmp_path / "first", b"new", backup=True)
        assert (tmp_path / "first").is_symlink()
        assert (tmp_path / "second").is_symlink()
        assert (tmp_path / "real" / "store").read_bytes() == b"new"
        assert saved == tmp_path / "real" / "store.bak"
        assert names(tmp_path / "real") == ["store", "store.bak"]

    def test_a_dangling_link_gets_its_target(self, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        (tmp_path / "link").symlink_to("real/store")
        files.replace(tmp_path / "link", b"new")
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "real" / "store").read_bytes() == b"new"

    def test_the_other_name_of_a_file_keeps_the_old_content(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(b"old")
        (tmp_path / "b").hardlink_to(tmp_path / "a")
        files.replace(tmp_path / "a", b"new")
        assert ((tmp_path / "a").read_bytes(), (tmp_path / "b").read_bytes()) == (b"new", b"old")

    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("loop", "symbolic links"),
            ("folder", "not a regular file"),
            ("fifo", "not a regular file"),
            ("folder/missing/store", "No such file"),
            ("plain/store", "Not a directory"),
            ("fifo/store", "Not a directory"),
            ("nul\0", "null"),
            ("n" * 300, "too long"),
        ],
    )
    def test_what_cannot_be_written_is_said_in_one_line(self, tmp_path: Path, name: str, reason: str) -> None:
        (tmp_path / "loop").symlink_to("pool")
        (tmp_path / "pool").symlink_to("loop")
        (tmp_path / "folder").mkdir()
        (tmp_path / "plain").write_bytes(b"plain")
        os.mkfifo(tmp_path / "fifo")
        before = names(tmp_path)
        with pytest.raises(WriteError, match="could not write") as caught:
            files.replace(tmp_path / name, b"new")
        assert reason in caught.value.message
        assert "\n" not in caught.value.message
        assert names(tmp_path) == before
        assert names(tmp_path / "folder") == []

    @pytest.mark.parametrize("device", ["/dev/null", "/dev/full"])
    def test_a_device_is_no_store(self, device: str) -> None:
        with pytest.raises(WriteError, match="not a regular file"):
            files.replace(Path(device), b"new")
        assert stat.S_ISCHR(Path(device).stat().st_mode)

    def test_a_link_under_the_name_of_the_temporary_is_not_followed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "urandom", bytes)
        (tmp_path / "victim").write_bytes(b"not ours")
        (tmp_path / ".store.0000000000000000.tmp").symlink_to("victim")
        with pytest.raises(WriteError, match="File exists"):
            files.replace(tmp_path / "store", b"new")
        assert (tmp_path / "victim").read_bytes() == b"not ours"
        assert not (tmp_path / "store").exists()

    def test_a_limit_on_file_sizes(self, tmp_path: Path) -> None:
        target = tmp_path / "store"
        target.write_bytes(b"old")
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        try:
            with pytest.raises(WriteError, match="File too large") as caught:
                files.replace(target, b"new" * 100_000, backup=True)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert caught.value.hint is not None
        assert target.read_bytes() == b"old"
        assert names(tmp_path) == ["store"]

    def test_a_directory_without_permission(self, shared: Path) -> None:
        (shared / "store").write_bytes(b"old")
        (shared / "store").chmod(0o666)
        shared.chmod(0o555)
        for call in ("files.replace(target / 'store', b'new')", "files.locked(target / 'store').__enter__()"):
            assert "Permission denied" in as_another_user(shared, call, kind="WriteError")
        assert (shared / "store").read_bytes() == b"old"
        assert names(shared) == ["store"]

    def test_what_its_owner_made_read_only_stays(self, shared: Path) -> None:
        shared.chmod(0o777)
        code = "p = target / 'store'; p.write_bytes(b'old'); p.chmod(0o444); files.replace(p, b'new')"
        assert "Permission denied" in as_another_user(shared, code, kind="WriteError")
        assert (shared / "store").read_bytes() == b"old"
        assert names(shared) == ["store"]

    def test_a_file_system_that_cannot_sync_directories(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        fsync = os.fsync

        def refuse(descriptor: int) -> None:
            if stat.S_ISDIR(os.fstat(descriptor).st_mode):
                raise OSError(errno.EINVAL, "Invalid argument")
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", refuse)
        files.replace(tmp_path / "store", b"new")
        assert (tmp_path / "store").read_bytes() == b"new"

    def test_ctrl_c_removes_the_temporary(self, tmp_path: Path) -> None:
        target = tmp_path / "store"
        target.write_bytes(b"old")
        process = python(
            """
            import signal
            real = os.fsync
            def interrupted(descriptor):
                os.kill(os.getpid(), signal.SIGINT)
                real(descriptor)
            os.fsync = interrupted
            try:
                with files.locked(Path(sys.argv[1])):
                    files.replace(Path(sys.argv[1]), b"new")
            except KeyboardInterrupt:
                print("interrupted")
            """,
            target,
        )
        assert answer(process) == "interrupted\n"
        assert target.read_bytes() == b"old"
        assert names(tmp_path) == ["store"]


class TestBackup:
    def test_no_backup_is_overwritten(self, tmp_path: Path) -> None:
        target = tmp_path / "store"
        target.write_bytes(b"0")
        target.chmod(0o640)
        (tmp_path / "store.bak").write_bytes(b"a user's own")
        (tmp_path / "store.bak2").symlink_to("nowhere")
        saved = [files.replace(target, bytes([48 + number]), backup=True) for number in range(1, 4)]
        assert saved == [tmp_path / "store.bak1", tmp_path / "store.bak3", tmp_path / "store.bak4"]
        assert [path.read_bytes() for path in saved if path] == [b"0", b"1", b"2"]
        assert [mode(path) for path in saved if path] == [0o640] * 3
        assert target.read_bytes() == b"3"
        assert (tmp_path / "store.bak").read_bytes() == b"a user's own"
        assert not (tmp_path / "nowhere").exists()

    def test_a_new_file_has_none(self, tmp_path: Path) -> None:
        assert files.replace(tmp_path / "store", b"new", backup=True) is None
        assert names(tmp_path) == ["store"]


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
                files.locked(tmp_path / "store", timeout=0.3),
            ):
                pytest.fail("two held the lock")
            assert time.monotonic() - started >= 0.3
            assert caught.value.hint is not None
            assert names(tmp_path) == [".store.lock"]
        with files.locked(tmp_path / "store", timeout=0):
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
            files.locked(tmp_path / "elsewhere" / "store", timeout=0),
        ):
            pytest.fail("two held the lock")

    def test_another_store_in_the_directory_is_free(self, tmp_path: Path) -> None:
        with files.locked(tmp_path / "one"), files.locked(tmp_path / "two", timeout=0):
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
        with pytest.raises(WriteError, match="another process"), files.locked(target, timeout=0):
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
        with files.locked(target, timeout=0):
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
            with pytest.raises(WriteError, match="another process"), files.locked(tmp_path / "store", timeout=0):
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


class TestDirectory:
    def test_regular_files_in_the_order_of_their_names(self, tmp_path: Path) -> None:
        for name in ("b", "a", "c"):
            (tmp_path / name).write_bytes(name.encode())
        (tmp_path / "inner").mkdir()
        (tmp_path / "inner" / "deep").write_bytes(b"deep")
        (tmp_path / "link").symlink_to("a")
        (tmp_path / "dangling").symlink_to("nowhere")
        (tmp_path / "loop").symlink_to("loop")
        (tmp_path / ".a.0123456789abcdef.tmp").write_bytes(b"half")
        os.mkfifo(tmp_path / "fifo")
        assert files.names_in(tmp_path) == ["a", "b", "c", "link"]
        nothing = dict.fromkeys(("dangling", "fifo", "inner", "loop"), b"")
        assert files.read_directory(tmp_path) == {"a": b"a", "b": b"b", "c": b"c", "link": b"a", **nothing}

    @pytest.mark.parametrize("name", ["missing", "plain"])
    def test_what_is_no_directory(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "plain").write_bytes(b"")
        with pytest.raises(UnreadableError, match="could not read"):
            files.read_directory(tmp_path / name)

    def test_a_directory_whose_files_cannot_be_seen_is_not_empty(self, shared: Path) -> None:
        (shared / "a").write_bytes(b"a")
        shared.chmod(0o444)
        told = as_another_user(shared, "files.read_directory(target)", kind="UnreadableError")
        assert "Permission denied" in told

    def test_it_is_created(self, tmp_path: Path) -> None:
        with umask(0o022):
            files.update_directory(tmp_path / "certs", {}, {"0a1b2c3d.0": b"x"})
        assert files.read_directory(tmp_path / "certs") == {"0a1b2c3d.0": b"x"}
        assert (mode(tmp_path / "certs"), mode(tmp_path / "certs" / "0a1b2c3d.0")) == (0o755, 0o644)

    def test_only_what_has_changed_is_written_and_only_what_is_told_is_removed(self, tmp_path: Path) -> None:
        before = {
            "00000001.0": b"stays",
            "00000002.0": b"changes",
            "00000003.0": b"goes",
            "00000004.r0": b"a revocation list",
            "README": b"a user's own",
            "0000000g.0": b"no hash",
            "00000001.0.pem": b"no hash",
        }
        for name, data in before.items():
            (tmp_path / name).write_bytes(data)
        (tmp_path / ".00000002.0.0123456789abcdef.tmp").write_bytes(b"half")
        stays = (tmp_path / "00000001.0").stat()
        (tmp_path / "00000006.0").write_bytes(b"of somebody else")
        after_it = {**before, "00000002.0": b"changed", "00000005.0": b"new"}
        del after_it["00000003.0"]
        files.update_directory(tmp_path, before, after_it)
        now = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        assert now == {**after_it, "00000006.0": b"of somebody else"}
        after = (tmp_path / "00000001.0").stat()
        assert (after.st_ino, after.st_mtime_ns) == (stays.st_ino, stays.st_mtime_ns)

    def test_links_in_it_are_replaced_not_followed(self, tmp_path: Path) -> None:
        (tmp_path / "system.pem").write_bytes(b"not ours")
        (tmp_path / "system.pem").chmod(0o600)
        certs = tmp_path / "certs"
        certs.mkdir()
        (certs / "00000001.0").symlink_to("../system.pem")
        (certs / "00000002.0").symlink_to("../system.pem")
        with umask(0o022):
            files.update_directory(
                certs, files.read_directory(certs), {"00000001.0": b"ours", "00000002.0": b"not ours"}
            )
        assert mode(certs / "00000001.0") == 0o644  # a new file's, not that of what the link led to
        assert (tmp_path / "system.pem").read_bytes() == b"not ours"
        assert (certs / "00000001.0").read_bytes() == b"ours"
        assert not (certs / "00000001.0").is_symlink()
        assert (certs / "00000002.0").is_symlink()

    def test_what_came_meanwhile_is_not_replaced(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "00000001.0")
        with pytest.raises(WriteError, match="File exists"):
            files.update_directory(tmp_path, {}, {"00000001.0": b"ours"})
        assert stat.S_ISFIFO((tmp_path / "00000001.0").stat().st_mode)
        assert names(tmp_path) == ["00000001.0"]

    def test_the_last_number_fills_a_gap_under_its_own_link(self, tmp_path: Path) -> None:
        for number in range(3):
            (tmp_path / f"00000001.{number}").write_bytes(b"%d" % number)
        moved = (tmp_path / "00000001.2").stat().st_ino
        before = files.read_directory(tmp_path)
        files.update_directory(tmp_path, before, {"00000001.0": b"2", "00000001.1": b"1"})
        assert files.read_directory(tmp_path) == {"00000001.0": b"2", "00000001.1": b"1"}
        assert (tmp_path / "00000001.0").stat().st_ino == moved

    def test_a_backup_is_a_copy_of_all(self, tmp_path: Path) -> None:
        certs = tmp_path / "certs"
        certs.mkdir()
        (certs / "00000001.0").write_bytes(b"old")
        (certs / "link").symlink_to("00000001.0")
        (certs / ".00000001.0.0123456789abcdef.tmp").write_bytes(b"half")
        for _ in range(2):
            files.update_directory(certs, {}, {}, backup=True)
        assert names(tmp_path) == ["certs", "certs.bak", "certs.bak1"]
        assert (tmp_path / "certs.bak1" / "00000001.0").read_bytes() == b"old"
        assert names(tmp_path / "certs.bak") == ["00000001.0", "link"]
        assert (tmp_path / "certs.bak" / "link").is_symlink()

    @pytest.mark.parametrize("name", ["../escaped", "/escaped", "a/b", ".", "..", ""])
    def test_names_that_lead_elsewhere_are_refused(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(WriteError, match="not the name of a file"):
            files.update_directory(tmp_path / "certs", {}, {name: b"x"})
        assert names(tmp_path) == []

    def test_a_file_in_its_place(self, tmp_path: Path) -> None:
        (tmp_path / "certs").write_bytes(b"a file")
        with pytest.raises(WriteError, match="Not a directory"):
            files.update_directory(tmp_path / "certs", {}, {"0a1b2c3d.0": b"x"})
        assert (tmp_path / "certs").read_bytes() == b"a file"


def as_another_user(target: Path, code: str, *, kind: str) -> str:
    """Message of the error of class `kind` that `code` raises, run by someone whom permissions bind (not root)."""
    process = python(
        f"""
        from truststore_tool.files import directories, locking, replacing  # which that user may not reach
        target = Path(sys.argv[1])
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid({NOBODY})
            os.setuid({NOBODY})
        try:
            {code}
        except errors.{kind} as exc:
            print(exc.message)
        else:
            sys.exit("no error")
        """,
        target,
    )
    return answer(process)
