"""What is called plain every Java reads; nearly all certificates are, which is what makes the gate cheap."""

import random
from collections.abc import Sequence

import pytest

from tests.readers import plain_neighbours
from tests.readers.jvms import Jvm
from tests.readers.test_java_parser import accepted, refused
from tests.samples import amazon, certificates
from tests.shims import odd_certificates
from tests.shims.forge import certificate
from truststore_tool.asn1 import OBJECT_IDENTIFIER
from truststore_tool.readers.java.certificate import JavaCertificate
from truststore_tool.readers.java.parsing import why_refused
from truststore_tool.readers.java.plain import is_plain, is_strong

NEIGHBOURS = 4000
REAL = [c.der for c in certificates(amazon("rds-global-bundle.pem"))]


@pytest.fixture(scope="module")
def neighbours() -> list[bytes]:
    rng = random.Random(3)  # noqa: S311 -- no secret
    odd = list(odd_certificates.all_of_them().values())
    return plain_neighbours.made([*REAL, *odd], NEIGHBOURS, rng)


def test_real_authorities_are_plain() -> None:
    assert [der for der in REAL if not is_plain(der)] == []


@pytest.mark.parametrize("title", sorted(refused()))
def test_what_java_refuses_is_not_plain(title: str) -> None:
    assert not is_plain(refused()[title])


def test_octets_left_out_or_added_are_not_plain() -> None:
    der = REAL[0]
    assert not any(is_plain(der[:end]) for end in range(len(der)))
    assert not is_plain(der + b"\0")


def test_what_is_plain_no_parser_of_ours_refuses(neighbours: Sequence[bytes]) -> None:
    every = [*neighbours, *odd_certificates.all_of_them().values(), *accepted().values()]
    assert [der for der in every if is_plain(der) and (why_refused(der, 17) or why_refused(der, 25))] == []


def test_what_is_strong_the_jdk_does_not_call_weak(neighbours: Sequence[bytes]) -> None:
    strong = [der for der in neighbours if is_strong(der)]
    assert len(strong) > NEIGHBOURS // 10
    judged = [JavaCertificate(der, jdk) for der in strong for jdk in (17, 25)]
    assert [each for each in judged if each.key_verdict or each.signature_verdict] == []
    assert not is_strong(certificate(signed="1.2.840.113549.1.1.5"))


def test_every_java_opens_a_store_of_all_that_is_plain(readers: dict[str, Jvm], neighbours: Sequence[bytes]) -> None:
    chosen = [der for der in dict.fromkeys(neighbours) if is_plain(der)]
    assert NEIGHBOURS // 6 < len(chosen) < NEIGHBOURS * 4 // 5
    assert plain_neighbours.refusing(readers.values(), chosen) == {}


def test_the_store_is_one_that_shows_a_refused_certificate(readers: dict[str, Jvm]) -> None:
    found = plain_neighbours.refusing(readers.values(), [*REAL[:3], refused()["RSA with three numbers"], *REAL[3:6]])
    assert set(found) == set(readers)
    assert all(bad == [refused()["RSA with three numbers"]] for bad in found.values())


@pytest.mark.parametrize("place", range(40))
def test_odd_numbers_of_kinds_are_left_to_the_parsers(place: int) -> None:
    der = bytearray(REAL[0])
    at = [i for i in range(len(der) - 12) if der[i] == OBJECT_IDENTIFIER and 3 <= der[i + 1] < 12]
    if place < len(at):
        der[at[place] + 2] = 0x80
        assert not is_plain(bytes(der))
