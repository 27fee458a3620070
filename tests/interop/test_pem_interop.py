"""PEM, DER, PKCS#7 and CApath between us, openssl and keytool, in both directions."""

import base64
import re
import subprocess
from pathlib import Path

import pytest

from tests.formats.test_pem import block
from tests.realtools import Jdk, find, run
from tests.samples import SAMPLES, amazon, certificates, own
from truststore_tool import asn1
from truststore_tool.errors import FormatError
from truststore_tool.formats import capath, detect, get
from truststore_tool.formats.capath import subject_hash, subject_hash_old
from truststore_tool.formats.pem import loads
from truststore_tool.model import Certificate, TrustedEntry, TrustStore

RDS = certificates(amazon("rds-ca-2019-root.pem"))[0]
OLD_ROOT = certificates(own("old-root.pem"))[0]
NEW_ROOT = certificates(own("new-root.pem"))[0]
TWIN = certificates(own("same-subject-root.pem"))[0]  # has the subject of OLD_ROOT
BUNDLE = certificates(amazon("rds-global-bundle.pem"))
PEM_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", re.DOTALL)
SHA256 = re.compile(rb"Certificate fingerprints:\s+SHA1: \S+\s+SHA256: (\S+)")


@pytest.fixture
def openssl() -> str:
    return find("openssl")


def trusting(*wanted: Certificate) -> TrustStore:
    return TrustStore(tuple(TrustedEntry("x", certificate, comment="of ours") for certificate in wanted))


def written(name: str, *wanted: Certificate) -> bytes:
    dumps = get(name).dumps
    assert dumps is not None
    return bytes(dumps(trusting(*wanted), None))


def printed(output: bytes) -> list[Certificate]:
    """The certificates in what openssl printed, cut out without the code under test."""
    bodies = (b"".join(block.splitlines()[1:-1]) for block in PEM_BLOCK.findall(output))
    return [Certificate(base64.b64decode(body)) for body in bodies]


# We write, they read -------------------------------------------------------------------------------------------


def test_openssl_loads_every_certificate_of_our_pem(openssl: str, tmp_path: Path) -> None:
    path = tmp_path / "bundle.pem"
    path.write_bytes(written("pem", *BUNDLE))
    output = run(openssl, "storeutl", "-certs", path)
    assert printed(output) == BUNDLE


def test_openssl_reads_our_pem_after_a_change_in_place(openssl: str, tmp_path: Path) -> None:
    text = (
        b"\xef\xbb\xbf# ours\r\n" + own("old-root.pem").read_bytes() + b"between\n" + own("new-root.key").read_bytes()
    )
    store = loads(text + amazon("rds-ca-2019-root.pem").read_bytes().rstrip())
    path = tmp_path / "bundle.pem"
    dumps = get("pem").dumps
    assert dumps is not None
    path.write_bytes(dumps(store.with_entries((*store.entries, TrustedEntry("", NEW_ROOT))), None))
    # The reader of libpq (PEM_X509_INFO_read_bio) stands behind crl2pkcs7 too.
    message = run(openssl, "crl2pkcs7", "-nocrl", "-certfile", path)
    assert printed(run(openssl, "pkcs7", "-print_certs", stdin=message)) == [OLD_ROOT, RDS, NEW_ROOT]


def test_openssl_reads_our_der(openssl: str, tmp_path: Path) -> None:
    path = tmp_path / "one.der"
    path.write_bytes(written("der", RDS))
    assert printed(run(openssl, "x509", "-inform", "der", "-in", path)) == [RDS]


def test_openssl_prints_our_pkcs7_in_order(openssl: str, tmp_path: Path) -> None:
    path = tmp_path / "bundle.p7b"
    path.write_bytes(written("pkcs7", *BUNDLE))
    assert printed(run(openssl, "pkcs7", "-inform", "der", "-in", path, "-print_certs")) == BUNDLE


