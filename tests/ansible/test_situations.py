"""What goes wrong on one host stays there: its store is whole, the message says what to do, and the others are done."""

import base64
import json
import re
import sys
from pathlib import Path

import pytest

from tests.ansible.hosts import GUEST, LOCAL, OPS, Sshd, Variables, free_port
from tests.ansible.material import (
    NEW,
    NEW_ROOT,
    OLD,
    OLD_ROOT,
    OTHER,
    OTHER_ROOT,
    PASSWORD,
    copied,
    keytool_store,
    task,
    trusted,
)
from tests.ansible.plays import Controller
from tests.realtools import Jdk
from tests.samples import own

# A Python of a host, which does something else first when the module copy is to run.
_MEDDLING = """#!{python}
import os, sys
if "AnsiballZ_copy" in " ".join(sys.argv):
    {what}
os.execv({python!r}, [{python!r}, *sys.argv[1:]])
"""


def _python(folder: Path, what: str) -> str:
    program = folder / "python3"
    program.write_text(_MEDDLING.format(python=sys.executable, what=what))
    program.chmod(0o755)
    return str(program)


def test_one_host_of_each_misfortune(controller: Controller, users: Sshd, jdk: Jdk, tmp_path: Path) -> None:
    before = keytool_store(jdk, tmp_path / "before")
    good, bad = tmp_path / "good" / "store", tmp_path / "bad" / "store"
    dies = tmp_path / "dies" / "store"
    copied(before, good, bad, dies)
    # The directory of a user who is not root, in which nothing may be made.
    closed = users.home(GUEST) / "closed"
    copied(before, closed / "store")
    users.own(closed / "store", GUEST)
    closed.chmod(0o555)
    hosts: dict[str, Variables] = {
        "good": {**LOCAL, "store": str(good)},
        "password": {**LOCAL, "store": str(bad), "secret": "not this one"},
        "dies": {
            **LOCAL,
            "store": str(dies),
            "ansible_python_interpreter": _python(tmp_path, "os.kill(os.getpid(), 9)"),
        },
        "closed": {**users.user(GUEST), "store": str(closed / "store")},
        "unreachable": {**users.user(GUEST, free_port()), "store": "/nowhere"},
    }
    run = controller.play([task("{{ store }}", NEW_ROOT, password="{{ secret | default('" + PASSWORD + "') }}")], hosts)
    assert run.rc != 0
    assert [name for name, each in run.stats.items() if each["changed"]] == ["good"]
    assert [name for name, each in run.stats.items() if each["unreachable"]] == ["unreachable"]
    assert {name for name, each in run.stats.items() if each["failures"]} == {"password", "dies", "closed"}
    said = {name: run.of(name)[0]["msg"] for name in ("password", "dies", "closed")}
    assert "password" in said["password"]
    assert str(dies) in said["dies"]
    assert str(closed) in said["closed"]
    assert "not writable" in said["closed"].lower()
    assert "Traceback" not in run.said
    assert trusted(jdk, good) == [{OLD, NEW}]
    for store in (bad, dies, closed / "store"):
        assert store.read_bytes() == before.read_bytes()
        assert list(store.parent.iterdir()) == [store]
    # Overwritten where it lies, for whom that is asked.
    asked = task("{{ store }}", NEW_ROOT, unsafe_writes=True)
    assert controller.play([asked], {"closed": hosts["closed"]}).total("changed") == 1
    assert trusted(jdk, closed / "store") == [{OLD, NEW}]


