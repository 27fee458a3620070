"""What we say of some hundred strange chains, beside the real OpenSSL and real JVMs."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from tests.readers import chain_judges
from tests.readers.chain_drafts import NOW, USAGE, Draft, draft_of, key_of, sign, usage
from tests.readers.chain_judges import TRUSTED, ChainJvm, Neighbour, openssl_says
from tests.readers.chain_neighbours import authorities
from tests.readers.chains_held import KINDS, held, seeds
from truststore_tool import nouns
from truststore_tool.errors import FormatError
from truststore_tool.model import Certificate
from truststore_tool.readers.java import blocked, pkix
from truststore_tool.readers.java.pkix import Jdk
from truststore_tool.readers.java.policies import POLICIES
from truststore_tool.readers.openssl import verify
from truststore_tool.readers.promised import promise

COUNT = 500


@pytest.fixture(scope="module")
def jvms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[Jdk, ChainJvm]]:
    """A JVM of each release that is predicted."""
    with chain_judges.running(tmp_path_factory.mktemp("judge")) as running:
        yield running


def usual() -> Neighbour:
    """A chain with nothing strange in it."""
    return _chain(draft_of("leaf", "Middle", authority=False))


def _chain(leaf: Draft) -> Neighbour:
    root, middle = draft_of("Root", "Root", authority=True), draft_of("Middle", "Root", authority=True)
    return Neighbour("", (sign(leaf, middle), sign(middle, root)), (sign(root, root),), leaf.key)


@pytest.mark.parametrize("kind", KINDS)
def test_openssl_and_java_and_we_agree(kind: str, jvms: Mapping[Jdk, ChainJvm]) -> None:
    """`python -m tests.readers.chains_held` asks about more."""
    make, count = KINDS[kind]
    number = {"names": 3**7 * 2 // count}.get(kind, 1)
    answers = list(held(map(make, seeds(count, number)), jvms))
    assert len(answers) == count * (1 + len(jvms))
    assert [str(answer) for answer in answers if not answer.agrees and not answer.is_listed] == []
    assert sum(answer.is_listed for answer in answers) <= len(answers) // 50
    for reader in {answer.reader for answer in answers}:  # it is not always the same that is said
        accepted = sum(answer.real == TRUSTED for answer in answers if answer.reader == reader)
        assert count // 6 < accepted < count * 5 // 6


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


def test_a_certificate_ends_for_openssl_in_the_second_of_its_not_after_and_for_java_behind_it() -> None:
    case = usual()
    end = case.sent[0].not_after
    for seconds, openssl, java in ((-1, True, True), (0, False, True), (1, False, False)):
        at = end + timedelta(seconds=seconds)
        assert (openssl_says(case, at) == TRUSTED) is openssl
        assert verify.judge(case.sent, case.anchors, at).accepted is openssl
        # X509Certificate.checkValidity: "date.after(notAfter)" is what has expired.
        assert pkix.judge(case.sent, case.anchors, at, 17).accepted is java


def test_roots_that_the_jdk_trusts_in_part_are_judged_by_the_day_of_issue(monkeypatch: pytest.MonkeyPatch) -> None:
    case = usual()
    issued = case.sent[0].not_before.date()
    for until, accepted in ((issued, True), (issued - timedelta(days=1), None)):
        monkeypatch.setattr(pkix, "policy_of", lambda _, until=until: nouns.replace(POLICIES[0], until=until))
        assert pkix.judge(case.sent, case.anchors, NOW, 25).accepted is accepted


def test_java_takes_ten_certificates_and_openssl_more(jvms: Mapping[Jdk, ChainJvm]) -> None:
    case = usual()
    for count, java in ((10, True), (11, False)):
        long = replace(case, sent=(*case.sent, *[case.sent[1]] * (count - 2)))
        assert verify.judge(long.sent, long.anchors, NOW).accepted
        assert openssl_says(long, NOW) == TRUSTED
        for jdk, jvm in jvms.items():
            assert (jvm.says(long) == TRUSTED) is java
            assert pkix.judge(long.sent, long.anchors, NOW, jdk).accepted is java


def test_what_the_jdk_blocks_is_refused_in_every_place_but_as_what_is_trusted_itself(
    jvms: Mapping[Jdk, ChainJvm], monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = (((0, 1), (2,)), ((0, 2, 1), (2,)), ((0, 1), (1,)), ((0, 1), (0,)), ((0, 1, 3), (2,)), ((0, 1), (2, 1)))
    said = set()
    for which in range(3):
        for sent, trusted in orders:
            case = usual()
            renewed = sign(draft_of("Middle", "Root", authority=True), draft_of("Root", "Root", authority=True))
            made = (*case.sent, *case.anchors, renewed)
            asked = replace(case, sent=tuple(made[n] for n in sent), anchors=tuple(made[n] for n in trusted))
            monkeypatch.setattr(blocked, "BLOCKED", {made[which].sha256.hex})
            for jdk, jvm in jvms.items():
                jvm.block(made[which])
                found = pkix.judge(asked.sent, asked.anchors, NOW, jdk)
                assert found.accepted is (jvm.says(asked) == TRUSTED), (which, sent, trusted, jdk)
                said.add(found.accepted)
    assert said == {True, False}


def test_the_list_is_that_of_the_jdks() -> None:
    for home in chain_judges.homes().values():
        lines = (home / "lib" / "security" / "blocked.certs").read_text().splitlines()
        assert {line.lower() for line in lines if len(line) == 64} == blocked.BLOCKED


@pytest.mark.parametrize("kind", ["rsa2048", "ec"])
@pytest.mark.parametrize("bits", [(0,), (2,), (4,), (0, 2), (3,)], ids=str)
def test_key_usage_is_judged_as_the_key_is_used(jvms: Mapping[Jdk, ChainJvm], kind: str, bits: tuple[int, ...]) -> None:
    leaf = replace(draft_of("leaf", "Middle", authority=False), key=key_of(f"{kind}-leaf"))
    case = _chain(leaf.having(USAGE, usage(*bits), critical=True))
    for jdk, jvm in jvms.items():
        assert pkix.judge(case.sent, case.anchors, NOW, jdk).accepted is (jvm.says(case) == TRUSTED)
        older = pkix.judge(case.sent, case.anchors, NOW, jdk, protocol="TLSv1.2").accepted
        said = {jvm.says(case, "TLSv1.2", suites) == TRUSTED for suites in ("TLS_ECDHE", "TLS_RSA_WITH_AES")}
        # A server with a choice of both uses the first.
        assert older is (jvm.says(case, "TLSv1.2") == TRUSTED) or (older is None and said == {True, False})


@pytest.mark.parametrize("digest", ["sha1", "sha224", "sha256"])
@pytest.mark.parametrize("kind", ["rsa2048", "ec", "dsa2048"])
def test_signatures_are_judged_by_what_the_protocol_offers(
    jvms: Mapping[Jdk, ChainJvm], kind: str, digest: str
) -> None:
    root = replace(draft_of("Root", "Root", authority=True), key=key_of(f"{kind}-Root"))
    leaf = replace(draft_of("leaf", "Root", authority=False), digest=digest)
    case = Neighbour("", (sign(leaf, root),), (sign(root, root),), leaf.key)
    protocols: tuple[pkix.Protocol, ...] = ("TLSv1.2", "TLSv1.3")
    for jdk, jvm in jvms.items():
        for protocol in protocols:
            found = pkix.judge(case.sent, case.anchors, NOW, jdk, protocol=protocol)
            assert found.accepted is (jvm.says(case, protocol) == TRUSTED)


@pytest.mark.parametrize("where", [0, 1])
def test_what_is_sent_must_be_certificates(jvms: Mapping[Jdk, ChainJvm], where: int) -> None:
    case = usual()
    for damaged in (case.sent[where].der + b"\0", case.sent[where].der.replace(b"\x02\x14", b"\x05\x14", 1)):
        odd = Certificate(damaged)
        sent = (*case.sent[:where], odd, *case.sent[where + 1 :])
        asked = replace(case, sent=sent)
        ours = verify.judge(sent, case.anchors, NOW).accepted
        assert ours is False
        if not damaged.endswith(b"\0"):  # libssl itself looks at the lengths
            assert openssl_says(asked, NOW) != TRUSTED
        for jdk, jvm in jvms.items():
            assert pkix.judge(sent, case.anchors, NOW, jdk).accepted is (jvm.says(asked) == TRUSTED)
