"""CApath: files under OpenSSL's subject hashes."""

import pytest

from tests.samples import SAMPLES, amazon, certificates, own
from truststore_tool import asn1
from truststore_tool.errors import FindingError, FormatError
from truststore_tool.formats import pem
from truststore_tool.formats.capath import CAPATH, dumps, loads, subject_hash, subject_hash_old
from truststore_tool.model import Certificate, OpaqueEntry, TrustedEntry, TrustStore
from truststore_tool.nouns import replace

RDS = certificates(amazon("rds-ca-2019-root.pem"))[0]
ROOT = certificates(own("old-root.pem"))[0]
TWIN = certificates(own("same-subject-root.pem"))[0]
OTHER = certificates(own("new-root.pem"))[0]

# openssl x509 -noout -subject_hash -subject_hash_old -in sample_certs/amazon/rds-ca-2019-root.pem
RDS_HASHES = ("d2a6a44e", "e48d3f2c")


def text(certificate: Certificate) -> bytes:
    return pem.encode(certificate).encode()


def trusting(*wanted: Certificate) -> TrustStore:
    return TrustStore(tuple(TrustedEntry("x", certificate) for certificate in wanted))


def named(*rdns: bytes) -> Certificate:
    """A certificate (unsigned) with a subject of these RelativeDistinguishedNames."""
    algorithm = asn1.sequence(asn1.oid("1.3.101.112"))
    fields = (asn1.integer(1), algorithm, asn1.sequence(), asn1.sequence(), asn1.sequence(*rdns), asn1.sequence())
    return Certificate(asn1.sequence(asn1.sequence(*fields), algorithm, asn1.tlv(asn1.BIT_STRING, b"\0")))


def rdn(*values: tuple[int, bytes]) -> bytes:
    return asn1.tlv(asn1.SET, *(asn1.sequence(asn1.oid("2.5.4.3"), asn1.tlv(tag, value)) for tag, value in values))


def test_what_is_no_text_is_hashed_as_it_stands() -> None:
    # openssl x509 -noout -subject_hash of a certificate with this one attribute
    assert subject_hash(named(rdn((asn1.BIT_STRING, b"\0 A  B ")))) == "21c9f3f5"


def test_the_hashes_of_a_published_root() -> None:
    assert (subject_hash(RDS), subject_hash_old(RDS)) == RDS_HASHES


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param((asn1.UTF8_STRING, b"Root CA"), (asn1.PRINTABLE_STRING, b"  rOOT \t\n cA "), True, id="folded"),
        pytest.param((asn1.UTF8_STRING, "é".encode()), (asn1.TELETEX_STRING, b"\xe9"), True, id="Latin-1"),
        pytest.param((asn1.UTF8_STRING, "é".encode()), (asn1.BMP_STRING, b"\0\xe9"), True, id="BMP"),
        pytest.param((asn1.UTF8_STRING, "é".encode()), (asn1.UTF8_STRING, "É".encode()), False, id="only ASCII folds"),
        pytest.param((asn1.UTF8_STRING, b"12"), (asn1.NUMERIC_STRING, b"12"), False, id="numeric strings stay"),
    ],
)
def test_canonical_names(one: tuple[int, bytes], other: tuple[int, bytes], same: bool) -> None:
    assert (subject_hash(named(rdn(one))) == subject_hash(named(rdn(other)))) is same
    assert subject_hash_old(named(rdn(one))) != subject_hash_old(named(rdn(other)))


def test_a_directory_as_rehash_makes_it() -> None:
    files = {
        "rds.pem": text(RDS),
        f"{RDS_HASHES[0]}.0": text(RDS),
        f"{RDS_HASHES[1]}.0": text(RDS),
        f"{RDS_HASHES[0]}.r0": b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n",
        "README": b"no certificate",
        "key.pem": own("old-root.key").read_bytes(),
    }
    store = loads(files)
    assert list(store.all_certificates()) == [RDS]
    assert (store.format, store.integrity, store.notes, store.loose) == ("capath", "absent", (), ())
    assert dumps(store) == files


