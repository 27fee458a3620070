"""Other file systems are not entered unless asked, and are named; what is mounted at several places counts once."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import realtools
from tests.inventory.trees import pem
from tests.samples import own

# In a mount namespace of its own: a file system, in it another one; a folder and a file of the tree once more, the tree
# inside itself; of the other file system a folder and a file.
_MOUNTING = """
set -e
cd "$1"
mount -t tmpfs none other
mkdir other/inner other/folder other/loop
mount -t tmpfs none other/inner
cp "$2" other/there.pem
cp "$2" other/folder/one.pem
cp "$2" other/inner/deep.pem
mount --bind here again
mount --bind here/store.pem twice.pem
mount --bind . loop
mount --bind other/folder of-other
mount --bind other other/loop
mount --bind other/there.pem file.pem
shift 2
exec "$@"
"""
_NOT_ENTERED = "lies on another file system, which was not entered"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("again", "here", "loop", "of-other", "other"):
        (tmp_path / name).mkdir()
    for name in ("twice.pem", "file.pem"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "here" / "store.pem").write_bytes(pem())
    return tmp_path


def scanned(tree: Path, *options: str | Path) -> dict[str, Any]:
    """The report of a scan where all that is mounted."""
    alone = [realtools.find("unshare"), "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    if subprocess.run([*alone, "mount", "-t", "tmpfs", "none", tree / "other"], check=False).returncode:
        what = "a kernel that lets us mount"
        realtools.missing(what) if os.geteuid() == 0 else realtools.absent(what)
    scan = [sys.executable, "-m", "truststore_tool", "scan", *(options or [tree]), "--json", "--quiet"]
    words = [*alone, "sh", "-c", _MOUNTING, "sh", tree, own("new-root.pem"), *scan]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def found(report: dict[str, Any], tree: Path) -> tuple[list[str], dict[str, str]]:
    """The paths of all stores in the tree, and what was not looked at."""
    paths = [path.removeprefix(f"{tree}/") for store in report["stores"] for path in store["paths"]]
    return sorted(paths), {item["path"].removeprefix(f"{tree}/"): item["why"] for item in report["skipped"]}


def test_other_file_systems_are_named_and_not_entered(tree: Path) -> None:
    """But for a single file, which stands among those of the folder; what lies behind the same mount is there once."""
    paths, skipped = found(scanned(tree), tree)
    assert paths == ["again/store.pem", "file.pem", "twice.pem"]
    assert skipped == {"of-other": _NOT_ENTERED, "other": _NOT_ENTERED}


def test_all_of_them_are_entered_when_asked_each_once(tree: Path) -> None:
    paths, skipped = found(scanned(tree, tree, "--all-file-systems"), tree)
    assert (paths, skipped) == (
        ["again/store.pem", "file.pem", "of-other/one.pem", "other/inner/deep.pem", "other/there.pem", "twice.pem"],
        {},
    )


def test_those_that_are_named_are_entered(tree: Path) -> None:
    """Each root has its own file system, and a folder that is mounted below two roots counts below the first."""
    paths, skipped = found(scanned(tree, tree / "other", tree), tree)
    assert paths == ["again/store.pem", "file.pem", "other/folder/one.pem", "other/there.pem", "twice.pem"]
    assert skipped == {"other/inner": _NOT_ENTERED}
