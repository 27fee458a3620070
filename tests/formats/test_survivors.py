"""Small things that codecs do and that nothing else would miss: each was changed once without any test failing."""

import base64

import pytest

from tests.formats.test_jks import file, trusted
from tests.samples import amazon, certificates, own
from truststore_tool import asn1, formats
from truststore_tool.formats import pem
from truststore_tool.model import TrustedEntry

ONE, TWO, THREE = (certificates(own(f"{name}.pem"))[0] for name in ("new-root", "old-root", "new-server"))
PEM = pem.PEM
UNSEEN = "certificates that OpenSSL does not see in this file"

# As users and the documentation name them: title, endings of new files, aliases, password.
DOCUMENTED = {
    "jks": ("JKS", {".jks", ".ks", ".keystore", ".truststore", ".ts"}, True, True),
    "jceks": ("JCEKS", {".jceks"}, True, True),
    "pem": ("PEM", {".pem", ".crt", ".ca-bundle"}, False, False),
    "pkcs12": ("PKCS#12", {".p12", ".pfx", ".pkcs12"}, True, True),
    "pkcs7": ("PKCS#7", {".p7b", ".p7c", ".p7"}, False, False),
    "der": ("DER", {".der", ".cer"}, False, False),
}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_what_formats_say_of_themselves(name: str) -> None:
    codec = formats.get(name)
    title, suffixes, has_aliases, has_password = DOCUMENTED[name]
    assert (codec.name, codec.title, set(codec.suffixes)) == (name, title, suffixes)
    assert (codec.has_aliases, codec.has_password) == (has_aliases, has_password)
    assert {formats.by_suffix(suffix) for suffix in suffixes} == {codec}


@pytest.mark.parametrize(
    ("number", "said"), [(2, "'0', '1'"), (3, "'0', '1', '2'"), (4, "'0', '1', '2' and 1 more"), (6, "'2' and 3 more")]
)
def test_notes_name_three_aliases_and_count_the_rest(number: int, said: str) -> None:
    twice = [trusted(str(i).encode(), der) for der in (ONE.der, TWO.der) for i in range(number)]
    notes = formats.get("jks").loads(file(*twice), "changeit").notes
    assert notes[0].endswith(said)


def block(der: bytes, label: str) -> bytes:
    body = base64.encodebytes(der).decode()
    return f"-----BEGIN {label}-----\n{body}-----END {label}-----\n".encode()


def signed_data(*ders: bytes) -> bytes:
    members = asn1.tlv(asn1.context(0), *ders)
    data = asn1.sequence(asn1.oid("1.2.840.113549.1.7.1"))
    content = asn1.sequence(asn1.integer(1), asn1.set_of(), data, members, asn1.set_of())
    return asn1.sequence(asn1.oid("1.2.840.113549.1.7.2"), asn1.explicit(0, content))


@pytest.mark.parametrize("label", ["PKCS7", "PKCS #7 SIGNED DATA", "CMS"])
def test_certificates_in_a_container_are_counted_as_unseen_by_openssl(label: str) -> None:
    found = PEM.loads(block(ONE.der, "CERTIFICATE") + block(signed_data(TWO.der, THREE.der), label), None)
    assert [entry.certificate for entry in found.trusted()] == [ONE, TWO, THREE]
    assert [note for note in found.notes if note.startswith(UNSEEN)] == [f"{UNSEEN} (PKCS7 blocks, irregular lines): 2"]


@pytest.mark.parametrize("label", ["PKCS7", "CMS"])
def test_an_encrypted_container_is_text_and_bears_no_trust_settings(label: str) -> None:
    encrypted = asn1.sequence(asn1.oid("1.2.840.113549.1.7.6"), asn1.explicit(0, asn1.sequence()))
    found = PEM.loads(block(encrypted, label) + block(ONE.der, "CERTIFICATE"), None)
    assert [entry.certificate for entry in found.trusted()] == [ONE]
    assert found.notes == ()


@pytest.mark.parametrize("before", [b"", b"text\n", b"\xef\xbb\xbf", b"text\n\xef\xbb\xbf"])
def test_a_block_at_the_start_of_its_line_is_one_that_openssl_sees(before: bytes) -> None:
    found = PEM.loads(before + block(ONE.der, "CERTIFICATE"), None)
    assert [entry.certificate for entry in found.trusted()] == [ONE]
    assert not any(note.startswith(UNSEEN) for note in found.notes)


