"""What `postgres rotation` foretells comes true for real clients; `tests.postgres.rotation_matrix` has more of it."""

import os
from pathlib import Path

from tests.cli.harness import Tool
from tests.postgres.clients import jvms
from tests.postgres.rotation_matrix import play

COUNT = int(os.environ.get("TRUSTSTORE_TOOL_ROTATIONS", "10"))


def test_what_is_foretold_comes_true(tool: Tool, tmp_path: Path) -> None:
    cells = list(play(range(COUNT), tool, tmp_path, jvms(tmp_path / "classes")))
    assert [cell for cell in cells if not cell.agrees and cell.foretold is not None] == []
    assert sum(cell.foretold is None for cell in cells) <= len(cells) // 10
    for foretold in (True, False):
        assert sum(cell.foretold is foretold for cell in cells) > len(cells) // 5
