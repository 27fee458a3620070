"""Fixtures shared by all tests."""

from pathlib import Path

import pytest

from tests.realtools import Jdk, jdk_homes, missing, run


@pytest.fixture(scope="session")
def jdks(tmp_path_factory: pytest.TempPathFactory) -> list[Jdk]:
    """Every JDK to test against, with the store reader compiled; skips when there is none."""
    homes = jdk_homes()
    if not homes:
        missing("a JDK")
    classes = tmp_path_factory.mktemp("classes")
    source = Path(__file__).parent / "interop" / "StoreReader.java"
    compiler = next((home / "bin" / "javac" for home in homes if (home / "bin" / "javac").exists()), None)
    if compiler is None:
        missing("javac")
    run(compiler, "--release", "17", "-d", classes, source)
    return [Jdk(home, classes) for home in homes]


@pytest.fixture(scope="session")
def jdk(jdks: list[Jdk]) -> Jdk:
    """The first JDK."""
    return jdks[0]
