"""What is known of Java's key stores without asking a JVM: releases, their boundaries, and what nobody has looked at.

Expected values are those of real JVMs: 8u252 as recorded with other people's stores, the others as in the grid.
"""

from collections.abc import Callable

import pytest

from tests.readers import grid
from tests.readers.parsers import takes_all
from truststore_tool import asn1
from truststore_tool.errors import UsageError
from truststore_tool.formats.crypto import kdf, pbe
from truststore_tool.readers.base import Reader, Reading
from truststore_tool.readers.java import keystores, releases
from truststore_tool.readers.java.releases import Release

OURS = {store.storetype: store.data for store in grid.by_us()}


def read(name: str, data: bytes, password: str | None = grid.PASSWORD, storetype: str | None = None) -> Reading:
    return keystores.read(Release.parse(name), data, password, takes_all, storetype=storetype)


@pytest.mark.parametrize(
    ("name", "release"),
    [
        ("java8u252", (8, 252)), ("java11.0.10", (11, 10)), ("java17.0.15", (17, 15)), ("java25.0.3", (25, 3)),
        ("java17", (17, 15)), ("java8", (8, 504)),
    ],
)  # fmt: skip
def test_a_release_is_found_by_its_name(name: str, release: tuple[int, int]) -> None:
    assert Release.parse(name) == release


@pytest.mark.parametrize("name", ["java", "java9", "java17u2", "java8.0.252", "openssl3", "java17.0.2 ", "jdk17"])
def test_what_is_no_release_is_no_reader(name: str) -> None:
    with pytest.raises(UsageError, match="no reader is called"):
        Release.parse(name)


@pytest.mark.parametrize("name", ["java8u252", "java11.0.5", "java17.0.15", "java25.0.3"])
def test_the_name_of_a_release_is_its_own(name: str) -> None:
    assert str(Release.parse(name)) == name


@pytest.mark.parametrize(
    ("name", "knows"),
    [
        ("java8u252", False), ("java8u300", False), ("java8u301", True), ("java8u504", True), ("java11.0.10", False),
        ("java11.0.11", False), ("java11.0.12", True), ("java17.0.2", True), ("java25", True),
    ],
)  # fmt: skip
def test_macs_with_sha2_came_with_8u301_and_11_0_12(name: str, knows: bool) -> None:
    assert releases.HMAC_PBE_SHA2.known_to(Release.parse(name)) is knows


def test_between_two_measurements_nothing_is_known() -> None:
    known = releases.PBES2_WITHOUT_KEY_LENGTH.known_to
    assert [known(Release(11, update)) for update in (10, 11, 12, 13)] == [False, None, None, True]
    assert [known(Release(8, update)) for update in (252, 253, 504)] == [False, None, True]
    # A later update may have got it.
    assert [releases.PBMAC1.known_to(Release(25, update)) for update in (3, 4)] == [False, None]


def test_what_is_not_known_clears_nothing() -> None:
    reading = read("java8u260", OURS["PKCS12"])
    assert reading.loads is None
    assert reading.anchors is None
    assert reading.error is None


def test_java_8u252_does_not_read_what_is_written_today() -> None:
    reading = read("java8u252", OURS["PKCS12"], storetype="PKCS12")
    assert reading.loads is False
    assert reading.anchors == ()
    assert reading.evidence
    # Without a password it passes over what is encrypted, and says nothing.
    assert read("java8u252", OURS["PKCS12"], None).loads is True


def test_java_8_takes_a_jks_first_and_later_lines_a_pkcs12() -> None:
    assert read("java8u252", OURS["PKCS12"]).error == "java.io.IOException: Invalid keystore format"
    assert (
        read("java17", b"\x30\x03\x02\x01\x02").error == "java.io.IOException: PKCS12 keystore not in version 3 format"
    )
    # Told that it is a PKCS#12, 8 does not look whether it is a JKS.
    assert read("java8", OURS["JKS"], storetype="PKCS12").loads is False
    assert read("java17", OURS["JKS"], storetype="PKCS12").loads is True
    for name in ("java8", "java17"):
        assert read(name, OURS["JKS"]).anchors == grid.CERTIFICATES
        assert read(name, OURS["JCEKS"]).loads is False
        assert read(name, OURS["JCEKS"], storetype="JCEKS").anchors == grid.CERTIFICATES


