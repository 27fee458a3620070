import os
import pty
import select
import sys

import pytest

from tests.realtools import need_terminals
from truststore_tool.cli import progress


@pytest.mark.parametrize(("patience", "shown"), [(600, False), (0.1, True)])
def test_only_long_work_shows_a_sign_of_life(monkeypatch: pytest.MonkeyPatch, patience: float, shown: bool) -> None:
    monkeypatch.setattr(progress, "_PATIENCE", patience)
    monkeypatch.setenv("TERM", "xterm")
    need_terminals()
    master, slave = pty.openpty()
    with os.fdopen(slave, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        with progress.working("reading \x1b[2J"):
            if shown:
                assert select.select([master], [], [], 60)[0]
        terminal.write("end")
        terminal.flush()
        seen = b""
        while b"end" not in seen:
            seen += os.read(master, 65536)
    os.close(master)
    assert (b"reading \\x1b[2J" in seen) is shown
