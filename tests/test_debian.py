"""The Debian of the tests: its programs run and see the files handed to them, and its absence is told."""

import os
from pathlib import Path

import pytest

from tests import debian


def test_its_programs_run_and_see_the_files_handed_to_them() -> None:
    there = debian.there()
    with there.shared() as (outside, inside):
        (outside / "hello").write_bytes(b"hello")
        seen = there.run("python3", "-c", "import sys; print(open(sys.argv[1]).read(), sys.version)", f"{inside}/hello")
        who = there.run("id", "-un", user="postgres")
    assert seen.startswith(b"hello 3.13.")
    assert who == b"postgres\n"
    assert not outside.exists()


def test_what_keeps_it_from_being_made_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(debian, "FOLDER", tmp_path / "debian")
    asked = debian.folder.__wrapped__
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert asked() == "debootstrap is not installed"
    program = tmp_path / "debootstrap"
    program.write_text("#!/bin/sh\necho 'E: no network' >&2\nexit 1\n")
    program.chmod(0o755)
    assert asked() == "it could not be made: E: no network"
    assert not (tmp_path / "debian" / "made-of").exists()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert asked() == "only root can use it"
