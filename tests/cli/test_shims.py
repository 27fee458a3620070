import os
import subprocess
from pathlib import Path

from tests.cli.harness import Tool
from tests.samples import RDS_2019_SHA1, amazon

RDS = amazon("rds-ca-2019-root.pem")


def test_scripts_find_the_installed_programs_by_their_names(tool: Tool, tmp_path: Path) -> None:
    installed = tool("shims", "install", "bin")
    assert installed.code == 0
    assert f'export PATH="{tmp_path / "bin"}:$PATH"' in installed.out
    env = {**os.environ, "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    script = f"""set -e
    openssl x509 -outform der -in {RDS} -out root.der
    keytool -import -noprompt -alias rds-root -keystore ks -storepass changeit -file root.der
    keytool -list -v -keystore ks -storepass changeit
    openssl x509 -fingerprint -in {RDS} -noout"""
    shown = subprocess.run(
        ["sh", "-c", script], env=env, cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert shown.count(RDS_2019_SHA1) == 2
    assert "Alias name: rds-root" in shown


def test_a_file_that_is_not_ours_is_left_alone(tool: Tool) -> None:
    Path("bin").mkdir()
    Path("bin/openssl").write_text("mine")
    assert tool("shims", "install", "bin").code == 2
    assert Path("bin/openssl").read_text() == "mine"
    assert not Path("bin/keytool").exists()


def test_json(tool: Tool, tmp_path: Path) -> None:
    report = tool("shims", "install", "bin", "--json").json
    assert report["programs"] == [str(tmp_path / "bin" / "keytool"), str(tmp_path / "bin" / "openssl")]
