"""Hundreds of generated stores, each read by a JVM: it sees what was meant."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import HealthCheck, Phase, given, settings

from tests import samples
from tests.generated import stores
from tests.realtools import Jdk, Request
from truststore_tool import formats
from truststore_tool.model import OpaqueEntry, TrustStore

PASSWORD = "changeit"
NUMBER = 100
JAVA_KINDS = {"trusted": "trusted", "private-key": "private-key"}


def key(name: str) -> OpaqueEntry:
    """A private key of the samples, sealed as stores of this format seal theirs."""
    loaded = serialization.load_pem_private_key(samples.own("new-server.key").read_bytes(), None)
    pkcs8 = loaded.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain = tuple(
        samples.certificates(samples.own("new-server.pem")) + samples.certificates(samples.own("new-intermediate.pem"))
    )
    keys = formats.get(name).keys
    assert keys is not None
    return keys.seal(OpaqueEntry("key", "private-key", name, b"", chain), pkcs8, PASSWORD)


def generated(name: str) -> list[TrustStore]:
    """As many stores as NUMBER, the same in every run."""
    found: list[TrustStore] = []

    @settings(
        max_examples=NUMBER, deadline=None, derandomize=True, database=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(stores(name, [key(name)]))
    def collect(store: TrustStore) -> None:
        found.append(store)

    collect()
    return found


@pytest.mark.parametrize("name", ["jks", "jceks", "pkcs12"])
def test_a_jvm_reads_every_generated_store(jdks: list[Jdk], tmp_path: Path, name: str) -> None:
    dumps = formats.get(name).dumps
    assert dumps is not None
    meant = generated(name)
    assert len(meant) >= NUMBER / 2
    requests = []
    for number, store in enumerate(meant):
        path = tmp_path / f"{number}.store"
        path.write_bytes(dumps(store, PASSWORD))
        requests.append(Request(name.upper(), path, PASSWORD, (PASSWORD,)))
    for jdk in jdks:
        views = jdk.read(*requests)
        assert len(views) == len(meant)
        for store, view in zip(meant, views, strict=True):
            assert view.error is None, store
            seen = {entry.alias: entry.certificates for entry in view.entries}
            wanted = {e.alias: tuple(c.sha256.hex for c in e.certificates) for e in store.entries}
            assert {alias: tuple(h.lower() for h in hashes) for alias, hashes in seen.items()} == {
                alias: tuple(h.lower() for h in hashes) for alias, hashes in wanted.items()
            }
            assert sum(entry.key is not None for entry in view.entries) == sum(
                entry.kind == "private-key" for entry in store.entries
            )
