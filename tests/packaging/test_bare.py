"""What keeps the bare Debian from being made is told, and what is installed in it is what a new user is told to."""

import os
import subprocess
import sys
from pathlib import Path

from tests import bare
from tests.packaging.conftest import CHECKOUT


def test_where_it_cannot_be_made_it_says_why(tmp_path: Path) -> None:
    env = {**os.environ, "PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-m", "tests.bare", "trixie"], cwd=CHECKOUT, env=env, capture_output=True)
    why = b"debootstrap is not installed" if os.geteuid() == 0 else b"only root can use it"
    assert (done.returncode, done.stdout) == (75, b"the bare Debian trixie: " + why + b"\n")


def test_all_pages_say_to_install_the_same() -> None:
    asked = f"apt-get install {' '.join(bare.prerequisites())}"
    assert f"`{asked}`" in (CHECKOUT / ".github" / "CONTRIBUTING.md").read_text()
