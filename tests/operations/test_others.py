from datetime import UTC, datetime

import pytest

from tests.samples import certificates, own
from truststore_tool.errors import FindingError, WriteError
from truststore_tool.model import Certificate, LooseCertificate, OpaqueEntry, Remark, TrustedEntry, TrustStore
from truststore_tool.operations.bundling import bundle
from truststore_tool.operations.candidates import Candidate
from truststore_tool.operations.changing import remove_entries, rename_entry
from truststore_tool.operations.checking import of_store
from truststore_tool.operations.comparing import compare
from truststore_tool.operations.converting import convert
from truststore_tool.operations.describe import describe
from truststore_tool.operations.expecting import verify
from truststore_tool.operations.listing import list_store
from truststore_tool.operations.proving import prove
from truststore_tool.operations.selecting import certificates_of, select

NOW = datetime(2026, 11, 24, tzinfo=UTC)
THEN = datetime(2019, 8, 22, tzinfo=UTC)


def the(name: str) -> Certificate:
    return certificates(own(f"{name}.pem"))[0]


OLD, NEW, EXPIRED = the("old-root"), the("new-root"), the("expired-root")
KEY = OpaqueEntry("server", "private-key", "jks", b"sealed", (the("old-server"), the("old-intermediate")), THEN)
STORE = TrustStore((TrustedEntry("Old", OLD, THEN), KEY, TrustedEntry("gone", EXPIRED, THEN)))


def test_remove_by_alias_fingerprint_and_expiry() -> None:
    assert remove_entries(STORE, aliases=["OLD"])[0].entries == STORE.entries[1:]
    assert remove_entries(STORE, fingerprints=[OLD.fingerprint("sha1")])[0].entries == STORE.entries[1:]
    store, report = remove_entries(STORE, expired_at=NOW)
    assert store.entries == STORE.entries[:2]
    assert [item.alias for item in report.removed] == ["gone"]
    assert report.remaining == 2


def test_remove_says_what_is_not_there_and_removes_what_is() -> None:
    store, report = remove_entries(STORE, aliases=["old", "nosuch"], fingerprints=[NEW.sha256])
    assert store.entries == STORE.entries[1:]
    assert report.absent == ("'nosuch'", str(NEW.sha256))
    with pytest.raises(FindingError, match="'nosuch'; nothing was removed"):
        remove_entries(STORE, aliases=["nosuch"])
    with pytest.raises(FindingError, match="private-key"):  # no removal of a part where a name is refused
        remove_entries(STORE, aliases=["old", "server"])


def test_remove_refuses_where_nothing_is_there_and_keys_unless_told() -> None:
    with pytest.raises(FindingError, match=str(NEW.sha256)):
        remove_entries(STORE, fingerprints=[NEW.sha256])
    with pytest.raises(FindingError, match="private-key"):
        remove_entries(STORE, aliases=["server"])
    with pytest.raises(FindingError, match=r"(?s)'OLD' may mean 2 entries: 'Old' .*'old' "):
        remove_entries(STORE.with_entries((*STORE.entries, TrustedEntry("old", NEW, THEN))), aliases=["OLD"])
    assert remove_entries(STORE, aliases=["server"], keys=True)[0].entries == (STORE.entries[0], STORE.entries[2])


def test_rename_keeps_date_and_bytes_and_refuses_a_taken_alias() -> None:
    store, _ = rename_entry(STORE, "SERVER", "web")
    assert store.entries[1] == OpaqueEntry("web", "private-key", "jks", b"sealed", KEY.certificates, THEN)
    with pytest.raises(FindingError, match="taken"):
        rename_entry(STORE, "old", "SERVER")
    with pytest.raises(FindingError, match="no entry"):
        rename_entry(STORE, "nosuch", "x")
    assert rename_entry(STORE, "old", "OLD")[0].entries[0].alias == "OLD"


def test_compare_is_by_certificate_and_leaves_keys_out() -> None:
    other = TrustStore((TrustedEntry("", OLD), TrustedEntry("", NEW)), "pem")
    report = compare(STORE, other)
    assert [i.certificate.sha256 for i in report.left_only] == [EXPIRED.sha256]
    assert [i.certificate.sha256 for i in report.right_only] == [NEW.sha256]
    assert [(i.left, i.certificate.sha256) for i in report.both] == [("Old", OLD.sha256)]
    assert not report.same
    assert compare(other, other).same


def test_verify_tells_present_missing_and_extra_for_fingerprints_and_certificates() -> None:
    report = verify(STORE, [OLD.fingerprint("sha1"), NEW])
    assert [i.alias for i in report.present] == ["Old"]
    assert [i.expected for i in report.missing] == [NEW.sha256]
    assert [i.alias for i in report.extra] == ["gone"]


