"""Our verdict on chains beside that of OpenSSL (as libpq uses it) and of a JVM (as the JDBC driver uses it)."""

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.postgres.authority import CLIENT_ONLY, SERVER, Issued, issue, write_pem
from tests.postgres.clients import Jvm
from tests.realtools import find
from truststore_tool.formats import pem
from truststore_tool.postgres.hostnames import Reader
from truststore_tool.postgres.verdict import Source, judge

NOW = datetime.now(UTC)
PAST, FUTURE = (2010, 2020), (2040, 2045)

ROOT = issue("Root")
MIDDLE = issue("Middle", ROOT)
LEAF = issue("leaf", MIDDLE, ca=False, usages=SERVER)
OLD_ROOT = issue("Old Root", years=PAST)
LATE_ROOT = issue("Late Root", years=FUTURE)
OLD_MIDDLE = issue("Middle", ROOT, years=PAST, like=MIDDLE)
OTHER_ROOT = issue("Root")
CROSS = issue("Root", OTHER_ROOT, like=ROOT)
NO_CA = issue("No CA", ROOT, ca=False)
NO_SIGN = issue("No Sign", ROOT, sign=False)
SHORT = issue("Short", ROOT, path_length=0)
BELOW = issue("Below", SHORT)
SELF = issue("self", ca=False, usages=SERVER)
OLD_SELF = issue("old self", ca=False, years=PAST)
NAMELESS, OTHER_NAMELESS = (issue("Root", identifiers=False) for _ in range(2))
NAMELESS_LEAF = issue("l", NAMELESS, ca=False, identifiers=False)


@dataclass(frozen=True)
class Case:
    """What is sent, what is trusted, and the code of the first reason for each reader ("" for trust)."""

    name: str
    sent: tuple[Issued, ...]
    anchors: tuple[Issued, ...]
    libpq: str
    java: str


CASES = (
    Case("whole", (LEAF, MIDDLE), (ROOT,), "", ""),
    Case("root sent too", (LEAF, MIDDLE, ROOT), (ROOT,), "", ""),
    Case("out of order", (LEAF, ROOT, MIDDLE), (ROOT,), "", ""),
    Case("intermediate not sent", (LEAF,), (ROOT,), "unknown-ca", "unknown-ca"),
    Case("intermediate in the store", (LEAF,), (ROOT, MIDDLE), "", ""),
    Case("only the intermediate in the store", (LEAF, MIDDLE), (MIDDLE,), "root-missing", ""),
    Case("only the server's own in the store", (LEAF, MIDDLE), (LEAF,), "unknown-ca", ""),
    Case("another root of that name", (LEAF, MIDDLE), (OTHER_ROOT,), "unknown-ca", "unknown-ca"),
    Case("two roots of that name", (LEAF, MIDDLE), (OTHER_ROOT, ROOT), "", ""),
    Case("two roots, no key identifiers", (NAMELESS_LEAF,), (OTHER_NAMELESS, NAMELESS), "namesake", ""),
    Case("cross-signed", (LEAF, MIDDLE, CROSS), (OTHER_ROOT,), "", ""),
    Case("root expired", (issue("l", OLD_ROOT, ca=False),), (OLD_ROOT,), "expired", ""),
    Case("root not yet valid", (issue("l", LATE_ROOT, ca=False),), (LATE_ROOT,), "not-yet-valid", ""),
    Case("leaf expired", (issue("l", ROOT, ca=False, years=PAST),), (ROOT,), "expired", "expired"),
    Case("leaf not yet valid", (issue("l", ROOT, ca=False, years=FUTURE),), (ROOT,), "not-yet-valid", "not-yet-valid"),
    Case("intermediate expired", (LEAF, OLD_MIDDLE), (ROOT,), "expired", "expired"),
    Case("renewed intermediate in the store", (LEAF, OLD_MIDDLE), (ROOT, MIDDLE), "", ""),
    Case("issuer is no authority", (issue("l", NO_CA, ca=False), NO_CA), (ROOT,), "not-a-ca", "not-a-ca"),
    Case("issuer may not sign", (issue("l", NO_SIGN, ca=False), NO_SIGN), (ROOT,), "not-a-ca", "not-a-ca"),
    Case("path too long", (issue("l", BELOW, ca=False), BELOW, SHORT), (ROOT,), "path-too-long", "path-too-long"),
    Case("for clients only", (issue("l", ROOT, ca=False, usages=CLIENT_ONLY),), (ROOT,), *["not-for-servers"] * 2),
    Case("self-signed and trusted", (SELF,), (SELF,), "", ""),
    Case("self-signed and unknown", (SELF,), (ROOT,), "unknown-ca", "unknown-ca"),
    Case("self-signed, trusted, expired", (OLD_SELF,), (OLD_SELF,), "expired", ""),
)
IDS = [case.name for case in CASES]


