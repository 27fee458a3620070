"""A root for the stores of many hosts, by our module for Ansible and by java_cert, on the same hosts."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tests.ansible import environment
from tests.ansible.environment import Ansible
from tests.bench.measure import PASSWORD, Case, Command, Figure, compare
from tests.realtools import find
from tests.samples import amazon, own

_HOSTS: Final = 50
_LIMIT: Final = 0.5
# A pair takes minutes.
_RUNS: Final = 3
_ROOT: Final = amazon("rds-ca-rsa2048-g1-us-east-1.pem")
_STORE: Final = "{{ inventory_hostname }}/store"


def measure(runs: int, folder: Path) -> Iterator[Figure]:
    """Adding the root where it is not, and finding that it is everywhere."""
    ansible = environment.folder(environment.NEW)
    if isinstance(ansible, str):
        sys.exit(f"there is no Ansible: {ansible}")
    runs = min(runs, _RUNS)
    _prepare(ansible, folder)
    lacking = {f"host{n:02}/store": "lacking" for n in range(_HOSTS)}
    having = {f"host{n:02}/store": "having" for n in range(_HOSTS)}
    for what, fresh in (("a root added", lacking), ("nothing to change", having)):
        ours, theirs = (
            Command(
                (str(ansible.program("ansible-playbook")), "-i", "inventory.json", f"{name}.json"),
                fresh,
                environment=_environment(ansible, folder),
            )
            for name in ("ours", "theirs")
        )
        case = Case(f"{_HOSTS} hosts: {what}", ours, theirs, "java_cert", _LIMIT)
        yield compare("ansible", case, runs, folder)


def _environment(ansible: Ansible, folder: Path) -> dict[str, str]:
    home = str(folder / "home")
    return {**ansible.environment(folder / "collections"), "HOME": home, "ANSIBLE_HOME": home}


def _prepare(ansible: Ansible, folder: Path) -> None:
    """Install the collection; write an inventory, a playbook each, and the stores that hosts have."""
    env = {**os.environ, **_environment(ansible, folder)}
    source = environment.ROOT / "integrations" / "ansible"
    _quietly(ansible.program("ansible-galaxy"), "collection", "build", "--output-path", folder, source, env=env)
    (made,) = folder.glob("*.tar.gz")
    words = ("collection", "install", made, "--offline", "-p", folder / "collections")
    _quietly(ansible.program("ansible-galaxy"), *words, env=env)
    host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    hosts = {f"host{n:02}": host for n in range(_HOSTS)}
    for name in hosts:
        (folder / name).mkdir()
    _write(folder / "inventory.json", {"all": {"hosts": hosts}})
    path = str(folder / _STORE)
    ours = {"path": path, "password": PASSWORD, "certificates": [str(_ROOT)], "trust_unseen": True, "aliases": ["new"]}
    theirs = {"keystore_path": path, "keystore_pass": PASSWORD, "cert_content": _ROOT.read_text(), "cert_alias": "new"}
    _write(folder / "ours.json", _play({"truststore.tool.truststore": ours}))
    _write(folder / "theirs.json", _play({"community.general.java_cert": theirs}))
    old = ("old", own("old-root.pem"))
    for store, roots in {"lacking": [old], "having": [old, ("new", _ROOT)]}.items():
        for alias, root in roots:
            _quietly(find("keytool"), "-importcert", "-noprompt", "-alias", alias, "-file", root, "-keystore",
                     folder / store, "-storetype", "JKS", "-storepass", PASSWORD, env=env)  # fmt: skip


def _play(task: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": "Play", "hosts": "all", "gather_facts": False, "tasks": [{"name": "The root", **task}]}]


def _write(path: Path, document: object) -> None:
    path.write_text(json.dumps(document))


def _quietly(*words: str | Path, env: dict[str, str]) -> None:
    subprocess.run(words, check=True, capture_output=True, env=env)
