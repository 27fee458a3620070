"""The recipe of an image, as it stands on its page: built on a Debian with a Python, and its containers run."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests import debian
from tests.packaging.conftest import CHECKOUT
from tests.packaging.docker import Storage
from tests.pages import ROOT, Sandbox, blocks, program, sandbox, steps
from tests.realtools import CACHE, absent, find, run
from tests.samples import own
from truststore_tool import Certificate, TrustStore

PAGE: Final = (ROOT / "docs" / "image.md").read_text()
OLD, NEW = own("old-root.pem"), own("new-root.pem")
USER: Final = 4242  # whom nobody knows in there
# Of the Debian of the tests, what makes it large and is none of Python's.
_LEFT_OUT: Final = (
    *("usr/lib/go*", "usr/lib/jvm", "usr/lib/postgresql", "usr/share/*", "var/*", "dev/*", "tmp/*", "made-of"),
    *(f"usr/lib/x86_64-linux-gnu/{name}*" for name in ("libLLVM", "libicu", "libz3", "perl")),
    "usr/lib/python3*/EXTERNALLY-MANAGED",  # which images of Python have not
)


def _needed() -> str:
    """The requirement of ours that is compiled."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    (found,) = [each for each in project["dependencies"] if each.startswith("cryptography")]
    return str(found)


