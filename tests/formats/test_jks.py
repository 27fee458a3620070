"""JKS and JCEKS against byte strings laid out here by hand after JavaKeyStore, and stores that keytool wrote."""

import base64
import hashlib
import struct
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.test_javaobjects import SEALED_KEY
from tests.work import Watched, at_most
from truststore_tool.errors import FormatError, IntegrityError, PasswordRequiredError, TrustStoreError, UsageError
from truststore_tool.formats.base import Format
from truststore_tool.formats.java import key_protection, modified_utf8
from truststore_tool.formats.java.jks import JCEKS, JKS
from truststore_tool.model import Certificate, OpaqueEntry, TrustedEntry, TrustStore
from truststore_tool.nouns import replace

PASSWORD = "changeit"
MAGIC = {"jks": b"\xfe\xed\xfe\xed", "jceks": b"\xce\xce\xce\xce"}
FORMATS = pytest.mark.parametrize("form", [JKS, JCEKS], ids=["jks", "jceks"])

DER_A, DER_B, DER_C = (bytes((letter,)) * 40 for letter in b"ABC")
MOMENT = 1_700_000_000_123
CREATED = datetime(2023, 11, 14, 22, 13, 20, 123000, tzinfo=UTC)

# By keytool 17.0.15, -genkeypair -keyalg EC -groupname secp256r1 -storepass storepw -keypass keypass, as JKS and JCEKS.
KEYTOOL_JKS = base64.b64decode(
    "/u3+7QAAAAIAAAABAAAAAQADa2V5AAABogygq14AAAB/MH0wDgYKKwYBBAEqAhEBAQUABGsS9KIcZFMUBDxoVwXtH7LWVPXSC74Vzwlvp2iM"
    "tv+aZ3VMPsT3voobYujLjtmAGFwL1R1yBW+ol6DPUPh1YrnT03oYfPBiHtDQFokHW9VPqblX8NmFYrTT6K7H0U4KjuRaTn2TnKWUknpTMwAA"
    "AAEABVguNTA5AAABNTCCATEwgdegAwIBAgIIAJeHG7mR6+kwCgYIKoZIzj0EAwIwDDEKMAgGA1UEAxMBdjAgFw0yNjExMjQwODE2MjVaGA8y"
    "MTI2MTAzMTA4MTYyNVowDDEKMAgGA1UEAxMBdjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABHZgc10Pq0M+myu2+zXS1yHcetgyvZCF4nYr"
    "X684brI4fVkpCSthMovizsJDxlEKlHFZv9KUZpQzqLxB94SnhoCjITAfMB0GA1UdDgQWBBQxJWSdE3k5Es1/4q1BDtXJ9wweQjAKBggqhkjO"
    "PQQDAgNJADBGAiEAsLjUu4C5bh8MPnWm21CUBLmAvA4j+tC130LWkSyqzPQCIQCqbLIdrQ8mixBIKAmrM4lIhtm6Zp2mHamAQPAUD3NU8oZA"
    "uTfTik/HpJe3LU7pYJwCkncv"
)
KEYTOOL_JCEKS = base64.b64decode(
    "zs7OzgAAAAIAAAABAAAAAQADa2V5AAABogygrS8AAABqMGgwHAYJKwYBBAEqAhMBMA8ECMUNWsszgBtaAgMDDUAESBLV4v9WiCWy8E4Tqog1"
    "fsful1w1DLqk8zWdiXl9Sm5ZSJljUoTk+/8MR8Sm9x5av/d+m/gof7lrTDPRGXRZqHX4VDHyyzplbwAAAAEABVguNTA5AAABNTCCATEwgdig"
    "AwIBAgIJAPlBL7ylv0h/MAoGCCqGSM49BAMCMAwxCjAIBgNVBAMTAXYwIBcNMjYxMTI0MDgxNjI2WhgPMjEyNjEwMzEwODE2MjZaMAwxCjAI"
    "BgNVBAMTAXYwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARRpiBWQZA63hnczTlS5PZ3PH1RLOxwU/Ifp2r8jGYXiDUrzqJVWjx9Toi8dLXz"
    "9z+G5h4LiElG+kwlfj+7YiAWoyEwHzAdBgNVHQ4EFgQUSPVp+Xw//CT5iI6Fcuhy6aJTYVMwCgYIKoZIzj0EAwIDSAAwRQIhAIkXnM/lwGo3"
    "2dPU0apgD/T5weN0/f/P9k2c3IPMvyj8AiBshMktGTMlIMKSbpvxz1zE31I/1Ex+7QEnvREoLtBGLzgeKtZddgmuXGNfqQqCnae2EJpF"
)
# SHA-256 of Key.getEncoded() in the JVM, under the key password above.
KEYTOOL_JKS_KEY = "70506b7420c009879dae005e506c52a65a8b5c8c2011e3dcdeb2479de4c035f7"
KEYTOOL_JCEKS_KEY = "0053b6511069d5712e739ba5f759359c49cbc00d5460238c20d5072dbf2a43d1"


