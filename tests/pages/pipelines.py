"""The shell in workflows of GitHub, jobs of GitLab and containers of Kubernetes, run as those would run it."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from tests.pages import ROOT, Sandbox

ACTION: Final = ROOT / ".github" / "actions" / "verify" / "action.yml"
SECRETS: Final = {"TRUSTSTORE_PASSWORD": "changeit"}
_INSTALLING: Final = 600  # seconds
Done = subprocess.CompletedProcess[str]


def _filled(text: str, values: Mapping[str, str]) -> str:
    """What stands in ${{ }} replaced; an expression that is not known is an error."""
    return re.sub(r"\$\{\{\s*([\w.-]+)\s*}}", lambda found: values[found[1]], text)


def action(around: Sandbox, inputs: Mapping[str, str], checkout: Path | None = None) -> list[Done]:
    """The steps of our composite action, in a checkout of it; without one, the tool is the one of the sandbox."""
    document = yaml.safe_load(ACTION.read_text())
    assert set(inputs) <= set(document["inputs"])
    given = {name: inputs.get(name, each.get("default")) for name, each in document["inputs"].items()}
    assert None not in given.values(), "a required input is missing"
    values = {f"inputs.{name}": value for name, value in given.items()}
    added = around.folder / "github-path"
    added.touch()
    places = {
        "RUNNER_TEMP": around.folder,
        "GITHUB_ACTION_PATH": (checkout or ROOT) / ACTION.parent.relative_to(ROOT),
        "GITHUB_PATH": added,
    }
    done = []
    for step in document["runs"]["steps"]:
        condition = re.fullmatch(r"(inputs\.[\w-]+) != ''", step.get("if", "inputs.store != ''"))
        assert condition, step
        if not values[condition[1]] or ("Install" in step["name"] and not checkout):
            continue
        env = {name: _filled(text, values) for name, text in step.get("env", {}).items()}
        path = ":".join([*reversed(added.read_text().split()), around.env["PATH"]])
        assert step["shell"] == "bash"
        assert "${{" not in step["run"], "what comes from outside goes through the environment"
        env |= {"PATH": path, **{name: str(place) for name, place in places.items()}}
        done.append(around.run(f"set -eo pipefail\n{step['run']}", env, timeout=_INSTALLING))
        if done[-1].returncode:
            break
    return done


def workflow(around: Sandbox, document: Any) -> list[Done]:
    """The steps of every job."""
    secrets = {f"secrets.{name}": value for name, value in SECRETS.items()}
    done: list[Done] = []
    for job in document["jobs"].values():
        env = {name: _filled(text, secrets) for name, text in job.get("env", {}).items()}
        for step in job["steps"]:
            if "run" in step:
                done.append(around.run(f"set -eo pipefail\n{_filled(step['run'], secrets)}", env))
            elif "/actions/verify@" in step["uses"]:
                done += action(around, {name: _filled(text, secrets) for name, text in step["with"].items()})
            elif step["uses"].startswith("github/codeql-action/upload-sarif@"):
                assert json.loads((around.folder / step["with"]["sarif_file"]).read_text())["version"] == "2.1.0"
            else:
                assert step["uses"].startswith("actions/checkout@")
    return done


def gitlab(around: Sandbox, document: Any) -> list[Done]:
    """The scripts of every job."""
    done = []
    for job in document.values():
        lines = [*job.get("before_script", ()), *job["script"]]
        done.append(around.run("set -eo pipefail\n" + "\n".join(lines), SECRETS))
        kept = job.get("artifacts", {})
        for name in (*kept.get("paths", ()), *kept.get("reports", {}).values()):
            assert (around.folder / name).exists(), f"{name} is not made"
    return done


def pods(around: Sandbox, document: Any, mounted: Mapping[str, Path]) -> Iterator[tuple[str, Done]]:
    """Each container that runs our tool, with its name; and what it printed.

    Args:
        around: where.
        document: a pod, or what makes pods.
        mounted: what lies in the ConfigMaps and Secrets, by their names.
    """
    pod = _pod(document)
    places = {}
    for volume in pod["volumes"]:
        made = volume.get("configMap", {}).get("name") or volume.get("secret", {}).get("secretName")
        places[volume["name"]] = folder = around.folder / "volumes" / volume["name"]
        folder.mkdir(parents=True)
        if made:
            _mount(mounted[made], folder)
    for container in (*pod.get("initContainers", ()), *pod["containers"]):
        mounts = {each["mountPath"]: str(places[each["name"]]) for each in container.get("volumeMounts", ())}
        env = {each["name"]: str(each.get("value", "changeit")) for each in container.get("env", ())}
        if "truststore-tool" in container["image"]:
            words = [_inside(word, mounts) for word in container["args"]]
            yield container["name"], around.run("truststore-tool " + " ".join(words), env)
        for text in env.values():
            for path in re.findall(r"=(/[^ ]*)", text):
                assert Path(_inside(path, mounts)).exists(), f"{container['name']} is to read {path}"


def _pod(document: Any) -> Any:
    spec = document["spec"]
    while "containers" not in spec:
        spec = spec.get("jobTemplate", spec.get("template"))["spec"]
    return spec


def _inside(word: str, mounts: Mapping[str, str]) -> str:
    for path, folder in mounts.items():
        word = re.sub(rf"^{re.escape(path)}(?=/|$)", folder, word)
    return word


def _mount(source: Path, target: Path) -> None:
    """Files as the kubelet lays them: links to links, by way of ..data."""
    (target / "..2026_11_26").mkdir()
    (target / "..data").symlink_to("..2026_11_26")
    for file in source.iterdir():
        shutil.copy(file, target / "..2026_11_26")
        (target / file.name).symlink_to(f"..data/{file.name}")
