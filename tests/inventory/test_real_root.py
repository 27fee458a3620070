"""Folders of this machine: a scan finds what opening every file as every format finds."""

import os
from pathlib import Path

import pytest

from tests import realtools
from tests.inventory.brute_force import found_by_force, found_by_scan

_FOLDERS = ["/etc/ssl", "/etc/ca-certificates", "/usr/share/ca-certificates", "/usr/lib/jvm", "/usr/lib/python3"]


@pytest.mark.parametrize("folder", _FOLDERS)
def test_a_scan_finds_what_opening_every_file_finds(folder: str) -> None:
    if not Path(folder).is_dir():
        realtools.absent(f"a folder {folder}")
    assert found_by_scan(Path(folder)) == found_by_force(Path(folder))


def test_of_the_corpus_too() -> None:
    corpus = os.environ.get("TRUSTSTORE_TOOL_CORPUS")
    if not corpus:
        realtools.absent("a corpus of stores")
    # What stands as values in other texts is found as such.
    missed = found_by_force(Path(corpus)) - found_by_scan(Path(corpus))
    assert missed == set()
