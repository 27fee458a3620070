"""The playbook of docs/fleet.md runs, and its second run changes nothing."""

import shutil
from pathlib import Path

from tests.ansible.environment import ROOT
from tests.ansible.hosts import LOCAL
from tests.ansible.material import NEW, NEW_ROOT, OLD, PASSWORD, keytool_store, trusted
from tests.ansible.plays import Controller
from tests.pages import blocks
from tests.realtools import Jdk


def test_the_first_playbook(controller: Controller, jdk: Jdk, tmp_path: Path) -> None:
    (text,) = [block.text for block in blocks((ROOT / "docs" / "fleet.md").read_text()) if block.language == "yaml"]
    store = keytool_store(jdk, tmp_path / "truststore.jks")
    playbook = tmp_path / "playbook.yml"
    playbook.write_text(text.replace("/etc/myapp/truststore.jks", str(store)))
    shutil.copy(NEW_ROOT, tmp_path)
    hosts = {"here": {**LOCAL, "truststore_password": PASSWORD}}
    assert [controller.playbook(playbook, hosts).total("changed") for _ in range(2)] == [1, 0]
    assert trusted(jdk, store) == [{OLD, NEW}]
