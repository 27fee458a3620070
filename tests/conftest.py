"""Fixtures shared by all tests."""

import pytest

from tests.postgres.clients import Jvm, jvm
from tests.realtools import Jdk, compiled_reader, jdk_homes, missing


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