def test_certificates_that_openssl_does_not_find_are_no_entries() -> None:
    files = {f"{RDS_HASHES[0]}.0": text(RDS), "plain.pem": text(ROOT), "00000000.0": text(TWIN)}
    store = loads(files)
    assert [entry.certificates[0] for entry in store.entries] == [RDS]
    assert [item.certificate for item in store.loose] == [TWIN, ROOT]
    assert store.notes == ("certificates that OpenSSL does not find, as no file is named by their hash: 2",)


def test_what_has_no_hash_name_becomes_no_entry() -> None:
    files = {"b.pem": text(RDS), "a.der": ROOT.der, "c.pem": text(RDS) + text(TWIN)}
    store = loads(files)
    assert store.entries == ()
    assert [item.certificate for item in store.loose] == [ROOT, RDS, TWIN]
    assert len(store.notes) == 1
    assert dumps(store) == files
    assert not CAPATH.detect(files)
    added = dumps(store.with_entries((TrustedEntry("", TWIN),)))
    assert added == {**files, f"{subject_hash(TWIN)}.0": text(TWIN)}


HASH = subject_hash(ROOT)  # TWIN has the same subject
STRANGERS = {
    f"{HASH}.1": own("old-root.key").read_bytes(),  # a key
    f"{HASH}.3": b"",  # a directory
    f"{RDS_HASHES[1]}.0": text(RDS),  # the link of the old hash
    "00000000.0": text(OTHER),  # a certificate under another name
    "plain.pem": text(OTHER),
    f"{HASH}.01": text(OTHER),  # no number that OpenSSL counts up to
}


def test_names_of_others_are_stepped_over() -> None:
    files = {**STRANGERS, f"{HASH}.0": text(ROOT)}
    added = dumps(loads(files).with_entries((TrustedEntry("", ROOT), TrustedEntry("", TWIN))))
    assert added == {**files, f"{HASH}.2": text(TWIN)}
    assert loads(added).notes[-1] == f"OpenSSL stops at a missing number or a file without certificate before {HASH}.2"
    assert dumps(loads(added).with_entries(())) == STRANGERS


def test_the_number_of_a_removed_one_goes_to_the_last_of_its_hash() -> None:
    files = {f"{HASH}.0": text(ROOT), f"{HASH}.1": text(TWIN), f"{RDS_HASHES[0]}.0": text(RDS)}
    store = loads(files)
    kept = tuple(entry for entry in store.trusted() if entry.certificate != ROOT)
    assert dumps(store.with_entries(kept)) == {f"{HASH}.0": text(TWIN), f"{RDS_HASHES[0]}.0": text(RDS)}


def test_the_other_certificates_of_a_file_stay_and_so_does_its_text() -> None:
    name = f"{HASH}.0"
    store = loads({name: b"# two\n" + text(ROOT) + b"# other\n" + text(OTHER)})
    assert dumps(store.with_entries(())) == {name: b"# two\n\n# other\n" + text(OTHER)}


@pytest.mark.parametrize(
    "beside",
    [own("old-root.key").read_bytes(), b"-----BEGIN DH PARAMETERS-----\nMAYCAQsCAQI=\n-----END DH PARAMETERS-----\n"],
)
def test_what_shares_its_file_with_a_key_is_not_removed(beside: bytes) -> None:
    """Neither goes the key with it, nor is a file left in which OpenSSL stops."""
    files = {f"{HASH}.0": text(ROOT) + beside, f"{HASH}.1": text(TWIN)}
    with pytest.raises(FindingError, match=rf"{HASH}\.0 holds more than the certificate: .*; nothing was removed"):
        dumps(loads(files).with_entries((TrustedEntry("", TWIN),)))
    gone = dumps(loads(files).with_entries((TrustedEntry("", ROOT),)))
    assert gone == {f"{HASH}.0": text(ROOT) + beside}
    both = {f"{HASH}.0": text(ROOT) + beside + text(TWIN)}
    assert dumps(loads(both).with_entries((TrustedEntry("", TWIN),))) == {f"{HASH}.0": b"\n" + beside + text(TWIN)}


