"""The files of a directory: what is told is changed, all else stays; a new directory is whole or not there."""

import errno
import os
import stat
from pathlib import Path

import pytest

from tests.files.processes import answer, as_another_user, mode, names, python, umask
from truststore_tool import files
from truststore_tool.errors import UnreadableError, WriteError


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
        assert mode(certs / "00000001.0") == 0o600  # what the link led to may hold a key
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


def test_who_writes_a_file_in_it_is_not_disturbed(tmp_path: Path) -> None:
    certs = tmp_path / "certs"
    certs.mkdir()
    left = certs / ".00000000.0.0123456789abcdef.tmp"
    for change in (files.tidy, lambda path: files.update_directory(path, {}, {})):
        left.write_bytes(b"half")
        with files.locked(certs / "store"):
            at_work = certs / ".store.0123456789abcdef.tmp"
            at_work.write_bytes(b"half")
            change(certs)
            assert at_work.exists()
        assert not left.exists()


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