def text(value: bytes) -> bytes:
    return struct.pack(">H", len(value)) + value


def block(value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + value


def certificate(der: bytes, kind: bytes | None = b"X.509") -> bytes:
    return (b"" if kind is None else text(kind)) + block(der)


def trusted(alias: bytes, der: bytes = DER_A, kind: bytes | None = b"X.509", date: int = MOMENT) -> bytes:
    return struct.pack(">I", 2) + text(alias) + struct.pack(">q", date) + certificate(der, kind)


def private_key(alias: bytes, payload: bytes, *chain: bytes, date: int = MOMENT) -> bytes:
    head = struct.pack(">I", 1) + text(alias) + struct.pack(">q", date) + block(payload)
    return head + struct.pack(">I", len(chain)) + b"".join(chain)


def secret_key(alias: bytes, sealed: bytes = SEALED_KEY) -> bytes:
    return struct.pack(">I", 3) + text(alias) + struct.pack(">q", MOMENT) + sealed


def file(*entries: bytes, password: str = PASSWORD, version: int = 2, form: str = "jks") -> bytes:
    body = MAGIC[form] + struct.pack(">II", version, len(entries)) + b"".join(entries)
    return (
        body + hashlib.sha1(password.encode("utf-16-be") + b"Mighty Aphrodite" + body, usedforsecurity=False).digest()
    )


def dumps(form: Format, store: TrustStore, password: str | None = PASSWORD) -> bytes:
    assert form.dumps is not None
    return bytes(form.dumps(store, password))


KEY_ONLY = private_key(b"key", b"protected", certificate(DER_A), certificate(DER_B))

# The layout ---------------------------------------------------------------------------------------------


@FORMATS
def test_a_store_is_told_by_its_magic_number(form: Format) -> None:
    assert form.detect(file(form=form.name))
    for data in (b"", b"\xfe\xed", file(form={"jks": "jceks", "jceks": "jks"}[form.name])):
        assert not form.detect(data)
        with pytest.raises(FormatError):
            form.loads(data, "changeit")


@FORMATS
def test_version_2_is_read_and_written_again_byte_for_byte(form: Format) -> None:
    data = file(
        trusted(b"one", DER_A),
        private_key(b"key", b"protected", certificate(DER_B), certificate(DER_C, b"X509")),
        trusted(b"two", DER_C, b"X509"),
        form=form.name,
    )
    store = form.loads(data, "changeit")
    assert [(e.alias, e.kind, e.created) for e in store.entries] == [
        ("one", "trusted", CREATED),
        ("key", "private-key", CREATED),
        ("two", "trusted", CREATED),
    ]
    assert [tuple(c.der for c in e.certificates) for e in store.entries] == [(DER_A,), (DER_B, DER_C), (DER_C,)]
    assert (store.format, store.integrity, store.notes, store.loose) == (form.name, "verified", (), ())
    assert dumps(form, store) == data


@FORMATS
def test_version_1_has_no_certificate_types(form: Format) -> None:
    entries = trusted(b"one", DER_A, None), private_key(b"key", b"protected", certificate(DER_B, None))
    data = file(*entries, version=1, form=form.name)
    store = form.loads(data, "changeit")
    assert [(e.alias, e.kind, [c.der for c in e.certificates]) for e in store.entries] == [
        ("one", "trusted", [DER_A]),
        ("key", "private-key", [DER_B]),
    ]
    assert dumps(form, store) == data
    more = store.with_entries((*store.entries, TrustedEntry("two", Certificate(DER_C), CREATED)))
    assert dumps(form, more) == file(*entries, trusted(b"two", DER_C, None), version=1, form=form.name)


def test_entries_of_a_version_1_store_are_written_into_others_as_version_2() -> None:
    old = JKS.loads(file(private_key(b"key", b"protected", certificate(DER_B, None)), version=1), None)
    assert dumps(JKS, TrustStore(old.entries)) == file(private_key(b"key", b"protected", certificate(DER_B)))


def test_an_empty_store() -> None:
    assert dumps(JKS, JKS.loads(file(), "changeit")) == file() == dumps(JKS, TrustStore())


def test_adding_a_certificate_leaves_the_bytes_of_all_other_entries() -> None:
    before = trusted(b"UPPER", DER_A, b"X509"), KEY_ONLY, trusted(b"old", date=-1), secret_key(b"sealed")
    store = JCEKS.loads(file(*before, form="jceks"), "changeit")
    more = store.with_entries((*store.entries, TrustedEntry("rds-root", Certificate(DER_C), CREATED)))
    assert dumps(JCEKS, more) == file(*before, trusted(b"rds-root", DER_C), form="jceks")


def test_a_key_without_a_chain_is_what_the_jdk_calls_a_secret_key() -> None:
    data = file(private_key(b"key", b"protected"))
    store = JKS.loads(data, "changeit")
    assert [(e.kind, e.certificates) for e in store.entries] == [("secret-key", ())]
    assert dumps(JKS, store) == data


def test_a_key_without_a_chain_opens_as_any_other() -> None:
    (whole,) = JKS.loads(KEYTOOL_JKS, None).entries
    assert isinstance(whole, OpaqueEntry)
    (bare,) = JKS.loads(file(private_key(b"key", whole.payload)), None).entries
    assert isinstance(bare, OpaqueEntry)
    assert JKS.keys is not None
    assert hashlib.sha256(JKS.keys.open(bare, "keypass")).hexdigest() == KEYTOOL_JKS_KEY


@pytest.mark.parametrize("last", [b"\0", b"\2"])
def test_a_key_under_an_algorithm_beside_that_of_jceks_is_not_opened(last: bytes) -> None:
    oid = bytes.fromhex("06092b060104012a0213")
    (entry,) = JCEKS.loads(KEYTOOL_JCEKS, None).entries
    assert isinstance(entry, OpaqueEntry)
    assert key_protection.unprotect(entry.payload, "keypass")
    with pytest.raises(FormatError, match="do not know"):
        key_protection.unprotect(entry.payload.replace(oid + b"\1", oid + last), "keypass")


def test_a_jceks_key_without_a_chain_is_no_sealed_object() -> None:
    data = file(private_key(b"key", b"protected"), secret_key(b"sealed"), form="jceks")
    store = JCEKS.loads(data, "changeit")
    assert [(e.alias, e.kind) for e in store.entries] == [("key", "private-key"), ("sealed", "secret-key")]
    assert dumps(JCEKS, store) == data


def test_sealed_objects_end_where_their_grammar_says() -> None:
    data = file(secret_key(b"a"), secret_key(b"b"), trusted(b"c"), form="jceks")
    store = JCEKS.loads(data, "changeit")
    assert [(e.alias, e.kind, getattr(e, "payload", None)) for e in store.entries] == [
        ("a", "secret-key", SEALED_KEY),
        ("b", "secret-key", SEALED_KEY),
        ("c", "trusted", None),
    ]
    assert dumps(JCEKS, store) == data


def test_bytes_behind_the_digest_are_ignored_and_mentioned() -> None:
    store = JKS.loads(file(trusted(b"one")) + b"rest", "changeit")
    assert len(store.unread) == 1
    assert "4 bytes" in store.unread[0]
    assert dumps(JKS, store) == file(trusted(b"one"))


# Integrity ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("password", ["changeit", "", "x", "pässwörd", "\U0001f511key"])
def test_the_digest_proves_the_password(password: str) -> None:
    data = file(trusted(b"one"), password=password)
    store = JKS.loads(data, password)
    assert store.integrity == "verified"
    assert dumps(JKS, store, password) == data
    with pytest.raises(IntegrityError) as caught:
        JKS.loads(data, password + "!")
    assert caught.value.hint
    assert password + "!" not in str(caught.value) + caught.value.hint


def test_without_a_password_nothing_is_checked() -> None:
    tampered = bytearray(file(trusted(b"one")))
    tampered[-1] ^= 1
    assert JKS.loads(bytes(tampered), None).integrity == "unchecked"
    with pytest.raises(IntegrityError):
        JKS.loads(bytes(tampered), "changeit")


def test_no_store_is_written_without_a_password() -> None:
    with pytest.raises(PasswordRequiredError):
        dumps(JKS, TrustStore(), None)


# Dates --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("milliseconds", "created"),
    [
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (-1, datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)),
        (253402300799999, datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)),
        (253402300800000, None),
        (2**63 - 1, None),
        (-(2**63), None),
    ],
)
def test_any_date_survives(milliseconds: int, created: datetime | None) -> None:
    data = file(trusted(b"one", date=milliseconds), private_key(b"key", b"x", date=milliseconds))
    store = JKS.loads(data, "changeit")
    assert [e.created for e in store.entries] == [created, created]
    assert any("date" in note for note in store.notes) == (created is None)
    assert dumps(JKS, store) == data


