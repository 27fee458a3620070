"""A playbook written for community.general.java_cert, and the same for ours: keytool finds the same in both."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ansible.environment import ROOT, Ansible
from tests.ansible.hosts import LOCAL
from tests.ansible.material import NEW, NEW_ROOT, OLD, OLD_ROOT, OTHER_ROOT, PASSWORD, keytool_store
from tests.ansible.plays import Controller
from tests.realtools import Jdk, run

THEIRS = """
- hosts: all
  tasks:
    - name: The root of the database
      community.general.java_cert:
        cert_path: {new}
        cert_alias: rds
        keystore_path: {folder}/new.jks
        keystore_pass: {password}
        keystore_create: true
        keystore_type: JKS
        executable: {keytool}
        mode: "0640"
    - name: The same in a store that is there
      community.general.java_cert:
        cert_content: |
          {text}
        cert_alias: rds
        keystore_path: {folder}/there.jks
        keystore_pass: {password}
        executable: {keytool}
    - name: The old one goes
      community.general.java_cert:
        cert_alias: root1
        keystore_path: {folder}/there.jks
        keystore_pass: {password}
        executable: {keytool}
        state: absent
"""
CHANGES = (
    ("community.general.java_cert:", "truststore.tool.truststore:"),
    ("cert_path:", "certificates:"),
    ("cert_content:", "certificates:"),
    ("keystore_type: JKS", "format: jks"),
    ("        executable: {keytool}\n", ""),
    ("        cert_alias: rds\n", f"        cert_alias: rds\n        expect: {NEW}\n"),
)


def test_both_versions_make_the_same_stores(controller: Controller, jdk: Jdk, tmp_path: Path) -> None:
    ours = THEIRS
    for old, new in CHANGES:
        assert old in ours
        ours = ours.replace(old, new)
    told = []
    for name, text in (("theirs", THEIRS), ("ours", ours)):
        folder = tmp_path / name
        folder.mkdir()
        keytool_store(jdk, folder / "there.jks", OTHER_ROOT, OLD_ROOT)
        block = NEW_ROOT.read_text().strip().replace("\n", "\n          ")
        book = tmp_path / f"{name}.yml"
        book.write_text(
            text.format(new=NEW_ROOT, text=block, folder=folder, password=PASSWORD, keytool=jdk.keytool), "utf-8"
        )
        done = controller.playbook(book, {"here": LOCAL})
        assert done.rc == 0, done.said
        assert done.stats["here"]["changed"] == 3
        told.append([_listed(jdk, folder / store) for store in ("new.jks", "there.jks")])
        assert (folder / "new.jks").stat().st_mode & 0o777 == 0o640
    assert told[0] == told[1]
    assert told[1][0] == [f"rds {_shown(NEW)}"]
    again = controller.playbook(tmp_path / "ours.yml", {"here": LOCAL})
    assert (again.rc, again.stats["here"]["changed"]) == (0, 0)


def test_theirs_throws_out_what_ours_keeps(controller: Controller, jdk: Jdk, tmp_path: Path) -> None:
    """What the page says of an alias that is taken, and of a file with several certificates."""
    theirs, ours = keytool_store(jdk, tmp_path / "theirs"), keytool_store(jdk, tmp_path / "ours")
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(NEW_ROOT.read_bytes() + OTHER_ROOT.read_bytes())
    common = {"cert_alias": "root0", "keystore_pass": PASSWORD}
    their = {**common, "keystore_path": str(theirs), "cert_path": str(bundle), "executable": str(jdk.keytool)}
    our = {**common, "keystore_path": str(ours), "certificates": str(bundle), "trust_unseen": True}
    tasks: list[dict[str, Any]] = [{"community.general.java_cert": their}, {"truststore.tool.truststore": our}]
    done = controller.play(tasks, {"here": LOCAL})
    assert done.rc == 0, done.said
    assert _listed(jdk, theirs) == [f"root0 {_shown(NEW)}"]
    assert f"root0 {_shown(OLD)}" in _listed(jdk, ours)
    assert len(_listed(jdk, ours)) == 3


def _listed(jdk: Jdk, store: Path) -> list[str]:
    """Alias and fingerprint of each entry, as keytool lists them."""
    said = run(jdk.keytool, "-list", "-v", "-keystore", store, "-storepass", PASSWORD).decode()
    names = re.findall(r"Alias name: (\S+)", said)
    return sorted(map(" ".join, zip(names, re.findall(r"SHA256: ([0-9A-F:]+)", said), strict=True)))


def _shown(digest: str) -> str:
    return bytes.fromhex(digest).hex(":").upper()


@pytest.mark.parametrize("module", ["java_cert", "java_keystore"])
def test_the_page_has_every_option_of(ansible: Ansible, tmp_path: Path, module: str) -> None:
    env = {**ansible.environment(), "HOME": str(tmp_path)}
    asked = ansible.run("ansible-doc", "--json", f"community.general.{module}", env=env)
    options: dict[str, Any] = json.loads(asked.stdout)[f"community.general.{module}"]["doc"]["options"]
    page = (ROOT / "integrations" / "ansible" / "README.md").read_text()
    table = page.split(f"| `{module}` | here |\n", 1)[1].split("\n\n", 1)[0]
    rows = [row.split(" | ")[0] for row in table.splitlines()]
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(named) == sorted(options)


def test_the_page_begins_with_a_playbook_that_runs(controller: Controller, jdk: Jdk, tmp_path: Path) -> None:
    page = (ROOT / "integrations" / "ansible" / "README.md").read_text()
    text = page.split("```yaml\n", 1)[1].split("```", 1)[0]
    assert yaml.safe_load(text)[0]["tasks"]
    (tmp_path / NEW_ROOT.name).write_bytes(NEW_ROOT.read_bytes())
    (tmp_path / "first.yml").write_text(text.replace("/etc/myapp/truststore.jks", str(tmp_path / "store.jks")))
    done = controller.playbook(tmp_path / "first.yml", {"here": {**LOCAL, "truststore_password": PASSWORD}})
    assert (done.rc, done.stats["here"]["changed"]) == (0, 1), done.said
    assert [line.split()[1] for line in _listed(jdk, tmp_path / "store.jks")] == [_shown(NEW)]
