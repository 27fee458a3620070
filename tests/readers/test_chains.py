"""Our verdict on chains beside that of OpenSSL (as libpq uses it) and of a JVM (as the JDBC driver uses it)."""

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.postgres.authority import CLIENT_ONLY, SERVER, Issued, issue, write_pem
from tests.postgres.clients import Jvm
from tests.readers.chain_drafts import draft_of, sign
from tests.readers.chain_judges import pem
from tests.realtools import find, run
from tests.samples import certificates, own
from truststore_tool import asn1
from truststore_tool.model import Certificate
from truststore_tool.readers.hostnames import TlsReader
from truststore_tool.readers.source import Source
from truststore_tool.readers.verdict import judge, overruled

NOW = datetime.now(UTC)
READERS: tuple[TlsReader, ...] = ("java", "libpq")
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


def reasons(case: Case, reader: TlsReader, anchors: Path) -> list[str]:
    """The codes of our verdict."""
    source = Source.of("a store", reader, anchors.read_bytes())
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


def test_a_wrong_key_identifier_is_called_that(tmp_path: Path) -> None:
    leaf = issue("l", ROOT, ca=False, names_key_of=OTHER_ROOT)
    case = Case("wrong key identifier", (leaf,), (ROOT,), "key-identifier", "")
    anchors, sent = write(case, tmp_path / "case")
    assert not openssl_accepts(case, anchors, sent)
    found = judge(Source.of("s", "libpq", anchors.read_bytes()), (leaf.model,), None, NOW)
    assert [reason.code for reason in found.reasons] == ["key-identifier"]
    assert "the authority key identifier in CN=l names another key" in found.reasons[0].text


def test_java_verdict_is_that_of_a_jvm(java: Jvm, tmp_path: Path) -> None:
    written = [write(case, tmp_path / case.name) for case in CASES]
    answers = java.ask(*(("trust", anchors, "", sent) for anchors, sent in written))
    for case, (anchors, _), answer in zip(CASES, written, answers, strict=True):
        found = reasons(case, "java", anchors)
        assert found[:1] == ([case.java] if case.java else []), case.name
        assert (not found) == (answer == "trusted"), (case.name, answer)


def test_the_missing_root_is_named_when_another_file_holds_it(tmp_path: Path) -> None:
    write_pem(tmp_path / "other.pem", OTHER_ROOT)
    source = Source.of("s", "java", (tmp_path / "other.pem").read_bytes())
    sent = (LEAF.model, MIDDLE.model)
    blind = judge(source, sent, None, NOW).reasons[0]
    assert blind.look_for is None
    assert f"SHA-256 {OTHER_ROOT.model.sha256}" in blind.text
    seeing = judge(source, sent, None, NOW, known=(OTHER_ROOT.model, ROOT.model)).reasons[0]
    assert seeing.look_for == ROOT.model.sha256


def test_trust_ends_with_the_first_date_that_the_reader_looks_at(tmp_path: Path) -> None:
    root = issue("R", years=(2020, 2030))
    leaf = issue("l", root, ca=False, years=(2020, 2035))
    store = write_pem(tmp_path / "r.pem", root).read_bytes()
    ends = {
        reader: judge(Source.of("s", reader, store), (leaf.model,), None, NOW).until for reader in ("libpq", "java")
    }
    assert ends == {"libpq": datetime(2030, 1, 1, tzinfo=UTC), "java": datetime(2035, 1, 1, tzinfo=UTC)}


@pytest.mark.parametrize("reader", ["java", "libpq"])
def test_a_crowd_that_issued_each_other_takes_bounded_work(reader: TlsReader, monkeypatch: pytest.MonkeyPatch) -> None:
    first = issue("Same")
    crowd = tuple(issue("Same", first, like=first).model for _ in range(60))
    leaf = issue("l", first, ca=False).model
    parsed: list[bytes] = []
    checked: list[Certificate] = []
    read, verifies = asn1.read_exactly, Certificate.is_signed_by

    def counted_read(data: bytes) -> asn1.Element:
        parsed.append(data)
        return read(data)

    def counted_verifies(child: Certificate, issuer: Certificate) -> bool | None:
        checked.append(child)
        return verifies(child, issuer)

    monkeypatch.setattr(asn1, "read_exactly", counted_read)
    monkeypatch.setattr(Certificate, "is_signed_by", counted_verifies)
    assert not judge(Source.of("s", reader, b""), (leaf, *crowd), None, NOW).trusted
    assert len(checked) < 600  # the search stops at 500, a few look at self-signatures; every pair would be 3,600
    # Each certificate is cut into its fields once, not once for each of the thousands of ways through the crowd.
    assert all(parsed.count(certificate.der) <= 1 for certificate in (leaf, *crowd))


