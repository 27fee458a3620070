"""BCFKS against stores that BouncyCastle wrote, and against stores made here to break things."""

import hashlib
import hmac
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats import bouncycastle as vectors
from tests.samples import amazon, certificates
from truststore_tool import asn1
from truststore_tool.errors import FormatError, IntegrityError, PasswordRequiredError
from truststore_tool.formats.bouncycastle.bcfks import BCFKS

REPORT = (vectors.HERE / "expected.txt").read_text()
NAMES = [name for name in vectors.names() if name.startswith("bcfks")]
WITH_MAC = [name for name in NAMES if "signed" not in name]
RDS = certificates(amazon("rds-ca-2019-root.pem"))[0]
G1 = certificates(amazon("rds-ca-ecc384-g1-us-east-1.pem"))[0]


def test_the_vectors_are_all_there() -> None:
    assert len(WITH_MAC) == 4


@pytest.mark.parametrize("name", WITH_MAC)
def test_reads_what_bouncycastle_reads(name: str) -> None:
    data = vectors.store(name)
    assert BCFKS.detect(data)
    store = BCFKS.loads(data, vectors.PASSWORD)
    assert vectors.seen(store.entries) == vectors.expected(REPORT, name)
    assert (store.format, store.integrity, store.notes) == ("bcfks", "verified", ())


@pytest.mark.parametrize("name", WITH_MAC)
@pytest.mark.parametrize("password", ["", "changed", "Changeit", "\ud800"])
def test_a_wrong_password_is_told(name: str, password: str) -> None:
    with pytest.raises(IntegrityError, match="password is wrong"):
        BCFKS.loads(vectors.store(name), password)


@pytest.mark.parametrize("name", WITH_MAC)
def test_nothing_shows_without_a_password(name: str) -> None:
    with pytest.raises(PasswordRequiredError):
        BCFKS.loads(vectors.store(name), None)


@pytest.mark.parametrize("password", [None, "of no use"])
def test_a_signed_store_is_read_unchecked(password: str | None) -> None:
    data = vectors.store("bcfks-signed.store")
    assert BCFKS.detect(data)
    store = BCFKS.loads(data, password)
    root = vectors.expected(REPORT, "bcfks-scrypt.store")[0]
    assert [(e.alias, e.kind, e.certificates[0].sha256.hex) for e in store.entries] == [(*root[:2], root[3][0])]
    assert store.integrity == "unchecked"
    assert "signature was not checked" in store.notes[0]


# Stores made here, from the structure in the codec's docstring -------------------------------------------------

HMAC_SHA512 = asn1.sequence(asn1.oid("1.2.840.113549.2.11"), asn1.null())
OTHER_HMAC = asn1.sequence(asn1.oid("1.2.840.113549.2.9"), asn1.null())
DATE = asn1.tlv(asn1.GENERALIZED_TIME, b"20240102030405Z")
SALT = asn1.octet_string(b"salt")


def pbkdf2(count: int = 10, size: int = 64, prf: bytes = HMAC_SHA512) -> bytes:
    parameters = asn1.sequence(SALT, asn1.integer(count), asn1.integer(size), prf)
    return asn1.sequence(asn1.oid("1.2.840.113549.1.5.12"), parameters)


def scrypt(cost: int, block: int, size: int = 64) -> bytes:
    numbers = (asn1.integer(number) for number in (cost, block, 1, size))
    return asn1.sequence(asn1.oid("1.3.6.1.4.1.11591.4.11"), asn1.sequence(SALT, *numbers))


def item(kind: int, alias: str, content: bytes) -> bytes:
    text = asn1.tlv(asn1.UTF8_STRING, alias.encode())
    return asn1.sequence(asn1.integer(kind), text, DATE, DATE, asn1.octet_string(content))


def plain(*items: bytes, algorithm: bytes = HMAC_SHA512) -> bytes:
    return asn1.sequence(asn1.integer(1), algorithm, DATE, DATE, asn1.sequence(*items))


