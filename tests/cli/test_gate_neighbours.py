"""The gate before odd certificates of every kind: real readers open what it lets through, and not what it refuses."""

from pathlib import Path

import pytest

from tests.cli.harness import Tool
from tests.cli.test_gate import raw
from tests.readers import libcrypto
from tests.readers.jvms import Jvm
from tests.shims import odd_certificates
from tests.shims.forge import certificate, common_name, name, number, oid, pem, seq, tlv
from truststore_tool import formats
from truststore_tool.model import Certificate

# Those that a store is meant for, as far as they are here.
JAVAS = ("java8u504", "java11.0.13", "java17.0.15", "java21.0.8", "java25.0.3")
EC = oid("1.2.840.10045.2.1")


def more() -> dict[str, bytes]:
    """Some that keytool does not print in ways of their own."""
    plain = certificate()
    body = plain[4:]
    unknown_curve = seq(seq(EC, oid("1.3.132.0.99")), tlv(3, b"\0\4" + bytes(64)))
    return {
        "Ed448": certificate(key=seq(seq(oid("1.3.101.113")), tlv(3, b"\0" + bytes(range(57))))),
        "X448": certificate(key=seq(seq(oid("1.3.101.111")), tlv(3, b"\0" + bytes(range(56))))),
        "an unknown curve": certificate(key=unknown_curve),
        "secp256k1": certificate(key=seq(seq(EC, oid("1.3.132.0.10")), tlv(3, b"\0\4" + bytes(64)))),
        "a compressed point": certificate(key=seq(seq(EC, oid("1.2.840.10045.3.1.7")), tlv(3, b"\0\2" + bytes(32)))),
        "a serial number of 200 octets": certificate(serial=number(1 << 1600)),
        "an empty serial number": certificate(serial=tlv(2)),
        "a padded serial number": certificate(serial=tlv(2, b"\0\0\1")),
        "an empty extension": certificate(("2.5.29.19", False, b"")),
        "an empty critical extension": certificate(("2.5.29.19", True, b"")),
        "a universal string": certificate(subject=common_name("x\0\0\0", 0x1C)),
        "half a character in a BMPString": certificate(subject=name([("2.5.4.3", tlv(0x1E, b"a"))])),
        "no UTF-8 in a UTF8String": certificate(subject=name([("2.5.4.3", tlv(0x0C, b"\xff\xfe"))])),
        "a name of 70,000 octets": certificate(subject=common_name("x" * 70_000)),
        "an indefinite length": b"\x30\x80" + body + b"\0\0",
        "a length in long form": b"\x30\x83\0" + plain[2:4] + body,
        "years before years": certificate(validity=seq(tlv(0x17, b"300101000000Z"), tlv(0x17, b"200101000000Z"))),
        "the year 0": certificate(validity=seq(tlv(0x18, b"00000101000000Z"), tlv(0x17, b"300101000000Z"))),
        "a date that is none": certificate(validity=seq(tlv(0x17, b"never"), tlv(0x17, b"300101000000Z"))),
    }


EVERY = {**odd_certificates.all_of_them(), **odd_certificates.refused(), **more()}
# Of this not all programs that read a file before us see the end.
del EVERY["cut short"]


@pytest.mark.parametrize("name", ["ts.jks", "ts.jceks", "ts.p12"])
def test_java_opens_what_is_written_and_not_what_is_refused(tool: Tool, readers: dict[str, Jvm], name: str) -> None:
    form = formats.by_suffix(Path(name).suffix)
    assert form is not None
    asked = [readers[java] for java in JAVAS if java in readers]
    wrong = []
    refused = 0
    for title, der in EVERY.items():
        Path("c.pem").write_bytes(pem(der))
        Path(name).unlink(missing_ok=True)
        done = tool("import", name, "c.pem", "--yes")
        if done.code == 0:
            data = Path(name).read_bytes()
        else:
            assert done.code == 3, (title, done.err)
            assert not Path(name).exists()
            data = raw(form.name, [("odd", Certificate(der))])
            refused += 1
        answers = [jvm.ask(data, "changeit", form.name.upper()) for jvm in asked]
        opened = [answer.loads and len(answer.entries) == 1 for answer in answers]
        if all(opened) != (done.code == 0):
            wrong.append((title, done.err, opened))
    assert wrong == []
    assert len(EVERY) > 110
    assert 0 < refused < len(EVERY)


def test_openssl_opens_what_is_written_and_not_what_is_refused(tool: Tool) -> None:
    wrong = []
    for title, der in EVERY.items():
        Path("c.pem").write_bytes(pem(der))
        Path("ts.pem").unlink(missing_ok=True)
        done = tool("import", "ts.pem", "c.pem", "--yes")
        assert done.code in (0, 3), (title, done.err)
        data = Path("ts.pem").read_bytes() if done.code == 0 else pem(der)
        if bool(libcrypto.load_file(data).reasons) != (done.code == 3):
            wrong.append((title, done.err))
    assert wrong == []
