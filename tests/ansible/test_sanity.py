"""Ansible's own judges: ansible-test sanity for the Pythons that are here, and ansible-lint."""

import os
import shutil
from pathlib import Path

from tests.ansible.environment import ROOT, Ansible

_SOURCE = ROOT / "integrations" / "ansible"


def _laid_out(folder: Path) -> Path:
    """A copy of the collection where these programs want it."""
    place = folder / "ansible_collections" / "truststore" / "tool"
    shutil.copytree(_SOURCE, place, ignore=shutil.ignore_patterns("__pycache__", ".ansible"))
    return place


def test_lint_of_the_profile_for_production(ansible: Ansible, tmp_path: Path) -> None:
    place = _laid_out(tmp_path)
    env = {**ansible.environment(tmp_path), "HOME": str(tmp_path / "home")}
    # No address of a repository is known to the project.
    words = ("--offline", "--profile", "production", "--nocolor", "--skip-list", "galaxy[no-repository]")
    done = ansible.run("ansible-lint", *words, env=env, cwd=place)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_parts_that_hosts_run_compile_for_each_python(ansible: Ansible, tmp_path: Path) -> None:
    """What needs no environment of its own, which ansible-test would fill from the network."""
    place = _laid_out(tmp_path)
    pythons = sorted(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions").glob("3.*/bin"))
    env = {**ansible.environment(), "HOME": str(ansible.root / "home")}
    env["PATH"] = os.pathsep.join([*map(str, pythons), env["PATH"]])
    del env["PYTHONPATH"]
    tests = ("compile", "ignores", "action-plugin-docs", "empty-init", "line-endings", "symlinks")
    words = [word for test in tests for word in ("--test", test)]
    done = ansible.run("ansible-test", "sanity", "--local", "--color", "no", *words, env=env, cwd=place)
    assert done.returncode == 0, done.stdout + done.stderr