def test_a_new_entry_without_a_date_gets_the_present_time_in_whole_milliseconds() -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    (entry,) = JKS.loads(dumps(JKS, TrustStore((TrustedEntry("a", Certificate(DER_A)),))), None).entries
    assert entry.created is not None
    assert before <= entry.created <= datetime.now(UTC)
    assert entry.created.microsecond % 1000 == 0


def test_a_date_is_written_as_its_moment_whatever_its_zone() -> None:
    there = CREATED.astimezone(timezone(timedelta(hours=-7)))
    assert dumps(JKS, TrustStore((TrustedEntry("one", Certificate(DER_A), there),))) == file(trusted(b"one"))


# Aliases ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoded", "alias"),
    [
        (b"rds-root", "rds-root"),
        ("größe".encode(), "größe"),
        (b"\xed\xa0\xbd\xed\xb4\x91", "\U0001f511"),  # D83D DD11
        (b"nul\xc0\x80", "nul\0"),
        (b"", ""),
    ],
)
def test_aliases_are_in_modified_utf8(encoded: bytes, alias: str) -> None:
    store = JKS.loads(file(trusted(encoded)), "changeit")
    assert [e.alias for e in store.entries] == [alias]
    assert store.notes == ()
    assert dumps(JKS, TrustStore((TrustedEntry(alias, Certificate(DER_A), CREATED),))) == file(trusted(encoded))


