"""Replacing a file and keeping copies of it, against the file system itself."""

import errno
import os
import resource
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.files.processes import answer, as_another_user, mode, names, python, umask
from tests.realtools import missing
from truststore_tool import files
from truststore_tool.errors import WriteError


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
        target, beside = tmp_path / "store", tmp_path / "beside"
        for path in (target, beside):
            path.write_bytes(b"old")
            path.chmod(bits)
        beside.write_bytes(b"new")  # whoever is not root loses the set-user-ID bit by any write
        with umask(0o077):
            files.replace(target, b"new")
        assert (target.read_bytes(), mode(target)) == (b"new", mode(beside))
        assert mode(target) & 0o777 == bits & 0o777

    def test_pieces_are_written_as_they_come(self, tmp_path: Path) -> None:
        """Each is on its way to the disk before the next ones are asked for; the old file is there until the end."""
        target = tmp_path / "report"
        target.write_bytes(b"old")
        seen: list[int] = []

        def pieces() -> Iterator[bytes]:
            for _ in range(4):
                yield b"x" * 1_000_000
                assert target.read_bytes() == b"old"
                seen.append(sum(path.stat().st_size for path in tmp_path.iterdir()))

        files.replace(target, pieces())
        assert [size // 1_000_000 for size in seen] == [1, 2, 3, 4]
        assert target.read_bytes() == b"x" * 4_000_000
        assert names(tmp_path) == ["report"]

    def test_pieces_that_end_in_an_error_leave_the_old_file(self, tmp_path: Path) -> None:
        target = tmp_path / "report"
        target.write_bytes(b"old")

        def pieces() -> Iterator[bytes]:
            yield b"new"
            raise RuntimeError

        with pytest.raises(RuntimeError):
            files.replace(target, pieces())
        assert target.read_bytes() == b"old"
        assert names(tmp_path) == ["report"]

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
