"""PKCS#12 bag by bag, against files laid out here by hand and against cryptography as a second implementation."""

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import pkcs12 as other
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import samples
from truststore_tool import asn1
from truststore_tool.errors import FormatError, IntegrityError, PasswordRequiredError, TrustStoreError
from truststore_tool.formats.crypto import kdf, pbe
from truststore_tool.formats.pkcs12 import codec as pkcs12
from truststore_tool.formats.pkcs12 import key_codec
from truststore_tool.model import Certificate, Entry, LooseCertificate, OpaqueEntry, TrustedEntry, TrustStore
from truststore_tool.nouns import replace

PASSWORD = "changeit"
FRIENDLY_NAME, LOCAL_KEY_ID = "1.2.840.113549.1.9.20", "1.2.840.113549.1.9.21"
TRUSTED_KEY_USAGE = "2.16.840.1.113894.746875.1.1"
SHA1, PBMAC1 = "1.3.14.3.2.26", "1.2.840.113549.1.5.14"
DATA, ENCRYPTED_DATA = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.6"
KEY, SHROUDED, CERT, CRL, SECRET, NESTED = (f"1.2.840.113549.1.12.10.1.{number}" for number in range(1, 7))

ROOT, INTERMEDIATE, SERVER, OTHER = (
    samples.certificates(samples.own(name))[0]
    for name in ("new-root.pem", "new-intermediate.pem", "new-server.pem", "old-root.pem")
)
DER = serialization.Encoding.DER
SERVER_KEY = serialization.load_pem_private_key(samples.own("new-server.key").read_bytes(), None)
PKCS8 = SERVER_KEY.private_bytes(DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
FAST = pbe.Pbes1("1.2.840.113549.1.12.1.3", b"saltsalt", 2)


# Files laid out by hand -------------------------------------------------------------------------------------


def bag(oid: str, value: bytes, name: str | None = None, key_id: bytes | None = None, *more: bytes) -> bytes:
    attributes = list(more)
    if name is not None:
        attributes.append(name_attribute(name))
    if key_id is not None:
        attributes.append(attribute(LOCAL_KEY_ID, asn1.octet_string(key_id)))
    return asn1.sequence(asn1.oid(oid), asn1.explicit(0, value), asn1.tlv(asn1.SET, *attributes) if attributes else b"")


def name_attribute(name: str) -> bytes:
    return attribute(FRIENDLY_NAME, asn1.bmp_string(name))


def attribute(oid: str, value: bytes) -> bytes:
    return asn1.sequence(asn1.oid(oid), asn1.tlv(asn1.SET, value))


TRUSTED = attribute(TRUSTED_KEY_USAGE, asn1.oid("2.5.29.37.0"))
ODD = attribute("1.2.3.4.5", asn1.octet_string(b"odd"))


def cert_bag(certificate: Certificate, name: str | None = None, key_id: bytes | None = None, *more: bytes) -> bytes:
    octets = asn1.explicit(0, asn1.octet_string(certificate.der))
    return bag(CERT, asn1.sequence(asn1.oid("1.2.840.113549.1.9.22.1"), octets), name, key_id, *more)


def key_bag(name: str | None = None, key_id: bytes | None = None, *more: bytes) -> bytes:
    return bag(SHROUDED, shrouded(), name, key_id, *more)


def shrouded() -> bytes:
    secret = FAST.encrypt(PKCS8, kdf.passphrases(PASSWORD)[0])
    return asn1.sequence(FAST.encoded(), asn1.octet_string(secret))


def plain_safe(*bags: bytes) -> bytes:
    return asn1.sequence(asn1.oid(DATA), asn1.explicit(0, asn1.octet_string(asn1.sequence(*bags))))


def encrypted_safe(scheme: pbe.Scheme, *bags: bytes, password: str = PASSWORD) -> bytes:
    secret = scheme.encrypt(asn1.sequence(*bags), kdf.passphrases(password)[0])
    return sealed_safe(scheme.encoded(), secret)


def sealed_safe(algorithm: bytes, secret: bytes) -> bytes:
    info = asn1.sequence(asn1.oid(DATA), algorithm, asn1.tlv(0x80, secret))
    return asn1.sequence(asn1.oid(ENCRYPTED_DATA), asn1.explicit(0, asn1.sequence(asn1.integer(0), info)))


def pfx(*safes: bytes, mac: Callable[[bytes], bytes] | None = None) -> bytes:
    content = asn1.sequence(*safes)
    info = asn1.sequence(asn1.oid(DATA), asn1.explicit(0, asn1.octet_string(content)))
    return asn1.sequence(asn1.integer(3), info, mac(content) if mac else b"")


def pkcs12_mac(content: bytes) -> bytes:
    """HmacPBESHA1 with 2 iterations."""
    key = kdf.pkcs12_kdf("sha1", 3, kdf.passphrases(PASSWORD)[0].bmp, b"saltsalt", 2, 20)
    info = asn1.sequence(
        asn1.sequence(asn1.oid("1.3.14.3.2.26"), asn1.null()),
        asn1.octet_string(hmac.digest(key, content, "sha1")),
    )
    return asn1.sequence(info, asn1.octet_string(b"saltsalt"), asn1.integer(2))


def pbmac1(content: bytes, *, key_length: int | None = 32, prf: str = "1.2.840.113549.2.9") -> bytes:
    """RFC 9579, with HMAC-SHA512 over the content."""
    key = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), b"saltsalt", 2, key_length or 32)
    length = b"" if key_length is None else asn1.integer(key_length)
    parameters = asn1.sequence(
        asn1.octet_string(b"saltsalt"), asn1.integer(2), length, asn1.sequence(asn1.oid(prf), asn1.null())
    )
    algorithm = asn1.sequence(
        asn1.oid("1.2.840.113549.1.5.14"),
        asn1.sequence(
            asn1.sequence(asn1.oid("1.2.840.113549.1.5.12"), parameters),
            asn1.sequence(asn1.oid("1.2.840.113549.2.11"), asn1.null()),
        ),
    )
    value = asn1.octet_string(hmac.digest(key, content, "sha512"))
    return asn1.sequence(asn1.sequence(algorithm, value), asn1.octet_string(b"unused"), asn1.integer(1))


def loads(data: bytes, password: str | None = PASSWORD) -> TrustStore:
    return pkcs12.loads(data, password)


def dumps(store: TrustStore, password: str | None = PASSWORD) -> bytes:
    return pkcs12.dumps(store, password)


def again(store: TrustStore, password: str | None = PASSWORD) -> TrustStore:
    return loads(dumps(store, password), password)


def without(store: TrustStore, alias: str) -> TrustStore:
    return store.with_entries(tuple(entry for entry in store.entries if entry.alias != alias))