@pytest.mark.parametrize(
    ("encoded", "alias"),
    [("\U0001f511".encode(), "\U0001f511"), (b"nul\0", "nul\0"), (b"lone\xed\xa0\xbd", "lone\ud83d")],
)
def test_aliases_that_java_would_write_otherwise_survive(encoded: bytes, alias: str) -> None:
    data = file(trusted(encoded))
    store = JKS.loads(data, "changeit")
    assert [e.alias for e in store.entries] == [alias]
    assert dumps(JKS, store) == data


def test_an_alias_over_which_java_refuses_the_store_is_mentioned() -> None:
    (note,) = JKS.loads(file(trusted("\U0001f511".encode())), "changeit").notes
    assert "UTF-8" in note


@pytest.mark.parametrize("encoded", [b"\xff", b"\xc1a", b"a\xe2\x82", b"\x80", b"\xf8\x88\x80\x80\x80"])
def test_an_alias_in_no_encoding_is_malformed(encoded: bytes) -> None:
    with pytest.raises(FormatError):
        JKS.loads(file(trusted(encoded)), "changeit")


def test_upper_case_is_kept_where_it_was_and_not_made_anew() -> None:
    store = JKS.loads(file(trusted(b"UPPER")), "changeit")
    assert [e.alias for e in store.entries] == ["UPPER"]
    assert "'UPPER'" in store.notes[0]
    new = TrustedEntry("NEW", Certificate(DER_B), CREATED)
    assert dumps(JKS, store.with_entries((*store.entries, new))) == file(trusted(b"UPPER"), trusted(b"new", DER_B))
    (entry,) = store.entries
    assert dumps(JKS, store.with_entries((replace(entry, alias="Renamed"),))) == file(trusted(b"renamed"))


def test_two_entries_are_not_written_under_one_alias() -> None:
    pair = TrustedEntry("One", Certificate(DER_A), CREATED), TrustedEntry("one", Certificate(DER_B), CREATED)
    with pytest.raises(FormatError, match="'one'"):
        dumps(JKS, TrustStore(pair))