@pytest.mark.parametrize("name", ["pem", "pkcs7"])
def test_keytool_prints_all_we_write(jdks: list[Jdk], tmp_path: Path, name: str) -> None:
    path = tmp_path / "bundle"
    path.write_bytes(written(name, OLD_ROOT, RDS, NEW_ROOT))
    for jdk in jdks:
        output = run(jdk.keytool, "-printcert", "-file", path)
        found = [text.decode() for text in SHA256.findall(output)]
        assert found == [str(certificate.sha256) for certificate in (OLD_ROOT, RDS, NEW_ROOT)]


@pytest.mark.parametrize("name", ["pem", "der"])
def test_keytool_imports_what_we_write(jdks: list[Jdk], tmp_path: Path, name: str) -> None:
    path = tmp_path / "one"
    path.write_bytes(written(name, RDS))
    for number, jdk in enumerate(jdks):
        store = ("-keystore", tmp_path / f"store{number}", "-storepass", "changeit", "-alias", "rds")
        run(jdk.keytool, "-importcert", "-noprompt", "-file", path, *store)
        assert run(jdk.keytool, "-exportcert", *store) == RDS.der


def test_openssl_verifies_with_our_capath(openssl: str, tmp_path: Path) -> None:
    for name, data in capath.dumps(trusting(TWIN, RDS, OLD_ROOT, NEW_ROOT)).items():
        (tmp_path / name).write_bytes(data)
    for age in ("old", "new"):
        chain = own(f"{age}-intermediate.pem")
        server = own(f"{age}-server.pem")
        output = run(openssl, "verify", "-CApath", tmp_path, "-no-CAfile", "-no-CAstore", "-untrusted", chain, server)
        assert output.endswith(b": OK\n")


def test_subject_hashes_are_those_of_openssl(openssl: str, tmp_path: Path) -> None:
    every = [*BUNDLE[::5], *(c for path in sorted((SAMPLES / "own").glob("*.pem")) for c in certificates(path))]
    path = tmp_path / "one.der"
    for certificate in {c.subject_der: c for c in every}.values():
        path.write_bytes(certificate.der)
        wanted = run(openssl, "x509", "-inform", "der", "-in", path, "-noout", "-subject_hash", "-subject_hash_old")
        assert [subject_hash(certificate), subject_hash_old(certificate)] == wanted.decode().split()


ODD_STRINGS = [
    *(
        (tag, value)
        for tag in (12, 19, 20, 22, 26)
        for value in (b"", b"  A \t b ", b"\xe9\xff", b"\xc3\xa9 X", b"a\0b", b"*_")
    ),
    *((30, value.encode("utf-16-be")) for value in ("", " \u00c9 A", "\U0001f512", "\ufffe")),
    *((30, value) for value in (b"\xd8\0", b"\0A\0")),
    *((28, value.encode("utf-32-be")) for value in (" \u00c9 A", "\U0001f512")),
    *((28, value) for value in (b"\0\x11\0\0", b"\0\0\xd8\0", b"\0\0\0")),
    *((tag, b"\0 A") for tag in (2, 3, 4, 18, 24, 27)),
    *((3, value) for value in (b"", b"\0", b"\5", b"\5\xff", b"\5\xff\xff", b"\7\x80", b"\x08\xff")),
]


def named(*attributes: tuple[int, bytes]) -> Certificate:
    """The RDS root under another subject; its signature is not right any more."""
    outer = asn1.read_exactly(RDS.der).children()
    fields = [field.raw for field in outer[0].children()]
    parts = [asn1.sequence(asn1.oid("2.5.4.3"), asn1.tlv(tag, value)) for tag, value in attributes]
    fields[5] = asn1.sequence(asn1.set_of(*parts))
    return Certificate(asn1.sequence(asn1.sequence(*fields), *(part.raw for part in outer[1:])))