def test_a_chain_certificate_of_a_key_is_not_trusted() -> None:
    assert verify(STORE, [the("old-intermediate")]).present == ()


def test_bundle_accounts_for_every_certificate_and_keeps_the_order() -> None:
    existing = TrustStore((TrustedEntry("", EXPIRED),), "pem", "absent")
    sources = [Candidate(c, "s") for c in (NEW, OLD, NEW, EXPIRED, the("zero-serial-root"))]
    store, report = bundle(existing, sources, now=NOW, drop_expired=True)
    assert [e.certificates[0] for e in store.entries] == [EXPIRED, NEW, OLD, the("zero-serial-root")]
    counts = (report.read, len(report.added), report.present, report.duplicates, len(report.expired))
    assert counts == (5, 3, 1, 1, 0)
    assert report.kept_expired == 1
    dropped, report = bundle(TrustStore((), "pem"), sources, now=NOW, drop_expired=True)
    assert EXPIRED not in [e.certificates[0] for e in dropped.entries]
    assert len(report.expired) == 1


def test_convert_names_what_has_no_alias_and_promotes_what_java_does_not_see() -> None:
    pem = TrustStore((TrustedEntry("", OLD), TrustedEntry("", NEW), TrustedEntry("", OLD)), "pem", "absent")
    store, report = convert(pem, "jks", created=NOW, aliased=True, carry_key=None)
    assert [e.certificates[0] for e in store.entries] == [OLD, NEW]
    assert len({e.alias for e in store.entries}) == 2
    assert all(e.created == NOW for e in store.entries)
    assert (report.certificates, report.duplicates) == (2, 1)

    openssl_made = TrustStore((), "pkcs12", loose=(LooseCertificate(OLD, "friendly"),))
    store, report = convert(openssl_made, "pkcs12", created=NOW, aliased=True, carry_key=None)
    assert store.entries == (TrustedEntry("friendly", OLD, NOW),)
    assert report.promoted == 1


def test_convert_keeps_aliases_dates_and_repeated_certificates_between_keystores() -> None:
    twice = TrustStore((TrustedEntry("a", OLD, THEN), TrustedEntry("b", OLD, THEN), KEY))
    store, report = convert(twice, "jceks", created=NOW, aliased=True, carry_key=lambda entry: entry)
    assert store.entries == (*twice.entries,)
    assert (report.certificates, report.keys, report.left_behind) == (2, 1, ())


def test_convert_says_which_keys_stay_behind() -> None:
    store, report = convert(STORE, "pem", created=NOW, aliased=False, carry_key=None)
    assert report.left_behind == ("server",)
    assert [e.alias for e in store.entries] == ["", ""]


def test_select_and_certificates_of() -> None:
    assert select(STORE, alias="GONE").entries == STORE.entries[2:]
    with pytest.raises(FindingError):
        select(STORE, alias="nosuch")
    assert certificates_of(STORE, "pem", keys=False).all_certificates() == (OLD, EXPIRED)
    assert len(certificates_of(STORE, "pem", keys=True).entries) == 4


def test_listing_describes_and_warns() -> None:
    store = TrustStore(
        (TrustedEntry("UPPER", OLD), TrustedEntry("upper", NEW)),
        integrity="unchecked",
        loose=(LooseCertificate(EXPIRED),),
        notes=(Remark("odd-date", "a note"),),
    )
    report = list_store(store)
    assert [(e.alias, e.kind) for e in report.entries] == [("UPPER", "trusted"), ("upper", "trusted")]
    found = {item.rule: item for item in of_store(store, "the store")}
    for rule, expected in (
        ("odd-date", "a note"),
        ("integrity-unchecked", "NOT verified"),
        ("not-trusted-entry", "no entries"),
        ("alias-collision", "are the same to Java"),
    ):
        assert expected in found[rule].message
        assert found[rule].place.path == "the store"
    assert not list(of_store(TrustStore((TrustedEntry("a", OLD),)), "another"))


def test_a_certificate_that_cannot_be_parsed_is_described_by_its_fingerprint() -> None:
    facts = describe(Certificate(b"\x30\x03\x02\x01\x05"))
    assert facts.subject is None
    assert facts.problems
    # printf '\x30\x03\x02\x01\x05' | sha1sum
    assert facts.sha1.hex == "16c3c3e0bb5b5f4fbaecdb6df37a5a4f9d1196e4"


def test_prove_finds_what_was_written_or_raises() -> None:
    assert [p.alias for p in prove(STORE, [OLD])] == ["Old"]
    with pytest.raises(WriteError):
        prove(STORE, [NEW])
