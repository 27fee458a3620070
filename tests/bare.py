"""A bare Debian in a folder, and in it a new user: `make demo`, and the short part of the tests.

There is what the README says to install, and nothing else: no compiler, no JDK, no /proc, no /dev/pts, no locale, no
HOME. `python -m tests.bare SUITE` makes the folder under the tests' cache (root, debootstrap), once, and runs both in a
clone of this checkout. The exit code is 75 where it cannot be made.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.debian import bootstrap, made_once, quietly
from tests.realtools import CACHE, HERE

USER: Final = "ordinary"
UNTRIED: Final = 75  # EX_TEMPFAIL
# How names and addresses are found, and whom pip trusts, is the machine's matter.
_OF_THE_MACHINE: Final = ("/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt")


def prerequisites() -> list[str]:
    """The packages that the README says to install."""
    found = re.search(r"`apt-get install ([\w -]+)` is all that", (HERE.parent / "README.md").read_text())
    assert found is not None
    return found[1].split()


def folder(suite: str) -> Path | str:
    """The folder, made if it is not there; or why it cannot be."""
    place, packages = CACHE / f"bare-{suite}", ",".join(prerequisites())

    def make() -> None:
        bootstrap(place, suite, f"--include={packages}")
        quietly("chroot", place, "apt-get", "clean")
        quietly("chroot", place, "useradd", "--create-home", USER)

    return made_once(place, packages, make) or place


def tried(place: Path) -> int:
    """The exit code of make there, whose output goes where ours does."""
    checkout = Path("home", USER, "checkout")
    shutil.rmtree(place / checkout, ignore_errors=True)
    quietly("git", "-c", "safe.directory=*", "clone", "--quiet", HERE.parent, place / checkout)
    quietly("chroot", place, "chown", "-R", USER, f"/{checkout}")
    for name in filter(os.path.exists, _OF_THE_MACHINE):
        copy = place / name[1:]
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(name, copy)
    ours = [(name, value) for name, value in os.environ.items() if name.startswith("PIP_")]
    pip = [f"{name}={value}" for name, value in ours if value[:1] != "/" or (place / value[1:]).exists()]
    settings = ("env", "-i", "PATH=/usr/bin:/bin", *pip)
    command = (
        "chroot",
        f"--userspec={USER}:{USER}",
        place,
        *settings,
        "make",
        "-C",
        f"/{checkout}",
        "demo",
        "test-short",
    )
    return subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL).returncode


def main(suite: str) -> int:
    """Make the folder and run both; the exit code."""
    made = folder(suite)
    if isinstance(made, str):
        sys.stdout.write(f"the bare Debian {suite}: {made}\n")
        return UNTRIED
    return tried(made)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
