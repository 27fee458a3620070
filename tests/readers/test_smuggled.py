"""What Java trusts in stores that no program writes, our codecs show."""

from collections import Counter
from functools import cache

import pytest

from tests.readers import oddities
from tests.readers.jvms import Jvm
from tests.readers.oddities import Odd
from truststore_tool import formats
from truststore_tool.errors import TrustStoreError
from truststore_tool.model import TrustedEntry, TrustStore, fold_alias

# The two lines that the shims stand for.
LINES = ("java17", "java25")


@cache
def stores() -> tuple[Odd, ...]:
    return (*oddities.pkcs12s(), *oddities.java_stores())


def read(store: Odd) -> TrustStore:
    return formats.get(store.storetype.lower()).loads(store.data, oddities.PASSWORD)


def shown(store: Odd) -> tuple[tuple[str, str], ...] | str:
    """Alias and fingerprint of each trusted entry that we show, or what we say instead."""
    try:
        found = read(store)
    except TrustStoreError as exc:
        return exc.message
    trusted = (entry for entry in found.entries if isinstance(entry, TrustedEntry))
    return tuple((fold_alias(entry.alias), entry.certificate.fingerprint().digest.hex()) for entry in trusted)


@pytest.mark.parametrize("line", LINES)
def test_all_that_java_trusts_is_shown(readers: dict[str, Jvm], line: str) -> None:
    [jvm] = [jvm for name, jvm in readers.items() if name.startswith(line)][-1:]
    loading: Counter[str] = Counter()
    differing = []
    for store in stores():
        answer = jvm.ask(store.data, oddities.PASSWORD, store.storetype)
        if not answer.loads:
            continue
        loading[store.storetype] += 1
        if (ours := shown(store)) != answer.entries:
            differing.append(f"{store.storetype}, {store.what}: {ours} where Java has {answer.entries}")
    assert differing == []
    # Java takes that many of them: what is compared is not only what it refuses.
    assert loading["PKCS12"] > 300
    assert loading["JKS"] > 15
    assert loading["JCEKS"] > 15


@pytest.mark.parametrize(
    "what",
    [
        *(f"certId of {kind}{sealed}" for kind in ("an sdsiCertificate", "a CRL") for sealed in ("", ", sealed")),
        "certId of 400 octets",
        *(f"SafeBag one field more{sealed}" for sealed in ("", ", sealed")),
        *(f"keyLength of key length {size}, sealed" for size in (1, 0, -3, 70000)),
        "EncryptedData one field more, sealed",
        "encryptionScheme one field more, sealed",
        "certificate DER in PEM",
        "certificate DER octets behind, sealed",
        "type 'x.509'",
        "type 'x509'",
        "certificate in PEM",
        "certificate octets behind",
    ],
)
def test_these_are_read_by_every_java(readers: dict[str, Jvm], what: str) -> None:
    """The ones by which trust was smuggled in, and neighbours: none is compared only because no Java reads it."""
    named = [store for store in stores() if store.what == what]
    assert named
    trusted = (("alias", oddities.CERTIFICATE.fingerprint().digest.hex()),)
    for store in named:
        for line in LINES:
            [jvm] = [jvm for name, jvm in readers.items() if name.startswith(line)][-1:]
            assert jvm.ask(store.data, oddities.PASSWORD, store.storetype).entries == trusted
        assert shown(store) == trusted


def test_a_store_that_was_only_read_is_written_back_as_it_was() -> None:
    written = 0
    for store in stores():
        try:
            found = read(store)
        except TrustStoreError:
            continue
        codec = formats.get(store.storetype.lower())
        assert codec.dumps is not None
        assert codec.dumps(found, oddities.PASSWORD) == store.data, store.what
        written += 1
    assert written > 300


def test_what_is_in_a_part_is_said_to_be_malformed_and_no_password_is_blamed() -> None:
    """The MAC verified: the password is right, and the part decrypts."""
    [store] = [store for store in stores() if store.what == "SafeContents of another tag, sealed"]
    found = read(store)
    assert found.integrity == "verified"
    [line] = found.unread
    assert line.startswith("part 1: what the password makes of it is malformed: ")
