"""PEM: every certificate is found, damage is loud, and what is not touched stays byte for byte."""

import base64
import subprocess
import sys
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.samples import RDS_2019_SHA256, amazon, certificates, own
from tests.work import at_most
from truststore_tool.errors import FormatError
from truststore_tool.formats.base import Directory
from truststore_tool.formats.pem import PEM, encode, loads
from truststore_tool.model import Certificate, OpaqueEntry, OpaqueKind, TrustedEntry, TrustStore
from truststore_tool.nouns import replace

RDS = certificates(amazon("rds-ca-2019-root.pem"))[0]
G1 = certificates(amazon("rds-ca-ecc384-g1-us-east-1.pem"))[0]
ROOT = certificates(own("new-root.pem"))[0]
KEY = own("new-root.key").read_bytes()


def block(certificate: Certificate, label: str = "CERTIFICATE", columns: int = 64, newline: str = "\n") -> bytes:
    """A PEM block made without the code under test."""
    text = base64.b64encode(certificate.der).decode()
    lines = [text[i : i + columns] for i in range(0, len(text), columns)]
    return newline.join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]).encode()


def ders(data: bytes) -> list[bytes]:
    return [c.der for c in loads(data).all_certificates()]


def dump(store: TrustStore) -> bytes:
    assert PEM.dumps is not None
    return bytes(PEM.dumps(store, None))


def test_reads_a_published_root() -> None:
    store = loads(amazon("rds-ca-2019-root.pem").read_bytes())
    assert [str(entry.certificates[0].sha256) for entry in store.entries] == [RDS_2019_SHA256]
    assert (store.format, store.integrity, store.notes) == ("pem", "absent", ())
    assert [(entry.alias, entry.kind, entry.created) for entry in store.entries] == [("", "trusted", None)]


def test_reads_all_of_the_global_bundle_in_order() -> None:
    path = amazon("rds-global-bundle.pem")
    assert list(loads(path.read_bytes()).all_certificates()) == certificates(path)
    assert len(loads(path.read_bytes()).entries) == 120


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xef\xbb\xbf" + block(RDS) + block(G1), id="byte order mark"),
        pytest.param(block(RDS) + b"\xef\xbb\xbf" + block(G1), id="byte order mark inside, from joined files"),
        pytest.param(block(RDS, newline="\r\n") + block(G1, newline="\r\n"), id="CRLF"),
        pytest.param(block(RDS, newline="\r") + block(G1, newline="\r"), id="CR"),
        pytest.param(block(RDS, newline="\n\n") + block(G1, newline="\n \n"), id="blank lines inside"),
        pytest.param(block(RDS, newline="  \n\t") + block(G1, newline=" \n"), id="blanks around lines"),
        pytest.param(block(RDS, columns=76) + block(G1, columns=10**6), id="line lengths"),
        pytest.param(block(RDS, newline="") + b"\n" + block(G1, newline=""), id="one line each"),
        pytest.param(block(RDS).rstrip() + block(G1).rstrip(), id="END and BEGIN on one line"),
        pytest.param(block(RDS, "X509 CERTIFICATE") + block(G1, "TRUSTED CERTIFICATE"), id="other labels"),
        pytest.param(b"subject=CN=a\n" + block(RDS) + b"between\n" + block(G1) + b"behind", id="text around"),
        pytest.param(block(RDS) + KEY + block(G1), id="a key between"),
        pytest.param(KEY[: len(KEY) // 2] + b"\n" + block(RDS) + block(G1), id="a key without an end before"),
        pytest.param(block(RDS).replace(b"=", b"") + block(G1).replace(b"=", b""), id="no padding"),
    ],
)
def test_finds_every_certificate(data: bytes) -> None:
    assert PEM.detect(data)
    assert ders(data) == [RDS.der, G1.der]
    assert dump(loads(data)) == data


def test_repeated_certificates_are_separate_entries() -> None:
    assert ders(block(RDS) * 2 + block(G1) + block(RDS)) == [RDS.der, RDS.der, G1.der, RDS.der]


GOOD = block(RDS)
BODY_LINE = GOOD.splitlines(keepends=True)[3]


def wrap(der: bytes, label: str = "CERTIFICATE") -> bytes:
    return block(Certificate(der), label)


