import os
import pty
import sys
import time

import pytest

from truststore_tool.cli import progress


@pytest.mark.parametrize(("seconds", "shown"), [(0.0, False), (0.3, True)])
def test_only_long_work_shows_a_sign_of_life(monkeypatch: pytest.MonkeyPatch, seconds: float, shown: bool) -> None:
    monkeypatch.setattr(progress, "_PATIENCE", 0.1)
    monkeypatch.setenv("TERM", "xterm")
    master, slave = pty.openpty()
    with os.fdopen(slave, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        with progress.working("reading \x1b[2J"):
            time.sleep(seconds)
        terminal.write("end")
        terminal.flush()
        seen = b""
        while b"end" not in seen:
            seen += os.read(master, 65536)
    os.close(master)
    assert (b"reading \\x1b[2J" in seen) is shown
