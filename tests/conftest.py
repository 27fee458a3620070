"""Fixtures shared by all tests; and at the end of the run, which real programs were not there."""

import pytest

from tests.postgres.clients import Jvm, jvm
from tests.realtools import ABSENT, ABSENT_READERS, Jdk, compiled_reader, jdk_homes, missing


@pytest.fixture(scope="session")
def jdks(tmp_path_factory: pytest.TempPathFactory) -> list[Jdk]:
    """Every JDK to test against, with the store reader compiled; skips when there is none."""
    homes = jdk_homes()
    if not homes:
        missing("a JDK")
    classes = compiled_reader(tmp_path_factory.mktemp("classes"), homes)
    return [Jdk(home, classes) for home in homes]


@pytest.fixture(scope="session")
def jdk(jdks: list[Jdk]) -> Jdk:
    """The first JDK."""
    return jdks[0]


@pytest.fixture(scope="session")
def java(tmp_path_factory: pytest.TempPathFactory) -> Jvm:
    """A JVM with the JDBC driver."""
    return jvm(tmp_path_factory.mktemp("pgclient"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for what in config.stash.get(ABSENT_READERS, []):
        terminalreporter.write_line(f"{ABSENT}{what}", yellow=True)
    reasons = [report.longrepr[2] for report in terminalreporter.stats.get("skipped", ())]
    for reason in sorted({reason.removeprefix("Skipped: ") for reason in reasons if ABSENT in reason}):
        terminalreporter.write_line(reason, yellow=True)
