"""Distinguished names: decoding, and the string form of RFC 4514."""

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from truststore_tool import asn1
from truststore_tool.errors import FormatError
from truststore_tool.names import COMMON_NAME, ORGANIZATION, SHORT_NAMES, Name

# Those whose short name `cryptography` has too (RFC 4514, section 3).
SHARED = [
    NameOID.COMMON_NAME,
    NameOID.LOCALITY_NAME,
    NameOID.STATE_OR_PROVINCE_NAME,
    NameOID.ORGANIZATION_NAME,
    NameOID.ORGANIZATIONAL_UNIT_NAME,
    NameOID.DOMAIN_COMPONENT,
    NameOID.USER_ID,
]
# An unknown type is written as its OID and the hex of its value in RFC 4514, which nobody reads: not compared here.


def name_of(*rdns: list[tuple[str, int, bytes]]) -> Name:
    """A name from attributes of (OID, tag, content octets), in the order of the encoding."""
    sets = (asn1.set_of(*(asn1.sequence(asn1.oid(o), asn1.tlv(tag, v)) for o, tag, v in rdn)) for rdn in rdns)
    return Name.parse(asn1.sequence(*sets))


def common_name(text: str) -> Name:
    return name_of([(COMMON_NAME, asn1.UTF8_STRING, text.encode())])


@pytest.mark.parametrize(
    ("value", "rendered"),
    [
        # RFC 4514, section 4.
        ("Before\rAfter", "CN=Before\rAfter"),
        ('James "Jim" Smith, III', 'CN=James \\"Jim\\" Smith\\, III'),
        ("Lu\u010di\u0107", "CN=Lu\u010di\u0107"),
        # Section 2.4: a leading blank or number sign, a trailing blank, the special characters, and null.
        (" lead", "CN=\\ lead"),
        ("#lead", "CN=\\#lead"),
        ("trail ", "CN=trail\\ "),
        ("in side # here", "CN=in side # here"),
        (" ", "CN=\\ "),
        ('a,b+c"d\\e<f>g;h', 'CN=a\\,b\\+c\\"d\\\\e\\<f\\>g\\;h'),
        ("a=b", "CN=a=b"),
        ("nul\0", "CN=nul\\00"),
        ("blank then newline \n", "CN=blank then newline \n"),
        ("", "CN="),
    ],
)
def test_escapes(value: str, rendered: str) -> None:
    assert str(common_name(value)) == rendered


def test_most_specific_first_and_multi_valued() -> None:
    # RFC 4514, section 4: "OU=Sales+CN=J. Smith,DC=example,DC=net"; DER sorts a set, so the encoding decides.
    dc = "0.9.2342.19200300.100.1.25"
    name = name_of(
        [(dc, asn1.IA5_STRING, b"net")],
        [(dc, asn1.IA5_STRING, b"example")],
        [("2.5.4.11", asn1.UTF8_STRING, b"Sales"), (COMMON_NAME, asn1.UTF8_STRING, b"J. Smith")],
    )
    assert str(name) == "OU=Sales+CN=J. Smith,DC=example,DC=net"


def test_the_empty_name() -> None:
    assert str(Name.parse(b"\x30\x00")) == ""


def test_an_unknown_type_is_named_by_its_oid() -> None:
    assert str(name_of([("1.3.6.1.4.1.99999.7", asn1.UTF8_STRING, b"custom")])) == "1.3.6.1.4.1.99999.7=custom"


@pytest.mark.parametrize(
    ("tag", "content", "text"),
    [
        (asn1.UTF8_STRING, "ü€😀".encode(), "ü€😀"),
        (asn1.BMP_STRING, "ü€".encode("utf-16-be"), "ü€"),
        (asn1.UNIVERSAL_STRING, "ü😀".encode("utf-32-be"), "ü😀"),
        (asn1.TELETEX_STRING, "Zürich".encode("latin-1"), "Zürich"),
        (asn1.PRINTABLE_STRING, b"under_score", "under_score"),
        (asn1.PRINTABLE_STRING, "Zürich".encode("latin-1"), "Zürich"),
        (asn1.PRINTABLE_STRING, "Zürich".encode(), "Zürich"),
        (asn1.IA5_STRING, b"\xff", "ÿ"),
        (asn1.UTF8_STRING, b"Z\xfcrich", "Z\ufffdrich"),
        (asn1.BMP_STRING, b"\x00A\x00", "A\ufffd"),
        (asn1.UNIVERSAL_STRING, b"\xff\xff\xff\xff", "\ufffd"),
        (asn1.NUMERIC_STRING, b"007", "007"),
    ],
)
def test_strings_are_decoded_leniently(tag: int, content: bytes, text: str) -> None:
    assert name_of([(COMMON_NAME, tag, content)]).first(COMMON_NAME) == text


@given(st.sampled_from([*range(0x0C, 0x1F)]), st.binary(max_size=40))
@settings(deadline=None, max_examples=200)
def test_no_string_raises(tag: int, content: bytes) -> None:
    if tag & 0x1F != 0x1F:
        assert isinstance(str(name_of([(COMMON_NAME, tag, content)])), str)


def test_first_takes_the_most_specific() -> None:
    name = name_of(
        [(COMMON_NAME, asn1.UTF8_STRING, b"general")],
        [(COMMON_NAME, asn1.UTF8_STRING, b"specific")],
    )
    assert name.first(COMMON_NAME) == "specific"
    assert name.first(ORGANIZATION) is None


@pytest.mark.parametrize(
    "der",
    [
        b"",
        b"\x31\x00",
        b"\x30\x02\x30\x00",
        b"\x30\x04\x31\x02\x31\x00",
        asn1.sequence(asn1.set_of(asn1.sequence(asn1.oid(COMMON_NAME)))),
        asn1.sequence(asn1.set_of(asn1.sequence(asn1.integer(1), asn1.integer(1)))),
        asn1.sequence() + b"\0",
        b"\x30\x7f",
    ],
)
def test_what_is_no_name_is_a_format_error(der: bytes) -> None:
    with pytest.raises(FormatError):
        Name.parse(der)


@given(st.binary(max_size=60))
@settings(deadline=None, max_examples=300)
def test_hostile_bytes_are_a_name_or_a_format_error(data: bytes) -> None:
    try:
        name = Name.parse(data)
    except FormatError:
        return
    assert name.der == data


plain_text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=16)
attributes = st.tuples(st.sampled_from(SHARED), plain_text)


@given(st.lists(st.lists(attributes, min_size=1, max_size=2, unique_by=lambda pair: pair[0].dotted_string), max_size=4))
@settings(deadline=None, max_examples=150)
def test_the_text_is_that_of_cryptography(parts: list[list[tuple[x509.ObjectIdentifier, str]]]) -> None:
    rdns = [x509.RelativeDistinguishedName([x509.NameAttribute(o, v) for o, v in rdn]) for rdn in parts]
    # Decoded from the encoding, for that sorts the attributes of a multi-valued RDN.
    der = x509.Name(rdns).public_bytes()
    if all(len(rdn) == 1 for rdn in parts):
        assert str(Name.parse(der)) == x509.Name(rdns).rfc4514_string()
    mine = [{(a.oid, a.text) for a in rdn} for rdn in Name.parse(der).rdns]
    assert mine == [{(o.dotted_string, v) for o, v in rdn} for rdn in parts]


def test_short_names_agree_with_cryptography() -> None:
    for oid in SHARED:
        label = x509.Name([x509.NameAttribute(oid, "x")]).rfc4514_string().partition("=")[0]
        assert SHORT_NAMES[oid.dotted_string] == label
