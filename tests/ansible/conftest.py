"""The collection, installed as users install it; a controller to play from; and hosts."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ansible import environment
from tests.ansible.environment import ROOT, Ansible
from tests.ansible.hosts import Sshd, sshd
from tests.ansible.plays import Controller


@pytest.fixture(scope="session")
def ansible() -> Ansible:
    """The newer release."""
    return environment.there()


@pytest.fixture(scope="session")
def installed(ansible: Ansible, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the collection is installed from its tarball, which is built as `make ansible` builds it."""
    folder = tmp_path_factory.mktemp("collection")
    env = {**ansible.environment(), "ANSIBLE_HOME": str(folder / "home"), "HOME": str(folder / "home")}
    source = ROOT / "integrations" / "ansible"
    for words in (
        ("build", "--output-path", folder, source),
        ("install", folder / _tarball(source), "--offline", "-p", folder / "collections"),
    ):
        done = ansible.run("ansible-galaxy", "collection", *words, env=env)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder / "collections"


def _tarball(source: Path) -> str:
    about = dict(line.split(": ", 1) for line in (source / "galaxy.yml").read_text().splitlines() if ": " in line)
    return f"{about['namespace']}-{about['name']}-{about['version']}.tar.gz"


@pytest.fixture
def controller(ansible: Ansible, installed: Path, tmp_path: Path) -> Controller:
    """A controller with the newer release."""
    return Controller(ansible, installed, tmp_path)


@pytest.fixture(scope="session")
def server() -> Iterator[Sshd]:
    """Users behind an sshd."""
    with sshd() as running:
        yield running


@pytest.fixture
def users(server: Sshd) -> Iterator[Sshd]:
    """The same, with nothing in their homes when a test ends."""
    yield server
    for home in (server.folder / "home").iterdir():
        for left in home.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
