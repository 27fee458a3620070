"""The JVMs, started once for all tests of readers; and at the end of the run, which of them were not there."""

import os
from collections.abc import Iterator
from typing import NoReturn

import pytest

from tests.readers import jvms
from tests.readers.jvms import Jvm
from tests.realtools import jdk_homes, missing

ABSENT = pytest.StashKey[list[str]]()
_ABSENT = "absent reader: "


@pytest.fixture(scope="session")
def readers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Jvm]]:
    """Every JVM by the name of its reader, oldest first. Where CI=true, none may be missing."""
    if not jdk_homes():
        missing("a JDK")
    found, absent = jvms.homes()
    request.config.stash[ABSENT] = absent
    if not found or (absent and os.environ.get("CI") == "true"):
        missing("; ".join(absent))
    with jvms.running(found, jvms.compiled(tmp_path_factory.mktemp("judge"))) as running:
        yield running


def absent(reader: str) -> NoReturn:
    """Skip, as a reader that a machine need not have is not there; said at the end of the run."""
    pytest.skip(f"{_ABSENT}{reader}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for what in config.stash.get(ABSENT, []):
        terminalreporter.write_line(f"{_ABSENT}{what}", yellow=True)
    reasons = [report.longrepr[2] for report in terminalreporter.stats.get("skipped", ())]
    for reason in sorted({reason.removeprefix("Skipped: ") for reason in reasons if _ABSENT in reason}):
        terminalreporter.write_line(reason, yellow=True)