@pytest.mark.parametrize(
    ("damaged", "says"),
    [
        pytest.param(GOOD.replace(b"-----END CERTIFICATE-----", b""), "is not ended", id="no END"),
        pytest.param(GOOD.replace(b"END CERTIFICATE", b"END X509 CERTIFICATE"), "is not ended", id="another END"),
        pytest.param(GOOD.replace(b"-----END CERTIFICATE-----", b"-----END CERTIFICATE--"), "not ended", id="cut END"),
        pytest.param(GOOD.replace(b"-----BEGIN CERTIFICATE-----", b""), "without its BEGIN", id="no BEGIN"),
        pytest.param(GOOD.replace(b"-----BEGIN C", b"----BEGIN C"), "without its BEGIN", id="four dashes"),
        pytest.param(GOOD.replace(BODY_LINE, b""), "is damaged", id="a line lost"),
        pytest.param(GOOD.replace(BODY_LINE, b"?" + BODY_LINE), "is no base64", id="foreign character"),
        pytest.param(GOOD.replace(BODY_LINE, b"A" + BODY_LINE), "1 bytes follow|is no base64", id="an extra character"),
        pytest.param(GOOD.replace(BODY_LINE, BODY_LINE + b"=\n"), "is no base64", id="padding inside"),
        pytest.param(wrap(RDS.der[:-1]), "is damaged", id="DER cut"),
        pytest.param(wrap(RDS.der + b"\0"), "1 bytes follow", id="DER with a tail"),
        pytest.param(wrap(b""), "is damaged", id="empty"),
        pytest.param(wrap(b"\x04\x02ab"), "no certificate", id="no SEQUENCE"),
        pytest.param(wrap(b"\x30\x03\x02\x01\x00"), "no certificate", id="a SEQUENCE of something else"),
        pytest.param(wrap(b"\x24" + RDS.der[1:]), "no certificate", id="an OCTET STRING of a certificate's parts"),
        pytest.param(wrap(b"\x31" + RDS.der[1:]), "no certificate", id="a SET of a certificate's parts"),
        pytest.param(wrap(b"\x30\x80" * 5000), "nested too deeply", id="deep nesting"),
        pytest.param(wrap(RDS.der + b"\x30\x05\x04", "TRUSTED CERTIFICATE"), "is damaged", id="cut trust settings"),
        pytest.param(wrap(b"\x30\x05\x02\x01\x00ab", "PKCS7"), "is damaged", id="no PKCS#7"),
    ],
)
def test_damage_is_an_error_that_names_block_and_line(damaged: bytes, says: str) -> None:
    before = block(G1, newline="\r\n") + b"text\n"
    line = before.count(b"\n") + 1 + (GOOD.count(b"\n") - 1 if says == "without its BEGIN" else 0)
    with pytest.raises(FormatError, match=says) as caught:
        loads(before + damaged + block(ROOT))
    assert caught.value.message.startswith(f"certificate block 2 (line {line}) ")
    assert caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"-----begin certificate-----\n", id="lower case"),
        pytest.param(b"> -----BEGIN CERTIFICATE-----\n", id="quoted"),
        pytest.param(b"-----BEGIN ATTRIBUTE CERTIFICATE-----\n", id="another kind"),
        pytest.param(b"- BEGIN CERTIFICATE -\n", id="one dash"),
    ],
)
def test_what_only_looks_like_a_certificate_is_noted(text: bytes) -> None:
    store = loads(block(RDS) + text)
    assert [c.der for c in store.all_certificates()] == [RDS.der]
    assert store.notes == ("not read, though it looks like the start of a certificate: 1 lines",)


def test_requests_are_no_lookalikes() -> None:
    request = block(RDS, "CERTIFICATE REQUEST") + block(RDS, "NEW CERTIFICATE REQUEST")
    store = loads(block(RDS) + request)
    assert (len(store.entries), store.notes) == (1, ())


@pytest.mark.parametrize("label", ["PRIVATE KEY", "X9.42 DH PARAMETERS", "OCSP RESPONSE", "CERTIFICATE REQUEST"])
def test_a_file_without_certificates_is_still_pem(label: str) -> None:
    data = block(RDS, label)
    assert PEM.detect(data)
    assert loads(data).entries == ()
    assert dump(loads(data)) == data