def test_what_is_removed_goes_from_every_name_by_which_it_is_looked_up() -> None:
    files = {f"{RDS_HASHES[0]}.0": text(RDS), f"{RDS_HASHES[0]}.1": text(RDS), f"{RDS_HASHES[1]}.0": text(RDS)}
    assert dumps(loads({**files, "rds.pem": text(RDS)}).with_entries(())) == {"rds.pem": text(RDS)}


def test_a_certificate_given_twice_is_written_once_and_those_behind_it_too() -> None:
    files = dumps(trusting(RDS, RDS, ROOT))
    assert files == {f"{RDS_HASHES[0]}.0": text(RDS), f"{subject_hash(ROOT)}.0": text(ROOT)}


@pytest.mark.parametrize("other", ["00000000", "ffffffff"])
def test_a_file_under_any_other_hash_is_not_found(other: str) -> None:
    store = loads({f"{RDS_HASHES[0]}.0": text(RDS), f"{other}.0": text(ROOT)})
    assert [entry.certificates[0] for entry in store.entries] == [RDS]
    assert [item.certificate for item in store.loose] == [ROOT]


def test_a_subject_that_cannot_be_read_is_found_by_nobody() -> None:
    unreadable = named(asn1.integer(1))
    store = loads({f"{RDS_HASHES[0]}.0": text(RDS), "00000000.0": unreadable.der})
    assert [entry.certificates[0] for entry in store.entries] == [RDS]
    assert [item.certificate for item in store.loose] == [unreadable]


def test_numbers_count_up_for_equal_hashes() -> None:
    digest = subject_hash(ROOT)
    assert subject_hash(TWIN) == digest
    files = dumps(trusting(TWIN, RDS, ROOT))
    assert files == {f"{digest}.0": text(TWIN), f"{RDS_HASHES[0]}.0": text(RDS), f"{digest}.1": text(ROOT)}
    assert set(loads(files).all_certificates()) == {TWIN, RDS, ROOT}


def test_files_that_stay_keep_their_content() -> None:
    digest = subject_hash(ROOT)
    content = b"Certificate: of ours\n" + text(ROOT)
    store = loads({f"{digest}.1": content, f"{digest}.0": text(TWIN)})
    # An equal certificate, such as one that was fetched again, is the same one.
    remaining = tuple(
        replace(entry, certificate=Certificate(ROOT.der)) for entry in store.trusted() if entry.certificate == ROOT
    )
    files = dumps(store.with_entries((*remaining, TrustedEntry("", RDS, comment="new"))))
    assert files == {f"{digest}.0": content, f"{RDS_HASHES[0]}.0": b"# new\n" + text(RDS)}


def test_der_is_not_found_by_openssl_and_stays() -> None:
    files = {f"{RDS_HASHES[0]}.0": RDS.der}
    store = loads(files)
    assert (store.entries, [item.certificate for item in store.loose]) == ((), [RDS])
    assert dumps(store) == files


def test_a_damaged_certificate_is_an_error_that_names_its_file() -> None:
    with pytest.raises(FormatError, match=r"^broken\.pem: certificate block 1 \(line 1\)"):
        loads({"broken.pem": text(RDS)[:-30]})


def test_keys_are_refused_by_name() -> None:
    with pytest.raises(FormatError, match="private-key entry 'server'"):
        dumps(TrustStore((OpaqueEntry("server", "private-key", "jks", b"", (RDS,)),)))


def test_a_whole_bundle_comes_back() -> None:
    every = certificates(SAMPLES / "amazon" / "rds-global-bundle.pem")
    files = dumps(trusting(*every))
    assert len(files) == len(set(every))
    assert set(loads(files).all_certificates()) == set(every)
