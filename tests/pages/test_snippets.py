"""What the pages give to be pasted has the syntax that it should have, and the commands in it run."""

from pathlib import Path

import pytest

from tests.pages import PAGES, README, blocks, sandbox


def _of(language: str) -> list[Path]:
    return [page for page in PAGES if any(block.language == language for block in blocks(page.read_text()))]


@pytest.mark.parametrize("page", _of("sh"), ids=lambda page: page.stem)
def test_shell(tmp_path: Path, page: Path) -> None:
    around = sandbox(tmp_path)
    for block in blocks(page.read_text()):
        if block.language == "sh":
            done = around.run(f"set -euo pipefail\n{block.text}")
            assert done.returncode == 0, done.stdout


def test_the_python_of_the_readme(tmp_path: Path) -> None:
    around = sandbox(tmp_path)
    made = (
        "import clientkeystore sample_certs/own/old-root.pem --yes --quiet",
        "bundle sample_certs/own/new-root.pem -o new-roots.pem --quiet",
        "list clientkeystore.p12",
    )
    (text,) = [block.text for block in blocks(README.read_text()) if block.language == "python"]
    (tmp_path / "page.py").write_text(text)
    around.env["TRUSTSTORE_PASSWORD"] = "changeit"
    for command in (*made[:2], "", made[2]):
        done = around.run(f"truststore-tool {command}" if command else "python3 page.py")
        assert done.returncode == 0, done.stdout
    assert done.stdout.count("trusted  ") == 2
