"""The role rds_rotation: new roots where the old ones are, on many hosts, and one page that says so."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.ansible.environment import ROOT
from tests.ansible.hosts import LOCAL, Variables
from tests.ansible.material import NEW, PASSWORD, keytool_store, trusted
from tests.ansible.plays import Controller, Run
from tests.realtools import Jdk
from tests.samples import amazon, own

OLD_RDS = amazon("rds-ca-2019-root.pem")
NEW_RDS = amazon("rds-ca-rsa2048-g1-us-east-1.pem")
ROLE = "truststore.tool.rds_rotation"


def play(controller: Controller, hosts: dict[str, Variables], *words: str, **variables: Any) -> Run:
    given = {
        "rds_rotation_roots": [str(NEW_RDS)],
        "rds_rotation_expect": [NEW],
        "rds_rotation_passwords": ["changeit", PASSWORD],
        "rds_rotation_report": str(controller.folder / "fleet.html"),
        **variables,
    }
    playbook = controller.folder / "rotation.json"
    playbook.write_text(json.dumps([{"hosts": "all", "roles": [{"role": ROLE, "vars": given}]}]))
    return controller.playbook(playbook, hosts, *words)


def page(controller: Controller) -> str:
    return (controller.folder / "fleet.html").read_text()


@pytest.fixture
def fleet(tmp_path: Path, jdk: Jdk) -> dict[str, Variables]:
    """Hosts whose roots are folders: web1 and web2 have stores with the old root; db has none of the provider's."""
    hosts: dict[str, Variables] = {}
    for name in ("web1", "web2", "db"):
        (tmp_path / name).mkdir()
        hosts[name] = {**LOCAL, "rds_rotation_paths": [str(tmp_path / name)]}
    keytool_store(jdk, tmp_path / "web1" / "trust.jks", OLD_RDS)
    shutil.copy(OLD_RDS, tmp_path / "web2" / "root.crt")
    keytool_store(jdk, tmp_path / "db" / "other.jks", own("old-root.pem"))
    return hosts


def changed(run: Run) -> dict[str, int]:
    return {host: stats["changed"] for host, stats in run.stats.items()}


def failed(run: Run) -> set[str]:
    return {host for host, stats in run.stats.items() if stats["failures"]}


def reason(run: Run, host: str) -> str:
    return str(run.of(host)[-1]["msg"])


def test_a_fleet_is_rotated_once_and_the_page_tells(
    controller: Controller, fleet: dict[str, Variables], tmp_path: Path, jdk: Jdk
) -> None:
    store, bundle, other = (
        tmp_path / "web1" / "trust.jks",
        tmp_path / "web2" / "root.crt",
        tmp_path / "db" / "other.jks",
    )
    before = {path: path.read_bytes() for path in (store, bundle, other)}
    check = play(controller, fleet, "--check")
    assert (check.rc, changed(check)) == (0, {"web1": 1, "web2": 1, "db": 0}), check.said
    assert {path: path.read_bytes() for path in before} == before
    first = play(controller, fleet)
    assert (first.rc, changed(first)) == (0, {"web1": 1, "web2": 1, "db": 0}), first.said
    (old,) = trusted(jdk, keytool_store(jdk, tmp_path / "old", OLD_RDS))
    assert trusted(jdk, store) == [{*old, NEW}]
    assert bundle.read_text().count("BEGIN CERTIFICATE") == 2
    assert other.read_bytes() == before[other]
    told = page(controller)
    assert "Trust stores on 3 hosts" in told
    assert "2 stores: 2 have it, 0 lack it" in told
    assert f"web1:{store}" in told
    assert "other.jks" not in told
    second = play(controller, fleet)
    assert (second.rc, changed(second)) == (0, {"web1": 0, "web2": 0, "db": 0}), second.said
    assert PASSWORD not in check.said + first.said + second.said + told