@pytest.mark.parametrize(
    ("data", "is_pem"),
    [
        (b"", False),
        (b"\xff\xfe\0\1", False),
        (b"just text, -----BEGIN CERTIFICATE----- inside\n", False),
        (b"0 s:CN=a\n" + GOOD, True),
        (b"\x30\x82\xff\xff\n" + GOOD, True),
        (b"\x30\x82" + (len(GOOD) + 1).to_bytes(2, "big") + b"\n" + GOOD, False),
        (b"\x30\x80\x04\x82" + (len(GOOD) + 1).to_bytes(2, "big") + b"\n" + GOOD + b"\0\0", False),
        (b"#\x82\1\0\n" + GOOD, True),
        (b"\xdb\x82\1\0\n" + GOOD, True),
        (b"\0\n" + GOOD, False),
        (b"  \t" + GOOD, True),
    ],
)
def test_detection_looks_at_content(data: bytes, is_pem: bool) -> None:
    assert PEM.detect(data) is is_pem


# OpenSSL's X509_CERT_AUX: trust serverAuth (1.3.6.1.5.5.7.3.1), alias "a"; and an alias alone.
TRUSTS = bytes.fromhex("300f 300a 06082b06010505070301 0c0161")
ALIAS = bytes.fromhex("3003 0c0161")


def test_trust_settings_are_noted_kept_and_not_part_of_the_certificate() -> None:
    data = wrap(RDS.der + TRUSTS, "TRUSTED CERTIFICATE") + wrap(G1.der + ALIAS, "TRUSTED CERTIFICATE")
    store = loads(data)
    assert [c.der for c in store.all_certificates()] == [RDS.der, G1.der]
    assert store.notes == ("certificates with OpenSSL trust settings, which other formats cannot keep: 1",)
    assert dump(store.with_entries((*store.entries, TrustedEntry("", ROOT)))) == data + block(ROOT)


HEADER = b"\xef\xbb\xbf# ours\r\n\r\n"
THREE = (
    HEADER + block(RDS, newline="\r\n") + b"# old\r\n" + KEY + block(G1, columns=76) + b"  \n" + block(ROOT) + b"end"
)


def test_adding_keeps_all_else_and_uses_the_line_ends_of_the_file() -> None:
    store = loads(THREE)
    extended = dump(store.with_entries((*store.entries, TrustedEntry("x", G1, comment="again\nand again"))))
    comment = b"# again\r\n# and again\r\n"
    assert extended == THREE + b"\r\n" + comment + block(G1, newline="\r\n")


def test_removing_takes_the_block_and_keeps_the_text() -> None:
    store = loads(THREE)
    without = dump(store.with_entries((store.entries[0], store.entries[2])))
    assert without == THREE.replace(block(G1, columns=76).rstrip(b"\n"), b"")
    assert dump(store.with_entries(())) == HEADER + b"\r\n# old\r\n" + KEY + b"\n  \n\nend"


def test_a_certificate_for_all_the_old_ones_is_written_behind_the_text() -> None:
    store = loads(b"# ours\n" + block(RDS) + b"# end\n")
    assert dump(store.with_entries((TrustedEntry("", ROOT),))) == b"# ours\n\n# end\n" + block(ROOT)


def test_a_certificate_before_the_old_ones_is_written_before_their_text() -> None:
    store = loads(b"# ours\n" + block(RDS) + b"# end\n")
    extended = dump(store.with_entries((TrustedEntry("", ROOT), *store.entries)))
    assert extended == block(ROOT) + b"# ours\n" + block(RDS) + b"# end\n"


def test_blocks_that_change_places_still_begin_lines() -> None:
    store = loads(b"# ours\n" + block(RDS) + b"# between\n" + block(G1))
    changed = dump(store.with_entries(store.entries[::-1]))
    assert changed == b"# ours\n\n# between\n" + block(G1) + block(RDS)


def test_a_changed_certificate_is_written_in_its_place() -> None:
    store = loads(block(RDS) + b"# text\n" + block(G1))
    first = store.entries[0]
    assert isinstance(first, TrustedEntry)
    changed = dump(store.with_entries((replace(first, certificate=ROOT), store.entries[1])))
    assert ders(changed) == [ROOT.der, G1.der]
    assert changed.endswith(b"# text\n" + block(G1))


def test_entries_of_another_file_are_no_strangers_blocks() -> None:
    one, other = loads(block(RDS) + block(G1)), loads(block(ROOT, columns=30) + block(RDS))
    mixed = dump(one.with_entries((*one.entries, other.entries[0])))
    assert mixed == block(RDS) + block(G1) + block(ROOT)