def plus(store: TrustStore, *entries: Entry) -> TrustStore:
    return store.with_entries((*store.entries, *entries))


def seen(store: TrustStore) -> list[tuple[str, str, list[Certificate]]]:
    return [(entry.alias, entry.kind, list(entry.certificates)) for entry in store.entries]


# Reading: what Java sees ------------------------------------------------------------------------------------


def test_trusted_certificates_are_those_with_the_attribute() -> None:
    store = loads(pfx(plain_safe(cert_bag(ROOT, "Root", None, TRUSTED), cert_bag(OTHER, "other"))))
    assert store.entries == (TrustedEntry("Root", ROOT),)
    assert store.loose == (LooseCertificate(OTHER, "other"),)
    assert store.all_certificates() == (ROOT, OTHER)
    assert "1 certificate is not marked as trusted" in store.notes[0]


def test_nameless_entries_are_counted_from_one() -> None:
    bags = [cert_bag(ROOT, None, None, TRUSTED), cert_bag(OTHER, "b", None, TRUSTED), key_bag(None, b"id")]
    store = loads(pfx(plain_safe(*bags)))
    assert [entry.alias for entry in store.entries] == ["1", "b", "2"]


def test_the_last_of_aliases_that_differ_by_case_is_the_entry_and_takes_the_first_place() -> None:
    bags = [cert_bag(c, n, None, TRUSTED) for c, n in ((ROOT, "a"), (OTHER, "b"), (INTERMEDIATE, "A"))]
    store = loads(pfx(plain_safe(*bags)))
    assert store.entries == (TrustedEntry("A", INTERMEDIATE), TrustedEntry("b", OTHER))
    assert store.loose == (LooseCertificate(ROOT, "a"),)
    assert any("occurs more than once" in note for note in store.notes)


def test_a_chain_is_found_by_local_key_id_and_then_by_issuer_among_all_certificates() -> None:
    bags = [cert_bag(ROOT, "root", None, TRUSTED), cert_bag(INTERMEDIATE), cert_bag(SERVER, "server", b"id")]
    store = loads(pfx(plain_safe(key_bag("server", b"id")), plain_safe(*bags)))
    assert seen(store) == [
        ("server", "private-key", [SERVER, INTERMEDIATE, ROOT]),
        ("root", "trusted", [ROOT]),
    ]
    assert store.entries[0].certificates[2] is store.entries[1].certificates[0]
    assert store.loose == ()
    assert len(store.all_certificates()) == 3


@pytest.mark.parametrize(
    ("key", "leaf"),
    [
        ((None, None), (None, None)),  # the only key, and the certificate that comes first
        (("k", b"id"), (None, b"id")),
        (("k", b"id"), ("K", b"other")),  # by alias, in any case
    ],
)
def test_how_java_finds_the_leaf(key: tuple[str | None, bytes | None], leaf: tuple[str | None, bytes | None]) -> None:
    store = loads(pfx(plain_safe(key_bag(*key)), plain_safe(cert_bag(SERVER, *leaf), cert_bag(OTHER))))
    assert store.entries[0].certificates == (SERVER,)
    assert [item.certificate for item in store.loose] == [OTHER]


def test_a_secret_is_no_key_that_would_need_a_certificate() -> None:
    store = loads(pfx(plain_safe(bag(SECRET, asn1.null(), "s"), key_bag("k")), plain_safe(cert_bag(SERVER))))
    assert seen(store) == [("s", "secret-key", []), ("k", "private-key", [SERVER])]


def test_certificates_that_share_a_local_key_id_are_told_apart_by_alias_else_the_last_wins() -> None:
    certificates = plain_safe(cert_bag(OTHER, "k", b"id"), cert_bag(ROOT, "x", b"id"))
    assert loads(pfx(plain_safe(key_bag("k", b"id")), certificates)).entries[0].certificates == (OTHER,)
    assert loads(pfx(plain_safe(key_bag("z", b"id")), certificates)).entries[0].certificates == (ROOT,)


def test_a_second_key_without_local_key_id_is_kept_though_java_skips_it() -> None:
    store = loads(pfx(plain_safe(key_bag("one", b"id"), key_bag("two"), key_bag("one"))))
    assert [entry.alias for entry in store.entries] == ["one", "two"]
    assert any("'two' has no localKeyId" in note for note in store.notes)
    assert dumps(plus(store, TrustedEntry("root", ROOT))).count(shrouded()) == 3


def test_dates_are_in_local_key_ids() -> None:
    store = loads(pfx(plain_safe(key_bag("k", b"Time 1700000000123"), bag(SECRET, asn1.null(), "s", b"Time x"))))
    assert store.entries[0].created == datetime(2023, 11, 14, 22, 13, 20, 123000, tzinfo=UTC)
    assert store.entries[1].created is None
    assert loads(pfx(plain_safe(key_bag("k", b"Time 999999999999999999")))).entries[0].created is None


def test_secrets_crls_and_unknown_bags_are_opaque_entries() -> None:
    bags = [bag(SECRET, asn1.null(), "s"), bag(CRL, asn1.null()), bag("1.2.3.4", asn1.octet_string(b"?"), "u")]
    store = loads(pfx(plain_safe(*bags, bag(NESTED, asn1.sequence()))))
    assert seen(store) == [("s", "secret-key", []), ("", "unknown", []), ("u", "unknown", []), ("", "unknown", [])]


def test_attributes_are_found_in_any_order_and_may_be_empty() -> None:
    key_id = attribute(LOCAL_KEY_ID, asn1.octet_string(b"id"))
    empty = [attribute(oid, b"") for oid in (FRIENDLY_NAME, LOCAL_KEY_ID)]
    bags = [key_bag(None, None, name_attribute("k"), key_id, ODD), cert_bag(SERVER, None, b"id", ODD)]
    bags += [cert_bag(OTHER, None, None, *empty), cert_bag(ROOT, None, None, TRUSTED, *empty)]
    store = loads(pfx(plain_safe(*bags)))
    assert seen(store) == [("k", "private-key", [SERVER]), ("1", "trusted", [ROOT])]
    assert store.loose == (LooseCertificate(OTHER, None),)


def test_a_name_in_utf8_is_read_too() -> None:
    name = attribute(FRIENDLY_NAME, asn1.tlv(asn1.UTF8_STRING, "größe".encode()))
    assert loads(pfx(plain_safe(cert_bag(ROOT, None, None, TRUSTED, name)))).entries == (TrustedEntry("größe", ROOT),)


def test_a_key_in_the_clear_is_an_entry_with_a_note() -> None:
    store = loads(pfx(plain_safe(bag(KEY, PKCS8, "k", b"id"), cert_bag(SERVER, None, b"id"))))
    assert seen(store) == [("k", "private-key", [SERVER])]
    assert any("is not encrypted" in note for note in store.notes)
    assert isinstance(store.entries[0], OpaqueEntry)
    assert key_codec.open_key(store.entries[0], "any") == PKCS8


