"""The Ansible of the tests: two releases, in environments of their own, each made once in the cache.

`python -m tests.ansible.environment` makes them beforehand, and says where they lie and how long that took.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
import tomllib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from tests.realtools import CACHE, HERE, absent

ROOT: Final = HERE.parent
FOLDER: Final = CACHE / "ansible"
_MAKING: Final = 900  # seconds
_NOTHING_SET: Final = FOLDER / "ansible.cfg"  # empty: what the machine's says does not hold
_DONE: Final = "made-of"  # names the packages; written last


@dataclass(frozen=True)
class Release:
    """What to install.

    Attributes:
        core: the version of ansible-core.
        packages: what else of PyPI.
        bundle: the version of the package `ansible`, from which `collections` are unpacked.
    """

    core: str
    packages: tuple[str, ...] = ()
    bundle: str | None = None
    collections: tuple[str, ...] = ()


# One place for every version. The older core is the oldest that Python 3.11 and community.general both run with.
NEW: Final = Release("2.19.14", ("ansible-lint==26.4.0",), "12.3.0", ("community/general", "ansible/posix"))
OLD: Final = Release("2.17.14")
# With which ansible-test fills the environments of its sanity tests; it would fetch a script from the network for that.
_PIP: Final = "24.2"
_BOOTSTRAP: Final = """
import runpy, sys
sys.path.insert(0, {wheel!r})
sys.argv = ["pip", "--quiet", "install", "--no-index", {wheel!r}]
runpy.run_module("pip", run_name="__main__")
"""


@dataclass(frozen=True)
class Ansible:
    """A release that is there.

    Attributes:
        root: its folder: `bin/` of a virtual environment, `collections/`, and `home/` for what its programs keep.
    """

    root: Path

    def program(self, name: str) -> Path:
        """One of its programs."""
        return self.root / "bin" / name

    def environment(self, collections: Path | None = None) -> dict[str, str]:
        """What its programs are started with: ours is the package of this checkout, and nothing is of the user."""
        places = [str(place) for place in (collections, FOLDER / "collections") if place]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "TRUSTSTORE_"))}
        return {
            **kept,
            "PATH": f"{self.root / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(places),
            "ANSIBLE_CONFIG": str(_NOTHING_SET),
            "ANSIBLE_NOCOLOR": "1",
            "LC_ALL": "C.UTF-8",
            "NO_COLOR": "1",
        }

    def run(
        self, *words: str | Path, env: Mapping[str, str], cwd: Path | None = None, timeout: float = 300
    ) -> "subprocess.CompletedProcess[str]":
        """Run one of its programs, and wait."""
        return subprocess.run(
            [str(self.program(str(words[0]))), *map(str, words[1:])],
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )


def there(release: Release = NEW) -> Ansible:
    """A release; a skip where it cannot be made, which the end of the run tells."""
    made = folder(release)
    return absent(f"Ansible {release.core} ({made})") if isinstance(made, str) else made


@cache
def folder(release: Release) -> Ansible | str:
    """The release, made if it is not there; or why it cannot be."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    root = FOLDER / f"{release.core}-python{python}"
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _NOTHING_SET.touch()
        wanted = _wanted(release)
        done = root / _DONE
        if not done.exists() or done.read_text() != wanted:
            try:
                _make(release, root)
            except (subprocess.SubprocessError, OSError) as exc:
                said = getattr(exc, "stderr", None) or getattr(exc, "stdout", None) or str(exc).encode()
                last = (said.decode(errors="replace").strip().splitlines() or [type(exc).__name__])[-1]
                return f"it could not be made: {last}"
            done.write_text(wanted)
    return Ansible(root)


def _ours() -> list[str]:
    """What our package needs, and what its pages of HTML need."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [*project["dependencies"], *project["optional-dependencies"]["html"]]


def _wanted(release: Release) -> str:
    return hashlib.sha256(repr((release, _PIP, _BOOTSTRAP, _ours(), sys.version_info)).encode()).hexdigest()


def _make(release: Release, root: Path) -> None:
    shutil.rmtree(root, ignore_errors=True)
    _quietly(sys.executable, "-m", "venv", root)
    pip = (root / "bin" / "python", "-m", "pip", "--quiet", "--disable-pip-version-check")
    _quietly(*pip, "install", f"ansible-core=={release.core}", *release.packages, *_ours())
    if not release.bundle:
        return
    cached = root / "home" / ".ansible" / "test" / "cache"
    cached.mkdir(parents=True)
    _quietly(*pip, "download", "--no-deps", "--dest", cached, f"pip=={_PIP}", f"ansible=={release.bundle}")
    (wheel,) = cached.glob("pip-*.whl")
    (cached / f"get_pip_{_PIP.replace('.', '_')}.py").write_text(_BOOTSTRAP.format(wheel=str(wheel)))
    (wheel,) = cached.glob("ansible-*.whl")
    # The folder that all releases share.
    prefixes = tuple(f"ansible_collections/{name}/" for name in release.collections)
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.namelist():
            if member.startswith(prefixes):
                archive.extract(member, FOLDER / "collections")
    wheel.unlink()


def _quietly(*command: str | Path) -> None:
    subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=_MAKING)


if __name__ == "__main__":
    for each in (NEW, OLD):
        began = time.monotonic()
        made = folder(each)
        where = made if isinstance(made, str) else made.root
        sys.stdout.write(f"Ansible {each.core} of the tests: {where} ({time.monotonic() - began:.0f} s)\n")
