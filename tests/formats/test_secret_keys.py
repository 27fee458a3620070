"""Secret keys out of JCEKS and PKCS#12 and into them: stores that keytool wrote, and hostile objects made by hand."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.test_javaobjects import SEALED_KEY, a_class, text
from tests.work import at_most
from truststore_tool import asn1
from truststore_tool.errors import FormatError, IntegrityError, PasswordRequiredError, UsageError
from truststore_tool.formats.base import SecretKey
from truststore_tool.formats.carrying import carry_key
from truststore_tool.formats.java import key_protection, secret_keys, serialized
from truststore_tool.formats.java.jks import JCEKS
from truststore_tool.formats.java.serialized import extent
from truststore_tool.formats.pkcs12 import secret_bags
from truststore_tool.formats.pkcs12.codec import PKCS12
from truststore_tool.model import OpaqueEntry

PASSWORD = "changeit"
HEADER = b"\xac\xed\x00\x05"

# By keytool 17.0.15, -genseckey -keyalg AES -keysize 128 and -keyalg DESede -keysize 168, -storepass changeit, as JCEKS
# and PKCS12. It writes the AES key of the JCEKS as a SecretKeySpec and the DESede key as a KeyRep.
KEYTOOL_JCEKS = base64.b64decode(
    "zs7OzgAAAAIAAAACAAAAAwAGZGVzZWRlAAABog0QyUCs7QAFc3IAM2NvbS5zdW4uY3J5cHRvLnByb3ZpZGVyLlNlYWxlZE9iamVjdEZvcktleVBy"
    "b3RlY3Rvcs1XylnnMLtTAgAAeHIAGWphdmF4LmNyeXB0by5TZWFsZWRPYmplY3Q+Nj2mw7dUcAIABFsADWVuY29kZWRQYXJhbXN0AAJbQlsAEGVu"
    "Y3J5cHRlZENvbnRlbnRxAH4AAkwACXBhcmFtc0FsZ3QAEkxqYXZhL2xhbmcvU3RyaW5nO0wAB3NlYWxBbGdxAH4AA3hwdXIAAltCrPMX+AYIVOAC"
    "AAB4cAAAABEwDwQIs8U9xHdMvg0CAwMNQHVxAH4ABQAAASD7A2OfUfzHDBRUcUl7SOtzKEUQCqNs22llKW3/U7vsA+Okj+ySBCZ3L3+w6TFkonb/"
    "KE2bSOJPsnvcosQL7m/aBrOQbEuOz2sNQw9a858ycSP4gb8VNjLOu3YjIJWrd2+J3mllNyrrWUE8kY2JcUMjRWAsRGQY408lxminVUudS+Skqzw0"
    "Na//VFnyhXrRtxgGtKLTJ7qkqn4fJiDB4VyQya6jg+SwfIi+u1lzCYooYgtYLHvRKHtnDA77Iqr73qZbzEMOHBlYfNuorfAwj+7Dh3nlRhdNXky/"
    "2g3GwsawTbIIXGqH90Wlp6h+xqmu6mhCA9l5CWlWGYjdRhHwoYJMPuE4naLUgIKOWiRcncZ9+NN0FPFax0lyDD0gRsOjbHV0ABZQQkVXaXRoTUQ1"
    "QW5kVHJpcGxlREVTdAAWUEJFV2l0aE1ENUFuZFRyaXBsZURFUwAAAAMAA2FlcwAAAaINEMf0rO0ABXNyADNjb20uc3VuLmNyeXB0by5wcm92aWRl"
    "ci5TZWFsZWRPYmplY3RGb3JLZXlQcm90ZWN0b3LNV8pZ5zC7UwIAAHhyABlqYXZheC5jcnlwdG8uU2VhbGVkT2JqZWN0PjY9psO3VHACAARbAA1l"
    "bmNvZGVkUGFyYW1zdAACW0JbABBlbmNyeXB0ZWRDb250ZW50cQB+AAJMAAlwYXJhbXNBbGd0ABJMamF2YS9sYW5nL1N0cmluZztMAAdzZWFsQWxn"
    "cQB+AAN4cHVyAAJbQqzzF/gGCFTgAgAAeHAAAAARMA8ECHkG6+7QEMTQAgMDDUB1cQB+AAUAAACQjeHFM/SPOaITtoMg9kbHqRJygHSNXgjy6b+y"
    "ac4e215uOrSRrvyRwfVRslk2rc148Qzns0OxS2M7L1OSYWDiOtj7QsUpBQOZIvDSnD25kKbnuLa1kLemU4u5l9v9drA/iFTRJEQgiXyeVI44sbAD"
    "uprxicXZ3VdYTQ4IAJrxanGTL/am8Zd1Jggr1ZpfvuaCdAAWUEJFV2l0aE1ENUFuZFRyaXBsZURFU3QAFlBCRVdpdGhNRDVBbmRUcmlwbGVERVMu"
    "+S0cmF/d1FvUna+TgOlUw/vkwg=="
)
KEYTOOL_P12 = base64.b64decode(
    "MIICkwIBAzCCAj0GCSqGSIb3DQEHAaCCAi4EggIqMIICJjCCAiIGCSqGSIb3DQEHAaCCAhMEggIPMIICCzCB/wYLKoZIhvcNAQwKAQWggbMwgbAG"
    "CyqGSIb3DQEMCgECoIGgBIGdMIGaMGYGCSqGSIb3DQEFDTBZMDgGCSqGSIb3DQEFDDArBBRkZrNVpPCdAjKLie0hE8SmOvUDAQICJxACASAwDAYI"
    "KoZIhvcNAgkFADAdBglghkgBZQMEASoEEHRoEQPLQ7l3d3R/VqHxQ0cEMNUZc1MvJ34K6P4jr2HtANbme8fYFsMiTQvmHH1HcvolNYiFyPYIEOJt"
    "RvCnMyob8zE6MBUGCSqGSIb3DQEJFDEIHgYAYQBlAHMwIQYJKoZIhvcNAQkVMRQEElRpbWUgMTc5NTUxNTUzMzkyOTCCAQUGCyqGSIb3DQEMCgEF"
    "oIGzMIGwBgsqhkiG9w0BDAoBAqCBoASBnTCBmjBmBgkqhkiG9w0BBQ0wWTA4BgkqhkiG9w0BBQwwKwQU1x1Nxcl3GGPUtBMNL84NUxTMEQwCAicQ"
    "AgEgMAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAEqBBAXU2XKneSZ314/hlQo9zU1BDDWYB00bZfiOQlr7/1Ys9VHP/GJvu3ZL2lkP0Jbi6Bil7oF"
    "ELBQNzH92BjMSYsoTxkxQDAbBgkqhkiG9w0BCRQxDh4MAGQAZQBzAGUAZABlMCEGCSqGSIb3DQEJFTEUBBJUaW1lIDE3OTU1MTU1MzQyNTAwTTAx"
    "MA0GCWCGSAFlAwQCAQUABCCxQ3Av/W/Y7nW8V0vuqi9xf25m44+R+Aasstc3/Qne4AQUDhSlSoVemD1W+Lw2DUsI7Ri3cvACAicQ"
)
# Key.getEncoded() of the same in the JVM.
KEYS = {
    "jceks": {"desede": "fb07324a3ba14ce3106e13f87f1c5db03408a74a98cd618a", "aes": "87278f4f1d0dda807765919f3845c8ea"},
    "pkcs12": {"aes": "1b1bcdd7192a495108aca7e0fb73201e", "desede": "15b30b401f2626fe4f6dfbd323808329ab10ae7cc86e64c4"},
}
ALGORITHMS = {"aes": "AES", "desede": "DESede"}
FORMS = {"jceks": (JCEKS, KEYTOOL_JCEKS), "pkcs12": (PKCS12, KEYTOOL_P12)}
BOTH = pytest.mark.parametrize("name", FORMS)


def entries(name: str) -> dict[str, OpaqueEntry]:
    form, data = FORMS[name]
    return {e.alias: e for e in form.loads(data, PASSWORD).entries if isinstance(e, OpaqueEntry)}


def opened(entry: OpaqueEntry, password: str = PASSWORD) -> SecretKey:
    keys = FORMS[entry.format][0].keys
    assert keys is not None
    assert keys.open_secret is not None
    return keys.open_secret(entry, password)


def expected(name: str, alias: str) -> SecretKey:
    return SecretKey(ALGORITHMS[alias], bytes.fromhex(KEYS[name][alias]))


@BOTH
@pytest.mark.parametrize("alias", ALGORITHMS)
def test_the_secret_keys_of_keytool(name: str, alias: str) -> None:
    entry = entries(name)[alias]
    assert opened(entry) == expected(name, alias)
    with pytest.raises(IntegrityError):
        opened(entry, "wrong one")


@BOTH
@pytest.mark.parametrize("target", FORMS)
def test_secret_keys_move_under_another_password(name: str, target: str) -> None:
    entry = entries(name)["desede"]
    moved = carry_key(entry, target, (PASSWORD,), "another")
    assert (moved.alias, moved.kind, moved.format, moved.created) == ("desede", "secret-key", target, entry.created)
    assert opened(moved, "another") == expected(name, "desede")
    with pytest.raises(IntegrityError):
        opened(moved, PASSWORD)


def test_what_does_not_move() -> None:
    entry = entries("jceks")["aes"]
    with pytest.raises(FormatError):
        carry_key(entry, "jks", (PASSWORD,), PASSWORD)
    with pytest.raises(PasswordRequiredError):
        carry_key(entry, "pkcs12", (), None)
    with pytest.raises(IntegrityError):
        carry_key(entry, "pkcs12", ("wrong one",), PASSWORD)
    with pytest.raises(UsageError):
        carry_key(entry, "jceks", (PASSWORD,), "pässwörd")
    foreign = OpaqueEntry("x", "unknown", "pkcs12", b"")
    with pytest.raises(FormatError):
        carry_key(foreign, "jceks", (PASSWORD,), PASSWORD)


def test_a_key_stays_out_of_representations() -> None:
    secret = SecretKey("AES", b"sixteen bytes ok")
    assert repr(secret) == "SecretKey(algorithm='AES')"
    assert "encryptedContent" not in repr(serialized.read(SEALED_KEY))


# PKCS#12 ------------------------------------------------------------------------------------------------


def test_a_key_in_pkcs12_is_laid_out_as_jdk_17_does() -> None:
    # Decrypted out of a store by keytool 17.0.15, -genseckey -keyalg AES -keysize 128 -storetype PKCS12.
    made = "3023020100300c0608608648016503040105000410413138ebf3bc9b5e90732e9d69e05b0c"
    secret = SecretKey("AES", bytes.fromhex("413138ebf3bc9b5e90732e9d69e05b0c"))
    assert secret_bags.encode(secret).hex() == made
    # JDK 25 leaves the parameters away.
    newer = "3021020100300a060860864801650304010410b9eedc76d48b6b4e9c01273855102953"
    assert secret_bags.decode(bytes.fromhex(newer)) == SecretKey(
        "AES", bytes.fromhex("b9eedc76d48b6b4e9c01273855102953")
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [("aes", "AES"), ("RC4", "ARCFOUR"), ("HmacSHA512/256", "HmacSHA512/256"), ("1.2.3.4", "1.2.3.4")],
)
def test_algorithms_by_name_or_oid(written: str, read: str) -> None:
    assert secret_bags.decode(secret_bags.encode(SecretKey(written, b"k"))) == SecretKey(read, b"k")


@pytest.mark.parametrize("name", ["ChaCha20", "HmacMD5", "TripleDES", "", "1", "9.9.9", "1.2.3.", "1.2.-3", "1.99.3"])
def test_algorithms_without_an_oid_are_refused_as_java_refuses_them(name: str) -> None:
    with pytest.raises(FormatError):
        secret_bags.encode(SecretKey(name, b"k"))


@pytest.mark.parametrize("number", [2, 5])
def test_a_secret_of_a_wrong_number_of_fields_is_malformed(number: int) -> None:
    fields = [asn1.integer(0), asn1.sequence(asn1.oid("2.16.840.1.101.3.4.1")), asn1.octet_string(b"k")]
    for attributes in ([], [asn1.tlv(asn1.context(0))]):
        assert secret_bags.decode(asn1.sequence(*fields, *attributes)) == SecretKey("AES", b"k")
    with pytest.raises(FormatError, match="wrong number of fields"):
        secret_bags.decode(asn1.sequence(*(fields + [asn1.null()] * 2)[:number]))


def test_other_secrets_in_a_secret_bag_are_not_taken_for_keys() -> None:
    secret_bag, other = (asn1.oid(f"1.2.840.113549.1.12.10.1.{number}") for number in (5, 1))
    value = asn1.sequence(other, asn1.explicit(0, asn1.octet_string(asn1.sequence())))
    for inside in (value, asn1.null(), asn1.sequence(), asn1.sequence(other, asn1.null())):
        payload = asn1.sequence(secret_bag, asn1.explicit(0, inside))
        with pytest.raises(FormatError):
            opened(OpaqueEntry("s", "secret-key", "pkcs12", payload))


# JCEKS --------------------------------------------------------------------------------------------------


def sealed(plain: bytes, name: str = "PBEWithMD5AndTripleDES", outer: str = "javax.crypto.SealedObject") -> bytes:
    """A SealedObject around any bytes."""
    parameters, content = key_protection.triple_des_encrypt(plain, PASSWORD)
    return an_object(outer, encodedParams=parameters, encryptedContent=content, sealAlg=name)


def an_object(name: str, **values: str | bytes) -> bytes:
    """A stream of an object with fields that are texts or arrays of bytes, each with all its classes spelled out."""
    fields, data = [], []
    for key, value in values.items():
        if isinstance(value, str):
            fields.append(b"L" + text(key) + b"t" + text("Ljava/lang/String;"))
            data.append(b"t" + text(value))
        else:
            fields.append(b"[" + text(key) + b"t" + text("[B"))
            data.append(b"u" + a_class("[B") + len(value).to_bytes(4, "big") + value)
    return HEADER + b"s" + a_class(name, 2, *fields) + b"".join(data)


def test_objects_of_the_admitted_classes_are_keys_and_others_are_not() -> None:
    spec = an_object("javax.crypto.spec.SecretKeySpec", algorithm="AES", key=b"k" * 16)
    rep = an_object("java.security.KeyRep", algorithm="DES", encoded=b"k" * 8, format="RAW", type="SECRET")
    assert secret_keys.unseal(sealed(spec), PASSWORD) == SecretKey("AES", b"k" * 16)
    assert secret_keys.unseal(sealed(rep), PASSWORD) == SecretKey("DES", b"k" * 8)
    for plain in (
        an_object("java.security.KeyRep", algorithm="RSA", encoded=b"k", format="PKCS#8", type="PRIVATE"),
        an_object("javax.crypto.spec.SecretKeySpec", algorithm="AES"),
        an_object("javax.crypto.spec.SecretKeySpec", algorithm=b"AES", key=b"k"),
        an_object("com.example.Gadget", algorithm="AES", key=b"k"),
        spec + b"more",
        spec[:-1],
    ):
        with pytest.raises(FormatError):
            secret_keys.unseal(sealed(plain), PASSWORD)
    with pytest.raises(FormatError):
        secret_keys.unseal(sealed(spec, name="DES"), PASSWORD)
    with pytest.raises(FormatError):
        secret_keys.unseal(sealed(spec, outer="com.example.SealedObject"), PASSWORD)


def test_what_decrypts_to_no_object_is_a_wrong_password() -> None:
    with pytest.raises(IntegrityError):
        secret_keys.unseal(sealed(b"no object"), PASSWORD)


def test_absurd_work_is_refused_before_any_is_done() -> None:
    parameters = asn1.sequence(asn1.octet_string(b"saltsal2"), asn1.integer(2**40))
    hostile = an_object(
        "javax.crypto.SealedObject", encodedParams=parameters, encryptedContent=bytes(72),
        sealAlg="PBEWithMD5AndTripleDES",
    )  # fmt: skip
    with pytest.raises(FormatError), at_most(20_000):
        secret_keys.unseal(hostile, PASSWORD)


REFERENCE_TO_ITSELF = HEADER + b"s" + a_class("A", 2, b"L" + text("a") + b"t" + text("LA;")) + b"q\0\x7e\0\x02"


@pytest.mark.parametrize(
    "stream",
    [
        b"",
        HEADER,
        HEADER + b"p",
        b"\xac\xed\x00\x04p",
        HEADER + b"t" + text("a text"),
        HEADER + b"s" * 10_000,  # nested without end
        REFERENCE_TO_ITSELF,
        HEADER + b"sq\0\x7e\0\0",  # a class that is not there
        HEADER + b"s" + a_class("A", 3) + b"x",  # data that only the class's own code can read
        HEADER + b"s" + a_class("A", 2, b"?" + text("a")),
        HEADER + b"s" + a_class("A", 2, parent=b"t" + text("B")),
        HEADER + b"s" + a_class("A", 2, b"[" + text("a") + b"t" + text("[B")) + b"u" + a_class("[I") + bytes(4),
        HEADER + b"s" + a_class("A", 2, b"[" + text("a") + b"t" + text("[B")) + b"u" + a_class("[B") + b"\xff" * 4,
        HEADER + b"s" + a_class("A", 2, *[b"L" + text("a") + b"t" + text("LA;")] * 300) + b"p" * 300,
    ],
)
def test_streams_that_are_not_read(stream: bytes) -> None:
    with pytest.raises(FormatError):
        serialized.read(stream)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(SEALED_KEY) - 1), st.binary(min_size=1, max_size=4))
def test_a_damaged_object_is_refused_or_read_as_far_as_the_walker_reads(place: int, junk: bytes) -> None:
    damaged = SEALED_KEY[:place] + junk + SEALED_KEY[place + len(junk) :]
    try:
        serialized.read(damaged)
    except FormatError:
        return
    assert extent(damaged, 0).end == len(damaged)


@settings(max_examples=8, deadline=None)
@given(st.text(max_size=20), st.binary(max_size=64))
def test_any_secret_survives_a_jceks(algorithm: str, key: bytes) -> None:
    secret = SecretKey(algorithm, key)
    assert secret_keys.unseal(secret_keys.seal(secret, PASSWORD), PASSWORD) == secret
