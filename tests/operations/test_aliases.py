import itertools
from pathlib import Path

import pytest

from tests.samples import amazon, certificates, own
from truststore_tool.model import Certificate
from truststore_tool.operations.aliases import alias_from_subject, assign


@pytest.mark.parametrize(
    ("path", "alias"),
    [
        (amazon("rds-ca-2019-root.pem"), "amazon-rds-root-2019-ca"),
        (amazon("rds-ca-rsa2048-g1-us-east-1.pem"), "amazon-rds-us-east-1-root-ca-rsa2048-g1"),
    ],
)
def test_the_common_name_becomes_a_lower_case_alias(path: Path, alias: str) -> None:
    assert alias_from_subject(certificates(path)[0]) == alias


def test_a_certificate_without_a_readable_subject_is_named_by_its_fingerprint() -> None:
    garbage = Certificate(b"\x30\x00")
    # printf '\x30\x00' | sha256sum
    assert alias_from_subject(garbage) == "certificate-e4f60d0aa6d7f3d3"


def test_the_elder_of_two_with_one_subject_keeps_the_plain_alias_in_every_order() -> None:
    old, twin = certificates(own("old-root.pem"))[0], certificates(own("same-subject-root.pem"))[0]
    assert old.subject_der == twin.subject_der
    elder, younger = sorted([old, twin], key=lambda c: (c.not_before, c.sha256.hex))
    for order in itertools.permutations([old, twin]):
        assigned = assign(dict.fromkeys(order, "root"), [])
        assert assigned == {elder: "root", younger: f"root-{younger.sha256.hex[:8]}"}


def test_a_taken_alias_is_compared_as_java_compares() -> None:
    certificate = certificates(own("old-root.pem"))[0]
    assert assign({certificate: "root"}, ["ROOT"]) == {certificate: f"root-{certificate.sha256.hex[:8]}"}


def test_even_the_alias_beside_may_be_taken() -> None:
    certificate = certificates(own("old-root.pem"))[0]
    beside = f"root-{certificate.sha256.hex[:8]}"
    assert assign({certificate: "root"}, ["root", beside]) == {certificate: f"root-{certificate.sha256.hex}"}
