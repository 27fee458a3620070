"""The source distribution, and all wheels that installing it takes; installers then need no index."""

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.realtools import HERE, missing, run

CHECKOUT = HERE.parent


@dataclass(frozen=True)
class Shelf:
    """What installers take everything from.

    Attributes:
        sdist: the source distribution.
        wheels: a folder of wheels: what ours and its build need, pipx, and an extra.
    """

    sdist: Path
    wheels: Path

    @property
    def offline(self) -> tuple[str, ...]:
        """Options of pip and of uv that leave it with these."""
        return ("--no-index", "--find-links", str(self.wheels))


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """Made from a copy, as building leaves folders beside the sources."""
    place = tmp_path_factory.mktemp("shelf")
    source, wheels = place / "source", place / "wheels"
    left_out = (".git", ".venv*", ".node", "build", "dist", "*.egg-info", "__pycache__", ".*_cache", ".hypothesis")
    shutil.copytree(CHECKOUT, source, ignore=shutil.ignore_patterns(*left_out))
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "wheel", "--quiet", "--wheel-dir", wheels, "setuptools>=77", "pip", "zstandard>=0.22", source)
    # The wheel that was just built is not what the tests are about: each installer builds its own.
    for built in wheels.glob("truststore_tool-*.whl"):
        built.unlink()
    run(uv(), "build", "--quiet", "--sdist", "--no-index", "--find-links", wheels, "--out-dir", place, source)
    (sdist,) = place.glob("*.tar.gz")
    return Shelf(sdist, wheels)


@pytest.fixture(scope="session")
def zipapp(shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make zipapp` makes, in a folder of its own."""
    place = tmp_path_factory.mktemp("zipapp")
    with tarfile.open(shelf.sdist) as archive:
        archive.extractall(place, filter="data")
    (checkout,) = place.iterdir()
    ready = checkout / "ready"
    ready.touch()
    made = (f"TOOL={ready}", f"BIN={Path(sys.executable).parent}")
    said("make", "zipapp", *made, cwd=checkout, env={"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": shelf.wheels})
    return checkout / "dist" / "truststore-tool.pyz"


def uv() -> Path:
    """The uv of the environment of the tests."""
    return beside("uv")


def beside(name: str) -> Path:
    """A program beside the Python that runs the tests."""
    found = Path(sys.executable).parent / name
    return found if found.exists() else missing(name)


def clean(variables: Mapping[str, str | Path]) -> dict[str, str]:
    """The environment without this checkout in it."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return {**kept, "LC_ALL": "C.UTF-8", **{name: str(value) for name, value in variables.items()}}


def said(*command: str | Path, cwd: Path, code: int = 0, env: Mapping[str, str | Path] | None = None) -> str:
    """What a command prints, on standard output and standard error."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=clean(env or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )
    assert done.returncode == code, done.stdout
    return done.stdout
