"""Every way to install the tool gives one that works, and that says how to add to it."""

import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard

from tests.formats import bouncycastle
from tests.packaging.conftest import CHECKOUT, Shelf, beside, said, uv
from tests.samples import RDS_2019_SHA256, amazon
from truststore_tool.extras import how_to_install

Env = dict[str, str | Path]
ROOT = amazon("rds-ca-2019-root.pem")
BKS = Path(bouncycastle.__file__).parent / "bks-v1.store"
PASSWORD: Env = {"TRUSTSTORE_PASSWORD": "changeit"}


def works(tool: Path, folder: Path) -> None:
    """The main job, with what is in the package beside the modules, and with what is compiled."""
    said(tool, "import", "new.p12", ROOT, "--expect", RDS_2019_SHA256, "--quiet", cwd=folder, env=PASSWORD)
    assert RDS_2019_SHA256 in said(tool, "list", "new.p12", cwd=folder, env=PASSWORD)
    assert "rds-root" in said(tool, "keytool", "-list", "-keystore", "new.p12", "-storepass", "changeit", cwd=folder)


def hint(tool: Path, folder: Path, env: Env | None = None) -> str:
    """What it says of an extra that is not installed."""
    return said(tool, "list", BKS, cwd=folder, code=3, env=PASSWORD | (env or {})).partition("hint: ")[2].strip()


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """A new virtual environment, in which nothing is installed."""
    said(sys.executable, "-m", "venv", "venv", cwd=tmp_path)
    return tmp_path / "venv"


def test_pip_installs_a_checkout_and_a_wheel(shelf: Shelf, environment: Path, tmp_path: Path) -> None:
    pip = (environment / "bin" / "python", "-m", "pip", "--disable-pip-version-check")
    said(*pip, "install", "--quiet", *shelf.offline, shelf.sdist, cwd=tmp_path)
    tool = environment / "bin" / "truststore-tool"
    works(tool, tmp_path)
    activated: Env = {"PATH": f"{environment / 'bin'}:/usr/bin:/bin"}
    assert hint(tool, tmp_path, activated) == "pip install 'truststore-tool[legacy]'"
    # Of an environment that is not activated, no pip comes first; and what is said works as it stands.
    assert hint(tool, tmp_path) == f"{environment / 'bin' / 'python'} -m pip install 'truststore-tool[legacy]'"
    a_hint_of_scan_works(tool, tmp_path, shelf)


def a_hint_of_scan_works(tool: Path, folder: Path, shelf: Shelf) -> None:
    """What zstd takes is installed as the tool says, by a shell."""
    (folder / "looked-at").mkdir()
    (folder / "looked-at" / "root.pem.zst").write_bytes(zstandard.compress(ROOT.read_bytes()))
    told = said(tool, "scan", "looked-at", cwd=folder)
    if "takes Python 3.14" in told:
        offline: Env = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": shelf.wheels}
        said("sh", "-c", told.rpartition(", or: ")[2], cwd=folder, env=offline)
    assert "1 store: 1 opened" in said(tool, "scan", "looked-at", cwd=folder)


def test_an_editable_checkout_is_named(shelf: Shelf, environment: Path, tmp_path: Path) -> None:
    with tarfile.open(shelf.sdist) as archive:
        archive.extractall(tmp_path / "sources", filter="data")
    (checkout,) = (tmp_path / "sources").iterdir()
    pip = (environment / "bin" / "python", "-m", "pip", "--disable-pip-version-check")
    said(*pip, "install", "--quiet", *shelf.offline, "--editable", checkout, cwd=tmp_path)
    tool = environment / "bin" / "truststore-tool"
    works(tool, tmp_path)
    activated: Env = {"PATH": f"{environment / 'bin'}:/usr/bin:/bin"}
    assert hint(tool, tmp_path, activated) == f"pip install '{checkout}[legacy]'"
    assert hint(tool, checkout, activated) == "pip install '.[legacy]'"
    a_hint_of_scan_works(tool, tmp_path, shelf)


def test_every_extra_can_be_named() -> None:
    extras = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for extra in extras.keys() - {"ansible", "dev", "fast"}:  # for these no command asks
        assert f"[{extra}]" in how_to_install(extra)


