"""A certificate in other encodings than DER: what OpenSSL and Java take it for, and what we do."""

import random
import re
from pathlib import Path

import pytest

from tests import encodings
from tests.realtools import Jdk, find, run
from tests.samples import amazon, certificates, own
from truststore_tool import encoding
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.model import Certificate
from truststore_tool.readers.java.certificate import JavaCertificate
from truststore_tool.readers.java.der import JavaFormatError

ROOT, EC = own("old-root.pem"), amazon("rds-ca-ecc384-g1-us-east-1.pem")


@pytest.mark.parametrize("form", ["PEM", "DER"])
@pytest.mark.parametrize("root", [ROOT, EC], ids=["RSA", "EC"])
def test_a_fingerprint_is_the_one_that_openssl_prints(tmp_path: Path, root: Path, form: str) -> None:
    der = certificates(root)[0].der
    printed = {}
    for name, data in {**encodings.the_same(der), **encodings.others(der)}.items():
        path = tmp_path / "c"
        path.write_bytes(encodings.block(data) if form == "PEM" else data)
        shown = run(find("openssl"), "x509", "-noout", "-fingerprint", "-sha256", "-inform", form, "-in", path)
        printed[name] = Fingerprint.parse(shown.decode())
        assert Certificate(data).sha256 == printed[name], name
        assert printed[name].matches(data)
    right = printed["DER"]
    assert {name for name, found in printed.items() if found == right} == encodings.the_same(der).keys()
    assert {Certificate(data) for data in encodings.the_same(der).values()} == {Certificate(der)}
    assert all(Certificate(data) != Certificate(der) for data in encodings.others(der).values())


def test_java_is_asked_for_what_java_prints(jdks: list[Jdk], tmp_path: Path) -> None:
    der = certificates(ROOT)[0].der
    known = 0
    for jdk in jdks:
        release = 25 if 'JAVA_VERSION="25' in (jdk.home / "release").read_text() else 17
        for name, data in {**encodings.the_same(der), **encodings.others(der)}.items():
            (tmp_path / "c.der").write_bytes(data)
            printed = run(jdk.keytool, "-printcert", "-file", tmp_path / "c.der", check=False)
            shown = re.search(r"SHA256: (\S+)", printed.decode())
            try:
                found = JavaCertificate(data, release).check().sha256
            except JavaFormatError:
                found = ""
            assert found == (shown[1] if shown else ""), (release, name)
            known += shown is not None
    assert known > len(jdks) * 8


def test_the_quick_look_says_nothing_else_than_the_long_one(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = [certificates(path)[0].der for path in (ROOT, EC, amazon("rds-ca-2019-root.pem"))]
    chosen = random.Random(4)  # noqa: S311
    altered = []
    for _ in range(3000):
        data = bytearray(chosen.choice(samples))
        algorithm = 8 + int.from_bytes(data[6:8], "big")
        place = chosen.choice([chosen.randrange(8), algorithm + chosen.randrange(24)])
        data[place] = chosen.choice([0, 1, 3, 0x80, 0x81, 0x82, data[place] ^ 1])
        altered.append(bytes(data[: len(data) - chosen.choice([0, 0, 1, 30])]))
    quick = [encoding.in_der(data) for data in samples + altered]
    assert quick[: len(samples)] == samples
    encoding.in_der.cache_clear()
    monkeypatch.setattr(encoding, "_has_usual_shell", lambda _: False)
    assert [encoding.in_der(data) for data in samples + altered] == quick
    encoding.in_der.cache_clear()


@pytest.mark.parametrize("data", [b"", b"\x30", b"\x30\0", b"\x30\x80" * 300, b"\x30\x80\0\0", b"not a certificate"])
def test_what_is_no_certificate_is_as_it_stands(data: bytes) -> None:
    assert encoding.in_der(data) == data
    same = Certificate(data)
    assert same.in_der() is same