@pytest.mark.parametrize("kind", ["private-key", "secret-key", "unknown"])
def test_an_entry_that_is_no_certificate_is_refused_by_name(kind: OpaqueKind) -> None:
    entry = OpaqueEntry("server", kind, "jks", b"secret", (RDS,))
    with pytest.raises(FormatError, match=f"{kind} entry 'server'"):
        dump(TrustStore((TrustedEntry("a", G1), entry)))


def test_a_store_of_another_format_becomes_plain_blocks() -> None:
    store = TrustStore((TrustedEntry("a", RDS), TrustedEntry("b", G1)), format="jks", facts=Directory({}))
    assert dump(store) == block(RDS) + block(G1)


def test_a_comment_cannot_smuggle_a_certificate_in() -> None:
    hostile = "CN=a\r-----BEGIN CERTIFICATE-----\n\u2028-----BEGIN CERTIFICATE-----\udcff"
    data = dump(TrustStore((TrustedEntry("a", RDS, comment=hostile),)))
    assert ders(data) == [RDS.der]
    assert encode(RDS, "one\n\ntwo") == "# one\n#\n# two\n" + block(RDS).decode()


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param(b"x-----BEGIN CERTIFICATE-----" * 200_000, id="markers that begin no line"),
        pytest.param(b"x -----BEGIN CERTIFICATE-----  " * 200_000, id="blanks between"),
        pytest.param(b"\r" * 3_000_000 + b"-----BEGIN CERTIFICATE-----", id="line ends"),
        pytest.param(b"- BEGIN " * 500_000, id="lookalikes"),
        pytest.param(b"-" * 4_000_000, id="dashes"),
        pytest.param(b" " * 4_000_000, id="blanks"),
        pytest.param(b"- " * 2_000_000, id="dashes and blanks"),
    ],
)
def test_work_is_linear_in_the_input(hostile: bytes) -> None:
    part = hostile[: len(hostile) // 10]
    with at_most(len(part)):
        PEM.detect(part)
        with suppress(FormatError):
            assert loads(part).entries == ()
    # What a regular expression does shows in no count. All of the input would keep a quadratic one for minutes.
    script = (
        "import sys\n"
        "from truststore_tool.errors import FormatError\n"
        "from truststore_tool.formats.pem import PEM\n"
        "data = sys.stdin.buffer.read()\n"
        "PEM.detect(data)\n"
        "try:\n    PEM.loads(data, None)\nexcept FormatError:\n    pass\n"
    )
    subprocess.run([sys.executable, "-c", script], input=hostile, timeout=300, check=True)


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="-"), max_size=40).map(lambda t: t.encode() + b"\n")
CHOICE = st.sampled_from([RDS, G1, ROOT])
NEWLINE = st.sampled_from(["\n", "\r\n", "\r", "\n\n", " \n"])
BLOCK = st.tuples(CHOICE, st.sampled_from(["CERTIFICATE", "X509 CERTIFICATE"]), st.integers(4, 100), NEWLINE)
PARTS = st.lists(st.one_of(TEXT, BLOCK, st.just(KEY)), max_size=8)


@settings(deadline=None, max_examples=60)
@given(PARTS, CHOICE, st.data())
def test_any_mixture_gives_all_its_certificates_in_order(
    parts: list[bytes | tuple[Certificate, str, int, str]], added: Certificate, data: st.DataObject
) -> None:
    content = b"".join(part if isinstance(part, bytes) else block(*part) for part in parts)
    wanted = [part[0] for part in parts if not isinstance(part, bytes)]
    store = loads(content)
    assert list(store.all_certificates()) == wanted
    assert dump(store) == content

    shuffled = data.draw(st.permutations([*store.entries, TrustedEntry("new", added)]))
    chosen = shuffled[: data.draw(st.integers(0, len(shuffled)))]
    again = loads(dump(store.with_entries(tuple(chosen))))
    assert list(again.all_certificates()) == [entry.certificates[0] for entry in chosen]
    for part in parts:
        assert not isinstance(part, bytes) or part in dump(store.with_entries(tuple(chosen)))


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_a_flipped_byte_never_loses_a_certificate_in_silence(data: st.DataObject) -> None:
    content = bytearray(block(RDS) + b"text\n" + block(G1))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] = data.draw(st.integers(0, 255))
    try:
        store = loads(bytes(content))
    except FormatError:
        return
    assert len(store.entries) == 2 or store.notes
