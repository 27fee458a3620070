"""What we say of some hundred strange chains, beside the real OpenSSL and real JVMs."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.postgres.clients import Jvm
from tests.readers.chain_drafts import NOW
from tests.readers.chain_neighbours import Neighbour, neighbour
from tests.realtools import find, jdk_homes, missing
from truststore_tool.readers.chains import Judgement
from truststore_tool.readers.java import pkix
from truststore_tool.readers.openssl import verify

COUNT = int(os.environ.get("TRUSTSTORE_TOOL_CHAINS", "500"))
# Of so many cases so few may be left open: what the generator makes is mostly understood.
MOST_OPEN = COUNT // 20


@pytest.fixture(scope="module")
def cases() -> list[Neighbour]:
    return [neighbour(seed) for seed in range(COUNT)]


def openssl_says(case: Neighbour, folder: Path) -> str:
    """Empty, or what `openssl verify` has against the chain, set up as libpq sets the library up."""
    anchors, sent, leaf = case.write(folder)
    options = ("-no-CAfile", "-no-CApath", "-no-CAstore", "-purpose", "sslserver", "-auth_level", "2")
    command: list[str | Path] = [find("openssl"), "verify", *options, "-CAfile", anchors, "-untrusted", sent, leaf]
    done = subprocess.run(command, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def hold(case: Neighbour, found: Judgement, real: str) -> str | None:
    """What is wrong with our judgement, or None."""
    # The trust manager is asked without a handshake here, in which no server can prove that it has such a key.
    unspoken = [f for f in found.flaws if f.certificate == case.sent[0] and "speaks" in f.detail]
    if found.accepted in (None, not real) or (unspoken and not real):
        return None
    flaws = [(flaw.code, flaw.detail) for flaw in found.flaws]
    return f"{case.strange}: {real.strip() or 'accepted'}; here {found.accepted} {flaws}"


def test_openssl_and_we_agree(cases: list[Neighbour], tmp_path: Path) -> None:
    found = [verify.judge(case.sent, case.anchors, NOW) for case in cases]
    wrong = [hold(c, f, openssl_says(c, tmp_path / str(n))) for n, (c, f) in enumerate(zip(cases, found, strict=True))]
    assert list(filter(None, wrong)) == []
    assert sum(judgement.accepted is None for judgement in found) <= MOST_OPEN
    assert sum(judgement.accepted is True for judgement in found) >= COUNT // 6


@pytest.mark.parametrize("jdk", pkix.JDKS)
def test_java_and_we_agree(cases: list[Neighbour], tmp_path: Path, java: Jvm, jdk: pkix.Jdk) -> None:
    home = next((home for home in jdk_homes() if f'JAVA_VERSION="{jdk}' in (home / "release").read_text()), None)
    if home is None:
        missing(f"a JDK {jdk}")
    files = [case.write(tmp_path / str(number)) for number, case in enumerate(cases)]
    jvm = Jvm(home / "bin" / "java", java.classpath)
    answers = jvm.ask(*(("trust", anchors, "", sent) for anchors, sent, _ in files))
    found = [pkix.judge(case.sent, case.anchors, NOW, jdk) for case in cases]
    real = ["" if answer == "trusted" else answer for answer in answers]
    wrong = [hold(*one) for one in zip(cases, found, real, strict=True)]
    assert list(filter(None, wrong)) == []
    assert sum(judgement.accepted is None for judgement in found) <= MOST_OPEN
