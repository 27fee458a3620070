from datetime import UTC, datetime

import pytest

from tests.samples import amazon, certificates, own
from truststore_tool.errors import FindingError
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.model import Certificate, LooseCertificate, OpaqueEntry, TrustedEntry, TrustStore
from truststore_tool.operations.candidates import Candidate
from truststore_tool.operations.checking import of_certificate
from truststore_tool.operations.expecting import require_expected
from truststore_tool.operations.importing import import_certificates

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def candidates(*names: str) -> list[Candidate]:
    return [Candidate(c, name) for name in names for c in certificates(own(name))]


def the(name: str) -> Certificate:
    return certificates(own(name))[0]


def test_one_certificate_goes_under_rds_root() -> None:
    store, report = import_certificates(TrustStore(), candidates("old-root.pem"), created=NOW)
    assert store.entries == (TrustedEntry("rds-root", the("old-root.pem"), NOW),)
    assert [item.status for item in report.items] == ["added"]


def test_several_get_aliases_from_their_subjects_in_the_order_of_the_sources() -> None:
    store, _ = import_certificates(TrustStore(), candidates("new-root.pem", "old-root.pem"), created=NOW)
    assert [e.certificates[0] for e in store.entries] == [the("new-root.pem"), the("old-root.pem")]
    assert len({e.alias for e in store.entries}) == 2
    assert "rds-root" not in {e.alias for e in store.entries}


def test_a_certificate_that_is_there_is_reported_and_not_doubled() -> None:
    before = TrustStore((TrustedEntry("other", the("old-root.pem"), NOW),))
    after, report = import_certificates(before, candidates("old-root.pem"), created=NOW)
    assert after.entries == before.entries
    assert [(item.status, item.alias) for item in report.items] == [("present", "other")]


def test_a_taken_alias_keeps_its_certificate_and_the_new_one_stands_beside_it() -> None:
    before = TrustStore((TrustedEntry("rds-root", the("old-root.pem"), NOW),))
    new = the("new-root.pem")
    after, _ = import_certificates(before, candidates("new-root.pem"), created=NOW)
    assert after.entries == (before.entries[0], TrustedEntry(f"rds-root-{new.sha256.hex[:8]}", new, NOW))


def test_replace_takes_the_alias_in_place_and_says_what_went() -> None:
    before = TrustStore(
        (TrustedEntry("RDS-root", the("old-root.pem"), NOW), TrustedEntry("other", the("expired-root.pem"), NOW))
    )
    after, report = import_certificates(before, candidates("new-root.pem"), created=NOW, alias="rds-root", replace=True)
    assert after.entries == (TrustedEntry("rds-root", the("new-root.pem"), NOW), before.entries[1])
    assert report.items[0].displaced == the("old-root.pem").sha256


def test_a_key_is_never_overwritten() -> None:
    key = OpaqueEntry("rds-root", "private-key", "jks", b"sealed")
    with pytest.raises(FindingError, match="private-key"):
        import_certificates(TrustStore((key,)), candidates("new-root.pem"), created=NOW, replace=True)
    after, _ = import_certificates(TrustStore((key,)), candidates("new-root.pem"), created=NOW)
    assert after.entries[0] is key
    assert after.entries[1].alias.startswith("rds-root-")


def test_a_certificate_that_java_did_not_see_becomes_an_entry() -> None:
    before = TrustStore(
        loose=(LooseCertificate(the("old-root.pem")), LooseCertificate(the("new-root.pem"))), format="pkcs12"
    )
    after, report = import_certificates(before, candidates("old-root.pem"), created=NOW)
    assert [e.certificates[0] for e in after.entries] == [the("old-root.pem")]
    assert after.loose == (before.loose[1],)
    assert report.items[0].status == "added"


def test_repetitions_in_the_sources_are_counted() -> None:
    twice = candidates("old-root.pem", "old-root.pem")
    store, report = import_certificates(TrustStore(), twice, created=NOW)
    assert len(store.entries) == 1
    assert report.duplicates == 1


def test_what_is_odd_about_a_new_anchor_is_found() -> None:
    odd = {"expired-root.pem": "expired", "future-root.pem": "not-yet-valid", "new-server.pem": "not-a-ca"}
    for name, rule in odd.items():
        assert rule in {item.rule for item in of_certificate(the(name), "store", "alias", NOW)}
    assert not list(of_certificate(the("new-root.pem"), "store", "alias", NOW))


def test_all_of_amazons_certificates_get_different_aliases() -> None:
    every = certificates(amazon("rds-global-bundle.pem"))
    store, report = import_certificates(TrustStore(), [Candidate(c, "bundle") for c in every], created=NOW)
    assert len(every) >= 100
    assert len({e.alias.lower() for e in store.entries}) == len(set(every)) == report.count("added")


class TestExpectations:
    def test_every_new_certificate_must_be_expected(self) -> None:
        old, new = the("old-root.pem"), the("new-root.pem")
        with pytest.raises(FindingError, match=str(new.sha256)):
            require_expected([old, new], [old, new], [old.sha256])

    def test_a_re_run_with_a_wrong_fingerprint_does_not_pass(self) -> None:
        old = the("old-root.pem")
        with pytest.raises(FindingError):
            require_expected([old], [], [the("new-root.pem").sha256])

    def test_a_re_run_with_the_right_fingerprint_passes(self) -> None:
        old = the("old-root.pem")
        assert require_expected([old], [], [old.sha256]) == ()

    def test_a_sha1_pin_is_accepted_with_a_note(self) -> None:
        old = the("old-root.pem")
        assert "SHA-1" in require_expected([old], [old], [old.fingerprint("sha1")])[0]

    def test_an_expectation_that_nothing_meets_is_named(self) -> None:
        old, absent = the("old-root.pem"), Fingerprint("sha256", bytes(32))
        assert str(absent) in require_expected([old], [old], [old.sha256, absent])[0]