def test_of_issuers_of_one_name_the_one_with_the_key_identifier_is_taken() -> None:
    issuer, twin, leaf = (
        samples.certificates(samples.own(name))[0]
        for name in ("old-root.pem", "same-subject-root.pem", "old-intermediate.pem")
    )
    for order in ((twin, issuer), (issuer, twin)):
        bags = plain_safe(cert_bag(leaf, "k", b"id"), *map(cert_bag, order))
        assert loads(pfx(plain_safe(key_bag("k", b"id")), bags)).entries[0].certificates == (leaf, issuer)


def chain_of(leaf: Certificate, *others: Certificate) -> tuple[Certificate, ...]:
    """The chain of a key whose certificate is `leaf`; the others come before it in the file."""
    certificates = plain_safe(*map(cert_bag, others), cert_bag(leaf, "k", b"id"))
    return loads(pfx(plain_safe(key_bag("k", b"id")), certificates)).entries[0].certificates


def roots(*signers: int) -> list[Certificate]:
    """Certificates of one name without extensions; each is signed by the key of the one with that index."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in signers]
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Same")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, None, 1, now, now + timedelta(days=1))
    return [
        Certificate(builder.public_key(key.public_key()).sign(keys[signer], hashes.SHA256()).public_bytes(DER))
        for key, signer in zip(keys, signers, strict=True)
    ]


def test_a_chain_ends_at_what_signed_itself_and_not_at_what_only_names_itself() -> None:
    first, second, renewed = roots(0, 1, 0)
    assert chain_of(second, first) == (second,)
    assert chain_of(renewed, first) == (renewed, first)


def test_key_identifiers_are_found_behind_other_extensions() -> None:
    def extensions(*fields: tuple[str, bytes]) -> bytes:
        each = (asn1.sequence(asn1.oid(f"2.5.29.{oid}"), asn1.octet_string(value)) for oid, value in fields)
        return asn1.explicit(3, asn1.sequence(*each))

    name, unreadable, other_name = asn1.sequence(), asn1.sequence(asn1.integer(1)), asn1.sequence(asn1.set_of())
    usage = asn1.sequence()
    issuers = [
        skeleton(unreadable, name, extensions(("19", usage), ("14", asn1.octet_string(key)), ("37", usage)))
        for key in (b"1", b"2", b"3")
    ]
    for issuer, key in zip(issuers, (b"1", b"2", b"3"), strict=True):
        wanted = asn1.sequence(asn1.tlv(0x80, key), asn1.tlv(0xA1, b""), asn1.tlv(0x82, b"9"))
        leaf = skeleton(name, other_name, extensions(("37", usage), ("14", usage), ("35", wanted), ("19", usage)))
        assert chain_of(leaf, *issuers) == (leaf, issuer)
    # An issuer and a serial number are no key identifier (RFC 5280, 4.2.1.1): the name alone counts.
    without_key = asn1.sequence(asn1.tlv(0xA1, b""), asn1.tlv(0x82, b"2"))
    assert chain_of(skeleton(name, other_name, extensions(("35", without_key))), *issuers)[1:] == (issuers[0],)


def test_a_chain_ends_at_what_cannot_be_read() -> None:
    name = asn1.sequence(asn1.set_of(asn1.sequence(asn1.oid("2.5.4.3"), asn1.tlv(asn1.UTF8_STRING, b"x"))))
    good, twin = skeleton(name, name), skeleton(name, name, asn1.sequence())
    no_issuer = skeleton(asn1.sequence(asn1.integer(1)), asn1.sequence())
    no_extensions = skeleton(name, asn1.sequence(), asn1.explicit(3, asn1.integer(1)))
    assert chain_of(twin, good) == (twin,)  # no library can tell whether it signed itself
    assert chain_of(no_issuer, good) == (no_issuer,)
    assert chain_of(no_extensions, good) == (no_extensions, good)  # without a key identifier the name alone counts


def skeleton(issuer: bytes, subject: bytes, *more: bytes) -> Certificate:
    """What has no more of a certificate than its names."""
    fields = [asn1.integer(1), asn1.sequence(), issuer, asn1.sequence(), subject, asn1.sequence(), *more]
    return Certificate(asn1.sequence(asn1.sequence(*fields), asn1.sequence(), asn1.tlv(asn1.BIT_STRING, b"\0")))


def test_a_chain_of_certificates_that_name_each_other_ends() -> None:
    """Two self-issued certificates of one name and different keys, as after a roll-over."""
    same = samples.certificates(samples.own("same-subject-root.pem"))[0]
    store = loads(pfx(plain_safe(key_bag("k", b"id")), plain_safe(cert_bag(same, None, b"id"), cert_bag(ROOT))))
    assert store.entries[0].certificates == (same,)


# Reading: passwords and integrity ---------------------------------------------------------------------------


def test_a_password_less_store_opens_with_any_password_or_none_and_stays_so() -> None:
    data = pfx(plain_safe(cert_bag(ROOT, "root", None, TRUSTED)))
    for password in (None, "", "anything"):
        store = loads(data, password)
        assert store.integrity == "absent"
        changed = dumps(plus(store, TrustedEntry("other", OTHER)), password)
        assert loads(changed, None).entries == (TrustedEntry("root", ROOT), TrustedEntry("other", OTHER))
        assert loads(changed, None).integrity == "absent"


@pytest.mark.parametrize("mac", [pkcs12_mac, pbmac1], ids=["rfc7292", "pbmac1"])
def test_a_mac_is_checked(mac: Callable[[bytes], bytes]) -> None:
    data = pfx(plain_safe(cert_bag(ROOT, "root", None, TRUSTED)), mac=mac)
    assert loads(data).integrity == "verified"
    assert loads(data, None).integrity == "unchecked"
    with pytest.raises(IntegrityError, match="wrong password"):
        loads(data, "Changeit")
    with pytest.raises(IntegrityError, match="wrong password"):
        loads(data.replace(ROOT.der, OTHER.der[: len(ROOT.der)].ljust(len(ROOT.der), b"\0")))


def test_a_pbmac1_store_stays_one() -> None:
    data = pfx(plain_safe(cert_bag(ROOT, "root", None, TRUSTED)), mac=pbmac1)
    assert "JDK 25 and earlier do not read" in loads(data).notes[0]
    changed = dumps(plus(loads(data), TrustedEntry("other", OTHER)))
    assert asn1.oid("1.2.840.113549.1.5.14") in changed
    assert len(loads(changed).entries) == 2
    assert asn1.read(changed).children()[2].children()[2].integer() == 1  # unused, but none would be no count
    with pytest.raises(IntegrityError):
        loads(changed, "Changeit")


@pytest.mark.parametrize("key_length", [None, 1, 19])
def test_a_pbmac1_key_that_is_short_or_of_no_length_is_refused(key_length: int | None) -> None:
    with pytest.raises(FormatError, match="key length"):
        loads(pfx(plain_safe(), mac=lambda content: pbmac1(content, key_length=key_length)))


def test_a_mac_without_a_count_is_one_of_one_iteration() -> None:
    """MacData ::= SEQUENCE { mac DigestInfo, macSalt OCTET STRING, iterations INTEGER DEFAULT 1 } (RFC 7292, 4)."""

    def once(content: bytes) -> bytes:
        # B.2 for one iteration, and for a salt and a password that are shorter than the block: no more than a digest.
        secret = PASSWORD.encode("utf-16-be") + b"\0\0"
        block = b"\3" * 64 + b"saltsalt" * 8 + (secret * 4)[:64]
        value = hmac.digest(hashlib.sha1(block, usedforsecurity=False).digest(), content, "sha1")
        return mac_data((SHA1, asn1.null()), asn1.octet_string(value), salt=b"saltsalt")

    store = loads(pfx(plain_safe(cert_bag(ROOT)), mac=once))
    assert store.integrity == "verified"
    changed = dumps(plus(store, TrustedEntry("other", OTHER)))
    assert asn1.read(changed).children()[2].children()[2].integer() == 1


def mac_data(
    algorithm: tuple[str, bytes], *values: bytes, salt: bytes = b"salt", more: tuple[bytes, ...] = ()
) -> bytes:
    oid, parameters = algorithm
    info = asn1.sequence(asn1.sequence(asn1.oid(oid), parameters), *values)
    return asn1.sequence(info, asn1.octet_string(salt), *more)


@pytest.mark.parametrize(
    "mac",
    [
        asn1.sequence(asn1.sequence(asn1.sequence(asn1.oid(SHA1)), asn1.octet_string(b""))),
        mac_data((SHA1, asn1.null()), asn1.octet_string(b""), more=(asn1.integer(1), asn1.integer(1))),
        mac_data((SHA1, asn1.null())),
        mac_data((SHA1, asn1.null()), asn1.octet_string(b""), asn1.octet_string(b"")),
        mac_data((PBMAC1, asn1.sequence(asn1.null())), asn1.octet_string(b"")),
    ],
    ids=["no salt", "too much", "no value", "two values", "no scheme"],
)
def test_a_malformed_mac_is_refused(mac: bytes) -> None:
    with pytest.raises(FormatError, match="wrong number of fields"):
        loads(pfx(plain_safe(), mac=lambda _: mac))


@pytest.mark.parametrize("oid", ["1.2.840.113549.1.5.13", "1.2.840.113549.1.5.15"])
def test_a_mac_that_is_nearly_pbmac1_is_unknown(oid: str) -> None:
    mac = mac_data((oid, asn1.sequence()), asn1.octet_string(b""))
    with pytest.raises(FormatError, match=f"MAC algorithm {oid} is not known"):
        loads(pfx(plain_safe(), mac=lambda _: mac))


def test_an_unknown_mac_is_an_error_only_when_there_is_a_password_to_check() -> None:
    data = pfx(plain_safe(cert_bag(ROOT, "root", None, TRUSTED)), mac=pkcs12_mac)
    data = data.replace(asn1.oid("1.3.14.3.2.26"), asn1.oid("1.3.14.3.2.99"))
    assert loads(data, None).integrity == "unchecked"
    with pytest.raises(FormatError, match=r"1\.3\.14\.3\.2\.99"):
        loads(data)


def test_without_a_password_encrypted_parts_are_named_and_nothing_can_be_changed() -> None:
    trusted = encrypted_safe(FAST, cert_bag(ROOT, "root", None, TRUSTED))
    data = pfx(plain_safe(key_bag("k", b"id")), trusted, mac=pkcs12_mac)
    store = loads(data, None)
    assert seen(store) == [("k", "private-key", [])]
    assert store.integrity == "unchecked"
    assert "1 encrypted part not opened" in store.notes[0]
    assert dumps(store, None) == data
    with pytest.raises(PasswordRequiredError):
        dumps(plus(store, TrustedEntry("other", OTHER)))


def test_an_encrypted_store_without_mac_shows_a_wrong_password() -> None:
    data = pfx(encrypted_safe(FAST, cert_bag(ROOT, "root", None, TRUSTED)))
    assert loads(data).integrity == "absent"
    assert loads(data, None).integrity == "unchecked"
    with pytest.raises(PasswordRequiredError):
        dumps(plus(loads(data, None), TrustedEntry("other", OTHER)), None)
    with pytest.raises(IntegrityError):
        loads(data, "Changeit")


def test_an_encrypted_part_with_attributes_of_its_own_is_opened() -> None:
    """EncryptedData may bear unprotectedAttrs [1] (RFC 5652, section 8)."""
    kind, wrapper = asn1.read(encrypted_safe(FAST, cert_bag(ROOT, "root", None, TRUSTED))).children()
    parts = [part.raw for part in wrapper.inner().children()]
    attributed = asn1.sequence(*parts, asn1.tlv(asn1.context(1), ODD))
    store = loads(pfx(asn1.sequence(kind.raw, asn1.explicit(0, attributed)), mac=pkcs12_mac))
    assert store.entries == (TrustedEntry("root", ROOT),)


@pytest.mark.parametrize(
    "content",
    [
        asn1.sequence(asn1.integer(0)),
        asn1.sequence(asn1.integer(0), asn1.sequence(asn1.oid(DATA), FAST.encoded())),
        asn1.sequence(asn1.integer(0), asn1.sequence(asn1.oid(DATA), FAST.encoded(), asn1.null(), asn1.null())),
    ],
    ids=["version alone", "no content", "too much content"],
)
def test_a_malformed_encrypted_part_is_refused(content: bytes) -> None:
    with pytest.raises(FormatError, match="wrong number of fields"):
        loads(pfx(asn1.sequence(asn1.oid(ENCRYPTED_DATA), asn1.explicit(0, content))))


def test_what_cannot_be_opened_is_kept_byte_for_byte() -> None:
    sealed = sealed_safe(asn1.sequence(asn1.oid("1.2.643.2.2.21"), asn1.null()), b"whatever")
    foreign = encrypted_safe(FAST, cert_bag(INTERMEDIATE), password="quite another")
    store = loads(pfx(sealed, foreign, plain_safe(cert_bag(ROOT, "root", None, TRUSTED)), mac=pkcs12_mac))
    assert store.unread == (
        "part 1: encryption algorithm 1.2.643.2.2.21 is not known",
        "part 2: the password does not decrypt it",
    )
    changed = dumps(plus(store, TrustedEntry("other", OTHER)))
    assert sealed in changed
    assert foreign in changed
    assert len(loads(changed).entries) == 2


@pytest.mark.parametrize("empty", [b"\0\0", b""], ids=["openssl", "java"])
def test_both_spellings_of_the_empty_password(empty: bytes) -> None:
    passphrase = kdf.Passphrase(empty, b"")
    scheme = pbe.Pbes1("1.2.840.113549.1.12.1.3", b"saltsalt", 2)
    secret = scheme.encrypt(asn1.sequence(cert_bag(ROOT, "root", None, TRUSTED)), passphrase)

    def mac(content: bytes) -> bytes:
        key = kdf.pkcs12_kdf("sha1", 3, empty, b"saltsalt", 2, 20)
        value = asn1.octet_string(hmac.digest(key, content, "sha1"))
        info = asn1.sequence(asn1.sequence(asn1.oid("1.3.14.3.2.26"), asn1.null()), value)
        return asn1.sequence(info, asn1.octet_string(b"saltsalt"), asn1.integer(2))

    store = loads(pfx(sealed_safe(scheme.encoded(), secret), mac=mac), "")
    assert store.entries == (TrustedEntry("root", ROOT),)
    assert len(again(plus(store, TrustedEntry("other", OTHER)), "").entries) == 2


# Writing ----------------------------------------------------------------------------------------------------


def test_a_new_store_is_as_jdk_17_writes_it() -> None:
    data = dumps(TrustStore((TrustedEntry("Root", ROOT),), "pkcs12"))
    outer = asn1.read_exactly(data).children()
    content = outer[1].children()[1].inner().unwrapped().children()
    assert len(content) == 1
    info = content[0].children()[1].inner().children()[1].children()
    scheme = pbe.parse(info[1])
    assert isinstance(scheme, pbe.Pbes2)
    assert (scheme.oid, scheme.count) == ("2.16.840.1.101.3.4.1.42", 10_000)
    assert (scheme.kdf.prf, scheme.kdf.key_length, len(scheme.kdf.salt)) == ("1.2.840.113549.2.9", 32, 20)
    digest, salt, count = outer[2].children()
    assert digest.children()[0].inner().oid() == "2.16.840.1.101.3.4.2.1"
    assert (len(salt.value), count.integer()) == (20, 10_000)
    plain = scheme.decrypt(info[2].octets(), kdf.passphrases(PASSWORD)[0])
    (only,) = asn1.read_exactly(plain).children()
    kind, value, attributes = only.children()
    assert asn1.sequence(kind.raw, value.raw) == cert_bag(ROOT)
    assert {each.raw for each in attributes.children()} == {name_attribute("Root"), TRUSTED}


def test_an_empty_new_store_is_an_empty_sequence_with_a_mac() -> None:
    data = dumps(TrustStore((), "pkcs12"))
    outer = asn1.read_exactly(data).children()
    assert outer[1].children()[1].inner().octets() == b"\x30\x00"
    assert loads(data).integrity == "verified"


def test_another_implementation_reads_what_we_write() -> None:
    sealed = key_codec.seal_key(OpaqueEntry("k", "private-key", "jks", b"", (SERVER, INTERMEDIATE)), PKCS8, PASSWORD)
    data = dumps(TrustStore((sealed, TrustedEntry("größe", ROOT)), "pkcs12"))
    read = other.load_pkcs12(data, PASSWORD.encode())
    assert read.key is not None
    assert read.key.private_bytes(DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()) == PKCS8
    assert read.cert is not None
    assert read.cert.certificate.public_bytes(DER) == SERVER.der
    names = {c.certificate.public_bytes(DER): c.friendly_name for c in read.additional_certs}
    assert names[ROOT.der] == "größe".encode()
    assert INTERMEDIATE.der in names


@pytest.mark.parametrize("digest", ["SHA1", "SHA256"])
@pytest.mark.parametrize("form", ["PBESv1SHA1And3KeyTripleDESCBC", "PBESv2SHA256AndAES256CBC"])
def test_we_read_what_another_implementation_writes(form: str, digest: str) -> None:
    builder = serialization.PrivateFormat.PKCS12.encryption_builder().kdf_rounds(3)
    builder = builder.key_cert_algorithm(getattr(other.PBES, form)).hmac_hash(getattr(hashes, digest)())
    leaf, issuer = (x509.load_der_x509_certificate(c.der) for c in (SERVER, INTERMEDIATE))
    assert isinstance(SERVER_KEY, RSAPrivateKey)
    data = other.serialize_key_and_certificates(b"k", SERVER_KEY, leaf, [issuer], builder.build(PASSWORD.encode()))
    store = loads(data)
    assert store.integrity == "verified"
    assert seen(store) == [("k", "private-key", [SERVER, INTERMEDIATE])]
    assert isinstance(store.entries[0], OpaqueEntry)
    assert key_codec.open_key(store.entries[0], PASSWORD) == PKCS8
    changed = again(plus(store, TrustedEntry("root", ROOT)))
    longer = replace(store.entries[0], certificates=(SERVER, INTERMEDIATE, ROOT))
    assert set(changed.entries) == {longer, TrustedEntry("root", ROOT)}


def test_an_unchanged_store_is_the_file_it_was_read_from() -> None:
    data = pfx(encrypted_safe(FAST, cert_bag(ROOT, "root", None, TRUSTED), cert_bag(OTHER)), mac=pkcs12_mac)
    data += b"trailing"
    store = loads(data)
    assert store.unread == ("8 bytes behind the end of the store",)
    assert dumps(store) == data
    assert dumps(store.with_entries(store.entries[:])) == data


def test_only_the_part_that_changed_is_written_anew_with_its_own_parameters() -> None:
    keys = plain_safe(key_bag("k", b"id", ODD))
    trusted = encrypted_safe(FAST, cert_bag(ROOT, "root", None, TRUSTED))
    data = pfx(keys, trusted, mac=pkcs12_mac)
    changed = dumps(plus(loads(data), TrustedEntry("other", OTHER)))
    outer = asn1.read_exactly(changed).children()
    safes = outer[1].children()[1].inner().unwrapped().children()
    assert safes[0].raw == keys
    fresh = pbe.parse(safes[1].children()[1].inner().children()[1].children()[1])
    assert isinstance(fresh, pbe.Pbes1)
    assert (fresh.oid, fresh.count, len(fresh.salt)) == (FAST.oid, FAST.count, len(FAST.salt))
    assert fresh.salt != FAST.salt
    digest, salt, count = outer[2].children()
    assert digest.children()[0].inner().oid() == "1.3.14.3.2.26"
    assert (len(salt.value), count.integer()) == (8, 2)
    assert salt.value != b"saltsalt"


def test_a_bag_beside_a_changed_one_stays_byte_for_byte() -> None:
    odd = cert_bag(ROOT, None, None, TRUSTED, ODD, name_attribute("root"))
    store = loads(pfx(plain_safe(odd, cert_bag(OTHER, "other", None, TRUSTED))))
    assert dumps(without(store, "other")) == pfx(plain_safe(odd))


def test_an_encrypted_part_in_which_nothing_changed_stays_byte_for_byte() -> None:
    trusted = encrypted_safe(FAST, cert_bag(ROOT, "root", None, TRUSTED))
    store = loads(pfx(plain_safe(key_bag("k", b"id")), trusted, mac=pkcs12_mac))
    changed = dumps(without(store, "k"))
    assert trusted in changed
    assert seen(loads(changed)) == [("root", "trusted", [ROOT])]


def test_removing_takes_the_entry_and_nothing_else() -> None:
    bags = [cert_bag(ROOT, "root", None, TRUSTED), cert_bag(OTHER, "loose"), bag(CRL, asn1.null())]
    bags += [cert_bag(SERVER, None, b"id"), cert_bag(INTERMEDIATE, "i", None, TRUSTED)]
    store = loads(pfx(plain_safe(key_bag("k", b"id")), encrypted_safe(FAST, *bags), mac=pkcs12_mac))
    assert seen(store)[0] == ("k", "private-key", [SERVER, INTERMEDIATE, ROOT])
    assert seen(again(without(store, "k"))) == [e for e in seen(store) if e[0] != "k"]
    # The root is in the chain of the key: it stays in the file, but is no longer trusted.
    left = again(without(store, "root"))
    assert seen(left) == [e for e in seen(store) if e[0] != "root"]
    assert left.loose == store.loose == (LooseCertificate(OTHER, "loose"),)


def test_removing_the_last_of_an_alias_does_not_make_the_shadowed_one_trusted() -> None:
    data = pfx(plain_safe(cert_bag(ROOT, "a", None, TRUSTED), cert_bag(OTHER, "A", None, TRUSTED)))
    store = again(without(loads(data), "A"))
    assert store.entries == ()
    assert [item.certificate for item in store.loose] == [ROOT]


def test_renaming_touches_the_name_alone() -> None:
    plain = plain_safe(key_bag("k", b"id", ODD), cert_bag(SERVER, "k", b"id", ODD), cert_bag(ROOT, "r", None, TRUSTED))
    store = loads(pfx(plain))
    renamed = [replace(entry, alias=entry.alias + "2") for entry in store.entries]
    data = dumps(store.with_entries(tuple(renamed)))
    assert data.count(ODD) == 2
    assert data.count(asn1.octet_string(b"id")) == 2
    assert data.count(asn1.bmp_string("k2")) == 2
    assert asn1.bmp_string("k") not in data
    assert seen(loads(data)) == [("k2", "private-key", [SERVER]), ("r2", "trusted", [ROOT])]


def test_a_counted_alias_is_written_down_when_the_count_would_shift() -> None:
    bags = [cert_bag(c, None, None, TRUSTED) for c in (ROOT, OTHER, INTERMEDIATE)]
    store = loads(pfx(plain_safe(*bags)))
    assert again(without(store, "1")).entries == store.entries[1:]
    assert dumps(plus(store, TrustedEntry("x", SERVER))).count(asn1.oid(FRIENDLY_NAME)) == 1


def test_importing_a_loose_certificate_moves_it() -> None:
    store = loads(pfx(plain_safe(cert_bag(ROOT, "x"), cert_bag(OTHER, "y"))))
    changed = again(replace(store, entries=(TrustedEntry("root", ROOT),), loose=store.loose[1:]))
    assert changed.entries == (TrustedEntry("root", ROOT),)
    assert changed.loose == (LooseCertificate(OTHER, "y"),)


def test_another_certificate_under_the_alias_takes_its_place() -> None:
    store = loads(pfx(plain_safe(cert_bag(ROOT, "root", None, TRUSTED))))
    entry = store.entries[0]
    assert isinstance(entry, TrustedEntry)
    changed = again(store.with_entries((replace(entry, certificate=OTHER),)))
    assert changed.all_certificates() == (OTHER,)


def test_an_emptied_part_keeps_its_protection_for_what_comes_next() -> None:
    data = pfx(encrypted_safe(FAST, cert_bag(ROOT, "root", None, TRUSTED)), mac=pkcs12_mac)
    emptied = again(loads(data).with_entries(()))
    filled = dumps(plus(emptied, TrustedEntry("other", OTHER)))
    assert asn1.oid(FAST.oid) in filled
    assert loads(filled).entries == (TrustedEntry("other", OTHER),)


def test_a_changed_store_is_written_under_its_own_password_only() -> None:
    store = plus(loads(dumps(TrustStore((TrustedEntry("root", ROOT),), "pkcs12"))), TrustedEntry("other", OTHER))
    with pytest.raises(IntegrityError):
        dumps(store, "another")
    with pytest.raises(PasswordRequiredError):
        dumps(store, None)
    with pytest.raises(PasswordRequiredError):
        dumps(TrustStore((TrustedEntry("root", ROOT),), "pkcs12"), None)


def test_entries_of_other_formats_are_refused() -> None:
    with pytest.raises(FormatError, match="jks"):
        dumps(TrustStore((OpaqueEntry("k", "private-key", "jks", b"?"),), "pkcs12"))


def test_entries_of_another_file_are_added_with_their_attributes() -> None:
    bags = [key_bag("k", b"Time 1", ODD), bag(SECRET, asn1.null(), "s", b"Time 2"), cert_bag(SERVER, "k", b"Time 1")]
    source = loads(pfx(plain_safe(*bags)))
    data = dumps(plus(loads(dumps(TrustStore((TrustedEntry("root", ROOT),), "pkcs12"))), *source.entries))
    assert ODD in data
    assert set(loads(data).entries) == {*source.entries, TrustedEntry("root", ROOT)}


def test_a_key_in_the_clear_is_encrypted_before_it_is_added_to_a_store() -> None:
    source = loads(pfx(plain_safe(bag(KEY, PKCS8, "k", b"id"))))
    data = dumps(replace(source, facts=None))
    assert PKCS8 not in data
    entry = loads(data).entries[0]
    assert isinstance(entry, OpaqueEntry)
    assert key_codec.open_key(entry, PASSWORD) == PKCS8


def test_a_second_key_does_not_make_java_lose_the_first() -> None:
    store = loads(pfx(plain_safe(key_bag("k")), plain_safe(cert_bag(SERVER))))
    added = key_codec.seal_key(OpaqueEntry("l", "private-key", "jks", b"", (OTHER,)), PKCS8, PASSWORD)
    changed = again(plus(store, added))
    assert seen(changed) == [("k", "private-key", [SERVER]), ("l", "private-key", [OTHER])]
    assert not any("does not see" in note for note in changed.notes)


def test_bags_that_bear_no_name_or_no_key_id_get_none_for_what_happens_to_others() -> None:
    others = [bag(SECRET, asn1.null(), "s"), bag(CRL, asn1.null()), key_bag("k")]
    store = loads(pfx(plain_safe(*others), plain_safe(*(cert_bag(c, None, None, TRUSTED) for c in (ROOT, OTHER)))))
    assert plain_safe(*others) in dumps(without(store, "1"))
    # Java skips the second key of a file without a localKeyId: that is for its owner to change.
    keys = [key_bag("one", b"id"), key_bag("two")]
    third = key_codec.seal_key(OpaqueEntry("three", "private-key", "jks", b"", (OTHER,)), PKCS8, PASSWORD)
    data = dumps(plus(loads(pfx(plain_safe(*keys))), third))
    assert all(key in data for key in keys)


def test_the_issuers_of_new_chains_are_written_once() -> None:
    chains = [(SERVER, INTERMEDIATE, ROOT), (INTERMEDIATE, ROOT)]
    foreign = [OpaqueEntry(f"k{i}", "private-key", "jks", b"", chain) for i, chain in enumerate(chains)]
    keys = [key_codec.seal_key(entry, PKCS8, PASSWORD) for entry in foreign]
    store = again(TrustStore((*keys, TrustedEntry("root", ROOT)), "pkcs12"))
    assert store.entries[0].certificates == (SERVER, INTERMEDIATE, ROOT)
    assert store.entries[1].certificates == (INTERMEDIATE, ROOT)
    assert {c.der for c in store.all_certificates()} == {c.der for c in (SERVER, INTERMEDIATE, ROOT)}


def test_a_chain_of_strangers_is_refused_and_named() -> None:
    foreign = OpaqueEntry("k", "private-key", "jks", b"", (SERVER, OTHER))
    with pytest.raises(FormatError, match="certificate 2 behind the key 'k' did not issue the one before it"):
        dumps(TrustStore((key_codec.seal_key(foreign, PKCS8, PASSWORD),), "pkcs12"))


def test_aliases_that_java_takes_for_one_are_refused() -> None:
    store = TrustStore((TrustedEntry("Root", ROOT), TrustedEntry("root", OTHER)), "pkcs12")
    with pytest.raises(FormatError, match="'Root' and 'root' are the same"):
        dumps(store)


# Keys -------------------------------------------------------------------------------------------------------


def test_a_sealed_key_opens_under_its_password_only() -> None:
    created = datetime(2020, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
    entry = OpaqueEntry("k", "private-key", "jks", b"jks bytes", (SERVER,), created)
    sealed = key_codec.seal_key(entry, PKCS8, "key password")
    assert (sealed.alias, sealed.format, sealed.certificates, sealed.created) == ("k", "pkcs12", (SERVER,), created)
    assert key_codec.open_key(sealed, "key password") == PKCS8
    with pytest.raises(IntegrityError):
        key_codec.open_key(sealed, PASSWORD)
    with pytest.raises(FormatError):
        key_codec.open_key(entry, PASSWORD)
    assert again(TrustStore((sealed,), "pkcs12")).entries == (sealed,)


def test_a_key_that_is_sealed_anew_keeps_its_attributes() -> None:
    store = loads(pfx(plain_safe(key_bag("k", b"id", ODD), cert_bag(SERVER, "k", b"id"))))
    (entry,) = store.entries
    assert isinstance(entry, OpaqueEntry)
    data = dumps(store.with_entries((key_codec.seal_key(entry, PKCS8, PASSWORD),)))
    assert data.count(ODD) == 1
    assert shrouded() not in data
    assert seen(loads(data)) == [("k", "private-key", [SERVER])]


@pytest.mark.parametrize("form", ["jks", "uber"])
def test_keys_of_other_formats_are_told_apart(form: str) -> None:
    (key, secret) = loads(pfx(plain_safe(key_bag("k", b"id"), bag(SECRET, asn1.null(), "s")))).entries
    assert isinstance(key, OpaqueEntry)
    assert isinstance(secret, OpaqueEntry)
    for entry in (secret, replace(key, format=form)):
        with pytest.raises(FormatError, match="is no private key in PKCS#12's form"):
            key_codec.open_key(entry, PASSWORD)
    for entry in (key, replace(secret, format=form)):
        with pytest.raises(FormatError, match="is no secret key in PKCS#12's form"):
            key_codec.open_secret(entry, PASSWORD)


def test_rekeying_moves_parts_and_keys_and_names_those_that_stay() -> None:
    scheme = pbe.Pbes1(FAST.oid, b"saltsalt", 7)
    foreign = asn1.sequence(scheme.encoded(), asn1.octet_string(scheme.encrypt(PKCS8, kdf.passphrases("its own")[0])))
    secret = asn1.sequence(asn1.oid(SHROUDED), asn1.explicit(0, asn1.octet_string(shrouded())))
    keys = plain_safe(key_bag("k", b"1"), bag(SHROUDED, foreign, "f", b"2"), bag(SECRET, secret, "s", b"3"))
    trusted = encrypted_safe(scheme, cert_bag(ROOT, "root", None, TRUSTED))
    store = loads(pfx(keys, trusted, mac=pkcs12_mac))
    with pytest.raises(IntegrityError):
        key_codec.rekey(store, "Changeit", "new one")
    moved = key_codec.rekey(store, PASSWORD, "new one")
    assert [note for note in moved.notes if "keeps it" in note] == ["private-key 'f' has another password and keeps it"]
    data = dumps(moved, "new one")
    with pytest.raises(IntegrityError):
        loads(data)
    after = loads(data, "new one")
    assert [entry.alias for entry in after.entries] == ["k", "f", "s", "root"]
    key, kept, hidden = after.entries[:3]
    assert isinstance(key, OpaqueEntry)
    assert isinstance(kept, OpaqueEntry)
    assert isinstance(hidden, OpaqueEntry)
    assert key_codec.open_key(key, "new one") == PKCS8
    assert key_codec.open_key(kept, "its own") == PKCS8
    assert shrouded() not in hidden.payload
    assert asn1.integer(7) in data


# Malformed and hostile --------------------------------------------------------------------------------------


def test_ber_with_indefinite_lengths_and_constructed_strings_is_read_and_changed() -> None:
    def indefinite(tag: int, *parts: bytes) -> bytes:
        return bytes((tag, 0x80)) + b"".join(parts) + b"\0\0"

    def segments(value: bytes) -> bytes:
        return indefinite(0x24, *(asn1.octet_string(value[i : i + 100]) for i in range(0, len(value), 100)))

    contents = indefinite(0x30, cert_bag(ROOT, "root", None, TRUSTED))
    safe = indefinite(0x30, asn1.oid(DATA), indefinite(0xA0, segments(contents)))
    content = indefinite(0x30, safe)
    info = indefinite(0x30, asn1.oid(DATA), indefinite(0xA0, segments(content)))
    data = indefinite(0x30, asn1.integer(3), info, pkcs12_mac(content))
    assert pkcs12.detect(data)
    store = loads(data)
    assert store.entries == (TrustedEntry("root", ROOT),)
    assert len(again(plus(store, TrustedEntry("other", OTHER))).entries) == 2


def test_detection_is_by_content() -> None:
    assert pkcs12.detect(dumps(TrustStore((), "pkcs12")))
    assert not pkcs12.detect(ROOT.der)
    assert not pkcs12.detect(b"")
    assert not pkcs12.detect(b"\x30\x82")
    # EncryptedPrivateKeyInfo and PKCS#7 begin alike.
    assert not pkcs12.detect(shrouded())


def sealed_by(count: int) -> bytes:
    return sealed_safe(pbe.Pbes1(FAST.oid, b"saltsalt", count).encoded(), bytes(16))


@pytest.mark.parametrize(
    "data",
    [
        pfx(sealed_by(kdf.MAX_ITERATIONS + 1)),
        pfx(sealed_by(kdf.MAX_ITERATIONS), sealed_by(1)),
        pfx(sealed_by(kdf.MAX_ITERATIONS - 1), mac=pkcs12_mac),
        pfx(plain_safe(), mac=lambda content: pkcs12_mac(content)[:-3] + asn1.integer(0)),
    ],
    ids=["safe", "safes", "mac and safe", "no iterations"],
)
def test_too_much_work_is_refused_before_it_is_done(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(kdf, "pkcs12_kdf")
    with pytest.raises(FormatError, match="iterations"):
        loads(data)


def test_as_much_work_as_java_takes_for_one_part_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = []

    def derive(*arguments: object) -> bytes:
        *_, count, size = arguments
        assert isinstance(size, int)
        counts.append(count)
        return bytes(size)

    monkeypatch.setattr(kdf, "pkcs12_kdf", derive)
    with pytest.raises(IntegrityError):
        loads(pfx(sealed_by(kdf.MAX_ITERATIONS)))
    assert set(counts) == {5_000_000}


def test_a_version_or_protection_that_is_not_supported_is_named() -> None:
    data = pfx(plain_safe())
    with pytest.raises(FormatError, match="version 3"):
        loads(data.replace(asn1.integer(3), asn1.integer(4), 1))
    with pytest.raises(FormatError, match="wrong number of fields"):
        loads(asn1.sequence(asn1.integer(3)))
    signed = data.replace(asn1.oid(DATA), asn1.oid("1.2.840.113549.1.7.2"), 1)
    with pytest.raises(FormatError, match="public keys"):
        loads(signed)


def test_a_flood_of_tiny_bags_is_refused() -> None:
    tiny = asn1.sequence(asn1.oid("1.2.3"), asn1.explicit(0, asn1.null()))
    with pytest.raises(FormatError, match="more than 100000 bags"):
        loads(pfx(plain_safe(tiny * 100_001)))


def test_more_bags_are_read_from_a_file_that_is_as_large_as_certificates_make_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("truststore_tool.formats.pkcs12.safebags.MAX_BAGS", 5)
    large = asn1.sequence(asn1.oid("1.2.3"), asn1.explicit(0, asn1.octet_string(bytes(600))))
    small = asn1.sequence(asn1.oid("1.2.3"), asn1.explicit(0, asn1.octet_string(bytes(300))))
    assert len(loads(pfx(plain_safe(large * 8))).entries) == 8
    with pytest.raises(FormatError, match="bags"):
        loads(pfx(plain_safe(small * 8)))


def linked(number: int) -> Certificate:
    """The skeleton of a certificate that the next number issued."""

    def name(number: int) -> bytes:
        text = asn1.tlv(asn1.UTF8_STRING, str(number).encode())
        return asn1.sequence(asn1.set_of(asn1.sequence(asn1.oid("2.5.4.3"), text)))

    return skeleton(name(number + 1), name(number))


def test_an_endless_chain_is_cut_but_its_certificates_are_kept() -> None:
    """Keys times certificates of a hostile file would be too many."""
    bags = [cert_bag(linked(number), None, b"id" if number == 0 else None) for number in range(150)]
    store = loads(pfx(plain_safe(key_bag("k", b"id"), *bags)))
    assert store.entries[0].certificates == tuple(linked(number) for number in range(100))
    assert len(store.all_certificates()) == 150


SAMPLE = pfx(
    plain_safe(key_bag("k", b"id", ODD)),
    encrypted_safe(FAST, cert_bag(SERVER, "k", b"id"), cert_bag(ROOT, "root", None, TRUSTED)),
    mac=pkcs12_mac,
)
PLAIN_SAMPLE = pfx(plain_safe(key_bag("k", b"id"), cert_bag(SERVER, "k", b"id"), cert_bag(ROOT, "root", None, TRUSTED)))


@settings(deadline=None, max_examples=150)
@given(
    sample=st.sampled_from([SAMPLE, PLAIN_SAMPLE]),
    place=st.integers(0, len(SAMPLE)),
    octets=st.binary(min_size=1, max_size=3),
    cut=st.integers(0, 3),
    password=st.sampled_from([None, PASSWORD]),
)
def test_a_mutated_file_gives_a_store_or_an_error_of_ours(
    sample: bytes, place: int, octets: bytes, cut: int, password: str | None
) -> None:
    data = sample[:place] + octets + sample[place + cut :]
    try:
        store = loads(data, password)
    except TrustStoreError:
        return  # anything else fails the test
    assert dumps(store, password) == data


aliases = st.text(st.characters(codec="utf-16"), max_size=12)


@settings(deadline=None, max_examples=25)
@given(st.lists(aliases, max_size=4, unique_by=str.lower), st.sampled_from(["changeit", "", "pässwörd \U0001f511"]))
def test_what_is_written_is_what_is_read(names: list[str], password: str) -> None:
    entries = tuple(TrustedEntry(name, c) for name, c in zip(names, (ROOT, OTHER, SERVER, INTERMEDIATE), strict=False))
    store = TrustStore(entries, "pkcs12", "verified")
    assert replace(again(store, password), notes=()) == store


def test_dates_survive_sealing_and_saving() -> None:
    created = datetime(1969, 12, 31, tzinfo=UTC) + timedelta(milliseconds=1)
    sealed = key_codec.seal_key(OpaqueEntry("k", "private-key", "jks", b"", (SERVER,), created), PKCS8, PASSWORD)
    assert again(TrustStore((sealed,), "pkcs12")).entries[0].created == created
