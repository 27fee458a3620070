"""The JVMs, started once for all tests of readers."""

import os
from collections.abc import Iterator

import pytest

from tests import debian
from tests.readers import jvms
from tests.readers.jvms import Jvm
from tests.realtools import ABSENT_READERS, jdk_homes, missing


@pytest.fixture(scope="session")
def readers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Jvm]]:
    """Every JVM by the name of its reader, oldest first. Where CI=true, none may be missing but Java 8."""
    if not jdk_homes():
        missing("a JDK")
    found, absent = jvms.homes()
    request.config.stash[ABSENT_READERS] = absent
    if not found or (absent and os.environ.get("CI") == "true"):
        missing("; ".join(absent))
    classes = jvms.compiled(tmp_path_factory.mktemp("judge"))
    there = debian.folder()
    with jvms.running(found, classes) as running:
        if isinstance(there, str):
            absent.append(f"the newest Java 8 ({there})")
            yield running
            return
        with jvms.running_8(there, classes) as eight:
            yield {eight.name: eight, **running}
