"""The model: certificates that nothing parses until asked, entries, the store."""

import re
import subprocess
import sys
import warnings
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.realtools import find, run
from tests.test_sample_certs import AMAZON, OWN
from truststore_tool import asn1
from truststore_tool.errors import FormatError, TrustStoreError
from truststore_tool.model import (
    Certificate,
    LooseCertificate,
    Note,
    OpaqueEntry,
    Remark,
    TrustedEntry,
    TrustStore,
    fold_alias,
    put,
    twins,
)
from truststore_tool.nouns import noun

FIELDS = ["version", "serial_number", "subject", "issuer", "subject_der", "issuer_der", "public_key_der", "not_before",
          "not_after", "signature_algorithm_oid", "extensions", "is_self_issued", "is_ca", "x509"]  # fmt: skip


def pems(path: Path) -> list[bytes]:
    """The DER of each PEM block, by the standard library's own decoder."""
    import ssl

    blocks = re.findall(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", path.read_text(), re.DOTALL)
    return [ssl.PEM_cert_to_DER_cert(block) for block in blocks]


def certificate(name: str) -> Certificate:
    folder = AMAZON if name.startswith("rds") else OWN
    return Certificate(pems(folder / f"{name}.pem")[0])


def rebuilt(der: bytes, index: int, field: bytes) -> bytes:
    """The certificate with one field of its TBSCertificate put in place of another; the signature no longer fits."""
    body, *rest = asn1.read_exactly(der).children()
    fields = [part.raw for part in body.children()]
    fields[index] = field
    return asn1.sequence(asn1.sequence(*fields), *(part.raw for part in rest))


SERIAL, SIGNATURE, ISSUER, VALIDITY, SUBJECT, KEY, EXTENSIONS = range(1, 8)
DER = certificate("old-root").der


def test_fields_are_those_that_cryptography_reads() -> None:
    for der in pems(AMAZON / "rds-global-bundle.pem"):
        ours = Certificate(der)
        theirs = ours.x509
        assert ours.version == theirs.version.value + 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # one of them has serial number 0, which `cryptography` remarks on
            assert ours.serial_number == theirs.serial_number
        assert (ours.not_before, ours.not_after) == (theirs.not_valid_before_utc, theirs.not_valid_after_utc)
        assert ours.subject_der == theirs.subject.public_bytes()
        assert ours.issuer_der == theirs.issuer.public_bytes()
        assert ours.signature_algorithm_oid == theirs.signature_algorithm_oid.dotted_string
        assert [(e.oid, e.critical) for e in ours.extensions] == [
            (e.oid.dotted_string, e.critical) for e in theirs.extensions
        ]
        assert ours.is_ca


def test_fields_are_those_that_openssl_prints() -> None:
    for name in ("rds-ca-2019-root", "rds-ca-ecc384-g1-us-east-1", "future-root", "zero-serial-root"):
        ours = certificate(name)
        path = next(folder / f"{name}.pem" for folder in (AMAZON, OWN) if (folder / f"{name}.pem").exists())
        printed = run(find("openssl"), "x509", "-in", path, "-noout", "-serial", "-startdate", "-enddate", "-dateopt",
                      "iso_8601").decode()  # fmt: skip
        serial = f"{ours.serial_number:X}"
        shown = f"serial={serial.zfill(len(serial) + len(serial) % 2)}\n"
        assert (
            printed
            == f"{shown}notBefore={ours.not_before:%Y-%m-%d %H:%M:%SZ}\nnotAfter={ours.not_after:%Y-%m-%d %H:%M:%SZ}\n"
        )


def test_the_public_key_is_the_one_that_openssl_extracts() -> None:
    public = run(find("openssl"), "x509", "-in", OWN / "old-root.pem", "-noout", "-pubkey")
    assert certificate("old-root").public_key_der == run("openssl", "pkey", "-pubin", "-outform", "der", stdin=public)


def test_servers_are_no_authorities_and_intermediates_are() -> None:
    kinds = {name: (certificate(name).is_ca, certificate(name).is_self_issued) for name in
             ("old-root", "old-intermediate", "old-server")}  # fmt: skip
    assert kinds == {"old-root": (True, True), "old-intermediate": (True, False), "old-server": (False, False)}


def test_a_zero_serial_number_is_a_fact_like_any_other() -> None:
    zero = certificate("zero-serial-root")
    assert zero.serial_number == 0
    assert str(zero.subject) == "CN=Sample Root Zero Serial,O=Truststore Tool Samples"
    assert zero.x509.signature_algorithm_oid.dotted_string == zero.signature_algorithm_oid  # no warning, no error


def test_a_negative_serial_number() -> None:
    assert Certificate(rebuilt(DER, SERIAL, asn1.integer(-0x4D))).serial_number == -0x4D


def test_only_the_broken_field_is_unknown() -> None:
    odd_time = asn1.sequence(asn1.tlv(asn1.UTC_TIME, b"no time"), asn1.tlv(asn1.UTC_TIME, b"450101000000Z"))
    odd = Certificate(rebuilt(DER, VALIDITY, odd_time))
    with pytest.raises(FormatError, match="not an ASN"):
        _ = odd.not_before
    assert odd.not_after == datetime(2045, 1, 1, tzinfo=UTC)
    assert odd.subject == certificate("old-root").subject
    with pytest.raises(FormatError, match="cannot be parsed"):
        _ = odd.x509


def test_a_broken_extension_leaves_the_rest() -> None:
    broken = asn1.explicit(3, asn1.sequence(asn1.sequence(asn1.oid("2.5.29.19"))))
    odd = Certificate(rebuilt(DER, EXTENSIONS, broken))
    with pytest.raises(FormatError, match="malformed extension"):
        _ = odd.extensions
    assert odd.serial_number == 0x2001


def test_version_1_has_no_extensions_and_is_an_authority_when_it_signs_itself() -> None:
    body, *rest = asn1.read_exactly(DER).children()
    fields = [part.raw for part in body.children()]
    first = Certificate(asn1.sequence(asn1.sequence(*fields[SERIAL:EXTENSIONS]), *(part.raw for part in rest)))
    assert (first.version, first.extensions, first.is_ca) == (1, (), True)
    signed = Certificate(asn1.sequence(asn1.sequence(fields[1], fields[2], asn1.sequence(), *fields[4:7]),
                                       *(part.raw for part in rest)))  # fmt: skip
    assert (signed.version, signed.is_ca) == (1, False)


def test_bytes_that_are_no_certificate_are_carried() -> None:
    junk = Certificate(b"not a certificate")
    assert junk.der == b"not a certificate"
    assert junk.sha256.matches(b"not a certificate")
    for name in FIELDS:
        with pytest.raises(FormatError):
            getattr(junk, name)


@given(st.integers(0, len(DER) - 1), st.binary(max_size=4))
@settings(deadline=None, max_examples=200)
def test_a_damaged_certificate_fails_cleanly(offset: int, patch: bytes) -> None:
    damaged = Certificate(DER[:offset] + patch + DER[offset + len(patch) :])
    for name in FIELDS:
        try:
            getattr(damaged, name)
        except FormatError as exc:
            assert "\n" not in exc.message  # noqa: PT017 -- some damage is harmless


def test_certificates_are_equal_when_their_der_is() -> None:
    one, same, other = certificate("old-root"), certificate("old-root"), certificate("same-subject-root")
    _ = one.subject
    assert one == same
    assert len({one, same, other}) == 2
    with pytest.raises(AttributeError, match="frozen"):
        one.der = b""  # type: ignore[misc]  # the point


@noun
class Secret(Note):
    """A codec's note that must not be shown."""

    text: str


FACTS = Secret("facts")
NOTE = Remark("odd-date", "a note")


def test_reprs_show_no_bytes() -> None:
    entry = OpaqueEntry("key", "private-key", "jks", b"SECRETBYTES", (Certificate(DER),), origin=Secret("SECRETNOTE"))
    shown = repr(TrustStore((entry,), facts=Secret("SECRETFACTS")))
    assert "SECRET" not in shown
    assert len(repr(Certificate(DER))) < 150
    assert "\\x" not in repr(Certificate(DER))


def test_reading_der_imports_no_library() -> None:
    code = (
        "import sys; from truststore_tool.model import Certificate; c = Certificate(sys.stdin.buffer.read());"
        "c.subject, c.issuer, c.not_after, c.extensions, c.is_ca, c.sha256;"
        "assert 'cryptography' not in sys.modules; c.x509; assert 'cryptography' in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], input=DER, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


def test_all_certificates_counts_what_stands_in_the_file() -> None:
    shared, again = Certificate(DER), Certificate(DER)
    leaf, loose = certificate("old-server"), certificate("new-root")
    store = TrustStore(
        (
            TrustedEntry("root", shared),
            OpaqueEntry("key", "private-key", "pkcs12", b"", (leaf, shared)),
            TrustedEntry("twice", again),
        ),
        loose=(LooseCertificate(loose),),
    )
    assert store.all_certificates() == (shared, leaf, again, loose)
    assert [entry.alias for entry in store.trusted()] == ["root", "twice"]


def test_an_entry_shows_its_certificates_and_kind() -> None:
    root = Certificate(DER)
    assert (TrustedEntry("a", root).kind, TrustedEntry("a", root).certificates) == ("trusted", (root,))
    assert OpaqueEntry("k", "secret-key", "jceks", b"").certificates == ()


def test_with_entries_keeps_everything_else() -> None:
    store = TrustStore((), "pkcs12", "absent", (LooseCertificate(Certificate(DER)),), (NOTE,), facts=FACTS)
    changed = store.with_entries((TrustedEntry("a", Certificate(DER)),))
    assert [entry.alias for entry in changed.entries] == ["a"]
    assert (changed.format, changed.integrity, changed.loose, changed.notes, changed.facts) == (
        "pkcs12",
        "absent",
        store.loose,
        (NOTE,),
        FACTS,
    )


@pytest.mark.parametrize(
    ("alias", "folded"), [("RDS-Root", "rds-root"), ("ÄÖ", "äö"), ("ß", "ß"), ("\u0130", "i\u0307")]
)
def test_aliases_fold_as_java_lower_cases(alias: str, folded: str) -> None:
    # String.toLowerCase(Locale.ENGLISH); Unicode's unconditional special casing turns U+0130 into two characters.
    assert fold_alias(alias) == folded


def test_entries_are_put_and_told_apart_by_their_aliases_as_java_compares_them() -> None:
    first, second, third = (TrustedEntry(alias, Certificate(b"0")) for alias in ("a", "b", "A"))
    assert list(twins((first, second, third, first))) == [(first, third), (first, first)]
    assert list(twins((first, second))) == []
    assert put((first, second), (third,)) == (third, second)
    assert put((second,), (first,)) == (second, first)


def test_an_error_has_one_root_a_message_and_a_hint() -> None:
    import truststore_tool

    errors = [truststore_tool.UsageError, truststore_tool.FindingError, truststore_tool.UnreadableError,
              truststore_tool.FormatError, truststore_tool.IntegrityError, truststore_tool.PasswordRequiredError,
              truststore_tool.WriteError]  # fmt: skip
    for error in errors:
        raised = error("what went wrong", hint="what to do")
        assert isinstance(raised, TrustStoreError)
        assert (str(raised), raised.message, raised.hint) == ("what went wrong", "what went wrong", "what to do")
    assert TrustStoreError("alone").hint is None
    assert issubclass(truststore_tool.FormatError, truststore_tool.UnreadableError)
    assert issubclass(truststore_tool.PasswordRequiredError, truststore_tool.IntegrityError)
