"""A store of which a killed run has overwritten a half: no command answers out of it, and each says why not."""

import shutil
from pathlib import Path

import pytest

from tests import faults
from tests.cli.harness import Tool, process
from tests.samples import amazon, own
from truststore_tool import stores
from truststore_tool.cli.app import COMMANDS
from truststore_tool.errors import UnreadableError
from truststore_tool.postgres import material

OLD, NEW = own("future-root.pem"), amazon("rds-ca-2019-root.pem")
SAID = "a run that overwrites it has not ended, and half of it may be new"
PASSWORD = {"TRUSTSTORE_PASSWORD": "changeit"}

# HALF is the store; what is named beside it is whole.
READING = {
    "list": ["list HALF", "list -v HALF --json", "list link"],
    "fingerprint": ["fingerprint HALF"],
    "verify": ["verify HALF --against NEW", "verify NEW --against HALF"],
    "diff": ["diff HALF NEW", "diff NEW HALF"],
    "doctor": ["doctor HALF", "doctor HALF --fix --yes --dry-run"],
    "export": ["export HALF --all -o -"],
    "convert": ["convert HALF -o new.jks"],
    "bundle": ["bundle HALF -o new.pem", "bundle folder -o new.pem"],
    "import": ["import new.jks HALF --yes", "import HALF NEW --yes --dry-run"],
    "remove": ["remove HALF --expired --dry-run", "remove HALF --alias x --dry-run"],
    "rename": ["rename HALF a b --dry-run"],
    "passwd": ["passwd HALF --new-password-env TRUSTSTORE_PASSWORD --dry-run"],
    "scan": ["scan NEW --need HALF"],
    "postgres probe": ["postgres probe 127.0.0.1:1 --store HALF"],
    "postgres rotation": ["postgres rotation --current HALF --next NEW --bundle NEW",
                          "postgres rotation --current NEW --next HALF --bundle NEW",
                          "postgres rotation --current NEW --next NEW --store HALF"],
    "postgres snippet": ["postgres snippet psql --bundle HALF"],
    "keytool": ["keytool -list -keystore HALF -storepass changeit", "keytool -printcert -file HALF",
                "keytool -exportcert -alias x -keystore HALF -storepass changeit",
                "keytool -importcert -noprompt -alias x -file HALF -keystore new.jks -storepass changeit"],
    "openssl": ["openssl x509 -in HALF -noout -subject"],
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with half of a JKS and of a PEM, each with what the killed run left."""
    folder = tmp_path_factory.mktemp("half")
    folder.chmod(0o755)
    preload = {"LD_PRELOAD": str(faults.compiled(folder)), **PASSWORD}
    (folder / "folder").mkdir(mode=0o755)
    for half in (folder / "half.jks", folder / "half.pem", folder / "folder" / "half.pem"):
        assert process("import", half, OLD, "--yes", env=PASSWORD).code == 0
        old = half.read_bytes()
        words = ("convert", NEW, "-o", half, "--force", "--in-place")
        torn = process(*words, env={**preload, **faults.tearing(half, 40, len(old) - 300)})
        assert torn.code == -9
        assert half.read_bytes() != old
        assert half.with_name(f".{half.name}.journal").exists()
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, fresh. The journals are of the files that were copied, but readers do not look into them."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def listing(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_command_that_opens_a_store_is_among_them() -> None:
    assert {"schema"} == set(COMMANDS) - set(READING)


@pytest.mark.parametrize("half", ["half.jks", "half.pem"])
@pytest.mark.parametrize("line", [line for lines in READING.values() for line in lines])
def test_it_says_so_and_answers_nothing(tool: Tool, folder: Path, line: str, half: str) -> None:
    (folder / "link").symlink_to(half)
    before = listing(folder)
    words = [str(NEW) if word == "NEW" else word.replace("HALF", half) for word in line.split()]
    done = process(*words) if words[0] == "keytool" else tool(*words)
    assert done.code == (1 if line.startswith(("keytool", "openssl")) else 3), done
    assert SAID in done.out + done.err
    assert "Traceback" not in done.err
    assert listing(folder) == before


@pytest.mark.parametrize("half", ["half.jks", "half.pem"])
def test_a_scan_names_it_among_what_was_not_looked_at(tool: Tool, folder: Path, half: str) -> None:
    found = tool("scan", folder, "--json", "--need", NEW)
    assert found.code == 1
    passed = {each["path"]: each["why"] for each in found.json["skipped"]}
    assert SAID in passed[str(folder / half)]
    assert passed[str(folder / f".{half}.journal")] == "is the journal of a run that overwrites a store"
    assert [store["path"] for store in found.json["stores"]] == []


@pytest.mark.usefixtures("folder")
def test_the_library_says_so() -> None:
    for call in (stores.open_store, stores.open_plain, stores.content_of):
        with pytest.raises(UnreadableError, match=SAID):
            call("half.pem")
    with pytest.raises(UnreadableError, match=SAID):
        stores.present("half.pem", dry_run=True)
    assert SAID in (material.root_file("half.pem", "libpq").doubt or "")
    assert SAID in (material.directories(["folder"]).doubt or "")