def secret(purpose: str) -> bytes:
    return b"".join(text.encode("utf-16-be") + b"\0\0" for text in ("changeit", purpose))


def signed(content: bytes, derivation: bytes | None = None, algorithm: bytes = HMAC_SHA512) -> bytes:
    """The store of a content, with a MAC that is true for pbkdf2()."""
    key = hashlib.pbkdf2_hmac("sha512", secret("INTEGRITY_CHECK"), b"salt", 10, 64)
    mac = hmac.digest(key, content, "sha512")
    return asn1.sequence(content, asn1.sequence(algorithm, derivation or pbkdf2(), asn1.octet_string(mac)))


def encrypted(content: bytes, derivation: bytes | None = None, cipher: str = "47", nonce: bytes = b"n" * 12) -> bytes:
    key = hashlib.pbkdf2_hmac("sha512", secret("STORE_ENCRYPTION"), b"salt", 10, 32)
    data = AESCCM(key, 8).encrypt(b"n" * 12, content, None)
    settings_ = asn1.sequence(asn1.octet_string(nonce), asn1.integer(8))
    scheme = asn1.sequence(asn1.oid(f"2.16.840.1.101.3.4.1.{cipher}"), settings_)
    parameters = asn1.sequence(derivation or pbkdf2(size=32), scheme)
    return asn1.sequence(asn1.sequence(asn1.oid("1.2.840.113549.1.5.13"), parameters), asn1.octet_string(data))


CHAIN = asn1.sequence(asn1.sequence(), asn1.sequence(RDS.der, G1.der))
ITEMS = (item(0, "a", RDS.der), item(1, "b", CHAIN), item(2, "c", b"?"), item(3, "d", CHAIN), item(4, "e", b"?"))


def test_every_type_of_entry() -> None:
    store = BCFKS.loads(signed(encrypted(plain(*ITEMS, item(9, "f", b"?")))), "changeit")
    assert [(entry.alias, entry.kind, len(entry.certificates)) for entry in store.entries] == [
        ("a", "trusted", 1),
        ("b", "private-key", 2),
        ("c", "secret-key", 0),
        ("d", "private-key", 2),
        ("e", "secret-key", 0),
        ("f", "unknown", 0),
    ]


