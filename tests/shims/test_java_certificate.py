"""The certificate block without a JDK: expected texts were measured on OpenJDK 17.0.15 and 25.0.3."""

import pytest

from tests.shims import odd_certificates
from tests.shims.forge import certificate, common_name, name, number, oid, pem, seq, tlv
from truststore_tool.errors import FormatError
from truststore_tool.readers.java import parsing as java_input
from truststore_tool.readers.java.certificate import JavaCertificate
from truststore_tool.readers.java.der import hex_dump, value
from truststore_tool.readers.java.names import general_name
from truststore_tool.readers.java.names import name as name_text
from truststore_tool.shims.java.printing import block

SUBJECT = name(
    [("2.5.4.6", tlv(0x13, b"DE"))], [("2.5.4.10", tlv(0x0C, b'Trust, "Inc."'))], [("2.5.4.3", tlv(0x0C, b"made"))]
)
MADE = certificate(
    ("2.5.29.15", True, tlv(3, b"\x07\xff\x80")),
    ("2.5.29.19", True, seq(tlv(1, b"\xff"), number(3))),
    ("1.2.3.4.5", True, b"abc"),
    ("2.5.29.17", False, seq(tlv(0x81, b"a@"))),
    subject=SUBJECT,
    serial=number(-77),
    signed="1.2.840.113549.1.1.5",
)
BLOCK = """\
Owner: CN=made, O="Trust, \\"Inc.\\"", C=DE
Issuer: CN=made, O="Trust, \\"Inc.\\"", C=DE
Serial number: -4d
Valid from: Thu Jan 02 03:04:05 UTC 2020 until: Mon Nov 12 13:14:15 UTC 2040
Certificate fingerprints:
\t SHA1: 3C:5E:85:4B:55:9D:46:F6:01:0A:34:06:E3:0B:64:72:B7:FB:5D:55
\t SHA256: 03:CF:04:CB:C5:C4:AD:90:4C:16:A4:98:A8:AE:18:4D:25:8A:34:75:A8:33:40:E1:B5:16:59:17:5B:45:3C:FF
Signature algorithm name: SHA1withRSA (weak)
Subject Public Key Algorithm: 2048-bit RSA key
Version: 3

Extensions:\x20

#1: ObjectId: 1.2.3.4.5 Criticality=true
0000: 61 62 63                                           abc


#2: ObjectId: 2.5.29.19 Criticality=true
BasicConstraints:[
  CA:true
  PathLen:3
]

#3: ObjectId: 2.5.29.15 Criticality=true
KeyUsage [
  DigitalSignature
  Non_repudiation
  Key_Encipherment
  Data_Encipherment
  Key_Agreement
  Key_CertSign
  Crl_Sign
  Encipher_Only
  Decipher_Only
]

#4: ObjectId: 2.5.29.17 Criticality=false
Unparseable SubjectAlternativeName extension due to
java.io.IOException: RFC822Name may not end with @

0000: 30 04 81 02 61 40                                  0...a@

"""


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")


def test_a_block_is_printed_as_openjdk_17_printed_it() -> None:
    assert block(JavaCertificate(MADE, 17).check(), trusted=False) == BLOCK


def test_a_trust_anchor_is_not_blamed_for_its_signature() -> None:
    assert block(JavaCertificate(MADE, 17), trusted=True) == BLOCK.replace("SHA1withRSA (weak)", "SHA1withRSA")


@pytest.mark.parametrize("jdk", [17, 25])
@pytest.mark.parametrize("title", sorted(odd_certificates.refused()))
def test_what_java_refuses_raises_format_error(title: str, jdk: int) -> None:
    with pytest.raises(FormatError):
        JavaCertificate(odd_certificates.refused()[title], jdk).check()


@pytest.mark.parametrize("jdk", [17, 25])
def test_a_certificate_cut_anywhere_is_an_error_of_ours(jdk: int) -> None:
    whole = odd_certificates.all_of_them()["all in order"]
    for size in range(len(whole)):
        with pytest.raises(FormatError):
            JavaCertificate(whole[:size], jdk).check()


@pytest.mark.parametrize("seed", range(40))
def test_damage_is_read_or_refused_and_nothing_else(seed: int) -> None:
    whole = bytearray(odd_certificates.all_of_them()["all in order"])
    for index in range(seed, len(whole), 41):
        whole[index] ^= 1 << (seed % 8)
    try:
        text = block(JavaCertificate(bytes(whole), 17).check(), trusted=False)
    except FormatError:
        return
    assert text.startswith("Owner: ")


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("plain", "CN=plain"),
        ("a,b", 'CN="a,b"'),
        ('say "x"', 'CN="say \\"x\\""'),
        ('"quoted"', 'CN="quoted"'),
        ("back\\slash", 'CN="back\\\\slash"'),
        (" lead", 'CN=" lead"'),
        ("two  blanks", 'CN="two  blanks"'),
        ("x*y@z", "CN=x*y@z"),
    ],
)
def test_values_are_quoted_as_java_quotes_them(text: str, printed: str) -> None:
    assert name_text(value(common_name(text))) == printed


