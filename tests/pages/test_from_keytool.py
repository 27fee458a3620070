"""The page for those who move from keytool: both columns of its table, the left one with a JDK, do the same."""

import re
import shutil
from pathlib import Path

import pytest

from tests.pages import ROOT, Sandbox, sandbox
from tests.realtools import Jdk
from tests.samples import own
from truststore_tool import Certificate, TrustStore

PAGE = (ROOT / "docs" / "from-keytool.md").read_text()
ROWS = re.findall(r"^\| `(keytool [^|]*)` \| `(truststore-tool [^|]*)` \|$", PAGE, re.MULTILINE)
ROOT_PEM = own("new-root.pem")


def _beginning(folder: Path, jdk: Jdk) -> Sandbox:
    folder.mkdir()
    around = sandbox(folder)
    (folder / "bin" / "keytool").symlink_to(jdk.keytool)
    [root] = Certificate.load(ROOT_PEM)
    shutil.copy(ROOT_PEM, folder / "root.pem")
    [old] = Certificate.load(own("old-root.pem"))
    TrustStore().add(old, alias="old-root").save(folder / "store.jks", "changeit")
    TrustStore().add(root, alias="other").save(folder / "other.jks", "changeit")
    around.env.update(TRUSTSTORE_PASSWORD="changeit", NEW="changeit2", SHA256=str(root.sha256))
    return around


def _end(folder: Path) -> dict[str, list[tuple[str, str]]]:
    """What is in each store, with the password that opens it; an alias is the name in PEM for both or for none."""
    found = {}
    for path in sorted(folder.glob("*.*")):
        if path.suffix == ".pem":
            found[path.name] = [("", str(each.sha256)) for each in Certificate.load(path)]
            continue
        if path.suffix not in (".jks", ".p12"):
            continue
        password = "changeit2" if _opens(path, "changeit2") else "changeit"
        entries = TrustStore.open(path, password).trusted()
        found[path.name] = [(password, ""), *sorted((each.alias, str(each.certificate.sha256)) for each in entries)]
    return found


def _opens(path: Path, password: str) -> bool:
    try:
        TrustStore.open(path, password)
    except Exception:
        return False
    return True


def test_the_table_is_whole() -> None:
    assert len(ROWS) == PAGE.count("| `keytool ") == 12


@pytest.mark.parametrize(
    ("theirs", "ours"), ROWS, ids=[theirs.split()[1] + str(n) for n, (theirs, _) in enumerate(ROWS)]
)
def test_both_columns_do_the_same(tmp_path: Path, jdk: Jdk, theirs: str, ours: str) -> None:
    ends = []
    for name, command in (("theirs", theirs), ("ours", ours)):
        around = _beginning(tmp_path / name, jdk)
        before = _end(around.folder)
        done = around.run(command)
        assert done.returncode == 0, done.stdout
        ends.append(_end(around.folder))
        reads = re.search(r"-list|-printcert", theirs)
        assert (ends[-1] == before) == bool(reads), "it should change something, or nothing"
        if reads:
            assert re.search(r"([0-9A-F]{2}:){31}|BEGIN CERTIFICATE", done.stdout)
    assert ends[0] == ends[1]