def test_hosts_that_fail_or_are_not_reached_are_named_and_the_others_go_on(
    controller: Controller, fleet: dict[str, Variables], tmp_path: Path
) -> None:
    store = tmp_path / "web1" / "trust.jks"
    damaged = store.read_bytes()
    fleet = {
        # Its store needs another reader than it can have: nothing is written.
        "web1": {**fleet["web1"], "rds_rotation_for": ["a reader that nobody knows"]},
        "web2": fleet["web2"],
        "gone": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1},
    }
    run = play(controller, fleet)
    assert run.rc == 2, run.said
    assert failed(run) == {"web1", "gone"}
    assert changed(run)["web2"] == 1
    assert store.read_bytes() == damaged
    assert reason(run, "web1").startswith("web1 is not cleared: Add the new roots to each store that lacks them: ")
    assert f"{store} lacks the new roots" in reason(run, "web1")
    assert reason(run, "gone").startswith("gone is not cleared: it was not reached")
    assert "play again" in reason(run, "gone")
    told = page(controller)
    assert "Trust stores on 3 hosts, 2 of them not cleared" in told
    for line in ("the host is not cleared: it was not reached", "the host is not cleared: Add the new roots"):
        assert line in told


def test_what_is_left_alone_or_locked_is_not_cleared_unless_told(
    controller: Controller, fleet: dict[str, Variables], tmp_path: Path, jdk: Jdk
) -> None:
    web = tmp_path / "web2"
    (web / "system").mkdir()
    keys, system, locked = web / "keys.pem", web / "system" / "cacerts.pem", web / "locked.jks"
    system.write_bytes(OLD_RDS.read_bytes() + own("old-root.pem").read_bytes())
    keys.write_bytes(system.read_bytes() + own("old-root.key").read_bytes())
    keytool_store(jdk, locked, OLD_RDS, password="another password")
    before = {path: path.read_bytes() for path in (keys, system, locked)}
    hosts = {"web2": fleet["web2"]}
    options = {"rds_rotation_leave": [f"{web}/system/*"]}
    run = play(controller, hosts, **options)
    assert (run.rc, changed(run)) == (2, {"web2": 1}), run.said
    said = reason(run, "web2")
    assert f"{web}/keys.pem holds private keys" in said
    assert f"{web}/system/cacerts.pem is left alone for its place ({web}/system/*)" in said
    assert f"{web}/locked.jks no password opens it" in said
    assert {path: path.read_bytes() for path in before} == before
    assert play(controller, hosts, **options, rds_rotation_strict=False).rc == 0
    named = play(controller, hosts, **options, rds_rotation_stores=[str(system)])
    assert (named.rc, changed(named)) == (0, {"web2": 1}), named.said
    assert system.read_bytes().count(b"BEGIN CERTIFICATE") == 3


def test_nothing_becomes_trusted_without_its_fingerprint(
    controller: Controller, fleet: dict[str, Variables], tmp_path: Path
) -> None:
    bundle = tmp_path / "web2" / "root.crt"
    for expect in ([], ["00" * 32]):
        run = play(controller, {"web2": fleet["web2"]}, rds_rotation_expect=expect)
        assert run.rc == 2, run.said
        assert bundle.read_bytes() == OLD_RDS.read_bytes()


def test_the_sample_playbook_runs_as_it_stands(controller: Controller, tmp_path: Path, jdk: Jdk) -> None:
    playbook = ROOT / "integrations" / "ansible" / "playbooks" / "rds_rotation.yml"
    shutil.copy(NEW_RDS, controller.folder)
    store = keytool_store(jdk, tmp_path / "trust.jks", OLD_RDS, password="changeit")
    # What is given on the command line comes before what stands in the playbook.
    where = ("--extra-vars", json.dumps({"rds_rotation_paths": [str(store)]}))
    run = controller.playbook(playbook, {"web": LOCAL}, *where)
    assert (run.rc, changed(run)) == (0, {"web": 1}), run.said
    assert NEW in trusted(jdk, store, password="changeit")[0]
    assert (controller.folder / "rds-rotation.html").exists()
    by_name = controller.playbook(Path("truststore.tool.rds_rotation"), {"web": LOCAL}, *where)
    assert (by_name.rc, changed(by_name)) == (0, {"web": 0}), by_name.said
