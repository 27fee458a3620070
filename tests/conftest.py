"""Fixtures shared by all tests; and at the end of the run, which real programs were not there."""

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.postgres.clients import Jvm, jvm
from tests.realtools import ABSENT, ABSENT_READERS, Jdk, compiled_reader, jdk_homes, missing

# How long something takes says how busy the machine is.
settings.register_profile("unhurried", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


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


@pytest.fixture
def umask() -> Iterator[None]:
    """The usual umask, whoever runs the tests."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """What one of several processes did not find goes to the one that prints the end."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["absent"] = session.config.stash.get(ABSENT_READERS, [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    absent = getattr(node, "workeroutput", {}).get("absent", [])
    node.config.stash[ABSENT_READERS] = [*node.config.stash.get(ABSENT_READERS, []), *absent]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """A table of what was not compared: how many tests were skipped for want of what, and the readers not asked."""
    skipped = Counter(_reason(report) for report in terminalreporter.stats.get("skipped", ()))
    rows = [(str(number), what) for what, number in sorted(skipped.items())]
    absent = config.stash.get(ABSENT_READERS, [])
    rows += [("-", what) for what in sorted(set(absent))]
    if rows:
        terminalreporter.write_line("not compared here (tests, and why not):", yellow=True)
        for number, what in rows:
            terminalreporter.write_line(f"{number:>6}  {what}", yellow=True)


def _reason(report: pytest.TestReport) -> str:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return reason.removeprefix("Skipped: ").removeprefix(ABSENT)
