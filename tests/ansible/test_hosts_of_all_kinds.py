"""The same root for hosts of all kinds at once: it arrives, a JVM trusts it, and a second run changes nothing."""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests import debian
from tests.ansible import environment
from tests.ansible.hosts import APP, GUEST, LOCAL, OPS, SHARED, Sshd, Variables, inside
from tests.ansible.material import NEW, NEW_ROOT, OLD, copied, keytool_store, task, trusted
from tests.ansible.plays import Controller, Run
from tests.realtools import ABSENT, Jdk, absent

_NAME = "truststore.jks"


def _same(run: Run, hosts: Mapping[str, Variables], changed: int) -> None:
    assert run.rc == 0, run.said
    assert {name: each["changed"] for name, each in run.stats.items()} == dict.fromkeys(hosts, changed)


def _pythons() -> Iterator[Path]:
    """Pythons of pyenv that this release of Ansible works with on hosts."""
    for place in sorted(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions").glob("3.*")):
        if tuple(map(int, place.name.split(".")[:2])) >= (3, 8):
            yield place / "bin" / "python3"


@pytest.mark.parametrize("pipelining", ["0", "1"], ids=["plain", "pipelining"])
def test_users_behind_an_sshd(controller: Controller, users: Sshd, jdk: Jdk, tmp_path: Path, pipelining: str) -> None:
    ssh = users.user(OPS)
    sudo = {**ssh, "ansible_become": True}
    hosts: dict[str, Variables] = {
        "itself": {**ssh, "store": str(users.home(OPS) / _NAME)},
        "tilde": {**users.user(GUEST), "store": f"~/{_NAME}"},
        "root": {**sudo, "store": str(users.home(APP) / "roots.jks")},
        # Neither is root: Ansible shares its files by a group of both.
        "app": {
            **sudo,
            "ansible_become_user": APP,
            "ansible_common_remote_group": SHARED,
            "store": str(users.home(APP) / _NAME),
        },
    }
    ops, guest, app = map(users.home, (OPS, GUEST, APP))
    stores = [ops / _NAME, guest / _NAME, app / "roots.jks", app / _NAME]
    copied(keytool_store(jdk, tmp_path / "before"), *stores)
    for store, owner in zip(stores, (OPS, GUEST, APP, APP), strict=True):
        users.own(store, owner).chmod(0o640)
    tasks = [task("{{ store }}", NEW_ROOT)]
    env = {"ANSIBLE_PIPELINING": pipelining}
    _same(controller.play(tasks, hosts, env=env), hosts, 1)
    assert trusted(jdk, *stores) == [{OLD, NEW}] * 4
    # Root does not take from its user what is only written anew.
    assert [(users.owner(store), store.stat().st_mode & 0o777) for store in stores] == [
        (owner, 0o640) for owner in (OPS, GUEST, APP, APP)
    ]
    before = [store.read_bytes() for store in stores]
    _same(controller.play(tasks, hosts, env=env), hosts, 0)
    assert [store.read_bytes() for store in stores] == before
    assert not [left for home in (OPS, APP, GUEST) for left in (users.home(home) / ".ansible" / "tmp").glob("*")]


def test_a_debian_with_another_python(controller: Controller, jdk: Jdk) -> None:
    there = debian.there()
    with there.shared() as (outside, within):
        store = keytool_store(jdk, outside / "store")
        hosts = {"trixie": inside(there)}
        tasks = [task(f"{within}/store", NEW_ROOT), task(f"{within}/new.p12", NEW_ROOT, profile="compat")]
        _same(controller.play(tasks, hosts), hosts, 2)
        assert trusted(jdk, store) == [{OLD, NEW}]
        assert trusted(jdk, outside / "new.p12", storetype="PKCS12") == [{NEW}]
        _same(controller.play(tasks, hosts), hosts, 0)


def test_every_python_that_a_host_may_have(controller: Controller, jdk: Jdk, tmp_path: Path) -> None:
    pythons = list(_pythons())
    if not pythons:
        absent("hosts with other Pythons (pyenv has none here)")
    hosts: dict[str, Variables] = {
        python.parent.parent.name: {
            **LOCAL,
            "ansible_python_interpreter": str(python),
            "store": str(tmp_path / python.parent.parent.name / _NAME),
        }
        for python in pythons
    }
    copied(keytool_store(jdk, tmp_path / "before"), *(Path(str(host["store"])) for host in hosts.values()))
    _same(controller.play([task("{{ store }}", NEW_ROOT)], hosts), hosts, 1)
    assert trusted(jdk, *(Path(str(host["store"])) for host in hosts.values())) == [{OLD, NEW}] * len(hosts)


def test_twenty_hosts_ten_at_a_time(controller: Controller, jdk: Jdk, tmp_path: Path) -> None:
    hosts = {f"host{n:02}": {**LOCAL, "store": str(tmp_path / f"host{n:02}" / _NAME)} for n in range(20)}
    stores = [Path(str(host["store"])) for host in hosts.values()]
    copied(keytool_store(jdk, tmp_path / "before"), *stores)
    tasks = [task("{{ store }}", NEW_ROOT)]
    env = {"ANSIBLE_PIPELINING": "1"}
    _same(controller.play(tasks, hosts, "--forks", "10", env=env), hosts, 1)
    assert trusted(jdk, *stores) == [{OLD, NEW}] * 20
    _same(controller.play(tasks, hosts, "--forks", "10", env=env), hosts, 0)


def test_a_release_that_cannot_be_made_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(environment, "FOLDER", tmp_path / "ansible")
    monkeypatch.setattr(environment, "_NOTHING_SET", tmp_path / "ansible" / "ansible.cfg")
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho 'E: no network' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    said = environment.folder.__wrapped__(environment.OLD)
    assert said == "it could not be made: E: no network"
    monkeypatch.setattr(environment, "folder", lambda _: said)
    with pytest.raises(pytest.skip.Exception, match=f"^{ABSENT}Ansible 2.17.14 .it could not be made: E: no network.$"):
        environment.there(environment.OLD)


def test_a_controller_without_our_package_says_how_to_get_it(controller: Controller) -> None:
    env = {"PYTHONPATH": "", "ANSIBLE_STDOUT_CALLBACK": "default"}
    run = controller.play([task("/nowhere/store", NEW_ROOT)], {"here": LOCAL}, env=env)
    assert run.rc != 0
    assert "pip install truststore-tool" in run.said
    assert "Traceback" not in run.said