@pytest.mark.parametrize("storetype", ["JKS", "JCEKS", "PKCS12"])
def test_one_certificate_that_is_refused_closes_the_whole_store(storetype: str) -> None:
    words = "java.security.cert.CertificateParsingException: Empty issuer DN not allowed in X509Certificates"

    def refuse(der: bytes, _release: Release) -> str | None:
        return words if der == grid.CERTIFICATES[1].der else None

    reading = keystores.read(Release(25, 3), OURS[storetype], grid.PASSWORD, refuse, storetype=storetype)
    assert reading.loads is False
    assert words in (reading.cause or reading.error or "")


@pytest.mark.parametrize("key_length", [None, 16, 32])
def test_the_key_length_of_a_file_is_not_used(key_length: int | None) -> None:
    derivation = kdf.Pbkdf2(b"12345678", 100, key_length, "1.2.840.113549.2.9")
    bags = asn1.sequence()
    honest = pbe.Pbes2(kdf.Pbkdf2(b"12345678", 100, 32, "1.2.840.113549.2.9"), "2.16.840.1.101.3.4.1.42", bytes(16))
    encrypted = honest.encrypt(bags, kdf.passphrases(grid.PASSWORD)[0])
    told = pbe.Pbes2(derivation, honest.oid, honest.iv).encoded()
    data = _store(told, encrypted)
    assert read("java25", data).loads is True
    # Updates that look for the length take the PRF for one, and HMAC-SHA1 for the PRF.
    assert read("java11.0.10", data).loads is (key_length is not None)


def _store(algorithm: bytes, encrypted: bytes) -> bytes:
    """A file without a MAC: one safe, encrypted."""
    plain, sealed = asn1.oid("1.2.840.113549.1.7.1"), asn1.oid("1.2.840.113549.1.7.6")
    info = asn1.sequence(plain, algorithm, asn1.tlv(asn1.context(0, constructed=False), encrypted))
    safe = asn1.sequence(sealed, asn1.explicit(0, asn1.sequence(asn1.integer(0), info)))
    content = asn1.explicit(0, asn1.octet_string(asn1.sequence(safe)))
    return asn1.sequence(asn1.integer(3), asn1.sequence(plain, content))


def test_aliases_that_fold_together_leave_one_anchor() -> None:
    stores: dict[str, bytes] = {store.name: store.data for store in grid.by_cryptography()}
    # One and one are the same alias to Java; the third certificate has none.
    reading = read("java25", stores["cryptography best"])
    assert reading.anchors == grid.CERTIFICATES[1:]
    assert [item.certificate for item in reading.left_out] == [grid.CERTIFICATES[0]]


def test_derived_keys_are_shared_between_releases(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[object] = []
    derive: Callable[..., bytes] = kdf.pkcs12_kdf

    def counted(*arguments: object) -> bytes:
        calls.append(arguments)
        return derive(*arguments)

    monkeypatch.setattr(kdf, "pkcs12_kdf", counted)
    work: dict[object, bytes | None] = {}
    readers: list[Reader] = [
        keystores.JavaReader(Release.parse(name), takes_all, work=work) for name in ("java17", "java21", "java25")
    ]
    assert [reader.read(OURS["PKCS12"], grid.PASSWORD).anchors for reader in readers] == [grid.CERTIFICATES] * 3
    assert [reader.name for reader in readers] == ["java17.0.15", "java21.0.8", "java25.0.3"]
    assert len(calls) == 1


def test_the_name_of_no_reader_shows_a_password() -> None:
    work: dict[object, bytes | None] = {}
    reader = keystores.JavaReader(Release.parse("java25"), takes_all, work=work)
    reader.read(OURS["PKCS12"], "secret-of-mine")
    assert "secret-of-mine" not in repr(reader)
    assert "secret-of-mine" not in repr(work)


def test_lengths_that_only_newer_lines_read_are_unknown_to_older_ones() -> None:
    plain = asn1.oid("1.2.840.113549.1.7.1")
    info = asn1.sequence(plain, asn1.explicit(0, asn1.octet_string(asn1.sequence())))
    long = asn1.sequence(b"\x02\x81\x01\x03", info)
    left_open = asn1.sequence(asn1.integer(3), b"\x30\x80" + info[2:] + b"\0\0")
    assert [read(name, long).loads for name in ("java11", "java17", "java25")] == [None, True, True]
    assert [read(name, left_open).loads for name in ("java11", "java17", "java25")] == [None, None, True]