def test_an_alias_that_java_could_not_write_is_refused() -> None:
    longest = TrustedEntry("a" * 65535, Certificate(DER_A), CREATED)
    assert JKS.loads(dumps(JKS, TrustStore((longest,))), None).entries == (longest,)
    with pytest.raises(FormatError):
        dumps(JKS, TrustStore((TrustedEntry("ä" * 32768, Certificate(DER_A)),)))


# Duplicate aliases --------------------------------------------------------------------------------------


def test_of_one_alias_the_last_entry_counts_and_the_others_are_loose() -> None:
    data = file(trusted(b"x", DER_C), trusted(b"one", DER_A), trusted(b"one", DER_B))
    store = JKS.loads(data, "changeit")
    assert [(e.alias, e.certificates[0].der) for e in store.entries] == [("x", DER_C), ("one", DER_B)]
    assert [(item.alias, item.certificate.der) for item in store.loose] == [("one", DER_A)]
    assert [c.der for c in store.all_certificates()] == [DER_C, DER_B, DER_A]
    assert "'one'" in store.notes[0]
    assert dumps(JKS, store) == data


def test_a_shadowed_key_is_written_again() -> None:
    data = file(private_key(b"one", b"protected", certificate(DER_A), certificate(DER_B)), trusted(b"one", DER_C))
    store = JKS.loads(data, "changeit")
    assert [item.certificate.der for item in store.loose] == [DER_A, DER_B]
    assert dumps(JKS, store) == data


def test_a_shadowed_key_without_certificates_is_written_again() -> None:
    data = file(private_key(b"one", b"protected"), trusted(b"one"))
    store = JKS.loads(data, "changeit")
    assert any("'one'" in note for note in store.notes)
    assert dumps(JKS, store) == data


def test_removing_an_entry_does_not_bring_back_what_it_shadowed() -> None:
    store = JKS.loads(file(trusted(b"one", DER_A), trusted(b"one", DER_B), trusted(b"two", DER_C)), "changeit")
    rest = tuple(e for e in store.entries if e.alias != "one")
    assert dumps(JKS, store.with_entries(rest)) == file(trusted(b"two", DER_C))
    renamed = tuple(replace(e, alias="three") if e.alias == "one" else e for e in store.entries)
    assert dumps(JKS, store.with_entries(renamed)) == file(trusted(b"three", DER_B), trusted(b"two", DER_C))


# Malformed and hostile files ----------------------------------------------------------------------------


@pytest.mark.parametrize("password", [None, "changeit"])
def test_a_store_cut_anywhere_is_malformed(password: str | None) -> None:
    data = file(trusted(b"one"), KEY_ONLY, secret_key(b"s"), form="jceks")
    for size in range(len(data)):
        with pytest.raises(FormatError):
            JCEKS.loads(data[:size], password)


MALFORMED = {
    "other magic": b"\xfe\xed\xfe\xee" + file()[4:],
    "version 0": file(version=0),
    "version 3": file(version=3),
    "tag 0": file(struct.pack(">I", 0) + trusted(b"one")[4:]),
    "secret key in a JKS": file(secret_key(b"s")),
    "tag 0 before a sealed key": file(struct.pack(">I", 0) + secret_key(b"s")[4:], form="jceks"),
    "certificate of another type": file(trusted(b"one", DER_A, b"PGP")),
    "certificate of no bytes": file(trusted(b"one", b"")),
    "negative length": file(trusted(b"one").replace(struct.pack(">I", 40), b"\xff" * 4)),
    "endless chain": file(
        private_key(b"k", b"p", certificate(DER_A)).replace(b"\0\0\0\x01\0\x05", b"\x7f\xff\xff\xff\0\x05")
    ),
    "more entries than there are": b"\xfe\xed\xfe\xed\0\0\0\x02\x7f\xff\xff\xff" + trusted(b"one") * 50 + bytes(20),
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_stores_are_refused_after_little_work(data: bytes) -> None:
    form = JCEKS if JCEKS.detect(data) else JKS
    with pytest.raises(FormatError), at_most(10_000):
        form.loads(data, "changeit")


WHOLE = file(trusted(b"one"), KEY_ONLY, secret_key(b"s"), trusted("größe".encode()), form="jceks")


@settings(deadline=None, max_examples=300)
@given(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=8), st.integers(0, 8))
def test_any_damage_is_met_by_a_documented_error(place: int, change: bytes, removed: int) -> None:
    damaged = WHOLE[:place] + change + WHOLE[place + removed :]
    try:
        store = JCEKS.loads(damaged, None)
    except FormatError:
        return
    # What was read can be written, and says the same again.
    again = JCEKS.loads(dumps(JCEKS, store), "changeit")
    assert [(e.alias, e.kind, e.certificates) for e in again.entries] == [
        (e.alias, e.kind, e.certificates) for e in store.entries
    ]
    if damaged != WHOLE:
        with pytest.raises(TrustStoreError):
            JCEKS.loads(damaged, "wrong")


