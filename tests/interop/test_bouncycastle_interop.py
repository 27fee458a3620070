"""BKS, UBER and BCFKS as the BouncyCastle that is installed writes them today."""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.formats import bouncycastle as vectors
from tests.realtools import Jdk, missing, run
from tests.samples import own
from truststore_tool.formats import detect


@pytest.fixture(scope="session")
def written(jdk: Jdk, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder that Writer.java has just filled, and its report of what BouncyCastle reads there."""
    jar = Path(os.environ.get("TRUSTSTORE_TOOL_BCPROV", "/usr/share/java/bcprov.jar"))  # Debian: libbcprov-java
    if not jar.exists():
        missing("BouncyCastle (libbcprov-java)")
    folder = tmp_path_factory.mktemp("bouncycastle")
    sources = [own(name) for name in ("new-root.pem", "new-chain.pem", "new-server.key")]
    java = jdk.home / "bin" / "java"
    return folder, run(java, "-cp", jar, vectors.HERE / "Writer.java", folder, *sources).decode()


def test_the_same_stores_are_written(written: tuple[Path, str]) -> None:
    folder, _ = written
    assert sorted(path.name for path in folder.iterdir()) == vectors.names()


@pytest.mark.parametrize("name", [name for name in vectors.names() if name != "bcfks-signed.store"])
def test_reads_what_bouncycastle_reads(written: tuple[Path, str], name: str) -> None:
    folder, report = written
    if name.startswith(("bks", "uber")) and find_spec("jks") is None:
        missing("pyjks (the extra legacy, which a compiler makes)")
    data = (folder / name).read_bytes()
    codec = detect(data)
    assert codec.name == ("bks" if name.startswith("bks") else name.removesuffix(".store").partition("-")[0])
    store = codec.loads(data, vectors.PASSWORD)
    assert vectors.seen(store.entries) == vectors.expected(report, name)
    assert store.integrity == "verified"