def write(case: Case, folder: Path) -> tuple[Path, Path]:
    """The anchors and the chain of a case, as files."""
    folder.mkdir()
    return write_pem(folder / "anchors.pem", *case.anchors), write_pem(folder / "sent.pem", *case.sent)


def reasons(case: Case, reader: Reader, anchors: Path) -> list[str]:
    """The codes of our verdict."""
    source = Source("a store", reader, pem.loads(anchors.read_bytes(), None))
    verdict = judge(source, tuple(item.model for item in case.sent), None, NOW)
    assert verdict.trusted == (not verdict.reasons)
    return [reason.code for reason in verdict.reasons]


def openssl_accepts(case: Case, anchors: Path, sent: Path) -> bool:
    """Whether openssl verify, with just these anchors, takes the chain for that of a TLS server."""
    leaf = write_pem(sent.with_name("leaf.pem"), case.sent[0])
    options = ["-no-CAfile", "-no-CApath", "-no-CAstore", "-purpose", "sslserver"]
    command = [find("openssl"), "verify", *options, "-CAfile", str(anchors), "-untrusted", str(sent), str(leaf)]
    return subprocess.run(command, capture_output=True).returncode == 0


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_libpq_verdict_is_that_of_openssl(case: Case, tmp_path: Path) -> None:
    anchors, sent = write(case, tmp_path / "case")
    found = reasons(case, "libpq", anchors)
    assert found[:1] == ([case.libpq] if case.libpq else [])
    assert (not found) == openssl_accepts(case, anchors, sent)


def test_java_verdict_is_that_of_a_jvm(java: Jvm, tmp_path: Path) -> None:
    written = [write(case, tmp_path / case.name) for case in CASES]
    answers = java.ask(*(("trust", anchors, "", sent) for anchors, sent in written))
    for case, (anchors, _), answer in zip(CASES, written, answers, strict=True):
        found = reasons(case, "java", anchors)
        assert found[:1] == ([case.java] if case.java else []), case.name
        assert (not found) == (answer == "trusted"), (case.name, answer)


def test_the_missing_root_is_named_when_another_file_holds_it(tmp_path: Path) -> None:
    write_pem(tmp_path / "other.pem", OTHER_ROOT)
    source = Source("s", "java", pem.loads((tmp_path / "other.pem").read_bytes(), None))
    sent = (LEAF.model, MIDDLE.model)
    blind = judge(source, sent, None, NOW).reasons[0]
    assert blind.look_for is None
    assert f"SHA-256 {OTHER_ROOT.model.sha256}" in blind.text
    seeing = judge(source, sent, None, NOW, known=(OTHER_ROOT.model, ROOT.model)).reasons[0]
    assert seeing.look_for == ROOT.model.sha256


def test_trust_ends_with_the_first_date_that_the_reader_looks_at(tmp_path: Path) -> None:
    root = issue("R", years=(2020, 2030))
    leaf = issue("l", root, ca=False, years=(2020, 2035))
    store = pem.loads(write_pem(tmp_path / "r.pem", root).read_bytes(), None)
    ends = {reader: judge(Source("s", reader, store), (leaf.model,), None, NOW).until for reader in ("libpq", "java")}
    assert ends == {"libpq": datetime(2030, 1, 1, tzinfo=UTC), "java": datetime(2035, 1, 1, tzinfo=UTC)}


def test_a_crowd_of_namesakes_is_judged_quickly() -> None:
    crowd = tuple(issue("Same", ROOT).model for _ in range(60))
    leaf = issue("l", issue("Same"), ca=False).model
    source = Source("s", "java", pem.loads(b"", None))
    started = datetime.now(UTC)
    assert not judge(source, (leaf, *crowd), None, NOW).trusted
    assert (datetime.now(UTC) - started).total_seconds() < 2