def test_java_trusts_the_certificate_of_a_key_entry_and_so_do_we(java: Jvm, tmp_path: Path) -> None:
    keyed = tmp_path / "key.p12"
    files = ("-in", own("old-server.pem"), "-inkey", own("old-server.key"), "-certfile", own("old-root.pem"))
    run(find("openssl"), "pkcs12", "-export", "-passout", "pass:changeit", *files, "-out", keyed)
    (answer,) = java.ask(("trust", keyed, "changeit", own("old-chain.pem")))
    source = Source.of("s", "java", keyed.read_bytes(), "changeit")
    sent = tuple(certificates(own("old-chain.pem")))
    assert answer == "trusted"
    assert judge(source, sent, "localhost", NOW).trusted
    # The root of the key's chain is no anchor: another server below it is refused.
    (answer,) = java.ask(("trust", keyed, "changeit", own("old-intermediate.pem")))
    assert answer.startswith("error:")
    assert not judge(source, sent[1:], None, NOW).trusted


def test_java_does_not_see_what_openssl_puts_into_pkcs12_and_so_do_we(java: Jvm, tmp_path: Path) -> None:
    unseen = tmp_path / "unseen.p12"
    certificate = ("-in", own("old-root.pem"))
    run(find("openssl"), "pkcs12", "-export", "-nokeys", "-passout", "pass:changeit", *certificate, "-out", unseen)
    (answer,) = java.ask(("trust", unseen, "changeit", own("old-chain.pem")))
    assert answer.startswith("error:")
    source = Source.of("s", "java", unseen.read_bytes(), "changeit")
    verdict = judge(source, tuple(certificates(own("old-chain.pem"))), "localhost", NOW)
    assert [reason.code for reason in verdict.reasons] == ["unknown-ca", "not-seen-by-java"]


@pytest.mark.parametrize("setting", ["-addreject", "-addtrust"])
@pytest.mark.parametrize("purpose", ["serverAuth", "clientAuth"])
def test_a_root_counts_for_libpq_as_its_trust_settings_allow(tmp_path: Path, setting: str, purpose: str) -> None:
    marked, chain = tmp_path / "root.pem", own("old-chain.pem")
    openssl = find("openssl")
    run(openssl, "x509", "-in", own("old-root.pem"), "-trustout", setting, purpose, "-out", marked)
    command = [openssl, "verify", "-no_check_time", "-purpose", "sslserver", "-no-CApath", "-no-CAstore"]
    answer = run(*command, "-CAfile", marked, "-untrusted", chain, own("old-server.pem"), check=False)
    verdict = judge(Source.of("s", "libpq", marked.read_bytes()), tuple(certificates(chain)), "localhost", NOW)
    assert verdict.trusted == (b": OK" in answer)
    assert [reason.code for reason in verdict.reasons] == ([] if verdict.trusted else ["distrusted"])


def test_the_openssl_of_this_machine_clears_nothing_that_the_one_in_question_refuses() -> None:
    store = own("old-root.pem").read_bytes()
    sent = tuple(certificates(own("old-chain.pem")))
    trusted = judge(Source.of("s", "libpq", store), sent, "localhost", NOW)
    assert overruled(trusted, None) == trusted
    for same, who in ((True, "OpenSSL"), (False, "the OpenSSL of this machine")):
        refused = overruled(trusted, "CA certificate key too weak", same=same)
        assert not refused.trusted
        assert [(r.code, r.text) for r in refused.reasons] == [
            ("openssl", f"{who} refuses it: CA certificate key too weak")
        ]
    elsewhere = judge(Source.of("s", "libpq", store), sent, "db.example.com", NOW)
    assert overruled(elsewhere, None, same=True) == elsewhere
    unknown = judge(Source.of("s", "libpq", own("new-root.pem").read_bytes()), sent, "localhost", NOW)
    assert overruled(unknown, "unable to get local issuer certificate", same=True) == unknown
    assert overruled(unknown, None, same=True) == unknown  # however lenient it is


def test_what_is_not_judged_is_cleared_by_the_very_openssl_alone() -> None:
    root, leaf = draft_of("Root", "Root", authority=True), draft_of("leaf", "Root", authority=False)
    odd = leaf.having("1.3.6.1.5.5.7.1.7", asn1.sequence())  # addresses, of which nothing is known here
    source = Source.of("s", "libpq", pem((sign(root, root),)))
    doubtful = judge(source, (sign(odd, root),), "db.example.com", NOW)
    assert [reason.code for reason in doubtful.reasons] == ["not-judged"]
    assert overruled(doubtful, None) == doubtful
    assert overruled(doubtful, None, same=True).trusted
    for same in (True, False):
        assert [r.code for r in overruled(doubtful, "no", same=same).reasons] == ["openssl"]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 255)), max_size=6), st.integers(0, 2))
def test_a_chain_of_damaged_certificates_is_judged_and_raises_nothing(
    damage: list[tuple[int, int]], which: int
) -> None:
    ders = [bytearray(c.der) for c in certificates(own("old-chain.pem"))]
    for position, value in damage:
        target = ders[which % len(ders)]
        target[position % len(target)] = value
    store = own("old-root.pem").read_bytes()
    sent = tuple(Certificate(bytes(der)) for der in ders)
    for reader in READERS:
        verdict = judge(Source.of("s", reader, store), sent, "localhost", NOW)
        assert verdict.trusted == (sent == tuple(certificates(own("old-chain.pem"))))
