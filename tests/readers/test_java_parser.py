"""Which certificates Java refuses: ours and a real JVM must agree on the same bytes."""

import random
from collections.abc import Iterator

import pytest

from tests.readers.judge import Judge, compiled_judge
from tests.readers.neighbours import mutate, tree
from tests.realtools import jdk_homes, missing
from tests.shims import odd_certificates
from tests.shims.forge import certificate, common_name, number, oid, seq, tlv
from truststore_tool.readers.java.parsing import why_refused

CE = "2.5.29."
KNOWN = (17, 25)
NEIGHBOURS = 3000


def _key(algorithm: str, parameters: bytes, content: bytes) -> bytes:
    return seq(seq(oid(algorithm), parameters), tlv(3, b"\0", content))


def _critical(kind: str, *value: bytes) -> bytes:
    return certificate((CE + kind, True, seq(*value)))


def refused() -> dict[str, bytes]:
    """Title and DER of one certificate for each reason that every release of Java has to refuse one."""
    ec, rsa, dh, pss = "1.2.840.10045.2.1", "1.2.840.113549.1.1.1", "1.2.840.113549.1.3.1", "1.2.840.113549.1.1.10"
    modulus = number((1 << 1023) + 1)
    directory = tlv(0xA4, common_name("x"))
    key_id = tlv(0x80, b"abc")
    point = tlv(0xA0, tlv(0xA0, tlv(0x86, b"http://a/")))
    tree_of_names = seq(tlv(0x82, b"a.b"))
    period = tlv(0x80, b"20200101000000Z")
    pss_trailer = seq(tlv(0xA3, number(2)))
    return {
        **odd_certificates.refused(),
        "SM2": certificate(key=_key(ec, oid("1.2.156.10197.1.301"), b"\4" + bytes(64))),
        "explicit curve": certificate(key=_key(ec, seq(number(1)), b"\4" + bytes(64))),
        "curve left out": certificate(key=_key(ec, b"", b"\4" + bytes(64))),
        "compressed point": certificate(key=_key(ec, oid("1.2.840.10045.3.1.7"), b"\2" + bytes(32))),
        "point of another curve": certificate(key=_key(ec, oid("1.2.840.10045.3.1.7"), b"\4" + bytes(96))),
        "DH, length of 41 bits": certificate(key=_key(dh, seq(*map(number, (23, 5, 1 << 40))), number(3))),
        "DH of X9.42": certificate(key=_key("1.2.840.10046.2.1", seq(*map(number, (23, 5, 11, 1 << 70))), number(3))),
        "X25519 of 31 octets": certificate(key=_key("1.3.101.110", b"", bytes(31))),
        "Ed25519 of 33 octets": certificate(key=_key("1.3.101.112", b"", bytes(33))),
        "RSA with an exponent of 1": certificate(key=_key(rsa, tlv(5), seq(modulus, number(1)))),
        "RSA with three numbers": certificate(key=_key(rsa, tlv(5), seq(modulus, number(3), number(3)))),
        "RSA of 16392 bits": certificate(key=_key(rsa, tlv(5), seq(number(1 << 16391), number(3)))),
        "RSA with a long exponent": certificate(key=_key(rsa, tlv(5), seq(number(1 << 4095), number(1 << 65)))),
        "PSS, trailer field 2": certificate(signed=pss, parameters=pss_trailer),
        "PSS, another mask": certificate(signed=pss, parameters=seq(tlv(0xA1, seq(oid("1.2.3"))))),
        "NULL with content": certificate(parameters=tlv(5, b"\0")),
        "PBE without its salt": certificate(signed="1.2.840.113549.1.12.1.6", parameters=seq(number(1), number(1))),
        "OID with a useless octet": certificate(("2.5.4.3", False, b"")).replace(oid("2.5.4.3"), b"\6\3\x55\x80\3"),
        "key identifier twice": _critical("35", key_id, key_id),
        "permitted subtrees twice": _critical("30", tlv(0xA0, tree_of_names), tlv(0xA0, tree_of_names)),
        "point name twice": _critical("31", seq(point, point)),
        "private key usage period twice": _critical("16", period, period),
        "CRL reason that is none": certificate((CE + "21", True, seq())),
        "CRL number that is none": certificate((CE + "20", True, seq())),
        "otherName of an extension's type": _critical("17", tlv(0xA0, oid(CE + "17"), tlv(0xA0, directory))),
        "unique identifier without bits": _with_tail(tlv(0x81)),
        "version 2 with extensions": certificate((CE + "19", True, seq()), version=2),
        "serial that is no INTEGER": certificate(serial=tlv(4, b"\1")),
    }  # fmt: skip


