"""Key derivation and password-based encryption against published vectors and against an independent computation."""

import base64
import hashlib
import os
import sys

import pytest
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.realtools import missing
from truststore_tool import asn1, oids
from truststore_tool.errors import FormatError, IntegrityError
from truststore_tool.formats.crypto import kdf, pbe
from truststore_tool.formats.crypto.kdf import Passphrase, UnknownAlgorithmError

SMEG = bytes.fromhex("0073006d006500670000")
QUEEG = bytes.fromhex("007100750065006500670000")
# OpenSSL, test/evp_kdf_test.c and test/recipes/30-test_evp_data/evpkdf.txt (KDF PKCS12KDF, SHA-1).
PKCS12_VECTORS = [
    (SMEG, kdf.KEY, "0a58cf64530d823f", 1, "8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3"),
    (SMEG, kdf.IV, "0a58cf64530d823f", 1, "79993dfe048d3b76"),
    (SMEG, kdf.MAC, "3d83c0e4546ac140", 1, "8d967d88f6caa9d714800ab3d48051d63f73a312"),
    (QUEEG, kdf.KEY, "05dec959acff72f7", 1000, "ed2034e36328830ff09df1e1a07dd357185dac0d4f9eb3d4"),
    (QUEEG, kdf.IV, "05dec959acff72f7", 1000, "11dedad7758d4860"),
    (QUEEG, kdf.MAC, "263216fcc2fab31c", 1000, "5ec4c7a80df652294c3925b6489a7ab857c83476"),
]
SHA1, SHA256 = "1.2.840.113549.2.7", "1.2.840.113549.2.9"
# RFC 6070, section 2 (SHA-1) and RFC 7914, section 11 (SHA-256).
PBKDF2_VECTORS = [
    (SHA1, b"password", b"salt", 1, "0c60c80f961f0e71f3a9b524af6012062fe037a6"),
    (SHA1, b"password", b"salt", 2, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"),
    (SHA1, b"password", b"salt", 4096, "4b007901b765489abead49d926f721d065a429c1"),
    (
        SHA1,
        b"passwordPASSWORDpassword",
        b"saltSALTsaltSALTsaltSALTsaltSALTsalt",
        4096,
        "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038",
    ),
    (
        SHA256,
        b"passwd",
        b"salt",
        1,
        "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
        "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783",
    ),
]
PASSPHRASE = kdf.passphrases("secret")[0]
OTHER = kdf.passphrases("Secret")[0]
PBES1 = [f"1.2.840.113549.1.12.1.{number}" for number in range(1, 7)]
AES_CBC = ["2.16.840.1.101.3.4.1.2", "2.16.840.1.101.3.4.1.22", "2.16.840.1.101.3.4.1.42"]
TRIPLE_DES_CBC, RC2_CBC = "1.2.840.113549.3.7", "1.2.840.113549.3.2"


def element(der: bytes) -> asn1.Element:
    return asn1.read_exactly(der)


@pytest.mark.parametrize(("password", "purpose", "salt", "count", "wanted"), PKCS12_VECTORS)
def test_pkcs12_kdf(password: bytes, purpose: int, salt: str, count: int, wanted: str) -> None:
    derived = kdf.pkcs12_kdf("sha1", purpose, password, bytes.fromhex(salt), count, len(wanted) // 2)
    assert derived.hex() == wanted


@pytest.mark.parametrize(("password", "purpose", "salt", "count", "wanted"), PKCS12_VECTORS)
def test_pkcs12_kdf_of_the_library_behind_hashlib(
    password: bytes, purpose: int, salt: str, count: int, wanted: str
) -> None:
    derive = kdf._openssl_kdf() or missing("an OpenSSL that hashlib shares")
    derived = derive("sha1", purpose, password, bytes.fromhex(salt), count, len(wanted) // 2)
    assert derived is not None
    assert derived.hex() == wanted


@given(
    digest=st.sampled_from(["sha1", "sha224", "sha256", "sha384", "sha512"]),
    purpose=st.sampled_from([kdf.KEY, kdf.IV, kdf.MAC]),
    password=st.binary(max_size=150),
    salt=st.binary(max_size=150),
    count=st.integers(1, 20),
    size=st.integers(1, 200),
)
@example("sha1", kdf.KEY, bytes(range(63)), bytes(range(127)), 2, 60)  # one octet short of whole blocks
@example("sha512", kdf.KEY, bytes(range(127)), bytes(range(128)), 2, 130)
@settings(deadline=None)
def test_both_derivations_agree(digest: str, purpose: int, password: bytes, salt: bytes, count: int, size: int) -> None:
    derive = kdf._openssl_kdf() or missing("an OpenSSL that hashlib shares")
    theirs = derive(digest, purpose, password, salt, count, size)
    if theirs is None:
        assert not password or not salt  # OpenSSL may refuse to do without
    else:
        assert theirs == kdf._python_kdf(digest, purpose, password, salt, count, size)


@pytest.mark.parametrize(("count", "by_openssl"), [(10, False), (40_000, True)])
def test_only_much_work_is_left_to_openssl(count: int, by_openssl: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kdf, "_openssl_kdf", lambda: lambda *_: b"theirs")
    monkeypatch.setattr(kdf, "_python_kdf", lambda *_: b"ours")
    assert kdf.pkcs12_kdf("sha1", kdf.KEY, SMEG, b"saltsalt", count, 6) == (b"theirs" if by_openssl else b"ours")


@pytest.mark.parametrize("openssl", [None, lambda *_: None], ids=["not there", "refuses"])
def test_without_openssl_the_work_is_done_all_the_same(
    openssl: kdf._Kdf | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kdf, "_openssl_kdf", lambda: openssl)
    monkeypatch.setattr(kdf, "_FASTER_WITH_OPENSSL", 1)
    password, purpose, salt, count, wanted = PKCS12_VECTORS[3]
    assert kdf.pkcs12_kdf("sha1", purpose, password, bytes.fromhex(salt), count, 24).hex() == wanted


def test_a_hashlib_without_a_library_of_its_own_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    kdf._openssl_kdf.cache_clear()
    monkeypatch.setitem(sys.modules, "_hashlib", None)
    assert kdf._openssl_kdf() is None
    kdf._openssl_kdf.cache_clear()


@pytest.mark.parametrize(("prf", "password", "salt", "count", "wanted"), PBKDF2_VECTORS)
def test_pbkdf2(prf: str, password: bytes, salt: bytes, count: int, wanted: str) -> None:
    parameters = kdf.Pbkdf2(salt, count, None, prf)
    assert parameters.derive(Passphrase(b"", password), len(wanted) // 2).hex() == wanted


def test_encodings_of_a_password() -> None:
    # RFC 7292, B.1: "Beavis" as a BMPString with its two zero bytes.
    (only,) = kdf.passphrases("Beavis")
    assert only.bmp.hex() == "0042006500610076006900730000"
    assert kdf.passphrases("\u00e9\U0001f511")[0] == Passphrase(
        b"\0\xe9\xd8\x3d\xdd\x11\0\0", b"\xc3\xa9\xf0\x9f\x94\x91"
    )
    assert [p.bmp for p in kdf.passphrases("")] == [b"\0\0", b""]
    assert "Beavis" not in repr(only)


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0"), (-1, "-1"), (5_000_001, "5000001"), (2**63 - 1, str(2**63 - 1)), (10**30, "an absurd number of")],
)
def test_absurd_iteration_counts_are_refused(count: int, said: str) -> None:
    with pytest.raises(FormatError, match=f"asks for {said} iterations"):
        kdf.iterations(element(asn1.integer(count)))


def test_the_most_iterations_that_java_accepts_are_accepted() -> None:
    assert kdf.iterations(element(asn1.integer(5_000_000))) == 5_000_000


def schemes() -> list[pbe.Scheme]:
    derivation = kdf.Pbkdf2(b"saltsalt", 3, None, SHA1)
    found: list[pbe.Scheme] = [pbe.Pbes1(oid, b"saltsalt", 3) for oid in PBES1]
    found += [pbe.Pbes2(derivation, oid, bytes(16)) for oid in AES_CBC]
    found += [pbe.Pbes2(kdf.Pbkdf2(b"saltsalt", 3, None, prf), AES_CBC[2], bytes(16)) for prf in kdf.HMACS]
    found += [pbe.Pbes2(derivation, RC2_CBC, bytes(8), version) for version in (160, 120, 58, 256, None)]
    return [*found, pbe.Pbes2(derivation, TRIPLE_DES_CBC, bytes(8)), pbe.modern()]


@pytest.mark.parametrize("scheme", schemes())
def test_every_scheme_survives_its_encoding_and_decrypts_what_it_encrypted(scheme: pbe.Scheme) -> None:
    assert pbe.parse(element(scheme.encoded())) == scheme
    secret = scheme.encrypt(b"some bytes of no whole block", PASSPHRASE)
    assert b"some bytes" not in secret
    assert scheme.decrypt(secret, PASSPHRASE) == b"some bytes of no whole block"


# The Ed25519 key of RFC 8410, 10.3, encrypted by OpenSSL 3.0.19: openssl pkcs8 -topk8 -iter 3 -passout pass:secret, and
# -v1 PBE-SHA1-RC4-128 and so on; for PBES2 -v2 rc2-40-cbc, rc2-64-cbc, rc2-cbc, des3; aes-192-cbc with hmacWithSHA512.
ED25519 = bytes.fromhex(
    "302e020100300506032b657004220420d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842"
)
BY_OPENSSL = {
    "RC4-128": (
        "ME8wGwYKKoZIhvcNAQwBATANBAgI6Sz8YSRAcQIBAwQwRjRNq6yIZifBYO0Q/tZLSKaWYIYZtCdTZ5f1ue3D2AOyGGqH0Oe2NkKpeoNYF6Qm"
    ),
    "RC4-40": (
        "ME8wGwYKKoZIhvcNAQwBAjANBAgl9FHov1FmkQIBAwQw6troHHUtYiS3bQTHOScwb8B4P7LPlQMAv+LIEbwq+g+qnD5t/8o9E5VQdZw5KvrC"
    ),
    "3DES": (
        "MFcwGwYKKoZIhvcNAQwBAzANBAhQkFZKKLqzmQIBAwQ4+AdhbGk6pJBv/QsFdoVMOjRuZfp+Dks/0jRI5sYNayEpWIcPT2o+"
        "cg+zRwjjLFdobEnSpDNLk54="
    ),
    "2DES": (
        "MFcwGwYKKoZIhvcNAQwBBDANBAh+D4ydBH2YAgIBAwQ4x0Wvixe4NJuP79MYasXS8NAbJ0JGpRcw0GZZcgNQtIegUHhLetpL"
        "uJQ86dMgOdnPflEmeoUhEvk="
    ),
    "RC2-128": (
        "MFcwGwYKKoZIhvcNAQwBBTANBAie4+KGrFiDMAIBAwQ4vJ72kyBHhhsz8I1ngGbjjzNAM455MgfeS84894z6fHGSSIVXvwTq"
        "VdeSOFfS/8xda2ZjtDhObeU="
    ),
    "RC2-40": (
        "MFcwGwYKKoZIhvcNAQwBBjANBAgRNV6sq59x4wIBAwQ4mtJf3+9iQ7kNdvuHae3cJ2YyOdmHnnaIal6sJG1fpP8615MKWCgo"
        "MTOuBs7GjCCIvGjrwUE/904="
    ),
    "PBES2 RC2-40": (
        "MIGSMFYGCSqGSIb3DQEFDTBJMCsGCSqGSIb3DQEFDDAeBAg/78WCJZDEdgIBAwIBBTAMBggqhkiG9w0CCQUAMBoGCCqGSIb3"
        "DQMCMA4CAgCgBAiE3S7JO375lQQ4Yybjh9/+uHPBjVIMLFfFsHnoAVybGdDBiXcSTdWAh4C0GBAKDqEJBvB8OWKv/tgwp7Yx"
        "EIWBljs="
    ),
    "PBES2 RC2-64": (
        "MIGRMFUGCSqGSIb3DQEFDTBIMCsGCSqGSIb3DQEFDDAeBAiRIuSsQ8+7ygIBAwIBCDAMBggqhkiG9w0CCQUAMBkGCCqGSIb3"
        "DQMCMA0CAXgECEpfJJqyjvjABDg84Yn1g8spaLlVNQTQefE4zdch3tP9LsivB/75ywyTryk6MXAz1xcJYjH7njZtpFLwOeQp"
        "6BgtRw=="
    ),
    "PBES2 RC2-128": (
        "MIGRMFUGCSqGSIb3DQEFDTBIMCsGCSqGSIb3DQEFDDAeBAjTFqiNBI8olgIBAwIBEDAMBggqhkiG9w0CCQUAMBkGCCqGSIb3"
        "DQMCMA0CAToECP9XypjybUSCBDg5zdhnorTGiclUKe4x3ID8rLLaIVqqfsBJOhBEwjccURX1XfeAxihSAoOmO9Nr3dUKQ/Jv"
        "nBdnAw=="
    ),
    "PBES2 3DES": (
        "MIGJME0GCSqGSIb3DQEFDTBAMCgGCSqGSIb3DQEFDDAbBAhmTjY27nfS0wIBAzAMBggqhkiG9w0CCQUAMBQGCCqGSIb3DQMH"
        "BAi3yu3+l/IjEQQ4G1SX/9go2sfnhHWxlDNGvX+c6UXHPP/nMD1wnQHyp7MXjAAlqLZWtU67CD3Q9phlKX+1xut5BVs="
    ),
    "PBES2 AES-192": (
        "MIGaMFYGCSqGSIb3DQEFDTBJMCgGCSqGSIb3DQEFDDAbBAhWdj9jACo+MwIBAzAMBggqhkiG9w0CCwUAMB0GCWCGSAFlAwQB"
        "FgQQ7ebhr9EM4dRrgv1UTK8M4QRAHuxibT81gh917Ub7yELDwo8UXteFKBpsjMogGxcm1lfU/fFTj9xKizI4V1NabZqt8xGv"
        "3wZl7nTsr5ftyA+HiQ=="
    ),
}


@pytest.mark.parametrize("name", BY_OPENSSL)
def test_what_openssl_encrypted_is_decrypted(name: str) -> None:
    algorithm, secret = element(base64.b64decode(BY_OPENSSL[name])).children()
    scheme = pbe.parse(algorithm)
    assert scheme.count == 3
    assert scheme.decrypt(secret.octets(), PASSPHRASE) == ED25519
    assert scheme.encrypt(ED25519, PASSPHRASE) == secret.octets()
    assert scheme.encoded() == algorithm.raw


def test_pbes2_is_what_the_rfc_says() -> None:
    """RFC 8018, 6.2.1, computed here without the code under test."""
    scheme = pbe.Pbes2(kdf.Pbkdf2(b"some salt", 1000, 32, SHA256), AES_CBC[2], bytes(range(16)))
    key = hashlib.pbkdf2_hmac("sha256", b"secret", b"some salt", 1000, 32)
    padder = padding.PKCS7(128).padder()
    machine = Cipher(AES(key), CBC(bytes(range(16)))).encryptor()
    wanted = machine.update(padder.update(b"plain") + padder.finalize()) + machine.finalize()
    assert scheme.encrypt(b"plain", PASSPHRASE) == wanted


@pytest.mark.parametrize("scheme", [pbe.modern(), pbe.Pbes1(PBES1[2], b"saltsalt", 3)], ids=["pbes2", "pbes1"])
def test_a_renewed_scheme_keeps_all_but_its_randomness(scheme: pbe.Scheme) -> None:
    fresh = scheme.renewed()
    assert fresh.encoded() != scheme.encoded()
    assert fresh.count == scheme.count
    assert len(fresh.encoded()) == len(scheme.encoded())
    assert fresh.encrypt(b"plain", PASSPHRASE) != scheme.encrypt(b"plain", PASSPHRASE)


def test_a_salt_too_short_is_not_taken_as_a_model() -> None:
    assert len(pbe.Pbes1(PBES1[2], b"", 3).renewed().salt) == 8


def test_a_wrong_password_or_a_cut_is_noticed() -> None:
    scheme = pbe.Pbes2(kdf.Pbkdf2(b"saltsalt", 3, None, SHA1), AES_CBC[0], bytes(16))
    secret = scheme.encrypt(bytes(40), PASSPHRASE)
    for data, passphrase in ((secret, OTHER), (secret[:-16], PASSPHRASE), (secret[:-1], PASSPHRASE), (b"", OTHER)):
        with pytest.raises(IntegrityError):
            scheme.decrypt(data, passphrase)


def with_parameters(oid: str, *parameters: int | bytes) -> bytes:
    encoded = [asn1.integer(p) if isinstance(p, int) else asn1.octet_string(p) for p in parameters]
    return asn1.sequence(asn1.oid(oid), asn1.sequence(*encoded))


def test_unknown_algorithms_are_told_from_malformed_ones() -> None:
    with pytest.raises(UnknownAlgorithmError, match=r"1\.2\.643\.2\.2\.21"):
        pbe.parse(element(asn1.sequence(asn1.oid("1.2.643.2.2.21"), asn1.null())))
    derivation = asn1.sequence(asn1.oid("1.3.6.1.4.1.11591.4.11"), asn1.null())
    cipher = asn1.sequence(asn1.oid(AES_CBC[0]), asn1.octet_string(bytes(16)))
    with pytest.raises(UnknownAlgorithmError, match="11591"):
        pbe.parse(element(asn1.sequence(asn1.oid(oids.PBES2), asn1.sequence(derivation, cipher))))
    good = kdf.Pbkdf2(b"saltsalt", 3, None, SHA1).encoded()
    short = asn1.sequence(asn1.oid(AES_CBC[0]), asn1.octet_string(bytes(15)))
    malformed = [
        asn1.sequence(asn1.oid(PBES1[0])),
        asn1.sequence(asn1.oid(PBES1[0]), asn1.sequence()),
        asn1.sequence(asn1.oid(oids.PBES2), asn1.sequence(good, short)),
        *(pbe.Pbes2(kdf.Pbkdf2(b"s", 3, None, SHA1), RC2_CBC, bytes(8), n).encoded() for n in (0, 5, 255, 5000)),
        asn1.sequence(asn1.oid(PBES1[0]), asn1.sequence(asn1.octet_string(b"saltsalt"))),
        asn1.sequence(asn1.oid(oids.PBES2), asn1.sequence(good)),
        asn1.sequence(asn1.oid(oids.PBES2), asn1.sequence()),
        asn1.sequence(
            asn1.oid(oids.PBES2), asn1.sequence(asn1.sequence(asn1.oid(oids.PBKDF2), asn1.sequence()), cipher)
        ),
        pbe.Pbes2(kdf.Pbkdf2(b"s", 3, 0, SHA1), RC2_CBC, bytes(8), 58).encoded(),
        pbe.Pbes2(kdf.Pbkdf2(b"s", 3, 1025, SHA1), RC2_CBC, bytes(8), 58).encoded(),
        asn1.sequence(asn1.oid(oids.PBES2), asn1.sequence(good, with_parameters(AES_CBC[0], 58, bytes(16)))),
        asn1.sequence(asn1.oid(oids.PBES2), asn1.sequence(good, with_parameters(RC2_CBC, 58, 58, bytes(8)))),
    ]
    for der in malformed:
        with pytest.raises(FormatError) as caught:
            pbe.parse(element(der))
        assert not isinstance(caught.value, UnknownAlgorithmError)


def test_no_password_outlives_the_derivation_that_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    derived: list[int] = []
    derive = kdf._python_kdf

    def counting(digest: str, purpose: int, password: bytes, salt: bytes, count: int, size: int) -> bytes:
        derived.append(purpose)
        return derive(digest, purpose, password, salt, count, size)

    monkeypatch.setattr(kdf, "_python_kdf", counting)
    password = os.urandom(12)
    parameters = kdf.Pbkdf2(os.urandom(8), 7, None, oids.HMAC_SHA256)

    def both(password: bytes) -> tuple[bytes, bytes]:
        found = kdf.pkcs12_kdf("sha1", kdf.KEY, password, parameters.salt, 3, 24)
        return found, parameters.derive(Passphrase(b"", password), 32)

    held = sys.getrefcount(password)
    found = both(password)
    assert sys.getrefcount(password) == held
    assert both(bytes(bytearray(password))) == found
    assert derived == [kdf.KEY]
    assert not {*both(password[1:])} & {*found}