# Property: what is written is read ----------------------------------------------------------------------

certificates = st.binary(min_size=32, max_size=64).map(Certificate)
dates = st.integers(-(10**13), 10**14).map(lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms))
aliases = st.text(max_size=12).map(str.lower).filter(lambda alias: alias == alias.lower())
trusted_entries = st.builds(TrustedEntry, aliases, certificates, dates)
key_entries = st.builds(
    OpaqueEntry,
    aliases,
    st.just("private-key"),
    st.just("jks"),
    st.binary(max_size=40),
    st.lists(certificates, min_size=1, max_size=3).map(tuple),
    dates,
)


@settings(deadline=None, max_examples=100)
@given(st.lists(trusted_entries | key_entries, max_size=6, unique_by=lambda entry: entry.alias), st.text(max_size=8))
def test_what_is_written_is_read(entries: list[TrustedEntry | OpaqueEntry], password: str) -> None:
    store = TrustStore(tuple(entries), integrity="verified")
    assert JKS.loads(dumps(JKS, store, password), password) == store


# Keys ---------------------------------------------------------------------------------------------------

PKCS8 = bytes.fromhex("3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420") + bytes(range(32))


@pytest.mark.parametrize(
    ("form", "data", "digest"), [(JKS, KEYTOOL_JKS, KEYTOOL_JKS_KEY), (JCEKS, KEYTOOL_JCEKS, KEYTOOL_JCEKS_KEY)]
)
def test_a_key_that_keytool_wrote_opens_under_its_password_only(form: Format, data: bytes, digest: str) -> None:
    store = form.loads(data, "storepw")
    (entry,) = store.entries
    assert isinstance(entry, OpaqueEntry)
    assert form.keys is not None
    assert hashlib.sha256(form.keys.open(entry, "keypass")).hexdigest() == digest
    for wrong in ("storepw", "", "Keypass"):
        with pytest.raises(IntegrityError):
            form.keys.open(entry, wrong)
    assert dumps(form, store, "storepw") == data
    assert form.keys.rekey(store, "storepw", "other") is store


@pytest.mark.parametrize("password", ["changeit", "", "a b~"])
@FORMATS
def test_a_sealed_key_opens_again(form: Format, password: str) -> None:
    assert form.keys is not None
    foreign = OpaqueEntry("key", "private-key", "pkcs12", b"shrouded", (Certificate(DER_A),), CREATED)
    sealed = form.keys.seal(foreign, PKCS8, password)
    assert (sealed.alias, sealed.certificates, sealed.created) == ("key", foreign.certificates, CREATED)
    (entry,) = form.loads(dumps(form, TrustStore((sealed,), form.name)), "changeit").entries
    assert entry == sealed
    assert form.keys.open(sealed, password) == PKCS8
    with pytest.raises(IntegrityError):
        form.keys.open(sealed, password + "!")
    assert form.keys.seal(foreign, PKCS8, password).payload != sealed.payload  # the salt is fresh


@settings(deadline=None, max_examples=50)
@given(st.binary(max_size=90), st.text(max_size=9))
def test_the_jks_protector_undoes_itself_for_any_bytes(key: bytes, password: str) -> None:
    assert key_protection.unprotect(key_protection.jks_protect(key, password), password) == key


def test_a_jks_key_whose_algorithm_has_no_null_parameters_opens() -> None:
    protected = key_protection.jks_protect(PKCS8, "pw")
    assert protected[:19].hex() == "307d" + "300e" + "060a2b060104012a02110101" + "0500" + "04"
    bare = b"\x30\x7b\x30\x0c" + protected[4:16] + protected[18:]
    assert key_protection.unprotect(bare, "pw") == PKCS8


