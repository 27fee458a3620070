"""The work behind the gate: a store is changed, and of all its certificates only those that are new are looked at."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.samples import amazon, certificates
from truststore_tool import formats
from truststore_tool.model import Certificate, TrustedEntry, TrustStore
from truststore_tool.readers.java import loading, parsing, plain
from truststore_tool.readers.openssl import certificate as openssl
from truststore_tool.stores import new_format, save_store, update_store

BUNDLE = tuple(dict.fromkeys(certificates(amazon("rds-global-bundle.pem"))))[:20]
OLD, NEW = BUNDLE[:17], BUNDLE[17:]
NAMES = ("ts.jks", "ts.jceks", "ts.p12", "ts.pem", "capath/")


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> Counter[bytes]:
    """How often each certificate was looked at, by the parsers of Java or OpenSSL, or for whether it is plain."""
    found = Counter[bytes]()

    def count(module: Any, name: str) -> None:
        real: Callable[..., Any] = getattr(module, name)

        def counting(der: bytes, *more: Any) -> Any:
            found[der] += 1
            return real(der, *more)

        monkeypatch.setattr(module, name, counting)

    plain._judged.cache_clear()
    count(plain, "_judgement")
    count(parsing, "_judged")
    count(openssl, "read")
    return found


def entries(chosen: tuple[Certificate, ...], path: str) -> tuple[TrustedEntry, ...]:
    """Trusted entries, under aliases where the format has some."""
    aliased = formats.get(new_format(path)).has_aliases
    return tuple(TrustedEntry(certificate.sha256.hex if aliased else "", certificate) for certificate in chosen)


def made(path: str) -> None:
    """A store of the old certificates, in which nobody looked."""
    save_store(TrustStore(entries(OLD, path)), path, "changeit", readers=())


def add(path: str, chosen: tuple[Certificate, ...]) -> None:
    """Some more."""

    def change(store: TrustStore) -> tuple[TrustStore, None]:
        return store.with_entries((*store.entries, *entries(chosen, path))), None

    update_store(path, "changeit", change)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("name", NAMES)
def test_only_new_certificates_are_looked_at(
    name: str, count: int, looked_at: Counter[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made(name)
    assert not looked_at
    add(name, NEW[:count])
    assert set(looked_at) == {certificate.der for certificate in NEW[:count]}
    assert max(looked_at.values()) == 1


@pytest.mark.parametrize("name", NAMES[:3])
def test_what_is_not_plain_is_parsed_once_a_parser(
    name: str, looked_at: Counter[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(loading, "is_plain", lambda _: False)
    made(name)
    add(name, NEW[:1])
    assert looked_at == {NEW[0].der: 2}  # by that of 17, which stands for most, and that of 25


@pytest.mark.parametrize("name", NAMES)
def test_in_a_new_store_all_are(
    name: str, looked_at: Counter[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    save_store(TrustStore(entries(OLD, name)), name, "changeit")
    assert set(looked_at) == {certificate.der for certificate in OLD}


@pytest.mark.parametrize("name", NAMES)
def test_what_only_goes_is_not(
    name: str, looked_at: Counter[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made(name)
    update_store(name, "changeit", lambda store: (store.with_entries(store.entries[1:]), None))
    assert not looked_at