def test_pipx(shelf: Shelf, tmp_path: Path) -> None:
    places: Env = {"PIPX_HOME": tmp_path / "home", "PIPX_BIN_DIR": tmp_path / "bin", "PIPX_MAN_DIR": tmp_path / "man"}
    options: Env = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": shelf.wheels, "USE_EMOJI": "0"}
    said(beside("pipx"), "install", "--backend", "pip", shelf.sdist, cwd=tmp_path, env={**places, **options})
    works(tmp_path / "bin" / "truststore-tool", tmp_path)
    assert hint(tmp_path / "bin" / "truststore-tool", tmp_path) == "pipx inject truststore-tool pyjks"


def test_uv_tool(shelf: Shelf, tmp_path: Path) -> None:
    places: Env = {
        "UV_TOOL_DIR": tmp_path / "tools",
        "UV_TOOL_BIN_DIR": tmp_path / "bin",
        "UV_CACHE_DIR": tmp_path / "cache",
    }
    words = ("tool", "install", "--quiet", "--python", sys.executable, *shelf.offline)
    said(uv(), *words, shelf.sdist, cwd=tmp_path, env=places)
    tool = tmp_path / "bin" / "truststore-tool"
    works(tool, tmp_path)
    assert hint(tool, tmp_path) == f"uv pip install -p {tmp_path / 'tools' / 'truststore-tool'} pyjks"


def test_the_source_distribution_carries_what_its_tests_need(shelf: Shelf, tmp_path: Path) -> None:
    with tarfile.open(shelf.sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (root,) = tmp_path.iterdir()
    carried = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    assert [name for name in tracked() if name not in carried] == []
    quiet = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist")
    listed = said(sys.executable, *quiet, "--collect-only", "--ignore", "tests/packaging", cwd=root)
    assert "error" not in listed.lower().rpartition("\n\n")[2]
    said(sys.executable, *quiet, "tests/test_sample_certs.py", "tests/operations", cwd=root)


def tracked() -> Iterator[str]:
    """Files of the repository, but for what only git reads; of a copy that is none, those of the package and tests."""
    done = subprocess.run(["git", "ls-files"], cwd=CHECKOUT, capture_output=True, text=True)
    if done.returncode == 0:
        yield from (name for name in done.stdout.split("\n") if name not in ("", ".gitignore"))
        return
    for folder in ("truststore_tool", "tests"):
        for path in (CHECKOUT / folder).rglob("*.py"):
            yield path.relative_to(CHECKOUT).as_posix()


def test_one_file(zipapp: Path, shelf: Shelf, environment: Path, tmp_path: Path) -> None:
    """Run by a Python that has nothing else, and by one that has cryptography."""
    single = tmp_path / "truststore-tool.pyz"
    single.write_bytes(zipapp.read_bytes())
    (tmp_path / "keytool").symlink_to(single)
    (tmp_path / "openssl").symlink_to(single)
    bare = environment / "bin" / "python3"
    said(bare, single, "import", "new.jks", ROOT, "--yes", "--quiet", cwd=tmp_path, env=PASSWORD)
    assert RDS_2019_SHA256 in said(bare, "truststore-tool.pyz", "list", "new.jks", cwd=tmp_path, env=PASSWORD)
    listed = said(bare, "keytool", "-list", "-keystore", "new.jks", "-storepass", "changeit", cwd=tmp_path)
    assert "rds-root" in listed
    assert said(bare, "openssl", "x509", "-in", ROOT, "-noout", "-subject", cwd=tmp_path).startswith("subject=C = US")
    said(bare, single, "shims", "install", "bin", cwd=tmp_path)
    assert said(tmp_path / "bin" / "keytool", "-list", "-keystore", "new.jks", "-storepass", "changeit",
                cwd=tmp_path) == listed  # fmt: skip
    # What is compiled is not in the file: it says so in a line.
    told = said(bare, single, "import", "new.p12", ROOT, "--yes", cwd=tmp_path, code=2, env=PASSWORD)
    install = f"{bare} -m pip install 'cryptography>=44', or run it with a Python that has it"
    assert told == f"error: this needs cryptography, which is not installed\nhint: {install}\n"
    words = ("-importcert", "-noprompt", "-keystore", "new.p12", "-storepass", "changeit", "-file", ROOT)
    told = said(bare, "keytool", *words, cwd=tmp_path, code=1)
    assert told.endswith(f"keytool: this needs cryptography, which is not installed: {install}\n")
    assert not (tmp_path / "new.p12").exists()
    said(bare, "-m", "pip", "install", "--quiet", *shelf.offline, "cryptography>=44", cwd=tmp_path)
    program = tmp_path / "tool"
    program.write_text(f'#!/bin/sh\nexec "{bare}" "{single}" "$@"\n')
    program.chmod(0o755)
    works(program, tmp_path)
