"""A scan says of a store that every user may replace it, as doctor does; by the file system as it is now."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import tool as tool
from tests.cli.harness import Tool
from tests.inventory.trees import every_format, pem, tarred
from truststore_tool.inventory.assembling import Asked, Machine, assemble
from truststore_tool.inventory.bounds import Bounds
from truststore_tool.inventory.haul import Haul
from truststore_tool.inventory.looking import Looker
from truststore_tool.inventory.nouns import Candidates
from truststore_tool.inventory.tasks import Orders


def said(tool: Tool, *words: str | Path) -> dict[str, list[dict[str, Any]]]:
    """By the paths of each store of a scan, one to a line, what is said of who may replace it."""
    stores = tool("scan", *words, "--json").json["stores"]
    return {"\n".join(each["paths"]): [f for f in each["findings"] if f["rule"] == "world-writable"] for each in stores}


def of_doctor(tool: Tool, path: Path) -> list[dict[str, Any]]:
    (store,) = tool("doctor", path, "--json").json["stores"]
    return [item for item in store["findings"] if item["rule"] == "world-writable"]


@pytest.fixture
def open_folder(tmp_path: Path) -> Path:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    return tmp_path / "open"


@pytest.mark.parametrize(
    ("mode", "of_file", "is_open"),
    [(0o777, 0o644, True), (0o757, 0o600, True), (0o1777, 0o644, False), (0o775, 0o644, False), (0o755, 0o666, False)],
)
def test_it_says_what_doctor_says(tool: Tool, tmp_path: Path, mode: int, of_file: int, is_open: bool) -> None:
    """Of any format, in a folder so, and in one below it."""
    folder = tmp_path / "folder"
    (folder / "below").mkdir(parents=True)
    folder.chmod(mode)
    for name, data in every_format().items():
        for path in (folder / name, folder / "below" / f"{name}-other"):
            path.write_bytes(data)
            path.chmod(of_file)
            found = said(tool, path)
            assert found == {str(path): of_doctor(tool, path)}
            assert bool(found[str(path)]) == is_open


def test_of_a_link_that_is_given_it_says_so_of_the_file(tool: Tool, tmp_path: Path, open_folder: Path) -> None:
    (open_folder / "ca.pem").write_bytes(pem())
    (tmp_path / "link").symlink_to(open_folder / "ca.pem")
    (tmp_path / "folder").symlink_to(open_folder)
    assert said(tool, tmp_path / "link") == {f"{open_folder}/ca.pem": of_doctor(tool, open_folder / "ca.pem")}
    ((path, items),) = said(tool, tmp_path / "folder").items()
    assert items == of_doctor(tool, Path(path)) != []


def test_what_lies_in_a_file_is_no_file(tool: Tool, open_folder: Path) -> None:
    (open_folder / "x.tar").write_bytes(tarred({"ca.pem": pem()}))
    (open_folder / "x.yaml").write_text(f"kind: Secret\nstringData:\n  ca: {pem('new-root.pem').decode()!r}\n")
    found = said(tool, open_folder)
    assert len(found) == 2
    assert not any(found.values())


def test_the_same_bytes_where_they_may_be_replaced_and_where_not(tool: Tool, tmp_path: Path, open_folder: Path) -> None:
    """It is said of the place where it is so, and a baseline lets pass no other."""
    for path in (tmp_path / "a.pem", tmp_path / "b.pem", open_folder / "a.pem", open_folder / "b.pem"):
        path.write_bytes(pem())
    found = said(tool, tmp_path)
    assert {paths: [item["place"]["path"] for item in items] for paths, items in found.items()} == {
        f"{tmp_path}/a.pem\n{tmp_path}/b.pem": [],
        f"{open_folder}/a.pem\n{open_folder}/b.pem": [f"{open_folder}/a.pem"],
    }
    words = ("scan", tmp_path, "--fail-on", "world-writable")
    baseline = tmp_path / "baseline"
    assert tool(*words, "--report", f"json={baseline}").code == 1
    assert tool(*words, "--baseline", baseline).code == 0
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "a.pem").write_bytes(pem())
    assert tool(*words, "--baseline", baseline).code == 0
    (tmp_path / "later").chmod(0o777)
    assert tool(*words, "--baseline", baseline).code == 1


def test_a_cache_does_not_tell_of_older_modes(tool: Tool, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "ca.pem").write_bytes(pem())
    os.utime(folder / "ca.pem", (1, 1))
    words = (folder, "--cache", tmp_path / "cache")
    for mode, count in ((0o755, 0), (0o777, 1), (0o755, 0)):
        folder.chmod(mode)
        for _ in range(2):
            assert [len(items) for items in said(tool, *words).values()] == [count]


def test_files_that_hold_no_store_are_not_asked(tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []

    def may_replace(path: Path) -> bool:
        asked.append(path)
        return False

    monkeypatch.setattr("truststore_tool.inventory.assembling.may_replace", may_replace)
    for number in range(50):
        (tmp_path / f"{number}").mkdir()
        (tmp_path / f"{number}" / "text").write_text("text")
    for name in ("a", "b"):
        (tmp_path / "7" / name).write_bytes(pem())
    assert len(said(tool, tmp_path)) == 1
    assert [path.parent for path in asked] == [tmp_path / "7"]


def test_of_another_machine_this_one_is_not_asked(open_folder: Path) -> None:
    now = datetime.now(UTC)
    haul: Haul = Looker(Orders(Bounds(), Candidates(), now)).octets(f"{open_folder}/ca.pem", pem())
    machine = Machine("other", lambda _: True)
    (store,) = assemble(haul, [str(open_folder)], (), Asked((), now), complete=True, machine=machine).stores
    assert "world-writable" not in {item.rule for item in store.findings}
