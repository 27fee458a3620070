"""The hooks for pre-commit, run by it in a repository; and the composite action, with an installation of its own."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.pages import ROOT, Sandbox, blocks, pipelines, sandbox
from tests.realtools import find, missing, run
from tests.samples import own

HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
_WHO = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.com", "-c", "init.defaultBranch=main")


def _git(folder: Path, *words: str) -> None:
    run(find("git"), *_WHO, *words, cwd=folder)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This project as a repository of its own, with a version to name."""
    folder = tmp_path_factory.mktemp("published")
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, folder)
    for name in ("truststore_tool", ".github"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    _git(folder, "init", "--quiet")
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--message", "as it is")
    _git(folder, "tag", "v0.2.0")
    return folder


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory, published: Path) -> Sandbox:
    """A repository with stores in it, and the configuration of the page."""
    around = sandbox(tmp_path_factory.mktemp("repository"))
    (text,) = [block.text for block in blocks((ROOT / "docs" / "pipelines.md").read_text()) if "repos:" in block.text]
    (around.folder / ".pre-commit-config.yaml").write_text(
        text.replace("https://git.example.com/truststore-tool", str(published))
    )
    (around.folder / "ca").mkdir()
    shutil.copy(own("new-root.pem"), around.folder / "ca")
    around.env.update(TRUSTSTORE_PASSWORD="changeit", PRE_COMMIT_HOME=str(around.folder / "pre-commit"))
    del around.env["PYTHONPATH"]  # the hooks' own environment counts
    _git(around.folder, "init", "--quiet")
    for command in (
        "import truststore.p12 ca/ --yes --quiet",
        "import expired.jks sample_certs/own/expired-root.pem --yes --quiet",
        "convert sample_certs/own/new-chain.pem --key sample_certs/own/new-server.key -o mixed.jks",
        "import mixed.jks ca/ --yes --quiet",
        "convert sample_certs/own/new-chain.pem --key sample_certs/own/new-server.key -o server.jks",
    ):
        done = subprocess.run(
            [sys.executable, "-m", "truststore_tool", *command.split()],
            cwd=around.folder, env={**around.env, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    made = _pre_commit(around, "install-hooks")
    if made.returncode:
        missing(f"what pip installs for the hooks ({made.stdout[-300:]})")
    return around


def _hook(around: Sandbox, hook: str, *files: str) -> "subprocess.CompletedProcess[str]":
    _git(around.folder, "add", "--force", *files)
    return _pre_commit(around, "run", "--color=never", "--verbose", hook, "--files", *files)


def _pre_commit(around: Sandbox, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "pre_commit", *words]
    return subprocess.run(command, cwd=around.folder, env=around.env, capture_output=True, text=True, timeout=500)


def test_the_hooks_say_yes_and_no(repository: Sandbox) -> None:
    for hook, good, bad, why in (
        ("truststore-verify", "truststore.p12", None, ""),
        ("truststore-nothing-expired", "truststore.p12", "expired.jks", "expired"),
        ("truststore-no-private-key", "truststore.p12", "mixed.jks", "key-in-truststore"),
        ("truststore-no-private-key", "server.jks", "mixed.jks", "key-in-truststore"),
        ("truststore-doctor", "truststore.p12", "broken.jks", "broken.jks"),
    ):
        (repository.folder / "broken.jks").write_bytes((repository.folder / "expired.jks").read_bytes()[:-30])
        done = _hook(repository, hook, good)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Passed" in done.stdout
        if bad:
            done = _hook(repository, hook, bad)
            assert done.returncode == 1, done.stdout
            assert why in done.stdout
    shutil.copy(own("old-root.pem"), repository.folder / "ca")
    done = _hook(repository, "truststore-verify", "ca/old-root.pem")
    assert done.returncode == 1
    assert "1 present, 1 missing" in done.stdout


def test_hooks_look_at_stores_only(repository: Sandbox) -> None:
    done = _hook(repository, "truststore-doctor", "ca/new-root.pem")
    assert "no files to check" in done.stdout


def test_every_hook_is_on_the_page() -> None:
    page = (ROOT / "docs" / "pipelines.md").read_text()
    assert [hook["id"] for hook in HOOKS if f"id: {hook['id']}\n" not in page] == []


def test_the_action_installs_itself(repository: Sandbox, published: Path) -> None:
    around = repository._replace(env={**repository.env})
    del around.env["TRUSTSTORE_PASSWORD"]
    (around.folder / "bin" / "truststore-tool").unlink()
    given = {"store": "truststore.p12", "against": "sample_certs/own/new-root.pem", "password": "changeit"}
    done = pipelines.action(around, {**given, "for": "java17 openssl3"}, published)
    assert [each.stdout for each in done if each.returncode] == []
    assert len(done) == 3
    for changed, why in (
        ({"against": "sample_certs/own/old-root.pem"}, "1 missing"),
        ({"store": "mixed.jks"}, "key-in-truststore"),
        ({"store": "expired.jks", "against": ""}, "expired"),
        ({"password": "", "against": ""}, "not-opened"),
        ({"expires-within": "9999d"}, "expires-soon"),
        ({"for": "java17 nonsense", "against": ""}, "nonsense"),
    ):
        failed = pipelines.action(around, {**given, **changed})[-1]
        assert failed.returncode != 0, changed
        assert why in failed.stdout, changed