def test_a_password_that_jdk_17_cannot_use_does_not_protect_a_jceks_key() -> None:
    with pytest.raises(UsageError):
        key_protection.jceks_protect(PKCS8, "pässwörd")


def jceks_protected(salt: bytes, iterations: int, content: bytes = bytes(72)) -> bytes:
    number = iterations.to_bytes(5, "big")
    parameters = b"\x04" + bytes((len(salt),)) + salt + b"\x02\x05" + number
    algorithm = bytes.fromhex("06092b060104012a021301") + b"\x30" + bytes((len(parameters),)) + parameters
    body = b"\x30" + bytes((len(algorithm),)) + algorithm + b"\x04" + bytes((len(content),)) + content
    return b"\x30" + bytes((len(body),)) + body


@pytest.mark.parametrize(
    "protected",
    [
        b"",
        b"protected",
        b"\x30\x00",
        b"\x30\x04\x30\x00\x04\x00",
        bytes.fromhex("3012300e060a2b060104012a0211010105000400"),  # no room for salt and digest
        bytes.fromhex("300f300b06092b060104012a0213010400"),  # no parameters
        bytes.fromhex("300a300606042a03040504000a"),  # bytes behind the structure
        bytes.fromhex("300a300606042a0304050400"),  # an algorithm of someone else
        jceks_protected(b"saltsal2", 5_000_001),
        jceks_protected(b"saltsal2", 0),
        jceks_protected(b"saltsalt", 1000),
        jceks_protected(b"short", 1000),
    ],
)
def test_malformed_keys_are_refused_after_little_work(protected: bytes) -> None:
    entry = OpaqueEntry("key", "private-key", "jceks", protected)
    assert JCEKS.keys is not None
    with pytest.raises(FormatError), at_most(20_000):
        JCEKS.keys.open(entry, "changeit")


def test_ciphertext_that_is_no_whole_number_of_blocks_is_a_wrong_password() -> None:
    with pytest.raises(IntegrityError):
        key_protection.unprotect(jceks_protected(b"saltsal2", 1, bytes(13)), "changeit")


def test_keys_move_only_where_java_could_open_them() -> None:
    (jks_key,) = JKS.loads(KEYTOOL_JKS, None).entries
    (jceks_key,) = JCEKS.loads(KEYTOOL_JCEKS, None).entries
    sealed = OpaqueEntry("s", "secret-key", "jceks", SEALED_KEY, (), CREATED)
    foreign = OpaqueEntry("f", "private-key", "pkcs12", b"shrouded", (Certificate(DER_A),))
    assert JCEKS.loads(dumps(JCEKS, TrustStore((jks_key,))), None).entries == (jks_key,)
    for form, entry in ((JKS, jceks_key), (JKS, sealed), (JKS, foreign), (JCEKS, foreign)):
        with pytest.raises(FormatError):
            dumps(form, TrustStore((entry,)))
    assert JCEKS.keys is not None
    for entry in (sealed, foreign):
        with pytest.raises(FormatError):
            JCEKS.keys.open(entry, "changeit")


# The cost -----------------------------------------------------------------------------------------------


def test_reading_and_writing_certificates_never_loads_cryptography() -> None:
    script = (
        "import sys\n"
        "from truststore_tool.formats.java.jks import JKS\n"
        "data = sys.stdin.buffer.read()\n"
        "assert JKS.dumps(JKS.loads(data, 'changeit'), 'changeit') == data\n"
        "print('cryptography' in sys.modules)\n"
    )
    data = file(trusted(b"one"), KEY_ONLY)
    done = subprocess.run([sys.executable, "-c", script], input=data, capture_output=True, check=True)
    assert done.stdout.strip() == b"False"


@pytest.mark.parametrize("number", [300, 3_000])
def test_each_certificate_takes_the_same_work(number: int) -> None:
    many = Watched(file(*(trusted(b"alias-%d" % n, DER_A * 25) for n in range(number))))
    store = JKS.loads(many, "changeit")
    assert (len(store.entries), store.loose) == (number, ())
    assert many.taken <= len(many)
    with at_most(200 * number):
        JKS.loads(bytes(many), "changeit")
    with at_most(100 * number):
        dumps(JKS, store)


@given(st.text())
@settings(deadline=None, max_examples=200)
def test_modified_utf8_is_undone(value: str) -> None:
    encoded = modified_utf8.encode(value)
    assert b"\0" not in encoded
    assert modified_utf8.decode(encoded) == value