@pytest.mark.parametrize("indent", [b" ", b"\t", b" \t "])
def test_an_indented_block_is_read_and_counted_as_unseen(indent: bytes) -> None:
    data = b"".join(indent + line for line in block(ONE.der, "CERTIFICATE").splitlines(keepends=True))
    found = PEM.loads(b"text\n" + data, None)
    assert [entry.certificate for entry in found.trusted()] == [ONE]
    assert any(note.startswith(UNSEEN) for note in found.notes)


PADDED = next(c for c in certificates(amazon("rds-global-bundle.pem")) if len(c.der) % 3)
BEGIN, END = b"-----BEGIN CERTIFICATE-----\n", b"-----END CERTIFICATE-----\n"


# Each has one irregularity only. OpenSSL 3.0 (crl2pkcs7 -nocrl -certfile) loses the certificate, or the whole file.
@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(BEGIN, b" " + BEGIN, id="blank before BEGIN"),
        pytest.param(BEGIN, b"  " + BEGIN, id="blanks before BEGIN"),
        pytest.param(BEGIN, BEGIN.rstrip(), id="content on the line of BEGIN"),
        pytest.param(b"\n" + END, END, id="content on the line of END"),
        pytest.param(END, END.rstrip() + b" x\n", id="text behind END"),
        pytest.param(END, b"\n" + END, id="empty line"),
        pytest.param(b"=", b"", id="no padding"),
    ],
)
def test_one_irregularity_is_enough_to_be_unseen(old: bytes, new: bytes) -> None:
    regular = block_of_64(PADDED.der)
    assert PEM.loads(regular, None).notes == ()
    found = PEM.loads(regular.replace(old, new) + block_of_64(TWO.der), None)
    assert [entry.certificate for entry in found.trusted()] == [PADDED, TWO]
    assert found.notes == (f"{UNSEEN} (PKCS7 blocks, irregular lines): 1",)


@pytest.mark.parametrize("trailing", [b" ", b"\t", b"\r"])
def test_blanks_at_the_ends_of_lines_are_nothing_to_openssl(trailing: bytes) -> None:
    begin, *body, end = block(ONE.der, "CERTIFICATE").splitlines()
    data = b"\n".join([begin, *(line + trailing for line in body), end, b""])
    found = PEM.loads(data, None)
    assert [entry.certificate for entry in found.trusted()] == [ONE]
    assert not any(note.startswith(UNSEEN) for note in found.notes)


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
def test_a_new_block_is_written_in_the_line_ends_of_the_file(newline: bytes) -> None:
    assert PEM.dumps is not None
    data = block(ONE.der, "CERTIFICATE").replace(b"\n", newline)
    store = PEM.loads(data, None)
    written = PEM.dumps(store.with_entries((*store.entries, TrustedEntry("", TWO))), None)
    assert written == data + block_of_64(TWO.der).replace(b"\n", newline)


def block_of_64(der: bytes) -> bytes:
    text = base64.b64encode(der)
    lines = [text[i : i + 64] for i in range(0, len(text), 64)]
    return b"\n".join([b"-----BEGIN CERTIFICATE-----", *lines, b"-----END CERTIFICATE-----", b""])


# Their lower case, k and \u03c9, comes before them.
@pytest.mark.parametrize("alias", ["\u212a", "\u2126"], ids=["KELVIN SIGN", "OHM SIGN"])
def test_aliases_not_in_lower_case_stay_whatever_their_order(alias: str) -> None:
    jks = formats.get("jks")
    data = file(trusted(alias.encode()))
    store = jks.loads(data, "changeit")
    assert jks.dumps is not None
    assert jks.dumps(store, "changeit") == data
    assert store.notes[0].startswith("aliases that are not in lower case")


@pytest.mark.parametrize("alias", ["\U00010000", "\U00040000", "\U0010ffff"])
def test_aliases_in_plain_utf8_are_noted(alias: str) -> None:
    (note,) = formats.get("jks").loads(file(trusted(alias.encode())), "changeit").notes
    assert note.startswith("aliases in plain UTF-8, over which Java refuses the whole store: ")
