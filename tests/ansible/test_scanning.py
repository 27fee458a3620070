"""truststore_scan says of hosts what `truststore-tool scan` says there, and leaves nothing of their files behind."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.ansible.environment import ROOT
from tests.ansible.hosts import LOCAL, OPS, Sshd, Variables
from tests.ansible.material import NEW_ROOT, OLD_ROOT, PASSWORD, keytool_store
from tests.ansible.plays import Controller
from tests.inventory.trees import zipped
from tests.realtools import Jdk
from tests.samples import own

SCAN = "truststore.tool.truststore_scan"


def looking(**options: Any) -> list[dict[str, Any]]:
    return [{"name": "Look", SCAN: {"paths": ["{{ folder }}"], **options}}]


def host(folder: Path) -> dict[str, Variables]:
    return {"web": {**LOCAL, "folder": str(folder)}}


def commanded(*words: str | Path, cwd: Path) -> dict[str, Any]:
    """The report of the command line."""
    done = subprocess.run(
        [sys.executable, "-m", "truststore_tool", "scan", *map(str, words), "--json"],
        capture_output=True, text=True, timeout=60, cwd=cwd, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.fixture
def folder(tmp_path: Path, jdk: Jdk) -> Path:
    """A host's files: stores with a password of their own and without, one in a jar, configuration, a key."""
    there = tmp_path / "host"
    (there / "etc").mkdir(parents=True)
    (there / "usr").mkdir()
    keytool_store(jdk, there / "etc" / "trust.jks")
    (there / "etc" / "root.crt").write_bytes(OLD_ROOT.read_bytes())
    (there / "etc" / "both.pem").write_bytes(OLD_ROOT.read_bytes() + NEW_ROOT.read_bytes())
    (there / "app.jar").write_bytes(zipped({"BOOT-INF/classes/ca.pem": OLD_ROOT.read_bytes()}))
    (there / "etc" / "kafka.properties").write_text("ssl.truststore.location=/etc/trust.jks\n")
    (there / "etc" / "gone.properties").write_text("ssl.truststore.location=/etc/gone.jks\n")
    (there / "etc" / "server.key").write_bytes(own("old-root.key").read_bytes())
    return there


def test_it_says_what_the_command_line_says(controller: Controller, folder: Path, tmp_path: Path) -> None:
    passwords = tmp_path / "passwords"
    passwords.write_text(f"a wrong one\n{PASSWORD}\n")
    options = {"needs": [str(NEW_ROOT)], "passwords": ["a wrong one", PASSWORD], "expires_within": 90}
    run = controller.play(looking(**options), host(folder), "-vvvv")
    assert run.rc == 0, run.said
    (result,) = run.of("web")
    words = ("--need", NEW_ROOT, "--passwords-from", passwords, "--expires-within", "90d")
    said = commanded(folder, *words, cwd=tmp_path)
    assert said["findings"], "the store that is not there is asked of the host"
    for report in (said, result["scan"]):
        assert report.pop("at")
        report.pop("host")
    assert result["scan"] == said
    assert result["summary"] == "4 places, 3 stores: 1 has it, 2 lack it"
    assert (result["changed"], result["cleared"]) == (False, False)
    (jks,) = (store for store in said["stores"] if store["format"] == "jks")
    assert result["opened_by"] == {jks["content"]: 1}
    assert PASSWORD not in run.said
    assert "a wrong one" not in run.said


def test_nothing_of_the_files_is_shown_or_left(controller: Controller, folder: Path) -> None:
    run = controller.play(looking(), host(folder), "-vvvvv", env={"ANSIBLE_LOG_PATH": str(controller.folder / "log")})
    assert run.rc == 0, run.said
    assert "collected" not in json.dumps(run.of("web"))
    said = run.said + (controller.folder / "log").read_text()
    for secret in ("PRIVATE KEY", own("old-root.key").read_text().splitlines()[1]):
        assert secret not in said
    assert OLD_ROOT.read_text().splitlines()[1] not in said
    left = [path for path in (controller.folder / "home").rglob("*") if path.is_file() and "tmp" in path.parts]
    assert left == []