@pytest.mark.parametrize(("tag", "value"), ODD_STRINGS)
def test_odd_names_are_hashed_or_refused_as_openssl_does(openssl: str, tmp_path: Path, tag: int, value: bytes) -> None:
    path = tmp_path / "one.der"
    for certificate in (named((tag, value)), named((12, b"b"), (tag, value))):
        path.write_bytes(certificate.der)
        command = (openssl, "x509", "-inform", "der", "-in", path, "-noout", "-subject_hash")
        done = subprocess.run(command, capture_output=True)
        try:
            ours = subject_hash(certificate)
        except FormatError:
            ours = None
        assert ours == (done.stdout.decode().strip() if done.returncode == 0 else None)


FIRST, SECOND = block(OLD_ROOT), block(RDS)
BEGIN, *BODY, END = SECOND.splitlines()


def with_body(*lines: bytes) -> bytes:
    return FIRST + b"\n".join([BEGIN, *lines, END, b""])


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(FIRST + SECOND, id="regular"),
        pytest.param(b"\xef\xbb\xbf" + FIRST + b"\xef\xbb\xbf" + SECOND, id="byte order marks"),
        pytest.param(FIRST + SECOND.rstrip(), id="no line end at the end"),
        pytest.param(FIRST + block(RDS, newline="\r\n"), id="CRLF"),
        pytest.param(FIRST + block(RDS, newline="\r"), id="CR"),
        pytest.param(FIRST + block(RDS, newline=" \t\n"), id="trailing blanks"),
        pytest.param(FIRST + block(RDS, newline="\n "), id="indented lines"),
        pytest.param(FIRST + b" " + SECOND, id="indented BEGIN"),
        pytest.param(FIRST + block(RDS, newline="\n\n"), id="blank lines"),
        pytest.param(FIRST + block(RDS, columns=255), id="long lines"),
        pytest.param(FIRST + block(RDS, newline=""), id="one line"),
        pytest.param(FIRST.rstrip() + SECOND, id="END and BEGIN on one line"),
        pytest.param(FIRST.rstrip() + b" text\n" + SECOND, id="text behind END"),
        pytest.param(FIRST + SECOND.replace(b"=", b""), id="no padding"),
        pytest.param(FIRST + block(RDS, "X509 CERTIFICATE"), id="another label"),
        pytest.param(with_body(b"", *BODY), id="empty line at the top"),
        pytest.param(with_body(b"", b"", *BODY), id="two empty lines at the top"),
        pytest.param(with_body(b" \t", *BODY), id="blanks alone at the top"),
        pytest.param(with_body(b"", *(b"  " + line for line in BODY)), id="indented below an empty line"),
        pytest.param(with_body(b"", *(line + b" \r" for line in BODY)), id="trailing blanks below an empty line"),
        pytest.param(with_body(*BODY[:3], b"  ", *BODY[3:]), id="blanks alone inside"),
        pytest.param(with_body(*BODY, b"  "), id="blanks alone at the end"),
        pytest.param(with_body(*(b"\t " + line for line in BODY)), id="indented content"),
        pytest.param(with_body(*(line[:5] + b" " + line[5:] for line in BODY)), id="blanks inside lines"),
        pytest.param(with_body(*(line[:5] + b"\r" + line[5:] for line in BODY)), id="carriage returns inside lines"),
        pytest.param(FIRST + SECOND.replace(b"-----END", b"  -----END"), id="indented END"),
    ],
)
def test_a_note_says_when_openssl_sees_less_than_we_do(openssl: str, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "bundle.pem"
    path.write_bytes(data)
    message = run(openssl, "crl2pkcs7", "-nocrl", "-certfile", path, check=False)  # fails where nothing is read
    seen = printed(run(openssl, "pkcs7", "-print_certs", stdin=message)) if message else []
    store = loads(data)
    assert list(store.all_certificates()) == [OLD_ROOT, RDS]
    assert bool(store.notes) is (seen != [OLD_ROOT, RDS])


# They write, we read -------------------------------------------------------------------------------------------


def test_we_read_what_openssl_rehash_makes(openssl: str, tmp_path: Path) -> None:
    for name in ("old-root.pem", "new-root.pem", "same-subject-root.pem"):
        (tmp_path / name).write_bytes(own(name).read_bytes())
    run(openssl, "rehash", "-compat", tmp_path)
    store = capath.loads({path.name: path.read_bytes() for path in tmp_path.iterdir()})
    assert set(store.all_certificates()) == {OLD_ROOT, NEW_ROOT, TWIN}
    assert (len(store.entries), store.loose, store.notes) == (3, (), ())


@pytest.mark.parametrize("form", ["der", "pem"])
def test_we_read_a_pkcs7_of_openssl(openssl: str, tmp_path: Path, form: str) -> None:
    path = tmp_path / "bundle"
    run(openssl, "crl2pkcs7", "-nocrl", "-certfile", amazon("rds-global-bundle.pem"), "-outform", form, "-out", path)
    store = detect(path.read_bytes()).loads(path.read_bytes(), None)
    assert store.format == {"der": "pkcs7", "pem": "pem"}[form]
    assert list(store.all_certificates()) == BUNDLE


def test_we_read_a_signed_message_of_openssl(openssl: str, tmp_path: Path) -> None:
    path = tmp_path / "message.p7m"
    key = own("new-server.key")
    run(openssl, "cms", "-sign", "-nodetach", "-stream", "-signer", own("new-server.pem"), "-inkey", key,
        "-certfile", own("new-intermediate.pem"), "-outform", "der", "-out", path, stdin=b"text")  # fmt: skip
    data = path.read_bytes()
    assert data.startswith(b"\x30\x80")  # BER of indefinite length
    wanted = {certificates(own(name))[0] for name in ("new-server.pem", "new-intermediate.pem")}
    assert set(detect(data).loads(data, None).all_certificates()) == wanted


@pytest.mark.parametrize(
    ("options", "noted"), [(("-addtrust", "serverAuth"), 1), (("-addreject", "clientAuth"), 1), (("-setalias", "a"), 0)]
)
def test_we_read_a_trusted_certificate_of_openssl(
    openssl: str, tmp_path: Path, options: tuple[str, str], noted: int
) -> None:
    path = tmp_path / "trusted.pem"
    run(openssl, "x509", "-in", own("old-root.pem"), "-trustout", *options, "-out", path)
    store = loads(path.read_bytes())
    assert b"BEGIN TRUSTED CERTIFICATE" in path.read_bytes()
    assert list(store.all_certificates()) == [OLD_ROOT]
    assert len(store.notes) == noted


def test_we_read_pem_with_text_of_openssl(openssl: str, tmp_path: Path) -> None:
    path = tmp_path / "text.pem"
    output = run(openssl, "storeutl", "-certs", "-text", own("new-chain.pem"))
    path.write_bytes(output)
    assert list(loads(output).all_certificates()) == certificates(own("new-chain.pem"))


def test_we_read_the_pem_and_der_of_keytool(jdks: list[Jdk], tmp_path: Path) -> None:
    for number, jdk in enumerate(jdks):
        store = ("-keystore", tmp_path / f"store{number}", "-storepass", "changeit")
        for alias, path in (("a", own("old-root.pem")), ("b", own("new-root.pem"))):
            run(jdk.keytool, "-importcert", "-noprompt", "-alias", alias, "-file", path, *store)
        listing = run(jdk.keytool, "-list", "-rfc", *store)  # text around blocks, and line ends of both kinds
        assert list(loads(listing).all_certificates()) == [OLD_ROOT, NEW_ROOT]
        der = run(jdk.keytool, "-exportcert", "-alias", "a", *store)
        assert list(get("der").loads(der, None).all_certificates()) == [OLD_ROOT]