def test_multi_valued_and_unknown_types() -> None:
    der = name(
        [("2.5.4.11", tlv(0x0C, b"rdn")), ("2.5.4.3", tlv(0x0C, b"multi"))], [("1.3.6.1.4.1.99999.7", tlv(0x0C, b"c"))]
    )
    assert name_text(value(der)) == "OID.1.3.6.1.4.1.99999.7=c, OU=rdn + CN=multi"


@pytest.mark.parametrize(
    ("encoded", "printed"),
    [
        (tlv(0x82, b"a.example"), "DNSName: a.example"),
        (tlv(0x81, b"a@b"), "RFC822Name: a@b"),
        (tlv(0x86, b"ldap:///CN=x,DC=y?z"), "URIName: ldap:///CN=x,DC=y?z"),
        (tlv(0x87, b"\1\2\3\4"), "IPAddress: 1.2.3.4"),
        (tlv(0x87, b"\1\2\3\4\xff\xff\0\0"), "IPAddress: 1.2.3.4/255.255.0.0"),
        (tlv(0x87, bytes(16)), "IPAddress: 0:0:0:0:0:0:0:0"),
        (tlv(0x87, bytes(16) + b"\xff" * 8 + bytes(8)), "IPAddress: 0:0:0:0:0:0:0:0/64"),
        (tlv(0x88, oid("1.2.3")[2:]), "OIDName: 1.2.3"),
        (tlv(0xA4, common_name("x")), "CN=x"),
        (tlv(0xA0, oid("1.2.3"), tlv(0xA0, tlv(0x0C, b"x"))), "Other-Name: Unrecognized ObjectIdentifier: 1.2.3"),
    ],
)
def test_general_names(encoded: bytes, printed: str) -> None:
    assert general_name(value(encoded)) == printed


@pytest.mark.parametrize(
    "uri", [b"x/y", b"http://a b/", b"http://a.b./x", b"", b"http://", b"mailto:", b"http://a/%zz"]
)
def test_uris_that_java_refuses(uri: bytes) -> None:
    with pytest.raises(FormatError):
        general_name(value(tlv(0x86, uri)))


def test_hex_dump_has_sixteen_octets_a_line() -> None:
    assert hex_dump(bytes(range(0x5A, 0x6B))) == (
        "0000: 5A 5B 5C 5D 5E 5F 60 61   62 63 64 65 66 67 68 69  Z[\\]^_`abcdefghi\n"
        "0010: 6A                                                 j\n"
    )


@pytest.mark.parametrize(
    ("zone", "printed"),
    [
        ("UTC", "Thu Jan 02 03:04:05 UTC 2020 until: Mon Nov 12 13:14:15 UTC 2040"),
        ("Europe/Berlin", "Thu Jan 02 04:04:05 CET 2020 until: Mon Nov 12 14:14:15 CET 2040"),
        ("Nowhere/Atall", "Thu Jan 02 03:04:05 GMT 2020 until: Mon Nov 12 13:14:15 GMT 2040"),
        ("Asia/Dubai", "Thu Jan 02 07:04:05 GST 2020 until: Mon Nov 12 17:14:15 GST 2040"),
    ],
)
def test_dates_are_in_the_zone_of_the_environment(monkeypatch: pytest.MonkeyPatch, zone: str, printed: str) -> None:
    from truststore_tool.shims.java import dates as java_dates

    monkeypatch.setenv("TZ", zone)
    java_dates._zone.cache_clear()
    try:
        assert f"Valid from: {printed}\n" in block(JavaCertificate(certificate(), 17), trusted=False)
    finally:
        java_dates._zone.cache_clear()


def test_the_releases_name_keys_differently() -> None:
    key = seq(seq(oid("1.3.101.112")), tlv(3, b"\0" + bytes(32)))
    made = certificate(key=key)
    assert JavaCertificate(made, 17).public_key.describe(17) == "255-bit Ed25519 key"
    assert JavaCertificate(made, 25).public_key.describe(25) == "Ed25519 key"


def test_an_indented_block_is_read_by_25_only() -> None:
    indented = b" " + pem(certificate())
    assert java_input.first_certificate(indented, 25).subject == "CN=made"
    with pytest.raises(FormatError):
        java_input.first_certificate(indented, 17)


def test_blocks_of_all_kinds_follow_each_other() -> None:
    one, two = certificate(subject=common_name("1")), certificate(subject=common_name("2"))
    mixed = b"text\n" + pem(one) + one + b"more\n" + pem(two).replace(b"\n", b"\r\n")
    assert [c.subject for c in java_input.all_certificates(mixed, 17)] == ["CN=1", "CN=1", "CN=2"]
    assert java_input.all_certificates(b"", 17) == []
    with pytest.raises(FormatError):
        java_input.all_certificates(b"no certificate\n", 17)
