"""No command writes through a link that a stranger made somewhere on the way."""

import os
from pathlib import Path

import pytest

from tests import samples
from tests.cli.harness import Tool
from tests.files.test_places import everything_in, strange
from tests.realtools import missing
from truststore_tool.shims import keytool, openssl

ROOT = samples.own("new-root.pem")
OTHER = samples.own("old-root.pem")


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A directory to which strangers' links lead."""
    (tmp_path / "victim").mkdir()
    return tmp_path / "victim"


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A directory of ours in which strangers may make links."""
    if os.geteuid() != 0:
        missing("root, who alone can make what others own,")
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o1777)
    return tmp_path / "shared"


@pytest.mark.parametrize(
    "words",
    [
        ["import", "PLACE/new.jks", str(ROOT), "--yes"],
        ["import", "PLACE/new/", str(ROOT), "--yes"],
        ["bundle", str(ROOT), "-o", "PLACE/chain.pem"],
        ["convert", str(ROOT), "-o", "PLACE/new.p12"],
        ["convert", str(ROOT), "-o", "PLACE/new/"],
        ["export", str(ROOT), "--all", "-o", "PLACE/out.pem"],
        ["import", "PLACE/there.jks", str(ROOT), "--yes", "--backup"],
        ["remove", "PLACE/there.jks", "--alias", "rds-root"],
        ["rename", "PLACE/there.jks", "rds-root", "other"],
        ["passwd", "PLACE/there.jks", "--new-password-env", "NEW"],
        ["import", "PLACE/certs", str(ROOT), "--yes", "--backup"],
        ["shims", "install", "PLACE/bin"],
        ["shims", "install", "PLACE/a/b"],
    ],
    ids=" ".join,
)
def test_no_command_writes_through_it(
    tool: Tool, shared: Path, victim: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    assert tool("import", victim / "there.jks", OTHER, "--yes").code == 0
    assert tool("import", f"{victim / 'certs'}/", OTHER, "--yes").code == 0
    strange(shared / "folder", victim)
    monkeypatch.setenv("NEW", "another-one")
    before = everything_in(victim)
    done = tool(*(word.replace("PLACE", str(shared / "folder")) for word in words))
    assert (done.code, done.out) == (5, "")
    assert "is a symbolic link of another user" in done.err
    assert everything_in(victim) == before


@pytest.mark.parametrize("target", ["out.pem", "missing/out.pem"])
def test_neither_do_the_shims(
    shared: Path, victim: Path, capfd: pytest.CaptureFixture[str], tmp_path: Path, target: str
) -> None:
    strange(shared / "out.pem", victim / target)
    store = str(tmp_path / "ks")
    words = ["-storepass", "changeit", "-keystore", store]
    assert keytool.run(["-importcert", "-noprompt", "-alias", "a", "-file", str(ROOT), *words]) == 0
    for alias in ("a", "not there"):
        assert keytool.run(["-exportcert", "-alias", alias, "-file", str(shared / "out.pem"), *words]) == 1
    assert openssl.run(["x509", "-in", str(ROOT), "-out", str(shared / "out.pem")]) == 1
    strange(shared / "ks", victim / "ks")
    words[-1] = str(shared / "ks")
    assert keytool.run(["-importcert", "-noprompt", "-alias", "a", "-file", str(ROOT), *words]) == 1
    os.mkfifo(victim / "fifo")
    strange(shared / "fifo", victim / "fifo")
    assert openssl.run(["x509", "-in", str(ROOT), "-out", str(shared / "fifo")]) == 1
    assert [path.name for path in victim.iterdir()] == ["fifo"]
    capfd.readouterr()