def test_a_connection_that_tells_all_it_receives_does_not_tell_these(controller: Controller, users: Sshd) -> None:
    shutil.copy(OLD_ROOT, users.home(OPS))
    run = controller.play(looking(), {"web": {**users.user(OPS), "folder": str(users.home(OPS))}}, "-vvvv")
    assert run.rc == 0, run.said
    assert run.of("web")[0]["scan"]["places"] == 1
    assert '"collected"' not in run.said


def test_check_mode_looks_as_well_and_bounds_are_told(controller: Controller, folder: Path) -> None:
    run = controller.play(looking(max_file="1K", needs=[str(OLD_ROOT)]), host(folder), "--check")
    assert run.rc == 0, run.said
    (result,) = run.of("web")
    assert result["scan"]["stores"]
    over = {Path(item["path"]).name: item["why"] for item in result["scan"]["skipped"]}
    assert over["both.pem"] == "was not brought from the host: is larger than 1024 octets"
    assert not result["cleared"]


def test_a_host_that_trusts_all_it_needs_is_cleared(controller: Controller, tmp_path: Path) -> None:
    (tmp_path / "host").mkdir()
    (tmp_path / "host" / "root.crt").write_bytes(OLD_ROOT.read_bytes())
    run = controller.play(looking(needs=[str(OLD_ROOT)]), host(tmp_path / "host"))
    (result,) = run.of("web")
    assert (result["cleared"], result["summary"]) == (True, "1 place, 1 store: 1 has it, 0 lack it")
    gone = controller.play(looking(needs=[str(OLD_ROOT)]), host(tmp_path / "nowhere"))
    (result,) = gone.of("web")
    assert not result["cleared"]
    assert "No such file" in result["scan"]["skipped"][0]["why"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"paths": []}, "no paths are given"),
        ({"needs": ["nothing.pem"]}, "nothing.pem: neither a fingerprint nor a file of the controller"),
        ({"max_file": "many"}, "max_file"),
        ({"password": "x"}, "password"),
    ],
)
def test_what_makes_no_sense_is_one_line(
    controller: Controller, tmp_path: Path, options: dict[str, Any], said: str
) -> None:
    run = controller.play(looking(**options), host(tmp_path))
    (result,) = run.of("web")
    assert result["failed"]
    assert said in result["msg"]
    assert "\n" not in result["msg"]
    assert "Traceback" not in run.said


def test_names_of_files_are_no_templates(controller: Controller, tmp_path: Path) -> None:
    there = tmp_path / "host"
    there.mkdir()
    name = "{{ lookup('pipe', 'touch owned') }}.pem"
    (there / name.replace("/", "")).write_bytes(OLD_ROOT.read_bytes())
    (there / os.fsdecode(b"\xff.pem")).write_bytes(NEW_ROOT.read_bytes())
    tasks = [
        {**looking()[0], "register": "found"},
        {"ansible.builtin.set_fact": {"shown": "{{ (found | truststore.tool.rotation_plan('.', everything=true)) }}"}},
        {"ansible.builtin.debug": {"msg": "{{ found.scan.stores }} {{ shown }}"}},
    ]
    run = controller.play(tasks, host(there))
    assert run.rc == 0, run.said
    assert not list(tmp_path.rglob("owned"))
    assert not Path("owned").exists()


@pytest.mark.parametrize(
    ("kind", "name"),
    [("module", "truststore_scan"), ("role", "rds_rotation"), ("filter", "fleet_page"), ("filter", "rotation_plan")],
)
def test_ansible_documents_it(controller: Controller, kind: str, name: str) -> None:
    done = controller.ansible.run("ansible-doc", "-t", kind, f"truststore.tool.{name}", env=controller.environment())
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"truststore.tool.{name}" in done.stdout
    assert "ERROR" not in done.stdout + done.stderr
