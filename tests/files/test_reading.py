"""Reading files and devices, against the file system itself."""

import os
import subprocess
import tracemalloc
from pathlib import Path

import pytest

from tests.files.processes import answer, as_another_user, python
from tests.realtools import need_proc
from truststore_tool import files
from truststore_tool.errors import UnreadableError
from truststore_tool.files import reading


class TestRead:
    def test_the_bytes_of_a_file(self, tmp_path: Path) -> None:
        data = os.urandom(3_000_000)
        (tmp_path / "a").write_bytes(data)
        assert files.read(tmp_path / "a") == data

    def test_what_somebody_writes_to_meanwhile_is_read_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As by keytool, and by a run of ours whose journal came after we looked for one and is gone by now."""
        store = tmp_path / "store"
        store.write_bytes(b"old")
        written = 0

        def write(_: object) -> None:
            nonlocal written
            written += written < most
            os.utime(store, ns=(written, written))

        monkeypatch.setattr(reading, "require_whole", write)
        most = 2
        assert files.read(store) == b"old"
        most = 9
        with pytest.raises(UnreadableError, match="it changes while it is read"):
            files.read(store)

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
        need_proc()
        reader = python("print(files.read(Path('/dev/stdin')))", stdin=subprocess.PIPE)
        out, _ = reader.communicate(b"piped", timeout=300)
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
        need_proc()
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
