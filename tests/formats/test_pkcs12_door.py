"""What the PKCS#12 package offers beside its format: new stores, entries as new, certificates bag by bag."""

import pytest

from tests.formats.test_pkcs12 import (
    INTERMEDIATE,
    ODD,
    OTHER,
    PASSWORD,
    ROOT,
    SERVER,
    TRUSTED,
    again,
    cert_bag,
    dumps,
    key_bag,
    loads,
    pfx,
    pkcs12_mac,
    plain_safe,
)
from truststore_tool.errors import IntegrityError
from truststore_tool.formats import pkcs12
from truststore_tool.formats.pkcs12 import CertificateBag, Encryption, MacAlgorithm
from truststore_tool.model import Entry, TrustedEntry, TrustStore


def filled(store: TrustStore) -> TrustStore:
    return store.with_entries((TrustedEntry("root", ROOT),))


SHA_3DES, SHA384 = "1.2.840.113549.1.12.1.3", "2.16.840.1.101.3.4.2.2"


def test_two_new_stores_do_not_share_their_salts() -> None:
    one, two = (dumps(filled(pkcs12.new_store(Encryption(SHA_3DES, 2), MacAlgorithm(SHA384, 2)))) for _ in range(2))
    assert one != two


def test_a_store_without_encryption_and_mac_needs_no_password() -> None:
    data = dumps(filled(pkcs12.new_store(None, None)), None)
    assert loads(data, None).entries == (TrustedEntry("root", ROOT),)
    assert ROOT.der in data


def aliases(store: TrustStore) -> list[str]:
    return [entry.alias for entry in store.entries]


def test_an_entry_as_new_is_written_after_the_others_unless_its_bag_says_more() -> None:
    bags = [cert_bag(ROOT, "a", None, TRUSTED), cert_bag(OTHER, "b", None, TRUSTED, ODD), key_bag("c", b"id")]
    store = loads(pfx(plain_safe(*bags), mac=pkcs12_mac))
    plain, odd, key = store.entries

    def moved(entry: Entry) -> TrustStore:
        rest = (other for other in store.entries if other is not entry)
        return again(store.with_entries((*rest, pkcs12.as_new_entry(entry))))

    assert aliases(moved(plain)) == ["b", "c", "a"]
    assert aliases(moved(odd)) == ["a", "b", "c"]
    assert ODD in dumps(moved(odd))
    assert pkcs12.as_new_entry(key) is key
    fresh = TrustedEntry("new", ROOT)
    assert pkcs12.as_new_entry(fresh) is fresh


def unasked() -> str:
    pytest.fail("the password was asked")


def test_the_certificate_bags_of_a_file_with_their_names_and_key_ids() -> None:
    bags = [cert_bag(ROOT, "root", None, TRUSTED), cert_bag(INTERMEDIATE, None, b"other"), cert_bag(SERVER, "s", b"id")]
    data = pfx(plain_safe(key_bag("k", b"id")), plain_safe(*bags))
    assert pkcs12.certificate_bags(data, unasked) == [
        CertificateBag(ROOT.der, "root", None, has_key=False),
        CertificateBag(INTERMEDIATE.der, None, b"other", has_key=False),
        CertificateBag(SERVER.der, "s", b"id", has_key=True),
    ]


def test_a_password_is_asked_only_where_an_empty_one_does_not_open_the_file() -> None:
    data = pfx(plain_safe(cert_bag(ROOT)), mac=pkcs12_mac)
    assert [bag.der for bag in pkcs12.certificate_bags(data, lambda: PASSWORD)] == [ROOT.der]
    with pytest.raises(IntegrityError):
        pkcs12.certificate_bags(data, lambda: "wrong one")