@pytest.mark.parametrize(("password", "integrity"), [(None, "unchecked"), ("changeit", "verified")])
def test_a_store_that_is_not_encrypted_lists_without_a_password(password: str | None, integrity: str) -> None:
    data = signed(plain(*ITEMS))
    assert BCFKS.detect(data)
    store = BCFKS.loads(data, password)
    assert (len(store.entries), store.integrity) == (5, integrity)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param(signed(plain(*ITEMS), pbkdf2(500_001)), "unreasonable number of iterations", id="iterations"),
        pytest.param(signed(plain(*ITEMS), pbkdf2(1 << 80)), "unreasonable number of iterations", id="huge count"),
        pytest.param(signed(plain(*ITEMS), pbkdf2(0)), "unreasonable", id="no iterations"),
        pytest.param(signed(plain(*ITEMS), pbkdf2(10, 65)), "unreasonable number of bytes", id="key length"),
        pytest.param(signed(plain(*ITEMS), scrypt(1 << 15, 8)), "unreasonable", id="scrypt cost"),
        pytest.param(signed(plain(*ITEMS), scrypt(1 << 30, 1)), "unreasonable", id="scrypt rounds"),
        pytest.param(signed(plain(*ITEMS), scrypt(16, 1 << 12)), "unreasonable", id="scrypt blocks"),
        pytest.param(signed(plain(*ITEMS), scrypt(15, 8)), "malformed scrypt", id="scrypt cost no power of two"),
        pytest.param(signed(plain(*ITEMS), pbkdf2(prf=OTHER_HMAC)), "unknown BCFKS digest", id="other PRF"),
        pytest.param(signed(plain(*ITEMS), HMAC_SHA512), "unknown BCFKS key derivation", id="other derivation"),
        pytest.param(signed(plain(*ITEMS), algorithm=OTHER_HMAC), "unknown BCFKS digest", id="other MAC"),
        pytest.param(signed(plain(*ITEMS, algorithm=OTHER_HMAC)), "another integrity algorithm", id="MAC exchanged"),
        pytest.param(signed(encrypted(plain(), pbkdf2(1 << 40))), "unreasonable", id="iterations of the cipher"),
        pytest.param(signed(encrypted(plain(), cipher="46")), "unknown BCFKS cipher", id="other cipher"),
        pytest.param(signed(encrypted(plain(), nonce=b"n" * 40)), "malformed BCFKS encryption", id="long nonce"),
        pytest.param(signed(plain(item(0, "a", b"\x04\0"))), "0x04", id="a certificate that is none"),
        pytest.param(signed(plain(item(1, "a", b"\x30\0"))), "fields", id="a key without a chain"),
    ],
)
def test_costs_are_bounded_and_structures_checked(data: bytes, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pbkdf2_hmac, true_scrypt = hashlib.pbkdf2_hmac, hashlib.scrypt

    def cheap_pbkdf2(digest: str, password: bytes, salt: bytes, iterations: int, dklen: int) -> bytes:
        assert (iterations, dklen) in ((10, 64), (10, 32))  # those of the stores here
        return pbkdf2_hmac(digest, password, salt, iterations, dklen)

    def cheap_scrypt(password: bytes, *, n: int, r: int, **settings: Any) -> bytes:
        assert n * r < 1000
        return true_scrypt(password, n=n, r=r, **settings)

    monkeypatch.setattr(hashlib, "pbkdf2_hmac", cheap_pbkdf2)
    monkeypatch.setattr(hashlib, "scrypt", cheap_scrypt)
    with pytest.raises(FormatError, match=says):
        BCFKS.loads(data, "changeit")


def test_a_cipher_under_another_key_is_an_integrity_error() -> None:
    with pytest.raises(IntegrityError):
        BCFKS.loads(signed(encrypted(plain(), pbkdf2(11, 32))), "changeit")


def test_other_content_is_not_detected() -> None:
    from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12

    pfx = pkcs12.serialize_key_and_certificates(None, None, None, [RDS.x509], NoEncryption())
    shroud = asn1.sequence(asn1.sequence(asn1.oid("1.2.840.113549.1.5.13")), asn1.octet_string(b"encrypted key"))
    for data in (b"", b"\x30", b"\x30\0", b"\x30\x04\x30\0\x30\0", RDS.der, pfx, shroud, b"\x30\x80" * 1000):
        assert not BCFKS.detect(data)


# Where the parallelization of scrypt stands, which BouncyCastle takes for nothing, whatever it says.
IGNORED = ("bcfks-scrypt.store", 1138)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(WITH_MAC), st.integers(0, 1 << 20), st.integers(0, 255), st.booleans())
def test_damage_is_always_found_with_a_password(name: str, place: int, octet: int, cut: bool) -> None:
    data = vectors.store(name)
    place %= len(data)
    damaged = data[:place] if cut else data[:place] + bytes([octet]) + data[place + 1 :]
    if damaged == data or (not cut and (name, place) == IGNORED):
        return
    BCFKS.detect(damaged)
    with pytest.raises((FormatError, IntegrityError)):
        BCFKS.loads(damaged, "changeit")


def test_fields_beside_the_integrity_check_are_of_their_types() -> None:
    """The check covers the content, not the fields that say how it was made."""
    for name, place, was, wrong in (
        ("bcfks-empty.store", 256, 0x04, 0x05),  # the salt
        ("bcfks-sha3-wrap.store", 1174, 0x05, 0x00),  # the parameters of the pseudo-random function
        ("bcfks-sha3-wrap.store", 1176, 0x04, 0x05),  # the MAC
        ("bcfks-scrypt.store", 1136, 0x02, 0x04),  # the parallelization
    ):
        data = vectors.store(name)
        assert data[place] == was
        with pytest.raises(FormatError):
            BCFKS.loads(data[:place] + bytes([wrong]) + data[place + 1 :], "changeit")
