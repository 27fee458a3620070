"""DER: certificates end to end, and what stands behind them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.samples import amazon, certificates, own
from truststore_tool import asn1
from truststore_tool.errors import FormatError
from truststore_tool.formats.der import DER, loads
from truststore_tool.model import OpaqueEntry, TrustedEntry, TrustStore

RDS = certificates(amazon("rds-ca-2019-root.pem"))[0]
G1 = certificates(amazon("rds-ca-ecc384-g1-us-east-1.pem"))[0]
BUNDLE = certificates(amazon("rds-global-bundle.pem"))
ZERO_SERIAL = certificates(own("zero-serial-root.pem"))[0]


def dump(store: TrustStore) -> bytes:
    assert DER.dumps is not None
    return bytes(DER.dumps(store, None))


@pytest.mark.parametrize("wanted", [[RDS], [G1, RDS, G1], [ZERO_SERIAL], BUNDLE])
def test_reads_one_or_many(wanted: list[object]) -> None:
    data = b"".join(c.der for c in wanted if isinstance(c, type(RDS)))
    assert DER.detect(data)
    store = loads(data)
    assert list(store.all_certificates()) == wanted
    assert (store.format, store.integrity, store.notes) == ("der", "absent", ())
    assert dump(store) == data


def test_bytes_behind_are_counted() -> None:
    store = loads(RDS.der + b"\n\0trailing")
    assert [c.der for c in store.all_certificates()] == [RDS.der]
    assert store.unread == ("10 bytes behind the last certificate",)
    assert loads(RDS.der + b"\r\n\0").unread == ()


def test_a_second_certificate_that_is_cut_is_not_ignored() -> None:
    with pytest.raises(FormatError, match=rf"certificate 2 \(byte {len(RDS.der)}\) is cut short"):
        loads(RDS.der + G1.der[:-1])


def test_ber_of_indefinite_length_is_kept_as_it_stands() -> None:
    outer = asn1.read(RDS.der)
    data = b"\x30\x80" + outer.value + b"\0\0"
    assert DER.detect(data)
    assert [c.der for c in loads(data + G1.der).all_certificates()] == [data, G1.der]


# A public key (RFC 8410, 10.1), an empty SEQUENCE, and structures that share the outer shape of a certificate:
# a request (RFC 2986: version, name, key, attributes) and a revocation list (RFC 5280, 5.1).
ALGORITHM = asn1.sequence(asn1.oid("1.3.101.112"))
EMPTY_NAME = asn1.sequence()
SIGNATURE = asn1.tlv(asn1.BIT_STRING, b"\0" * 65)
TIME = asn1.tlv(asn1.UTC_TIME, b"200101000000Z")
REQUEST = asn1.sequence(
    asn1.sequence(asn1.integer(0), EMPTY_NAME, asn1.sequence(ALGORITHM), asn1.explicit(0)), ALGORITHM, SIGNATURE
)
REVOCATION_LIST = asn1.sequence(asn1.sequence(asn1.integer(1), ALGORITHM, EMPTY_NAME, TIME, TIME), ALGORITHM, SIGNATURE)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x00",
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30\x02\x04\x05",
        bytes.fromhex("302a300506032b657003210019bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1"),
        REQUEST,
        REVOCATION_LIST,
        asn1.sequence(asn1.sequence(asn1.explicit(1), asn1.integer(1), *5 * [EMPTY_NAME]), ALGORITHM, SIGNATURE),
        RDS.der[:-1],
        b"garbage" + RDS.der,
        b"\x30\x80" * 100_000,
    ],
)
def test_what_is_no_certificate_is_refused(data: bytes) -> None:
    assert not DER.detect(data)
    with pytest.raises(FormatError):
        loads(data)


def test_keys_are_refused_by_name() -> None:
    key = OpaqueEntry("server", "private-key", "pkcs12", b"", (RDS,))
    with pytest.raises(FormatError, match="private-key entry 'server'"):
        dump(TrustStore((TrustedEntry("a", G1), key)))


@settings(deadline=None, max_examples=150)
@given(st.integers(0, len(RDS.der) - 1), st.integers(0, 255), st.binary(max_size=8))
def test_damage_ends_in_a_reading_or_a_format_error(place: int, octet: int, tail: bytes) -> None:
    data = RDS.der[:place] + bytes([octet]) + RDS.der[place + 1 :] + tail
    try:
        store = loads(data)
    except FormatError:
        return
    assert data.startswith(store.all_certificates()[0].der)
