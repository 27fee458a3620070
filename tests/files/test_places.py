"""The way to what is written: no link of a stranger is followed, in whatever part of the path it stands."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.realtools import missing
from truststore_tool import files
from truststore_tool.errors import WriteError

NOBODY = 65534


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A directory to which strangers' links lead."""
    (tmp_path / "victim").mkdir()
    return tmp_path / "victim"


@pytest.fixture(params=[0o1777, 0o777, 0o1770], ids=oct)
def shared(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A directory of root's in which strangers may make links."""
    if os.geteuid() != 0:
        missing("root, who alone can make what others own,")
    with tempfile.TemporaryDirectory(dir="/var") as folder:  # not below /tmp, which is such a one itself
        Path(folder).chmod(request.param)
        yield Path(folder)


def strange(path: Path, target: Path) -> None:
    """A link that another user made."""
    path.symlink_to(target)
    os.lchown(path, NOBODY, NOBODY)


def directly(shared: Path, victim: Path) -> Path:
    """The file is a link."""
    strange(shared / "store", victim / "store")
    return shared / "store"


def on_the_way(shared: Path, victim: Path) -> Path:
    """The directory of the file is a link."""
    strange(shared / "folder", victim)
    return shared / "folder" / "store"


def far_up(shared: Path, victim: Path) -> Path:
    """A link higher up."""
    (victim / "inner").mkdir()
    strange(shared / "folder", victim)
    return shared / "folder" / "inner" / "store"


def below(shared: Path, victim: Path) -> Path:
    """A link in a stranger's own directory."""
    (shared / "folder").mkdir()
    os.chown(shared / "folder", NOBODY, NOBODY)
    strange(shared / "folder" / "link", victim)
    return shared / "folder" / "link" / "store"


def by_ours(shared: Path, victim: Path) -> Path:
    """A link of ours that leads to one."""
    strange(shared / "folder", victim)
    (shared / "ours").symlink_to("./folder")
    return shared / "ours" / "store"


def back_again(shared: Path, victim: Path) -> Path:
    """A way up and down again."""
    (shared / "a").mkdir()
    strange(shared / "folder", victim)
    return shared / "a" / ".." / "folder" / "store"


WAYS = [directly, on_the_way, far_up, below, by_ours, back_again]


def put(path: Path) -> None:
    with files.locked(path):
        files.replace(path, b"new", backup=True)


def put_directory(path: Path) -> None:
    with files.locked(path):
        files.update_directory(path, {}, {"00000000.0": b"new"}, backup=True)


def everything_in(folder: Path) -> list[tuple[str, bytes]]:
    return sorted((str(p), p.read_bytes() if p.is_file() else b"") for p in folder.rglob("*"))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("write", [put, put_directory])
@pytest.mark.parametrize("there", ["nothing", "something"])
def test_a_strangers_link_is_not_followed(
    shared: Path, victim: Path, way: Callable[[Path, Path], Path], write: Callable[[Path], None], there: str
) -> None:
    path = way(shared, victim)
    if there == "something":
        real = Path(os.path.realpath(path))
        if write is put:
            real.write_bytes(b"old")
        else:
            real.mkdir()
    before, beside = everything_in(victim), sorted(shared.rglob("*"))
    with pytest.raises(WriteError, match="is a symbolic link of another user") as caught:
        write(path)
    assert caught.value.hint is not None
    assert str(shared) in caught.value.message.partition(": ")[2]
    with pytest.raises(WriteError, match="of another user"):
        files.replace(path, b"new") if write is put else files.update_directory(path, {}, {"a": b""})
    files.tidy(path)
    assert everything_in(victim) == before
    assert sorted(shared.rglob("*")) == beside


@pytest.mark.parametrize("owner", ["ours", "of the directory's owner"])
def test_other_links_are_followed(shared: Path, victim: Path, owner: str) -> None:
    link = shared / "folder"
    link.symlink_to(victim)
    if owner != "ours":
        os.lchown(link, 4321, 4321)
        os.chown(shared, 4321, 4321)
    put(link / "store")
    assert (victim / "store").read_bytes() == b"new"


def test_a_link_elsewhere_is_followed_whose_ever_it_is(tmp_path: Path) -> None:
    """Only the directory's owner can have made it."""
    if os.geteuid() != 0:
        missing("root, who alone can make what others own,")
    with tempfile.TemporaryDirectory(dir="/var") as folder:
        Path(folder).chmod(0o755)
        strange(Path(folder, "link"), tmp_path)
        put(Path(folder, "link", "store"))
    assert (tmp_path / "store").read_bytes() == b"new"


def test_a_directory_that_is_exchanged_for_a_link_on_the_way_is_not_entered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "victim").mkdir()
    stat = os.stat

    def late(name: str, **options: Any) -> os.stat_result:
        status = stat(name, **options)
        if name == "folder":
            (tmp_path / "folder").rmdir()
            (tmp_path / "folder").symlink_to("victim")
        return status

    monkeypatch.setattr(os, "stat", late)
    with pytest.raises(WriteError, match="could not write"):
        files.replace(tmp_path / "folder" / "store", b"new")
    assert list((tmp_path / "victim").iterdir()) == []


def test_a_directory_that_may_be_passed_but_not_read_is_no_obstacle() -> None:
    if os.geteuid() != 0:
        missing("root, who can become somebody else,")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "inner").mkdir()
        os.chown(folder / "inner", NOBODY, NOBODY)
        folder.chmod(0o711)
        child = os.fork()
        if child == 0:
            try:
                os.setresuid(NOBODY, NOBODY, NOBODY)
                put(folder / "inner" / "store")
            finally:
                os._exit(not (folder / "inner" / "store").exists())
        assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize("path", ["/", "..", "a/../..", "."])
def test_what_is_a_directory_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    (tmp_path / "a").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WriteError):
        files.replace(Path(path), b"new")
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_ways_of_all_kinds_lead_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "up").symlink_to("a/b/..")
    (tmp_path / "root").symlink_to("/")
    (tmp_path / "here").symlink_to(".")
    monkeypatch.chdir(tmp_path / "a")
    ways = ["store", "./store", "b/../store", "../a/store", "../up/store", "../here/up/b/../store"]
    for number, way in enumerate([*ways, f"../root{tmp_path}/a/store", f"{tmp_path}/a//store"]):
        put(Path(way))
        assert (tmp_path / "a" / "store").read_bytes() == b"new", way
        assert sorted(p.name for p in (tmp_path / "a").glob("*.bak*")) == sorted(
            f"store.bak{n or ''}" for n in range(number)
        )


def test_a_whole_path_leads_there_even_if_the_current_directory_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    put(tmp_path / "store")
    assert (tmp_path / "store").read_bytes() == b"new"
    with pytest.raises(WriteError, match="No such file"):
        put(Path("store"))