def accepted() -> dict[str, bytes]:
    """Title and DER of certificates that look wrong and are taken."""
    rsa = "1.2.840.113549.1.1.1"
    rdn = tlv(0x31, seq(oid("2.5.4.3"), tlv(0x0C, b"x")))
    return {
        "RSA modulus without its leading zero": certificate(
            key=_key(rsa, tlv(5), seq(tlv(2, b"\x80" + bytes(62) + b"\1"), number(3)))
        ),
        "directory name without its SEQUENCE": _critical("17", tlv(0xA4, rdn)),
        "octets behind a private key usage period": certificate((CE + "16", True, seq() + b"\0")),
        "the year 0": certificate(validity=seq(tlv(0x18, b"00000101000000Z"), tlv(0x18, b"99991231235959-0100"))),
        "a string of another class": _with_tail(tlv(0xA3, seq(seq(oid(CE + "35"), tlv(0xA4, tlv(4, seq())))))),
        "version 5": certificate(version=5),
        "an extension with something behind its value": _with_tail(
            tlv(0xA3, seq(seq(oid("1.2.3"), tlv(4, b"value"), tlv(5))))
        ),
        "version 2 with unique identifiers": _with_tail(tlv(0x81, b"\0x")),
        "octets behind the certificate": certificate() + b"anything",
    }


def _with_tail(tail: bytes) -> bytes:
    """A certificate of version 3 that has `tail` behind its key."""
    root = tree(certificate())
    root.parts[0].parts.append(tree(tail))
    return root.encode()


@pytest.fixture(scope="module", params=KNOWN)
def judge(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    """A JVM of each release, where it is installed."""
    classes = compiled_judge(tmp_path_factory.mktemp("judge"))
    for home in jdk_homes():
        made = Judge(home, classes)
        if made.release == request.param:
            yield made
            made.close()
            return
        made.close()
    missing(f"a JDK {request.param}")


@pytest.mark.parametrize("jdk", KNOWN)
@pytest.mark.parametrize("title", sorted(refused()))
def test_a_refused_certificate_has_a_reason(title: str, jdk: int) -> None:
    assert why_refused(refused()[title], jdk)


@pytest.mark.parametrize("jdk", KNOWN)
@pytest.mark.parametrize("title", sorted(accepted()))
def test_an_odd_certificate_is_taken(title: str, jdk: int) -> None:
    assert why_refused(accepted()[title], jdk) is None


def test_java_refuses_and_takes_what_we_say_it_does(judge: Judge) -> None:
    told = judge.why_refused(refused().values())
    assert [title for title, words in zip(refused(), told, strict=True) if words is None] == []
    told = judge.why_refused(accepted().values())
    assert [title for title, words in zip(accepted(), told, strict=True) if words is not None] == []


def test_neighbours_of_odd_certificates_are_judged_as_java_judges_them(judge: Judge) -> None:
    rng = random.Random(1)  # noqa: S311 -- no secret
    seeds = list(odd_certificates.all_of_them().values())
    donors = [node for der in seeds for node in tree(der).all() if len(node.encode()) < 400]
    made = [mutate(rng.choice(seeds), rng, donors) for _ in range(NEIGHBOURS)]
    told = judge.why_refused(made)
    ours = [why_refused(der, judge.release) for der in made]
    differ = [
        (index, java, words)
        for index, (java, words) in enumerate(zip(told, ours, strict=True))
        if (java is None) != (words is None)
    ]
    assert differ == []
    assert NEIGHBOURS // 5 < sum(words is None for words in told) < NEIGHBOURS * 4 // 5


def test_the_judge_sees_a_store(judge: Judge) -> None:
    from truststore_tool import stores
    from truststore_tool.model import TrustStore

    data = stores.encoded(TrustStore(format="jks"), "changeit")
    assert judge.store("JKS", data, "changeit").error is None
    wrong = judge.store("JKS", data, "wrong")
    assert wrong.error
    assert "password" in wrong.error
