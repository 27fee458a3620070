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
    done = ansible.run("ansible-lint", "--nocolor", env=env, cwd=place)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Profile 'production' was required, and it passed" in done.stdout + done.stderr


def test_sanity_with_each_python(ansible: Ansible, tmp_path: Path) -> None:
    # What is let pass stands in the collection's tests/sanity/, with the reason.
    place = _laid_out(tmp_path)
    pythons = sorted(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions").glob("3.*/bin"))
    env = {**ansible.environment(), "HOME": str(ansible.root / "home")}
    env["PATH"] = os.pathsep.join([*map(str, pythons), env["PATH"]])
    del env["PYTHONPATH"]
    done = ansible.run("ansible-test", "sanity", "--local", "--color", "no", env=env, cwd=place)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert {name for name in ("compile", "import", "pylint", "validate-modules") if f'test "{name}"' in said} == {
        *("compile", "import", "pylint", "validate-modules")
    }
    assert "Skipping" not in said
