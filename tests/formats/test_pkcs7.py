"""PKCS#7: the certificates of a SignedData, whoever signed it."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.samples import amazon, certificates, own
from truststore_tool import asn1
from truststore_tool.errors import FormatError
from truststore_tool.formats import pem
from truststore_tool.formats.pkcs7 import PKCS7, loads
from truststore_tool.model import Certificate, OpaqueEntry, TrustedEntry, TrustStore

RDS = certificates(amazon("rds-ca-2019-root.pem"))[0]
G1 = certificates(amazon("rds-ca-ecc384-g1-us-east-1.pem"))[0]
ROOT = certificates(own("new-root.pem"))[0]

SIGNED_DATA = asn1.oid("1.2.840.113549.1.7.2")
DATA = asn1.sequence(asn1.oid("1.2.840.113549.1.7.1"))
CRL = asn1.sequence(asn1.sequence(), asn1.sequence(), asn1.tlv(asn1.BIT_STRING, b"\0"))


def indefinite(tag: int, *parts: bytes) -> bytes:
    """BER of indefinite length."""
    return bytes([tag, 0x80]) + b"".join(parts) + b"\0\0"


def message(*members: bytes, crls: bytes = b"", signers: bytes = b"") -> bytes:
    """A ContentInfo made from RFC 5652 (sections 3 and 5.1) without the code under test."""
    body = (asn1.integer(1), asn1.tlv(asn1.SET), DATA, asn1.tlv(0xA0, *members), crls, asn1.tlv(asn1.SET, signers))
    return asn1.sequence(SIGNED_DATA, asn1.tlv(0xA0, asn1.sequence(*body)))


def dump(store: TrustStore) -> bytes:
    assert PKCS7.dumps is not None
    return bytes(PKCS7.dumps(store, None))


def trusting(*wanted: Certificate) -> TrustStore:
    return TrustStore(tuple(TrustedEntry("x", certificate) for certificate in wanted))


def test_reads_certificates_in_their_order() -> None:
    data = message(RDS.der, G1.der, ROOT.der)
    assert PKCS7.detect(data)
    store = loads(data)
    assert list(store.all_certificates()) == [RDS, G1, ROOT]
    assert (store.format, store.integrity, store.notes) == ("pkcs7", "absent", ())


def test_ber_of_indefinite_length() -> None:
    members = indefinite(0xA0, RDS.der, G1.der)
    body = indefinite(asn1.SEQUENCE, asn1.integer(1), asn1.tlv(asn1.SET), DATA, members, indefinite(asn1.SET))
    data = indefinite(asn1.SEQUENCE, SIGNED_DATA, indefinite(0xA0, body))
    assert PKCS7.detect(data)
    assert list(loads(data).all_certificates()) == [RDS, G1]


def test_members_that_are_no_certificates_are_counted() -> None:
    extended, attribute = asn1.tlv(0xA0, asn1.sequence()), asn1.tlv(0xA2, asn1.sequence())
    store = loads(message(extended, RDS.der, attribute, G1.der))
    assert list(store.all_certificates()) == [RDS, G1]
    assert store.notes == ("2 members of the certificate set are no X.509 certificates and were skipped",)


def test_bytes_behind_are_counted() -> None:
    for number in (1, 10_000):
        assert loads(message(RDS.der) + b"x" * number).unread == (f"{number} bytes behind the PKCS#7 structure",)
        assert loads(message(RDS.der) + b"\n" * number).unread == ()


@pytest.mark.parametrize("wanted", [(), (RDS,), (ROOT, RDS, G1), (RDS, RDS)])
def test_writes_a_degenerate_signed_data_in_the_order_of_the_store(wanted: tuple[Certificate, ...]) -> None:
    data = dump(trusting(*wanted))
    assert list(loads(data).all_certificates()) == list(wanted)
    if wanted:
        assert data == message(*(certificate.der for certificate in wanted))


def test_revocation_lists_stay_when_certificates_change() -> None:
    crls = asn1.tlv(0xA1, CRL)
    store = loads(message(RDS.der, crls=crls))
    assert dump(store.with_entries((*store.entries, TrustedEntry("", G1)))) == message(RDS.der, G1.der, crls=crls)


def test_keys_are_refused_by_name() -> None:
    key = OpaqueEntry("server", "private-key", "jks", b"", (RDS,))
    with pytest.raises(FormatError, match="private-key entry 'server'"):
        dump(TrustStore((TrustedEntry("a", G1), key)))


ENVELOPED = asn1.sequence(asn1.oid("1.2.840.113549.1.7.3"), asn1.tlv(0xA0, asn1.sequence(asn1.integer(0))))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(RDS.der, id="a certificate"),
        pytest.param(ENVELOPED, id="an encrypted message"),
        pytest.param(asn1.sequence(SIGNED_DATA), id="no content"),
        pytest.param(asn1.sequence(SIGNED_DATA, asn1.tlv(0xA0)), id="empty content"),
        pytest.param(asn1.sequence(SIGNED_DATA, asn1.tlv(0xA0, b"\x04\0")), id="content of another type"),
        pytest.param(asn1.sequence(SIGNED_DATA, asn1.tlv(0xA0, asn1.sequence()), asn1.sequence()), id="three fields"),
        pytest.param(b"\x24" + message(RDS.der)[1:], id="an OCTET STRING"),
        pytest.param(b"\x31" + message(RDS.der)[1:], id="a SET"),
        pytest.param(message(RDS.der)[:-1], id="cut"),
        pytest.param(message(RDS.der[:-1]), id="a member cut"),
        pytest.param(b"\x30\x80" * 50_000, id="deep nesting"),
    ],
)
def test_what_is_no_signed_data_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        loads(data)


@pytest.mark.parametrize("data", [b"", b"\x30", message(RDS.der)[:-1], ENVELOPED, b"\x31" + message(RDS.der)[1:]])
def test_what_is_no_signed_data_is_not_detected(data: bytes) -> None:
    assert not PKCS7.detect(data)


def block(data: bytes, label: str) -> bytes:
    return pem.encode(Certificate(data)).replace("CERTIFICATE", label).encode()


@pytest.mark.parametrize("label", ["PKCS7", "CMS", "PKCS #7 SIGNED DATA", "CERTIFICATE"])
def test_pem_blocks_count_whole(label: str) -> None:
    data = block(G1.der, "CERTIFICATE") + b"text\n" + block(message(RDS.der, ROOT.der), label) + b"end\n"
    store = pem.loads(data)
    assert list(store.all_certificates()) == [G1, RDS, ROOT]
    assert pem.dumps(store) == data


def test_removing_one_of_a_pem_block_writes_the_others_in_its_place() -> None:
    store = pem.loads(block(message(RDS.der, ROOT.der, G1.der), "PKCS7") + b"text\n" + block(G1.der, "CERTIFICATE"))
    changed = pem.dumps(store.with_entries(store.entries[:1] + store.entries[2:]))
    assert list(pem.loads(changed).all_certificates()) == [RDS, G1, G1]
    assert b"text\n" in changed
    assert b"PKCS7" not in changed


@pytest.mark.parametrize("data", [ENVELOPED, dump(trusting())])
def test_a_pem_block_without_certificates_is_text(data: bytes) -> None:
    text = block(data, "PKCS7") + block(RDS.der, "CERTIFICATE")
    store = pem.loads(text)
    assert list(store.all_certificates()) == [RDS]
    assert pem.dumps(store.with_entries(())).startswith(block(data, "PKCS7"))


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from([RDS, G1, ROOT]), max_size=4), st.data())
def test_round_trip_and_damage(wanted: list[Certificate], data: st.DataObject) -> None:
    content = dump(trusting(*wanted))
    assert list(loads(content).all_certificates()) == wanted
    place = data.draw(st.integers(0, len(content) - 1))
    damaged = content[:place] + data.draw(st.binary(min_size=1, max_size=1)) + content[place + 1 :]
    PKCS7.detect(damaged)
    with suppress(FormatError):
        assert all(certificate.der in damaged for certificate in loads(damaged).all_certificates())