def _slim() -> Path:
    """The files of an image of Python, with a pip that finds what the recipe asks for in a folder. Made once."""
    source = debian.there().root
    place = CACHE / "slim"
    with (CACHE / "slim.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "wheels" / "done").exists():
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            left_out = [f"--exclude=./{name}" for name in _LEFT_OUT]
            with subprocess.Popen(["tar", "-C", source, *left_out, "-cf", "-", "."], stdout=subprocess.PIPE) as packed:
                subprocess.run(["tar", "-C", place, "-xf", "-"], stdin=packed.stdout, check=True)
            import pip

            packages = place / "usr/local/lib/python3.13/dist-packages"
            packages.mkdir(parents=True, exist_ok=True)
            shutil.copytree(Path(pip.__file__).parent, packages / "pip")
            program(place / "usr/local/bin/pip", 'exec python3 -m pip "$@"')
            fetch = (sys.executable, "-m", "pip", "download", "--quiet", "--python-version", "3.13")
            done = subprocess.run(
                [*fetch, "--only-binary=:all:", "--dest", place / "wheels", _needed()], capture_output=True, text=True
            )
            if done.returncode:
                absent(f"the wheels of an image ({done.stderr.strip().splitlines()[-1]})")
            (place / "wheels" / "done").touch()
    return place


@pytest.fixture(scope="module")
def storage(zipapp: Path, tmp_path_factory: pytest.TempPathFactory) -> Storage:
    """With the image that the recipe makes, and the one that it is made from."""
    if os.geteuid() != 0 or not shutil.which("buildah"):
        absent("buildah, as root")
    made = Storage(tmp_path_factory.mktemp("storage"))
    made.base("python:3.13-slim", _slim(), {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/wheels"})
    context = tmp_path_factory.mktemp("context")
    (text,) = [block.text for block in blocks(PAGE) if block.language == "dockerfile"]
    (context / "Dockerfile").write_text(text)
    (context / "dist").mkdir()
    shutil.copy(zipapp, context / "dist")
    made.build("truststore-tool", context)
    return made


@pytest.fixture
def around(storage: Storage, tmp_path: Path) -> Sandbox:
    """A folder of that user, with a store of the old root, and `docker`."""
    made = sandbox(tmp_path)
    program(tmp_path / "bin" / "docker", f'exec "{sys.executable}" -m tests.packaging.docker "{storage.place}" "$@"')
    program(tmp_path / "bin" / "id", f"echo {USER}")
    made.env["TRUSTSTORE_PASSWORD"] = "changeit"
    for name in ("trust", "ca"):
        (tmp_path / name).mkdir()
    for root in (OLD, NEW):
        shutil.copy(root, tmp_path / "ca")
    TrustStore(format="pkcs12").save(tmp_path / "trust" / "truststore.p12", "changeit")
    for path in (tmp_path / "trust", tmp_path / "trust" / "truststore.p12"):
        os.chown(path, USER, USER)
    tmp_path.chmod(0o755)
    return made


def aliases(store: Path) -> int:
    """How many trusted certificates keytool finds."""
    return run(find("keytool"), "-list", "-keystore", store, "-storepass", "changeit").count(b"trustedCertEntry")


def test_it_is_one_layer_for_a_user_that_is_a_number(storage: Storage) -> None:
    base, made = storage.image("python:3.13-slim"), storage.image("truststore-tool")
    (layer,) = made["rootfs"]["diff_ids"][len(base["rootfs"]["diff_ids"]) :]
    assert layer
    user, group = made["config"]["User"].split(":")
    assert int(user) > 0 < int(group)
    root = storage.root("truststore-tool")
    assert not (root / "build").exists() or not list((root / "build").iterdir())
    assert not list(root.glob("root/.cache/pip/*"))


def test_the_recipe_asks_for_what_the_package_asks_for() -> None:
    assert f"'{_needed()}'" in PAGE


def test_the_commands_of_the_page(around: Sandbox) -> None:
    store = around.folder / "trust" / "truststore.p12"
    for command, output in steps(PAGE, "shell-session"):
        if command.startswith("docker build"):
            continue  # done, with what it is built from beside it
        if command.startswith("docker"):
            inode = store.stat().st_ino
        done = around.run(command, timeout=300)
        assert (done.returncode, done.stdout) == (0, output.rstrip("\n") + "\n" if output.strip() else ""), command
        if "mkdir" in command:
            os.chown(around.folder / "journal", USER, USER)
        if "--in-place" in command:
            assert store.stat().st_ino == inode
    assert aliases(store) == 2
    assert list((around.folder / "journal").iterdir()) == []
    assert store.stat().st_uid == USER


def test_a_file_mounted_by_itself_is_refused_without_the_option(around: Sandbox) -> None:
    start = "docker run --rm --read-only --user 4242:4242 -v ./trust/truststore.p12:/store.p12 -v ./ca:/ca:ro"
    done = around.run(f"{start} -e TRUSTSTORE_PASSWORD truststore-tool import /store.p12 /ca/new-root.pem --yes")
    assert done.returncode == 5
    assert re.search(r"could not write /store.p12: (Device or resource busy|Read-only file system)", done.stdout)


@pytest.mark.parametrize("alone", [False, True], ids=["a volume", "a subPath"])
def test_the_job_of_the_page(around: Sandbox, alone: bool) -> None:
    (job,) = [yaml.safe_load(block.text) for block in blocks(PAGE) if block.language == "yaml"]
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    user, group = pod["securityContext"]["runAsUser"], pod["securityContext"]["fsGroup"]
    volume = around.folder / "trust"
    (volume / "journal").mkdir()
    for path in (volume, *volume.iterdir()):  # as the kubelet does for fsGroup; the owner of the store stays
        os.chown(path, user if path.suffix and not alone else 0, group)
        path.chmod(0o2775 if path.is_dir() else 0o660)
    (around.folder / "ca" / OLD.name).unlink()
    places = {"trust": "./trust", "ca": "./ca"}
    words, mounts = [*container["args"]], []
    for each in container["volumeMounts"]:
        how = ":ro" if each.get("readOnly") else ""
        mounts.append(f"-v {places[each['name']]}:{each['mountPath']}{how}")
    if alone:
        mounts[0] = "-v ./trust/truststore.p12:/trust/truststore.p12 -v ./trust/journal:/journal"
        words += ["--in-place", "--journal=/journal/truststore-tool"]
        assert "`--in-place` and `--journal=/journal/truststore-tool`" in PAGE
    secured: dict[str, Any] = container["securityContext"]
    read_only = "--read-only" if secured["readOnlyRootFilesystem"] else ""
    start = f"docker run --rm {read_only} --user {user}:{group} {' '.join(mounts)} -e TRUSTSTORE_PASSWORD"
    done = around.run(f"{start} truststore-tool {' '.join(words)}", timeout=300)
    assert done.returncode == 0, done.stdout
    (added,) = Certificate.load(NEW)
    store = TrustStore.open(volume / "truststore.p12", "changeit")
    assert [entry.certificate for entry in store.trusted()] == [added]
    assert [path.name for path in (volume / "journal").iterdir()] == (["truststore-tool"] if alone else [])
