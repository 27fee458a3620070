"""What we say of some hundred strange chains, beside the real OpenSSL and real JVMs."""

import os
import subprocess
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from tests.postgres.clients import Jvm
from tests.readers.chain_drafts import NOW
from tests.readers.chain_neighbours import Neighbour, authorities, neighbour
from tests.realtools import find, jdk_homes, missing
from truststore_tool.errors import FormatError
from truststore_tool.readers.chains import Judgement
from truststore_tool.readers.java import pkix
from truststore_tool.readers.java.legacy import LEGACY
from truststore_tool.readers.openssl import verify
from truststore_tool.readers.promised import promise

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


def test_what_an_authority_would_issue_is_judged_as_what_it_has_issued() -> None:
    """What is said of certificates that were issued is held against the real ones above."""
    wrong, known = [], 0
    for case in map(authorities, range(COUNT)):
        try:
            promised = (promise(case.sent[1], NOW, like=case.sent[0]), *case.sent[1:])
        except FormatError:
            continue
        for judge in (verify.judge, partial(pkix.judge, jdk=17), partial(pkix.judge, jdk=25)):
            one, other = judge(case.sent, case.anchors, NOW), judge(promised, case.anchors, NOW)
            known += None not in (one.accepted, other.accepted)
            if one.accepted is not other.accepted:
                wrong.append((case.strange, one.accepted, one.flaws, other.flaws))
    assert wrong == []
    assert known > COUNT * 2


def test_an_authority_is_held_to_no_promise_of_another() -> None:
    case = next(case for case in map(authorities, range(COUNT)) if not case.strange)
    other = authorities(COUNT).sent[1]
    assert promise(case.sent[1], NOW).is_signed_by(case.sent[1])
    assert not promise(case.sent[1], NOW).is_signed_with_key_of(case.anchors[0])
    assert not promise(other, NOW).is_signed_with_key_of(case.sent[0])


def test_a_certificate_ends_for_openssl_in_the_second_of_its_not_after_and_for_java_behind_it(tmp_path: Path) -> None:
    case = next(case for case in map(authorities, range(COUNT)) if not case.strange and len(case.anchors) == 1)
    anchors, sent, leaf = case.write(tmp_path / "case")
    end = case.sent[0].not_after
    for seconds, openssl, java in ((-1, True, True), (0, False, True), (1, False, False)):
        at = end + timedelta(seconds=seconds)
        options = ("-attime", str(int(at.timestamp())), "-purpose", "sslserver", "-no-CApath", "-no-CAstore")
        command: list[str | Path] = [find("openssl"), "verify", *options, "-CAfile", anchors, "-untrusted", sent, leaf]
        assert (subprocess.run(command, capture_output=True).returncode == 0) is openssl
        assert verify.judge(case.sent, case.anchors, at).accepted is openssl
        # X509Certificate.checkValidity: "date.after(notAfter)" is what has expired.
        assert pkix.judge(case.sent, case.anchors, at, 17).accepted is java


def test_roots_that_the_jdk_trusts_in_part_are_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    case = next(case for case in map(authorities, range(COUNT)) if not case.strange and len(case.anchors) == 1)
    assert pkix.judge(case.sent, case.anchors, NOW, 25).accepted
    monkeypatch.setattr(pkix, "LEGACY", {case.anchors[0].sha256.digest})
    assert pkix.judge(case.sent, case.anchors, NOW, 25).accepted is None
    entrust = "43DF5774B03E7FEF5FE40D931A7BEDF1BB2E6B42738C4E6D3841103D3AA7F339"  # Entrust Root CA G2
    assert bytes.fromhex(entrust) in LEGACY


def test_java_takes_ten_certificates_and_openssl_more() -> None:
    case = next(case for case in map(authorities, range(COUNT)) if not case.strange and len(case.anchors) == 1)
    for count, java in ((10, True), (11, False)):
        sent = (*case.sent, *[case.sent[1]] * (count - 2))
        assert verify.judge(sent, case.anchors, NOW).accepted
        found = pkix.judge(sent, case.anchors, NOW, 25)
        assert found.accepted is java, found
