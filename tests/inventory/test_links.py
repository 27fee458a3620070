"""Links are not followed, and none is passed over in silence; neither is what cannot be entered or read."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests import realtools
from tests.cli.conftest import tool as tool
from tests.cli.harness import Tool
from tests.inventory.test_recall import places, scanned
from tests.inventory.trees import pem
from tests.samples import own

NOBODY = 65534


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    folder = tmp_path / "inside"
    (folder / "below").mkdir(parents=True)
    (folder / "store.pem").write_bytes(pem())
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "other.pem").write_bytes(pem("new-root.pem"))
    return folder


def test_links_that_lead_out_are_named_with_where_they_lead(inside: Path) -> None:
    outside = inside.parent / "outside"
    (inside / "file").symlink_to(outside / "other.pem")
    (inside / "folder").symlink_to("../outside")
    (inside / "below" / "winding").symlink_to("../below/../../outside/other.pem")
    (inside / "below" / "first").symlink_to("second")  # what it leads to is a link that is named itself
    (inside / "below" / "second").symlink_to(outside)
    found = {item.path.removeprefix(f"{inside}/"): item.why for item in scanned(inside).skipped}
    end = "is a link out of what is scanned, to "
    assert found == {
        "file": f"{end}{outside}/other.pem",
        "folder": f"{end}{outside}",
        "below/winding": f"{end}{outside}/other.pem",
        "below/second": f"{end}{outside}",
    }
    assert scanned(inside, outside).skipped == ()
    assert scanned(inside.parent).skipped == ()


def test_links_behind_which_nothing_of_anybody_lies_are_no_gap(inside: Path) -> None:
    for name, target in {
        "dangling": "nowhere",
        "dangling out": "/nowhere/at/all",
        "circle": "circle",
        "one": "two",
        "two": "one",
        "through a file": "store.pem/x",
        "kernel": "/proc/self/mounts",
        "device": "/dev/null",
        "up": "..",
        "self": ".",
        "within": "below/../store.pem",
        "long": "x" * 300,
    }.items():
        (inside / name).symlink_to(target)
    (inside / "up").unlink()
    found = scanned(inside)
    assert (found.skipped, set(places(found, inside))) == ((), {"store.pem"})


def test_links_to_a_store_are_shown_with_it(inside: Path, tool: Tool) -> None:
    (inside / "link").symlink_to("store.pem")
    (inside / "below" / "again").symlink_to(inside / "link")
    (inside / "folder").symlink_to("below")
    (inside / "through").symlink_to("folder/../store.pem")
    done = tool("scan", inside, "--json")
    (store,) = done.json["stores"]
    assert store["paths"] == [str(inside / "store.pem")]
    assert store["links"] == [str(inside / name) for name in ("below/again", "link", "through")]
    assert "linked as" in tool("scan", inside).out


def test_a_link_out_is_not_cleared(inside: Path, tool: Tool) -> None:
    need = ("--need", own("old-root.pem"))
    assert tool("scan", inside, *need).code == 0
    (inside / "link").symlink_to("../outside")
    done = tool("scan", inside, *need)
    assert (done.code, done.out.splitlines()[0]) == (1, "1 place, 1 store: 1 has it, 0 lack it; 1 not looked at")
    assert tool("scan", inside, *need, "--exclude", "link").code == 0


def test_a_root_that_is_a_link_is_what_it_leads_to(inside: Path) -> None:
    link = inside.parent / "link"
    link.symlink_to(inside)
    (inside / "back").symlink_to(inside / "below")
    (inside / "home").symlink_to(link / "below")
    found = scanned(link)
    assert (found.skipped, len(found.stores)) == ((), 1)


def test_sockets_pipes_and_devices_are_passed_over(inside: Path) -> None:
    os.mkfifo(inside / "pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(inside / "socket"))
        found = scanned(inside)
    assert (found.skipped, len(found.stores)) == ((), 1)


def test_what_may_not_be_read_is_named(inside: Path) -> None:
    """A folder that may be listed and not entered, one that may be entered and not listed, a file, a link into one."""
    if os.geteuid():
        realtools.absent("somebody who may not read, which only root becomes")
    for name, mode in (("listed", 0o744), ("entered", 0o711), ("closed", 0o700)):
        (inside / name).mkdir()
        (inside / name / "x.pem").write_bytes(pem())
        (inside / name).chmod(mode)
    (inside / "file.pem").write_bytes(pem())
    (inside / "file.pem").chmod(0o600)
    (inside.parent / "outside").chmod(0o700)
    (inside / "link").symlink_to("../outside/other.pem")
    code = f"""
import json, os, pathlib
from tests.inventory.test_recall import scanned
here = pathlib.Path({str(inside)!r})
scanned(here)  # what words errors is loaded before permissions go
os.chdir(here), os.setgroups([]), os.setgid({NOBODY}), os.setuid({NOBODY})
print(json.dumps({{item.path: item.why for item in scanned(pathlib.Path(".")).skipped}}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    skipped = json.loads(done.stdout)
    assert set(skipped) == {f"./{name}" for name in ("listed/x.pem", "entered", "closed", "file.pem", "link")}
    assert all("Permission denied" in why for why in skipped.values())
