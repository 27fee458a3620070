"""Go's reading of PEM and of certificates, held against what Go 1.27.3 and 1.24.4 answered alike, and against Go.

Where there is no toolchain, go_answers.txt has, for each file of the grid that holds no key, how many certificates
GoJudge.go saw AppendCertsFromPEM take: built without a module and run with GODEBUG=x509negativeserial=0 (see
go_judge).
"""

from pathlib import Path

import pytest

from tests import debian, samples
from tests.readers import go_judge, pem_grid
from truststore_tool import asn1, readers
from truststore_tool.model import Certificate

ANSWERS = Path(__file__).with_name("go_answers.txt").read_text().replace("\n", "")


def test_go_makes_of_every_file_what_it_was_seen_to() -> None:
    reader = readers.named("go")
    cases = go_judge.cases()
    for (name, data), taken in zip(cases, map(int, ANSWERS), strict=True):
        reading = reader.read(data, None)
        assert reading.loads is (taken > 0), name
        assert len(reading.anchors or ()) == taken, name
    assert {*ANSWERS} == {"0", "1", "2"}


def _with_serial(number: int) -> Certificate:
    """The first sample with another serial number, whose signature is wrong then; nobody looks at that."""
    body, *rest = asn1.read(pem_grid.ONE).children()
    version, serial, *fields = body.children()
    assert serial.tag == asn1.INTEGER
    changed = asn1.sequence(version.raw, asn1.integer(number), *(field.raw for field in fields))
    return Certificate(asn1.sequence(changed, *(part.raw for part in rest)))


@pytest.mark.parametrize(("number", "said"), [(1, None), (0, None), (-1, "x509: negative serial number")])
def test_go_refuses_negative_serial_numbers(number: int, said: str | None) -> None:
    certificate = _with_serial(number)
    assert readers.named("go").refuses(certificate) == said
    assert readers.named("openssl3").refuses(certificate) is None
    reading = readers.named("go").read(pem_grid.block(certificate.der) + pem_grid.block(pem_grid.TWO), None)
    assert [left.reason for left in reading.left_out] == ([said] if said else [])


def test_go_itself_still_does_so() -> None:
    assert "".join(map(str, go_judge.taken(debian.there(), (data for _, data in go_judge.cases())))) == ANSWERS


def test_go_itself_refuses_the_certificates_that_it_is_said_to() -> None:
    numbers = (-(1 << 159), -129, -128, -1, 0, 1, 127, 128, 1 << 159, 1 << 200)
    every = [_with_serial(number) for number in numbers]
    said = go_judge.refusals(debian.there(), (certificate.der for certificate in every))
    assert said == [readers.named("go").refuses(certificate) or "" for certificate in every]
    assert said[:4] == ["x509: negative serial number"] * 4
    assert not any(said[4:])


def test_go_takes_the_samples() -> None:
    bundle = samples.amazon("rds-global-bundle.pem")
    assert list(readers.named("go").read(bundle.read_bytes(), None).anchors or ()) == samples.certificates(bundle)