@pytest.mark.parametrize("times", [1, 9], ids=["once", "for ever"])
def test_a_store_that_changes_meanwhile(controller: Controller, jdk: Jdk, tmp_path: Path, times: int) -> None:
    """The chmod of the host, which Ansible calls between the fetch and the write, puts another store in its place."""
    store = keytool_store(jdk, tmp_path / "store")
    theirs = keytool_store(jdk, tmp_path / "theirs", OTHER_ROOT)
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "chmod").write_text(
        f"#!/bin/sh\nn=$(cat {tmp_path}/n 2>/dev/null || echo 0)\n"
        f"if [ $n -lt {times} ]; then echo $((n + 1)) >{tmp_path}/n; cp {theirs} {store}; printf %s $n >>{store}; fi\n"
        'exec /bin/chmod "$@"\n'
    )
    (programs / "chmod").chmod(0o755)
    env = {"PATH": f"{programs}:{controller.environment()['PATH']}"}
    if times == 1:  # whole, and with another root
        text = (programs / "chmod").read_text().replace(f"printf %s $n >>{store};", "")
        (programs / "chmod").write_text(text)
    run = controller.play([task(store, NEW_ROOT)], {"here": LOCAL}, env=env)
    assert (tmp_path / "n").exists()
    if times == 1:
        assert run.rc == 0, run.said
        assert trusted(jdk, store) == [{OTHER, NEW}]
    else:
        assert run.total("failures") == 1
        assert "Traceback" not in run.said
        assert store.read_bytes().startswith(theirs.read_bytes())


def test_no_secret_is_shown_or_left(controller: Controller, jdk: Jdk, tmp_path: Path) -> None:
    store = keytool_store(jdk, tmp_path / "store")
    remote = tmp_path / "remote"
    hosts = {"here": {**LOCAL, "ansible_remote_tmp": str(remote)}}
    wrong = "N0t-the-Password!"
    tasks = [
        task(store, NEW_ROOT),
        task(tmp_path / "new.p12", NEW_ROOT, profile="compat"),
        {**task(store, NEW_ROOT, password=wrong), "ignore_errors": True},
    ]
    env = {
        "ANSIBLE_KEEP_REMOTE_FILES": "1",
        "ANSIBLE_STDOUT_CALLBACK": "default",
        "ANSIBLE_LOG_PATH": str(tmp_path / "log"),
    }
    run = controller.play(tasks, hosts, "-vvvv", "--diff", env=env)
    assert run.rc == 0, run.said
    (controller.folder / "play.json").unlink()
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size < 10_000_000]
    assert any(path.is_relative_to(remote) for path in files)
    everything = [("the output", run.said.encode()), *((str(path), path.read_bytes()) for path in files)]
    for secret in (PASSWORD, wrong):
        forms = (secret.encode(), secret.encode("utf-16-be"), base64.b64encode(secret.encode()))
        assert [place for place, data in everything if any(form in data for form in forms)] == []


@pytest.mark.parametrize("module", ["truststore", "truststore_info"])
def test_a_connection_that_tells_all_it_receives_does_not_tell_a_store(
    controller: Controller, users: Sshd, module: str
) -> None:
    store = users.home(OPS) / "store.pem"
    store.write_bytes(own("new-server.key").read_bytes() + OLD_ROOT.read_bytes())
    users.own(store, OPS)
    encoded = base64.b64encode(store.read_bytes()).decode()
    asked = task(store, NEW_ROOT) if module == "truststore" else {f"truststore.tool.{module}": {"path": str(store)}}
    # Behind a path with a variable the file is fetched by a module.
    again = json.loads(json.dumps(asked).replace(str(store), f"$HOME/{store.name}"))
    run = controller.play([again, asked], {"web": users.user(OPS)}, "-vvvv")
    assert run.rc == 0, run.said
    shown = re.sub(r"\\+[rn]|\s", "", run.said)
    assert [at for at in range(0, len(encoded) - 40, 20) if encoded[at : at + 40] in shown] == []


def test_delegated(controller: Controller, users: Sshd, jdk: Jdk, tmp_path: Path) -> None:
    """The file is one of the host that the task is delegated to; certificates are the controller's still."""
    store = users.home(GUEST) / "store"
    copied(keytool_store(jdk, tmp_path / "before"), store)
    users.own(store, GUEST)
    hosts: dict[str, Variables] = {"here": LOCAL, "there": users.user(GUEST)}
    run = controller.play([{**task("~/store", NEW_ROOT), "delegate_to": "there", "run_once": True}], hosts)
    assert run.rc == 0, run.said
    assert run.total("changed") == 1
    assert trusted(jdk, store) == [{OLD, NEW}]
