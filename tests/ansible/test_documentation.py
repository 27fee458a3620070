"""What ansible-doc shows is what actions take, and its examples run."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ansible.environment import Ansible
from tests.ansible.hosts import LOCAL
from tests.ansible.material import MODULE, NEW_ROOT, PASSWORD, keytool_store
from tests.ansible.plays import Controller
from tests.realtools import Jdk
from tests.samples import SAMPLES, amazon

MODULES = ("truststore", "truststore_info", "truststore_verify")
_DECLARED = """
import importlib, json, sys
name = "integrations.ansible.plugins.plugin_utils.actions." + sys.argv[1]
print(json.dumps(importlib.import_module(name).ActionModule.OPTIONS, default=str))
"""


def documented(ansible: Ansible, collections: Path, home: Path, *words: str) -> dict[str, Any]:
    """What ansible-doc says of a plugin."""
    env = {**ansible.environment(collections), "HOME": str(home)}
    done = ansible.run("ansible-doc", "--json", *words, env=env)
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout).values()
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("module", MODULES)
def test_options_are_documented_as_they_are(ansible: Ansible, installed: Path, tmp_path: Path, module: str) -> None:
    page = documented(ansible, installed, tmp_path, f"truststore.tool.{module}")
    declared = ansible.run("python", "-c", _DECLARED, module, env=ansible.environment())
    options = json.loads(declared.stdout)
    assert {name: _shape(option) for name, option in page["doc"]["options"].items()} == {
        name: _shape(option) for name, option in options.items()
    }
    assert all(page["return"].values())


def _shape(option: dict[str, Any]) -> dict[str, Any]:
    """What both sides say; a path is text to the controller, as it is one of the host."""
    kept = {name: option.get(name) for name in ("type", "elements", "choices", "aliases", "required", "default")}
    kind = {"path": "str", None: "str"}.get(kept["type"], kept["type"])
    default = None if kept["default"] in (False, None) else kept["default"]
    return {
        **kept,
        "type": kind,
        "default": default,
        "required": bool(kept["required"]),
        "aliases": kept["aliases"] or [],
    }


def test_examples_run(controller: Controller, jdk: Jdk, tmp_path: Path) -> None:
    """All in one play, on stores for which they come out well: of Ansible's own assert, too."""
    folder = tmp_path / "etc"

    def examples(kind: str, name: str) -> list[dict[str, Any]]:
        page = documented(controller.ansible, controller.collections, tmp_path, "-t", kind, f"truststore.tool.{name}")
        tasks = yaml.safe_load(page["examples"].replace("/etc/", f"{folder}/").replace("~/", f"{folder}/"))
        assert isinstance(tasks, list)
        return tasks

    for place in ("myapp", "ssl", "app"):
        (folder / place).mkdir(parents=True)
    for path in (SAMPLES / "amazon").glob("*.pem"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    keytool_store(jdk, folder / "myapp" / "truststore.jks", NEW_ROOT)
    (folder / "ssl" / "rds.pem").write_bytes(amazon("rds-ca-2019-root.pem").read_bytes())
    bundle = {"password": PASSWORD, "certificates": "rds-global-bundle.pem", "trust_unseen": True, "profile": "compat"}
    tasks = examples("module", "truststore_info") + examples("module", "truststore")
    tasks += [{MODULE: {**bundle, "path": f"{folder}/myapp/truststore.{ending}"}} for ending in ("jks", "p12")]
    tasks += [*examples("module", "truststore_verify"), *examples("lookup", "fingerprint")]
    tasks += examples("filter", "certificates")
    done = controller.play(tasks, {"here": {**LOCAL, "truststore_password": PASSWORD}}, env={"ANSIBLE_PIPELINING": "1"})
    assert done.rc == 0, done.said
    assert len(done.of("here")) == len(tasks)
